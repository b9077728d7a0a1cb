package pgstore

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/pgvector/pgvector-go"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// visible is the filter that stands inside every arm: default deny, current versions only. p is a passage, d its
// document.
const visible = `d.version = p.version_id
	AND d.audience = ANY(@audiences)
	AND (d.embargo IS NULL OR d.embargo <= @now OR 'staff' = ANY(@audiences))
	AND (@event = '' OR d.event = @event)
	AND (@kind = '' OR d.kind = @kind)`

// Candidates asks every arm in one statement.
func (s *Store) Candidates(ctx context.Context, q retrieval.CandidateQuery) ([]retrieval.Candidate, error) {
	args := filterArgs(q.Filter)
	args["space"], args["dense_limit"], args["lexical_limit"] = q.Space, q.DenseLimit, q.LexicalLimit
	var arms []string
	similarity := "NULL::float8"
	if q.Vector != nil {
		args["vector"] = pgvector.NewHalfVector(q.Vector)
		similarity = "-(e.embedding <#> @vector)"
		for _, l := range []lang.Lang{lang.English, lang.Chinese} {
			arms = append(arms, fmt.Sprintf(`
				(SELECT e.passage_id AS id FROM embeddings e
				JOIN passages p ON p.id = e.passage_id JOIN documents d ON d.id = p.document_id
				WHERE e.space_id = @space AND e.lang = '%s' AND %s
				ORDER BY e.embedding <#> @vector LIMIT @dense_limit)`, l, visible))
		}
	}
	for i, lq := range q.Lexical {
		column, err := lexicalColumn(lq.Field)
		if err != nil {
			return nil, err
		}
		terms, weights := make([]string, 0, len(lq.Terms)), make([]float64, 0, len(lq.Terms))
		for _, t := range lq.Terms {
			if t.Term != "" && len(t.Term) <= maxLexeme {
				terms, weights = append(terms, quotedLexeme(t.Term)), append(weights, t.Weight)
			}
		}
		if len(terms) == 0 {
			continue
		}
		args[fmt.Sprintf("terms%d", i)], args[fmt.Sprintf("weights%d", i)], args[fmt.Sprintf("lang%d", i)] = terms, weights, string(lq.Lang)
		arms = append(arms, fmt.Sprintf(`
			(SELECT p.id FROM unnest(@terms%[1]d::text[], @weights%[1]d::float8[]) AS t (term, weight)
			JOIN passages p ON p.%[2]s @@ t.term::tsquery JOIN documents d ON d.id = p.document_id
			WHERE p.lang = @lang%[1]d AND %[3]s
			GROUP BY p.id ORDER BY sum(t.weight) DESC, p.id LIMIT @lexical_limit)`, i, column, visible))
	}
	if len(arms) == 0 {
		return nil, nil
	}
	rows, err := s.pool.Query(ctx, `
		SELECT p.id, p.document_id, p.version_id, p.ordinal, p.lang, v.title, p.heading, p.page, p.text, p.start_byte, p.end_byte,
			p.context, d.source, d.event, d.audience, d.embargo, d.parallel, octet_length(v.text), `+similarity+`, (SELECT revision FROM spaces WHERE id = @space)
		FROM (`+strings.Join(arms, " UNION ")+`) AS c
		JOIN passages p ON p.id = c.id
		JOIN documents d ON d.id = p.document_id
		JOIN versions v ON v.id = p.version_id
		LEFT JOIN embeddings e ON e.passage_id = p.id AND e.space_id = @space`, args)
	if err != nil {
		return nil, fmt.Errorf("select candidates: %w", err)
	}
	candidates, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (retrieval.Candidate, error) {
		var c retrieval.Candidate
		var similarity *float64
		var revision *int
		var embargo *time.Time
		err := row.Scan(&c.ID, &c.Document, &c.Version, &c.Ordinal, &c.Lang, &c.Title, &c.Heading, &c.Page, &c.Text, &c.Start, &c.End,
			&c.Context, &c.Source, &c.Event, &c.Audience, &embargo, &c.Parallel, &c.Length, &similarity, &revision)
		if embargo != nil {
			c.Embargo = *embargo
		}
		c.Similarity = math.NaN()
		if similarity != nil {
			c.Similarity = *similarity
		}
		if err == nil && q.Vector != nil && revision != nil && *revision != q.Revision {
			return c, retrieval.ErrStaleSpace
		}
		return c, err
	})
	if err != nil {
		return nil, fmt.Errorf("select candidates: %w", err)
	}
	return candidates, nil
}

// filterArgs are visible's arguments. No audience sees nothing.
func filterArgs(f retrieval.Filter) pgx.NamedArgs {
	audiences := make([]string, len(f.Audiences))
	for i, a := range f.Audiences {
		audiences[i] = string(a)
	}
	now := f.Now
	if now.IsZero() {
		now = time.Now()
	}
	return pgx.NamedArgs{"audiences": audiences, "now": now, "event": f.Event, "kind": f.Kind}
}

func lexicalColumn(f retrieval.Field) (string, error) {
	switch f {
	case retrieval.FieldTerms, retrieval.FieldGloss, retrieval.FieldNames:
		return string(f), nil
	}
	return "", fmt.Errorf("field %q is not a lexical one", f)
}

// quotedLexeme writes a term so that tsquery's reader takes it as it is.
func quotedLexeme(term string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `''`).Replace(term) + "'"
}

// Stats returns the figures of the last Refresh.
func (s *Store) Stats(ctx context.Context, terms []string) (retrieval.Stats, error) {
	stats := retrieval.Stats{
		Fields:    make(map[retrieval.FieldKey]retrieval.FieldStats),
		Documents: make(map[retrieval.TermKey]int),
	}
	rows, err := s.pool.Query(ctx, `
		SELECT field, lang, NULL, passages, mean_length FROM field_stats
		UNION ALL
		SELECT field, lang, term, documents, 0 FROM term_stats WHERE term = ANY($1)`, terms)
	if err != nil {
		return stats, fmt.Errorf("read term figures: %w", err)
	}
	var key retrieval.FieldKey
	var term *string
	var count int
	var mean float64
	_, err = pgx.ForEachRow(rows, []any{&key.Field, &key.Lang, &term, &count, &mean}, func() error {
		if term == nil {
			stats.Fields[key] = retrieval.FieldStats{Passages: count, MeanLength: mean}
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
