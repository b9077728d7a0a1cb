// Command webbench measures the web side of the program: the first byte of the page and of a stream, many answers that
// stream at once, and readers that stall. It runs the real `osmanthus serve` on a schema of its own, with a chat model and
// an embedder that are fakes in this process, so that neither is what is measured, and writes the README's table between
// the lines <!-- webbench --> and <!-- /webbench -->. `make bench-web` runs it with the embedded parts up.
//
//	webbench [-streams N] [-stalled N] [-steady TIME] [-paint=false] BINARY README…
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"runtime"
	"time"

	"osmanthus/retrieval/pgstore"
)

func main() {
	var b bench
	flag.IntVar(&b.streams, "streams", 500, "answers that stream at once")
	flag.IntVar(&b.stalled, "stalled", 1000, "readers that take nothing")
	flag.DurationVar(&b.steady, "steady", 30*time.Second, "how long all streams are watched; an answer may take two minutes")
	flag.BoolVar(&b.paint, "paint", true, "measure the page's largest paint in Chromium")
	flag.Parse()
	if flag.NArg() < 1 {
		fmt.Fprintln(os.Stderr, "usage: webbench [flags] BINARY README…")
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	b.binary = flag.Arg(0)
	if err := b.run(ctx, flag.Args()[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "webbench:", err)
		os.Exit(1)
	}
}

// A bench is one run.
type bench struct {
	binary           string
	streams, stalled int
	steady           time.Duration
	paint            bool

	database string // with the schema
	numbers  numbers
	fakes    *fakes
	server   *server
}

// schema is the bench's own; it is dropped before and after.
const schema = "webbench"

// few is the number of chats of the test that others publish (Tencent/WeKnora issue 996).
const few = 100

func say(format string, args ...any) { fmt.Fprintf(os.Stderr, format+"\n", args...) }

func (b *bench) run(ctx context.Context, readmes []string) (err error) {
	database, ok := os.LookupEnv("TEST_DATABASE_URL") // from `osmanthus local-exec`
	if !ok || database == "" {
		return errors.New("TEST_DATABASE_URL is not set: run `make bench-web`")
	}
	if b.database, err = inSchema(database, schema); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	if err := pgstore.DropSchema(ctx, database, schema); err != nil {
		return err
	}
	if err := pgstore.Migrate(ctx, database, schema, log); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, pgstore.DropSchema(context.WithoutCancel(ctx), database, schema)) }()
	if b.fakes, err = newFakes(); err != nil {
		return err
	}
	defer b.fakes.Close()
	say("taking documents in")
	if err := b.ingest(ctx); err != nil {
		return err
	}
	if b.server, err = b.serve(ctx); err != nil {
		return err
	}
	defer b.server.Close()
	f := figures{Cores: runtime.NumCPU(), Load: loadAverage()}
	say("the page's first byte")
	if f.Page, err = b.server.page(ctx, 200); err != nil {
		return err
	}
	say("a stream's first byte")
	if f.FirstEvent, err = b.firstEvents(ctx, 200); err != nil {
		return err
	}
	if b.paint {
		say("the largest paint")
		if f.Paint, err = largestPaint(ctx, b.server.address); err != nil {
			return err
		}
	}
	for _, n := range []int{few, b.streams} {
		say("%d streams", n)
		s, err := b.stream(ctx, n, 0)
		if err != nil {
			return err
		}
		say("  %+v", s)
		f.Streams = append(f.Streams, s)
	}
	say("%d streams beside %d readers that take nothing", few, b.stalled)
	s, err := b.stream(ctx, few, b.stalled)
	if err != nil {
		return err
	}
	say("  %+v", s)
	f.Streams = append(f.Streams, s)
	say("%+v", f)
	for _, path := range readmes {
		if err := f.write(path); err != nil {
			return err
		}
	}
	return nil
}
