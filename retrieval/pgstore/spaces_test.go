package pgstore_test

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// raws returns every vector of the space as the model gave it, by the sum of its place in the reading.
func raws(t *testing.T, s pgstoretest.Instance, space retrieval.Space) [][]float32 {
	t.Helper()
	var out [][]float32
	err := s.EachVector(t.Context(), space.ID, 1, func(_ lang.Lang, han, norm float64, unit []float32) error {
		var length float64
		for _, x := range unit {
			length += float64(x) * float64(x)
		}
		if math.Abs(length-1) > 5e-3 {
			t.Errorf("a stored vector has length² %.4f", length)
		}
		out = append(out, space.Raw(unit, norm, han))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// nearest is the distance of v to the nearest of vs.
func nearest(v []float32, vs [][]float32) float64 {
	least := math.Inf(1)
	for _, w := range vs {
		var d float64
		for i := range v {
			d += float64(v[i]-w[i]) * float64(v[i]-w[i])
		}
		least = min(least, math.Sqrt(d))
	}
	return least
}

// TestAdaptRewritesEveryVector: the means move to the corpus, every vector still stands for what the model gave, and
// whoever uses the old calibration is told.
func TestAdaptRewritesEveryVector(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	space := newSpace(t, s)
	r := rand.New(rand.NewPCG(1, 2))
	terms := make([]string, 1200) // more than two batches of the rewriting
	for i := range terms {
		terms[i] = "word"
	}
	if err := s.Save(t.Context(), version(space, "a.md", "1", r, terms...)); err != nil {
		t.Fatal(err)
	}
	before := raws(t, s, space)
	adapted, changed, err := retrieval.Adapt(t.Context(), s, space)
	if err != nil || !changed || adapted.Revision != space.Revision+1 {
		t.Fatalf("adapted %t to revision %d, %v", changed, adapted.Revision, err)
	}
	stored, err := s.Space(t.Context(), space.Model)
	if err != nil {
		t.Fatal(err)
	}
	if stored.Revision != adapted.Revision || stored.Corpus[lang.English] != len(terms) {
		t.Errorf("stored is revision %d over %v", stored.Revision, stored.Corpus)
	}
	after := raws(t, s, stored)
	if len(after) != len(terms) {
		t.Fatalf("%d vectors of %d", len(after), len(terms))
	}
	for _, v := range before[:50] {
		if d := nearest(v, after); d > 5e-3 {
			t.Fatalf("a vector moved by %.4f", d)
		}
	}
	ask := retrieval.CandidateQuery{Space: space.ID, Revision: space.Revision, Vector: unit(r), Filter: everything(), DenseLimit: 5}
	if _, err := s.Candidates(t.Context(), ask); !errors.Is(err, retrieval.ErrStaleSpace) {
		t.Errorf("a question of the old calibration: %v", err)
	}
	ask.Space, ask.Revision = adapted.ID, adapted.Revision
	if found, err := s.Candidates(t.Context(), ask); err != nil || len(found) != 5 {
		t.Errorf("a question of the new one: %d candidates, %v", len(found), err)
	}
	if _, err := s.Recalibrate(t.Context(), space, adapted); !errors.Is(err, retrieval.ErrStaleSpace) {
		t.Errorf("a second process that adapts the old calibration: %v", err)
	}
	if _, changed, err := retrieval.Adapt(t.Context(), s, stored); err != nil || changed {
		t.Errorf("adapted again without need: %t, %v", changed, err)
	}
}
