package pgstore_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"osmanthus/ingest"
	"osmanthus/retrieval"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// stored takes a document in and returns its id.
func stored(t *testing.T, s pgstoretest.Instance, space retrieval.Space, name string, change func(*ingest.Version)) int64 {
	t.Helper()
	v := programme(t, space, name, gardenTalk)
	change(&v)
	if err := s.Save(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	found, err := s.Documents(t.Context(), retrieval.Filter{Audiences: both(), Now: time.Date(2031, 1, 1, 0, 0, 0, 0, time.UTC)}, 0, 100)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range found {
		if d.Source == name {
			return d.ID
		}
	}
	t.Fatalf("%s is not there", name)
	return 0
}

func both() []retrieval.Audience { return []retrieval.Audience{retrieval.Public, retrieval.Staff} }

func TestTurnsAndAnswersAreCheckedWhenRead(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	space := newSpace(t, s)
	now := time.Date(2031, 3, 1, 0, 0, 0, 0, time.UTC)
	open := stored(t, s, space, "open.md", func(*ingest.Version) {})
	staff := stored(t, s, space, "staff.md", func(v *ingest.Version) { v.Audience = retrieval.Staff })
	later := stored(t, s, space, "later.md", func(v *ingest.Version) { v.Embargo = now.Add(time.Hour) })
	gone := stored(t, s, space, "gone.md", func(*ingest.Version) {})
	if _, err := s.Remove(t.Context(), "", []string{"gone.md"}); err != nil {
		t.Fatal(err)
	}
	strangers := []retrieval.Audience{retrieval.Public}
	for i, tt := range []struct {
		name      string
		audiences []retrieval.Audience // of the one who asked
		documents []int64
		seen      []retrieval.Audience // of the one who looks
		at        time.Time
		want      bool
	}{
		{"a stranger's own", strangers, []int64{open}, strangers, now, true},
		{"made from nothing", strangers, nil, strangers, now, true},
		{"a stranger's, seen by staff", strangers, []int64{open}, both(), now, true},
		{"asked by staff", both(), []int64{open}, strangers, now, false},
		{"asked by staff, seen by staff", both(), []int64{staff}, both(), now, true},
		{"of a document made one for staff since", strangers, []int64{open, staff}, strangers, now, false},
		{"of a document under embargo", strangers, []int64{later}, strangers, now, false},
		{"after the embargo", strangers, []int64{later}, strangers, now.Add(2 * time.Hour), true},
		{"of a document that was pruned", strangers, []int64{gone}, both(), now, false},
		{"of a document that never was", strangers, []int64{999999}, both(), now, false},
		{"seen by nobody", strangers, []int64{open}, nil, now, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			id := fmt.Sprintf("c%d", i)
			if err := s.SaveTurn(t.Context(), id, []byte(`{"asked":"x"}`), tt.audiences, tt.documents, now, 9); err != nil {
				t.Fatal(err)
			}
			f := retrieval.Filter{Audiences: tt.seen, Now: tt.at}
			turns, err := s.Turns(t.Context(), f, id, now, 9)
			if err != nil || (len(turns) == 1) != tt.want {
				t.Errorf("turns %s, %v", turns, err)
			}
			// An answer's documents are those that it was given with and those that its JSON names, anywhere in it.
			for j, kept := range []retrieval.KeptAnswer{
				{JSON: []byte(`{"text":"t"}`), Documents: tt.documents},
				{JSON: []byte(`{"people":[{"titles":` + titlesNaming(tt.documents) + `}],"document":"no number"}`)},
			} {
				kept.ID, kept.Question, kept.Lang, kept.Kind, kept.Audiences, kept.Given = fmt.Sprintf("a%d-%d", i, j), "q", "en", "answer", tt.audiences, now
				if err := s.SaveAnswer(t.Context(), kept); err != nil {
					t.Fatal(err)
				}
				got, err := s.Answer(t.Context(), f, kept.ID)
				if tt.want && (err != nil || got.Question != "q" || !got.Given.Equal(now)) || !tt.want && !errors.Is(err, retrieval.ErrNotFound) {
					t.Errorf("answer %d: %+v, %v", j, got, err)
				}
			}
		})
	}
}

func titlesNaming(documents []int64) string {
	out := "["
	for i, d := range documents {
		if i > 0 {
			out += ","
		}
		out += fmt.Sprintf(`{"document":%d}`, d)
	}
	return out + "]"
}

func TestConversationsAreBoundedAndForgotten(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	now := time.Date(2031, 3, 1, 0, 0, 0, 0, time.UTC)
	public := retrieval.Filter{Audiences: []retrieval.Audience{retrieval.Public}, Now: now}
	for i := range 5 {
		if err := s.SaveTurn(t.Context(), "c", fmt.Appendf(nil, `{"n": %d}`, i), public.Audiences, nil, now.Add(time.Duration(i)*time.Minute), 3); err != nil {
			t.Fatal(err)
		}
	}
	turns := func(since time.Time, limit int) string {
		got, err := s.Turns(t.Context(), public, "c", since, limit)
		return fmt.Sprintf("%s %v", got, err)
	}
	for _, tt := range []struct {
		name  string
		since time.Time
		limit int
		want  string
	}{
		{"the last three are kept", now, 9, `[{"n": 2} {"n": 3} {"n": 4}] <nil>`},
		{"fewer are asked for", now, 1, `[{"n": 4}] <nil>`},
		{"expired", now.Add(5 * time.Minute), 9, "[] not found"},
	} {
		if got := turns(tt.since, tt.limit); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if n, err := s.SweepConversations(t.Context(), now.Add(4*time.Minute)); err != nil || n != 0 {
		t.Errorf("swept %d that are in use, %v", n, err)
	}
	for range 2 {
		if err := s.DeleteConversation(t.Context(), "c"); err != nil {
			t.Fatal(err)
		}
	}
	if got := turns(time.Time{}, 9); got != "[] not found" {
		t.Errorf("after it was deleted: %s", got)
	}
}
