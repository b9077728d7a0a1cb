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

// Space returns the model's space, retrieval.ErrNoSpace, or retrieval.ErrOtherModel while it is being built.
func (s *Store) Space(ctx context.Context, model string) (retrieval.Space, error) {
	space, state, err := readSpace(ctx, s.pool, `model = $1 AND state <> 'gone' ORDER BY state = 'active' DESC, state = 'kept' DESC, id DESC LIMIT 1`, model)
	if err == nil && state == "building" {
		return space, retrieval.ErrOtherModel
	}
	return space, err
}

type querier interface {
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

func readSpace(ctx context.Context, from querier, condition string, args ...any) (space retrieval.Space, state string, err error) {
	err = from.QueryRow(ctx, `SELECT id, model, dim, revision, calibration, state FROM spaces WHERE `+condition, args...).
		Scan(&space.ID, &space.Model, &space.Dim, &space.Revision, &space.Calibration, &state)
	if errors.Is(err, pgx.ErrNoRows) {
		return space, "", retrieval.ErrNoSpace
	}
	if err != nil {
		return space, "", fmt.Errorf("read space: %w", err)
	}
	return space, state, nil
}

// CreateSpace stores a space and makes it the active one; where another process was first, it returns that one's. Where
// there are vectors of another model, it is retrieval.ErrOtherModel: see BuildSpace.
func (s *Store) CreateSpace(ctx context.Context, space retrieval.Space) (made retrieval.Space, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1::int, hashtext(current_schema()))`, lockSpaces); err != nil {
			return err
		}
		active, _, err := readSpace(ctx, tx, `state = 'active'`)
		switch {
		case err == nil && active.Model == space.Model:
			made = active
			return nil
		case err == nil:
			var used bool
			if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM embeddings WHERE space_id = $1)`, active.ID).Scan(&used); err != nil {
				return err
			}
			if used {
				return retrieval.ErrOtherModel
			}
			if _, err := tx.Exec(ctx, `UPDATE spaces SET state = 'kept' WHERE id = $1`, active.ID); err != nil {
				return err
			}
		case !errors.Is(err, retrieval.ErrNoSpace):
			return err
		}
		made, err = insertSpace(ctx, tx, space, "active")
		return err
	})
	if err != nil {
		return space, fmt.Errorf("store space of %s: %w", space.Model, err)
	}
	return made, nil
}

func insertSpace(ctx context.Context, tx pgx.Tx, space retrieval.Space, state string) (retrieval.Space, error) {
	err := tx.QueryRow(ctx, `
		INSERT INTO spaces (model, dim, revision, calibration, state) VALUES ($1, $2, $3, $4, $5) RETURNING id`,
		space.Model, space.Dim, space.Revision, space.Calibration, state).Scan(&space.ID)
	return space, err
}

// CountVectors counts the space's vectors by language.
func (s *Store) CountVectors(ctx context.Context, space int64) (map[lang.Lang]int, error) {
	rows, err := s.pool.Query(ctx, `SELECT lang, count(*) FROM embeddings WHERE space_id = $1 GROUP BY lang`, space)
	if err != nil {
		return nil, fmt.Errorf("count vectors: %w", err)
	}
	counts := make(map[lang.Lang]int)
	var l lang.Lang
	var n int
	if _, err := pgx.ForEachRow(rows, []any{&l, &n}, func() error { counts[l] = n; return nil }); err != nil {
		return nil, fmt.Errorf("count vectors: %w", err)
	}
	return counts, nil
}

// EachVector calls use with the vectors of the space, or with about share of them, drawn at random, where share is
// below 1.
func (s *Store) EachVector(ctx context.Context, space int64, share float64, use func(l lang.Lang, han, norm float64, unit []float32) error) error {
	sample := ""
	if share < 1 {
		sample = fmt.Sprintf(" TABLESAMPLE BERNOULLI (%f)", 100*share)
	}
	rows, err := s.pool.Query(ctx, `SELECT lang, han, norm, embedding FROM embeddings`+sample+` WHERE space_id = $1`, space)
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

// Recalibrate replaces a space by one of the same model with another calibration, with every vector made anew from the
// old: batch by batch beside the old one, which is searched and written to meanwhile, and then switched to in one step.
// retrieval.ErrStaleSpace means that another process was first.
func (s *Store) Recalibrate(ctx context.Context, from, to retrieval.Space) (retrieval.Space, error) {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		var mine bool
		// See IndexVectors for the protocol.
		err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1::int, hashtext(current_schema()))`, pgx.QueryExecModeSimpleProtocol, lockRecalibrate).Scan(&mine)
		if err != nil {
			return err
		}
		current, state, err := readSpace(ctx, s.pool, `id = $1`, from.ID)
		if !mine || errors.Is(err, retrieval.ErrNoSpace) || err == nil && (state != "active" || current.Revision != from.Revision) {
			return retrieval.ErrStaleSpace
		}
		if err != nil {
			return err
		}
		// What a killed recalibration has left is of an unknown calibration.
		if left, _, err := readSpace(ctx, s.pool, `model = $1 AND state = 'building'`, from.Model); err == nil {
			if err := s.DropSpace(ctx, left.ID); err != nil {
				return err
			}
		}
		if to, err = s.startSpace(ctx, to); err != nil {
			return err
		}
		recalibrate := func(ctx context.Context, tx pgx.Tx, after int64) (int64, error) {
			return recalibrateBatch(ctx, tx, from, to, after)
		}
		if err := s.Switch(ctx, to, recalibrate); err != nil {
			return err
		}
		if err := s.moveSentences(ctx, from.ID, to.ID); err != nil {
			s.log.WarnContext(ctx, "sentences are embedded anew", "error", err)
		}
		return s.DropSpace(ctx, from.ID)
	})
	if err != nil {
		return from, fmt.Errorf("recalibrate space %d: %w", from.ID, err)
	}
	return to, nil
}

// recalibrateBatch makes the vectors that follow a passage and are missing in to; it returns the last passage, 0 at the end.
func recalibrateBatch(ctx context.Context, tx pgx.Tx, from, to retrieval.Space, after int64) (last int64, err error) {
	rows, err := tx.Query(ctx, `
		SELECT e.passage_id, e.document_id, e.lang, e.han, e.norm, e.embedding FROM embeddings e
		WHERE e.space_id = $1 AND e.passage_id > $2
			AND NOT EXISTS (SELECT FROM embeddings n WHERE n.passage_id = e.passage_id AND n.space_id = $3)
		ORDER BY e.passage_id LIMIT $4`, from.ID, after, to.ID, recalibrated)
	if err != nil {
		return 0, fmt.Errorf("read vectors: %w", err)
	}
	var vectors []Vector
	var v Vector
	var stored pgvector.HalfVector
	_, err = pgx.ForEachRow(rows, []any{&v.Passage, &v.Document, &v.Lang, &v.Han, &v.Norm, &stored}, func() error {
		made := v
		made.Unit, made.Norm = to.Centre(from.Raw(stored.Slice(), v.Norm, v.Han), v.Han, false)
		vectors, last = append(vectors, made), v.Passage
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("read vectors: %w", err)
	}
	return last, insertVectors(ctx, tx, to.ID, vectors)
}
