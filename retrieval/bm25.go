package retrieval

import "math"

// BM25 as in Robertson and Zaragoza 2009, "The Probabilistic Relevance Framework", with the usual constants.
const (
	bm25K1 = 1.2
	bm25B  = 0.75
)

// A termGroup is one word of the question: the terms any of which stands for it. It scores as one term, its frequency
// the sum and its document frequency the union over its terms (Pirkola 1998, structured queries), so that a word with
// many translations weighs no more than a word with one.
type termGroup struct {
	terms  []string
	hashes []uint32 // of the terms
	idf    float64
}

// A lexicalQuery is the question as one field of one language's passages sees it.
type lexicalQuery struct {
	key    FieldKey
	stats  FieldStats
	groups []termGroup
}

// newLexicalQuery weighs the groups by the corpus's figures. A group that no passage holds keeps its idf: it counts as
// not covered.
func newLexicalQuery(key FieldKey, groups [][]string, stats Stats) lexicalQuery {
	q := lexicalQuery{key: key, stats: stats.Fields[key]}
	n := float64(q.stats.Passages)
	for _, terms := range groups {
		if len(terms) == 0 {
			continue
		}
		// The union's size is not known without asking for it; terms taken as independent come close enough.
		absent := 1.0
		for _, t := range terms {
			if n > 0 {
				absent *= 1 - math.Min(1, float64(stats.Documents[TermKey{key, t}])/n)
			}
		}
		df := n * (1 - absent)
		q.groups = append(q.groups, termGroup{terms: terms, hashes: hashes(terms), idf: math.Log(1 + (n-df+0.5)/(df+0.5))})
	}
	return q
}

// mass is the sum of the groups' idf: what a passage would have to cover.
func (q lexicalQuery) mass() float64 {
	var sum float64
	for _, g := range q.groups {
		sum += g.idf
	}
	return sum
}

// candidateTerms lists each term once with its group's idf, for the store's first choice.
func (q lexicalQuery) candidateTerms() []WeightedTerm {
	weight := make(map[string]float64)
	var order []string
	for _, g := range q.groups {
		for _, t := range g.terms {
			if _, seen := weight[t]; !seen {
				order = append(order, t)
			}
			weight[t] = math.Max(weight[t], g.idf)
		}
	}
	terms := make([]WeightedTerm, len(order))
	for i, t := range order {
		terms[i] = WeightedTerm{t, weight[t]}
	}
	return terms
}

// score is the passage's BM25 for the question.
func (q lexicalQuery) score(bag termBag) float64 {
	mean := q.stats.MeanLength
	if mean <= 0 {
		mean = math.Max(1, bag.length)
	}
	norm := bm25K1 * (1 - bm25B + bm25B*bag.length/mean)
	var sum float64
	for _, g := range q.groups {
		var tf float64
		for _, h := range g.hashes {
			tf += bag.weight(h)
		}
		if tf > 0 {
			sum += g.idf * tf * (bm25K1 + 1) / (tf + norm)
		}
	}
	return sum
}

// singles makes one group of each distinct term.
func singles(terms []string) [][]string {
	seen := make(map[string]bool, len(terms))
	var groups [][]string
	for _, t := range terms {
		if !seen[t] {
			seen[t] = true
			groups = append(groups, []string{t})
		}
	}
	return groups
}
