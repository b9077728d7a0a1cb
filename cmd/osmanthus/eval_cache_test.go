package main

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// countingEmbedder gives a text its length as vector and counts the passages it was asked for.
type countingEmbedder struct{ passages int }

func (e *countingEmbedder) Model() string { return "maker/model" }

func (e *countingEmbedder) EmbedQueries(_ context.Context, texts []string) ([][]float32, error) {
	return e.embed(texts), nil
}

func (e *countingEmbedder) EmbedPassages(_ context.Context, texts []string) ([][]float32, error) {
	e.passages += len(texts)
	return e.embed(texts), nil
}

func (e *countingEmbedder) embed(texts []string) [][]float32 {
	vectors := make([][]float32, len(texts))
	for i, t := range texts {
		vectors[i] = []float32{float32(len(t)), 1}
	}
	return vectors
}

func TestVectorCache(t *testing.T) {
	t.Parallel()
	folder, inner := filepath.Join(t.TempDir(), "cache"), &countingEmbedder{}
	embed := func(texts ...string) [][]float32 {
		t.Helper()
		cached, closeCache, err := cacheFlag{Cache: folder}.cached(inner)
		if err != nil {
			t.Fatal(err)
		}
		vectors, err := cached.EmbedPassages(t.Context(), texts)
		if err != nil {
			t.Fatal(err)
		}
		if err := closeCache(); err != nil {
			t.Fatal(err)
		}
		return vectors
	}
	embed("a", "桂花")
	if inner.passages != 2 {
		t.Fatalf("%d passages embedded, want 2", inner.passages)
	}
	if diff := cmp.Diff([][]float32{{6, 1}, {3, 1}, {1, 1}}, embed("桂花", "new", "a")); diff != "" || inner.passages != 3 {
		t.Errorf("%d passages embedded, want one more; (-want +got):\n%s", inner.passages, diff)
	}
	// A record cut off by a crash costs only itself.
	path := filepath.Join(folder, "maker_model.vectors")
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, info.Size()-3); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]float32{{1, 1}, {3, 1}}, embed("a", "new")); diff != "" || inner.passages != 4 {
		t.Errorf("%d passages embedded after a cut, want one more; (-want +got):\n%s", inner.passages, diff)
	}
	embed("a", "桂花", "new")
	if inner.passages != 4 {
		t.Errorf("%d passages embedded, want no more", inner.passages)
	}
}
