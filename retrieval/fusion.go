package retrieval

import (
	"math"
	"runtime"
	"sync"
	"sync/atomic"

	"osmanthus/retrieval/lang"
)

// The fused score is a weighted sum, each part in units of its own spread, so that passages of both languages compete on
// one scale. Of the passage:
//
//   - similarity: cosine of the centred vectors over the space's standard deviation for the pair of languages.
//   - words: BM25 over the square root of the question's idf mass, over lexicalSpread. One arm applies to a passage: the
//     same-language one where the languages agree, the dictionary one where they differ. An arm that cannot see a
//     passage does not vote it down.
//
// and of its best sentence, for the first sharpenedHits and as far as focus says:
//
//   - sentence similarity: as above, of the sentence after its document's title.
//   - sentence words: the idf of the question's words that the sentence holds, scaled as the words are.
//
// The weights are those of a conditional logit (the passage that answers against the others found) on XQuAD, COSCUP
// abstracts and interview exchanges, each in its three pools; fitted on one half of the articles and measured on the
// other, then the other way round: the two fits differ by less than 0.1 in each. One set of weights serves all pairs of
// languages: a set for each pair, or a constant for crossing, won no more than it lost.
const (
	denseWeight           = 0.85
	lexicalWeight         = 0.24
	sentenceWeight        = 1.00
	sentenceLexicalWeight = 0.59
)

// A question of up to about focusWords words asks for one thing, which one sentence tells. An interviewer's question of
// several sentences is met by a passage as a whole, and looking at sentences loses the passage: at full weight hit@5 on
// interviews fell by five points. In between it fades out.
const (
	focusWords = 15
	focusPower = 4
	// pairsAWord: a Chinese text of so many pairs of characters says as much as an English one of one word.
	pairsAWord = 1.6
)

// focus is how much the sentences count for a question, 0…1.
func (w questionWords) focus(question lang.Lang) float64 {
	n := float64(len(w.queries[question].groups))
	if question == lang.Chinese {
		n /= pairsAWord
	}
	return 1 / (1 + math.Pow(n/focusWords, focusPower))
}

// lexicalSpread is the standard deviation of BM25/√mass over questions and passages, by the question's language and
// the passage's. BM25 is a sum over the question's words, so its spread grows with the root of their number: divided by
// √mass the figures of three very different sets lie near each other (en→en 0.42–0.56, zh→zh 0.39–0.50, en→zh 0.35,
// zh→en 0.29–0.36). What matters is the ratio of the two that compete for a question; it was chosen by hit@1 on XQuAD:
// for Chinese questions 0.44 to 0.26 is the ratio measured there (0.50 to 0.30), and 0.44 to 0.32 lost five points across.
func lexicalSpread(question, passage lang.Lang) float64 {
	switch {
	case question == lang.English && passage == lang.English:
		return 0.50
	case question == lang.Chinese && passage == lang.Chinese:
		return 0.44
	case question == lang.English:
		return 0.34
	default:
		return 0.26
	}
}

// scoreAll makes hits of the candidates, in their order, on every core: nobody else works for this question meanwhile.
func (s *Searcher) scoreAll(question lang.Lang, space Space, words questionWords, candidates []Candidate) []Hit {
	hits := make([]Hit, len(candidates))
	var next atomic.Int64
	var group sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), len(candidates)) {
		group.Go(func() {
			for i := next.Add(1) - 1; i < int64(len(candidates)); i = next.Add(1) - 1 {
				hits[i] = s.score(question, space, words, candidates[i])
			}
		})
	}
	group.Wait()
	return hits
}

// score makes a hit of a candidate, by the passage alone.
func (s *Searcher) score(question lang.Lang, space Space, words questionWords, c Candidate) Hit {
	h := Hit{Passage: c.Passage, Source: c.Source, Access: c.Access, event: c.Event, parallel: c.Parallel, length: c.Length}
	q := words.queries[c.Lang]
	bm25 := 0.0
	if words.mass > 0 && len(q.groups) > 0 {
		bm25 = q.score(s.bags.passage(q.key.Field, c))
		h.Lexical = bm25 / words.mass
	}
	if !math.IsNaN(c.Similarity) {
		h.Dense = c.Similarity / space.spread(question, c.Lang)
		h.Arms = append(h.Arms, ArmDense)
	}
	if h.Lexical > 0 {
		arm := ArmTerms
		if c.Lang != question {
			arm = ArmDictionary
		}
		h.Arms = append(h.Arms, arm)
	}
	h.Score = denseWeight * h.Dense
	if bm25 > 0 {
		h.Score += lexicalWeight * bm25 / math.Sqrt(words.mass) / lexicalSpread(question, c.Lang)
	}
	words.names.score(&h, c.Context)
	return h
}
