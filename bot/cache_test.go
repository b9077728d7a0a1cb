package bot

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// A countedCorpus is a state of the documents that a test changes.
type countedCorpus struct {
	version atomic.Int64
	err     error
}

func (c *countedCorpus) CorpusVersion(context.Context, time.Time) (string, error) {
	return fmt.Sprint(c.version.Load()), c.err
}

// TestAnswersAgain: an answer is given again only where all that it depends on is the same.
func TestAnswersAgain(t *testing.T) {
	t.Parallel()
	const hall = "Where did the seminar take place in the hall?"
	staff := []retrieval.Audience{retrieval.Public, retrieval.Staff}
	for _, tt := range []struct {
		name   string
		first  Question
		second Question
		change bool
		err    error
		again  bool
	}{
		{"of documents chosen", Question{Text: hall, Choice: &SummaryChoice{Documents: []int64{1}, Length: 200}}, Question{Text: hall, Choice: &SummaryChoice{Documents: []int64{1}, Length: 200}}, false, nil, true},
		{"of others", Question{Text: hall, Choice: &SummaryChoice{Documents: []int64{1}}}, Question{Text: hall, Choice: &SummaryChoice{Documents: []int64{2}}}, false, nil, false},
		{"of another length", Question{Text: hall, Choice: &SummaryChoice{Length: 200}}, Question{Text: hall, Choice: &SummaryChoice{Length: 300}}, false, nil, false},
		{"the same", Question{Text: hall}, Question{Text: hall}, false, nil, true},
		{"in other letters", Question{Text: hall}, Question{Text: "where did the SEMINAR take place in the hall?"}, false, nil, true},
		{"audiences in another order", Question{Text: hall, Audiences: staff}, Question{Text: hall, Audiences: []retrieval.Audience{retrieval.Staff, retrieval.Public}}, false, nil, true},
		{"after a change of the documents", Question{Text: hall}, Question{Text: hall}, true, nil, false},
		{"another question", Question{Text: hall}, Question{Text: "Where was the seminar?"}, false, nil, false},
		{"in the other language", Question{Text: hall}, Question{Text: hall, Lang: lang.Chinese}, false, nil, false},
		{"by another audience", Question{Text: hall, Audiences: staff}, Question{Text: hall}, false, nil, false},
		{"of another event", Question{Text: hall}, Question{Text: hall, Event: "harvest"}, false, nil, false},
		{"asked for anew", Question{Text: hall}, Question{Text: hall, Fresh: true}, false, nil, false},
		{"no state known", Question{Text: hall}, Question{Text: hall}, false, errDown, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			corpus := &countedCorpus{err: tt.err}
			searcher := seminar()
			var record Record
			model := &scriptedModel{pieces: []string{"In the Garden Hall [1]."}}
			ids := atomic.Int64{}
			a := newAssistant(t, Config{
				Searcher: searcher, Corpus: corpus, Model: model, Observe: func(r Record) { record = r },
				NewID: func() string { return fmt.Sprint("id-", ids.Add(1)) },
			})
			first, err := a.Ask(t.Context(), tt.first, nil)
			if err != nil {
				t.Fatal(err)
			}
			if tt.change {
				corpus.version.Add(1)
			}
			var events []EventType
			second, err := a.Ask(t.Context(), tt.second, func(e Event) error {
				events = append(events, e.Type)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if record.Cached != tt.again || (len(model.prompts) == 1) != tt.again || second.ID == first.ID {
				t.Errorf("again %t after %d prompts, ids %s and %s", record.Cached, len(model.prompts), first.ID, second.ID)
			}
			if !tt.again {
				return
			}
			if diff := gocmp.Diff(first, second, ignoreTimings, cmpopts.IgnoreFields(Answer{}, "ID")); diff != "" {
				t.Errorf("another answer (-first +second):\n%s", diff)
			}
			want := []EventType{EventMeta, EventStatus, EventSources, EventDelta, EventCitation, EventDone}
			if diff := gocmp.Diff(want, events); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
		})
	}
}

// TestNotAgain: what was answered while something was down is not kept.
func TestNotAgain(t *testing.T) {
	t.Parallel()
	degraded := seminar()
	degraded.degraded = []string{retrieval.ArmDense}
	for name, c := range map[string]Config{
		"the model": {Model: &scriptedModel{err: errDown}}, "the embedder": {Searcher: degraded},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cached := 0
			c.Corpus = &countedCorpus{}
			c.Observe = func(r Record) {
				if r.Cached {
					cached++
				}
			}
			a := newAssistant(t, c)
			for range 2 {
				if _, err := a.Ask(t.Context(), Question{Text: "Where did the seminar take place in the hall?"}, nil); err != nil {
					t.Fatal(err)
				}
			}
			if cached != 0 {
				t.Error("given again")
			}
		})
	}
}

func TestCacheIsBounded(t *testing.T) {
	t.Parallel()
	c := newCache(3)
	for i := range 10 {
		c.put(cached{key: fmt.Sprint(i), answer: Answer{ID: fmt.Sprint(i)}})
		c.get("0") // used, so it stays
	}
	if len(c.byKey) != 3 || c.order.Len() != 3 {
		t.Errorf("%d kept", len(c.byKey))
	}
	for key, want := range map[string]bool{"0": true, "9": true, "8": true, "7": false, "": false} {
		if _, ok := c.get(key); ok != want {
			t.Errorf("%q kept: %t", key, ok)
		}
	}
}
