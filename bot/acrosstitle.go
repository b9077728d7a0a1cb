package bot

import (
	"context"
	"slices"
	"strings"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// askingStems are what questions about sessions are made of, in the stems that the dictionary gives: they name no
// session, and a title may have them or not.
const askingStems = " time begin start end place take held hold room venu locat speak speaker speech lectur present talk keynot moder moderat host session part who what when where "

// acrossRows bounds the sessions whose titles are compared by the dictionary.
const acrossRows = 1000

// acrossTitles returns the sessions whose titles, in the other language than the question's, say what it says by the
// dictionary: every word of the title, or of what stands before its subtitle, is in the question, and at least as many
// of the question's words are in the title as are not. Of several the one with the most words is meant.
func (r *request) acrossTitles(ctx context.Context, question string) ([]retrieval.Session, error) {
	dict := r.config.Dictionary
	if dict == nil {
		return nil, nil
	}
	asked := naming(dict.Groups(question))
	if len(asked) == 0 {
		return nil, nil
	}
	rows, err := r.config.Facts.Sessions(ctx, retrieval.SessionQuery{Filter: r.query.Filter, Limit: acrossRows})
	if err != nil {
		return nil, err
	}
	han := lang.HanShare(question) > 0
	best := 0
	var out []retrieval.Session
	for _, s := range rows {
		met := 0
		for _, t := range s.Titles {
			if (lang.HanShare(t.Text) > 0) == han {
				continue
			}
			for _, title := range append([]string{t.Text}, heads(t.Text)...) {
				met = max(met, translated(asked, naming(dict.Groups(title))))
			}
		}
		switch {
		case met == 0 || met < best:
		case met > best:
			best, out = met, []retrieval.Session{s}
		default:
			out = append(out, s)
		}
	}
	return out, nil
}

// naming drops the words that every question about sessions has.
func naming(groups [][]string) [][]string {
	return slices.DeleteFunc(slices.Clone(groups), func(g []string) bool {
		return slices.ContainsFunc(g, func(stem string) bool { return strings.Contains(askingStems, " "+stem+" ") })
	})
}

// translated is how many of the question's words a title has all of whose words are among them; 0 where one is not, or
// where most of the question is of something else.
func translated(asked, title [][]string) int {
	if len(title) == 0 {
		return 0
	}
	for _, t := range title {
		if !slices.ContainsFunc(asked, func(a []string) bool { return meets(a, t) }) {
			return 0
		}
	}
	met := 0
	for _, a := range asked {
		if slices.ContainsFunc(title, func(t []string) bool { return meets(a, t) }) {
			met++
		}
	}
	if 2*met < len(asked) {
		return 0
	}
	return met
}

// akinStem is how many letters two stems must share at their beginning where one goes on: charit, chariti.
const akinStem = 5

// meets reports whether two words may be the same one.
func meets(a, b []string) bool {
	return slices.ContainsFunc(a, func(x string) bool {
		return slices.ContainsFunc(b, func(y string) bool {
			return x == y || min(len(x), len(y)) >= akinStem && (strings.HasPrefix(x, y) || strings.HasPrefix(y, x))
		})
	})
}
