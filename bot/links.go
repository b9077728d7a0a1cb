package bot

import (
	"slices"

	"osmanthus/retrieval"
)

// PassageURL is the path at which the reader opens bytes start to end of a passage's version.
func PassageURL(p retrieval.Passage, start, end int) string { return readerURL(p, start, end) }

// At returns a copy whose links begin with an address, for those who do not read it on our own pages.
func (a Answer) At(address string) Answer {
	a.Citations = linked(a.Citations, func(c *Citation) { c.URL = address + c.URL })
	a.Nearest = linked(a.Nearest, func(n *Nearest) { n.URL = address + n.URL })
	a.People = linked(a.People, func(p *Person) { *p = p.At(address) })
	a.Sessions = linked(a.Sessions, func(s *Session) { *s = s.At(address) })
	if a.Coverage != nil {
		covered := func(c *Covered) { c.URL = address + c.URL }
		a.Coverage = &Coverage{Used: linked(a.Coverage.Used, covered), Skipped: linked(a.Coverage.Skipped, covered)}
	}
	return a
}

// At returns a copy whose links begin with an address.
func (p Person) At(address string) Person {
	p.Titles = linked(p.Titles, func(t *Title) { t.URL = address + t.URL })
	p.About = linked(p.About, func(a *About) { a.URL = address + a.URL })
	p.Sessions = linked(p.Sessions, func(s *Session) { *s = s.At(address) })
	return p
}

// At returns a copy whose link begins with an address.
func (s Session) At(address string) Session {
	s.URL = address + s.URL
	return s
}

// linked copies items and changes the copies: the answers that are given again share theirs.
func linked[T any](items []T, change func(*T)) []T {
	items = slices.Clone(items)
	for i := range items {
		change(&items[i])
	}
	return items
}
