package retrieval

import (
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/retrieval/lang"
)

func TestSearch(t *testing.T) {
	t.Parallel()
	embedder := biasedEmbedder{dim: 512, bias: 5, dictionary: map[string]string{"桂花": "osmanthus", "大厅": "hall", "骑车": "bicycle"}}
	space, err := Calibrate(t.Context(), embedder)
	if err != nil {
		t.Fatal(err)
	}
	index := &memoryIndex{space: space}
	index.add(t, embedder, lang.English, "The osmanthus hall.")
	index.add(t, embedder, lang.Chinese, "骑车的人。")
	index.add(t, embedder, lang.Chinese, "志愿者发放耳机。")
	search := func(t *testing.T, q Query, with func(*memoryIndex, *biasedEmbedder)) (Result, error) {
		t.Helper()
		m, e := *index, embedder
		if with != nil {
			with(&m, &e)
		}
		s, err := NewSearcher(&m, space, &m, e, nil, slog.New(slog.DiscardHandler), time.Now)
		if err != nil {
			t.Fatal(err)
		}
		return s.Search(t.Context(), q)
	}
	down := errors.New("down")
	for _, tt := range []struct {
		name     string
		query    Query
		with     func(*memoryIndex, *biasedEmbedder)
		best     int64 // passage
		hits     int
		degraded []string
	}{
		{name: "a Chinese question finds the English passage among Chinese ones", query: Query{Text: "桂花大厅"}, best: 1, hits: 3},
		{name: "an English one finds the Chinese", query: Query{Text: "bicycle"}, best: 2, hits: 3},
		{name: "a limit", query: Query{Text: "bicycle", Limit: 1}, best: 2, hits: 1},
		{name: "a space calibrated anew meanwhile", query: Query{Text: "桂花大厅"}, with: func(m *memoryIndex, _ *biasedEmbedder) { m.stale = true }, best: 1, hits: 3},
		{name: "without the embedder", query: Query{Text: "osmanthus"}, with: func(_ *memoryIndex, e *biasedEmbedder) { e.fail = down }, best: 1, hits: 1, degraded: []string{ArmDense}},
		{name: "punctuation", query: Query{Text: "？！"}},
		{name: "an emoji", query: Query{Text: "👩‍👩‍👧"}},
		{name: "ten thousand characters", query: Query{Text: strings.Repeat("桂花大厅", 2500)}, best: 1, hits: 3},
		{name: "an empty corpus", query: Query{Text: "桂花大厅"}, with: func(m *memoryIndex, _ *biasedEmbedder) { m.passages = nil }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := search(t, tt.query, tt.with)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Hits) != tt.hits || tt.hits > 0 && r.Hits[0].ID != tt.best {
				t.Errorf("got %+v, want %d hits, passage %d first", r.Hits, tt.hits, tt.best)
			}
			if diff := cmp.Diff(tt.degraded, r.Degraded); diff != "" {
				t.Errorf("degraded (-want +got):\n%s", diff)
			}
			if !slices.IsSortedFunc(r.Hits, func(a, b Hit) int { return int(b.Score*1e6) - int(a.Score*1e6) }) {
				t.Errorf("not best first: %+v", r.Hits)
			}
		})
	}
	if _, err := search(t, Query{Text: "osmanthus"}, func(m *memoryIndex, _ *biasedEmbedder) { m.fail = down }); !errors.Is(err, down) {
		t.Errorf("a store that is down: %v", err)
	}
}
