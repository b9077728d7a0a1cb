package pgstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"osmanthus/ingest"
)

// Marks returns what servers gave for the event's pages, by address; see ingest.Marks.
func (s *Store) Marks(ctx context.Context, event string) (map[string]ingest.Mark, error) {
	rows, err := s.pool.Query(ctx, `SELECT source, mark, digest FROM marks WHERE event = $1`, event)
	if err != nil {
		return nil, fmt.Errorf("read marks of pages: %w", err)
	}
	marks := make(map[string]ingest.Mark)
	var source, text string
	var digest []byte
	_, err = pgx.ForEachRow(rows, []any{&source, &text, &digest}, func() error {
		marks[source] = ingest.Mark{Text: text, Digest: append([]byte{}, digest...)}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read marks of pages: %w", err)
	}
	return marks, nil
}

// KeepMark keeps what a server gave for a page.
func (s *Store) KeepMark(ctx context.Context, event, address string, m ingest.Mark) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO marks (event, source, mark, digest) VALUES ($1, $2, $3, $4)
		ON CONFLICT (event, source) DO UPDATE SET mark = excluded.mark, digest = excluded.digest`, event, address, m.Text, m.Digest)
	if err != nil {
		return fmt.Errorf("keep the mark of %s: %w", address, err)
	}
	return nil
}
