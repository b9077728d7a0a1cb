package ingest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"osmanthus/ingest/facts"
	"osmanthus/ingest/source"
	"osmanthus/retrieval"
)

const (
	// DefaultDocuments is how many documents a worker has in work: many enough that short ones fill the embedder's calls
	// while others are read and stored.
	DefaultDocuments = 32
	// maxInWork bounds the bytes of the documents in work; a document larger than that is in work alone.
	maxInWork = 64 << 20
	// stageFrom is the length in passages from which a document's progress is kept: what a worker's death costs is never
	// more than about this much a document, and short ones are not written twice.
	stageFrom = 32
	// stageUnit is how many passages are kept in one step.
	stageUnit = 16
)

// A worker takes jobs through: load, read, split, embed, store.
type worker struct {
	*Pipeline
	batcher *batcher
	readers chan struct{} // a token for each document that may be read at a time
	room    *room
	ended   func()      // told of each job that has ended here
	stop    func(error) // ends the work

	mu   sync.Mutex
	away time.Time // since when the store has not been able to work; zero: it has
}

// work works the queue until ctx ends, the embedder is down or the store has been away for too long.
func (p *Pipeline) work(ctx context.Context, o Options, busy *meter, embeds func(int), ended func()) error {
	running, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	w := &worker{Pipeline: p, readers: make(chan struct{}, o.Readers), room: newRoom(maxInWork), ended: ended, stop: stop}
	w.batcher = newBatcher(p.indexer, o.Batch, busy, stop, embeds)
	var calls sync.WaitGroup
	calls.Go(func() { w.batcher.run(running, o.Calls) })
	err := p.queue.Work(running, o.Documents, w.handle)
	cause := context.Cause(running)
	stop(err)
	calls.Wait()
	switch {
	case ctx.Err() != nil:
		return nil
	case cause != nil:
		return cause
	case err != nil:
		return fmt.Errorf("ingest: %w", err)
	}
	return nil
}

// handle takes one job through. What it returns is the queue's to judge: see Permanent and Postponed.
func (w *worker) handle(ctx context.Context, job Job) error {
	defer w.ended()
	err := w.take(ctx, job)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch now := w.now(); {
	case !errors.Is(err, ErrUnavailable):
		w.away = time.Time{}
	case w.away.IsZero():
		w.away = now
	case now.Sub(w.away) > patience:
		w.stop(fmt.Errorf("ingest: %w: %w", ErrStoreDown, err))
	}
	return err
}

func (w *worker) take(ctx context.Context, job Job) error {
	task := job.Task()
	if err := w.room.enter(ctx, task.Size); err != nil {
		return err
	}
	defer w.room.leave(task.Size)
	content, current, err := job.Load(ctx)
	if err != nil {
		return err
	}
	if bytes.Equal(current, task.Hash) {
		return job.Finish(ctx, nil, Outcome{Status: Unchanged})
	}
	if task.Origin.Model != w.model {
		return &source.Fault{Code: source.IndexFailed, Detail: fmt.Sprintf("the job is for the model %q, this worker embeds with %q", task.Origin.Model, w.model)}
	}
	version, drafts, err := w.read(ctx, task, content)
	if err != nil {
		return err
	}
	w.readAgain(ctx, version, drafts)
	if err := w.index(ctx, version, drafts); err != nil {
		return err
	}
	outcome := Outcome{
		Status: Added, Passages: len(version.Passages),
		Warnings: append(doubts(version.Document), version.Document.Warnings...), Details: version.Document.Details,
	}
	if current != nil {
		outcome.Status = Changed
	}
	return w.finish(ctx, job, version, drafts, outcome)
}

// read reads the document with its facts and splits it. Only so many are read at a time, because reading may take much memory.
func (w *worker) read(ctx context.Context, task Task, content []byte) (*Version, []retrieval.Draft, error) {
	select {
	case w.readers <- struct{}{}:
	case <-ctx.Done():
		return nil, nil, ctx.Err()
	}
	defer func() { <-w.readers }()
	doc, err := w.reader.Read(ctx, task.Source, content, task.Limits)
	if err != nil {
		return nil, nil, err
	}
	version := &Version{Source: task.Source, Event: task.Event, Hash: task.Hash, Origin: task.Origin, Document: doc, Bands: Bands(doc.Text)}
	zone := task.Zone.location(w.now())
	describe(version, task, zone)
	version.Facts = facts.Extract(version.Document, facts.Options{Zone: zone, Names: w.names})
	drafts := Split(version.Document)
	if len(drafts) == 0 {
		return nil, nil, &source.Fault{Code: source.NoText}
	}
	return version, drafts, nil
}

