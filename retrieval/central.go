package retrieval

import (
	"context"
	"fmt"
	"math"

	"osmanthus/retrieval/lang"
)

const (
	// centralBatch is how many passages' sentence vectors are read at a time.
	centralBatch = 200
	// leastWords and leastHan are below what a sentence says too little to stand for a text: "Okay.", 好的。
	leastWords, leastHan = 6, 10
)

// Central returns the sentences of hits that say something of their own, in order, each with how central it is to them
// all: the cosine of its centred vector with the mean of all (the centroid of Radev, Jing, Styś and Tam 2004,
// "Centroid-based summarization of multiple documents"), so that texts of both languages are one. Where a passage's
// sentences have no vectors yet, all are scored by their words: the mean share of the texts' terms (SumBasic; Nenkova
// and Vanderwende 2005). Nothing is embedded.
func (s *Searcher) Central(ctx context.Context, hits []Hit) ([]Quote, error) {
	space := s.currentSpace()
	var quotes []Quote
	var vectors [][]float32
	for from := 0; from < len(hits); from += centralBatch {
		batch := hits[from:min(len(hits), from+centralBatch)]
		ids := make([]int64, len(batch))
		for i, h := range batch {
			ids[i] = h.ID
		}
		known, err := s.index.Sentences(ctx, space.Model, ids)
		if err != nil {
			return nil, fmt.Errorf("read sentence vectors: %w", err)
		}
		for i, h := range batch {
			h.sentences = known[h.ID]
			for _, span := range sentenceSpans(h.Text) {
				text := h.Text[span.Start:span.End]
				if framing(h.Text, span) || !says(text) {
					continue
				}
				at := lang.Span{Start: h.Start + span.Start, End: h.Start + span.End}
				quotes = append(quotes, Quote{Hit: from + i, Start: at.Start, End: at.End, Text: text})
				if raw := h.sentenceVector(at); raw != nil {
					unit, _ := space.Centre(raw, lang.HanShare(sentenceText(h.Title, text)), false)
					vectors = append(vectors, unit)
				}
			}
		}
	}
	if len(vectors) == len(quotes) {
		byCentroid(quotes, vectors)
	} else {
		byTerms(quotes)
	}
	return quotes, nil
}

// says reports whether a sentence is long enough to say something.
func says(text string) bool {
	words := len(lang.Words(text))
	if lang.HanShare(text) >= 0.5 {
		return words >= leastHan
	}
	return words >= leastWords
}

func byCentroid(quotes []Quote, vectors [][]float32) {
	if len(quotes) == 0 {
		return
	}
	centroid := make([]float32, len(vectors[0]))
	for _, v := range vectors {
		for i := range v {
			centroid[i] += v[i]
		}
	}
	length := math.Sqrt(dot(centroid, centroid))
	for i := range quotes {
		if length > 0 {
			quotes[i].Score = dot(vectors[i], centroid) / length
		}
	}
}

func byTerms(quotes []Quote) {
	counts, total := map[string]float64{}, 0.0
	terms := make([][]string, len(quotes))
	for i, q := range quotes {
		terms[i] = lang.Terms(q.Text)
		for _, t := range terms[i] {
			counts[t]++
			total++
		}
	}
	for i := range quotes {
		for _, t := range terms[i] {
			quotes[i].Score += counts[t] / total / float64(len(terms[i]))
		}
	}
}
