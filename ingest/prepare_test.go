package ingest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/ingest/source"
	"osmanthus/retrieval/lang"
)

func TestIdentities(t *testing.T) {
	t.Parallel()
	const page = "https://www.example.org/seminar/hall"
	for _, tt := range []struct {
		name, source          string
		meta                  map[string]string
		canonical, supersedes string
	}{
		{"a file names an id", "docs/a.md", map[string]string{"id": "hall-1", "canonical": "https://example.org/x"}, "hall-1", ""},
		{"a saved page names its address", "docs/a.html", map[string]string{"canonical": "https://example.org/x"}, "https://example.org/x", ""},
		{"a saved page names its site", "docs/a.html", map[string]string{"canonical": "https://example.org/"}, "", ""},
		{"a file names another beside it", "docs/new/a.md", map[string]string{"supersedes": "../old/a.md"}, "", "docs/old/a.md"},
		{"a file names a page", "docs/a.md", map[string]string{"supersedes": page}, "", page},
		{"a file names itself", "docs/a.md", map[string]string{"supersedes": "a.md"}, "", ""},
		{"a page names its address", page, map[string]string{"canonical": "https://example.org/hall"}, "https://example.org/hall", ""},
		{"a page names its front page", page, map[string]string{"canonical": "https://www.example.org"}, "", ""},
		{"a page names another host", page, map[string]string{"canonical": "https://example.com/hall", "supersedes": "https://example.com/hall"}, "", ""},
		{"a page names one of its host", page, map[string]string{"supersedes": "https://example.org/old"}, "", "https://example.org/old"},
	} {
		v := &Version{Source: tt.source, Document: source.Document{Meta: tt.meta}}
		describe(v, Task{Source: tt.source}, time.UTC)
		if v.Canonical != tt.canonical || v.Supersedes != tt.supersedes {
			t.Errorf("%s: canonical %q, supersedes %q", tt.name, v.Canonical, v.Supersedes)
		}
	}
}

// A zone reaches a worker of another machine as what it was, with its other season where the machine knows it.
func TestZoneTravels(t *testing.T) {
	t.Parallel()
	summer, winter := time.Date(2024, 7, 1, 9, 0, 0, 0, time.UTC), time.Date(2024, 12, 1, 9, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name           string
		zone           Zone
		summer, winter int // hours east of UTC
	}{
		{"a place", Zone{"Europe/Berlin", 2 * 3600}, 2, 1},
		{"a place that this machine has otherwise", Zone{"Europe/Berlin", 8 * 3600}, 8, 8},
		{"no place", Zone{"", 8 * 3600}, 8, 8},
		{"one that nobody knows", Zone{"Nowhere/Land", -3 * 3600}, -3, -3},
	} {
		for at, hours := range map[time.Time]int{summer: tt.summer, winter: tt.winter} {
			if _, got := at.In(tt.zone.location(summer)).Zone(); got != hours*3600 {
				t.Errorf("%s, %s: %d s east, want %d h", tt.name, at.Month(), got, hours)
			}
		}
	}
}

// Facts are read by the worker, with the run's zone and the names that the dictionary knows.
func TestFactsAreTakenIn(t *testing.T) {
	t.Parallel()
	docs := folder(t, map[string]string{"talk.md": "# A talk\n\n- Time: 2024-05-03 14:00–15:00\n- Room: Hall B\n- Speaker: Ann Sample\n\n花园局局长王小明致辞。\n"})
	m := newMemory()
	config := m.config(&packer{}, &clock{now: time.Date(2024, 5, 1, 9, 0, 0, 0, time.UTC)})
	asked := make(chan string, 100)
	config.Names = func(sentence string) []lang.NameSpan {
		asked <- sentence
		return lang.NamesIn(sentence)
	}
	p, err := NewPipeline(config)
	if err != nil {
		t.Fatal(err)
	}
	if s := ran(t, p, Options{Zone: time.FixedZone("", 8*3600)}, docs); s.Added != 1 {
		t.Fatalf("got %+v", s)
	}
	for key, v := range m.versions {
		if len(v.Facts.Sessions) != 1 || len(v.Facts.People) != 2 {
			t.Fatalf("%s: %+v", key, v.Facts)
		}
		if diff := cmp.Diff(time.Date(2024, 5, 3, 6, 0, 0, 0, time.UTC), v.Facts.Sessions[0].Begins.UTC()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", key, diff)
		}
	}
	if len(asked) == 0 {
		t.Error("the names of the configuration were not asked for")
	}
}