// index embeds what has not been embedded before.
func (w *worker) index(ctx context.Context, v *Version, drafts []retrieval.Draft) error {
	l := &lot{drafts: drafts, passages: make([]retrieval.IndexedPassage, len(drafts))}
	have := make([]bool, len(drafts))
	keep := len(drafts) >= stageFrom
	if keep {
		err := w.stage.Staged(ctx, v.Hash, w.model, func(first int, passages []retrieval.IndexedPassage) {
			for i, p := range passages {
				if n := first + i; n < len(drafts) && p.Text == drafts[n].Text {
					l.passages[n], have[n] = p, true
				}
			}
		})
		if err != nil {
			return err
		}
	}
	var wanted []int
	for n := range drafts {
		if !have[n] {
			wanted = append(wanted, n)
		}
	}
	kept := len(drafts) - len(wanted)
	if kept > 0 {
		w.log.Info("embedded before", "source", v.Source, "passages", kept)
	}
	from := 0 // passages of wanted before it are kept
	ready := make([]bool, len(drafts))
	err := w.batcher.index(ctx, l, wanted, func(part []int) error {
		for _, n := range part {
			ready[n] = true
		}
		for keep && from+stageUnit <= len(wanted) && allReady(ready, wanted[from:from+stageUnit]) {
			if err := w.keep(ctx, v.Hash, l, wanted[from:from+stageUnit]); err != nil {
				return err
			}
			from += stageUnit
		}
		return nil
	})
	v.Passages = l.passages
	return err
}

func allReady(ready []bool, wanted []int) bool {
	for _, n := range wanted {
		if !ready[n] {
			return false
		}
	}
	return true
}

// keep stages passages, a row for each unbroken run of them.
func (w *worker) keep(ctx context.Context, hash []byte, l *lot, wanted []int) error {
	for start, i := 0, 1; i <= len(wanted); i++ {
		if i < len(wanted) && wanted[i] == wanted[i-1]+1 && l.passages[wanted[i]].Revision == l.passages[wanted[i-1]].Revision {
			continue
		}
		first, last := wanted[start], wanted[i-1]
		if err := w.stage.Stage(ctx, hash, w.model, first, l.passages[first:last+1]); err != nil {
			return err
		}
		start = i
	}
	return nil
}

// finish stores the version, even when the work has been told to end since: it is complete.
func (w *worker) finish(ctx context.Context, job Job, v *Version, drafts []retrieval.Draft, o Outcome) error {
	saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	err := job.Finish(saving, v, o)
	for range maxFailures {
		if !errors.Is(err, retrieval.ErrStaleSpace) {
			break
		}
		// The space was calibrated anew after the passages were embedded.
		if err := w.indexer.Renew(saving); err != nil {
			return err
		}
		l := &lot{drafts: drafts, passages: v.Passages}
		all := make([]int, len(drafts))
		for n := range all {
			all[n] = n
		}
		if err := w.batcher.index(ctx, l, all, func([]int) error { return nil }); err != nil {
			return err
		}
		saving, cancel = context.WithTimeout(context.WithoutCancel(ctx), saveTime)
		defer cancel()
		err = job.Finish(saving, v, o)
	}
	switch {
	case err == nil, errors.Is(err, ErrObsolete), Postponed(err):
		return err
	}
	return &source.Fault{Code: source.StoreFailed, Err: err}
}

// A room bounds how many bytes are in work.
type room struct {
	limit int64

	mu   sync.Mutex
	used int64
	left chan struct{} // closed and made anew whenever someone leaves
}

func newRoom(limit int64) *room { return &room{limit: limit, left: make(chan struct{})} }

// enter waits for room; one that is larger than the whole room enters it when it is empty.
func (r *room) enter(ctx context.Context, size int64) error {
	for {
		r.mu.Lock()
		if r.used == 0 || r.used+size <= r.limit {
			r.used += size
			r.mu.Unlock()
			return nil
		}
		left := r.left
		r.mu.Unlock()
		select {
		case <-left:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (r *room) leave(size int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.used -= size
	close(r.left)
	r.left = make(chan struct{})
}

// WorkOptions are a worker's.
type WorkOptions struct {
	Batch, Calls, Readers, Documents int              // as in Options
	Tick                             <-chan time.Time // when the figures of all documents are brought up to date, if they changed
	// Rest is called after that, by the same goroutine; it does what can wait and stops when there is work. Nil: nothing.
	Rest func(context.Context)
}

// Work works the queue until ctx ends. When the embedder is down it waits for a tick and tries again.
func (p *Pipeline) Work(ctx context.Context, o WorkOptions) error {
	options := Options{Batch: o.Batch, Calls: o.Calls, Readers: o.Readers, Documents: o.Documents}.withDefaults()
	var settling sync.WaitGroup
	defer settling.Wait()
	again := make(chan struct{}, 1)
	settling.Go(func() {
		for {
			select {
			case <-o.Tick:
				if err := p.settle(ctx); err != nil && ctx.Err() == nil {
					p.log.Error("figures not brought up to date", "error", err)
				}
				if o.Rest != nil {
					o.Rest(ctx)
				}
				select {
				case again <- struct{}{}:
				default:
				}
			case <-ctx.Done():
				return
			}
		}
	})
	for {
		err := p.work(ctx, options, &meter{now: p.now}, nil, func() {})
		if ctx.Err() != nil {
			settling.Wait()
			finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), refreshTime)
			defer cancel()
			return p.settle(finish)
		}
		p.log.Error("the work has stopped; it is tried again", "error", err)
		select {
		case <-again:
		case <-ctx.Done():
		}
	}
}

// settle brings what is derived from all documents up to date, if a document has changed since it was.
func (p *Pipeline) settle(ctx context.Context) error {
	if err := p.store.Settle(ctx, p.finisher.Refresh); err != nil {
		return fmt.Errorf("ingest: %w", err)
	}
	return nil
}
