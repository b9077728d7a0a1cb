package bot

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"osmanthus/retrieval"
)

// memoryConversations keeps turns of one conversation.
type memoryConversations struct {
	err   error
	mu    sync.Mutex
	id    string
	turns [][]byte
}

func (m *memoryConversations) Turns(_ context.Context, _ retrieval.Filter, id string, _ time.Time, limit int) ([][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	switch {
	case m.err != nil:
		return nil, m.err
	case id != m.id:
		return nil, retrieval.ErrNotFound
	}
	return m.turns[max(0, len(m.turns)-limit):], nil
}

func (m *memoryConversations) SaveTurn(_ context.Context, id string, turn []byte, _ []retrieval.Audience, _ []int64, _ time.Time, _ int) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.id, m.turns = id, append(m.turns, turn)
	return m.err
}

func kept(t *testing.T, turns ...turn) *memoryConversations {
	t.Helper()
	m := &memoryConversations{id: "held"}
	for _, turn := range turns {
		raw, err := json.Marshal(turn)
		if err != nil {
			t.Fatal(err)
		}
		m.turns = append(m.turns, raw)
	}
	return m
}

func TestConversations(t *testing.T) {
	t.Parallel()
	place := before()["place"]
	ann := before()["ann"]
	long := ann
	for range 40 {
		long = append(long, turn{Whole: strings.Repeat("long ", 300), Answer: "a"})
	}
	says := func(text string) *scriptedModel {
		return &scriptedModel{reply: func(p Prompt) string {
			if strings.Contains(p.System, "You complete questions") {
				return text
			}
			return "The seminar took place in the Garden Hall. [1]"
		}}
	}
	for _, tt := range []struct {
		name     string
		kept     *memoryConversations
		model    *scriptedModel
		question string
		id       string // that the question names
		searched string
		given    string // the conversation of the answer
		calls    int    // of the model
	}{
		{"a first question is never rewritten", kept(t), says("Something else?"), "And when did she speak?", "", "And when did she speak?", "new", 1},
		{"an id that is not known is not taken", kept(t, ann...), nil, "When does she speak?", "guessed", "When does she speak?", "new", 0},
		{"rules complete", kept(t, ann...), nil, "When does she speak?", "held", "When does Ann Sample speak?", "held", 0},
		{"sure rules need no model", kept(t, ann...), says("Something else?"), "When does she speak about the seminar?", "held", "When does Ann Sample speak about the seminar?", "held", 1},
		{"unsure rules alone", kept(t, place...), nil, "And when?", "held", "Where did the seminar take place? And when?", "held", 0},
		{"the model where rules are not sure", kept(t, place...), says("When did the seminar take place?"), "And when?", "held", "When did the seminar take place?", "held", 2},
		{"a model that fails", kept(t, place...), &scriptedModel{err: errDown}, "And when?", "held", "Where did the seminar take place? And when?", "held", 2},
		{"a model that writes two lines", kept(t, place...), says("When?\nWhere?"), "And when?", "held", "Where did the seminar take place? And when?", "held", 2},
		{"a model that repeats its instructions", kept(t, place...), &scriptedModel{reply: echo}, "And when?", "held", "Where did the seminar take place? And when?", "held", 2},
		{"a model that writes a book", kept(t, place...), says(strings.Repeat("when ", 3000)), "And when?", "held", "Where did the seminar take place? And when?", "held", 2},
		{"a whole question stays", kept(t, ann...), says("Something else?"), "Where did the seminar take place?", "held", "Where did the seminar take place?", "held", 1},
		{"only the last turns count", kept(t, long...), nil, "When does she speak?", "held", "When does she speak?", "held", 0},
		{"a store that is down", &memoryConversations{err: errors.New("down")}, nil, "When does she speak?", "held", "When does she speak?", "held", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			searcher, answers := seminar(), &memoryAnswers{}
			config := Config{Searcher: searcher, Conversations: tt.kept, Answers: answers, NewConversation: func() string { return "new" }}
			if tt.model != nil {
				config.Model = tt.model
			}
			var meta Meta
			a, err := newAssistant(t, config).Ask(t.Context(), Question{Text: tt.question, Conversation: tt.id}, func(e Event) error {
				if m, ok := e.Data.(Meta); ok {
					meta = m
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(searcher.queries) == 0 {
				t.Fatalf("nothing was searched: %+v", a)
			}
			if got := searcher.queries[0].Text; got != tt.searched {
				t.Errorf("searched %q, want %q", got, tt.searched)
			}
			if a.Conversation != tt.given || meta.Conversation != tt.given {
				t.Errorf("conversation %q, in meta %q, want %q", a.Conversation, meta.Conversation, tt.given)
			}
			if a.Kind == KindNotFound && tt.model != nil && tt.calls == 1 {
				tt.calls = 0 // nothing to write about
			}
			if tt.model != nil && len(tt.model.prompts) != tt.calls {
				t.Errorf("%d calls of the model, want %d", len(tt.model.prompts), tt.calls)
			}
			if strings.Contains(answers.saved[0], "conversation") {
				t.Errorf("the answer that others may open names the conversation: %s", answers.saved[0])
			}
		})
	}
}

// What a turn keeps is what the next one can mean.
func TestTurnNamesWhatWasTold(t *testing.T) {
	t.Parallel()
	m := &memoryConversations{}
	a := newAssistant(t, Config{Conversations: m, NewConversation: func() string { return "c" }, Searcher: &corpusSearcher{hits: []retrieval.Hit{
		passage(1, 1, "en", "Report", "FU Changbo moderated the round table. Lunch was served.", 0),
	}}})
	if _, err := a.Ask(t.Context(), Question{Text: "Who moderated the round table?"}, nil); err != nil {
		t.Fatal(err)
	}
	turns, err := readTurns(m.turns, nil)
	if err != nil || len(turns) != 1 {
		t.Fatalf("%d turns, %v", len(turns), err)
	}
	if f := followUpOf("What did he say?", turns); f.whole != "What did FU Changbo say?" || !f.sure {
		t.Errorf("%+v after %+v", f, turns[0])
	}
}
