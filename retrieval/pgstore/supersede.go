package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"osmanthus/ingest"
)

// lockKeys takes the locks of all names that decide which document supersedes which, in one order, so that two documents
// of one name that are saved at once see each other.
func lockKeys(ctx context.Context, tx pgx.Tx, v ingest.Version) error {
	keys := []string{"source " + v.Source}
	if v.Supersedes != "" {
		keys = append(keys, "source "+v.Supersedes)
	}
	if v.Canonical != "" {
		keys = append(keys, "id "+v.Canonical)
	}
	_, err := tx.Exec(ctx, `
		SELECT pg_advisory_xact_lock($1, key) FROM (SELECT DISTINCT hashtext($2 || k) AS key FROM unnest($3::text[]) AS k ORDER BY 1) AS keys`,
		lockNames, v.Event+"\x01", keys)
	if err != nil {
		return fmt.Errorf("lock the document's names: %w", err)
	}
	return nil
}

// supersede takes documents out of the answers whose place another takes: v's document those it names and older ones of
// its id, and itself where another names it or is newer. A date decides between two of one id; where none does, both stay.
// What v's document, where it is known, had superseded before and does not any more is released, to be taken in again.
func supersede(ctx context.Context, tx pgx.Tx, document int64, known bool, v ingest.Version) error {
	if known {
		if err := release(ctx, tx, document, v); err != nil {
			return err
		}
	}
	var date *time.Time
	if !v.Document.Date.IsZero() {
		date = &v.Document.Date
	}
	args := pgx.NamedArgs{
		"document": document, "event": v.Event, "source": v.Source, "supersedes": v.Supersedes, "canonical": v.Canonical, "date": date,
	}
	var by int64
	err := tx.QueryRow(ctx, `
		SELECT id FROM (
			SELECT o.id, ov.date FROM documents o JOIN versions ov ON ov.id = o.version
			WHERE o.event = @event AND o.supersedes = @source AND o.supersedes <> '' AND o.id <> @document
			UNION ALL
			SELECT o.id, ov.date FROM documents o JOIN versions ov ON ov.id = o.version
			WHERE o.event = @event AND o.canonical = @canonical AND o.canonical <> '' AND o.id <> @document AND ov.date > @date::date) AS newer
		ORDER BY date DESC NULLS LAST, id LIMIT 1`, args).Scan(&by)
	switch {
	case err == nil:
		return superseded(ctx, tx, []int64{document}, by)
	case !errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("look for what supersedes it: %w", err)
	case v.Supersedes == "" && v.Canonical == "":
		return nil
	}
	rows, err := tx.Query(ctx, `
		SELECT o.id FROM documents o JOIN versions ov ON ov.id = o.version
		WHERE o.event = @event AND o.id <> @document AND (o.source = @supersedes OR o.canonical = @canonical AND o.canonical <> '' AND ov.date < @date::date)
		ORDER BY o.id FOR UPDATE OF o`, args)
	if err != nil {
		return fmt.Errorf("look for what it supersedes: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("look for what it supersedes: %w", err)
	}
	return superseded(ctx, tx, ids, document)
}

func release(ctx context.Context, tx pgx.Tx, document int64, v ingest.Version) error {
	_, err := tx.Exec(ctx, `
		UPDATE documents SET superseded_by = NULL, withdrawn = NULL
		WHERE superseded_by = $1 AND NOT (source = $2 OR canonical = $3 AND $3 <> '')`, document, v.Supersedes, v.Canonical)
	if err != nil {
		return fmt.Errorf("release what was superseded: %w", err)
	}
	return nil
}

func superseded(ctx context.Context, tx pgx.Tx, ids []int64, by int64) error {
	if len(ids) == 0 {
		return nil
	}
	if err := retire(ctx, tx, ids); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE documents SET superseded_by = $2, withdrawn = version, version = NULL, passages = 0 WHERE id = ANY($1)`, ids, by)
	if err != nil {
		return fmt.Errorf("mark as superseded: %w", err)
	}
	return nil
}
