package pgstore_test

import (
	"math"
	"math/rand/v2"
	"testing"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

func TestSentencesComeAndGoWithTheirVersion(t *testing.T) {
	t.Parallel()
	s, r := pgstoretest.New(t), rand.New(rand.NewPCG(7, 8))
	space := newSpace(t, s)
	without := func() []int64 {
		t.Helper()
		passages, err := s.WithoutSentences(t.Context(), space.Model, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		var ids []int64
		for _, p := range passages {
			if p.Text == "" || p.Title == "" || !p.Lang.Valid() {
				t.Errorf("passage %d comes without what its sentences need: %+v", p.ID, p)
			}
			ids = append(ids, p.ID)
		}
		return ids
	}
	if err := s.Save(t.Context(), version(space, "a.md", "1", r, "one", "two")); err != nil {
		t.Fatal(err)
	}
	old := without()
	if len(old) != 2 {
		t.Fatalf("%d passages without sentences, want 2", len(old))
	}
	vector := unit(r)
	of := map[int64][]retrieval.SentenceVector{old[0]: {{Span: lang.Span{Start: 0, End: 3}, Vector: vector}, {Span: lang.Span{Start: 4, End: 7}, Vector: unit(r)}}}
	for range 2 { // the second time changes nothing
		if err := s.SaveSentences(t.Context(), space.Model, of); err != nil {
			t.Fatal(err)
		}
	}
	if left := without(); len(left) != 1 || left[0] != old[1] {
		t.Errorf("without sentences: %v, want %v", left, old[1:])
	}
	got, err := s.Sentences(t.Context(), space.Model, old)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 1 || len(got[old[0]]) != 2 || got[old[0]][1].Span != (lang.Span{Start: 4, End: 7}) {
		t.Fatalf("got %+v", got)
	}
	for i, x := range got[old[0]][0].Vector {
		if math.Abs(float64(x-vector[i])) > 1e-3 { // halfvec
			t.Fatalf("component %d is %v, want %v", i, x, vector[i])
		}
	}
	if err := s.Save(t.Context(), version(space, "a.md", "2", r, "three")); err != nil {
		t.Fatal(err)
	}
	if err := s.SaveSentences(t.Context(), space.Model, of); err != nil { // late, of a version that is no longer current
		t.Fatal(err)
	}
	if got, err = s.Sentences(t.Context(), space.Model, old); err != nil || len(got) != 0 {
		t.Errorf("sentences of the replaced version: %v, %v", got, err)
	}
	if now := without(); len(now) != 1 || now[0] == old[0] || now[0] == old[1] {
		t.Errorf("without sentences after a new version: %v", now)
	}
}

// A space that is calibrated anew keeps its sentences: they are as the model gave them.
func TestSentencesOutliveACalibration(t *testing.T) {
	t.Parallel()
	s, r := pgstoretest.New(t), rand.New(rand.NewPCG(9, 10))
	space := newSpace(t, s)
	if err := s.Save(t.Context(), version(space, "a.md", "1", r, "one", "two")); err != nil {
		t.Fatal(err)
	}
	passages, err := s.WithoutSentences(t.Context(), space.Model, 0, 100)
	if err != nil || len(passages) != 2 {
		t.Fatalf("%d passages, %v", len(passages), err)
	}
	id := passages[0].ID
	if err := s.SaveSentences(t.Context(), space.Model, map[int64][]retrieval.SentenceVector{id: {{Span: lang.Span{Start: 0, End: 3}, Vector: unit(r)}}}); err != nil {
		t.Fatal(err)
	}
	to := space
	to.Revision++
	if to, err = s.Recalibrate(t.Context(), space, to); err != nil {
		t.Fatal(err)
	}
	got, err := s.Sentences(t.Context(), to.Model, []int64{id, passages[1].ID})
	if err != nil || len(got) != 1 || len(got[id]) != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	if left, err := s.WithoutSentences(t.Context(), to.Model, 0, 100); err != nil || len(left) != 1 || left[0].ID != passages[1].ID {
		t.Errorf("without sentences: %+v, %v", left, err)
	}
}
