package pgstore

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/jackc/pgx/v5"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

func languages() []lang.Lang { return []lang.Lang{lang.English, lang.Chinese} }

const (
	// exactPassages is up to how many passages of both languages all are compared with the question: of a corpus, before
	// a language gets an index, and of what a filter leaves, before the index is asked. An index finds nearly all in a
	// time that hardly grows; looking at all finds all.
	exactPassages = 20_000
	// countedDocuments bounds the counting of what a filter leaves.
	countedDocuments = 5_000
	// searchWidth is hnsw.ef_search, how many candidates the index keeps while it searches; wideSearch is that of an index
	// of more than wideFrom vectors, where the same width finds less. See indexLinks for what is found.
	searchWidth = 200
	wideSearch  = 400
	wideFrom    = 200_000
)

// A searchPlan is how the arms are asked. The dense ones: by the vector index in the languages that have one, over all
// passages of the filter in the others and where the filter leaves few. The lexical ones: see wordFigures.
type searchPlan struct {
	dim     int
	indexed []lang.Lang
	few     bool // the filter leaves so few passages that looking at each is quicker
	words   wordFigures
}

// plan looks for indexes, counts what the filter leaves where there are some, and how frequent the words are.
func (s *Store) plan(ctx context.Context, q retrieval.CandidateQuery) (searchPlan, error) {
	p := searchPlan{dim: len(q.Vector), words: newWordFigures()}
	names := []string{}
	if q.Vector != nil && s.exactUpTo < math.MaxInt {
		for _, l := range languages() {
			names = append(names, vectorIndex(q.Space, l))
		}
	}
	terms := []string{}
	for _, lq := range q.Lexical {
		for _, t := range lq.Terms {
			terms = append(terms, t.Term)
		}
	}
	args := filterArgs(q.Filter)
	args["names"], args["documents"], args["terms"], args["space"] = names, countedDocuments, terms, q.Space
	batch := &pgx.Batch{}
	batch.Queue(`
		WITH found AS MATERIALIZED (
			SELECT coalesce(array_agg(c.relname::text), '{}') AS names FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
			WHERE i.indrelid = 'embeddings'::regclass AND i.indisvalid AND c.relname = ANY(@names)),
		seen AS (
			SELECT d.passages FROM documents d WHERE (SELECT names <> '{}' FROM found) AND d.passages > 0 AND `+permitted+` LIMIT @documents)
		SELECT (SELECT names FROM found), count(*), coalesce(sum(passages), 0), (SELECT revision FROM spaces WHERE id = @space AND state <> 'gone')
		FROM seen`, args).QueryRow(func(row pgx.Row) error {
		var found []string
		var documents, passages int
		var revision *int
		err := row.Scan(&found, &documents, &passages, &revision)
		if err == nil && q.Vector != nil && (revision == nil || *revision != q.Revision) {
			return retrieval.ErrStaleSpace
		}
		for _, l := range languages() {
			if slices.Contains(found, vectorIndex(q.Space, l)) {
				p.indexed = append(p.indexed, l)
			}
		}
		p.few = documents < countedDocuments && passages <= s.exactUpTo
		return err
	})
	batch.Queue(`
		SELECT field, lang, '', passages FROM field_stats
		UNION ALL
		SELECT field, lang, term, documents FROM term_stats WHERE term = ANY(@terms)`, args).Query(func(rows pgx.Rows) error {
		var key retrieval.TermKey
		var count int
		_, err := pgx.ForEachRow(rows, []any{&key.Field, &key.Lang, &key.Term, &count}, func() error {
			p.words[key] = count
			return nil
		})
		return err
	})
	if err := s.pool.SendBatch(ctx, batch).Close(); err != nil {
		return p, fmt.Errorf("plan the search: %w", err)
	}
	return p, nil
}

// vectorIndex is the name of the index of a space's vectors of one language.
func vectorIndex(space int64, l lang.Lang) string {
	return fmt.Sprintf("embeddings_hnsw_%d_%s", space, l)
}

func (p searchPlan) byIndex(l lang.Lang) bool { return !p.few && slices.Contains(p.indexed, l) }

// settings are what the statement's transaction is told where an index is asked. That the index is better than sorting
// what the filter leaves is known from counting, and the planner only guesses it; so it does of joins that read every
// document, not knowing how few rows will be asked for.
func (p searchPlan) settings() [][2]string {
	if p.few || len(p.indexed) == 0 {
		return nil
	}
	width := searchWidth
	for _, l := range p.indexed {
		if p.words[retrieval.TermKey{FieldKey: retrieval.FieldKey{Field: retrieval.FieldTerms, Lang: l}}] > wideFrom {
			width = wideSearch
		}
	}
	return [][2]string{
		{"hnsw.ef_search", strconv.Itoa(width)},
		{"hnsw.iterative_scan", "relaxed_order"},
		{"enable_seqscan", "off"},
		{"enable_sort", "off"},
		{"enable_hashjoin", "off"},
		{"enable_mergejoin", "off"},
	}
}

// short says whether an index gave fewer than were wanted: it is of at least exactUpTo passages, so the filter or the
// limit of its scan has kept it from finding more.
func (p searchPlan) short(q retrieval.CandidateQuery, places []place) bool {
	for _, l := range p.indexed {
		n := 0
		for _, found := range places {
			if found.Lang == l {
				n++
			}
		}
		if p.byIndex(l) && n < q.DenseLimit {
			return true
		}
	}
	return false
}

// arm is the dense arm of a language. By the index, ORDER BY repeats the indexed expression and WHERE the index's
// condition to the letter, or the planner would not see that it applies.
func (p searchPlan) arm(space int64, l lang.Lang) string {
	from, distance := "e.space_id = @space", "e.embedding"
	if p.byIndex(l) {
		from, distance = fmt.Sprintf("e.space_id = %d", space), fmt.Sprintf("e.embedding::halfvec(%d)", p.dim)
	}
	return fmt.Sprintf(`
		SELECT id, row_number() OVER (ORDER BY distance) AS place, '%[3]s' FROM (
			SELECT e.passage_id AS id, %[1]s <#> @vector AS distance FROM embeddings e JOIN documents d ON d.id = e.document_id
			WHERE %[2]s AND e.lang = '%[3]s' AND %[4]s
			ORDER BY %[1]s <#> @vector LIMIT @dense_limit) AS nearest`, distance, from, l, permitted)
}
