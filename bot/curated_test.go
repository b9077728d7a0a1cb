package bot

import (
	"context"
	"slices"
	"testing"
	"time"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// organisers have one answer, which is for staff.
type organisers struct{ err error }

func (o organisers) Curated(_ context.Context, f retrieval.Filter, question string, _ lang.Lang) (retrieval.CuratedAnswer, bool, error) {
	a := retrieval.CuratedAnswer{Answer: "In the **barn**.\n", Source: "The [janitor](https://evil.example)", Written: time.Date(2031, 3, 1, 0, 0, 0, 0, time.UTC)}
	return a, o.err == nil && question == "Where did the seminar take place in the hall?" && slices.Contains(f.Audiences, retrieval.Staff), o.err
}

func TestOrganisersAnswerWins(t *testing.T) {
	t.Parallel()
	const question = "Where did the seminar take place in the hall?"
	staff := []retrieval.Audience{retrieval.Public, retrieval.Staff}
	for _, tt := range []struct {
		name     string
		curated  organisers
		question Question
		text     string // empty: the documents answer
	}{
		{"in English", organisers{}, Question{Text: question, Audiences: staff}, "In the **barn**.\n\nAnswered by the organisers on 2031-03-01. Source: The \\[janitor\\](https\\://evil.example)"},
		{"in Chinese", organisers{}, Question{Text: question, Lang: lang.Chinese, Audiences: staff}, "In the **barn**.\n\n主办方于 2031-03-01 解答，来源：The \\[janitor\\](https\\://evil.example)"},
		{"a stranger", organisers{}, Question{Text: question}, ""},
		{"another question", organisers{}, Question{Text: question + " Who was there?", Audiences: staff}, ""},
		{"a store that is down", organisers{errDown}, Question{Text: question, Audiences: staff}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			model := &scriptedModel{pieces: []string{"The seminar took place in the Garden Hall. [1]"}}
			answers := &memoryAnswers{}
			a, err := newAssistant(t, Config{Curated: tt.curated, Model: model, Answers: answers}).Ask(t.Context(), tt.question, nil)
			if err != nil || len(answers.saved) != 1 {
				t.Fatalf("%v, %d kept", err, len(answers.saved))
			}
			if given := a.GeneratedBy == GeneratedByOrganisers; given != (tt.text != "") || given && (a.Text != tt.text || a.Kind != KindAnswer || len(model.prompts) > 0) {
				t.Errorf("%s: %q", a.GeneratedBy, a.Text)
			}
		})
	}
}
