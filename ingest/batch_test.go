package ingest

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/ingest/source"
	"osmanthus/retrieval"
)

// lots are documents of so many passages each, named by a letter.
func lots(sizes ...int) []*lot {
	var out []*lot
	for i, n := range sizes {
		l := &lot{passages: make([]retrieval.IndexedPassage, n)}
		for p := range n {
			l.drafts = append(l.drafts, retrieval.Draft{Passage: retrieval.Passage{Title: string(rune('a' + i)), Text: fmt.Sprint(p)}})
		}
		out = append(out, l)
	}
	return out
}

// indexed hands all lots in before the first call is made, and returns what each ended with.
func indexed(t *testing.T, x *packer, size int, all []*lot) (errs []error, down error) {
	t.Helper()
	c := &clock{now: time.Unix(1e9, 0)}
	ctx, stop := context.WithCancelCause(t.Context())
	defer stop(nil)
	b := newBatcher(x, size, &meter{now: c.Now}, func(err error) { down = err; stop(err) }, nil)
	errs = make([]error, len(all))
	var group, calls sync.WaitGroup
	for i, l := range all {
		wanted := make([]int, len(l.drafts))
		for n := range wanted {
			wanted[n] = n
		}
		group.Go(func() { errs[i] = b.index(t.Context(), l, wanted, func([]int) error { return nil }) })
		for waiting := 0; waiting <= i; { // until it stands in line
			b.mu.Lock()
			waiting = len(b.lots)
			b.mu.Unlock()
			runtime.Gosched()
		}
	}
	calls.Go(func() { b.run(ctx, 1) })
	group.Wait()
	stop(nil)
	calls.Wait()
	return errs, down
}

func TestBatches(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		sizes []int
		size  int
		want  []string // titles of each call's passages
	}{
		{"calls cross the borders of documents", []int{1, 1, 1, 1, 3}, 3, []string{"abc", "dee", "e"}},
		{"a long document does not keep the others waiting", []int{9, 1, 1}, 4, []string{"aaaa", "bcaa", "aaa"}},
		{"two long ones take turns", []int{4, 4}, 2, []string{"aa", "bb", "aa", "bb"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			x := &packer{}
			all := lots(tt.sizes...)
			errs, down := indexed(t, x, tt.size, all)
			var got []string
			for _, c := range x.calls {
				got = append(got, strings.Join(c, ""))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" || errors.Join(errs...) != nil || down != nil {
				t.Errorf("%v, %v (-want +got):\n%s", errs, down, diff)
			}
			for _, l := range all {
				for n, p := range l.passages {
					if p.Text != fmt.Sprint(n) {
						t.Errorf("passage %d of %s is %q", n, l.drafts[0].Title, p.Text)
					}
				}
			}
		})
	}
}

// A fault is laid at the document's door only where a harmless text can be embedded right after it.
func TestBlame(t *testing.T) {
	t.Parallel()
	t.Run("one document", func(t *testing.T) {
		t.Parallel()
		x := &packer{failing: func(text string) error {
			if text == "1" {
				return errDown
			}
			return nil
		}}
		errs, down := indexed(t, x, 4, lots(1, 2, 1))
		var fault *source.Fault
		if errs[0] != nil || errs[2] != nil || !errors.As(errs[1], &fault) || fault.Code != source.IndexFailed || Postponed(errs[1]) || down != nil {
			t.Errorf("got %v, %v", errs, down)
		}
	})
	t.Run("the embedder", func(t *testing.T) {
		t.Parallel()
		errs, down := indexed(t, &packer{failing: func(string) error { return errDown }}, 2, lots(1, 2, 1))
		for _, err := range errs {
			if !errors.Is(err, ErrEmbedderDown) || !Postponed(err) || Permanent(err) {
				t.Errorf("got %v", err)
			}
		}
		if !errors.Is(down, ErrEmbedderDown) || !errors.Is(down, errDown) {
			t.Errorf("down: %v", down)
		}
	})
}
