package ingest

import (
	"context"
	"fmt"
	"sync"

	"osmanthus/ingest/source"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// A batcher is what all jobs of a worker hand their passages to. It fills each call of the indexer across the borders of
// documents, so that the embedder always has work.
type batcher struct {
	indexer Indexer
	size    int // passages a call
	busy    *meter
	down    func(error) // told once, when the embedder is down
	embeds  func(n int) // told of passages embedded; may be nil

	mu     sync.Mutex
	filled *sync.Cond // lots is not empty, or closed
	lots   []*lot     // with passages not handed to a call yet; each gives up to a call's worth and goes to the end
	closed error
}

// A lot is the passages of one document.
type lot struct {
	drafts   []retrieval.Draft
	passages []retrieval.IndexedPassage // as long as drafts
	next     []int                      // passages not handed to a call yet
	done     chan []int                 // passages indexed since; has room for all
	failed   chan error                 // has room for one
	err      error                      // guarded by the batcher's lock
}

// An item is one passage on its way to the indexer.
type item struct {
	lot *lot
	n   int
}

func newBatcher(indexer Indexer, size int, busy *meter, down func(error), embeds func(int)) *batcher {
	b := &batcher{indexer: indexer, size: size, busy: busy, down: down, embeds: embeds}
	b.filled = sync.NewCond(&b.mu)
	return b
}

// run makes calls of the indexer, this many at a time, until ctx ends.
func (b *batcher) run(ctx context.Context, calls int) {
	var group sync.WaitGroup
	for range calls {
		group.Go(func() {
			for items := b.take(); items != nil; items = b.take() {
				b.call(ctx, items)
			}
		})
	}
	<-ctx.Done()
	b.close(context.Cause(ctx))
	group.Wait()
}

// close fails every passage that waits and all that come later.
func (b *batcher) close(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed == nil {
		b.closed = err
	}
	for _, l := range b.lots {
		l.fail(b.closed)
	}
	b.lots = nil
	b.filled.Broadcast()
}

// index indexes the wanted passages of a lot, calling done with each part of them as it is ready.
func (b *batcher) index(ctx context.Context, l *lot, wanted []int, done func([]int) error) error {
	l.next, l.done, l.failed = wanted, make(chan []int, len(wanted)), make(chan error, 1)
	left := len(wanted)
	if left == 0 {
		return nil
	}
	b.mu.Lock()
	if b.closed != nil {
		defer b.mu.Unlock()
		return b.closed
	}
	b.lots = append(b.lots, l)
	b.filled.Signal()
	b.mu.Unlock()
	for left > 0 {
		select {
		case part := <-l.done:
			left -= len(part)
			if err := done(part); err != nil {
				b.drop(l, err)
				return err
			}
		case err := <-l.failed:
			return err
		case <-ctx.Done():
			b.drop(l, context.Cause(ctx))
			return context.Cause(ctx)
		}
	}
	return nil
}

// fail is called with the lock held.
func (l *lot) fail(err error) {
	if l.err == nil {
		l.err = err
		l.failed <- err
	}
	l.next = nil
}

func (b *batcher) drop(l *lot, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l.fail(err)
}

// take waits for passages and returns a call's worth, nil at the end. No document can keep the others waiting: each gives
// what it has for one call, then it is the next one's turn.
func (b *batcher) take() []item {
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		var items []item
		for len(b.lots) > 0 && len(items) < b.size {
			l := b.lots[0]
			b.lots = b.lots[1:]
			n := min(len(l.next), b.size-len(items))
			for _, i := range l.next[:n] {
				items = append(items, item{l, i})
			}
			if l.next = l.next[n:]; len(l.next) > 0 {
				b.lots = append(b.lots, l)
			}
		}
		switch {
		case len(items) > 0:
			if len(b.lots) > 0 {
				b.filled.Signal()
			}
			return items
		case b.closed != nil:
			return nil
		}
		b.filled.Wait()
	}
}

// call indexes a call's worth. Where it fails, each document's part is tried alone, so that one document's text costs no
// other.
func (b *batcher) call(ctx context.Context, items []item) {
	indexed, err := b.embed(ctx, items)
	if err == nil {
		b.deliver(items, indexed)
		return
	}
	parts := byDocument(items)
	for _, part := range parts {
		if len(parts) > 1 {
			indexed, err = b.embed(ctx, part)
		}
		switch {
		case err == nil:
			b.deliver(part, indexed)
		case ctx.Err() != nil:
			b.drop(part[0].lot, context.Cause(ctx))
		default:
			b.drop(part[0].lot, b.blame(ctx, err))
		}
	}
}

// blame finds out whether a failure is the document's or the embedder's own: a text that cannot be the reason is tried
// after it. Where that fails as well, time after time, the embedder is down and nobody's document is at fault.
func (b *batcher) blame(ctx context.Context, err error) error {
	harmless := []item{{lot: &lot{drafts: []retrieval.Draft{{Passage: retrieval.Passage{Lang: lang.English, Text: "osmanthus"}}}}}}
	for range maxFailures - 1 {
		_, probe := b.embed(ctx, harmless)
		if probe == nil {
			return &source.Fault{Code: source.IndexFailed, Err: err}
		}
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
	}
	down := fmt.Errorf("ingest: %w: %w", ErrEmbedderDown, err)
	b.down(down)
	return down
}

func (b *batcher) embed(ctx context.Context, items []item) ([]retrieval.IndexedPassage, error) {
	drafts := make([]retrieval.Draft, len(items))
	for i, it := range items {
		drafts[i] = it.lot.drafts[it.n]
	}
	b.busy.begin()
	indexed, err := b.indexer.Index(ctx, drafts)
	b.busy.end()
	if err == nil && len(indexed) != len(drafts) {
		err = fmt.Errorf("indexer returned %d passages for %d", len(indexed), len(drafts))
	}
	return indexed, err
}

// deliver puts indexed passages into their documents.
func (b *batcher) deliver(items []item, indexed []retrieval.IndexedPassage) {
	b.mu.Lock()
	at := 0
	for _, part := range byDocument(items) {
		var done []int
		l := part[0].lot
		for _, it := range part {
			if l.err == nil {
				l.passages[it.n] = indexed[at]
				done = append(done, it.n)
			}
			at++
		}
		if len(done) > 0 {
			l.done <- done
		}
	}
	b.mu.Unlock()
	if b.embeds != nil {
		b.embeds(len(items))
	}
}

func byDocument(items []item) [][]item {
	var parts [][]item
	for i, it := range items {
		if i == 0 || it.lot != items[i-1].lot {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], it)
	}
	return parts
}
