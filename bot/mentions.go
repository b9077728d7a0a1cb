package bot

import (
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// mentionNames is how many writings of a name are looked for.
const mentionNames = 4

// Mentions returns up to limit whole sentences of the documents that a filter permits which hold one of the names, to the letter,
// each as a citation, name by name in the order in which the documents were taken in.
func Mentions(ctx context.Context, quoter Quoter, f retrieval.Filter, names []string, limit int) ([]Citation, error) {
	var out []Citation
	for _, name := range names[:min(len(names), mentionNames)] {
		terms := lang.Terms(name)
		if len(terms) == 0 {
			continue
		}
		passages, err := quoter.Holding(ctx, f, terms, heldPassages)
		if err != nil {
			return nil, err
		}
		for _, p := range passages {
			for _, s := range lang.Sentences(p.Text) {
				said := p.Text[s.Start:s.End]
				if !endsSentence(said) || !holdsName(said, name) { // labels and rows stand in the sessions already
					continue
				}
				c := citation(len(out)+1, retrieval.Hit{Passage: p}, p.Start+s.Start, p.Start+s.End)
				if !slices.ContainsFunc(out, func(o Citation) bool { return o.URL == c.URL || retrieval.Key(o.Quote) == retrieval.Key(said) }) {
					out = append(out, c)
				}
				if len(out) == limit {
					return out, nil
				}
			}
		}
	}
	return out, nil
}

// holdsName reports whether a name stands in a text; one in letters not within a longer word.
func holdsName(text, name string) bool {
	text, name = lang.Fold(text), lang.Fold(strings.TrimSpace(name))
	for at := 0; name != ""; {
		i := strings.Index(text[at:], name)
		if i < 0 {
			return false
		}
		before, _ := utf8.DecodeLastRuneInString(text[:at+i])
		after, _ := utf8.DecodeRuneInString(text[at+i+len(name):])
		if !sameWord(before, name[0]) && !sameWord(after, name[len(name)-1]) {
			return true
		}
		at += i + len(name)
	}
	return false
}

// sameWord reports whether a letter goes on with a Latin word that ends in b.
func sameWord(r rune, b byte) bool {
	return b < utf8.RuneSelf && unicode.IsLetter(r) && !unicode.Is(unicode.Han, r)
}
