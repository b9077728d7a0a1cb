package pgstore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// TestShelf browses what is public, of one event or all, while documents for staff, under embargo and withdrawn lie beside.
func TestShelf(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	space := newSpace(t, s)
	talk := func(day string) string {
		return "# Talk\n\n- Conference: Garden Days 2031\n- Time: " + day + " 14:40–15:40 (UTC+8)\n- Room: Hall B\n"
	}
	for _, d := range []struct {
		name, text, event, kind, parallel string
		lang                              lang.Lang
		date                              string
		audience                          retrieval.Audience
		embargo                           time.Time
	}{
		{"one.md", talk("2031-03-04"), "garden", "agenda", "eins.md", lang.English, "2031-03-01", retrieval.Public, time.Time{}},
		{"eins.md", talk("2031-03-05"), "garden", "agenda", "", lang.Chinese, "2031-03-02", retrieval.Public, time.Time{}},
		{"other.md", "# Untimed\n\n- Conference: Garden Days 2031\n- Room: Hall C\n- Track: Kitchen\n", "orchard", "", "", lang.English, "", retrieval.Public, time.Time{}},
		{"staff.md", talk("2031-03-06"), "secret", "plan", "one.md", lang.Chinese, "2031-03-09", retrieval.Staff, time.Time{}},
		{"later.md", talk("2031-03-07"), "garden", "press", "", lang.English, "2031-03-08", retrieval.Public, public().Now.Add(time.Hour)},
		{"gone.md", talk("2031-03-08"), "past", "past", "", lang.English, "2031-03-07", retrieval.Public, time.Time{}},
	} {
		v := programme(t, space, d.name, d.text)
		v.Event, v.Kind, v.Audience, v.Embargo = d.event, d.kind, d.audience, d.embargo
		v.Document.Meta = map[string]string{"parallel": d.parallel}
		v.Document.Lang, v.Document.Date = d.lang, time.Time{}
		if d.date != "" {
			v.Document.Date = dayOf(t, d.date)
		}
		if err := s.Save(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.Remove(t.Context(), "past", []string{"gone.md"}); err != nil {
		t.Fatal(err)
	}
	garden := public()
	garden.Event = "garden"
	for _, tt := range []struct {
		name   string
		filter retrieval.Filter
		want   retrieval.Shelf
	}{
		{"all events", public(), retrieval.Shelf{
			Events: []retrieval.Counted{{Name: "garden", Documents: 2}, {Name: "orchard", Documents: 1}},
			Kinds:  []retrieval.Counted{{Name: "", Documents: 1}, {Name: "agenda", Documents: 2}},
			Days:   []retrieval.Day{{Date: dayOf(t, "2031-03-04"), Sessions: 1}, {Date: dayOf(t, "2031-03-05"), Sessions: 1}}, Undated: 1,
		}},
		{"one event", garden, retrieval.Shelf{
			Events: []retrieval.Counted{{Name: "garden", Documents: 2}}, Kinds: []retrieval.Counted{{Name: "agenda", Documents: 2}},
			Days: []retrieval.Day{{Date: dayOf(t, "2031-03-04"), Sessions: 1}, {Date: dayOf(t, "2031-03-05"), Sessions: 1}},
		}},
		{"nobody's audience", retrieval.Filter{Now: public().Now}, retrieval.Shelf{Events: []retrieval.Counted{}, Kinds: []retrieval.Counted{}, Days: []retrieval.Day{}}},
	} {
		got, err := s.Shelf(t.Context(), tt.filter)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	for _, tt := range []struct {
		name string
		q    retrieval.DocumentPage
		want []string
		all  int
	}{
		{"the newest first", retrieval.DocumentPage{Filter: public(), Limit: 9}, []string{"eins.md", "one.md", "other.md"}, 3},
		{"the second of them", retrieval.DocumentPage{Filter: public(), Offset: 1, Limit: 1}, []string{"one.md"}, 3},
		{"in a language", retrieval.DocumentPage{Filter: public(), Lang: lang.Chinese, Limit: 9}, []string{"eins.md"}, 1},
		{"beyond the end", retrieval.DocumentPage{Filter: public(), Offset: 9, Limit: 9}, nil, 3},
	} {
		documents, all, err := s.DocumentPage(t.Context(), tt.q)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, d := range documents {
			got = append(got, d.Source)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || all != tt.all {
			t.Errorf("%s: %d in all (-want +got):\n%s", tt.name, all, diff)
		}
	}
	byName := map[string]retrieval.Document{}
	all, err := s.Documents(t.Context(), everything(), 0, 99)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		byName[d.Source] = d
	}
	for from, to := range map[string]string{"one.md": "eins.md", "eins.md": "one.md", "other.md": ""} {
		got, err := s.Parallel(t.Context(), public(), byName[from].ID)
		if to == "" {
			if !errors.Is(err, retrieval.ErrNotFound) {
				t.Errorf("beside %s: %v, %v", from, got.Source, err)
			}
			continue
		}
		if err != nil || got.Source != to {
			t.Errorf("beside %s: %q, %v", from, got.Source, err)
		}
	}
	sessions, err := s.Sessions(t.Context(), retrieval.SessionQuery{Filter: public(), Documents: []int64{byName["one.md"].ID}})
	if err != nil || len(sessions) != 1 || sessions[0].Parallel != "eins.md" {
		t.Fatalf("sessions of a document: %+v, %v", sessions, err)
	}
	if one, err := s.Sessions(t.Context(), retrieval.SessionQuery{Filter: public(), IDs: []int64{sessions[0].ID}}); err != nil || len(one) != 1 {
		t.Errorf("a session by its id: %+v, %v", one, err)
	}
	if none, err := s.Sessions(t.Context(), retrieval.SessionQuery{Filter: retrieval.Filter{Now: public().Now}, IDs: []int64{sessions[0].ID}}); err != nil || len(none) != 0 {
		t.Errorf("a session that may not be seen: %+v, %v", none, err)
	}
}

func dayOf(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
