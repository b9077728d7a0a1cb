package retrieval

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math"
	"slices"
	"time"
)

// Reranker judges passages against a question with a model that reads both together.
type Reranker interface {
	// Rerank returns one score a text, in order; higher is nearer to an answer.
	Rerank(ctx context.Context, question string, texts []string) ([]float64, error)
}

// rerankedHits is how many of the best hits the reranker reads: what the arms are sure to have among them, and no more
// than a model reads while someone waits.
const rerankedHits = 20

// Reranking is a Searcher whose best hits a Reranker puts in order. Where that fails, the Searcher's order stands.
type Reranking struct {
	*Searcher
	reranker Reranker
	log      *slog.Logger
}

// NewReranking returns a search with a reranker.
func NewReranking(searcher *Searcher, reranker Reranker, log *slog.Logger) (*Reranking, error) {
	if searcher == nil || reranker == nil || log == nil {
		return nil, errors.New("reranking needs a searcher, a reranker and a logger")
	}
	return &Reranking{searcher, reranker, log}, nil
}

// Search is Searcher.Search with the best hits in the reranker's order.
func (r *Reranking) Search(ctx context.Context, q Query) (Result, error) {
	if q.Limit <= 0 {
		q.Limit = DefaultLimit
	}
	limit := q.Limit
	q.Limit = max(limit, rerankedHits)
	result, err := r.Searcher.Search(ctx, q)
	if err != nil {
		return result, err
	}
	start := time.Now()
	if err := r.rerank(ctx, q.Text, result.Hits); err != nil {
		if ctx.Err() != nil {
			return result, ctx.Err()
		}
		r.log.WarnContext(ctx, "hits not reranked, the arms' order stands", "error", err)
	} else if len(result.Hits) > 0 {
		result.signals = result.words.signals(result.Lang, result.Hits)
	}
	result.Search += time.Since(start)
	result.Hits = result.Hits[:min(len(result.Hits), limit)]
	return result, nil
}

func (r *Reranking) rerank(ctx context.Context, question string, hits []Hit) error {
	hits = hits[:min(len(hits), rerankedHits)]
	if len(hits) < 2 {
		return nil
	}
	texts := make([]string, len(hits))
	for i, h := range hits {
		texts[i] = indexedText(h.Title, h.Text)
	}
	scores, err := r.reranker.Rerank(ctx, question, texts)
	if err != nil {
		return err
	}
	if len(scores) != len(hits) || slices.ContainsFunc(scores, math.IsNaN) {
		return errors.New("the reranker did not score every passage")
	}
	order := make([]int, len(hits))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(scores[b], scores[a]) })
	ranked := make([]Hit, len(hits))
	for place, i := range order {
		ranked[place] = hits[i]
	}
	// Scores stay those of the arms, falling: what quotes and refuses is calibrated on them.
	best := make([]float64, len(hits))
	for i, h := range hits {
		best[i] = h.Score
	}
	slices.SortFunc(best, func(a, b float64) int { return cmp.Compare(b, a) })
	for i := range ranked {
		ranked[i].Score = best[i]
	}
	copy(hits, ranked)
	return nil
}
