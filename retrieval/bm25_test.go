package retrieval

import (
	"math"
	"testing"

	"osmanthus/retrieval/lang"
)

func englishStats(n int, df map[string]int) Stats {
	key := FieldKey{FieldTerms, lang.English}
	s := Stats{Fields: map[FieldKey]FieldStats{key: {Passages: n, MeanLength: 10}}, Documents: map[TermKey]int{}}
	for term, d := range df {
		s.Documents[TermKey{key, term}] = d
	}
	return s
}

func bag(length float64, counts map[string]float64) termBag { return newTermBag(counts, length) }

func TestBM25Value(t *testing.T) {
	t.Parallel()
	q := newLexicalQuery(FieldKey{FieldTerms, lang.English}, [][]string{{"hall"}}, englishStats(100, map[string]int{"hall": 4}))
	idf := math.Log(1 + (100-4+0.5)/(4+0.5))
	// tf 2 in a passage of mean length: 2 × 2.2 / (2 + 1.2)
	want := idf * 2 * 2.2 / 3.2
	if got := q.score(bag(10, map[string]float64{"hall": 2})); math.Abs(got-want) > 1e-9 {
		t.Errorf("score = %v, want %v", got, want)
	}
	if got := q.mass(); math.Abs(got-idf) > 1e-9 {
		t.Errorf("mass = %v, want %v", got, idf)
	}
}

func TestGroupScoresAsOneTerm(t *testing.T) {
	t.Parallel()
	stats := englishStats(1000, map[string]int{"hold": 50, "host": 50, "conven": 50})
	key := FieldKey{FieldTerms, lang.English}
	group := newLexicalQuery(key, [][]string{{"hold", "host", "conven"}}, stats)
	single := newLexicalQuery(key, [][]string{{"hold"}}, stats)
	one := bag(10, map[string]float64{"hold": 1})
	all := bag(10, map[string]float64{"hold": 1, "host": 1, "conven": 1})
	if group.score(one) >= single.score(one) {
		t.Errorf("a word of three translations scores %.3f by one of them, a word of one %.3f: it must be less, it is found in more passages",
			group.score(one), single.score(one))
	}
	three := newLexicalQuery(key, [][]string{{"hold"}, {"host"}, {"conven"}}, stats)
	if group.score(all) >= three.score(all) {
		t.Errorf("three translations of one word score %.3f, three words %.3f: it must be less", group.score(all), three.score(all))
	}
}

func TestScoreOrders(t *testing.T) {
	t.Parallel()
	stats := englishStats(1000, map[string]int{"rare": 2, "common": 600})
	q := newLexicalQuery(FieldKey{FieldTerms, lang.English}, [][]string{{"rare"}, {"common"}, {"absent"}}, stats)
	tests := []struct {
		name         string
		better, less termBag
	}{
		{"rare over common", bag(10, map[string]float64{"rare": 1}), bag(10, map[string]float64{"common": 1})},
		{"short over long", bag(5, map[string]float64{"rare": 1}), bag(50, map[string]float64{"rare": 1})},
		{"twice over once", bag(10, map[string]float64{"rare": 2}), bag(10, map[string]float64{"rare": 1})},
		{"both over one", bag(10, map[string]float64{"rare": 1, "common": 1}), bag(10, map[string]float64{"rare": 1})},
	}
	for _, tt := range tests {
		if b, l := q.score(tt.better), q.score(tt.less); b <= l {
			t.Errorf("%s: %.3f is not above %.3f", tt.name, b, l)
		}
	}
	if got := q.score(bag(10, nil)); got != 0 {
		t.Errorf("nothing in common scores %v", got)
	}
}

func TestScoreOnAnEmptyCorpus(t *testing.T) {
	t.Parallel()
	q := newLexicalQuery(FieldKey{FieldTerms, lang.English}, [][]string{{"hall"}, nil}, Stats{})
	if got := q.score(bag(3, map[string]float64{"hall": 1})); math.IsNaN(got) || math.IsInf(got, 0) {
		t.Errorf("score = %v", got)
	}
}
