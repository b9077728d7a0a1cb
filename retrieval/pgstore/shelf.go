package pgstore

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"osmanthus/retrieval"
)

const (
	// maxShelved bounds the events, kinds and days that are listed; a reader finds none among more.
	maxShelved = 200
)

// Shelf lists the events and kinds of the documents that f permits, and the days of their programmes.
func (s *Store) Shelf(ctx context.Context, f retrieval.Filter) (retrieval.Shelf, error) {
	var shelf retrieval.Shelf
	args := filterArgs(f)
	args["limit"] = maxShelved
	for _, of := range []struct {
		column string
		into   *[]retrieval.Counted
	}{{"d.event", &shelf.Events}, {"d.kind", &shelf.Kinds}} {
		rows, err := s.pool.Query(ctx, `
			SELECT `+of.column+`, count(*) FROM documents d WHERE d.version IS NOT NULL AND `+permitted+`
			GROUP BY 1 ORDER BY 1 LIMIT @limit`, args)
		if err != nil {
			return shelf, fmt.Errorf("list what there is to browse: %w", err)
		}
		if *of.into, err = pgx.CollectRows(rows, pgx.RowToStructByPos[retrieval.Counted]); err != nil {
			return shelf, fmt.Errorf("list what there is to browse: %w", err)
		}
	}
	// Of more days the latest are listed.
	rows, err := s.pool.Query(ctx, `
		SELECT day, sessions FROM (
			SELECT r.day, count(*) AS sessions FROM sessions r JOIN documents d ON d.id = r.document_id
			WHERE r.kind = 'session' AND r.day IS NOT NULL AND `+current+` GROUP BY 1 ORDER BY 1 DESC LIMIT @limit) AS latest
		ORDER BY 1`, args)
	if err != nil {
		return shelf, fmt.Errorf("list the programme's days: %w", err)
	}
	if shelf.Days, err = pgx.CollectRows(rows, pgx.RowToStructByPos[retrieval.Day]); err != nil {
		return shelf, fmt.Errorf("list the programme's days: %w", err)
	}
	err = s.pool.QueryRow(ctx, `
		SELECT count(*) FROM sessions r JOIN documents d ON d.id = r.document_id
		WHERE r.kind = 'session' AND r.day IS NULL AND `+current, args).Scan(&shelf.Undated)
	if err != nil {
		return shelf, fmt.Errorf("count what has no day: %w", err)
	}
	return shelf, nil
}

// DocumentPage returns a page of the current documents and how many there are in all.
func (s *Store) DocumentPage(ctx context.Context, q retrieval.DocumentPage) ([]retrieval.Document, int, error) {
	args := filterArgs(q.Filter)
	args["lang"], args["offset"], args["limit"] = string(q.Lang), q.Offset, q.Limit
	const from = ` FROM documents d JOIN versions v ON v.id = d.version WHERE (@lang = '' OR v.lang = @lang) AND ` + permitted
	var all int
	if err := s.pool.QueryRow(ctx, `SELECT count(*)`+from, args).Scan(&all); err != nil {
		return nil, 0, fmt.Errorf("count documents: %w", err)
	}
	rows, err := s.pool.Query(ctx, `SELECT `+documentColumns+from+` ORDER BY v.date DESC NULLS LAST, d.id OFFSET @offset LIMIT @limit`, args)
	if err != nil {
		return nil, 0, fmt.Errorf("list documents: %w", err)
	}
	documents, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (retrieval.Document, error) { return scanDocument(row) })
	if err != nil {
		return nil, 0, fmt.Errorf("list documents: %w", err)
	}
	return documents, all, nil
}

// Parallel returns the current version of a document in the other language, where one of the two names the other, or
// retrieval.ErrNotFound.
func (s *Store) Parallel(ctx context.Context, f retrieval.Filter, id int64) (retrieval.Document, error) {
	args := filterArgs(f)
	args["id"] = id
	document, err := scanDocument(s.pool.QueryRow(ctx, `
		SELECT `+documentColumns+`
		FROM documents o JOIN versions ov ON ov.id = o.version
		JOIN documents d ON d.event = o.event AND d.id <> o.id AND (d.source = o.parallel AND o.parallel <> '' OR d.parallel = o.source)
		JOIN versions v ON v.id = d.version AND v.lang <> ov.lang
		WHERE o.id = @id AND `+permitted+` ORDER BY d.id LIMIT 1`, args))
	if errors.Is(err, pgx.ErrNoRows) {
		return document, retrieval.ErrNotFound
	}
	if err != nil {
		return document, fmt.Errorf("look for the other language's version of document %d: %w", id, err)
	}
	return document, nil
}
