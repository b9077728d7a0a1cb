package retrieval

import (
	"math"

	"osmanthus/retrieval/lang"
)

// A Space is one embedding model as it is calibrated here. Vectors of two spaces are never compared.
type Space struct {
	ID    int64
	Model string
	Dim   int
	// Revision counts the calibrations; vectors of two revisions are never compared.
	Revision int
	Calibration
}

// A Calibration takes a model's language bias out of its vectors: each language's vectors share a constant offset, so
// the mean of the language is subtracted and the rest scaled to length 1 (Libovický, Rosa and Fraser 2020, "On the
// Language Neutrality of Pre-trained Multilingual Representations"). After that, similarities still spread differently
// for each pair of languages, so each pair has its own standard deviation.
type Calibration struct {
	PassageMean map[lang.Lang][]float32  `json:"passage_mean"`
	QueryMean   map[lang.Lang][]float32  `json:"query_mean"`
	Spread      map[lang.Lang]PairSpread `json:"spread"` // by the question's language
	Prior       Means                    `json:"prior"`  // of the calibration text alone
	Corpus      map[lang.Lang]int        `json:"corpus"` // passages of the corpus that the means were made with
}

// Means are centroids by language.
type Means struct {
	Passage map[lang.Lang][]float32 `json:"passage"`
	Query   map[lang.Lang][]float32 `json:"query"`
	Count   int                     `json:"count"` // passages a language
}

// A PairSpread is the standard deviation of similarity to each language's passages.
type PairSpread map[lang.Lang]float64

// mean returns the centroid to take off, weighted by the share of Han, so that mixed text loses its share of both.
func (s Space) mean(han float64, query bool) []float32 {
	means := s.PassageMean
	if query {
		means = s.QueryMean
	}
	zh, en := means[lang.Chinese], means[lang.English]
	mean := make([]float32, s.Dim)
	for i := range mean {
		mean[i] = float32(han)*zh[i] + float32(1-han)*en[i]
	}
	return mean
}

// Centre takes the language out of a raw vector: the result has length 1, norm is its length before that.
func (s Space) Centre(raw []float32, han float64, query bool) (unit []float32, norm float64) {
	mean := s.mean(han, query)
	unit = make([]float32, len(raw))
	for i := range raw {
		unit[i] = raw[i] - mean[i]
		norm += float64(unit[i]) * float64(unit[i])
	}
	norm = math.Sqrt(norm)
	if norm == 0 {
		return unit, 0
	}
	for i := range unit {
		unit[i] = float32(float64(unit[i]) / norm)
	}
	return unit, norm
}

// Raw undoes Centre for a passage.
func (s Space) Raw(unit []float32, norm, han float64) []float32 {
	raw := s.mean(han, false)
	for i := range unit {
		raw[i] += float32(norm) * unit[i]
	}
	return raw
}

// minSpread keeps a degenerate calibration (a model that gives one vector for all) from dividing by zero.
const minSpread = 1e-3

func (s Space) spread(question, passage lang.Lang) float64 {
	return max(minSpread, s.Spread[question][passage])
}
