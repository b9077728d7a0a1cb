package retrieval

import "math"

// Evidence is the logistic of the best hit's fused score. Raw similarity cannot tell an answerable question from
// another: it is compressed and depends on the language. The fused score is calibrated for both.
const (
	// MinEvidence is the evidence below which a question counts as not answered by the documents.
	MinEvidence = 0.5
	// evidenceMidpoint is the fused score at which as many questions are answerable as not, evidenceSlope how
	// fast that changes.
	evidenceMidpoint = 2.6
	evidenceSlope    = 2.0
	// lexicalMidpoint is the coverage that counts as much when the dense arm is down.
	lexicalMidpoint = 0.45
)

// Answerable reports whether the passages found support an answer.
func (r Result) Answerable() bool { return len(r.Hits) > 0 && r.Evidence >= MinEvidence }

// evidence judges hits, best first; there is at least one.
func evidence(hits []Hit, dense bool) float64 {
	if !dense {
		return 1 / (1 + math.Exp(-10*(hits[0].Lexical-lexicalMidpoint)))
	}
	return 1 / (1 + math.Exp(-evidenceSlope*(hits[0].Score-evidenceMidpoint)))
}
