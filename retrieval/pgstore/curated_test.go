package pgstore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/retrieval"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

func TestCuratedAnswers(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	space := newSpace(t, s)
	now := time.Date(2031, 3, 1, 0, 0, 0, 0, time.UTC)
	curated := func(question string, audience retrieval.Audience, until time.Time) retrieval.CuratedAnswer {
		a := retrieval.CuratedAnswer{
			Question: question, Answer: "a", Lang: "en", Source: "s", Audience: audience, Until: until, Written: now, Space: space.ID, Vector: []float32{1, 2.5},
		}
		id, err := s.SaveCurated(t.Context(), a)
		if err != nil {
			t.Fatal(err)
		}
		a.ID = id
		return a
	}
	forever := curated("forever", retrieval.Public, time.Time{})
	tomorrow := curated("tomorrow", retrieval.Public, now.Add(24*time.Hour))
	staff := curated("staff", retrieval.Staff, time.Time{})
	for _, tt := range []struct {
		name   string
		filter retrieval.Filter
		want   []retrieval.CuratedAnswer
	}{
		{"strangers", retrieval.Filter{Audiences: both()[:1], Now: now}, []retrieval.CuratedAnswer{tomorrow, forever}},
		{"staff", retrieval.Filter{Audiences: both(), Now: now}, []retrieval.CuratedAnswer{staff, tomorrow, forever}},
		{"after one has expired", retrieval.Filter{Audiences: both()[:1], Now: now.Add(24 * time.Hour)}, []retrieval.CuratedAnswer{forever}},
		{"nobody", retrieval.Filter{Now: now}, []retrieval.CuratedAnswer{}},
	} {
		got, err := s.CuratedAnswers(t.Context(), tt.filter)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if err := s.RemoveCurated(t.Context(), forever.ID); err != nil {
		t.Fatal(err)
	}
	if err := s.RemoveCurated(t.Context(), forever.ID); !errors.Is(err, retrieval.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
}
