package retrieval

import (
	"cmp"
	"math"
	"slices"
)

// A Judgement says whether the passages found answer the question, and with which of their sentences.
type Judgement struct {
	Quotes   []Quote // the one to three sentences that answer best, best first
	Evidence float64 // how likely the documents are to answer, 0…1
}

// MinEvidence is the evidence below which a question counts as not answered by the documents.
const MinEvidence = 0.5

// Answerable reports whether the documents support an answer.
func (j Judgement) Answerable() bool { return len(j.Quotes) > 0 && j.Evidence >= MinEvidence }

// Signals are what a search says of the evidence, all of the best hit.
type signals struct {
	similarity float64 // Hit.Dense
	words      float64 // BM25 over √mass over lexicalSpread: as it counts in the score
	coverage   float64 // BM25 over the idf mass of the question's words in the hit's language: what share was met, about
	lead       float64 // the best similarity over the one of rank leadRank
}

// leadRank is deep enough for passages that are merely of the same field.
const leadRank = 30

// lead says how far the best similarity stands out. Where everything is about the question's subject, being near to it
// means less.
func lead(hits []Hit) float64 {
	similarities := make([]float64, len(hits))
	for i, h := range hits {
		similarities[i] = h.Dense
	}
	slices.SortFunc(similarities, func(a, b float64) int { return cmp.Compare(b, a) })
	return similarities[0] - similarities[min(leadRank, len(similarities)-1)]
}

// evidence is a logistic regression. Raw similarity cannot tell an answerable question from another, since it is
// compressed and depends on the languages; these signals are calibrated for both. sentence is the best sentence's
// similarity in standard deviations. The weights were fitted on XQuAD, on COSCUP's look-ups
// and on the questions of examples/, each set, language and outcome weighing the same; the area under the curve is 0.99
// on the first in both languages, 0.97 (en) and 0.94 (zh) on the second. The constant leans a little towards answering:
// a quotation can be judged by its reader, a refusal cannot. With passages weighed by their sentences too, 97 % (en) and
// 95 % (zh) of XQuAD are answered and 95 % refused of the same questions when their article is taken away.
func (s signals) evidence(sentence float64) float64 {
	z := 0.56*s.similarity + 0.87*sentence + 0.57*s.words + 2.12*s.coverage + 1.10*s.lead - 9.4
	if s.words == 0 {
		z -= wordless
	}
	return logistic(z)
}

// wordless is held against a best passage that has none of the question's words in either language: it is near by its
// subject alone ("Which hotel …?" in a city's notes for visitors). Of XQuAD's answers it takes none.
const wordless = 1.5

// evidenceOfPassages is the same without a look at the sentences.
func (s signals) evidenceOfPassages() float64 {
	return logistic(1.19*s.similarity + 0.67*s.words + 2.18*s.coverage + 1.10*s.lead - 9.1)
}

// evidenceOfWords is for when the embedder is down: a passage that covers less than about half of what the question's
// words weigh answers it only by luck.
func (s signals) evidenceOfWords() float64 { return logistic(10 * (s.coverage - 0.45)) }

func logistic(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
