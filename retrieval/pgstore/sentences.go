package pgstore

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// unlockTime bounds the giving back of a lock.
const unlockTime = 5 * time.Second

// AddingSentences calls add, unless another process is in its own: two at once would embed the same sentences twice.
func (s *Store) AddingSentences(ctx context.Context, add func(context.Context) error) error {
	conn, err := s.pool.Acquire(ctx)
	if err != nil {
		return fmt.Errorf("add sentences: %w", err)
	}
	defer conn.Release()
	var alone bool
	if err := conn.QueryRow(ctx, `SELECT pg_try_advisory_lock($1, hashtext(current_schema()))`, lockSentences).Scan(&alone); err != nil {
		return fmt.Errorf("add sentences: %w", err)
	}
	if !alone {
		return nil
	}
	defer func() {
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), unlockTime)
		defer cancel()
		if _, err := conn.Exec(last, `SELECT pg_advisory_unlock($1, hashtext(current_schema()))`, lockSentences); err != nil {
			_ = conn.Conn().Close(last) // and the lock with it
		}
	}()
	return add(ctx)
}

// Sentences returns a model's sentence vectors of passages, by passage; one that has none yet is absent. It asks nothing
// of who may see them: the passages come from a search that did.
func (s *Store) Sentences(ctx context.Context, model string, passages []int64) (map[int64][]retrieval.SentenceVector, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT passage_id, start_byte, end_byte, embedding FROM sentences
		WHERE passage_id = ANY($1) AND model = $2 ORDER BY passage_id, start_byte`, passages, model)
	if err != nil {
		return nil, fmt.Errorf("read sentences: %w", err)
	}
	sentences := make(map[int64][]retrieval.SentenceVector, len(passages))
	var passage int64
	var span lang.Span
	var vector pgvector.HalfVector
	_, err = pgx.ForEachRow(rows, []any{&passage, &span.Start, &span.End, &vector}, func() error {
		sentences[passage] = append(sentences[passage], retrieval.SentenceVector{Span: span, Vector: vector.Slice()})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read sentences: %w", err)
	}
	return sentences, nil
}

// WithoutSentences returns up to limit current passages with ids above after whose sentences have no vectors of the
// model, by id.
func (s *Store) WithoutSentences(ctx context.Context, model string, after int64, limit int) ([]retrieval.Passage, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT p.id, p.text, p.start_byte, p.lang, v.title
		FROM passages p JOIN versions v ON v.id = p.version_id
		WHERE p.id > $2 AND p.terms IS NOT NULL
			AND NOT EXISTS (SELECT FROM sentences s WHERE s.passage_id = p.id AND s.model = $1)
		ORDER BY p.id LIMIT $3`, model, after, limit)
	if err != nil {
		return nil, fmt.Errorf("list passages without sentences: %w", err)
	}
	passages, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p retrieval.Passage, err error) {
		err = row.Scan(&p.ID, &p.Text, &p.Start, &p.Lang, &p.Title)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("list passages without sentences: %w", err)
	}
	return passages, nil
}

// SaveSentences stores a model's sentence vectors by passage. What is there already stays, and a passage that is no longer
// current is left out: another process may have been first in either.
func (s *Store) SaveSentences(ctx context.Context, model string, sentences map[int64][]retrieval.SentenceVector) error {
	batch := &pgx.Batch{}
	for passage, of := range sentences {
		for _, v := range of {
			// The share lock waits for a new version that is just taking the passage out of the search.
			batch.Queue(`
				INSERT INTO sentences (passage_id, model, start_byte, end_byte, embedding)
				SELECT id, $2, $3, $4, $5 FROM passages WHERE id = $1 AND terms IS NOT NULL FOR SHARE
				ON CONFLICT DO NOTHING`, passage, model, v.Start, v.End, pgvector.NewHalfVector(v.Vector))
		}
	}
	err := s.inTx(ctx, func(tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() })
	if err != nil {
		return fmt.Errorf("save sentences of %d passages: %w", len(sentences), err)
	}
	return nil
}
