package ingest

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"osmanthus/ingest/source"
)

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

// takeReleased takes in again what a document had superseded that was pruned just now.
func (r *run) takeReleased(ctx context.Context, files []file) error {
	hashes, err := r.store.Hashes(ctx, r.options.Event)
	if err != nil {
		return fmt.Errorf("ingest: %w", err)
	}
	released := slices.DeleteFunc(slices.Clone(files), func(f file) bool { return r.hashes[f.source] == nil || hashes[f.source] != nil })
	r.hashes = hashes
	if len(released) == 0 {
		return nil
	}
	r.summary.Unchanged -= len(released)
	r.progress.Done -= len(released)
	return r.takeAll(ctx, released)
}
