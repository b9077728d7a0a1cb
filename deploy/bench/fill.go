package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"osmanthus/ingest"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
	"osmanthus/retrieval/pgstore"
)

// documentsALoad is how many documents are stored in one transaction.
const documentsALoad = 100

// A filling is what filling the corpus took.
type filling struct {
	Passages int
	Load     time.Duration // rows written, the making of synthetic text and vectors apart
	Refresh  time.Duration
	Index    time.Duration
}

// fill stores the real documents and fillers until there are passages in all.
func fill(ctx context.Context, store *pgstore.Store, space retrieval.Space, embedder *remembering, dict *lang.Dictionary, real realCorpus, folder string, passages int) (filling, error) {
	var f filling
	indexer, err := retrieval.NewIndexer(space, store, embedder, dict)
	if err != nil {
		return f, err
	}
	m := mixer{real: make(map[lang.Lang][][]float32)}
	for i, drafts := range real.drafts {
		v := real.documents[i]
		if v.Passages, err = indexer.Index(ctx, drafts); err != nil {
			return f, err
		}
		for _, p := range v.Passages {
			m.real[p.Lang] = append(m.real[p.Lang], space.Raw(p.Vector, p.Norm, p.Han))
		}
		real.documents[i] = v
		f.Passages += len(v.Passages)
	}
	if err := embedder.save(); err != nil {
		return f, err
	}
	if err := load(ctx, store, real.documents, &f); err != nil {
		return f, err
	}
	g, err := newGenerator(folder, m, space)
	if err != nil {
		return f, err
	}
	synthetic, err := retrieval.NewIndexer(space, store, mixing{model: space.Model, mixer: m}, dict)
	if err != nil {
		return f, err
	}
	made := make(chan []ingest.Version, 2)
	failed := make(chan error, 1)
	first := f.Passages
	go func() {
		defer close(made)
		for n, have := 0, first; have < passages; {
			var versions []ingest.Version
			for len(versions) < documentsALoad && have < passages {
				v, drafts := g.document(n)
				drafts = drafts[:min(len(drafts), passages-have)]
				if v.Passages, err = synthetic.Index(ctx, drafts); err != nil {
					failed <- err
					return
				}
				versions = append(versions, v)
				n, have = n+1, have+len(drafts)
			}
			select {
			case made <- versions:
			case <-ctx.Done():
				return
			}
		}
	}()
	for versions := range made {
		for _, v := range versions {
			f.Passages += len(v.Passages)
		}
		if err := load(ctx, store, versions, &f); err != nil {
			return f, err
		}
		if f.Passages/20_000 != (f.Passages-documentsALoad*passagesADocument)/20_000 {
			fmt.Fprintf(os.Stderr, "  %d passages, %.0f rows/s\n", f.Passages, float64(f.Passages)/f.Load.Seconds())
		}
	}
	select {
	case err := <-failed:
		return f, err
	default:
	}
	start := time.Now()
	if err := store.Refresh(ctx); err != nil {
		return f, err
	}
	f.Refresh = time.Since(start)
	return f, ctx.Err()
}

func load(ctx context.Context, store *pgstore.Store, versions []ingest.Version, f *filling) error {
	start := time.Now()
	defer func() { f.Load += time.Since(start) }()
	return store.Load(ctx, versions)
}
