package retrieval

import (
	"osmanthus/retrieval/lang"
)

// A Space is one embedding model as it is calibrated here. Vectors of two spaces are never compared.
type Space struct {
	ID    int64
	Model string
	Dim   int
	Calibration
}

// A Calibration takes a model's language bias out of its vectors: each language's vectors share a constant offset, so
// the mean of the language is subtracted and the rest scaled to length 1 (Libovický, Rosa and Fraser 2020, "On the
// Language Neutrality of Pre-trained Multilingual Representations"). After that, similarities still spread differently
// for each pair of languages, so each pair has its own standard deviation.
type Calibration struct {
	PassageMean map[lang.Lang][]float32  `json:"passage_mean"`
	QueryMean   map[lang.Lang][]float32  `json:"query_mean"`
	Spread      map[lang.Lang]PairSpread `json:"spread"`   // by the question's language
	Passages    int                      `json:"passages"` // how many the means were made from
}

// A PairSpread is the standard deviation of similarity to each language's passages.
type PairSpread map[lang.Lang]float64
