package bot

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// TestSecondLook: a search that finds what the asker may not see, which the store's own filter rules out, still lets
// nothing of it out, and says so.
func TestSecondLook(t *testing.T) {
	t.Parallel()
	const canary = "canary-7f3a"
	later := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	earlier := time.Date(2026, 2, 28, 0, 0, 0, 0, time.UTC)
	staff := []retrieval.Audience{retrieval.Public, retrieval.Staff}
	for _, tt := range []struct {
		name      string
		access    retrieval.Access
		audiences []retrieval.Audience
		shown     bool
	}{
		{"public", retrieval.Access{Audience: retrieval.Public}, nil, true},
		{"staff only", retrieval.Access{Audience: retrieval.Staff}, nil, false},
		{"staff only, asked by staff", retrieval.Access{Audience: retrieval.Staff}, staff, true},
		{"under embargo", retrieval.Access{Audience: retrieval.Public, Embargo: later}, nil, false},
		{"under embargo, asked by staff", retrieval.Access{Audience: retrieval.Public, Embargo: later}, staff, true},
		{"embargo over", retrieval.Access{Audience: retrieval.Public, Embargo: earlier}, nil, true},
		{"an audience that nobody has", retrieval.Access{Audience: "board"}, staff, false},
		{"no audience", retrieval.Access{}, staff, false},
	} {
		for _, model := range []Model{nil, &scriptedModel{reply: echo}} {
			t.Run(tt.name, func(t *testing.T) {
				t.Parallel()
				secret := passage(1, 1, lang.English, "Plan "+canary, "The seminar budget is "+canary+".", 0)
				secret.Access = tt.access
				open := passage(2, 2, lang.English, "Report", "The seminar budget is not told.", 0)
				open.Same = []retrieval.Hit{secret}
				var record Record
				var prompted *scriptedModel
				if m, ok := model.(*scriptedModel); ok {
					prompted = &scriptedModel{reply: m.reply}
					model = prompted
				}
				a := newAssistant(t, Config{
					Searcher: &corpusSearcher{hits: []retrieval.Hit{secret, open}}, Model: model, Observe: func(r Record) { record = r },
				})
				var seen strings.Builder
				got, err := a.Ask(t.Context(), Question{Text: "What is the seminar budget?", Audiences: tt.audiences}, func(e Event) error {
					raw, err := json.Marshal(e)
					seen.Write(raw)
					return err
				})
				if err != nil {
					t.Fatal(err)
				}
				if prompted != nil {
					for _, p := range prompted.prompts {
						seen.WriteString(p.User)
					}
				}
				if shown := strings.Contains(seen.String()+got.Text, canary); shown != tt.shown {
					t.Errorf("shown %t, want %t: %s", shown, tt.shown, got.Text)
				}
				if (record.Withheld > 0) == tt.shown {
					t.Errorf("%d withheld", record.Withheld)
				}
			})
		}
	}
}
