package pgstore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"osmanthus/ingest/source"
	"osmanthus/retrieval"
)

// documentColumns are what scanDocument reads, of document d and version v.
const documentColumns = `d.id, d.source, d.event, d.kind, d.audience, d.embargo, v.id, v.title, v.lang, v.date, v.ingested_at,
	(SELECT count(*) FROM passages p WHERE p.version_id = v.id), d.parallel`

func scanDocument(row pgx.Row, more ...any) (retrieval.Document, error) {
	var d retrieval.Document
	var embargo, date *time.Time
	into := append([]any{&d.ID, &d.Source, &d.Event, &d.Kind, &d.Audience, &embargo, &d.Version, &d.Title, &d.Lang, &date, &d.Ingested,
		&d.Passages, &d.Parallel}, more...)
	if err := row.Scan(into...); err != nil {
		return d, err
	}
	if embargo != nil {
		d.Embargo = *embargo
	}
	if date != nil {
		d.Date = *date
	}
	return d, nil
}

// permitted is visible's part that speaks of the document alone.
const permitted = `d.audience = ANY(@audiences)
	AND (d.embargo IS NULL OR d.embargo <= @now OR 'staff' = ANY(@audiences))
	AND (@event = '' OR d.event = @event)
	AND (@kind = '' OR d.kind = @kind)
	AND (@from::date IS NULL OR d.date >= @from::date)
	AND (@to::date IS NULL OR d.date <= @to::date)`

// Documents returns up to limit current documents with ids above after, by id.
func (s *Store) Documents(ctx context.Context, f retrieval.Filter, after int64, limit int) ([]retrieval.Document, error) {
	args := filterArgs(f)
	args["after"], args["limit"] = after, limit
	rows, err := s.pool.Query(ctx, `
		SELECT `+documentColumns+` FROM documents d JOIN versions v ON v.id = d.version
		WHERE d.id > @after AND `+permitted+` ORDER BY d.id LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	documents, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (retrieval.Document, error) { return scanDocument(row) })
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	return documents, nil
}

// Document returns a document with the text and blocks of one version, the current one for version 0, or
// retrieval.ErrNotFound. A pruned document is not found, whatever the version.
func (s *Store) Document(ctx context.Context, f retrieval.Filter, id, version int64) (retrieval.Document, string, []source.Block, error) {
	args := filterArgs(f)
	args["id"], args["version"] = id, version
	var text string
	var encoded []byte
	document, err := scanDocument(s.pool.QueryRow(ctx, `
		SELECT `+documentColumns+`, v.text, v.blocks
		FROM documents d JOIN versions v ON v.document_id = d.id AND v.id = CASE WHEN @version = 0 THEN d.version ELSE @version END
		WHERE d.id = @id AND d.version IS NOT NULL AND `+permitted, args), &text, &encoded)
	if errors.Is(err, pgx.ErrNoRows) {
		return document, "", nil, retrieval.ErrNotFound
	}
	if err != nil {
		return document, "", nil, fmt.Errorf("read document %d: %w", id, err)
	}
	var blocks []source.Block
	if err := json.Unmarshal(encoded, &blocks); err != nil {
		return document, "", nil, fmt.Errorf("read blocks of document %d: %w", id, err)
	}
	return document, text, blocks, nil
}

// Counts says how much is stored and searchable.
type Counts struct {
	Documents int
	Passages  map[string]int // by language
	Spaces    []string       // models
}

// Counts counts what is current.
func (s *Store) Counts(ctx context.Context) (Counts, error) {
	c := Counts{Passages: make(map[string]int)}
	var en, zh int
	err := s.pool.QueryRow(ctx, `
		SELECT (SELECT count(*) FROM documents WHERE version IS NOT NULL),
			count(*) FILTER (WHERE lang = 'en'), count(*) FILTER (WHERE lang = 'zh'),
			(SELECT coalesce(array_agg(model ORDER BY id), '{}') FROM spaces)
		FROM passages WHERE terms IS NOT NULL`).Scan(&c.Documents, &en, &zh, &c.Spaces)
	if err != nil {
		return c, fmt.Errorf("count documents: %w", err)
	}
	c.Passages["en"], c.Passages["zh"] = en, zh
	return c, nil
}

// Facts are what doctor shows of the database.
type Facts struct {
	Server string // version
	Vector string // pgvector's version
	Locale string // provider and locale of the database
}

// Facts reads them.
func (s *Store) Facts(ctx context.Context) (Facts, error) {
	var f Facts
	err := s.pool.QueryRow(ctx, `
		SELECT current_setting('server_version'),
			(SELECT extversion FROM pg_extension WHERE extname = 'vector'),
			(SELECT concat_ws(' ', CASE datlocprovider WHEN 'c' THEN 'libc' WHEN 'i' THEN 'icu' WHEN 'b' THEN 'builtin' END, coalesce(to_jsonb(d) ->> 'datlocale', datcollate))
				FROM pg_database d WHERE datname = current_database())`).Scan(&f.Server, &f.Vector, &f.Locale)
	if err != nil {
		return f, fmt.Errorf("read facts of the database: %w", err)
	}
	return f, nil
}
