// Command bench measures the store at size: it fills a corpus, searches it by the whole hybrid search and by the dense
// arms under filters, counts searches a second and memory, and writes the README's tables between the lines
// <!-- bench --> and <!-- /bench -->. Figures are kept as JSON in OSMANTHUS_HOME, so that the tables of one size stay when
// another is measured. `make bench` runs it with the embedded parts up.
//
//	bench [-passages N] [-questions N] [-peers PYTHON] [-keep] BINARY EVAL README…
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"time"

	"osmanthus/retrieval"
	"osmanthus/retrieval/embed"
	"osmanthus/retrieval/lang"
	"osmanthus/retrieval/pgstore"
)

func main() {
	passages := flag.Int("passages", 100_000, "passages in the corpus")
	peers := flag.String("peers", "", "Python with bench/requirements.txt: measure bench/peers.py on the same corpus")
	questions := flag.Int("questions", math.MaxInt, "ask only so many questions")
	keep := flag.Bool("keep", false, "keep the corpus's schema in the database")
	flag.Parse()
	if flag.NArg() < 3 {
		fmt.Fprintln(os.Stderr, "usage: bench [flags] BINARY EVAL README…")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	b := bench{passages: *passages, questions: *questions, peers: *peers, keep: *keep, binary: flag.Arg(0), folder: flag.Arg(1)}
	if err := b.run(ctx, flag.Args()[2:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// A bench is one run.
type bench struct {
	passages       int
	questions      int
	peers          string
	keep           bool
	binary, folder string

	database, schema, home string
	embedding              embed.Config
	log                    *slog.Logger
	store, exact           *pgstore.Store
	embedder               *remembering
	dictionary             *lang.Dictionary
	space                  retrieval.Space
	real                   realCorpus
}

// setting reads what `osmanthus local-exec` hands on.
func setting(name string) (string, error) {
	value, ok := os.LookupEnv(name)
	if !ok || value == "" {
		return "", fmt.Errorf("%s is not set: run `make bench`", name)
	}
	return value, nil
}

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func (b *bench) run(ctx context.Context, readmes []string) (err error) {
	if err := b.open(ctx); err != nil {
		return err
	}
	defer func() {
		b.store.Close()
		b.exact.Close()
		if !b.keep {
			err = errors.Join(err, pgstore.DropSchema(context.WithoutCancel(ctx), b.database, b.schema))
		}
	}()
	f := figures{Passages: b.passages, Cores: runtime.NumCPU(), Model: b.space.Model}
	if err := b.fillAndIndex(ctx, &f); err != nil {
		return err
	}
	if err := b.measure(ctx, &f); err != nil {
		return err
	}
	if err := f.write(b.home); err != nil {
		return err
	}
	if b.peers != "" {
		if err := b.measurePeers(ctx); err != nil {
			return err
		}
	}
	return writeTables(b.home, readmes)
}

func (b *bench) open(ctx context.Context) (err error) {
	for name, into := range map[string]*string{
		"TEST_DATABASE_URL": &b.database, "OSMANTHUS_HOME": &b.home, "TEST_EMBEDDING_BASE_URL": &b.embedding.BaseURL,
		"TEST_EMBEDDING_API_KEY": &b.embedding.Key, "TEST_EMBEDDING_MODEL": &b.embedding.Model,
	} {
		if *into, err = setting(name); err != nil {
			return err
		}
	}
	b.schema, b.log = fmt.Sprintf("bench_%d", b.passages), slog.New(slog.NewTextHandler(io.Discard, nil))
	if err := pgstore.DropSchema(ctx, b.database, b.schema); err != nil {
		return err
	}
	if err := pgstore.Migrate(ctx, b.database, b.schema, b.log); err != nil {
		return err
	}
	options := pgstore.Options{Schema: b.schema, MaxConns: 10, Log: b.log}
	if b.store, err = pgstore.Open(ctx, b.database, options); err != nil {
		return err
	}
	options.ExactUpTo = math.MaxInt
	if b.exact, err = pgstore.Open(ctx, b.database, options); err != nil {
		return err
	}
	client, err := embed.New(b.embedding, b.log)
	if err != nil {
		return err
	}
	if b.embedder, err = remember(client, filepath.Join(b.home, "bench-vectors.gob")); err != nil {
		return err
	}
	if b.dictionary, err = lang.OpenDictionary(filepath.Join(b.home, "parts", "dictionary.bin")); err != nil {
		return err
	}
	if b.space, err = retrieval.OpenSpace(ctx, b.store, b.embedder); err != nil {
		return err
	}
	b.real, err = readReal(b.folder)
	b.real.queries = b.real.queries[:min(len(b.real.queries), b.questions)]
	return err
}

func (b *bench) fillAndIndex(ctx context.Context, f *figures) error {
	say("filling %d passages", b.passages)
	filled, err := b.fill(ctx)
	if err != nil {
		return err
	}
	f.RowsPerSecond = float64(filled.Passages) / filled.Load.Seconds()
	f.RefreshSeconds = filled.Refresh.Seconds()
	say("building the vector indexes")
	start := time.Now()
	if err := b.store.IndexVectors(ctx); err != nil {
		return err
	}
	f.IndexSeconds = time.Since(start).Seconds()
	return nil
}

const (
	filteredQuestions = 50 // of each filter; looking at all of a million vectors takes a second each
	loadClients       = 8
	loadTime          = 15 * time.Second
)

func (b *bench) measure(ctx context.Context, f *figures) error {
	searcher, err := retrieval.NewSearcher(b.store, b.space, b.store, b.embedder, b.dictionary, b.log, time.Now)
	if err != nil {
		return err
	}
	public := retrieval.Filter{Audiences: []retrieval.Audience{retrieval.Public}}
	say("embedding the questions")
	questions, err := embedQuestions(ctx, b.space, b.embedder, b.real.queries)
	if err != nil {
		return err
	}
	if err := b.embedder.save(); err != nil {
		return err
	}
	say("searching with %d questions", len(questions))
	for _, rows := range [][]retrieval.QueryRow{b.real.queries[:min(100, len(b.real.queries))], b.real.queries} { // first to warm up
		var searched retrieval.Percentiles
		if f.Hits, searched, _, err = retrieval.Evaluate(ctx, searcher.Search, public, b.real.rows, rows); err != nil {
			return err
		}
		f.P50, f.P95 = searched.P50, searched.P95
	}
	say("counting searches a second")
	if f.Load, err = b.underLoad(ctx, searcher.Search, public); err != nil {
		return err
	}
	say("comparing with looking at all, under filters")
	day := public
	day.From, day.To = firstDate(), firstDate().AddDate(0, 0, dateRange/100-1)
	for _, filter := range []struct {
		share, name string
		filter      retrieval.Filter
	}{
		{"100 %", "", public},
		{"10 %", "event", with(public, "10%", "")}, {"1 %", "event", with(public, "1%", "")}, {"0.1 %", "event", with(public, "0.1%", "")},
		{"10 %", "kind", with(public, "", "10%")}, {"1 %", "kind", with(public, "", "1%")}, {"0.1 %", "kind", with(public, "", "0.1%")},
		{"1 %", "date", day},
		{"10 %", "audience", retrieval.Filter{Audiences: []retrieval.Audience{retrieval.Staff}}},
	} {
		figure, err := dense(ctx, b.store, b.exact, b.space, questions[:min(filteredQuestions, len(questions))], filter.filter)
		if err != nil {
			return err
		}
		f.Filters = append(f.Filters, filtered{filter.share, filter.name, figure})
		say("  %s of %s: %+v", filter.share, filter.name, figure)
	}
	say("measuring the memory of serve")
	f.ServeMB, err = b.serveMemory(ctx)
	return err
}

func with(f retrieval.Filter, event, kind string) retrieval.Filter {
	f.Event, f.Kind = event, kind
	return f
}

// measurePeers exports the corpus and runs each of the others in a process of its own.
func (b *bench) measurePeers(ctx context.Context) error {
	folder := filepath.Join(b.home, "bench-export")
	say("exporting the corpus")
	if err := b.export(ctx, folder); err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	for _, name := range []string{"langchain", "llamaindex"} {
		say("measuring %s", name)
		command := exec.CommandContext(ctx, b.peers, "bench/peers.py", name, folder, b.database)
		var out bytes.Buffer
		command.Stdout, command.Stderr = &out, os.Stderr
		if err := command.Run(); err != nil {
			return fmt.Errorf("bench/peers.py %s: %w", name, err)
		}
		var p peer
		if err := json.Unmarshal(out.Bytes(), &p); err != nil {
			return fmt.Errorf("read what bench/peers.py %s printed: %w", name, err)
		}
		if err := os.WriteFile(filepath.Join(b.home, "bench-peer-"+name+".json"), out.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
