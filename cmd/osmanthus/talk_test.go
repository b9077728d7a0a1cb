package main

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/retrieval"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// talking is an assistant that keeps conversations and answers in the database.
func talking(t *testing.T, s pgstoretest.Instance, now func() time.Time) *bot.Assistant {
	t.Helper()
	catalog, err := locale.New()
	if err != nil {
		t.Fatal(err)
	}
	a, err := bot.New(bot.Config{
		Searcher: noPassages{}, Facts: s.Store, Conversations: s.Store, Answers: s.Store, Catalog: catalog, Clock: now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// Each dialogue is asked of the true rows; want is in the last answer's text.
func TestDialoguesOverRows(t *testing.T) {
	t.Parallel()
	now := time.Date(2031, 3, 4, 5, 0, 0, 0, time.UTC)
	a := talking(t, garden(t), func() time.Time { return now })
	for _, tt := range []struct {
		name      string
		questions []string
		want      []string
	}{
		{"her sessions", []string{"Who is Ann Sample?", "When does she speak?"}, []string{"Living Soil", "Brewing with Osmanthus"}},
		{"his sessions", []string{"王小明是谁？", "他有哪些演讲？"}, []string{"堆肥的学问", "修剪果树"}},
		{"across languages", []string{"王小明是谁？", "Which sessions does he give?"}, []string{"堆肥的学问", "修剪果树"}},
		{"the room of a session", []string{"When is “Living Soil”?", "And in which room?"}, []string{"Greenhouse"}},
		{"its time, in Chinese", []string{"Where is “Living Soil”?", "那几点开始？"}, []string{"10:00"}},
		{"who gives it", []string{"「堆肥的学问」在哪里？", "谁讲的？"}, []string{"王小明"}},
		{"another session", []string{"Where is “Living Soil”?", "What about “Brewing with Osmanthus”?"}, []string{"Hall B"}},
		{"another person", []string{"Who is Ann Sample?", "And when does she speak?", "What about Reed Lee?"}, []string{"Brewing with Osmanthus", "14:40"}},
		{"another day", []string{"有哪些演讲？明天", "那后天呢？"}, nil},
		{"the speaker of a session", []string{"Who speaks in “Living Soil”?", "Who is she?"}, []string{"Garden Club"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var answer, retold bot.Answer
			var err, retoldErr error
			history := []bot.Exchange{}
			for _, q := range tt.questions {
				answer, err = a.Ask(t.Context(), bot.Question{Text: q, Conversation: answer.Conversation}, nil)
				retold, retoldErr = a.Ask(t.Context(), bot.Question{Text: q, History: history}, nil)
				history = append(history, bot.Exchange{Question: q, Answer: retold.Text})
			}
			for holder, got := range map[string]struct {
				bot.Answer
				err error
			}{"kept here": {answer, err}, "kept by the asker": {retold, retoldErr}} {
				if got.err != nil && !(tt.want == nil && errors.Is(got.err, errPassages)) {
					t.Fatalf("%s: %v", holder, got.err)
				}
				for _, w := range tt.want {
					if !strings.Contains(got.Text, w) {
						t.Errorf("%s: no %q in %q", holder, w, got.Text)
					}
				}
			}
			if retold.Conversation != "" {
				t.Error("a conversation that the asker holds is kept here too")
			}
		})
	}
}

// What staff talked of with the assistant is nobody else's to go on with, and a conversation ends.
func TestConversationsStayWithThoseWhoMaySeeThem(t *testing.T) {
	t.Parallel()
	s := garden(t)
	now := time.Date(2031, 3, 4, 5, 0, 0, 0, time.UTC)
	a := talking(t, s, func() time.Time { return now })
	staff := []retrieval.Audience{retrieval.Public, retrieval.Staff}
	first, err := a.Ask(t.Context(), bot.Question{Text: "Who is Ann Sample?", Audiences: staff}, nil)
	if err != nil || first.Conversation == "" || first.Kind != bot.KindCard {
		t.Fatalf("%+v, %v", first, err)
	}
	ask := func(at time.Time, audiences []retrieval.Audience, conversation string) (bot.Answer, error) {
		later := talking(t, s, func() time.Time { return at })
		return later.Ask(t.Context(), bot.Question{Text: "When does she speak?", Audiences: audiences, Conversation: conversation}, nil)
	}
	if answer, err := ask(now, nil, first.Conversation); err == nil && strings.Contains(answer.Text, "Living Soil") {
		t.Errorf("a stranger goes on with what staff asked: %s", answer.Text)
	}
	if answer, err := ask(now.Add(time.Minute), staff, first.Conversation); err != nil || !strings.Contains(answer.Text, "Living Soil") || answer.Conversation != first.Conversation {
		t.Errorf("staff do not go on with it: %+v, %v", answer, err)
	}
	if answer, err := ask(now.Add(bot.ConversationTime+time.Hour), staff, first.Conversation); err == nil || answer.Conversation == first.Conversation {
		t.Errorf("an expired conversation is gone on with: %+v, %v", answer, err)
	}
	if n, err := s.SweepConversations(t.Context(), now.Add(time.Hour)); err != nil || n < 1 {
		t.Errorf("swept %d, %v", n, err)
	}
	if _, err := s.Turns(t.Context(), retrieval.Filter{Audiences: staff}, first.Conversation, time.Time{}, 9); !errors.Is(err, retrieval.ErrNotFound) {
		t.Errorf("after the sweep: %v", err)
	}
}
