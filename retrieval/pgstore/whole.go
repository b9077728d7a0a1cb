package pgstore

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"osmanthus/retrieval"
)

// Whole returns the first limit passages of documents in their order, as hits without scores: what the filter does not
// permit is left out.
func (s *Store) Whole(ctx context.Context, f retrieval.Filter, documents []int64, limit int) ([]retrieval.Hit, error) {
	args := filterArgs(f)
	args["documents"], args["limit"] = documents, limit
	rows, err := s.pool.Query(ctx, `
		SELECT p.id, p.document_id, p.version_id, p.ordinal, p.lang, v.title, p.heading, p.page, p.text, p.start_byte, p.end_byte,
			d.source, d.audience, d.embargo
		FROM passages p JOIN documents d ON d.id = p.document_id JOIN versions v ON v.id = p.version_id
		WHERE p.document_id = ANY(@documents) AND `+visible+`
		ORDER BY array_position(@documents::bigint[], p.document_id), p.ordinal LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("read whole documents: %w", err)
	}
	hits, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (retrieval.Hit, error) {
		var h retrieval.Hit
		var embargo *time.Time
		err := row.Scan(&h.ID, &h.Document, &h.Version, &h.Ordinal, &h.Lang, &h.Title, &h.Heading, &h.Page, &h.Text, &h.Start, &h.End,
			&h.Source, &h.Audience, &embargo)
		if embargo != nil {
			h.Embargo = *embargo
		}
		return h, err
	})
	if err != nil {
		return nil, fmt.Errorf("read whole documents: %w", err)
	}
	return hits, nil
}
