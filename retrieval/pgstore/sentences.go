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

// Sentences returns the sentence vectors of passages, by passage; one that has none yet is absent. It asks nothing of
// who may see them: the passages come from a search that did.
func (s *Store) Sentences(ctx context.Context, space int64, passages []int64) (map[int64][]retrieval.SentenceVector, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT passage_id, start_byte, end_byte, embedding FROM sentences
		WHERE space_id = $1 AND passage_id = ANY($2) ORDER BY passage_id, start_byte`, space, passages)
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

// WithoutSentences returns up to limit current passages with ids above after whose sentences have no vectors in the
// space, by id.
func (s *Store) WithoutSentences(ctx context.Context, space, after int64, limit int) ([]retrieval.Passage, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT p.id, p.text, p.start_byte, p.lang, v.title
		FROM embeddings e JOIN passages p ON p.id = e.passage_id JOIN versions v ON v.id = p.version_id
		WHERE e.space_id = $1 AND e.passage_id > $2
			AND NOT EXISTS (SELECT FROM sentences s WHERE s.space_id = e.space_id AND s.passage_id = e.passage_id)
		ORDER BY e.passage_id LIMIT $3`, space, after, limit)
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

// movedPassages is how many passages' sentences are moved at a time.
const movedPassages = 2_000

// moveSentences gives the sentences of a space to the one that has taken its place: they are as the model gave them,
// whatever the calibration. What the new one has already stays.
func (s *Store) moveSentences(ctx context.Context, from, to int64) error {
	for after := int64(0); ; {
		var last *int64
		err := s.pool.QueryRow(ctx, `
			WITH part AS (
				SELECT DISTINCT passage_id FROM sentences WHERE space_id = $1 AND passage_id > $3 ORDER BY passage_id LIMIT $4),
			moved AS (
				INSERT INTO sentences (space_id, passage_id, start_byte, end_byte, embedding)
				SELECT $2, s.passage_id, s.start_byte, s.end_byte, s.embedding FROM sentences s
				JOIN part ON part.passage_id = s.passage_id
				JOIN embeddings e ON e.passage_id = s.passage_id AND e.space_id = $2
				WHERE s.space_id = $1
				ON CONFLICT DO NOTHING)
			SELECT max(passage_id) FROM part`, from, to, after, movedPassages).Scan(&last)
		if err != nil {
			return fmt.Errorf("move sentences to space %d: %w", to, err)
		}
		if last == nil {
			return nil
		}
		after = *last
	}
}

// SaveSentences stores sentence vectors by passage. What is there already stays, and a passage that is no longer
// current is left out: another process may have been first in either.
func (s *Store) SaveSentences(ctx context.Context, space int64, sentences map[int64][]retrieval.SentenceVector) error {
	batch := &pgx.Batch{}
	for passage, of := range sentences {
		for _, v := range of {
			batch.Queue(`
				INSERT INTO sentences (space_id, passage_id, start_byte, end_byte, embedding)
				SELECT space_id, passage_id, $3, $4, $5 FROM embeddings WHERE space_id = $1 AND passage_id = $2 FOR KEY SHARE
				ON CONFLICT DO NOTHING`, space, passage, v.Start, v.End, pgvector.NewHalfVector(v.Vector))
		}
	}
	err := s.inTx(ctx, func(tx pgx.Tx) error { return tx.SendBatch(ctx, batch).Close() })
	if err != nil {
		return fmt.Errorf("save sentences of %d passages: %w", len(sentences), err)
	}
	return nil
}
