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

// A new space is filled beside the active one and switched to in one step, when no passage lacks a vector in it. The
// old one is kept until it is dropped, so that a process that still has the old model goes on searching.

// A Vector is a passage's in a space.
type Vector struct {
	Passage, Document int64
	Lang              lang.Lang
	Han, Norm         float64
	Unit              []float32
}

// BuildSpace returns the space that is being built for the model, or starts the given one.
func (s *Store) BuildSpace(ctx context.Context, space retrieval.Space) (retrieval.Space, error) {
	building, _, err := readSpace(ctx, s.pool, `model = $1 AND state = 'building'`, space.Model)
	if errors.Is(err, retrieval.ErrNoSpace) {
		return s.startSpace(ctx, space)
	}
	return building, err
}

func (s *Store) startSpace(ctx context.Context, space retrieval.Space) (retrieval.Space, error) {
	err := s.inTx(ctx, func(tx pgx.Tx) (err error) {
		space, err = insertSpace(ctx, tx, space, "building")
		return err
	})
	if err != nil {
		return space, fmt.Errorf("start space of %s: %w", space.Model, err)
	}
	return space, nil
}

// Unembedded returns the first drafts after a passage that have no vector in the space, with the ids of their passages
// and documents in the vectors' place.
func (s *Store) Unembedded(ctx context.Context, space, after int64, limit int) ([]retrieval.Draft, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT p.id, p.document_id, p.lang, p.context, p.text FROM passages p
		WHERE p.id > $2 AND p.terms IS NOT NULL AND NOT EXISTS (SELECT FROM embeddings e WHERE e.passage_id = p.id AND e.space_id = $1)
		ORDER BY p.id LIMIT $3`, space, after, limit)
	if err != nil {
		return nil, fmt.Errorf("read passages without a vector: %w", err)
	}
	drafts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d retrieval.Draft, err error) {
		err = row.Scan(&d.ID, &d.Document, &d.Lang, &d.Context, &d.Text)
		return d, err
	})
	if err != nil {
		return nil, fmt.Errorf("read passages without a vector: %w", err)
	}
	return drafts, nil
}

// AddVectors stores vectors of a space that is being built; what is there already stays.
func (s *Store) AddVectors(ctx context.Context, space int64, vectors []Vector) error {
	return s.inTx(ctx, func(tx pgx.Tx) error { return insertVectors(ctx, tx, space, vectors) })
}

func insertVectors(ctx context.Context, tx pgx.Tx, space int64, vectors []Vector) error {
	batch := &pgx.Batch{}
	for _, v := range vectors {
		batch.Queue(`
			INSERT INTO embeddings (space_id, passage_id, document_id, lang, han, norm, embedding) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (passage_id, space_id) DO NOTHING`,
			space, v.Passage, v.Document, string(v.Lang), float32(v.Han), float32(v.Norm), pgvector.NewHalfVector(v.Unit))
	}
	if batch.Len() == 0 {
		return nil
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("insert vectors: %w", err)
	}
	return nil
}

// ErrIncomplete is returned by Switch where passages lack a vector in the space.
var ErrIncomplete = errors.New("some passages have no vector in this space yet")

// Switch makes a space that is being built the active one, in one step: until it commits, the old one is searched and
// written to. complete, which may be nil, adds what is missing after a passage, batch by batch, and returns the last
// passage, 0 at the end; without it a missing vector is ErrIncomplete. It may be called with documents being saved:
// only the last batches are added while Save waits.
func (s *Store) Switch(ctx context.Context, to retrieval.Space, complete func(ctx context.Context, tx pgx.Tx, after int64) (int64, error)) error {
	if complete != nil {
		for after := int64(0); ; {
			err := s.inTx(ctx, func(tx pgx.Tx) (err error) {
				after, err = complete(ctx, tx, after)
				return err
			})
			if err != nil {
				return err
			}
			if after == 0 {
				break
			}
		}
	}
	if err := s.indexSpaces(ctx, `s.id = $1`, to.ID); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0`); err != nil {
			return err
		}
		// Save holds a share lock on the active space until its end, so from here on no vector comes or goes.
		if _, err := tx.Exec(ctx, `SELECT FROM spaces WHERE state = 'active' OR id = $1 ORDER BY id FOR UPDATE`, to.ID); err != nil {
			return err
		}
		if complete != nil {
			for after := int64(0); ; {
				last, err := complete(ctx, tx, after)
				if err != nil {
					return err
				}
				if after = last; last == 0 {
					break
				}
			}
		}
		// A version that was replaced while its passages were being embedded has left vectors.
		if _, err := tx.Exec(ctx, `
			DELETE FROM embeddings e USING passages p WHERE e.space_id = $1 AND p.id = e.passage_id AND p.terms IS NULL`, to.ID); err != nil {
			return fmt.Errorf("remove vectors of old versions: %w", err)
		}
		var missing bool
		if err := tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM passages p WHERE p.terms IS NOT NULL
				AND NOT EXISTS (SELECT FROM embeddings e WHERE e.passage_id = p.id AND e.space_id = $1))`, to.ID).Scan(&missing); err != nil {
			return fmt.Errorf("look for missing vectors: %w", err)
		}
		if missing {
			return ErrIncomplete
		}
		// Of one model only the newest calibration is kept.
		if _, err := tx.Exec(ctx, `
			UPDATE spaces SET state = CASE WHEN model = $1 THEN 'gone' ELSE 'kept' END WHERE state = 'active'`, to.Model); err != nil {
			return err
		}
		changed, err := tx.Exec(ctx, `UPDATE spaces SET state = 'active' WHERE id = $1 AND state IN ('building', 'kept')`, to.ID)
		if err == nil && changed.RowsAffected() != 1 {
			err = retrieval.ErrNoSpace
		}
		return err
	})
}

// ErrActive is returned by DropSpace for the space in use.
var ErrActive = errors.New("this space is the active one")

// droppedVectors is how many vectors are deleted at a time.
const droppedVectors = 5_000

// DropSpace removes a space that is not active, its vectors in batches.
func (s *Store) DropSpace(ctx context.Context, id int64) error {
	changed, err := s.pool.Exec(ctx, `UPDATE spaces SET state = 'gone' WHERE id = $1 AND state <> 'active'`, id)
	if err != nil {
		return fmt.Errorf("drop space %d: %w", id, err)
	}
	if changed.RowsAffected() == 0 {
		if _, _, err := readSpace(ctx, s.pool, `id = $1`, id); err != nil {
			return fmt.Errorf("drop space %d: %w", id, err)
		}
		return fmt.Errorf("drop space %d: %w", id, ErrActive)
	}
	for _, l := range languages() {
		if _, err := s.pool.Exec(ctx, `DROP INDEX IF EXISTS `+vectorIndex(id, l)); err != nil {
			return fmt.Errorf("drop the index of space %d: %w", id, err)
		}
	}
	for after := int64(0); ; {
		var last *int64
		err := s.pool.QueryRow(ctx, `
			WITH gone AS (
				DELETE FROM embeddings WHERE space_id = $1 AND passage_id IN (
					SELECT passage_id FROM embeddings WHERE space_id = $1 AND passage_id > $2 ORDER BY passage_id LIMIT $3)
				RETURNING passage_id)
			SELECT max(passage_id) FROM gone`, id, after, droppedVectors).Scan(&last)
		if err != nil {
			return fmt.Errorf("drop the vectors of space %d: %w", id, err)
		}
		if last == nil {
			break
		}
		after = *last
	}
	if _, err := s.pool.Exec(ctx, `DELETE FROM spaces WHERE id = $1`, id); err != nil {
		return fmt.Errorf("drop space %d: %w", id, err)
	}
	return nil
}

// A SpaceState is a space as `osmanthus spaces` shows it.
type SpaceState struct {
	ID      int64
	Model   string
	State   string // building, active, kept or gone
	Dim     int
	Vectors int
	Missing int // passages without a vector
}

// Spaces lists them, oldest first.
func (s *Store) Spaces(ctx context.Context) ([]SpaceState, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT s.id, s.model, s.state, s.dim, coalesce(e.n, 0), (SELECT count(*) FROM passages WHERE terms IS NOT NULL) - coalesce(e.n, 0)
		FROM spaces s LEFT JOIN (SELECT space_id, count(*) AS n FROM embeddings GROUP BY space_id) AS e ON e.space_id = s.id ORDER BY s.id`)
	if err != nil {
		return nil, fmt.Errorf("list spaces: %w", err)
	}
	states, err := pgx.CollectRows(rows, pgx.RowToStructByPos[SpaceState])
	if err != nil {
		return nil, fmt.Errorf("list spaces: %w", err)
	}
	return states, nil
}
