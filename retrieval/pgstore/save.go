package pgstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"osmanthus/ingest"
	"osmanthus/retrieval"
)

// Advisory locks, by what they guard. The numbers only need to differ from each other and from goose's.
const (
	lockExtension int64 = 0x05a17401
	lockRefresh   int64 = 0x05a17402
)

// maxLexeme is Postgres's limit on a lexeme's bytes.
const maxLexeme = 2046

// Hashes returns the content hash of each document of the event that is current, by source.
func (s *Store) Hashes(ctx context.Context, event string) (map[string][]byte, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT d.source, v.hash FROM documents d JOIN versions v ON v.id = d.version WHERE d.event = $1`, event)
	if err != nil {
		return nil, fmt.Errorf("read hashes: %w", err)
	}
	hashes := make(map[string][]byte)
	var source string
	var hash []byte
	_, err = pgx.ForEachRow(rows, []any{&source, &hash}, func() error {
		hashes[source] = bytes.Clone(hash)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read hashes: %w", err)
	}
	return hashes, nil
}

// Save makes v the current version of its document in one transaction: until it commits, the old one answers. The old
// version's row, text and passages stay for the record, out of every search. Saving the current version again changes
// nothing. retrieval.ErrStaleSpace means that the passages must be indexed anew.
func (s *Store) Save(ctx context.Context, v ingest.Version) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		document, current, err := lockDocument(ctx, tx, v)
		if err != nil {
			return err
		}
		if bytes.Equal(current, v.Hash) {
			return changed(ctx, tx) // who may see it, or from when, may be another
		}
		if err := retire(ctx, tx, []int64{document}); err != nil {
			return err
		}
		version, err := insertVersion(ctx, tx, document, v)
		if err != nil {
			return err
		}
		if err := insertPassages(ctx, tx, document, version, v.Passages); err != nil {
			return err
		}
		if err := insertFacts(ctx, tx, document, version, v.Document.Text, v.Facts); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE documents SET version = $2 WHERE id = $1`, document, version); err != nil {
			return err
		}
		return changed(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("save %s: %w", v.Source, err)
	}
	return nil
}

// lockDocument returns the document's row, made if new and locked either way, with its current hash.
func lockDocument(ctx context.Context, tx pgx.Tx, v ingest.Version) (id int64, hash []byte, err error) {
	var embargo *time.Time
	if !v.Embargo.IsZero() {
		embargo = &v.Embargo
	}
	var current *int64
	err = tx.QueryRow(ctx, `
		INSERT INTO documents (event, source, kind, audience, embargo, parallel)
		VALUES (@event, @source, @kind, @audience, @embargo, @parallel)
		ON CONFLICT (event, source) DO UPDATE
		SET kind = excluded.kind, audience = excluded.audience, embargo = excluded.embargo, parallel = excluded.parallel
		RETURNING id, version`,
		pgx.NamedArgs{
			"event": v.Event, "source": v.Source, "kind": v.Kind, "audience": v.Audience,
			"embargo": embargo, "parallel": v.Document.Meta["parallel"],
		}).Scan(&id, &current)
	if err != nil || current == nil {
		return id, nil, err
	}
	err = tx.QueryRow(ctx, `SELECT hash FROM versions WHERE id = $1`, *current).Scan(&hash)
	return id, hash, err
}

// retire takes the current versions of documents out of every search.
func retire(ctx context.Context, tx pgx.Tx, documents []int64) error {
	if _, err := tx.Exec(ctx, `
		DELETE FROM embeddings e USING passages p WHERE p.id = e.passage_id AND p.document_id = ANY($1)`, documents); err != nil {
		return fmt.Errorf("remove vectors: %w", err)
	}
	if _, err := tx.Exec(ctx, `
		DELETE FROM sentences s USING passages p WHERE p.id = s.passage_id AND p.document_id = ANY($1)`, documents); err != nil {
		return fmt.Errorf("remove sentences: %w", err)
	}
	if _, err := tx.Exec(ctx, `
		UPDATE passages SET terms = NULL, gloss = NULL, names = NULL WHERE document_id = ANY($1) AND terms IS NOT NULL`, documents); err != nil {
		return fmt.Errorf("remove terms: %w", err)
	}
	for _, table := range []string{"sessions", "people"} {
		if _, err := tx.Exec(ctx, `DELETE FROM `+table+` WHERE document_id = ANY($1)`, documents); err != nil {
			return fmt.Errorf("remove %s: %w", table, err)
		}
	}
	return nil
}

func insertVersion(ctx context.Context, tx pgx.Tx, document int64, v ingest.Version) (id int64, err error) {
	blocks, err := json.Marshal(v.Document.Blocks)
	if err != nil {
		return 0, fmt.Errorf("encode blocks: %w", err)
	}
	var date *time.Time
	if !v.Document.Date.IsZero() {
		date = &v.Document.Date
	}
	err = tx.QueryRow(ctx, `
		INSERT INTO versions (document_id, hash, title, lang, date, text, blocks, warnings)
		VALUES (@document, @hash, @title, @lang, @date, @text, @blocks, @warnings) RETURNING id`,
		pgx.NamedArgs{
			"document": document, "hash": v.Hash, "title": v.Document.Title, "lang": v.Document.Lang, "date": date,
			"text": v.Document.Text, "blocks": blocks, "warnings": append([]string{}, v.Document.Warnings...),
		}).Scan(&id)
	if err != nil {
		return 0, fmt.Errorf("insert version: %w", err)
	}
	return id, nil
}

