// Command bench fills a corpus and measures searching it.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
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
	exact, err := pgstore.Open(ctx, env("TEST_DATABASE_URL"), pgstore.Options{Schema: schema, Log: log, ExactUpTo: math.MaxInt})
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
	if os.Getenv("EXPLAIN") != "" {
		raw, _ := embedder.EmbedQueries(ctx, []string{real.queries[0].Text})
		v, _ := space.Centre(raw[0], 0, true)
		var ts []retrieval.WeightedTerm
		for _, t := range lang.Terms(real.queries[0].Text) {
			ts = append(ts, retrieval.WeightedTerm{t, 1})
		}
		fmt.Println(real.queries[0])
		fmt.Println(store.Explain(ctx, retrieval.CandidateQuery{Space: space.ID, Vector: v, Filter: filter, DenseLimit: 100, LexicalLimit: 100, Alone: 50,
			Lexical: []retrieval.LexicalQuery{{Field: "terms", Lang: real.queries[0].Lang, Terms: ts}}}))
	}
	if os.Getenv("CPU") != "" {
		n := 40
		if f := os.Getenv("PROF"); f != "" {
			w, _ := os.Create(f)
			pprof.StartCPUProfile(w)
			defer pprof.StopCPUProfile()
		}
		for range 2 {
			a, b := cpuSelf(), cpuPostgres()
			for _, row := range real.queries[:n] {
				if _, err := searcher.Search(ctx, retrieval.Query{Text: row.Text, Lang: row.Lang, Filter: filter}); err != nil {
					return err
				}
			}
			fmt.Printf("cpu ms a search: self %.1f postgres %.1f\n", (cpuSelf()-a)/float64(n), (cpuPostgres()-b)/float64(n))
		}
	}
	if os.Getenv("LOAD") != "" {
		for _, c := range []int{1, 2, 4, 8} {
			rate, err := throughput(ctx, searcher.Search, real.queries, filter, c, 5*time.Second)
			fmt.Println(c, "clients", rate, err)
		}
	}
	return nil
}

func cpuSelf() float64 {
	var r syscall.Rusage
	syscall.Getrusage(0, &r)
	return float64(r.Utime.Sec+r.Stime.Sec)*1000 + float64(r.Utime.Usec+r.Stime.Usec)/1000
}

func cpuPostgres() float64 {
	sum := 0.0
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, f := range files {
		c, _ := os.ReadFile(f)
		if !strings.Contains(string(c), "(postgres)") {
			continue
		}
		cmd, _ := os.ReadFile(filepath.Dir(f) + "/cmdline")
		if !strings.Contains(string(cmd), os.Getenv("PGPORT_")) && os.Getenv("PGPORT_") != "" {
			continue
		}
		if !strings.Contains(string(cmd), "osmanthus osmanthus") {
			continue
		}
		parent, _ := os.Readlink(filepath.Dir(f) + "/cwd")
		if !strings.Contains(parent, "wt/scale") {
			continue
		}
		fields := strings.Fields(string(c[strings.LastIndex(string(c), ")")+1:]))
		u, _ := strconv.Atoi(fields[11])
		y, _ := strconv.Atoi(fields[12])
		sum += float64(u+y) * 10
	}
	return sum
}
