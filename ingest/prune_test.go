package ingest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"osmanthus/ingest/source"
)

func TestPrune(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T) (*memory, *Pipeline, string) {
		m := newMemory()
		p := newPipeline(t, m, &packer{})
		root := folder(t, map[string]string{"a.md": "# A\n\nWords.\n", "b/c.md": "# C\n\nWords.\n"})
		aside := filepath.Join(filepath.Dir(root), "docs2")
		write(t, filepath.Join(aside, "d.md"), "# D\n\nWords.\n")
		ran(t, p, Options{}, root, aside)
		ran(t, p, Options{Event: "other"}, root)
		return m, p, root
	}
	all := []string{":docs/a.md", ":docs/b/c.md", ":docs2/d.md", "other:docs/a.md", "other:docs/b/c.md"}
	remove := func(t *testing.T, path string) {
		if err := os.RemoveAll(path); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("what has gone goes, of this folder and event only", func(t *testing.T) {
		t.Parallel()
		m, p, root := setup(t)
		remove(t, filepath.Join(root, "a.md"))
		remove(t, filepath.Join(filepath.Dir(root), "docs2", "d.md"))
		if diff := cmp.Diff(Summary{Unchanged: 1}, ran(t, p, Options{}, root), figures); diff != "" {
			t.Errorf("without --prune (-want +got):\n%s", diff)
		}
		refreshes := m.refreshes
		if diff := cmp.Diff(Summary{Unchanged: 1, Removed: 1}, ran(t, p, Options{Prune: true}, root), figures); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(all[1:], m.holds()); diff != "" || m.refreshes != refreshes+1 {
			t.Errorf("%d refreshes, %s", m.refreshes-refreshes, diff)
		}
	})
	t.Run("a file that is there but bad stays", func(t *testing.T) {
		t.Parallel()
		m, p, root := setup(t)
		write(t, filepath.Join(root, "a.md"), "")
		ran(t, p, Options{Prune: true}, root)
		if diff := cmp.Diff(all, m.holds()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("an emptied folder is pruned", func(t *testing.T) {
		t.Parallel()
		m, p, root := setup(t)
		remove(t, root)
		if err := os.Mkdir(root, 0o755); err != nil {
			t.Fatal(err)
		}
		ran(t, p, Options{Prune: true}, root)
		if diff := cmp.Diff(all[2:], m.holds()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a missing folder is not", func(t *testing.T) {
		t.Parallel()
		m, p, root := setup(t)
		remove(t, root)
		got := ran(t, p, Options{Prune: true}, root)
		if len(got.Failed) != 1 || got.Failed[0].Code != source.Missing || got.Removed != 0 {
			t.Errorf("got %+v", got)
		}
		if diff := cmp.Diff(all, m.holds()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("a file that is named prunes nothing", func(t *testing.T) {
		t.Parallel()
		m, p, root := setup(t)
		remove(t, filepath.Join(root, "b"))
		ran(t, p, Options{Prune: true}, filepath.Join(root, "a.md"))
		if diff := cmp.Diff(all, m.holds()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("refused for a folder that was not read whole", func(t *testing.T) {
		t.Parallel()
		m, p, _ := setup(t)
		r := &run{Pipeline: p, hashes: map[string][]byte{"docs/a.md": nil}}
		if err := r.prune(t.Context(), findings{broken: []string{"docs"}, present: map[string]bool{}}, true); err != nil {
			t.Fatal(err)
		}
		if len(r.summary.Failed) != 1 || r.summary.Failed[0].Code != source.PruneRefused {
			t.Errorf("got %+v", r.summary)
		}
		if diff := cmp.Diff(all, m.holds()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("what the pruned document had superseded comes back", func(t *testing.T) {
		t.Parallel()
		m, p, root := setup(t)
		m.supersedes = map[string]string{"docs/a.md": "docs/b/c.md"}
		remove(t, filepath.Join(root, "a.md"))
		if diff := cmp.Diff(Summary{Added: 1, Removed: 1, Passages: 1}, ran(t, p, Options{Prune: true}, root), figures); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if diff := cmp.Diff(all[1:], m.holds()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("what is only queued goes too", func(t *testing.T) {
		t.Parallel()
		m, p, root := setup(t)
		m.queued = []string{"docs/z.md"}
		ran(t, p, Options{Prune: true}, root)
		if diff := cmp.Diff([]string{"docs/z.md"}, m.removed); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("nothing is pruned when the run ended early", func(t *testing.T) {
		t.Parallel()
		m, _, root := setup(t)
		p := newPipeline(t, m, &packer{failing: func(string) error { return errDown }})
		remove(t, filepath.Join(root, "a.md"))
		for i := range 4 {
			write(t, filepath.Join(root, fmt.Sprint(i, ".md")), "# New\n\nWords.\n")
		}
		if _, err := p.Run(t.Context(), []string{root}, Options{Prune: true}); !errors.Is(err, ErrEmbedderDown) {
			t.Fatalf("got %v", err)
		}
		if diff := cmp.Diff(all, m.holds()); diff != "" {
			t.Error(diff)
		}
	})
}
