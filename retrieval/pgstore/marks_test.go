package pgstore_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"osmanthus/ingest"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

func TestMarks(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	keep := func(event, address, text string) {
		t.Helper()
		if err := s.KeepMark(t.Context(), event, address, ingest.Mark{Text: text, Digest: []byte(text)}); err != nil {
			t.Fatal(err)
		}
	}
	keep("", "https://example.org/a", "one")
	keep("", "https://example.org/a", "two")
	keep("", "https://example.org/b", "three")
	keep("days", "https://example.org/a", "four")
	got, err := s.Marks(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]ingest.Mark{
		"https://example.org/a": {Text: "two", Digest: []byte("two")}, "https://example.org/b": {Text: "three", Digest: []byte("three")},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// One process adds sentences at a time, and the next may when it has ended, however it ended.
func TestAddingSentencesIsForOne(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	called := 0
	add := func(context.Context) error { called++; return nil }
	if err := s.AddingSentences(t.Context(), func(ctx context.Context) error {
		if err := s.AddingSentences(ctx, add); err != nil || called != 0 {
			t.Errorf("beside another: called %d times, %v", called, err)
		}
		return context.Canceled
	}); err != context.Canceled {
		t.Errorf("got %v", err)
	}
	if err := s.AddingSentences(t.Context(), add); err != nil || called != 1 {
		t.Errorf("after another: called %d times, %v", called, err)
	}
}
