package ingest

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What still changes is waited for; each change that has come to rest is one run, and so is one during a run.
func TestWatch(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		looks []uint64 // the first before the first run
		want  []int    // how many looks had been taken at each run
	}{
		{"nothing happens", []uint64{1, 1, 1}, []int{1}},
		{"a file is written at once", []uint64{1, 2, 2, 2}, []int{1, 3}},
		{"a file is written slowly", []uint64{1, 2, 3, 4, 4, 4}, []int{1, 5}},
		{"it is undone before it rests", []uint64{1, 2, 1, 1}, []int{1}},
		{"two changes", []uint64{1, 2, 2, 3, 3, 3}, []int{1, 3, 5}},
		{"a change while a run lasts", []uint64{1, 2, 2, 9, 9}, []int{1, 3, 5}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			tick := make(chan time.Time)
			close(tick)
			looks := 0
			var got []int
			watch(ctx, func() uint64 {
				if looks++; looks == len(tt.looks) {
					stop()
				}
				return tt.looks[min(looks, len(tt.looks))-1]
			}, tick, func() { got = append(got, looks) })
			if looks < len(tt.looks) {
				t.Errorf("%d looks", looks)
			}
			// The ticks of a stopped watch may be taken or not: what follows the last look is nobody's business.
			if len(got) > len(tt.want) {
				got = got[:len(tt.want)]
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("runs after looks (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAppearance(t *testing.T) {
	t.Parallel()
	root := folder(t, map[string]string{"a.md": "# A", "b/c.md": "# C"})
	last := appearance([]string{root})
	if again := appearance([]string{root}); again != last {
		t.Error("it changes by itself")
	}
	for _, tt := range []struct {
		name    string
		do      func()
		changes bool
	}{
		{"a file comes", func() { write(t, filepath.Join(root, "d.md"), "# D") }, true},
		{"a file grows", func() { write(t, filepath.Join(root, "d.md"), "# D and more") }, true},
		{"a file of the same size", func() {
			if err := os.Chtimes(filepath.Join(root, "d.md"), time.Unix(1, 0), time.Unix(1, 0)); err != nil {
				t.Fatal(err)
			}
		}, true},
		{"a hidden file comes", func() { write(t, filepath.Join(root, ".d.md.swp"), "x") }, false},
		{"a file goes", func() {
			if err := os.Remove(filepath.Join(root, "b", "c.md")); err != nil {
				t.Fatal(err)
			}
		}, true},
	} {
		tt.do()
		now := appearance([]string{root})
		if (now != last) != tt.changes {
			t.Errorf("%s: changed %t", tt.name, now != last)
		}
		last = now
	}
}
