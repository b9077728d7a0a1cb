package ingest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"osmanthus/ingest/source"
)

// A run is one call of Run. Files are read and split some documents ahead of the embedder; the passages go to it in
// batches that cross the borders of documents; a document whose last passage is done is stored at once. So the embedder
// always has work, and a run that is cut off keeps all that was finished.
type run struct {
	*Pipeline
	options Options
	hashes  map[string][]byte
	busy    meter
	stop    context.CancelCauseFunc

	mu            sync.Mutex
	summary       Summary
	progress      Progress
	embedFailures int // in a row
	saveFailures  int
}

// A document is on its way through a run.
type document struct {
	file    file
	status  Status
	err     error // why it failed
	version Version
	job
}

// Run takes the files and folders in. A file that fails costs only itself and is in the summary; an error means that
// the run ended early, and the summary says how far it came.
func (p *Pipeline) Run(ctx context.Context, paths []string, o Options) (Summary, error) {
	start := p.now()
	r := &run{Pipeline: p, options: o.withDefaults(), busy: meter{now: p.now}}
	hashes, err := p.store.Hashes(ctx, o.Event)
	if err != nil {
		r.summary.finish()
		return r.summary, fmt.Errorf("ingest: %w", err)
	}
	r.hashes = hashes
	found := r.find(ctx, paths)
	r.summary.skip(found.skipped)
	for _, f := range found.faults {
		r.fail(f.source, f.err)
	}
	r.progress.Total = len(found.files)
	err = r.takeAll(ctx, found.files)
	if o.Prune {
		err = errors.Join(err, r.prune(ctx, found, err == nil))
	}
	if r.summary.Added+r.summary.Changed+r.summary.Removed > 0 {
		finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshTime)
		defer cancel()
		if e := p.finisher.Refresh(finish); e != nil {
			err = errors.Join(err, fmt.Errorf("ingest: %w", e))
		}
	}
	r.summary.Unfinished = r.progress.Total - r.progress.Done
	r.summary.Seconds = p.now().Sub(start).Seconds()
	r.summary.EmbedderBusy = r.busy.share()
	r.summary.finish()
	return r.summary, err
}

// takeAll runs the stages: readers, one batcher, the calls of the indexer, one saver.
func (r *run) takeAll(ctx context.Context, files []file) error {
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	r.stop = stop
	var readers, indexers sync.WaitGroup
	slots := make(chan chan *document, ahead)
	readers.Go(func() { r.readAll(running, files, slots) })
	batches := make(chan []item)
	readers.Go(func() { r.batch(running, slots, batches) })
	saves := make(chan *document, ahead)
	for range r.options.Calls {
		indexers.Go(func() {
			for items := range batches {
				r.indexBatch(running, items, saves)
			}
		})
	}
	var saver sync.WaitGroup
	saver.Go(func() {
		for d := range saves {
			r.save(running, d)
			r.done(d)
		}
	})
	readers.Wait()
	indexers.Wait()
	close(saves)
	saver.Wait()
	if running.Err() != nil {
		return context.Cause(running)
	}
	return nil
}

// readAll prepares files, in their order, not more than ahead of the embedder.
func (r *run) readAll(ctx context.Context, files []file, slots chan<- chan *document) {
	defer close(slots)
	free := make(chan struct{}, r.options.Readers)
	var readers sync.WaitGroup
	defer readers.Wait()
	for _, f := range files {
		slot := make(chan *document, 1)
		select {
		case slots <- slot:
		case <-ctx.Done():
			return
		}
		free <- struct{}{}
		readers.Go(func() {
			defer func() { <-free }()
			slot <- r.prepare(ctx, f)
		})
	}
}

// done counts a document that has met its fate.
func (r *run) done(d *document) {
	if d.err != nil {
		r.fail(d.file.source, d.err)
		d.status = Failed
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch d.status {
	case "": // the run ended first
		return
	case Added:
		r.summary.Added++
	case Changed:
		r.summary.Changed++
	case Unchanged:
		r.summary.Unchanged++
	}
	if d.status == Added || d.status == Changed {
		r.summary.Passages += len(d.version.Passages)
		for _, w := range d.version.Document.Warnings {
			r.summary.Warnings = append(r.summary.Warnings, Warning{Source: d.file.source, Code: w, Detail: d.version.Document.Details[w]})
		}
	}
	r.progress.Done++
	p := r.progress
	p.Source, p.Status, p.Fault = d.file.source, d.status, d.err
	r.report(p)
}

// report is called with the lock held.
func (r *run) report(p Progress) {
	if r.options.Progress != nil {
		r.options.Progress(p)
	}
}

func (r *run) fail(name string, err error) {
	f := failure(name, err)
	r.log.Info("document not taken in", "source", name, "code", f.Code, "error", err)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.summary.Failed = append(r.summary.Failed, f)
}

// prune removes what was taken in from the folders and is there no more. It is refused for a folder that could not be
// walked whole, and when the run ended early.
func (r *run) prune(ctx context.Context, found findings, finished bool) error {
	for _, broken := range found.broken {
		r.fail(broken, &source.Fault{Code: source.PruneRefused})
	}
	if !finished {
		return nil
	}
	var gone []string
	for name := range r.hashes {
		inside := slices.ContainsFunc(found.folders, func(folder string) bool { return strings.HasPrefix(name, folder+"/") })
		if inside && !found.present[name] {
			gone = append(gone, name)
		}
	}
	if len(gone) == 0 {
		return nil
	}
	slices.Sort(gone)
	n, err := r.store.Remove(ctx, r.options.Event, gone)
	r.summary.Removed = n
	if err != nil {
		return fmt.Errorf("ingest: prune: %w", err)
	}
	return nil
}
