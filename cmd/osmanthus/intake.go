package main

import (
	"context"
	"errors"
	"time"

	"osmanthus/ingest"
	"osmanthus/ingest/fetch"
	"osmanthus/ingest/sandbox"
	"osmanthus/retrieval"
)

// An intake is the pipeline with the processes that read for it and the client that fetches for it. Close it.
type intake struct {
	*ingest.Pipeline
	app    *app
	reader *sandbox.Pool
	pages  *fetch.Client
}

// intake starts nothing before it is needed: who only queues has no process that reads.
func (a *app) intake(f limitFlags) (*intake, error) {
	indexer, err := retrieval.NewIndexer(a.space, a.store, a.embedder, a.dictionary)
	if err != nil {
		return nil, err
	}
	in := &intake{app: a, pages: f.fetcher()}
	if in.reader, err = a.newReader(f.limits()); err != nil {
		return nil, err
	}
	second, err := a.secondReader()
	if err != nil {
		return nil, err
	}
	in.Pipeline, err = ingest.NewPipeline(ingest.Config{
		Store: a.store, Queue: a.store, Stage: a.store, Indexer: indexer, Finisher: finisher{a}, Comparer: a.store,
		Reader: in.reader, Fetcher: in.pages, Marks: a.store,
		Model: a.embedder.Model(), Names: a.dictionary.NamesIn, Second: second, Log: a.log, Now: time.Now,
	})
	if err != nil {
		return nil, err
	}
	return in, nil
}

// Close ends the processes that read. No run may be under way or follow.
func (in *intake) Close() {
	in.reader.Close()
	in.pages.Close()
}

// addSentences gives passages their sentences' vectors. The documents can be asked before; with these the answers are
// better and quicker. It goes on where it was cut off; where another process does it, that is left to it.
func (a *app) addSentences(ctx context.Context, embedder retrieval.Embedder, progress func(passages int)) {
	a.spacing.Lock()
	space := a.space
	a.spacing.Unlock()
	err := a.store.AddingSentences(ctx, func(ctx context.Context) error {
		return retrieval.AddSentences(ctx, a.store, space, embedder, progress)
	})
	if err != nil && ctx.Err() == nil {
		a.log.WarnContext(ctx, "sentences not embedded, serve or a worker goes on with them later", "error", err)
	}
}

// takeIn runs the pipeline on files and folders.
func (a *app) takeIn(ctx context.Context, paths []string, o ingest.Options) (ingest.Summary, error) {
	in, err := a.intake(limitFlags{})
	if err != nil {
		return ingest.Summary{}, err
	}
	defer in.Close()
	summary, err := in.Run(ctx, paths, o)
	return summary, err
}

// A finisher does what follows a change of the documents.
type finisher struct{ *app }

// Refresh brings the words' figures up to date, and the space where the documents have outgrown it.
func (f finisher) Refresh(ctx context.Context) error {
	if err := f.store.Refresh(ctx); err != nil {
		return err
	}
	f.spacing.Lock() // a worker's schedules may settle beside its work
	defer f.spacing.Unlock()
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
