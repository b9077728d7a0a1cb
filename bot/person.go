package bot

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// FindPeople returns the rows of everybody whose name matches one of the names.
func FindPeople(ctx context.Context, rows Rows, f retrieval.Filter, names ...string) ([]retrieval.Person, error) {
	var keys []string
	var wanted []lang.PersonName
	for _, n := range names {
		keys = append(keys, lang.NameKeys(n)...)
		wanted = append(wanted, lang.ParseName(n))
	}
	if len(keys) == 0 {
		return nil, nil
	}
	found, err := rows.People(ctx, retrieval.PersonQuery{Filter: f, Keys: keys})
	if err != nil {
		return nil, err
	}
	var out []retrieval.Person
	for _, p := range found {
		if slices.ContainsFunc(p.Forms, func(form string) bool {
			parsed := lang.ParseName(form)
			return slices.ContainsFunc(wanted, func(w lang.PersonName) bool { return w.Match(parsed) >= lang.SameName })
		}) {
			out = append(out, p)
		}
	}
	return out, nil
}

// people returns the rows of the person that a question names: given is set where the question quotes a name.
func (r *request) people(ctx context.Context, q route, given string) ([]retrieval.Person, error) {
	if given != "" {
		return r.everything(ctx, []string{given})
	}
	if names, err := r.namesIn(ctx, q); err != nil || len(names) > 0 {
		if err != nil {
			return nil, err
		}
		return r.everything(ctx, names)
	}
	if q.subject == "" {
		return nil, nil
	}
	return r.everything(ctx, []string{q.subject})
}

// everything is Everything of the asker's filter.
func (r *request) everything(ctx context.Context, names []string) ([]retrieval.Person, error) {
	return Everything(ctx, r.config.Facts, r.query.Filter, names...)
}

// Everything is what all documents say of whoever bears one of the names, in whatever script: a name that stands beside
// another in one document leads to the rows of the other.
func Everything(ctx context.Context, rows Rows, f retrieval.Filter, names ...string) ([]retrieval.Person, error) {
	found, err := FindPeople(ctx, rows, f, names...)
	if err != nil || len(found) == 0 {
		return found, err
	}
	var forms []string
	for _, p := range found {
		if len(p.Forms) > 1 && sameForm(p.Forms, names) {
			forms = append(forms, p.Forms[1:]...)
		}
	}
	if len(forms) == 0 {
		return found, nil
	}
	more, err := FindPeople(ctx, rows, f, append(forms, names...)...)
	if err != nil {
		return nil, err
	}
	for _, p := range more {
		if !slices.ContainsFunc(found, func(o retrieval.Person) bool { return o.ID == p.ID }) {
			found = append(found, p)
		}
	}
	return found, nil
}

func sameForm(forms, names []string) bool {
	return slices.ContainsFunc(forms, func(f string) bool {
		return slices.ContainsFunc(names, func(n string) bool { return retrieval.Key(f) == retrieval.Key(n) })
	})
}

// namesIn returns the names of rows that stand in the question, the longest of each place.
func (r *request) namesIn(ctx context.Context, q route) ([]string, error) {
	found, err := r.config.Facts.People(ctx, retrieval.PersonQuery{Filter: r.query.Filter, Within: retrieval.Key(q.rest)})
	if err != nil {
		return nil, err
	}
	rest := newAligned(q.rest)
	chunks := rest.chunks()
	var names []string
	for _, p := range found {
		for _, form := range p.Forms {
			if !slices.Contains(names, form) && standsIn(form, rest, chunks) {
				names = append(names, form)
			}
		}
	}
	slices.SortStableFunc(names, func(a, b string) int {
		return cmp.Compare(utf8.RuneCountInString(retrieval.Key(b)), utf8.RuneCountInString(retrieval.Key(a)))
	})
	var out []string
	for _, n := range names {
		if from, to := rest.find(n); from >= 0 {
			rest.blank(from, to, byte(taken))
			out = append(out, n)
		} else if slices.ContainsFunc(out, func(o string) bool { return retrieval.Key(o) == retrieval.Key(n) }) {
			out = append(out, n)
		}
	}
	return out, nil
}

// hanCertain is from how many characters of Han a name is known in the middle of other words.
const hanCertain = 3

// standsIn reports whether a name stands in the question as a name: as all that is left of it, or so long that nothing
// else is meant, and not as part of a longer name.
func standsIn(name string, rest *aligned, chunks []string) bool {
	key := retrieval.Key(name)
	for _, c := range chunks {
		if retrieval.Key(c) == key {
			return true
		}
	}
	from, to := rest.find(name)
	if from < 0 {
		return false
	}
	hans, words := 0, len(strings.Fields(name))
	for _, r := range name {
		if unicode.Is(unicode.Han, r) {
			hans++
		}
	}
	if hans < hanCertain && (hans > 0 || words < 2) {
		return false
	}
	return !besideName(rest, from, to)
}

// besideName reports whether a capitalised Latin word stands right beside: then the name is a longer one.
func besideName(rest *aligned, from, to int) bool {
	last := rest.flat[to-1]
	first := rest.flat[from]
	if last < 0x80 {
		after := rest.written[rest.at[to]:]
		if word := strings.TrimLeft(after, " "); word != after && word != "" {
			c, _ := utf8.DecodeRuneInString(word)
			if unicode.IsUpper(c) {
				return true
			}
		}
	}
	if first < 0x80 {
		before := rest.written[:rest.at[from]]
		if fields := strings.Fields(before); len(fields) > 1 && strings.HasSuffix(before, " ") { // the first word of a sentence is always upper case
			c, _ := utf8.DecodeRuneInString(fields[len(fields)-1])
			if unicode.IsUpper(c) && !fillers.MatchString(flat(fields[len(fields)-1])) {
				return true
			}
		}
	}
	return false
}
