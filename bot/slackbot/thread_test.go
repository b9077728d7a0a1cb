package slackbot_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"osmanthus/bot"
	"osmanthus/bot/slackbot/slackfake"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// S12: what follows in the thread follows on the conversation, without naming the bot again.
func TestThread(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	answers := quoting()
	r := start(t, fake, store, answers)
	m := r.mention(t, fake, hall, guest, "Where is the hall?")
	complete(t, fake, m, 1)
	for n, tt := range []struct {
		text, thread string
		answered     bool
	}{
		{"And who speaks there?", m.TS, true},
		{"<@" + slackfake.Bot + "> And when does it begin?", m.TS, true},
		{"<@" + visitor + "> look at this one", m.TS, false}, // said to somebody else
		{"And what is said elsewhere?", "", false},
	} {
		follow := fake.Say(hall, visitor, tt.text, tt.thread)
		before := len(answers.questions())
		r.take(t, slackfake.Posted(follow))
		idle(t, store)
		asked := answers.questions()
		if answered := len(asked) > before; answered != tt.answered {
			t.Errorf("%d: %q answered: %t", n, tt.text, answered)
		} else if answered && asked[len(asked)-1].Conversation != "talk-Where is the hall?" {
			t.Errorf("%d: %q is of the conversation %q", n, tt.text, asked[len(asked)-1].Conversation)
		}
	}
	other := fake.Say(hall, guest, "Where shall we eat?", "")
	aside := fake.Say(hall, guest, "In the garden?", other.TS)
	r.take(t, slackfake.Posted(aside))
	idle(t, store)
	if n := len(answers.questions()); n != 3 {
		t.Errorf("%d questions asked; the bot is in a thread that nobody called it to", n)
	}
	first := answers.questions()[0]
	if first.Text != "Where is the hall?" || first.Conversation != "" || first.Client == "" {
		t.Errorf("asked as %+v", first)
	}
}

// What people say to each other in the bot's thread is not told that the documents do not say it; a question is.
func TestTalkInTheThread(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	a := &assistant{say: func(_ context.Context, q bot.Question, _ func(bot.Event) error) (bot.Answer, error) {
		answer := answerTo(q, "This is not in the documents I have.")
		answer.Kind, answer.Citations = bot.KindNotFound, nil
		return answer, nil
	}}
	r := start(t, fake, store, a, unhurried)
	root := r.mention(t, fake, hall, guest, "Parking")
	idle(t, store)
	for text, answered := range map[string]bool{
		"Thanks!": false, "谢谢！": false, "See you there": false, "Is there tea": true, "有茶吗": true, "Tea?": true, "<@" + slackfake.Bot + "> tea": true,
	} {
		before := len(fake.Answers(hall, root.TS))
		r.take(t, slackfake.Posted(fake.Say(hall, visitor, text, root.TS)))
		idle(t, store)
		if got := len(fake.Answers(hall, root.TS)) > before; got != answered {
			t.Errorf("%q is answered: %t", text, got)
		}
	}
	if before := fake.Answers(hall, root.TS); len(before) != 5 {
		t.Errorf("%d answers", len(before))
	}
}

// A thousand questions from fifty channels, by two processes: each is answered once, in order within its thread.
func TestManyQuestions(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	answers := quoting()
	takers := []*running{start(t, fake, store, answers, unhurried), start(t, fake, store, answers, unhurried)}
	const channels, questions = 50, 20
	var roots []slackfake.Message
	for c := range channels {
		channel := fmt.Sprintf("D%03d", c)
		fake.SetChannel(channel, slackfake.Channel{})
		roots = append(roots, fake.Say(channel, guest, "Hello", ""))
	}
	begun := time.Now()
	var asking sync.WaitGroup
	var mu sync.Mutex
	var took []time.Duration
	for c, root := range roots {
		asking.Go(func() {
			for n := range questions {
				m := fake.Say(root.Channel, guest, fmt.Sprintf("Where is hall %d of %d?", n, c), root.TS)
				at := time.Now()
				takers[c%2].take(t, slackfake.Posted(m))
				mu.Lock()
				took = append(took, time.Since(at))
				mu.Unlock()
			}
		})
	}
	asking.Wait()
	idle(t, store)
	slices.Sort(took)
	t.Logf("%d questions answered in %s; acknowledged, all at once, in %s at the median and %s at the 99th of a hundred",
		channels*questions, time.Since(begun).Round(time.Millisecond), took[len(took)/2], took[len(took)*99/100])
	at := map[int]int{}
	for _, q := range answers.questions() {
		var n, c int
		if _, err := fmt.Sscanf(q.Text, "Where is hall %d of %d?", &n, &c); err != nil {
			t.Fatal(err)
		}
		if at[c] == n+1 {
			continue // a try that the slow machine cut short is made again; the answers below are counted
		}
		if at[c] != n {
			t.Errorf("channel %d: question %d comes when %d should", c, n, at[c])
		}
		at[c]++
	}
	for _, root := range roots {
		if got := fake.Answers(root.Channel, root.TS); len(got) != questions {
			t.Errorf("%d answers to %d questions", len(got), questions)
		}
	}
}
