package main

import (
	"context"
	"encoding/gob"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"sync"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// A remembering embedder keeps what it has embedded in a file, so that a second run need not embed it again.
type remembering struct {
	retrieval.Embedder
	path string

	mu    sync.Mutex
	known map[uint64][]float32
	asked int
}

func remember(e retrieval.Embedder, path string) (*remembering, error) {
	r := &remembering{Embedder: e, path: path, known: make(map[uint64][]float32)}
	if !exists(path) {
		return r, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if err := gob.NewDecoder(f).Decode(&r.known); err != nil {
		return nil, fmt.Errorf("read %s (remove it): %w", path, err)
	}
	return r, nil
}

func (r *remembering) save() error {
	f, err := os.Create(r.path)
	if err != nil {
		return err
	}
	defer f.Close()
	return gob.NewEncoder(f).Encode(r.known)
}

// EmbedPassages embeds those that are new.
func (r *remembering) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	return r.embed(ctx, "passage", texts, r.Embedder.EmbedPassages)
}

// EmbedQueries embeds those that are new.
func (r *remembering) EmbedQueries(ctx context.Context, texts []string) ([][]float32, error) {
	return r.embed(ctx, "query", texts, r.Embedder.EmbedQueries)
}

func (r *remembering) embed(ctx context.Context, kind string, texts []string, embed func(context.Context, []string) ([][]float32, error)) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		key := keyOf(r.Model() + "\x00" + kind + "\x00" + text)
		r.mu.Lock()
		known := r.known[key]
		r.mu.Unlock()
		if known == nil {
			made, err := embed(ctx, []string{text})
			if err != nil {
				return nil, err
			}
			known = made[0]
			r.mu.Lock()
			r.known[key] = known
			if r.asked++; r.asked%100 == 0 {
				say("  %d texts embedded", r.asked)
			}
			r.mu.Unlock()
		}
		vectors[i] = known
	}
	return vectors, nil
}

// A mixer makes vectors like those of real passages. A made vector is a point between two real ones a and b of the
// language, moved by the difference of two others c and d:
//
//	t·a + (1−t)·b + 0.5·(c−d), t even between 0 and 1
//
// so that they lie where real ones lie and spread along the same directions, which decides how hard they are to index:
// centred, 500 real English ones have their nearest and tenth nearest at cosines of 0.43 and 0.24 and a standard
// deviation of 0.098; 500 made ones at 0.46, 0.22 and 0.105 (with 0.2 for 0.5: 0.64, 0.24, 0.106).
type mixer struct {
	real map[lang.Lang][][]float32
}

const mixedDifference = 0.5

func (m mixer) vector(l lang.Lang, r *rand.Rand) []float32 {
	of := m.real[l]
	a, b, c, d := of[r.IntN(len(of))], of[r.IntN(len(of))], of[r.IntN(len(of))], of[r.IntN(len(of))]
	t := r.Float32()
	v := make([]float32, len(a))
	var length float64
	for i := range v {
		v[i] = t*a[i] + (1-t)*b[i] + mixedDifference*(c[i]-d[i])
		length += float64(v[i]) * float64(v[i])
	}
	for i := range v {
		v[i] = float32(float64(v[i]) / math.Sqrt(length))
	}
	return v
}

// A mixing embedder gives each passage a made vector, the same for the same text.
type mixing struct {
	model string
	mixer mixer
}

// Model is the real one's: the vectors are to be of its space.
func (m mixing) Model() string { return m.model }

// EmbedPassages makes vectors.
func (m mixing) EmbedPassages(_ context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	for i, text := range texts {
		l := lang.English
		if lang.HanShare(text) > 0.5 {
			l = lang.Chinese
		}
		vectors[i] = m.mixer.vector(l, rand.New(rand.NewPCG(keyOf(text), 1)))
	}
	return vectors, nil
}

// EmbedQueries is not for made vectors.
func (m mixing) EmbedQueries(context.Context, []string) ([][]float32, error) {
	return nil, fmt.Errorf("questions are embedded for real")
}
