package ingest

import (
	"context"
	"errors"
	"fmt"

	"osmanthus/ingest/source"
	"osmanthus/retrieval"
)

// A job is what of a document is still to be indexed. Its fields are guarded by the run's lock once it is batched.
type job struct {
	known  bool // there is an earlier version
	drafts []retrieval.Draft
	left   int // passages not indexed yet
}

// An item is one passage on its way to the indexer.
type item struct {
	document *document
	n        int
}

// batch fills batches from the prepared documents in their order, across their borders. Documents without anything to
// index are done here.
func (r *run) batch(ctx context.Context, slots <-chan chan *document, batches chan<- []item) {
	defer close(batches)
	var items []item
	send := func() bool {
		select {
		case batches <- items:
			items = nil
			return true
		case <-ctx.Done():
			return false
		}
	}
	open := true
	for slot := range slots {
		d := <-slot
		if d.err != nil || d.status == Unchanged {
			r.done(d)
			continue
		}
		for n := range d.drafts {
			if items = append(items, item{d, n}); open && len(items) >= r.options.Batch {
				open = send()
			}
			if !open {
				items = nil // the run has ended: only the slots are emptied
			}
		}
	}
	if open && len(items) > 0 {
		send()
	}
}

// indexBatch indexes a batch. Where it fails, each document's part is tried alone, so that one document's text costs
// no other.
func (r *run) indexBatch(ctx context.Context, items []item, saves chan<- *document) {
	items = r.alive(items)
	if len(items) == 0 || ctx.Err() != nil {
		return
	}
	indexed, err := r.index(ctx, items)
	switch {
	case err == nil:
		r.judge(nil)
		r.deliver(items, indexed, saves)
		return
	case ctx.Err() != nil:
		return
	}
	parts := byDocument(items)
	for _, part := range parts {
		if len(parts) > 1 {
			if indexed, err = r.index(ctx, part); ctx.Err() != nil {
				return
			}
		}
		r.judge(err)
		if err != nil {
			r.spoil(part[0].document, err)
			continue
		}
		r.deliver(part, indexed, saves)
	}
}

func byDocument(items []item) [][]item {
	var parts [][]item
	for i, it := range items {
		if i == 0 || it.document != items[i-1].document {
			parts = append(parts, nil)
		}
		parts[len(parts)-1] = append(parts[len(parts)-1], it)
	}
	return parts
}

func (r *run) index(ctx context.Context, items []item) ([]retrieval.IndexedPassage, error) {
	drafts := make([]retrieval.Draft, len(items))
	for i, it := range items {
		drafts[i] = it.document.drafts[it.n]
	}
	r.busy.begin()
	indexed, err := r.indexer.Index(ctx, drafts)
	r.busy.end()
	if err == nil && len(indexed) != len(drafts) {
		err = fmt.Errorf("indexer returned %d passages for %d", len(indexed), len(drafts))
	}
	return indexed, err
}

// alive leaves out the passages of documents that have failed.
func (r *run) alive(items []item) []item {
	r.mu.Lock()
	defer r.mu.Unlock()
	var out []item
	for _, it := range items {
		if it.document.err == nil {
			out = append(out, it)
		}
	}
	return out
}

// deliver puts indexed passages into their documents; a document that is complete goes to be saved.
func (r *run) deliver(items []item, indexed []retrieval.IndexedPassage, saves chan<- *document) {
	var complete []*document
	r.mu.Lock()
	for i, it := range items {
		d := it.document
		d.version.Passages[it.n] = indexed[i]
		if d.left--; d.left == 0 && d.err == nil {
			complete = append(complete, d)
		}
	}
	r.progress.Passages += len(items)
	r.report(r.progress)
	r.mu.Unlock()
	for _, d := range complete {
		saves <- d
	}
}

// spoil marks a document as failed, once.
func (r *run) spoil(d *document, err error) {
	r.mu.Lock()
	first := d.err == nil
	if first {
		d.err = &source.Fault{Code: source.IndexFailed, Err: err}
	}
	r.mu.Unlock()
	if first {
		r.done(d)
	}
}

// judge counts the embedder's failures in a row and ends the run when it is down.
func (r *run) judge(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err == nil {
		r.embedFailures = 0
		return
	}
	if r.embedFailures++; r.embedFailures >= maxFailures {
		r.stop(fmt.Errorf("ingest: %w: %w", ErrEmbedderDown, err))
	}
}

// save stores a complete document, even when the run has been cancelled since.
func (r *run) save(ctx context.Context, d *document) {
	saving, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	err := r.store.Save(saving, d.version)
	if errors.Is(err, retrieval.ErrStaleSpace) {
		if err = r.reindex(ctx, d); err == nil {
			err = r.store.Save(saving, d.version)
		} else if ctx.Err() != nil {
			return // unfinished after all
		}
	}
	if err != nil {
		d.err = &source.Fault{Code: source.StoreFailed, Err: err}
		if r.saveFailures++; r.saveFailures >= maxFailures {
			r.stop(fmt.Errorf("ingest: %w: %w", ErrStoreDown, err))
		}
		return
	}
	r.saveFailures = 0
	if d.status = Added; d.known {
		d.status = Changed
	}
}

// reindex indexes a document again after the space was calibrated anew.
func (r *run) reindex(ctx context.Context, d *document) error {
	if err := r.indexer.Renew(ctx); err != nil {
		return err
	}
	for start := 0; start < len(d.drafts); start += r.options.Batch {
		var items []item
		for n := start; n < min(start+r.options.Batch, len(d.drafts)); n++ {
			items = append(items, item{d, n})
		}
		indexed, err := r.index(ctx, items)
		if err != nil {
			return err
		}
		copy(d.version.Passages[start:], indexed)
	}
	return nil
}
