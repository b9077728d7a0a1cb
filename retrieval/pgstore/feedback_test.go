package pgstore_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/retrieval"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

func TestFeedbackAndUnanswered(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	now := time.Date(2031, 3, 1, 0, 0, 0, 0, time.UTC)
	strangers := retrieval.Filter{Audiences: []retrieval.Audience{retrieval.Public}, Now: now}
	cited := `{"citations":[{"n":1,"document":0}]}`
	for i, a := range []retrieval.KeptAnswer{
		{ID: "good", Question: "What is good?", Kind: "answer", JSON: []byte(cited)},
		{ID: "refused", Question: "And where?", Whole: "Where is the pond?", Kind: "not_found", JSON: []byte(`{"citations":[]}`)},
		{ID: "uncited", Question: "Who swims?", Kind: "answer", JSON: []byte(`{"citations":null}`)},
		{ID: "bad", Question: "Who sings?", Kind: "answer", JSON: []byte(cited)},
		{ID: "better", Question: "Who dances?", Kind: "answer", JSON: []byte(cited)},
		{ID: "staff", Question: "Who hides?", Kind: "not_found", JSON: []byte(`{"citations":[]}`), Audiences: both()},
		{ID: "old", Question: "Who was?", Kind: "not_found", JSON: []byte(`{"citations":[]}`), Given: now.Add(-100 * time.Hour)},
	} {
		if a.Lang = "en"; a.Audiences == nil {
			a.Audiences = strangers.Audiences
		}
		if a.Given.IsZero() {
			a.Given = now.Add(time.Duration(-i) * time.Minute)
		}
		if a.ID != "staff" { // document 0 does not exist
			a.JSON = []byte(`{"citations":` + map[bool]string{true: `[{"n":1}]`, false: `[]`}[string(a.JSON) == cited] + `}`)
		}
		if err := s.SaveAnswer(t.Context(), a); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []struct {
		answer, surface, reason string
		up                      bool
		want                    error
	}{
		{"bad", "web", "first", true, nil},
		{"bad", "web", "It was the choir.", false, nil}, // the last word
		{"bad", "slack", "", true, nil},                 // of another surface
		{"better", "web", "", false, nil},
		{"better", "web", "", true, nil},
		{"staff", "web", "", false, retrieval.ErrNotFound},
		{"nothing", "web", "", false, retrieval.ErrNotFound},
	} {
		err := s.SaveFeedback(t.Context(), strangers, retrieval.Feedback{Answer: f.answer, Surface: f.surface, Reason: f.reason, Up: f.up})
		if !errors.Is(err, f.want) {
			t.Errorf("%s: %v", f.answer, err)
		}
	}
	got, err := s.Unanswered(t.Context(), now.Add(-time.Hour), 9)
	if err != nil {
		t.Fatal(err)
	}
	for i := range got {
		got[i].Asked = got[i].Asked.UTC()
	}
	at := func(minutes int) time.Time { return now.Add(time.Duration(-minutes) * time.Minute) }
	want := []retrieval.UnansweredQuestion{
		{Answer: "refused", Text: "Where is the pond?", Asked: at(1), Refused: true, Reasons: []string{}},
		{Answer: "uncited", Text: "Who swims?", Asked: at(2), Uncited: true, Reasons: []string{}},
		{Answer: "bad", Text: "Who sings?", Asked: at(3), Down: true, Reasons: []string{"It was the choir."}},
		{Answer: "staff", Text: "Who hides?", Asked: at(5), Refused: true, Reasons: []string{}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if some, err := s.Unanswered(t.Context(), now.Add(-time.Hour), 1); err != nil || len(some) != 1 || some[0].Answer != "refused" {
		t.Errorf("one: %+v, %v", some, err)
	}
}
