package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// A Person is what the documents say of somebody.
type Person struct {
	Names    []string  `json:"names"` // as written, in every script the documents have
	Titles   []Title   `json:"titles"`
	Conflict bool      `json:"conflict"` // two documents give different positions at one organisation
	About    []About   `json:"about,omitempty"`
	Sessions []Session `json:"sessions"`
}

// A Title is a position with the document that gives it.
type Title struct {
	Title         string `json:"title"`
	Organisation  string `json:"organisation,omitempty"`
	Document      int64  `json:"document"`
	DocumentTitle string `json:"document_title"`
	Source        string `json:"source"`
	Date          string `json:"date,omitempty"` // of the document
	URL           string `json:"url"`            // of the reader, at the sentence

	place retrieval.Place
}

// About is what a document says of a person in a section of its own.
type About struct {
	Document int64  `json:"document"`
	URL      string `json:"url"`

	place retrieval.Place
}

func numberMark(n int) string { return fmt.Sprintf("[%d]", n) }

// GroupPeople makes persons of rows: those whose names match are one. The order of the rows stays.
func GroupPeople(rows []retrieval.Person) [][]retrieval.Person {
	var groups [][]retrieval.Person
	var names [][]lang.PersonName // of each group, taken apart once: an index compares thousands
	byKey := map[string][]int{}   // the groups that hold a name with the key
	for _, p := range rows {
		var keys []string
		parsed := make([]lang.PersonName, len(p.Forms))
		for i, f := range p.Forms {
			parsed[i] = lang.ParseName(f)
			keys = append(keys, parsed[i].Keys()...)
		}
		at := -1
		looked := map[int]bool{}
		for _, k := range keys {
			for _, g := range byKey[k] {
				if at < 0 && !looked[g] && anySame(names[g], parsed) {
					at = g
				}
				looked[g] = true
			}
		}
		if at < 0 {
			at = len(groups)
			groups, names = append(groups, nil), append(names, nil)
		}
		groups[at], names[at] = append(groups[at], p), append(names[at], parsed...)
		for _, k := range keys {
			if !slices.Contains(byKey[k], at) {
				byKey[k] = append(byKey[k], at)
			}
		}
	}
	return groups
}

// anySame reports whether one of a's names is one of b's.
func anySame(a, b []lang.PersonName) bool {
	return slices.ContainsFunc(a, func(n lang.PersonName) bool {
		return slices.ContainsFunc(b, func(o lang.PersonName) bool { return n.Match(o) >= lang.SameName })
	})
}

// PersonOf puts the rows of one person together.
func PersonOf(rows []retrieval.Person, sessions []retrieval.Session) Person {
	out := Person{Names: []string{}, Titles: []Title{}, Sessions: []Session{}}
	for _, p := range rows {
		if !slices.ContainsFunc(out.Names, func(n string) bool { return lang.Fold(n) == lang.Fold(p.Name.Text) }) {
			out.Names = append(out.Names, p.Name.Text)
		}
		for _, t := range p.Titles {
			title := Title{
				Title: t.Title, Organisation: t.Organisation, Document: p.Document, DocumentTitle: p.Title, Source: p.Source,
				URL: placeURL(p.Document, t.Place), place: t.Place,
			}
			if !p.Date.IsZero() {
				title.Date = p.Date.Format(time.DateOnly)
			}
			out.Conflict = out.Conflict || slices.ContainsFunc(out.Titles, func(o Title) bool { return conflicting(o, title) })
			out.Titles = append(out.Titles, title)
		}
		if p.About.Start < p.About.End {
			out.About = append(out.About, About{Document: p.Document, URL: placeURL(p.Document, p.About), place: p.About})
		}
	}
	for _, s := range merged(sessions) {
		out.Sessions = append(out.Sessions, SessionOf(s))
	}
	return out
}

// conflicting reports whether two documents give different positions at one organisation. What is said in two
// languages cannot be compared, and is not taken for a conflict.
func conflicting(a, b Title) bool {
	if a.Document == b.Document || a.Title == "" || b.Title == "" || lang.DetectText(a.Title) != lang.DetectText(b.Title) {
		return false
	}
	return retrieval.Key(a.Organisation) == retrieval.Key(b.Organisation) && retrieval.Key(a.Title) != retrieval.Key(b.Title)
}

// aboutQuoted is how many documents' sections about a person a card quotes.
const aboutQuoted = 2

