package pgstore

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"osmanthus/retrieval"
)

// The term figures are sums. Every transaction that takes passages into the search or out of it writes what it changes
// to term_changes, and Refresh adds that up: no transaction waits for another over a common word, and a new document
// costs what it holds, not what the corpus holds.

// foldedChanges is how many rows of term_changes are added up at a time: a document writes up to three, a bulk load
// three a batch of documents.
const foldedChanges = 300

// recordChange writes down the current passages of documents, as come (sign 1) or about to go (sign -1).
func recordChange(ctx context.Context, tx pgx.Tx, documents []int64, sign int) error {
	// A table that Postgres has not analysed yet has 200 documents for all the planner knows, so it would read all of it
	// for the passages of a few.
	if _, err := tx.Exec(ctx, `SET LOCAL enable_seqscan = off`); err != nil {
		return err
	}
	for _, field := range []struct{ name, column, length, condition string }{
		{"terms", "p.terms", "p.length", ""},
		{"gloss", "p.gloss", "p.gloss_length", "AND p.lang = 'zh'"},
		{"names", "p.names", "coalesce(length(p.names), 0)", ""},
	} {
		_, err := tx.Exec(ctx, `
			INSERT INTO term_changes (field, lang, passages, length, terms, documents)
			WITH changed AS MATERIALIZED (
				SELECT p.lang, `+field.column+` AS terms, `+field.length+` AS length FROM passages p
				WHERE p.document_id = ANY($1) AND p.terms IS NOT NULL `+field.condition+`),
			counts AS (
				SELECT c.lang, t.term, count(*) AS documents
				FROM changed c CROSS JOIN LATERAL unnest(tsvector_to_array(c.terms)) AS t (term) GROUP BY c.lang, t.term),
			terms AS (SELECT lang, array_agg(term) AS terms, array_agg($2 * documents) AS documents FROM counts GROUP BY lang)
			SELECT '`+field.name+`', s.lang, $2 * s.passages, $2 * s.length, coalesce(t.terms, '{}'), coalesce(t.documents, '{}')
			FROM (SELECT lang, count(*) AS passages, sum(length) AS length FROM changed GROUP BY lang) AS s
			LEFT JOIN terms t ON t.lang = s.lang`, documents, sign)
		if err != nil {
			return fmt.Errorf("record the change of terms: %w", err)
		}
	}
	return nil
}

// Refresh brings the term figures up to date with every change committed before it. Readers see the old ones until it
// is done; two at once take turns.
func (s *Store) Refresh(ctx context.Context) error {
	for {
		folded := int64(0)
		err := s.inTx(ctx, func(tx pgx.Tx) error {
			if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1::int, hashtext(current_schema()))`, lockRefresh); err != nil {
				return err
			}
			// Changes that are not committed yet are not seen here, and not deleted.
			err := tx.QueryRow(ctx, `
				WITH gone AS (
					DELETE FROM term_changes WHERE id IN (SELECT id FROM term_changes ORDER BY id LIMIT $1)
					RETURNING field, lang, passages, length, terms, documents),
				words AS (
					INSERT INTO term_stats AS s (term, field, lang, documents)
					SELECT t.term, g.field, g.lang, sum(t.documents) FROM gone g CROSS JOIN LATERAL unnest(g.terms, g.documents) AS t (term, documents)
					GROUP BY 1, 2, 3 HAVING sum(t.documents) <> 0
					ON CONFLICT (term, field, lang) DO UPDATE SET documents = s.documents + excluded.documents),
				fields AS (
					INSERT INTO field_stats AS s (field, lang, passages, length)
					SELECT field, lang, sum(passages), sum(length) FROM gone GROUP BY 1, 2
					ON CONFLICT (field, lang) DO UPDATE SET passages = s.passages + excluded.passages, length = s.length + excluded.length)
				SELECT count(*) FROM gone`, foldedChanges).Scan(&folded)
			if err != nil || folded == 0 {
				return err
			}
			return changed(ctx, tx) // the figures weigh the answers
		})
		if err != nil {
			return fmt.Errorf("refresh term figures: %w", err)
		}
		if folded < foldedChanges {
			return s.analyse(ctx)
		}
	}
}

// analyse tells the planner of tables that have more than doubled since it last looked: Postgres does so by itself, but
// a minute later, and until then every join is planned for tables of nothing.
func (s *Store) analyse(ctx context.Context) error {
	var outgrown bool
	err := s.pool.QueryRow(ctx, `
		SELECT coalesce(sum(f.passages), 0) > 2 * greatest(c.reltuples, 0)
		FROM pg_class c LEFT JOIN field_stats f ON f.field = 'terms' WHERE c.oid = 'passages'::regclass GROUP BY c.reltuples`).Scan(&outgrown)
	if err == nil && outgrown {
		_, err = s.pool.Exec(ctx, `ANALYZE documents, versions, passages, embeddings`)
	}
	if err != nil {
		return fmt.Errorf("analyse the tables: %w", err)
	}
	return nil
}

// Stats returns the figures of the last Refresh.
func (s *Store) Stats(ctx context.Context, terms []string) (retrieval.Stats, error) {
	stats := retrieval.Stats{
		Fields:    make(map[retrieval.FieldKey]retrieval.FieldStats),
		Documents: make(map[retrieval.TermKey]int),
	}
	rows, err := s.pool.Query(ctx, `
		SELECT field, lang, NULL, passages, length FROM field_stats WHERE passages > 0
		UNION ALL
		SELECT field, lang, term, documents, 0 FROM term_stats WHERE term = ANY($1) AND documents > 0`, terms)
	if err != nil {
		return stats, fmt.Errorf("read term figures: %w", err)
	}
	var key retrieval.FieldKey
	var term *string
	var count int
	var length int64
	_, err = pgx.ForEachRow(rows, []any{&key.Field, &key.Lang, &term, &count, &length}, func() error {
		if term == nil {
			stats.Fields[key] = retrieval.FieldStats{Passages: count, MeanLength: float64(length) / float64(count)}
		} else {
			stats.Documents[retrieval.TermKey{FieldKey: key, Term: *term}] = count
		}
		return nil
	})
	if err != nil {
		return stats, fmt.Errorf("read term figures: %w", err)
	}
	return stats, nil
}
