package web

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// A garden is a shelf with its rows: what the pages beside the chat are shown from. Whoever asks as more than a stranger
// fails.
type garden struct {
	sessions []retrieval.Session
	people   []retrieval.Person
	hits     []retrieval.Hit
}

func (g garden) Sessions(_ context.Context, q retrieval.SessionQuery) ([]retrieval.Session, error) {
	if err := strangers(q.Filter); err != nil {
		return nil, err
	}
	var out []retrieval.Session
	for _, s := range g.sessions {
		ends := s.Ends
		if ends.IsZero() {
			ends = s.Begins.Add(time.Minute)
		}
		switch {
		case q.Kind != "" && s.Kind != q.Kind, q.Filter.Event != "" && s.Event != q.Filter.Event, q.IDs != nil && !slices.Contains(q.IDs, s.ID),
			q.Documents != nil && !slices.Contains(q.Documents, s.Document), len(q.Days) > 0 && !slices.Contains(q.Days, s.Day.Format(time.DateOnly)),
			!q.From.IsZero() && (s.Begins.IsZero() || !ends.After(q.From)),
			q.People != nil && !slices.ContainsFunc(s.Speakers, func(sp retrieval.Speaker) bool { return slices.Contains(q.People, sp.Person) }):
			continue
		}
		if out = append(out, s); len(out) == q.Limit {
			break
		}
	}
	return out, nil
}

func (g garden) People(_ context.Context, q retrieval.PersonQuery) ([]retrieval.Person, error) {
	if err := strangers(q.Filter); err != nil {
		return nil, err
	}
	var out []retrieval.Person
	for _, p := range g.people {
		if q.Keys != nil && !slices.ContainsFunc(lang.NameKeys(p.Name.Text), func(k string) bool { return slices.Contains(q.Keys, k) }) || q.Documents != nil && !slices.Contains(q.Documents, p.Document) {
			continue
		}
		if out = append(out, p); len(out) == q.Limit {
			break
		}
	}
	return out, nil
}

func (g garden) Known(_ context.Context, f retrieval.Filter) (retrieval.Known, error) {
	return retrieval.Known{}, strangers(f)
}

func (g garden) Shelf(_ context.Context, f retrieval.Filter) (retrieval.Shelf, error) {
	var shelf retrieval.Shelf
	for _, s := range g.sessions {
		if !s.Day.IsZero() && !slices.ContainsFunc(shelf.Days, func(d retrieval.Day) bool { return d.Date.Equal(s.Day) }) {
			shelf.Days = append(shelf.Days, retrieval.Day{Date: s.Day})
		}
	}
	shelf.Events = []retrieval.Counted{{Name: ""}, {Name: "Spring & <i>Autumn</i>"}, {Name: "Winter"}}
	return shelf, strangers(f)
}

func (garden) DocumentPage(_ context.Context, q retrieval.DocumentPage) ([]retrieval.Document, int, error) {
	if err := strangers(q.Filter); err != nil {
		return nil, 0, err
	}
	hostile := document(3)
	hostile.ID, hostile.Title, hostile.Source, hostile.Kind, hostile.Date = 8, `"><script>alert(1)</script>`, "a<img src=x>.md", "<b>kind</b>", time.Time{}
	all := []retrieval.Document{document(3), hostile}
	return all[min(q.Offset, 2):min(q.Offset+q.Limit, 2)], 120, nil
}

func (garden) Parallel(_ context.Context, f retrieval.Filter, _ int64) (retrieval.Document, error) {
	return retrieval.Document{}, errors.Join(strangers(f), retrieval.ErrNotFound)
}

func (g garden) Whole(_ context.Context, f retrieval.Filter, documents []int64, limit int) ([]retrieval.Hit, error) {
	return g.hits, strangers(f)
}

func (g garden) Quote(_ context.Context, f retrieval.Filter, places []retrieval.Place) ([]retrieval.Hit, error) {
	return nil, strangers(f)
}

func (g garden) Holding(_ context.Context, f retrieval.Filter, _ []string, _ int) ([]retrieval.Passage, error) {
	return nil, strangers(f)
}

// browsing is a server's parts with pages over g.
func browsing(t testing.TB, g garden) Config {
	t.Helper()
	c := config(t)
	c.Facts, c.Shelf, c.Texts = g, g, g
	c.Limits.PerMinute = -1
	return c
}

// held is a session on 1 May 2026 in UTC+8, or on another day or without a zone where the test says so.
func held(id int64, title string, begins time.Time, minutes int) retrieval.Session {
	place := retrieval.Place{Version: 3, Start: 10, End: 20}
	s := retrieval.Session{
		ID: id, Kind: retrieval.Talk, Titles: []retrieval.Value{{Text: title, Place: place}}, Begins: begins, Zoned: true,
		When: retrieval.Value{Text: "then", Place: place}, Room: retrieval.Value{Text: "Hall B", Place: place},
		RowSource: retrieval.RowSource{Document: seminarID, Version: 3, Source: "seminar.md", Title: "The seminar", Lang: lang.English},
	}
	if minutes > 0 {
		s.Ends = begins.Add(time.Duration(minutes) * time.Minute)
	}
	s.Day = time.Date(begins.Year(), begins.Month(), begins.Day(), 0, 0, 0, 0, time.UTC)
	return s
}

func venue(day, hour, minute int) time.Time {
	return time.Date(2026, 5, day, hour, minute, 0, 0, time.FixedZone("", 8*3600))
}

func named(id int64, name string, titles ...string) retrieval.Person {
	p := retrieval.Person{
		ID: id, Name: retrieval.Value{Text: name}, Forms: []string{name},
		RowSource: retrieval.RowSource{Document: 100 + id, Version: 3, Source: fmt.Sprintf("%d.md", id), Title: fmt.Sprintf("Document %d", id), Lang: lang.English, Date: time.Date(2026, 5, int(id%28)+1, 0, 0, 0, 0, time.UTC)},
	}
	for _, t := range titles {
		bureau := "Garden Bureau"
		if lang.DetectText(t) == lang.Chinese {
			bureau = "花园局"
		}
		p.Titles = append(p.Titles, retrieval.Title{Title: t, Organisation: bureau, Place: retrieval.Place{Version: 3, Start: int(id), End: int(id) + 5}})
	}
	return p
}
