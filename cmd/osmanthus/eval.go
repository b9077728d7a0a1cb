package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"osmanthus/ingest"
	"osmanthus/ingest/source"
	"osmanthus/retrieval"
	"osmanthus/retrieval/pgstore"
)

// evalCommand measures on files.
type evalCommand struct {
	Retrieval evalRetrievalCommand `cmd:"" help:"How often the passage that answers is found, by the languages of question and document."`
	Names     evalNamesCommand     `cmd:"" help:"How often a person is found by another writing of the name."`
	Answers   evalAnswersCommand   `cmd:"" help:"How often answers are right, wrongly refused and cited, and how often refusals are given."`
	Summaries evalSummariesCommand `cmd:"" help:"How much of the summaries that people wrote stands in ours."`
}

// evalRetrievalCommand takes a corpus into a schema of its own and searches it with every query.
type evalRetrievalCommand struct {
	Corpus  string         `required:"" help:"Corpus, JSON lines of id, lang, title, text, parallel."`
	Queries string         `required:"" help:"Queries, JSON lines of id, lang, text, relevant."`
	Pool    retrieval.Pool `default:"split" enum:"en,zh,both,split" help:"Which documents are searched: ${enum}. split keeps one language of each parallel pair."`
	JSON    bool           `name:"json" help:"Print one JSON object."`

	cacheFlag
}

// Run measures and prints.
func (c *evalRetrievalCommand) Run(ctx context.Context, p *program) error {
	corpus, err := readRows[retrieval.CorpusRow](c.Corpus)
	if err != nil {
		return err
	}
	queries, err := readRows[retrieval.QueryRow](c.Queries)
	if err != nil {
		return err
	}
	documents, err := c.Pool.Select(corpus)
	if err != nil {
		return err
	}
	return p.inScratch(ctx, func(a *app) error {
		if err := a.takeRows(ctx, documents, c.cacheFlag); err != nil {
			return err
		}
		searcher, err := a.searcher()
		if err != nil {
			return err
		}
		e := retrieval.Evaluation{Set: setName(c.Corpus), Pool: c.Pool, Space: a.space.Model}
		filter := retrieval.Filter{Audiences: publicOnly()}
		e.Results, e.SearchMS, e.EmbedMS, err = retrieval.Evaluate(ctx, searcher.Search, filter, documents, queries)
		if err != nil {
			return err
		}
		if c.JSON {
			return json.NewEncoder(p.stdout).Encode(e)
		}
		return printEvaluation(p.stdout, e)
	})
}

// inScratch opens everything on a schema of its own, which is dropped afterwards, and calls use.
func (p *program) inScratch(ctx context.Context, use func(*app) error) error {
	schema := "eval_" + strings.ToLower(rand.Text()[:12])
	a, err := p.open(ctx, needs{database: true, embedder: true, batch: true, schema: schema, migrate: true})
	if err != nil {
		return err
	}
	err = use(a)
	dropCtx, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	return errors.Join(err, pgstore.DropSchema(dropCtx, a.databaseURL, schema), a.Close())
}

// takeRows takes each row in as one document, as ingest would a file of its text.
func (a *app) takeRows(ctx context.Context, rows []retrieval.CorpusRow, cache cacheFlag) (err error) {
	embedder, closeCache, err := cache.cached(a.embedder)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closeCache()) }()
	indexer, err := retrieval.NewIndexer(a.space, a.store, embedder, a.dictionary)
	if err != nil {
		return err
	}
	for _, row := range rows {
		doc := source.Document{
			Title: row.Title, Lang: row.Lang, Text: row.Text,
			Blocks: []source.Block{{Kind: source.Paragraph, Start: 0, End: len(row.Text)}},
			Meta:   map[string]string{"parallel": row.Parallel},
		}
		passages, err := indexer.Index(ctx, ingest.Split(doc))
		if err != nil {
			return fmt.Errorf("take in %s: %w", row.ID, err)
		}
		version := ingest.Version{Source: row.ID, Audience: retrieval.Public, Hash: []byte(row.ID), Document: doc, Passages: passages}
		if err := a.store.Save(ctx, version); err != nil {
			return fmt.Errorf("take in %s: %w", row.ID, err)
		}
	}
	if err := (finisher{a}).Refresh(ctx); err != nil {
		return err
	}
	return retrieval.AddSentences(ctx, a.store, a.space, embedder, nil)
}

func readRows[T any](path string) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	defer f.Close()
	rows, err := retrieval.ReadRows[T](f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return rows, nil
}

// setName names a set by its folder and file: xquad/corpus.
func setName(path string) string {
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	return filepath.Base(filepath.Dir(abs)) + "/" + strings.TrimSuffix(filepath.Base(abs), filepath.Ext(abs))
}

func printEvaluation(w io.Writer, e retrieval.Evaluation) error {
	fmt.Fprintf(w, "%s, pool %s, space %s; search p50 %.1f ms p95 %.1f ms, embedding p50 %.1f ms p95 %.1f ms\n",
		e.Set, e.Pool, e.Space, e.SearchMS.P50, e.SearchMS.P95, e.EmbedMS.P50, e.EmbedMS.P95)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "question → document\tqueries\thit@1\thit@5\thit@10\tMRR@10\t")
	for _, r := range e.Results {
		fmt.Fprintf(table, "%s → %s\t%d\t%.3f\t%.3f\t%.3f\t%.3f\t\n", r.QueryLang, r.DocumentLang, r.Queries, r.Hit1, r.Hit5, r.Hit10, r.MRR10)
	}
	return table.Flush()
}
