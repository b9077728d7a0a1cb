package pgstore

import (
	"context"
	"fmt"
	"slices"

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
	slices.Sort(keys)
	for _, k := range keys {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1, hashtext($2))`, lockNames, v.Event+"\x01"+k); err != nil {
			return fmt.Errorf("lock the document's names: %w", err)
		}
	}
	return nil
}

// supersede takes documents out of the answers whose place another takes: v's document those it names and older ones of
// its id, and itself where another names it or is newer. A date decides between two of one id; where none does, both stay.
// What v's document had superseded before and does not any more is released, to be taken in again.
func supersede(ctx context.Context, tx pgx.Tx, document int64, v ingest.Version) error {
	_, err := tx.Exec(ctx, `UPDATE documents SET superseded_by = NULL, withdrawn = NULL WHERE superseded_by = $1 AND NOT
		(source = $2 OR canonical = $3 AND $3 <> '')`, document, v.Supersedes, v.Canonical)
	if err != nil {
		return fmt.Errorf("release what was superseded: %w", err)
	}
	var by *int64
	err = tx.QueryRow(ctx, `
		SELECT (SELECT o.id FROM documents o JOIN versions ov ON ov.id = o.version
			WHERE o.event = d.event AND o.id <> d.id AND (o.supersedes = d.source OR o.canonical = d.canonical AND d.canonical <> '' AND ov.date > v.date)
			ORDER BY ov.date DESC NULLS LAST, o.id LIMIT 1)
		FROM documents d JOIN versions v ON v.id = d.version WHERE d.id = $1`, document).Scan(&by)
	if err != nil {
		return fmt.Errorf("look for what supersedes it: %w", err)
	}
	if by != nil {
		return superseded(ctx, tx, []int64{document}, *by)
	}
	rows, err := tx.Query(ctx, `
		SELECT o.id FROM documents d JOIN versions v ON v.id = d.version
		JOIN documents o ON o.event = d.event AND o.id <> d.id AND o.version IS NOT NULL JOIN versions ov ON ov.id = o.version
		WHERE d.id = $1 AND (o.source = d.supersedes OR o.canonical = d.canonical AND d.canonical <> '' AND ov.date < v.date)
		ORDER BY o.id FOR UPDATE OF o`, document)
	if err != nil {
		return fmt.Errorf("look for what it supersedes: %w", err)
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("look for what it supersedes: %w", err)
	}
	return superseded(ctx, tx, ids, document)
}

func superseded(ctx context.Context, tx pgx.Tx, ids []int64, by int64) error {
	if len(ids) == 0 {
		return nil
	}
	if err := retire(ctx, tx, ids); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE documents SET superseded_by = $2, withdrawn = version, version = NULL WHERE id = ANY($1)`, ids, by)
	if err != nil {
		return fmt.Errorf("mark as superseded: %w", err)
	}
	return nil
}