func insertPassages(ctx context.Context, tx pgx.Tx, document, version int64, passages []retrieval.IndexedPassage) error {
	if err := checkRevisions(ctx, tx, passages); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	for i, p := range passages {
		batch.Queue(`
			WITH passage AS (
				INSERT INTO passages (version_id, document_id, ordinal, lang, heading, page, start_byte, end_byte,
					context, text, terms, gloss, names, length, gloss_length)
				VALUES (@version, @document, @ordinal, @lang, @heading, @page, @start, @end,
					@context, @text, array_to_tsvector(@terms::text[]), array_to_tsvector(@gloss::text[]), array_to_tsvector(@names::text[]), @length, @gloss_length)
				RETURNING id)
			INSERT INTO embeddings (space_id, passage_id, lang, han, norm, embedding)
			SELECT @space::bigint, id, @lang, @han, @norm, @vector FROM passage`,
			pgx.StrictNamedArgs{
				"version": version, "document": document, "ordinal": i, "lang": string(p.Lang), "heading": p.Heading,
				"page": p.Page, "start": p.Start, "end": p.End, "context": p.Context, "text": p.Text,
				"terms": lexemes(p.Terms), "gloss": lexemes(p.Gloss), "names": lexemes(p.Names), "length": p.Length, "gloss_length": p.GlossLength,
				"space": p.Space, "han": float32(p.Han), "norm": float32(p.Norm), "vector": pgvector.NewHalfVector(p.Vector),
			})
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("insert passages: %w", err)
	}
	return nil
}

// checkRevisions refuses vectors that were centred by a calibration that has been replaced; the share lock keeps it
// from being replaced before the transaction ends.
func checkRevisions(ctx context.Context, tx pgx.Tx, passages []retrieval.IndexedPassage) error {
	checked := make(map[int64]int)
	for _, p := range passages {
		revision, ok := checked[p.Space]
		if !ok {
			err := tx.QueryRow(ctx, `SELECT revision FROM spaces WHERE id = $1 FOR SHARE`, p.Space).Scan(&revision)
			if errors.Is(err, pgx.ErrNoRows) {
				return retrieval.ErrNoSpace
			}
			if err != nil {
				return fmt.Errorf("read the space's revision: %w", err)
			}
			checked[p.Space] = revision
		}
		if revision != p.Revision {
			return retrieval.ErrStaleSpace
		}
	}
	return nil
}

// lexemes drops what a tsvector cannot hold.
func lexemes(terms []string) []string {
	kept := make([]string, 0, len(terms))
	for _, t := range terms {
		if t != "" && len(t) <= maxLexeme {
			kept = append(kept, t)
		}
	}
	return kept
}

// Remove takes documents out of the answers, by source, and returns how many there were. A later Save brings one back.
func (s *Store) Remove(ctx context.Context, event string, sources []string) (int, error) {
	removed := 0
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT id FROM documents WHERE event = $1 AND source = ANY($2) AND version IS NOT NULL ORDER BY id FOR UPDATE`, event, sources)
		if err != nil {
			return err
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			return err
		}
		removed = len(ids)
		if err := retire(ctx, tx, ids); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE documents SET version = NULL WHERE id = ANY($1)`, ids); err != nil {
			return err
		}
		return changed(ctx, tx)
	})
	if err != nil {
		return 0, fmt.Errorf("remove %d documents: %w", len(sources), err)
	}
	return removed, nil
}

// Refresh makes the term figures anew. Readers see the old ones until it is done.
func (s *Store) Refresh(ctx context.Context) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		for _, statement := range []string{
			fmt.Sprintf(`SELECT pg_advisory_xact_lock(%d)`, lockRefresh),
			`DELETE FROM term_stats`,
			`DELETE FROM field_stats`,
			`INSERT INTO field_stats (field, lang, passages, mean_length)
				SELECT 'terms', lang, count(*), avg(length) FROM passages WHERE terms IS NOT NULL GROUP BY lang`,
			`INSERT INTO field_stats (field, lang, passages, mean_length)
				SELECT 'gloss', lang, count(*), avg(gloss_length) FROM passages WHERE terms IS NOT NULL AND lang = 'zh' GROUP BY lang`,
			`INSERT INTO field_stats (field, lang, passages, mean_length)
				SELECT 'names', lang, count(*), coalesce(avg(length(names)), 0) FROM passages WHERE terms IS NOT NULL GROUP BY lang`,
			`INSERT INTO term_stats SELECT 'terms', 'en', word, ndoc FROM ts_stat('SELECT terms FROM passages WHERE terms IS NOT NULL AND lang = ''en''')`,
			`INSERT INTO term_stats SELECT 'terms', 'zh', word, ndoc FROM ts_stat('SELECT terms FROM passages WHERE terms IS NOT NULL AND lang = ''zh''')`,
			`INSERT INTO term_stats SELECT 'gloss', 'zh', word, ndoc FROM ts_stat('SELECT gloss FROM passages WHERE terms IS NOT NULL AND lang = ''zh''')`,
			`INSERT INTO term_stats SELECT 'names', 'en', word, ndoc FROM ts_stat('SELECT names FROM passages WHERE terms IS NOT NULL AND lang = ''en''')`,
			`INSERT INTO term_stats SELECT 'names', 'zh', word, ndoc FROM ts_stat('SELECT names FROM passages WHERE terms IS NOT NULL AND lang = ''zh''')`,
		} {
			if _, err := tx.Exec(ctx, statement); err != nil {
				return err
			}
		}
		return changed(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("refresh term figures: %w", err)
	}
	return nil
}
