package bot

import (
	"slices"

	"osmanthus/retrieval"
)

// PassageURL is the path at which the reader opens bytes start to end of a passage's version.
func PassageURL(p retrieval.Passage, start, end int) string { return readerURL(p, start, end) }

// Linked returns the answer with each address of the reader put through link, which makes it one of where the answer is
// shown: below a path, or absolute. The answer itself stays as it is: it may be kept or cached.
func (a Answer) Linked(link func(string) string) Answer {
	a.Citations = each(a.Citations, func(c *Citation) { c.URL = link(c.URL) })
	a.Nearest = each(a.Nearest, func(n *Nearest) { n.URL = link(n.URL) })
	a.People = LinkedPeople(a.People, link)
	a.Sessions = LinkedSessions(a.Sessions, link)
	if a.Coverage != nil {
		covered := func(c *Covered) { c.URL = link(c.URL) }
		a.Coverage = &Coverage{Used: each(a.Coverage.Used, covered), Skipped: each(a.Coverage.Skipped, covered)}
	}
	return a
}

// Linked does the same for what an event holds.
func (e Event) Linked(link func(string) string) Event {
	switch data := e.Data.(type) {
	case Answer:
		e.Data = data.Linked(link)
	case Citation:
		data.URL = link(data.URL)
		e.Data = data
	case Sources:
		e.Data = Sources{each(data.Sources, func(s *Source) { s.URL = link(s.URL) })}
	}
	return e
}

// LinkedPeople does the same for people.
func LinkedPeople(people []Person, link func(string) string) []Person {
	return each(people, func(p *Person) {
		p.Titles = each(p.Titles, func(t *Title) { t.URL = link(t.URL) })
		p.About = each(p.About, func(a *About) { a.URL = link(a.URL) })
		p.Sessions = LinkedSessions(p.Sessions, link)
	})
}

// LinkedSessions does the same for sessions.
func LinkedSessions(sessions []Session, link func(string) string) []Session {
	return each(sessions, func(s *Session) { s.URL = link(s.URL) })
}

// each returns a changed copy; nil stays nil.
func each[T any](in []T, change func(*T)) []T {
	out := slices.Clone(in)
	for i := range out {
		change(&out[i])
	}
	return out
}
