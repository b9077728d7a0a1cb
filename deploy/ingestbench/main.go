// Command ingestbench measures how fast documents are taken in: `make bench-ingest` runs it. It starts a private Postgres in
// a folder of its own, has the true binary work against a fast fake embedder, and prints a table and one JSON object. It
// measures the binary from outside, and the store, whose own limit it finds.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"text/tabwriter"
	"time"

	"osmanthus/retrieval/pgstore"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "ingestbench:", err)
		os.Exit(1)
	}
}

// The sizes of a full measurement.
const (
	unchangedDocuments = 10_000 // what the requirement is about
	memoryDocuments    = 20_000
	workerDocuments    = 2_000
	busyDocuments      = 150
)

// A report is what is printed. Times are in seconds, memory in MB.
type report struct {
	Cores     int             `json:"cores"`
	Unchanged unchangedReport `json:"unchanged"`
	Busy      busyReport      `json:"embedder_busy"`
	Workers   []workerReport  `json:"workers"`
	Database  databaseReport  `json:"database"`
	Memory    memoryReport    `json:"memory"`
}

// inside is the argument with which the program calls itself once the private Postgres runs; its address is the next.
const inside = "inside"

func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) < 3 {
		return errors.New("usage: ingestbench BINARY PARTS [SCALE]")
	}
	if args[1] == inside {
		return measure(ctx, args[2:], stdout, stderr)
	}
	return outside(ctx, args, stdout, stderr)
}

// outside makes a folder for a private Postgres, starts it with the binary and itself below it.
func outside(ctx context.Context, args []string, stdout, stderr io.Writer) (err error) {
	home, err := os.MkdirTemp("", "osmanthus-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(home)) }()
	if err := os.Chmod(home, 0o755); err != nil { // the private Postgres may run as another user
		return err
	}
	parts, err := filepath.Abs(args[2])
	if err != nil {
		return err
	}
	if err := os.Symlink(parts, filepath.Join(home, "parts")); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	binary, err := filepath.Abs(args[1])
	if err != nil {
		return err
	}
	scale := "1"
	if len(args) > 3 {
		scale = args[3]
	}
	// The shell hands the address of the database on: only cmd reads the environment.
	command := exec.CommandContext(ctx, binary, "local-exec", "--", "sh", "-c", `exec "$0" inside "$TEST_DATABASE_URL" "$1" "$2" "$3"`, self, binary, home, scale)
	command.Env = append(os.Environ(), "OSMANTHUS_HOME="+home)
	command.Stdout, command.Stderr = stdout, stderr
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	return command.Run()
}

// A bench is what all measurements share.
type bench struct {
	database string
	binary   string
	home     string
	scale    float64
	stderr   io.Writer
	log      *slog.Logger
	schemas  int
}

func measure(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	scale, err := strconv.ParseFloat(args[3], 64)
	if err != nil || scale <= 0 {
		return fmt.Errorf("the scale %q is no number above 0", args[3])
	}
	b := &bench{database: args[0], binary: args[1], home: args[2], scale: scale, stderr: stderr, log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	r := report{Cores: runtime.NumCPU()}
	for _, step := range []struct {
		name string
		do   func(context.Context) error
	}{
		{"unchanged documents", func(ctx context.Context) (err error) { r.Unchanged, err = b.unchanged(ctx); return err }},
		{"embedder busy", func(ctx context.Context) (err error) { r.Busy, err = b.busy(ctx); return err }},
		{"one worker and four", func(ctx context.Context) (err error) { r.Workers, err = b.workers(ctx, 1, 2, 4); return err }},
		{"the database alone", func(ctx context.Context) (err error) { r.Database, err = b.store(ctx); return err }},
		{"memory", func(ctx context.Context) (err error) { r.Memory, err = b.memory(ctx); return err }},
	} {
		start := time.Now()
		if err := step.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
		fmt.Fprintf(stderr, "measured: %s (%.0f s)\n", step.name, time.Since(start).Seconds())
	}
	if err := r.print(stderr); err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(r)
}

func (r report) print(w io.Writer) error {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "cores\t%d\n", r.Cores)
	fmt.Fprintf(table, "first run over %d documents\t%.1f s\n", r.Unchanged.Documents, r.Unchanged.First)
	fmt.Fprintf(table, "again, unchanged\t%.1f s\n", r.Unchanged.Again)
	fmt.Fprintf(table, "embedder of %.0f passages/s busy\t%.1f %% by its own clock, %.1f %% by the run's\n", r.Busy.Speed, 100*r.Busy.Server, 100*r.Busy.Run)
	for _, n := range r.Workers {
		fmt.Fprintf(table, "%d workers, fast embedder\t%.0f passages/s, %.0f documents/s, %.2f × one\n", n.Workers, n.Passages, n.Documents, n.Ratio)
	}
	fmt.Fprintf(table, "database alone, %d writers\t%.0f passages/s\n", r.Database.Writers, r.Database.Passages)
	fmt.Fprintf(table, "memory over %d documents\t%v MB at each tenth, most %.0f MB\n", r.Memory.Documents, r.Memory.Tenths, r.Memory.Most)
	return table.Flush()
}

func (b *bench) number(n int) int { return max(1, int(float64(n)*b.scale)) }

// schema makes an empty schema and returns an address whose connections use it.
func (b *bench) schema(ctx context.Context) (name, address string, err error) {
	b.schemas++
	name = fmt.Sprint("bench", b.schemas)
	if err := pgstore.Migrate(ctx, b.database, name, b.log); err != nil {
		return "", "", err
	}
	u, err := url.Parse(b.database)
	if err != nil {
		return "", "", fmt.Errorf("read the database's address: %w", err)
	}
	q := u.Query()
	q.Set("search_path", name+",public")
	u.RawQuery = q.Encode()
	return name, u.String(), nil
}
