package pgstore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/pgvector/pgvector-go"

	"osmanthus/ingest"
)

// Load stores documents that are not there yet, all in one transaction and by COPY: what Save does, for a first load of
// many. A document that is there already is an error, and then none is stored.
func (s *Store) Load(ctx context.Context, versions []ingest.Version) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		passages := 0
		for _, v := range versions {
			if err := checkRevisions(ctx, tx, v.Passages); err != nil {
				return err
			}
			passages += len(v.Passages)
		}
		l := load{tx: tx, versions: versions}
		var err error
		if l.documents, err = newIDs(ctx, tx, "documents", len(versions)); err != nil {
			return err
		}
		if l.ids, err = newIDs(ctx, tx, "versions", len(versions)); err != nil {
			return err
		}
		if l.passages, err = newIDs(ctx, tx, "passages", passages); err != nil {
			return err
		}
		for _, step := range []func(context.Context) error{l.copyDocuments, l.copyVersions, l.copyPassages, l.copyEmbeddings} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		// A document and its version name each other, so one of them comes first without the other.
		if _, err := tx.Exec(ctx, `
			UPDATE documents d SET version = v.id FROM unnest($1::bigint[], $2::bigint[]) AS v (document, id) WHERE d.id = v.document`,
			l.documents, l.ids); err != nil {
			return err
		}
		for i, v := range versions {
			if err := insertFacts(ctx, tx, l.documents[i], l.ids[i], v.Document.Text, v.Facts); err != nil {
				return err
			}
		}
		if err := recordChange(ctx, tx, l.documents, 1); err != nil {
			return err
		}
		return changed(ctx, tx)
	})
	if err != nil {
		return fmt.Errorf("load %d documents: %w", len(versions), err)
	}
	return nil
}

// A load is one call of Load with the ids its rows get.
type load struct {
	tx                       pgx.Tx
	versions                 []ingest.Version
	documents, ids, passages []int64 // of the versions' documents, of the versions, of all passages in their order
}

func newIDs(ctx context.Context, tx pgx.Tx, table string, n int) ([]int64, error) {
	rows, err := tx.Query(ctx, `
		SELECT nextval(pg_get_serial_sequence($1, 'id')) FROM generate_series(1, $2)`, table, n)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int64])
}

func (l load) copyDocuments(ctx context.Context) error {
	return l.copy(ctx, "documents", []string{"id", "event", "source", "kind", "audience", "embargo", "parallel", "passages", "date"}, len(l.versions),
		func(i int) ([]any, error) {
			v := l.versions[i]
			return []any{l.documents[i], v.Event, v.Source, v.Kind, string(v.Audience), unlessZero(v.Embargo), v.Document.Meta["parallel"],
				len(v.Passages), unlessZero(v.Document.Date)}, nil
		})
}

func (l load) copyVersions(ctx context.Context) error {
	return l.copy(ctx, "versions", []string{"id", "document_id", "hash", "title", "lang", "date", "text", "blocks", "warnings"}, len(l.versions),
		func(i int) ([]any, error) {
			v := l.versions[i]
			blocks, err := json.Marshal(v.Document.Blocks)
			if err != nil {
				return nil, fmt.Errorf("encode blocks: %w", err)
			}
			return []any{l.ids[i], l.documents[i], v.Hash, v.Document.Title, string(v.Document.Lang), unlessZero(v.Document.Date), v.Document.Text,
				blocks, append([]string{}, v.Document.Warnings...)}, nil
		})
}

func (l load) copyPassages(ctx context.Context) error {
	version, n := 0, 0
	return l.copy(ctx, "passages", []string{"id", "version_id", "document_id", "ordinal", "lang", "heading", "page", "start_byte", "end_byte",
		"context", "text", "terms", "gloss", "names", "length", "gloss_length", "bags"}, len(l.passages),
		func(i int) ([]any, error) {
			for n == len(l.versions[version].Passages) {
				version, n = version+1, 0
			}
			p := l.versions[version].Passages[n]
			row := []any{l.passages[i], l.ids[version], l.documents[version], n, string(p.Lang), p.Heading, p.Page, p.Start, p.End,
				p.Context, p.Text, tsvector(p.Terms), tsvector(p.Gloss), tsvector(p.Names), p.Length, p.GlossLength, p.Bags}
			n++
			return row, nil
		})
}

func (l load) copyEmbeddings(ctx context.Context) error {
	version, n := 0, 0
	return l.copy(ctx, "embeddings", []string{"space_id", "passage_id", "document_id", "lang", "han", "norm", "embedding"}, len(l.passages),
		func(i int) ([]any, error) {
			for n == len(l.versions[version].Passages) {
				version, n = version+1, 0
			}
			p := l.versions[version].Passages[n]
			n++
			return []any{p.Space, l.passages[i], l.documents[version], string(p.Lang), float32(p.Han), float32(p.Norm), pgvector.NewHalfVector(p.Vector)}, nil
		})
}

func (l load) copy(ctx context.Context, table string, columns []string, n int, row func(int) ([]any, error)) error {
	if _, err := l.tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromSlice(n, row)); err != nil {
		return fmt.Errorf("copy %s: %w", table, err)
	}
	return nil
}

func tsvector(terms []string) pgtype.TSVector {
	v := pgtype.TSVector{Valid: true}
	for _, t := range lexemes(terms) {
		v.Lexemes = append(v.Lexemes, pgtype.TSVectorLexeme{Word: t})
	}
	return v
}

func unlessZero(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
