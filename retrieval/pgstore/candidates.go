package pgstore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
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
	AND (@kind = '' OR d.kind = @kind)
	AND (@from::date IS NULL OR d.date >= @from::date)
	AND (@to::date IS NULL OR d.date <= @to::date)`

// Candidates asks the arms in the way that plan chooses: the dense ones in one statement and the lexical ones in another,
// at the same time, and then reads what they found.
func (s *Store) Candidates(ctx context.Context, q retrieval.CandidateQuery) ([]retrieval.Candidate, error) {
	plan, err := s.plan(ctx, q)
	if err != nil {
		return nil, err
	}
	places, err := s.find(ctx, q, plan)
	if err == nil && plan.short(q, places) {
		// Of those that the index came upon, fewer than wanted pass the filter: look at all that do.
		plan.few = true
		places, err = s.find(ctx, q, plan)
	}
	if err != nil {
		return nil, fmt.Errorf("find candidates: %w", err)
	}
	candidates, err := s.candidates(ctx, q, chosen(places, q.Alone))
	if err != nil {
		return nil, fmt.Errorf("select candidates: %w", err)
	}
	return candidates, nil
}

// Explain returns how Postgres carries out the statements of Candidates' arms.
func (s *Store) Explain(ctx context.Context, q retrieval.CandidateQuery) (string, error) {
	plan, err := s.plan(ctx, q)
	if err != nil {
		return "", err
	}
	statements, args, err := arms(q, plan)
	if err != nil {
		return "", err
	}
	var lines []string
	for _, sql := range statements {
		err := s.withSettings(ctx, plan, "EXPLAIN (ANALYZE, BUFFERS) "+sql, args, func(rows pgx.Rows) error {
			more, err := pgx.CollectRows(rows, pgx.RowTo[string])
			lines = append(lines, more...)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("explain candidates: %w", err)
		}
	}
	return strings.Join(lines, "\n"), nil
}

// withSettings runs a statement under the plan's settings, in one round trip and one transaction.
func (s *Store) withSettings(ctx context.Context, plan searchPlan, sql string, args pgx.NamedArgs, use func(pgx.Rows) error) error {
	batch := &pgx.Batch{}
	for _, setting := range plan.settings() {
		batch.Queue(`SELECT set_config($1, $2, true)`, setting[0], setting[1])
	}
	batch.Queue(sql, args).Query(use)
	return s.pool.SendBatch(ctx, batch).Close()
}

// arms returns the statements of the dense and of the lexical arms, of those that there are: each gives the passages
// with their places in an arm.
func arms(q retrieval.CandidateQuery, plan searchPlan) ([]string, pgx.NamedArgs, error) {
	args := filterArgs(q.Filter)
	args["space"], args["dense_limit"], args["lexical_limit"] = q.Space, q.DenseLimit, q.LexicalLimit
	var dense, lexical []string
	if q.Vector != nil {
		args["vector"] = pgvector.NewHalfVector(q.Vector)
		for _, l := range languages() {
			dense = append(dense, plan.arm(q.Space, l))
		}
	}
	for i, lq := range q.Lexical {
		column, err := lexicalColumn(lq.Field)
		if err != nil {
			return nil, nil, err
		}
		if lookups := plan.words.lookups(lq); len(lookups) > 0 {
			lexical = append(lexical, lexicalArm(i, column, lq.Lang, plan.few, lookups, args))
		}
	}
	var statements []string
	for _, of := range [][]string{dense, lexical} {
		if len(of) > 0 {
			statements = append(statements, strings.Join(of, " UNION ALL "))
		}
	}
	return statements, args, nil
}

// A place is a passage's in one arm, from 1.
type place struct {
	Passage int64
	Place   int
	Lang    lang.Lang // of the dense arm; empty: a lexical arm
}

// find asks the arms.
func (s *Store) find(ctx context.Context, q retrieval.CandidateQuery, plan searchPlan) ([]place, error) {
	statements, args, err := arms(q, plan)
	if err != nil {
		return nil, err
	}
	found, failed := make([][]place, len(statements)), make([]error, len(statements))
	var group sync.WaitGroup
	for i, sql := range statements {
		group.Go(func() {
			failed[i] = s.withSettings(ctx, plan, sql, args, func(rows pgx.Rows) (err error) {
				found[i], err = pgx.CollectRows(rows, pgx.RowToStructByPos[place])
				return err
			})
		})
	}
	group.Wait()
	return slices.Concat(found...), errors.Join(failed...)
}

// chosen are the passages that several arms found, or one among its first alone; all where alone is 0.
func chosen(places []place, alone int) []int64 {
	times, first := make(map[int64]int), make(map[int64]int)
	for _, p := range places {
		if times[p.Passage]++; times[p.Passage] == 1 || p.Place < first[p.Passage] {
			first[p.Passage] = p.Place
		}
	}
	var ids []int64
	for id := range times {
		if alone == 0 || times[id] > 1 || first[id] <= alone {
			ids = append(ids, id)
		}
	}
	return ids
}

// candidates reads the passages of ids.
func (s *Store) candidates(ctx context.Context, q retrieval.CandidateQuery, ids []int64) ([]retrieval.Candidate, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	args := filterArgs(q.Filter)
	args["space"], args["ids"] = q.Space, ids
	similarity := "NULL::float8"
	if q.Vector != nil {
		args["vector"] = pgvector.NewHalfVector(q.Vector)
		similarity = "-(e.embedding <#> @vector)"
	}
	// What has been replaced since the arms were asked is left out, and a replaced calibration is noticed.
	rows, err := s.pool.Query(ctx, `
		SELECT p.id, p.document_id, p.version_id, p.ordinal, p.lang, v.title, p.heading, p.page, p.text, p.start_byte, p.end_byte,
			p.context, d.source, d.event, d.audience, d.embargo, d.parallel, octet_length(v.text), p.bags, `+similarity+`, (SELECT revision FROM spaces WHERE id = @space AND state <> 'gone')
		FROM unnest(@ids::bigint[]) AS c (id)
		JOIN passages p ON p.id = c.id
		JOIN documents d ON d.id = p.document_id AND `+visible+`
		JOIN versions v ON v.id = p.version_id
		LEFT JOIN embeddings e ON e.passage_id = p.id AND e.space_id = @space`, args)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (retrieval.Candidate, error) { return scanCandidate(row, q) })
}

func scanCandidate(row pgx.CollectableRow, q retrieval.CandidateQuery) (retrieval.Candidate, error) {
	var c retrieval.Candidate
	var similarity *float64
	var revision *int
	var embargo *time.Time
	err := row.Scan(&c.ID, &c.Document, &c.Version, &c.Ordinal, &c.Lang, &c.Title, &c.Heading, &c.Page, &c.Text, &c.Start, &c.End,
		&c.Context, &c.Source, &c.Event, &c.Audience, &embargo, &c.Parallel, &c.Length, &c.Bags, &similarity, &revision)
	if embargo != nil {
		c.Embargo = *embargo
	}
	c.Similarity = math.NaN()
	if similarity != nil {
		c.Similarity = *similarity
	}
	if err == nil && q.Vector != nil && (revision == nil || *revision != q.Revision) {
		return c, retrieval.ErrStaleSpace
	}
	return c, err
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
	return pgx.NamedArgs{
		"audiences": audiences, "now": now, "event": f.Event, "kind": f.Kind, "from": unlessZero(f.From), "to": unlessZero(f.To),
	}
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
