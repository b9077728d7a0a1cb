package pgstore

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"osmanthus/retrieval"
)

// SaveCurated keeps an answer that the organisers wrote and returns its id.
func (s *Store) SaveCurated(ctx context.Context, a retrieval.CuratedAnswer) (int64, error) {
	var id int64
	err := s.pool.QueryRow(ctx, `
		INSERT INTO curated (question, answer, lang, source, audience, until, written_at, space_id, vector)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id`,
		a.Question, a.Answer, a.Lang, a.Source, a.Audience, orNull(a.Until), a.Written, a.Space, a.Vector).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("keep curated answer: %w", err)
	}
	return id, nil
}

// CuratedAnswers returns the organisers' answers that the filter permits and that have not expired at its time, the latest
// first.
func (s *Store) CuratedAnswers(ctx context.Context, f retrieval.Filter) ([]retrieval.CuratedAnswer, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT id, question, answer, lang, source, audience, until, written_at, coalesce(space_id, 0), vector
		FROM curated WHERE audience = ANY(@audiences) AND (until IS NULL OR until > @now) ORDER BY written_at DESC, id DESC`, filterArgs(f))
	if err != nil {
		return nil, fmt.Errorf("list curated answers: %w", err)
	}
	answers, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (retrieval.CuratedAnswer, error) {
		var a retrieval.CuratedAnswer
		var until *time.Time
		err := row.Scan(&a.ID, &a.Question, &a.Answer, &a.Lang, &a.Source, &a.Audience, &until, &a.Written, &a.Space, &a.Vector)
		if until != nil {
			a.Until = until.UTC()
		}
		a.Written = a.Written.UTC()
		return a, err
	})
	if err != nil {
		return nil, fmt.Errorf("list curated answers: %w", err)
	}
	return answers, nil
}

// RemoveCurated takes an answer back, or returns retrieval.ErrNotFound.
func (s *Store) RemoveCurated(ctx context.Context, id int64) error {
	tag, err := s.pool.Exec(ctx, "DELETE FROM curated WHERE id = $1", id)
	if err != nil {
		return fmt.Errorf("remove curated answer: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return retrieval.ErrNotFound
	}
	return nil
}
