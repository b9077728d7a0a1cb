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

// Advisory locks, by what they guard; all but the first are taken for a schema. The numbers only need to differ from each
// other and from those of other programs.
const (
	lockExtension   int32 = 0x05a17401
	lockRefresh     int32 = 0x05a17402
	lockIndex       int32 = 0x05a17403
	lockSpaces      int32 = 0x05a17404
	lockRecalibrate int32 = 0x05a17405
	lockSentences   int32 = 0x05a17406 // of those who add sentences
)

// lockSubmit has those who hand in documents take turns.
const lockSubmit int64 = 0x05a17412

// lockNames is the class of the locks of documents' names.
const lockNames int32 = 0x05a2

// maxLexeme is Postgres's limit on a lexeme's bytes.
const maxLexeme = 2046

// Hashes returns the content hash of each document of the event, by source: of its current version, of the one it had when
// another document superseded it, or nil where it is only queued.
func (s *Store) Hashes(ctx context.Context, event string) (map[string][]byte, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT i.source, NULL::bytea FROM inbox i WHERE i.event = $1
		UNION ALL
		SELECT d.source, v.hash FROM documents d JOIN versions v ON v.id = coalesce(d.version, d.withdrawn)
		WHERE d.event = $1 AND (d.version IS NOT NULL OR d.superseded_by IS NOT NULL)`, event)
	if err != nil {
		return nil, fmt.Errorf("read hashes: %w", err)
	}
	hashes := make(map[string][]byte)
	var source string
	var hash []byte
	_, err = pgx.ForEachRow(rows, []any{&source, &hash}, func() error {
		if hash != nil || hashes[source] == nil {
			hashes[source] = bytes.Clone(hash)
		}
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
	if err := s.inTx(ctx, func(tx pgx.Tx) error { return save(ctx, tx, v) }); err != nil {
		return fmt.Errorf("save %s: %w", v.Source, err)
	}
	return nil
}

func save(ctx context.Context, tx pgx.Tx, v ingest.Version) error {
	if err := lockKeys(ctx, tx, v); err != nil {
		return err
	}
	document, current, err := lockDocument(ctx, tx, v)
	if err != nil {
		return err
	}
	if bytes.Equal(current, v.Hash) {
		return changed(ctx, tx) // who may see it, or from when, may be another
	}
	if current != nil {
		if err := retire(ctx, tx, []int64{document}); err != nil {
			return err
		}
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
	if err := recordChange(ctx, tx, []int64{document}, 1); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE documents SET version = $2, passages = $3, date = $4, superseded_by = NULL, withdrawn = NULL WHERE id = $1`,
		document, version, len(v.Passages), unlessZero(v.Document.Date))
	batch.Queue(`INSERT INTO ingest_changes DEFAULT VALUES`)
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("make the version current: %w", err)
	}
	if err := supersede(ctx, tx, document, current != nil, v); err != nil {
		return err
	}
	return changed(ctx, tx)
}

// lockDocument returns the document's row, made if new and locked either way, with its current hash.
func lockDocument(ctx context.Context, tx pgx.Tx, v ingest.Version) (id int64, hash []byte, err error) {
	var embargo *time.Time
	if !v.Embargo.IsZero() {
		embargo = &v.Embargo
	}
	bands := v.Bands
	if bands == nil {
		bands = []int64{}
	}
	err = tx.QueryRow(ctx, `
		INSERT INTO documents (event, source, kind, audience, embargo, parallel, canonical, supersedes, bands)
		VALUES (@event, @source, @kind, @audience, @embargo, @parallel, @canonical, @supersedes, @bands)
		ON CONFLICT (event, source) DO UPDATE
		SET kind = excluded.kind, audience = excluded.audience, embargo = excluded.embargo, parallel = excluded.parallel,
			canonical = excluded.canonical, supersedes = excluded.supersedes, bands = excluded.bands
		RETURNING id, (SELECT hash FROM versions WHERE id = coalesce(documents.version, CASE WHEN superseded_by IS NOT NULL THEN withdrawn END))`,
		pgx.NamedArgs{
			"event": v.Event, "source": v.Source, "kind": v.Kind, "audience": v.Audience, "embargo": embargo,
			"parallel": v.Document.Meta["parallel"], "canonical": v.Canonical, "supersedes": v.Supersedes, "bands": bands,
		}).Scan(&id, &hash)
	return id, hash, err
}

// retire takes the current versions of documents out of every search.
func retire(ctx context.Context, tx pgx.Tx, documents []int64) error {
	if err := recordChange(ctx, tx, documents, -1); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM embeddings WHERE document_id = ANY($1)`, documents); err != nil {
		return fmt.Errorf("remove vectors: %w", err)
	}
	if _, err := tx.Exec(ctx, `
		DELETE FROM sentences s USING passages p WHERE p.id = s.passage_id AND p.document_id = ANY($1)`, documents); err != nil {
		return fmt.Errorf("remove sentences: %w", err)
	}
	if _, err := tx.Exec(ctx, `
		UPDATE passages SET terms = NULL, gloss = NULL, names = NULL, bags = NULL WHERE document_id = ANY($1) AND terms IS NOT NULL`, documents); err != nil {
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
		INSERT INTO versions (document_id, hash, title, lang, date, text, blocks, warnings, batch, ingester, pipeline, model)
		VALUES (@document, @hash, @title, @lang, @date, @text, @blocks, @warnings, @batch, @ingester, @pipeline, @model)
		RETURNING id`,
		pgx.NamedArgs{
			"document": document, "hash": v.Hash, "title": v.Document.Title, "lang": v.Document.Lang, "date": date,
			"text": v.Document.Text, "blocks": blocks, "warnings": append([]string{}, v.Document.Warnings...),
			"batch": v.Origin.Batch, "ingester": v.Origin.Ingester, "pipeline": v.Origin.Pipeline, "model": v.Origin.Model,
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
					context, text, terms, gloss, names, length, gloss_length, bags)
				VALUES (@version, @document, @ordinal, @lang, @heading, @page, @start, @end,
					@context, @text, array_to_tsvector(@terms::text[]), array_to_tsvector(@gloss::text[]), array_to_tsvector(@names::text[]), @length, @gloss_length, @bags)
				RETURNING id, document_id)
			INSERT INTO embeddings (space_id, passage_id, document_id, lang, han, norm, embedding)
			SELECT @space::bigint, id, document_id, @lang, @han, @norm, @vector FROM passage`,
			pgx.StrictNamedArgs{
				"version": version, "document": document, "ordinal": i, "lang": string(p.Lang), "heading": p.Heading,
				"page": p.Page, "start": p.Start, "end": p.End, "context": p.Context, "text": p.Text,
				"terms": lexemes(p.Terms), "gloss": lexemes(p.Gloss), "names": lexemes(p.Names), "length": p.Length, "gloss_length": p.GlossLength, "bags": p.Bags,
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
			var state string
			err := tx.QueryRow(ctx, `SELECT revision, state FROM spaces WHERE id = $1 FOR SHARE`, p.Space).Scan(&revision, &state)
			switch {
			case errors.Is(err, pgx.ErrNoRows), err == nil && state == "gone":
				return retrieval.ErrStaleSpace
			case err != nil:
				return fmt.Errorf("read the space's revision: %w", err)
			case state != "active":
				return retrieval.ErrOtherModel
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
