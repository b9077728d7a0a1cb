package pgstore

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// A frequent word is in thousands of passages, each of which would have to be read to learn its document: that, not the
// index of words, is what a lexical arm costs. So the words that weigh most are looked up one by one as long as the rows
// they stand in fit a budget, and of the words that do not fit, those passages are looked up that hold several at once.
const (
	// lexicalRows is that budget. A corpus whose words are all rarer is searched in full.
	lexicalRows = 1_500
	// combinedWords is how many of the words too frequent to be looked up alone are looked up together.
	combinedWords = 4
)

// wordFigures is in how many passages a term is, by term; the empty term counts all passages of the field and language.
type wordFigures map[retrieval.TermKey]int

func newWordFigures() wordFigures { return make(wordFigures) }

// A lookup asks for the passages that hold all of some words.
type lookup struct {
	terms  []string
	weight float64
	rows   float64 // expected
}

func (l lookup) query() string {
	quoted := make([]string, len(l.terms))
	for i, t := range l.terms {
		quoted[i] = quotedLexeme(t)
	}
	return strings.Join(quoted, " & ")
}

// lookups chooses what a query looks up, heaviest words first.
func (w wordFigures) lookups(lq retrieval.LexicalQuery) []lookup {
	field := retrieval.FieldKey{Field: lq.Field, Lang: lq.Lang}
	all := float64(max(1, w[retrieval.TermKey{FieldKey: field}]))
	var words []lookup
	for _, t := range lq.Terms {
		if t.Term != "" && len(t.Term) <= maxLexeme {
			words = append(words, lookup{[]string{t.Term}, t.Weight, float64(w[retrieval.TermKey{FieldKey: field, Term: t.Term}])})
		}
	}
	slices.SortStableFunc(words, func(a, b lookup) int {
		return cmp.Or(cmp.Compare(b.weight, a.weight), cmp.Compare(a.rows, b.rows))
	})
	var chosen, frequent []lookup
	budget := float64(lexicalRows)
	for _, word := range words {
		if word.rows <= budget {
			budget -= word.rows
			chosen = append(chosen, word)
		} else if len(frequent) < combinedWords {
			frequent = append(frequent, word)
		}
	}
	alone := budget == lexicalRows // nothing is found so far
	budget = lexicalRows
	for _, together := range combinations(frequent, all) {
		if together.rows <= budget {
			budget -= together.rows
			chosen = append(chosen, together)
		}
	}
	if alone && budget == lexicalRows && len(frequent) > 0 {
		// One frequent word is all there is: any passages that hold it.
		chosen = append(chosen, frequent[0])
	}
	return chosen
}

// combinations are the words in twos and threes, heaviest first. Words come together more often than by chance; that
// they are expected as if by chance is made up for by the limit of each lookup.
func combinations(words []lookup, all float64) []lookup {
	var made []lookup
	with := func(a, b lookup) lookup {
		return lookup{slices.Concat(a.terms, b.terms), a.weight + b.weight, a.rows * b.rows / all}
	}
	for i, a := range words {
		for j, b := range words[:i] {
			two := with(b, a)
			made = append(made, two)
			for _, c := range words[:j] {
				made = append(made, with(c, two))
			}
		}
	}
	slices.SortStableFunc(made, func(a, b lookup) int { return cmp.Compare(b.weight, a.weight) })
	return made
}

// lexicalArm returns the i-th query's arm and puts its lookups among the arguments. Words looked up alone add up; of
// those looked up together the heaviest combination counts. Where the filter leaves few passages, it stands inside each
// lookup. Where it leaves many, reading the document of every passage found would be most of what the arm costs: then the
// passages are weighed first and the filter is held against them in the order of their weights, until there are enough.
// Only a word too frequent to be looked up in full may then have passages of the filter beyond its limit.
func lexicalArm(i int, column string, l lang.Lang, few bool, lookups []lookup, args pgx.NamedArgs) string {
	var queries []string
	var weights []float64
	var together []bool
	for _, look := range lookups {
		queries, weights, together = append(queries, look.query()), append(weights, look.weight), append(together, len(look.terms) > 1)
	}
	args[fmt.Sprintf("queries%d", i)], args[fmt.Sprintf("weights%d", i)], args[fmt.Sprintf("together%d", i)] = queries, weights, together
	args[fmt.Sprintf("lang%d", i)], args["lexical_rows"] = string(l), lexicalRows
	inside, outside := "", "JOIN passages p ON p.id = weighed.id JOIN documents d ON d.id = p.document_id WHERE "+visible
	if few {
		inside, outside = "JOIN documents d ON d.id = p.document_id AND "+visible, ""
	}
	return fmt.Sprintf(`
		SELECT id, row_number() OVER (ORDER BY weight DESC, id) AS place, '' FROM (
			SELECT weighed.id, weighed.weight FROM (
				SELECT found.id, coalesce(sum(t.weight) FILTER (WHERE NOT t.together), 0) + coalesce(max(t.weight) FILTER (WHERE t.together), 0) AS weight
				FROM unnest(@queries%[1]d::text[], @weights%[1]d::float8[], @together%[1]d::bool[]) AS t (query, weight, together)
				CROSS JOIN LATERAL (
					SELECT p.id FROM passages p %[3]s
					WHERE p.%[2]s @@ t.query::tsquery AND p.lang = @lang%[1]d LIMIT @lexical_rows) AS found
				GROUP BY found.id ORDER BY weight DESC, found.id) AS weighed
			%[4]s
			ORDER BY weighed.weight DESC, weighed.id LIMIT @lexical_limit) AS heaviest`, i, column, inside, outside)
}
