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
	PassageMean map[lang.Lang][]float32 `json:"passage_mean"`
	QueryMean   map[lang.Lang][]float32 `json:"query_mean"`
	// SpeechMean is that of questions of several sentences, as interviewers ask them; nil in a space calibrated before
	// there was one.
	SpeechMean map[lang.Lang][]float32  `json:"speech_mean"`
	Spread     map[lang.Lang]PairSpread `json:"spread"` // by the question's language
	Prior      Means                    `json:"prior"`  // of the calibration text alone
	Corpus     map[lang.Lang]int        `json:"corpus"` // passages of the corpus that the means were made with
}

// Means are centroids by language.
type Means struct {
	Passage map[lang.Lang][]float32 `json:"passage"`
	Query   map[lang.Lang][]float32 `json:"query"`
	Speech  map[lang.Lang][]float32 `json:"speech"`
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

// CentreQuestion takes the language and the manner of asking out of a question's raw vector; the result has length 1.
// focus says how far the question is short and of one thing (1) or a speech of several sentences (0): the two kinds have
// means of their own, and taking off the wrong one costs a speech two points of hit@5.
func (s Space) CentreQuestion(raw []float32, han, focus float64) []float32 {
	blend := s
	if s.SpeechMean != nil {
		blend.QueryMean = make(map[lang.Lang][]float32, len(s.QueryMean))
		for l, mean := range s.QueryMean {
			of := make([]float32, len(mean))
			for i := range of {
				of[i] = float32(focus)*mean[i] + float32(1-focus)*s.SpeechMean[l][i]
			}
			blend.QueryMean[l] = of
		}
	}
	unit, _ := blend.Centre(raw, han, true)
	return unit
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
