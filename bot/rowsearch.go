package bot

import (
	"context"
	"slices"
	"time"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// A SessionSearch asks for sessions by their fields; what is empty is not asked.
type SessionSearch struct {
	Filter  retrieval.Filter
	Title   string    // whole, or words of it
	Day     string    // "2006-01-02"
	Room    string    // whole
	Speaker string    // a name, in any script
	At      time.Time // it is under way then
	Limit   int       // 0: all
}

// Sessions returns the sessions that match, in the order of their times; titles that match best first.
func Sessions(ctx context.Context, rows Rows, s SessionSearch) ([]Session, error) {
	q := retrieval.SessionQuery{Filter: s.Filter}
	if s.Title != "" {
		q.Titles, q.Terms = append(retrieval.Keys(s.Title), titleKey(s.Title)), lang.Terms(s.Title)
	}
	if s.Day != "" {
		q.Days = []string{s.Day}
	}
	if s.Room != "" {
		q.Rooms = retrieval.Keys(s.Room)
	}
	if !s.At.IsZero() {
		q.From, q.To = s.At, s.At.Add(time.Nanosecond)
	}
	if s.Speaker != "" {
		people, err := FindPeople(ctx, rows, s.Filter, s.Speaker)
		if err != nil {
			return nil, err
		}
		q.People = personIDs(people)
	}
	if s.Title == "" {
		q.Limit = s.Limit
	}
	found, err := rows.Sessions(ctx, q)
	if err != nil {
		return nil, err
	}
	out := []Session{}
	for _, f := range found {
		if s.Title != "" && titleMatch(s.Title, f.Titles) < nearTitle && !concerns(f, s.Title) {
			continue
		}
		if s.Limit > 0 && len(out) == s.Limit {
			break
		}
		out = append(out, SessionOf(f))
	}
	return out, nil
}

// rowsRead bounds the rows that a list of everybody is made of.
const rowsRead = 1000

// People returns the persons who bear a name, or where it is empty, everybody whom a document says something of, up
// to limit of them.
func People(ctx context.Context, rows Rows, f retrieval.Filter, name string, limit int) ([]Person, error) {
	var found []retrieval.Person
	var err error
	if name == "" {
		found, err = rows.People(ctx, retrieval.PersonQuery{Filter: f, Limit: rowsRead})
	} else {
		found, err = FindPeople(ctx, rows, f, name)
	}
	if err != nil {
		return nil, err
	}
	groups := GroupPeople(found)
	groups = groups[:min(len(groups), limit)]
	var all []retrieval.Person
	for _, g := range groups {
		all = append(all, g...)
	}
	var sessions []retrieval.Session
	if len(all) > 0 {
		if sessions, err = rows.Sessions(ctx, retrieval.SessionQuery{Filter: f, People: personIDs(all)}); err != nil {
			return nil, err
		}
	}
	out := make([]Person, len(groups))
	for i, g := range groups {
		out[i] = PersonOf(g, withAny(sessions, g))
	}
	return out, nil
}

// withAny keeps the sessions that one of the rows speaks in.
func withAny(sessions []retrieval.Session, rows []retrieval.Person) []retrieval.Session {
	ids := personIDs(rows)
	var out []retrieval.Session
	for _, s := range sessions {
		if slices.ContainsFunc(s.Speakers, func(sp retrieval.Speaker) bool { return slices.Contains(ids, sp.Person) }) {
			out = append(out, s)
		}
	}
	return out
}
