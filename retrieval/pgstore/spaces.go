package pgstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// Space returns the model's space, or retrieval.ErrNoSpace.
func (s *Store) Space(ctx context.Context, model string) (retrieval.Space, error) {
	space := retrieval.Space{Model: model}
	err := s.pool.QueryRow(ctx, `SELECT id, dim, revision, calibration FROM spaces WHERE model = $1`, model).
		Scan(&space.ID, &space.Dim, &space.Revision, &space.Calibration)
	if errors.Is(err, pgx.ErrNoRows) {
		return space, retrieval.ErrNoSpace
	}
	if err != nil {
		return space, fmt.Errorf("read space of %s: %w", model, err)
	}
	return space, nil
}

// CreateSpace stores a space; where another process was first, it returns that one's.
func (s *Store) CreateSpace(ctx context.Context, space retrieval.Space) (retrieval.Space, error) {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO spaces (model, dim, calibration) VALUES ($1, $2, $3) ON CONFLICT (model) DO NOTHING`,
		space.Model, space.Dim, space.Calibration)
	if err != nil {
		return space, fmt.Errorf("store space of %s: %w", space.Model, err)
	}
	return s.Space(ctx, space.Model)
}

// EachVector calls use with every vector of the space.
func (s *Store) EachVector(ctx context.Context, space int64, use func(l lang.Lang, han, norm float64, unit []float32) error) error {
	rows, err := s.pool.Query(ctx, `SELECT lang, han, norm, embedding FROM embeddings WHERE space_id = $1`, space)
	if err != nil {
		return fmt.Errorf("read vectors: %w", err)
	}
	var l lang.Lang
	var han, norm float64
	var vector pgvector.HalfVector
	if _, err := pgx.ForEachRow(rows, []any{&l, &han, &norm, &vector}, func() error { return use(l, han, norm, vector.Slice()) }); err != nil {
		return fmt.Errorf("read vectors: %w", err)
	}
	return nil
}

// recalibrated is how many vectors are rewritten at a time.
const recalibrated = 500

// Recalibrate rewrites every vector of the space and stores its new calibration, in one transaction. While it lasts,
// Save waits; a Save of vectors made before it then fails with retrieval.ErrStaleSpace, as does a second Recalibrate.
func (s *Store) Recalibrate(ctx context.Context, from, to retrieval.Space) error {
	return s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
			return err
		}
		var revision int
		if err := tx.QueryRow(ctx, `SELECT revision FROM spaces WHERE id = $1 FOR UPDATE`, from.ID).Scan(&revision); err != nil {
			return fmt.Errorf("lock space: %w", err)
		}
		if revision != from.Revision {
			return retrieval.ErrStaleSpace
		}
		after := int64(0)
		for {
			last, err := recalibrateBatch(ctx, tx, from, to, after)
			if err != nil {
				return err
			}
			if last == 0 {
				break
			}
			after = last
		}
		_, err := tx.Exec(ctx, `UPDATE spaces SET calibration = $2, revision = $3 WHERE id = $1`, from.ID, to.Calibration, to.Revision)
		return err
	})
}

// recalibrateBatch rewrites the vectors that follow a passage and returns the last passage, 0 at the end.
func recalibrateBatch(ctx context.Context, tx pgx.Tx, from, to retrieval.Space, after int64) (last int64, err error) {
	rows, err := tx.Query(ctx, `
		SELECT passage_id, han, norm, embedding FROM embeddings
		WHERE space_id = $1 AND passage_id > $2 ORDER BY passage_id LIMIT $3`, from.ID, after, recalibrated)
	if err != nil {
		return 0, fmt.Errorf("read vectors: %w", err)
	}
	var han, norm float64
	var vector pgvector.HalfVector
	batch := &pgx.Batch{}
	_, err = pgx.ForEachRow(rows, []any{&last, &han, &norm, &vector}, func() error {
		unit, length := to.Centre(from.Raw(vector.Slice(), norm, han), han, false)
		batch.Queue(`UPDATE embeddings SET embedding = $3, norm = $4 WHERE space_id = $1 AND passage_id = $2`,
			from.ID, last, pgvector.NewHalfVector(unit), float32(length))
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("read vectors: %w", err)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return 0, fmt.Errorf("rewrite vectors: %w", err)
	}
	return last, nil
}
