package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"time"

	"golang.org/x/term"

	"osmanthus/ingest"
	"osmanthus/retrieval"
)

// ingestCommand takes documents in.
type ingestCommand struct {
	Paths    []string           `arg:"" name:"path" help:"Files and folders."`
	Event    string             `help:"Event the documents belong to."`
	Kind     string             `help:"Kind of the documents that do not say theirs: report, case, agenda, biography, transcript."`
	Audience retrieval.Audience `default:"public" enum:"public,staff" help:"Who may see them: ${enum}."`
	Prune    bool               `help:"What has gone from a folder goes from the answers."`
	JSON     bool               `name:"json" help:"Print a summary as one JSON object; progress goes to standard error."`
}

// Run takes the documents in. Where some could not be, its error is an exit status: they have been named.
func (c *ingestCommand) Run(ctx context.Context, p *program) (err error) {
	a, err := p.open(ctx, needs{database: true, embedder: true, batch: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	out := p.stdout
	if c.JSON {
		out = p.stderr
	}
	reporter := ingest.NewReporter(out, isTerminal(out), a.catalog.For(a.language()).T)
	summary, err := a.takeIn(ctx, c.Paths, ingest.Options{
		Event: c.Event, Kind: c.Kind, Audience: c.Audience, Prune: c.Prune, Progress: reporter.Show,
	})
	reporter.Finish(summary)
	if c.JSON {
		if e := json.NewEncoder(p.stdout).Encode(summary); e != nil {
			return errors.Join(err, e)
		}
	}
	if err == nil && len(summary.Failed) > 0 {
		return exitError(1)
	}
	return err
}

// takeIn runs the pipeline on files and folders.
func (a *app) takeIn(ctx context.Context, paths []string, o ingest.Options) (ingest.Summary, error) {
	indexer, err := retrieval.NewIndexer(a.space, a.store, a.embedder, a.dictionary)
	if err != nil {
		return ingest.Summary{}, err
	}
	pipeline, err := ingest.NewPipeline(ingest.Config{
		Store: a.store, Queue: a.store, Stage: a.store, Indexer: indexer, Finisher: finisher{a}, Comparer: a.store,
		Model: a.embedder.Model(), Log: a.log, Now: time.Now,
	})
	if err != nil {
		return ingest.Summary{}, err
	}
	return pipeline.Run(ctx, paths, o)
}

// A finisher does what follows a change of the documents.
type finisher struct{ *app }

// Refresh brings the words' figures up to date, and the space where the documents have outgrown it.
func (f finisher) Refresh(ctx context.Context) error {
	if err := f.store.Refresh(ctx); err != nil {
		return err
	}
	space, err := f.store.Space(ctx, f.embedder.Model())
	if err != nil {
		return err
	}
	space, adapted, err := retrieval.Adapt(ctx, f.store, space)
	if errors.Is(err, retrieval.ErrStaleSpace) {
		return nil // another process has just done it
	}
	if err != nil {
		return err
	}
	if adapted {
		f.log.Info("space adapted to the documents", "model", space.Model, "revision", space.Revision)
	}
	f.space = space
	return nil
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
