// Command bench fills a corpus and measures searching it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"osmanthus/retrieval"
	"osmanthus/retrieval/embed"
	"osmanthus/retrieval/lang"
	"osmanthus/retrieval/pgstore"
)

func main() {
	passages := flag.Int("passages", 100_000, "passages")
	schema := flag.String("schema", "bench", "schema")
	flag.Parse()
	if err := run(context.Background(), *passages, *schema); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func env(n string) string { v, _ := os.LookupEnv(n); return v }

func run(ctx context.Context, passages int, schema string) error {
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	if err := pgstore.Migrate(ctx, env("TEST_DATABASE_URL"), schema, log); err != nil {
		return err
	}
	store, err := pgstore.Open(ctx, env("TEST_DATABASE_URL"), pgstore.Options{Schema: schema, Log: log})
	if err != nil {
		return err
	}
	defer store.Close()
	client, err := embed.New(embed.Config{BaseURL: env("TEST_EMBEDDING_BASE_URL"), Key: env("TEST_EMBEDDING_API_KEY"), Model: env("TEST_EMBEDDING_MODEL")}, log)
	if err != nil {
		return err
	}
	home := env("OSMANTHUS_HOME")
	embedder, err := remember(client, filepath.Join(home, "bench-vectors.gob"))
	if err != nil {
		return err
	}
	dict, err := lang.OpenDictionary(filepath.Join(home, "parts", "dictionary.bin"))
	if err != nil {
		return err
	}
	space, err := retrieval.OpenSpace(ctx, store, embedder)
	if err != nil {
		return err
	}
	real, err := readReal("../shared/eval")
	if err != nil {
		return err
	}
	if passages > 0 {
		f, err := fill(ctx, store, space, embedder, dict, real, "../shared/eval", passages)
		fmt.Printf("%+v\n", f)
		if err != nil {
			return err
		}
	}
	if os.Getenv("INDEX") != "" {
		start := time.Now()
		err := store.IndexVectors(ctx)
		fmt.Println("index", time.Since(start), err)
	}
	exact, err := pgstore.Open(ctx, env("TEST_DATABASE_URL"), pgstore.Options{Schema: schema, Log: log, Exact: true})
	if err != nil {
		return err
	}
	defer exact.Close()
	searcher, err := retrieval.NewSearcher(store, space, store, embedder, dict, log, time.Now)
	if err != nil {
		return err
	}
	filter := retrieval.Filter{Audiences: []retrieval.Audience{retrieval.Public}}
	if os.Getenv("HITS") != "" {
	e, s, _, err := retrieval.Evaluate(ctx, searcher.Search, filter, real.rows, real.queries[:120])
	fmt.Printf("%+v\n%+v %v\n", e, s, err)
	}
	embedder.save()
	if os.Getenv("DENSE") != "" {
	qs, err := embedQuestions(ctx, space, embedder, real.queries[:100])
	if err != nil {
		return err
	}
	for _, share := range []string{"", "10%", "1%", "0.1%"} {
		filter.Event = share
		f, err := dense(ctx, store, exact, space, qs, filter)
		fmt.Printf("dense event %s %+v %v\n", share, f, err)
	}
	filter.Event = ""
	}
	if os.Getenv("LOAD") != "" {
	for _, c := range []int{1,2,4,8} {
		rate, err := throughput(ctx, searcher.Search, real.queries, filter, c, 5*time.Second)
		fmt.Println(c, "clients", rate, err)
	}
	}
	return nil
}
