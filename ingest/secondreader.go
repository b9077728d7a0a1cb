package ingest

import (
	"context"
	"sync"
	"time"

	"osmanthus/ingest/facts"
	"osmanthus/ingest/source"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// SecondReader reads passages for what the rules of ingest/facts do not see. It is called from several goroutines.
type SecondReader interface {
	// Positions returns what the passage says of people's positions. Nothing of it is believed that the passage does not
	// bear out.
	Positions(ctx context.Context, passage retrieval.Passage) ([]facts.Claim, error)
}

const (
	// secondPassages is how many passages of a document are read a second time: a report's, not a book's.
	secondPassages = 200
	// secondCalls is how many are read at a time.
	secondCalls = 4
	// secondTime is how long a document may take to be read again: others wait for it.
	secondTime = 90 * time.Second
)

// readAgain adds to the version's facts what the second reader finds in passages that name somebody. Where it fails, what
// the rules found stands, and the document's report says so.
func (w *worker) readAgain(ctx context.Context, v *Version, drafts []retrieval.Draft) {
	if w.second == nil {
		return
	}
	names := w.names
	if names == nil {
		names = lang.NamesIn
	}
	var passages []retrieval.Passage
	for _, d := range drafts {
		if len(names(d.Text)) > 0 && len(passages) < secondPassages {
			passages = append(passages, d.Passage)
		}
	}
	claims := make([][]facts.Claim, len(passages))
	var failed error
	var once sync.Once
	var group sync.WaitGroup
	calls, stop := context.WithTimeout(ctx, secondTime)
	defer stop()
	tokens := make(chan struct{}, secondCalls)
	for i, p := range passages {
		group.Go(func() {
			tokens <- struct{}{}
			defer func() { <-tokens }()
			var err error
			if claims[i], err = w.second.Positions(calls, p); err != nil {
				once.Do(func() { failed = err })
				stop() // a model that is down is not asked for every passage
			}
		})
	}
	group.Wait()
	accepted, said := 0, 0
	for i, p := range passages {
		said += len(claims[i])
		accepted += facts.Accept(v.Document, &v.Facts, lang.Span{Start: p.Start, End: p.End}, claims[i])
	}
	if failed != nil && ctx.Err() == nil {
		w.log.Warn("not read by the second reader", "source", v.Source, "error", failed)
		v.Document.Warnings = append(v.Document.Warnings, source.WarnSecondReader)
	}
	w.log.Info("read by the second reader", "source", v.Source, "passages", len(passages), "positions", accepted, "refused", said-accepted)
}
