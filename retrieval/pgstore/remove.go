package pgstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Remove takes documents out of the answers and out of the queue, by source, and returns how many there were in the
// answers. A document that one of them had superseded may be taken in again; so may they.
func (s *Store) Remove(ctx context.Context, event string, sources []string) (int, error) {
	removed := 0
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		if err := unqueue(ctx, tx, `event = $1 AND source = ANY($2)`, event, sources); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			SELECT id FROM documents WHERE event = $1 AND source = ANY($2) AND (version IS NOT NULL OR superseded_by IS NOT NULL)
			ORDER BY id FOR UPDATE`, event, sources)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		removed, err = withdraw(ctx, tx, ids)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("remove %d documents: %w", len(sources), err)
	}
	return removed, nil
}

// withdraw takes documents out of the answers and says how many answered.
func withdraw(ctx context.Context, tx pgx.Tx, ids []int64) (int, error) {
	if len(ids) == 0 {
		return 0, nil
	}
	if err := retire(ctx, tx, ids); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM marks m USING documents d WHERE d.id = ANY($1) AND m.event = d.event AND m.source = d.source`, ids); err != nil {
		return 0, fmt.Errorf("remove marks: %w", err)
	}
	var answering int
	if err := tx.QueryRow(ctx, `SELECT count(*) FROM documents WHERE id = ANY($1) AND version IS NOT NULL`, ids).Scan(&answering); err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, `UPDATE documents SET superseded_by = NULL, withdrawn = NULL WHERE superseded_by = ANY($1)`, ids); err != nil {
		return 0, fmt.Errorf("release what was superseded: %w", err)
	}
	_, err := tx.Exec(ctx, `UPDATE documents SET version = NULL, passages = 0, superseded_by = NULL, withdrawn = NULL WHERE id = ANY($1)`, ids)
	if err != nil {
		return 0, err
	}
	if _, err := tx.Exec(ctx, `INSERT INTO ingest_changes DEFAULT VALUES`); err != nil {
		return answering, err
	}
	return answering, changed(ctx, tx)
}

// unqueue forgets documents on their way. A job that is being done finds its row gone and stores nothing.
func unqueue(ctx context.Context, tx pgx.Tx, where string, args ...any) error {
	if _, err := tx.Exec(ctx, `
		WITH gone AS (DELETE FROM inbox WHERE `+where+` RETURNING job)
		DELETE FROM river_job j USING gone WHERE j.id = gone.job AND j.state <> 'running'`, args...); err != nil {
		return fmt.Errorf("take documents out of the queue: %w", err)
	}
	return nil
}

// Purge removes all that a batch brought in, the record included: for what should never have come in. A document whose
// earlier version was replaced by the batch is gone from the answers until it is taken in again. It returns how many
// versions there were.
func (s *Store) Purge(ctx context.Context, batch string) (int, error) {
	purged := 0
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		if err := unqueue(ctx, tx, `batch = $1`, batch); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			SELECT id FROM documents WHERE version IN (SELECT id FROM versions WHERE batch = $1) OR withdrawn IN (SELECT id FROM versions WHERE batch = $1)
			ORDER BY id FOR UPDATE`, batch)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		if _, err := withdraw(ctx, tx, ids); err != nil {
			return err
		}
		tag, err := tx.Exec(ctx, `DELETE FROM versions WHERE batch = $1`, batch)
		if err != nil {
			return fmt.Errorf("delete versions: %w", err)
		}
		purged = int(tag.RowsAffected())
		_, err = tx.Exec(ctx, `
			DELETE FROM documents d WHERE d.id = ANY($1) AND NOT EXISTS (SELECT FROM versions v WHERE v.document_id = d.id)`, ids)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("purge batch %s: %w", batch, err)
	}
	return purged, nil
}

// Settle calls refresh if a document has changed since the last time it did so with success. Changes that another process
// is settling just now are left to it: it began after they were made.
func (s *Store) Settle(ctx context.Context, refresh func(context.Context) error) error {
	return s.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM ingest_changes WHERE id IN (SELECT id FROM ingest_changes FOR UPDATE SKIP LOCKED)`)
		if err != nil {
			return fmt.Errorf("read what has changed: %w", err)
		}
		if tag.RowsAffected() == 0 {
			return nil
		}
		return refresh(ctx)
	})
}
