package main

import (
	"context"
	"errors"
	"time"

	"osmanthus/ingest"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// documentsALoad is how many documents are stored in one transaction.
const documentsALoad = 100

// A filling is what filling the corpus took.
type filling struct {
	Passages int
	Load     time.Duration // rows written, the making of synthetic text and vectors apart
	Refresh  time.Duration
}

// fill stores the real documents and fillers until there are passages in all.
func (b *bench) fill(ctx context.Context) (f filling, err error) {
	if err := b.embedReal(ctx); err != nil {
		return f, err
	}
	for _, v := range b.real.documents {
		f.Passages += len(v.Passages)
	}
	if err := b.load(ctx, b.real.documents, &f); err != nil {
		return f, err
	}
	made := make(chan []ingest.Version, 2)
	failed := make(chan error, 1)
	first := f.Passages
	go func() {
		defer close(made)
		failed <- b.make(ctx, first, func(versions []ingest.Version) bool {
			select {
			case made <- versions:
				return true
			case <-ctx.Done():
				return false
			}
		})
	}()
	for versions := range made {
		for _, v := range versions {
			f.Passages += len(v.Passages)
		}
		if err := b.load(ctx, versions, &f); err != nil {
			return f, err
		}
		if f.Passages/20_000 != (f.Passages-documentsALoad*passagesADocument)/20_000 {
			say("  %d passages, %.0f rows/s", f.Passages, float64(f.Passages)/f.Load.Seconds())
		}
	}
	if err := <-failed; err != nil {
		return f, err
	}
	start := time.Now()
	err = b.store.Refresh(ctx)
	f.Refresh = time.Since(start)
	return f, errors.Join(err, ctx.Err())
}

// embedReal makes the real documents ready.
func (b *bench) embedReal(ctx context.Context) error {
	indexer, err := retrieval.NewIndexer(b.space, b.store, b.embedder, b.dictionary)
	if err != nil {
		return err
	}
	for i, drafts := range b.real.drafts {
		if b.real.documents[i].Passages, err = indexer.Index(ctx, drafts); err != nil {
			return err
		}
	}
	return b.embedder.save()
}

// make makes fillers, the same ones each time, until there are passages with the first ones, as long as use wants more.
func (b *bench) make(ctx context.Context, first int, use func([]ingest.Version) bool) error {
	m := mixer{real: make(map[lang.Lang][][]float32)}
	for _, v := range b.real.documents {
		for _, p := range v.Passages {
			m.real[p.Lang] = append(m.real[p.Lang], b.space.Raw(p.Vector, p.Norm, p.Han))
		}
	}
	g, err := newGenerator(b.folder)
	if err != nil {
		return err
	}
	indexer, err := retrieval.NewIndexer(b.space, b.store, mixing{model: b.space.Model, mixer: m}, b.dictionary)
	if err != nil {
		return err
	}
	for n, have := 0, first; have < b.passages; {
		var versions []ingest.Version
		for len(versions) < documentsALoad && have < b.passages {
			v, drafts := g.document(n)
			drafts = drafts[:min(len(drafts), b.passages-have)]
			if v.Passages, err = indexer.Index(ctx, drafts); err != nil {
				return err
			}
			versions = append(versions, v)
			n, have = n+1, have+len(drafts)
		}
		if !use(versions) {
			return nil
		}
	}
	return nil
}

func (b *bench) load(ctx context.Context, versions []ingest.Version, f *filling) error {
	start := time.Now()
	defer func() { f.Load += time.Since(start) }()
	return b.store.Load(ctx, versions)
}