// person answers who somebody is with a card.
func (r *request) person(ctx context.Context, q route) (bool, error) {
	given := ""
	if len(q.titles) > 0 {
		given = q.titles[0]
	}
	if given != "" && !looksLikeName(given) {
		return false, nil // Who is "the gardener"?
	}
	rows, err := r.people(ctx, q, given)
	if err != nil {
		return false, err
	}
	if len(rows) == 0 {
		if name := firstOf(given, q.subject); name != "" && (given != "" || q.certain) {
			return r.unknown(ctx, name, false)
		}
		return false, nil
	}
	t := telling{kind: KindCard}
	for _, group := range GroupPeople(rows) {
		sessions, err := r.config.Facts.Sessions(ctx, retrieval.SessionQuery{Filter: r.query.Filter, People: personIDs(group)})
		if err != nil {
			return false, err
		}
		if person := PersonOf(group, sessions); len(person.Titles)+len(person.About)+len(person.Sessions) > 0 {
			if err := r.card(ctx, &t, person, merged(sessions)); err != nil {
				return false, err
			}
			t.people = append(t.people, person)
		}
	}
	if len(t.people) == 0 {
		return false, nil
	}
	return r.tell(ctx, t)
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

// card writes one person's card.
func (r *request) card(ctx context.Context, t *telling, p Person, sessions []retrieval.Session) error {
	name := p.Names[0]
	for _, n := range p.Names {
		if lang.DetectText(n) == r.answer.Lang {
			name = n
			break
		}
	}
	others := slices.DeleteFunc(slices.Clone(p.Names), func(n string) bool { return n == name })
	if len(others) > 0 {
		t.say(r.words.T("answer.card.names", "name", Escape(name), "others", r.names(others)))
	} else {
		t.say("**" + Escape(name) + "**")
	}
	if p.Conflict {
		t.say(r.words.T("answer.card.conflict"))
	}
	lines := r.positions(t, p.Titles)
	if len(lines) > 0 {
		t.say(strings.Join(lines, "\n"))
	}
	if err := r.about(ctx, t, p); err != nil {
		return err
	}
	if len(sessions) == 0 {
		return nil
	}
	t.say(r.words.T("answer.card.sessions", "count", len(sessions)))
	lines = nil
	for _, s := range sessions[:min(len(sessions), cardSessions)] {
		lines = append(lines, r.line(t, s, false))
		if len(p.Titles)+len(p.About) == 0 && len(lines) == 1 {
			for _, sp := range s.Speakers {
				if slices.Contains(p.Names, sp.Text) {
					lines[0] += t.mark(sp.Place)
				}
			}
		}
	}
	t.say(strings.Join(lines, "\n"))
	if more := len(sessions) - cardSessions; more > 0 {
		t.say(r.words.T("answer.row.more", "count", more))
	}
	return nil
}

// cardSessions is how many sessions a card names; who wants all of them asks for these.
const cardSessions = 20

// positions are the lines of a card: each position once, with every document that gives it.
func (r *request) positions(t *telling, titles []Title) []string {
	var said, lines []string
	for i, title := range titles {
		position := r.position(title)
		if slices.Contains(said, retrieval.Key(position)) {
			continue
		}
		said = append(said, retrieval.Key(position))
		var sources []string
		for _, other := range titles[i:] {
			if retrieval.Key(r.position(other)) != retrieval.Key(position) {
				continue
			}
			key := "answer.card.source"
			if other.Date == "" {
				key = "answer.card.source_undated"
			}
			sources = append(sources, strings.TrimSpace(r.words.T(key, "document", Escape(other.DocumentTitle), "date", other.Date, "marks", t.mark(other.place))))
		}
		lines = append(lines, "- "+r.words.T("answer.card.title", "title", Escape(position), "sources", strings.Join(sources, "; ")))
	}
	return lines
}

// position is a title with its organisation in the order of its own language.
func (r *request) position(t Title) string {
	switch {
	case t.Organisation == "":
		return t.Title
	case t.Title == "":
		return t.Organisation
	case lang.DetectText(t.Title) == lang.Chinese:
		return t.Organisation + t.Title
	}
	return t.Title + ", " + t.Organisation
}

// about quotes the sections about a person.
func (r *request) about(ctx context.Context, t *telling, p Person) error {
	var places []retrieval.Place
	for _, a := range p.About[:min(len(p.About), aboutQuoted)] {
		places = append(places, a.place)
	}
	if len(places) == 0 {
		return nil
	}
	hits, err := r.quoted(ctx, places)
	if err != nil {
		return err
	}
	said := map[string]bool{}
	t.say(r.words.T("answer.card.about"))
	for _, h := range hits {
		if key := retrieval.Key(h.Text); !said[key] {
			said[key] = true
			t.mark(retrieval.Place{Version: h.Version, Start: h.Start, End: h.End})
			t.say(blockquote(h.Text, slices.Index(t.places, retrieval.Place{Version: h.Version, Start: h.Start, End: h.End})+1))
		}
	}
	return nil
}
