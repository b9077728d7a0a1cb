package ingest

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"
)

const (
	// Parcels are handed in so many, or so many bytes, at a time: a transaction each.
	parcelsAtOnce = 100
	bytesAtOnce   = 8 << 20
	// pollEvery is how often a run asks what has become of its jobs, and polled of how many at a time: they are done about
	// in the order in which they were handed in.
	pollEvery = 200 * time.Millisecond
	polled    = 500
	// maxPairs bounds how many possible copies are compared after a run.
	maxPairs = 300
)

// A run is one call of Run. Files are read and compared with what is stored; only those that differ are handed in, some at
// a time, while the run's own worker and all others work the queue. So a run that is cut off keeps all that was finished,
// and what was handed in stays with the queue.
type run struct {
	*Pipeline
	options Options
	hashes  map[string][]byte
	marks   map[string]Mark // of pages
	busy    *meter
	poked   chan struct{} // jobs of this process have ended

	jobs   []int64 // handed in and not known to have ended, in order
	source map[int64]string

	mu       sync.Mutex
	summary  Summary
	progress Progress
	ended    int // jobs of this process since it was last asked what became of them
	pending  int // len(jobs)
}

// Run takes files, folders and addresses in. A document that fails costs only itself and is in the summary; an error
// means that the run ended early, and the summary says how far it came.
func (p *Pipeline) Run(ctx context.Context, paths []string, o Options) (Summary, error) {
	start := p.now()
	o.fingerprint = p.model
	r := &run{
		Pipeline: p, options: o.withDefaults(), busy: &meter{now: p.now},
		poked: make(chan struct{}, 1), source: map[int64]string{}, summary: Summary{Batch: rand.Text()},
	}
	hashes, err := p.store.Hashes(ctx, o.Event)
	if err != nil {
		r.summary.finish()
		return r.summary, fmt.Errorf("ingest: %w", err)
	}
	r.hashes = hashes
	if p.marks != nil && slices.ContainsFunc(paths, isAddress) {
		if r.marks, err = p.marks.Marks(ctx, o.Event); err != nil {
			r.summary.finish()
			return r.summary, fmt.Errorf("ingest: %w", err)
		}
	}
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
	if err == nil && r.summary.Removed > 0 {
		err = r.takeReleased(ctx, found.files)
	}
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshTime)
	defer cancel()
	if !o.QueueOnly || r.summary.Removed > 0 {
		err = errors.Join(err, p.settle(finish))
	}
	if err == nil {
		err = r.compare(finish)
	}
	r.summary.Unfinished = r.progress.Total - r.progress.Done - r.summary.Queued
	r.summary.Seconds = p.now().Sub(start).Seconds()
	r.summary.EmbedderBusy = r.busy.share()
	r.summary.finish()
	return r.summary, err
}

// takeAll hands in what has changed and waits for what becomes of it.
func (r *run) takeAll(ctx context.Context, files []file) error {
	running, stop := context.WithCancelCause(ctx)
	parcels := make(chan Parcel)
	var others sync.WaitGroup
	others.Go(func() { r.readAll(running, files, parcels) })
	worked := make(chan error, 1)
	err := r.follow(running, parcels, func() {
		others.Go(func() { worked <- r.work(running, r.options, r.busy, r.embedded) })
	}, worked)
	stop(err)
	others.Wait()
	if r.pending > 0 && !r.options.QueueOnly { // what ended while the worker did
		last, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
		defer cancel()
		if e := r.poll(last); e != nil {
			r.log.Warn("the last outcomes are not known", "error", e)
		}
	}
	r.summary.Queued = 0
	if r.options.QueueOnly {
		r.summary.Queued = r.pending
	}
	return err
}

