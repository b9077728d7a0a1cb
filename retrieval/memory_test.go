package retrieval

import (
	"context"
	"math"
	"slices"
	"testing"

	"osmanthus/retrieval/lang"
)

// memoryIndex is an Index over passages in memory, by brute force.
type memoryIndex struct {
	passages  []IndexedPassage
	sentences map[int64][]SentenceVector
	space     Space
	stale     bool // the next Candidates finds the space replaced
	fail      error
}

// add indexes a text as a document of one passage.
func (m *memoryIndex) add(t testing.TB, e Embedder, l lang.Lang, text string) {
	t.Helper()
	x, err := NewIndexer(m.space, m, e, nil)
	if err != nil {
		t.Fatal(err)
	}
	id := int64(len(m.passages) + 1)
	draft := Draft{Passage: Passage{ID: id, Document: id, Version: id, Lang: l, Text: text, End: len(text)}}
	indexed, err := x.Index(t.Context(), []Draft{draft})
	if err != nil {
		t.Fatal(err)
	}
	m.passages = append(m.passages, indexed...)
}

func (m *memoryIndex) Space(context.Context, string) (Space, error) { return m.space, nil }

func (m *memoryIndex) CreateSpace(_ context.Context, s Space) (Space, error) { return s, nil }

func (m *memoryIndex) terms(p IndexedPassage, f Field) []string {
	switch f {
	case FieldGloss:
		return p.Gloss
	case FieldNames:
		return p.Names
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
		for _, f := range []Field{FieldTerms, FieldGloss, FieldNames} {
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

func (m *memoryIndex) Sentences(_ context.Context, _ string, passages []int64) (map[int64][]SentenceVector, error) {
	found := make(map[int64][]SentenceVector)
	for _, id := range passages {
		if of, ok := m.sentences[id]; ok {
			found[id] = of
		}
	}
	return found, nil
}

func (m *memoryIndex) Candidates(_ context.Context, q CandidateQuery) ([]Candidate, error) {
	if m.fail != nil {
		return nil, m.fail
	}
	if m.stale || q.Revision != m.space.Revision {
		m.stale = false
		return nil, ErrStaleSpace
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
		c := Candidate{Passage: p.Passage, Context: p.Context, Similarity: math.NaN()}
		if q.Vector != nil {
			c.Similarity = dot(q.Vector, p.Vector)
		}
		candidates = append(candidates, c)
	}
	return candidates, nil
}
