package retrieval

import (
	"context"
	"errors"
	"log/slog"
	"math"
	"strings"
	"testing"
	"time"

	"osmanthus/retrieval/lang"
)

// rerankFunc is a reranker.
type rerankFunc func(question string, texts []string) ([]float64, error)

func (f rerankFunc) Rerank(_ context.Context, question string, texts []string) ([]float64, error) {
	return f(question, texts)
}

func TestReranking(t *testing.T) {
	t.Parallel()
	embedder := biasedEmbedder{dim: 256, bias: 3}
	space, err := Calibrate(t.Context(), embedder)
	if err != nil {
		t.Fatal(err)
	}
	index := &memoryIndex{space: space}
	for _, text := range []string{"Tea in the courtyard.", "The osmanthus hall.", "Coffee in the courtyard."} {
		index.add(t, embedder, lang.English, text)
	}
	searcher, err := NewSearcher(index, space, index, embedder, nil, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	prefersCoffee := func(_ string, texts []string) ([]float64, error) {
		scores := make([]float64, len(texts))
		for i, text := range texts {
			if strings.Contains(text, "Coffee") {
				scores[i] = 1
			}
		}
		return scores, nil
	}
	for _, tt := range []struct {
		name   string
		rerank rerankFunc
		best   int64
	}{
		{"its order", prefersCoffee, 3},
		{"none, down", func(string, []string) ([]float64, error) { return nil, errors.New("down") }, 2},
		{"none, too few", func(string, []string) ([]float64, error) { return []float64{1}, nil }, 2},
		{"none, no numbers", func(_ string, texts []string) ([]float64, error) {
			return []float64{math.NaN(), 1, 1}[:len(texts)], nil
		}, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := NewReranking(searcher, tt.rerank, slog.New(slog.DiscardHandler))
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Search(t.Context(), Query{Text: "the osmanthus hall", Limit: 2})
			if err != nil {
				t.Fatal(err)
			}
			if len(got.Hits) != 2 || got.Hits[0].ID != tt.best || got.Hits[0].Score < got.Hits[1].Score {
				t.Errorf("got %+v, want passage %d first of two, best score first", got.Hits, tt.best)
			}
			if len(got.Degraded) != 0 {
				t.Errorf("degraded: %v", got.Degraded)
			}
		})
	}
}
