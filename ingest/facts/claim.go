package facts

import (
	"encoding/json"
	"strings"

	"osmanthus/ingest/source"
	"osmanthus/retrieval/lang"
)

const (
	// maxClaims bounds what is read of one reply: a passage names no more people.
	maxClaims = 40
	// maxClaimQuote bounds the words that say a position, in bytes: they are quoted whole as its source.
	maxClaimQuote = 600
	// maxPosition bounds a title or an organisation, in characters.
	maxPosition = 120
)

// A Claim is a position that another reader, such as a language model, found in a passage, with the words that say it.
type Claim struct {
	Quote        string `json:"quote"`
	Name         string `json:"name"`
	Title        string `json:"title"`
	Organisation string `json:"organisation"`
}

// ParseClaims reads a reply of JSON objects, one a line, whatever stands around them. What is no claim is left out.
func ParseClaims(reply string) []Claim {
	var out []Claim
	for line := range strings.Lines(reply) {
		line = strings.TrimSuffix(strings.TrimSpace(line), ",")
		var c Claim
		if !strings.HasPrefix(line, "{") || json.Unmarshal([]byte(line), &c) != nil {
			continue
		}
		if out = append(out, c); len(out) == maxClaims {
			break
		}
	}
	return out
}

// Accept adds to f, the facts of doc, the claims about what stands within a span of its text that the text itself bears
// out, and returns how many those are: the quoted words stand there to the letter, and the name, the title and the
// organisation stand in them. Whatever else the other reader says is not believed.
func Accept(doc source.Document, f *Facts, within lang.Span, claims []Claim) int {
	r := &reader{doc: doc, facts: *f, people: make(map[string]int)}
	for i, p := range r.facts.People {
		r.people[lang.Fold(p.Text)] = i
	}
	accepted := 0
	for _, c := range claims {
		quote, ok := stands(r.text(within), strings.TrimSpace(c.Quote), within.Start)
		if !ok || quote.End-quote.Start > maxClaimQuote {
			continue
		}
		name, ok := stands(r.text(quote), strings.TrimSpace(c.Name), quote.Start)
		if !ok {
			continue
		}
		title, organisation := oneLine(c.Title), oneLine(c.Organisation)
		said := oneLine(r.text(quote))
		switch {
		case title+organisation == "" || !strings.Contains(said, title) || !strings.Contains(said, organisation),
			lang.Graphemes(title) > maxPosition || lang.Graphemes(organisation) > maxPosition:
			continue
		}
		person, ok := r.person(name)
		if !ok {
			continue
		}
		before := len(r.facts.People[person].Titles)
		r.addTitle(person, Title{Span: quote, Title: title, Organisation: organisation})
		accepted += len(r.facts.People[person].Titles) - before
	}
	*f = r.facts
	return accepted
}

// stands finds words in a text that begins at from of the document.
func stands(text, words string, from int) (lang.Span, bool) {
	at := strings.Index(text, words)
	if words == "" || at < 0 {
		return lang.Span{}, false
	}
	return lang.Span{Start: from + at, End: from + at + len(words)}, true
}
