package pgstore_test

import (
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"osmanthus/retrieval"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// TestCorpusVersion: every change of the documents, and the end of an embargo, makes another state; nothing else does.
func TestCorpusVersion(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	space, r := newSpace(t, s), rand.New(rand.NewPCG(1, 2))
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	seen := map[string]string{}
	last := ""
	expect := func(what string, at time.Time, changes bool) {
		t.Helper()
		got, err := s.CorpusVersion(t.Context(), at)
		if err != nil {
			t.Fatal(err)
		}
		if before, again := seen[got]; (got != last) != changes || changes && again {
			t.Errorf("%s: %q after %q, before that of %s", what, got, last, before)
		}
		seen[got], last = what, got
	}
	do := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	expect("empty", now, true)
	expect("nothing", now.Add(time.Hour), false)
	v := version(space, "a", "1", r, "apple")
	do(s.Save(t.Context(), v))
	expect("a document", now, true)
	_, err := s.Hashes(t.Context(), "")
	do(err)
	expect("a look", now, false)
	v.Embargo = now.Add(time.Hour)
	do(s.Save(t.Context(), v))
	expect("an embargo for the same text", now, true)
	expect("before it ends", now.Add(59*time.Minute), false)
	expect("after it has ended", now.Add(61*time.Minute), true)
	v.Embargo = now.Add(48 * time.Hour)
	do(s.Save(t.Context(), v))
	expect("a longer embargo", now.Add(61*time.Minute), true)
	do(s.Refresh(t.Context()))
	expect("other figures of words", now, true)
	_, err = s.Remove(t.Context(), "", []string{"a"})
	do(err)
	expect("a document removed", now, true)
}

func TestWhole(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	space, r := newSpace(t, s), rand.New(rand.NewPCG(1, 2))
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	staff := version(space, "staff", "2", r, "pear")
	staff.Audience = retrieval.Staff
	later := version(space, "later", "3", r, "plum")
	later.Embargo = now.Add(time.Hour)
	for _, err := range []error{s.Save(t.Context(), version(space, "a", "1", r, "apple", "fig", "grape")), s.Save(t.Context(), staff), s.Save(t.Context(), later)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	everyone := []retrieval.Audience{retrieval.Public, retrieval.Staff}
	all, err := s.Documents(t.Context(), retrieval.Filter{Audiences: everyone, Now: now}, 0, 10)
	if err != nil || len(all) != 3 {
		t.Fatalf("%v, %v", all, err)
	}
	ids := []int64{all[2].ID, all[1].ID, all[0].ID}
	for _, tt := range []struct {
		name      string
		audiences []retrieval.Audience
		now       time.Time
		limit     int
		want      []string
	}{
		{"public", []retrieval.Audience{retrieval.Public}, now, 10, []string{"apple", "fig", "grape"}},
		{"public, embargo over", []retrieval.Audience{retrieval.Public}, now.Add(2 * time.Hour), 10, []string{"plum", "apple", "fig", "grape"}},
		{"staff", everyone, now, 10, []string{"plum", "pear", "apple", "fig", "grape"}},
		{"the first", everyone, now, 2, []string{"plum", "pear"}},
		{"nobody", nil, now, 10, nil},
	} {
		f := retrieval.Filter{Audiences: tt.audiences, Now: tt.now}
		hits, err := s.Whole(t.Context(), f, ids, tt.limit)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, h := range hits {
			got = append(got, h.Text)
			if !f.Permits(h.Access) {
				t.Errorf("%s: %+v says it may not be seen", tt.name, h)
			}
		}
		if len(got) != len(tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			continue
		}
		for i := range got {
			if got[i] != tt.want[i] {
				t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
			}
		}
	}
}

// TestSpend: what several spend at once is all counted, by day.
func TestSpend(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var wait sync.WaitGroup
	for range 20 {
		wait.Go(func() {
			if _, _, err := s.Spend(t.Context(), day, 5, 3); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	next := day.AddDate(0, 0, 1)
	for _, tt := range []struct {
		day                        time.Time
		tokens, micros             int64
		wantedTokens, wantedMicros int64
	}{{day, 0, 0, 100, 60}, {day, -40, -10, 60, 50}, {next, 7, 1, 7, 1}, {day, 0, 0, 60, 50}} {
		if tokens, micros, err := s.Spend(t.Context(), tt.day, tt.tokens, tt.micros); err != nil || tokens != tt.wantedTokens || micros != tt.wantedMicros {
			t.Errorf("%d, %d, %v, want %d, %d", tokens, micros, err, tt.wantedTokens, tt.wantedMicros)
		}
	}
}
