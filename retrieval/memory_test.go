package retrieval

import (
	"context"
	"math"
	"slices"
)

// memoryIndex is an Index over passages in memory, by brute force.
type memoryIndex struct {
	passages []IndexedPassage
	sources  map[int64]string // by document
	fail     error
}

func (m *memoryIndex) terms(p IndexedPassage, f Field) []string {
	if f == FieldGloss {
		return p.Gloss
	}
	return p.Terms
}

func (m *memoryIndex) Stats(_ context.Context, terms []string) (Stats, error) {
	if m.fail != nil {
		return Stats{}, m.fail
	}
	s := Stats{Fields: map[FieldKey]FieldStats{}, Documents: map[TermKey]int{}}
	lengths := map[FieldKey]float64{}
	for _, p := range m.passages {
		for _, f := range []Field{FieldTerms, FieldGloss} {
			key := FieldKey{f, p.Lang}
			of := m.terms(p, f)
			if f == FieldGloss && len(of) == 0 {
				continue
			}
			fs := s.Fields[key]
			fs.Passages++
			s.Fields[key] = fs
			if f == FieldGloss {
				lengths[key] += float64(p.GlossLength)
			} else {
				lengths[key] += float64(p.Length)
			}
			for _, t := range terms {
				if _, found := slices.BinarySearch(of, t); found {
					s.Documents[TermKey{key, t}]++
				}
			}
		}
	}
	for key, fs := range s.Fields {
		fs.MeanLength = lengths[key] / float64(fs.Passages)
		s.Fields[key] = fs
	}
	return s, nil
}

func (m *memoryIndex) Candidates(_ context.Context, q CandidateQuery) ([]Candidate, error) {
	if m.fail != nil {
		return nil, m.fail
	}
	var candidates []Candidate
	for _, p := range m.passages {
		matched := q.Vector != nil
		for _, lq := range q.Lexical {
			if lq.Lang != p.Lang {
				continue
			}
			for _, t := range lq.Terms {
				_, found := slices.BinarySearch(m.terms(p, lq.Field), t.Term)
				matched = matched || found
			}
		}
		if !matched {
			continue
		}
		c := Candidate{Passage: p.Passage, Source: m.sources[p.Document], Context: p.Context, Similarity: math.NaN()}
		if q.Vector != nil {
			c.Similarity = dot(q.Vector, p.Vector)
		}
		candidates = append(candidates, c)
	}
	return candidates, nil
}