// follow hands in parcels and counts outcomes until there are no more of either. It starts the worker with the first
// parcel: a run that changes nothing needs none.
func (r *run) follow(ctx context.Context, parcels <-chan Parcel, work func(), worked <-chan error) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	var batch []Parcel
	var size int64
	submit := func() error {
		if len(batch) == 0 {
			return nil
		}
		if err := r.submit(ctx, batch); err != nil {
			return err
		}
		batch, size = nil, 0
		if work != nil && !r.options.QueueOnly {
			work()
			work = nil
		}
		return nil
	}
	for parcels != nil || r.pending > 0 && !r.options.QueueOnly {
		var err error
		select {
		case parcel, open := <-parcels:
			if !open {
				parcels = nil
				err = submit()
				break
			}
			batch, size = append(batch, parcel), size+parcel.Size
			if len(batch) >= parcelsAtOnce || size >= bytesAtOnce {
				err = submit()
			}
		case <-tick.C:
			if err = submit(); err == nil {
				err = r.poll(ctx)
			}
		case <-r.poked:
			err = r.poll(ctx)
		case err = <-worked:
			if err == nil {
				err = context.Cause(ctx)
			}
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// readAll reads files, some at a time, and passes on those that have changed.
func (r *run) readAll(ctx context.Context, files []file, parcels chan<- Parcel) {
	defer close(parcels)
	var readers sync.WaitGroup
	defer readers.Wait()
	next := make(chan file)
	for range r.options.Readers {
		readers.Go(func() {
			for f := range next {
				r.readOne(ctx, f, parcels)
			}
		})
	}
	defer close(next)
	for _, f := range files {
		select {
		case next <- f:
		case <-ctx.Done():
			return
		}
	}
}

func (r *run) readOne(ctx context.Context, f file, parcels chan<- Parcel) {
	content, err := r.content(ctx, f)
	if err != nil {
		if ctx.Err() == nil {
			r.done(f.source, Outcome{Status: Failed}, err)
		}
		return
	}
	if content == nil { // a page that its server says has not changed
		r.done(f.source, Outcome{Status: Unchanged}, nil)
		return
	}
	task := r.task(f, content)
	if bytes.Equal(r.hashes[f.source], task.Hash) {
		r.done(f.source, Outcome{Status: Unchanged}, nil)
		return
	}
	select {
	case parcels <- Parcel{task, content}:
	case <-ctx.Done():
	}
}

func (r *run) content(ctx context.Context, f file) ([]byte, error) {
	if f.address != "" {
		return r.fetch(ctx, f)
	}
	return f.read(r.options.Limits)
}

// fetch returns a page's bytes, nil where they are those of its current version, taken in with the same options.
func (r *run) fetch(ctx context.Context, f file) ([]byte, error) {
	known := r.marks[f.source]
	if current := r.hashes[f.source]; current == nil || !bytes.Equal(current, hash(r.options, r.options.audience(f), known.Digest)) {
		known = Mark{}
	}
	content, mark, err := r.fetcher.Fetch(ctx, f.address, known.Text, r.options.Limits)
	if err != nil || content == nil && known.Text != "" {
		return nil, err
	}
	if content == nil {
		content = []byte{}
	}
	if r.Pipeline.marks != nil && mark != "" {
		digest := sha256.Sum256(content)
		if err := r.Pipeline.marks.KeepMark(ctx, r.options.Event, f.source, Mark{mark, digest[:]}); err != nil {
			r.log.Warn("the next run fetches the page whole", "source", f.source, "error", err)
		}
	}
	return content, nil
}

func (r *run) submit(ctx context.Context, batch []Parcel) error {
	urgency := Waiting
	if r.options.QueueOnly {
		urgency = Whenever
	}
	var jobs []int64
	err := r.insist(ctx, func() (err error) {
		jobs, err = r.queue.Submit(ctx, batch, urgency)
		return err
	})
	if err != nil {
		return fmt.Errorf("ingest: hand in %d documents: %w", len(batch), err)
	}
	for i, job := range jobs {
		r.source[job] = batch[i].Source
	}
	r.jobs = append(r.jobs, jobs...)
	r.waiting()
	return nil
}

// insist tries again while the store is away, as long as patience lasts.
func (r *run) insist(ctx context.Context, try func() error) error {
	start := r.now()
	wait := time.NewTicker(pollEvery)
	defer wait.Stop()
	for {
		err := try()
		if !errors.Is(err, ErrUnavailable) {
			return err
		}
		if r.now().Sub(start) > patience {
			return fmt.Errorf("%w: %w", ErrStoreDown, err)
		}
		select {
		case <-wait.C:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// poll counts the jobs that have ended.
func (r *run) poll(ctx context.Context) error {
	r.mu.Lock()
	r.ended = 0
	r.mu.Unlock()
	for {
		asked := r.jobs[:min(len(r.jobs), polled)]
		if len(asked) == 0 {
			return nil
		}
		var outcomes map[int64]Outcome
		err := r.insist(ctx, func() (err error) {
			outcomes, err = r.queue.Outcomes(ctx, asked)
			return err
		})
		if err != nil {
			return fmt.Errorf("ingest: ask for outcomes: %w", err)
		}
		r.jobs = slices.DeleteFunc(r.jobs, func(job int64) bool {
			outcome, ended := outcomes[job]
			if ended {
				r.done(r.source[job], outcome, outcome.Err())
				delete(r.source, job)
			}
			return ended
		})
		r.waiting()
		if len(outcomes) < len(asked) {
			return nil
		}
	}
}

func (r *run) waiting() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.pending = len(r.jobs)
}

// work wakes the run from time to time when its process has ended jobs, so that it need not wait for its next tick.
func (r *run) work(ctx context.Context, o Options, busy *meter, embeds func(int)) error {
	return r.Pipeline.work(ctx, o, busy, embeds, func() {
		r.mu.Lock()
		r.ended++
		wake := r.ended >= min(r.pending, o.Documents)
		r.mu.Unlock()
		if wake {
			select {
			case r.poked <- struct{}{}:
			default:
			}
		}
	})
}

func (r *run) embedded(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.progress.Passages += n
	r.report(r.progress)
}

// done counts a document that has met its fate.
func (r *run) done(name string, o Outcome, err error) {
	if err != nil {
		r.fail(name, err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	switch o.Status {
	case Added:
		r.summary.Added++
	case Changed:
		r.summary.Changed++
	case Unchanged:
		r.summary.Unchanged++
	}
	if o.Status == Added || o.Status == Changed {
		r.summary.Passages += o.Passages
		for _, w := range o.Warnings {
			r.summary.Warnings = append(r.summary.Warnings, Warning{Source: name, Code: w, Detail: o.Details[w]})
		}
	}
	r.progress.Done++
	p := r.progress
	p.Source, p.Status, p.Fault = name, o.Status, err
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
