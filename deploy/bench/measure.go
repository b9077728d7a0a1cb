package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
	"osmanthus/retrieval/pgstore"
)

// nearest is how many of the most similar passages of a language recall is measured on.
const nearest = 10

// A question is one of the real sets', with its vector as the space centres it.
type question struct {
	row    retrieval.QueryRow
	vector []float32
}

func embedQuestions(ctx context.Context, space retrieval.Space, embedder retrieval.Embedder, rows []retrieval.QueryRow) ([]question, error) {
	var questions []question
	for _, row := range rows {
		vectors, err := embedder.EmbedQueries(ctx, []string{lang.Simplify(row.Text)})
		if err != nil {
			return nil, err
		}
		vector, _ := space.Centre(vectors[0], lang.HanShare(row.Text), true)
		questions = append(questions, question{row, vector})
	}
	return questions, nil
}

// A figure is a timing with what it found.
type figure struct {
	P50, P95 float64 // milliseconds
	Recall   float64 // of the nearest in each language, against looking at all
	Missing  int     // answers with fewer candidates than exact search gives
}

// dense asks the dense arms alone under a filter, by the store's own choice and by looking at all.
func dense(ctx context.Context, store, exact *pgstore.Store, space retrieval.Space, questions []question, f retrieval.Filter) (figure, error) {
	var times []time.Duration
	var found, wanted int
	var out figure
	for _, q := range questions {
		ask := retrieval.CandidateQuery{Space: space.ID, Revision: space.Revision, Vector: q.vector, Filter: f, DenseLimit: 100}
		start := time.Now()
		got, err := store.Candidates(ctx, ask)
		if err != nil {
			return out, err
		}
		times = append(times, time.Since(start))
		all, err := exact.Candidates(ctx, ask)
		if err != nil {
			return out, err
		}
		if len(got) < len(all) {
			out.Missing++
		}
		for _, l := range []lang.Lang{lang.English, lang.Chinese} {
			have, want := closest(got, l), closest(all, l)
			wanted += len(want)
			for _, id := range want {
				if slices.Contains(have, id) {
					found++
				}
			}
		}
	}
	out.P50, out.P95 = percentiles(times)
	out.Recall = 1 // of nothing, all is found
	if wanted > 0 {
		out.Recall = float64(found) / float64(wanted)
	}
	return out, nil
}

func closest(candidates []retrieval.Candidate, l lang.Lang) []int64 {
	of := slices.DeleteFunc(slices.Clone(candidates), func(c retrieval.Candidate) bool { return c.Lang != l })
	slices.SortFunc(of, func(a, b retrieval.Candidate) int { return cmp.Compare(b.Similarity, a.Similarity) })
	var ids []int64
	for _, c := range of[:min(nearest, len(of))] {
		ids = append(ids, c.ID)
	}
	return ids
}

func percentiles(ds []time.Duration) (p50, p95 float64) {
	slices.Sort(ds)
	at := func(share float64) float64 {
		return float64(ds[int(math.Ceil(share*float64(len(ds))))-1].Microseconds()) / 1000
	}
	return at(0.5), at(0.95)
}

// throughput asks from many clients at once for a while and returns searches a second.
func throughput(ctx context.Context, search func(context.Context, retrieval.Query) (retrieval.Result, error), rows []retrieval.QueryRow, f retrieval.Filter, clients int, lasts time.Duration) (float64, error) {
	var done atomic.Int64
	var failed error
	var once sync.Once
	var group sync.WaitGroup
	start := time.Now()
	for c := range clients {
		group.Go(func() {
			for i := c; time.Since(start) < lasts; i += clients {
				row := rows[i%len(rows)]
				if _, err := search(ctx, retrieval.Query{Text: row.Text, Lang: row.Lang, Filter: f}); err != nil {
					once.Do(func() { failed = err })
					return
				}
				done.Add(1)
			}
		})
	}
	group.Wait()
	if failed != nil {
		return 0, fmt.Errorf("search: %w", failed)
	}
	return float64(done.Load()) / time.Since(start).Seconds(), nil
}
