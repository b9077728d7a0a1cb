package retrieval

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"

	"osmanthus/retrieval/lang"
)

func TestWhenASpaceIsOutgrown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name      string
		then, now int // passages of English; Chinese stays at 1,000
		want      bool
	}{
		{"the first documents", 0, 100, true},
		{"a few more", 100, 140, false},
		{"half as many again", 100, 300, true},
		{"most are gone", 300, 100, true},
		{"a stable mean grows by half", 20_000, 40_000, false},
		{"a stable mean grows tenfold", 20_000, 201_000, true},
		{"a stable mean shrinks to a twentieth", 20_000, 900, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := Space{Calibration: Calibration{
				Prior: Means{Count: 40}, Corpus: map[lang.Lang]int{lang.English: tt.then, lang.Chinese: 1000},
			}}
			if got := s.outgrown(map[lang.Lang]int{lang.English: tt.now, lang.Chinese: 1000}); got != tt.want {
				t.Errorf("outgrown %t, want %t", got, tt.want)
			}
		})
	}
}

// largeStore has n vectors of English around a mean that lies 1 along the first dimension, as the model gives them.
type largeStore struct {
	n    int
	read int
}

func (s *largeStore) CountVectors(context.Context, int64) (map[lang.Lang]int, error) {
	return map[lang.Lang]int{lang.English: s.n}, nil
}

func (s *largeStore) EachVector(_ context.Context, _ int64, share float64, use func(l lang.Lang, han, norm float64, unit []float32) error) error {
	r := rand.New(rand.NewPCG(1, 2))
	for range s.n {
		if r.Float64() >= share {
			continue
		}
		s.read++
		if err := use(lang.English, 0, 1, []float32{1, float32(r.NormFloat64())}); err != nil {
			return err
		}
	}
	return nil
}

func (s *largeStore) Recalibrate(_ context.Context, _, to Space) (Space, error) { return to, nil }

// TestAdaptReadsASampleOfALargeCorpus: enough for a stable mean, not all.
func TestAdaptReadsASampleOfALargeCorpus(t *testing.T) {
	t.Parallel()
	zero := map[lang.Lang][]float32{lang.English: {0, 0}, lang.Chinese: {0, 0}}
	space := Space{Dim: 2, Calibration: Calibration{PassageMean: zero, QueryMean: zero, Prior: Means{Passage: zero, Query: zero, Count: 40}}}
	store := &largeStore{n: 400_000}
	adapted, changed, err := Adapt(t.Context(), store, space)
	if err != nil || !changed {
		t.Fatalf("adapted %t, %v", changed, err)
	}
	if store.read < stableMean || store.read > 3*stableMean {
		t.Errorf("%d vectors read", store.read)
	}
	mean := adapted.PassageMean[lang.English]
	if math.Abs(float64(mean[0])-1) > 0.01 || math.Abs(float64(mean[1])) > 0.03 {
		t.Errorf("mean %v, want about 1, 0", mean)
	}
	if adapted.Corpus[lang.English] != store.n {
		t.Errorf("made of %d passages, want all %d counted", adapted.Corpus[lang.English], store.n)
	}
}
