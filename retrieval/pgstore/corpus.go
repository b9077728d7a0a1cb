package pgstore

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
)

// CorpusVersion names the state that the documents are in for an asker at a time. It changes with every Save, Remove and
// Refresh as they commit, and when an embargo ends.
func (s *Store) CorpusVersion(ctx context.Context, now time.Time) (string, error) {
	var version, open int64
	err := s.pool.QueryRow(ctx, `
		SELECT version, (SELECT count(*) FROM documents WHERE embargo <= $1) FROM corpus`, now).Scan(&version, &open)
	if err != nil {
		return "", fmt.Errorf("read the corpus's version: %w", err)
	}
	return fmt.Sprintf("%d.%d", version, open), nil
}

// changed counts a change of the documents. It comes last in its transaction: the row's lock holds others up.
func changed(ctx context.Context, tx pgx.Tx) error {
	if _, err := tx.Exec(ctx, `UPDATE corpus SET version = version + 1`); err != nil {
		return fmt.Errorf("count the change: %w", err)
	}
	return nil
}
