package retrieval

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io"
	"math"
	"slices"
	"time"

	"osmanthus/retrieval/lang"
)

// A CorpusRow is one document of an evaluation corpus.
type CorpusRow struct {
	ID       string    `json:"id"`
	Lang     lang.Lang `json:"lang"`
	Title    string    `json:"title"`
	Text     string    `json:"text"`
	Parallel string    `json:"parallel,omitempty"` // id of the other language's version
}

// A QueryRow is one question of an evaluation set, with the ids of the documents that answer it.
type QueryRow struct {
	ID       string    `json:"id"`
	Group    string    `json:"group"`
	Lang     lang.Lang `json:"lang"`
	Text     string    `json:"text"`
	Answers  []string  `json:"answers"`
	Relevant []string  `json:"relevant"`
}

// ReadRows reads JSON lines.
func ReadRows[T any](r io.Reader) ([]T, error) {
	scanner := bufio.NewScanner(r)
	scanner.Buffer(make([]byte, 1<<16), 1<<26)
	var rows []T
	for line := 1; scanner.Scan(); line++ {
		if len(scanner.Bytes()) == 0 {
			continue
		}
		var row T
		if err := json.Unmarshal(scanner.Bytes(), &row); err != nil {
			return nil, fmt.Errorf("line %d: %w", line, err)
		}
		rows = append(rows, row)
	}
	return rows, scanner.Err()
}

// A Pool says which documents of a corpus are searched.
type Pool string

// The pools.
const (
	PoolEnglish Pool = "en"
	PoolChinese Pool = "zh"
	PoolBoth    Pool = "both"
	// PoolSplit keeps one version of each parallel pair, as a real bilingual archive has it: FNV-1a 32 of the smaller
	// id, even → English stays, odd → Chinese stays.
	PoolSplit Pool = "split"
)

// Select returns the rows of the pool.
func (p Pool) Select(rows []CorpusRow) ([]CorpusRow, error) {
	var keep func(CorpusRow) bool
	switch p {
	case PoolEnglish, PoolChinese:
		keep = func(c CorpusRow) bool { return string(c.Lang) == string(p) }
	case PoolBoth:
		keep = func(CorpusRow) bool { return true }
	case PoolSplit:
		keep = func(c CorpusRow) bool {
			if c.Parallel == "" {
				return true
			}
			h := fnv.New32a()
			io.WriteString(h, min(c.ID, c.Parallel))
			return (h.Sum32()%2 == 0) == (c.Lang == lang.English)
		}
	default:
		return nil, fmt.Errorf("pool %q is none of en, zh, both, split", p)
	}
	return slices.DeleteFunc(slices.Clone(rows), func(c CorpusRow) bool { return !keep(c) }), nil
}

// An Evaluation is the outcome of searching a pool with every query.
type Evaluation struct {
	Set      string       `json:"set"`
	Pool     Pool         `json:"pool"`
	Space    string       `json:"space"`
	Results  []PairResult `json:"results"`
	SearchMS Percentiles  `json:"search_ms"`
	EmbedMS  Percentiles  `json:"embed_ms"`
}

// A PairResult is the quality from one language of questions to one of documents, shares from 0 to 1.
type PairResult struct {
	QueryLang    lang.Lang `json:"query_lang"`
	DocumentLang lang.Lang `json:"document_lang"`
	Queries      int       `json:"queries"`
	Hit1         float64   `json:"hit1"`
	Hit5         float64   `json:"hit5"`
	Hit10        float64   `json:"hit10"`
	MRR10        float64   `json:"mrr10"`
}

// Percentiles of a duration in milliseconds.
type Percentiles struct {
	P50 float64 `json:"p50"`
	P95 float64 `json:"p95"`
}

// evaluatedPassages is how many passages are asked for, so that ten documents are among them.
const evaluatedPassages = 50

// Evaluate asks search every query and scores where a relevant document of each language stands among the first ten
// documents. documents are the searched rows; a hit's Source is its row's id.
func Evaluate(ctx context.Context, search func(context.Context, Query) (Result, error), filter Filter, documents []CorpusRow, queries []QueryRow) ([]PairResult, Percentiles, Percentiles, error) {
	languageOf := make(map[string]lang.Lang, len(documents))
	for _, d := range documents {
		languageOf[d.ID] = d.Lang
	}
	type pair struct{ query, document lang.Lang }
	sums := make(map[pair]*PairResult)
	var searched, embedded []time.Duration
	for _, q := range queries {
		relevant := make(map[lang.Lang][]string)
		for _, id := range q.Relevant {
			if l, ok := languageOf[id]; ok {
				relevant[l] = append(relevant[l], id)
			}
		}
		if len(relevant) == 0 {
			continue
		}
		result, err := search(ctx, Query{Text: q.Text, Lang: q.Lang, Filter: filter, Limit: evaluatedPassages})
		if err != nil {
			return nil, Percentiles{}, Percentiles{}, fmt.Errorf("query %s: %w", q.ID, err)
		}
		searched, embedded = append(searched, result.Search), append(embedded, result.Embed)
		ranking := distinctSources(result.Hits)
		for l, ids := range relevant {
			r := sums[pair{q.Lang, l}]
			if r == nil {
				r = &PairResult{QueryLang: q.Lang, DocumentLang: l}
				sums[pair{q.Lang, l}] = r
			}
			r.Queries++
			r.add(slices.IndexFunc(ranking, func(id string) bool { return slices.Contains(ids, id) }))
		}
	}
	var results []PairResult
	for _, p := range []pair{{"en", "en"}, {"zh", "zh"}, {"zh", "en"}, {"en", "zh"}} {
		if r := sums[p]; r != nil {
			results = append(results, r.shares())
		}
	}
	return results, percentiles(searched), percentiles(embedded), nil
}

// distinctSources is the ranking of documents: each at its best passage, what is folded into a hit right after it.
func distinctSources(hits []Hit) []string {
	var ranking []string
	for _, h := range hits {
		for _, same := range append([]Hit{h}, h.Same...) {
			if !slices.Contains(ranking, same.Source) {
				ranking = append(ranking, same.Source)
			}
		}
	}
	return ranking[:min(len(ranking), 10)]
}

func (r *PairResult) add(rank int) {
	if rank < 0 || rank >= 10 {
		return
	}
	r.Hit10++
	r.MRR10 += 1 / float64(rank+1)
	if rank < 5 {
		r.Hit5++
	}
	if rank == 0 {
		r.Hit1++
	}
}

func (r PairResult) shares() PairResult {
	n := float64(r.Queries)
	r.Hit1, r.Hit5, r.Hit10, r.MRR10 = r.Hit1/n, r.Hit5/n, r.Hit10/n, r.MRR10/n
	return r
}

func percentiles(ds []time.Duration) Percentiles {
	if len(ds) == 0 {
		return Percentiles{}
	}
	slices.Sort(ds)
	at := func(share float64) float64 {
		i := int(math.Ceil(share*float64(len(ds)))) - 1
		return math.Round(float64(ds[i].Microseconds())/10) / 100
	}
	return Percentiles{P50: at(0.5), P95: at(0.95)}
}
