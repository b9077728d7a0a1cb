package ingest

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"osmanthus/ingest/source"
)

// A site is pages by address; a sitemap lists all.
type site struct {
	pages map[string]string

	mu     sync.Mutex
	served []string // addresses of the pages whose bytes were sent
}

func (s *site) Pages(_ context.Context, address string) (pages []string, err error) {
	if !strings.HasSuffix(address, "/sitemap.xml") {
		return []string{address}, nil
	}
	pages = slices.Sorted(maps.Keys(s.pages))
	if len(pages) > 3 {
		return pages[:3], &source.Fault{Code: source.TooManyAddresses, Limit: 3}
	}
	return pages, nil
}

// Fetch gives each page its own words as the mark.
func (s *site) Fetch(_ context.Context, address, known string, _ source.Limits) ([]byte, string, error) {
	content, ok := s.pages[address]
	switch {
	case !ok:
		return nil, "", &source.Fault{Code: source.HTTPStatus, Detail: "404"}
	case content == known:
		return nil, known, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.served = append(s.served, address)
	return []byte(content), content, nil
}

// sent are the pages sent since it was last called.
func (s *site) sent() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	sent := slices.Sorted(slices.Values(s.served))
	s.served = nil
	return sent
}

func sitePipeline(t *testing.T, m *memory, s *site) *Pipeline {
	t.Helper()
	config := m.config(&packer{}, &clock{})
	config.Fetcher, config.Marks = s, m
	p, err := NewPipeline(config)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	m := newMemory()
	p := sitePipeline(t, m, &site{pages: map[string]string{
		"https://example.org/a":                "<html><body><p>The hall is on the sixth floor.</p></body></html>",
		"https://example.org/b":                "# A talk\n\nWords.\n",
		"https://example.org/talks/data.html?": "Words of a talk.",
		"https://example.org/z":                "Never listed.",
	}})
	got := ran(t, p, Options{}, "https://example.org/sitemap.xml", "https://example.org/gone", "https://example.org/talks/data.html?", "https://example.org/a")
	want := Summary{Added: 3, Passages: 3, Failed: []Failure{
		{Source: "https://example.org/gone", Code: source.HTTPStatus},
		{Source: "https://example.org/sitemap.xml", Code: source.TooManyAddresses},
	}}
	if diff := cmp.Diff(want, got, figures); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if title := m.versions[[2]string{"", "https://example.org/talks/data.html?"}].Document.Title; title != "data" {
		t.Errorf("title %q", title)
	}
	if again := ran(t, p, Options{}, "https://example.org/sitemap.xml"); again.Unchanged != 3 || again.Added+again.Changed != 0 {
		t.Errorf("got %+v", again)
	}
	refused := ran(t, newPipeline(t, newMemory(), &packer{}), Options{}, "https://example.org/a")
	if len(refused.Failed) != 1 || refused.Failed[0].Code != source.URLUnsupported {
		t.Errorf("without a fetcher: %+v", refused)
	}
}

// A site is taken in again: what has not changed is not sent, what has gone is pruned.
func TestSiteAgain(t *testing.T) {
	t.Parallel()
	const at = "https://example.org/seminar/"
	const sitemap = at + "sitemap.xml"
	page := func(words string) string { return "<html><body><h1>Page</h1><p>" + words + "</p></body></html>" }
	s := &site{pages: map[string]string{at + "staff/a": page("The hall is open."), at + "b": page("The garden is not."), at + "c": page("Nor is the tower.")}}
	m := newMemory()
	p := sitePipeline(t, m, s)
	elsewhere := map[string]string{"https://example.org/about": page("Not of the sitemap's folder.")}
	other := sitePipeline(t, m, &site{pages: elsewhere})
	ran(t, other, Options{}, "https://example.org/about")
	for _, tt := range []struct {
		name    string
		changes func()
		options Options
		want    Summary
		sent    []string
	}{
		{"a site", func() {}, Options{}, Summary{Added: 3, Passages: 3}, []string{at + "b", at + "c", at + "staff/a"}},
		{"again", func() {}, Options{}, Summary{Unchanged: 3}, nil},
		{"with another kind: pages are sent though they have not changed", func() {}, Options{Kind: "report"}, Summary{Changed: 3, Passages: 3}, []string{at + "b", at + "c", at + "staff/a"}},
		{"and are not the next time", func() {}, Options{Kind: "report"}, Summary{Unchanged: 3}, nil},
		{"one lost its version", func() { delete(m.versions, [2]string{"", at + "c"}) }, Options{Kind: "report"}, Summary{Added: 1, Unchanged: 2, Passages: 1}, []string{at + "c"}},
		{"a page changes, one goes", func() { s.pages[at+"b"] = page("The garden is open."); delete(s.pages, at+"c") }, Options{Kind: "report"}, Summary{Changed: 1, Unchanged: 1, Removed: 1, Passages: 1}, []string{at + "b"}},
		{"too many pages: nothing is pruned", func() {
			delete(s.pages, at+"b")
			for _, name := range []string{"d", "e", "f"} {
				s.pages[at+name] = page("Page " + name)
			}
		}, Options{Kind: "report"}, Summary{Added: 3, Passages: 3, Failed: []Failure{
			{Source: "https://example.org/seminar", Code: source.PruneRefused}, {Source: sitemap, Code: source.TooManyAddresses},
		}}, []string{at + "d", at + "e", at + "f"}},
	} {
		tt.changes()
		tt.options.Prune = true
		if diff := cmp.Diff(tt.want, ran(t, p, tt.options, sitemap), figures); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
		if diff := cmp.Diff(tt.sent, s.sent()); diff != "" {
			t.Errorf("%s: pages sent (-want +got):\n%s", tt.name, diff)
		}
	}
	if got := m.versions[[2]string{"", at + "staff/a"}].Audience; got != "public" {
		t.Errorf("a page of the world is for %s", got)
	}
	if _, there := m.versions[[2]string{"", "https://example.org/about"}]; !there {
		t.Error("a page outside of the sitemap's folder was pruned")
	}
}
