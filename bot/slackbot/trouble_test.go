package slackbot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"osmanthus/bot"
	"osmanthus/bot/slackbot"
	"osmanthus/bot/slackbot/slackfake"
	"osmanthus/retrieval"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// S19: a call whose answer is lost may have been done: it is looked for in the thread, not made again.
func TestLostAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		method string
		a      func() *assistant
		fault  slackfake.Fault
	}{
		{"chat.postMessage", quoting, slackfake.Fault{Drop: true}},
		{"chat.startStream", func() *assistant { return writing(always(), pieces...) }, slackfake.Fault{Drop: true}},
		{"chat.appendStream", func() *assistant { return writing(always(), pieces...) }, slackfake.Fault{Drop: true}},
		{"chat.stopStream", func() *assistant { return writing(always(), pieces...) }, slackfake.Fault{Drop: true}},
		{"chat.postMessage", quoting, slackfake.Fault{Status: 503}},
		{"chat.startStream", func() *assistant { return writing(always(), pieces...) }, slackfake.Fault{Status: 500}},
	} {
		t.Run(fmt.Sprintf("%s %+d", tt.method, tt.fault.Status), func(t *testing.T) {
			t.Parallel()
			store, fake := pgstoretest.New(t), newFake(t)
			fake.Fail(tt.method, tt.fault)
			pace := unhurried
			if tt.method != "chat.postMessage" {
				pace = func(*slackbot.Config) {}
			}
			r := start(t, fake, store, tt.a(), pace)
			// An older answer in the thread is none of this question's.
			root := fake.Say(hall, guest, "<@"+slackfake.Bot+"> Where is the tea?", "")
			r.take(t, slackfake.Mention(root))
			idle(t, store)
			follow := fake.Say(hall, guest, "And the hall?", root.TS)
			fake.Fail(tt.method, tt.fault)
			r.take(t, slackfake.Posted(follow))
			idle(t, store)
			got := fake.Answers(hall, root.TS)
			if len(got) != 2 || fake.OpenStreams() > 0 {
				t.Fatalf("%d answers to two questions, %d streams open: %+v", len(got), fake.OpenStreams(), got)
			}
			for _, g := range got {
				if !strings.Contains(string(g.Blocks), "feedback_buttons") || !strings.Contains(g.All(), "sixth floor") {
					t.Errorf("not complete: %+v", g)
				}
			}
		})
	}
}

// S13, S28: a panic costs its own question, whose asker is told so in their language; nothing else.
func TestPanic(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	a := &assistant{say: func(_ context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
		if strings.Contains(q.Text, "bad") || strings.Contains(q.Text, "坏") {
			_ = emit(bot.Event{Type: bot.EventDelta, Data: bot.Delta{Text: "Half of an answer, which is long enough to be shown. "}})
			panic("secret of the program")
		}
		return answerTo(q, "The hall is on the sixth floor. [1]"), nil
	}}
	r := start(t, fake, store, a)
	for text, want := range map[string]string{
		"Where is the bad hall?": "Something went wrong", "坏的会场在哪里？": "出现问题", "Where is the hall?": "sixth floor",
	} {
		m := r.mention(t, fake, hall, guest, text)
		idle(t, store)
		got := fake.Answers(hall, m.TS)
		if len(got) != 1 || !strings.Contains(got[0].All(), want) || strings.Contains(got[0].All(), "secret") {
			t.Errorf("%s: %+v", text, got)
		}
		until(t, "the status is cleared", func() bool { return fake.Status(hall, m.TS) == "" })
	}
	if !strings.Contains(r.log.String(), "secret of the program") {
		t.Error("the panic is not logged")
	}
}

// The store is gone, the search too: the asker is told, and nothing of the error.
func TestFailure(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	a := &assistant{say: func(context.Context, bot.Question, func(bot.Event) error) (bot.Answer, error) {
		return bot.Answer{}, &bot.Error{Code: bot.CodeSearchDown, Err: fmt.Errorf("dial tcp 10.0.0.1: refused")}
	}}
	r := start(t, fake, store, a)
	for _, text := range []string{"Where is the hall?", "会场在哪里？"} {
		m := r.mention(t, fake, hall, guest, text)
		idle(t, store)
		if got := fake.Answers(hall, m.TS); len(got) != 1 || strings.Contains(got[0].All(), "10.0.0.1") || len(got[0].All()) < 10 {
			t.Errorf("%+v", got)
		}
	}
}

// Where nothing can be written, that is said once, clearly, in the log; the next question is answered.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	fake.SetChannel("C0LEFT", slackfake.Channel{Left: true})
	fake.SetChannel("C0OLD", slackfake.Channel{Archived: true})
	r := start(t, fake, store, quoting(), unhurried)
	for channel, code := range map[string]string{"C0LEFT": "not_in_channel", "C0OLD": "is_archived", "C0GONE": "channel_not_found"} {
		r.mention(t, fake, channel, guest, "Where is the hall?")
		idle(t, store)
		if !strings.Contains(r.log.String(), "code="+code) {
			t.Errorf("%s is not in the log", code)
		}
	}
	fake.Fail("chat.postMessage", slackfake.Fault{Code: "missing_scope"})
	r.mention(t, fake, hall, guest, "Where is the hall?")
	idle(t, store)
	fake.Fail("chat.postMessage", slackfake.Fault{Code: "token_revoked"})
	r.mention(t, fake, hall, guest, "Where is the hall?")
	idle(t, store)
	for _, code := range []string{"missing_scope", "token_revoked"} {
		if !strings.Contains(r.log.String(), "code="+code) {
			t.Errorf("%s is not in the log", code)
		}
	}
	complete(t, fake, r.mention(t, fake, hall, guest, "And now?"), 1)
}

// Slack itself is away for a while: the answer comes once it is back.
func TestSlackAway(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	fake.Fail("chat.postMessage", slackfake.Fault{Times: 2, Status: 503})
	r := start(t, fake, store, quoting(), unhurried)
	m := r.mention(t, fake, hall, guest, "Where is the hall?")
	if got := complete(t, fake, m, 1); len(got) != 1 {
		t.Errorf("%d answers", len(got))
	}
}

// A process that is told to stop gives back what it cannot end, and the next one completes the very message.
func TestHandedOver(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	next := make(chan struct{})
	m := fake.Say(hall, guest, "<@"+slackfake.Bot+"> Where is the hall?", "")
	first := start(t, fake, store, writing(next, pieces...), func(c *slackbot.Config) { c.Inbox = cutShort{store} })
	first.take(t, slackfake.Mention(m))
	for range 3 {
		next <- struct{}{}
	}
	until(t, "something is shown", func() bool { return fake.OpenStreams() == 1 })
	first.stop()
	if fake.OpenStreams() != 0 {
		t.Error("the stream is left open")
	}
	start(t, fake, store, writing(always(), pieces...))
	got := complete(t, fake, m, 1)
	idle(t, store)
	if got = fake.Answers(hall, m.TS); len(got) != 1 || markdownOf(t, got[0]) != whole {
		t.Errorf("%+v", got)
	}
}

// cutShort ends what is under way at once when its process is told to stop.
type cutShort struct{ pgstoretest.Instance }

func (c cutShort) Deliveries(ctx context.Context, n int, handle func(context.Context, retrieval.Delivery) error) error {
	return c.Instance.Deliveries(ctx, n, func(dealing context.Context, d retrieval.Delivery) error {
		dealing, cancel := context.WithCancel(dealing)
		defer context.AfterFunc(ctx, cancel)()
		return handle(dealing, d)
	})
}

// X8: which documents may be quoted hangs on where the answer is read and by whom.
func TestAudiences(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	fake.SetUser("U0TEMP", slackfake.User{Staff: true, Guest: true})
	fake.SetChannel("D0TEMP", slackfake.Channel{})
	fake.SetChannel("D0STRANGER", slackfake.Channel{})
	answers := quoting()
	r := start(t, fake, store, answers)
	until(t, "the bot knows its workspace", func() bool { return len(fake.Calls("auth.test")) > 0 })
	fake.SetChannel("C0UNKNOWN", slackfake.Channel{})
	for _, tt := range []struct {
		name, channel, user string
		external            bool
		want                string
	}{
		{"a channel", hall, guest, false, "[public]"},
		{"staff in a channel", hall, staff, false, "[public]"},
		{"the staff's channel", office, guest, false, "[public staff]"},
		{"the staff's channel, shared by the event", office, staff, true, "[public]"},
		{"the staff's channel, shared with another organisation", joint, staff, false, "[public]"},
		{"a guest's direct message", direct, guest, false, "[public]"},
		{"staff's direct message", staffRoom, staff, false, "[public staff]"},
		{"a stranger's direct message", "D0STRANGER", stranger, false, "[public]"},
		{"of a guest who was put in the group", "D0TEMP", "U0TEMP", false, "[public]"},
		{"of somebody nobody knows", direct, "U0NOBODY", false, "[public]"},
	} {
		m := fake.Say(tt.channel, tt.user, "<@"+slackfake.Bot+"> Where is the hall?", "")
		e := slackfake.Posted(m)
		e.External = tt.external
		r.take(t, e)
		idle(t, store)
		asked := answers.questions()
		if got := fmt.Sprint(asked[len(asked)-1].Audiences); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// While Slack does not tell who somebody is, they are nobody's staff.
func TestStrangersWhileSlackIsSilent(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"users.info", "usergroups.users.list", "conversations.info"} {
		store, fake := pgstoretest.New(t), newFake(t)
		fake.Fail(method, slackfake.Fault{Times: -1, Status: 500})
		answers := quoting()
		r := start(t, fake, store, answers)
		channel := staffRoom
		if method == "conversations.info" {
			channel = office
		}
		r.take(t, slackfake.Posted(fake.Say(channel, staff, "<@"+slackfake.Bot+"> Where is the hall?", "")))
		idle(t, store)
		if asked := answers.questions(); len(asked) != 1 || fmt.Sprint(asked[0].Audiences) != "[public]" {
			t.Errorf("%s: %+v", method, asked)
		}
		r.stop()
	}
}

// A status that cannot be set costs nothing but itself; the older way is tried.
func TestStatus(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		refused []string
		shown   bool
	}{
		{"an agent", nil, true},
		{"no agent", []string{"agents.sessions.setStatus"}, true},
		{"neither", []string{"agents.sessions.setStatus", "assistant.threads.setStatus"}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			store, fake := pgstoretest.New(t), newFake(t)
			for _, method := range tt.refused {
				fake.Fail(method, slackfake.Fault{Times: -1, Code: "unknown_method"})
			}
			next := make(chan struct{})
			r := start(t, fake, store, writing(next, "The hall is on the sixth floor. [1]"))
			begun := time.Now()
			m := r.mention(t, fake, hall, guest, "Where is the hall?")
			if tt.shown {
				until(t, "the status is shown", func() bool { return fake.Status(hall, m.TS) != "" })
				t.Logf("after %s", time.Since(begun))
			}
			close(next)
			complete(t, fake, m, 1)
			if messages := fake.Calls("assistant.threads.setStatus"); len(messages) > 0 && strings.Contains(messages[0].Args.Get("loading_messages"), ",") {
				t.Errorf("a loading message is parted: %v", messages[0].Args)
			}
		})
	}
}

// What readers think of an answer is kept with what the web's readers think, the last word of Slack's.
func TestFeedback(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	r := start(t, fake, store, quoting())
	now := time.Now()
	keep := func(id string, audiences ...retrieval.Audience) {
		raw, err := json.Marshal(bot.Answer{ID: id})
		if err != nil {
			t.Fatal(err)
		}
		if err := store.SaveAnswer(t.Context(), retrieval.KeptAnswer{ID: id, Question: "Where?", Lang: "en", Kind: "answer", JSON: raw, Audiences: audiences, Given: now}); err != nil {
			t.Fatal(err)
		}
	}
	keep("open", retrieval.Public)
	keep("closed", retrieval.Public, retrieval.Staff)
	click := func(user, channel, value string) {
		t.Helper()
		status, body, err := r.Interaction(t.Context(), map[string]any{
			"type": "block_actions", "team": map[string]string{"id": slackfake.Team}, "user": map[string]string{"id": user}, "channel": map[string]string{"id": channel},
			"trigger_id": "1.2.3", "actions": []map[string]string{{"type": "feedback_buttons", "action_id": "feedback", "block_id": "b", "value": value, "action_ts": "1.1"}},
		})
		if err != nil || status != 200 {
			t.Fatalf("%d %s %v", status, body, err)
		}
	}
	thought := func() map[string]string {
		t.Helper()
		questions, err := store.Unanswered(t.Context(), now.Add(-time.Hour), 10)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, q := range questions {
			if q.Down {
				out[q.Answer] = fmt.Sprint(q.Reasons)
			}
		}
		return out
	}
	for _, value := range []string{"up:open", "up:open", "down:open"} { // S23: a toggle without a state, the last word counts
		click(guest, hall, value)
	}
	if got := thought(); got["open"] != "[]" || len(got) != 1 {
		t.Errorf("up, up, down: %v", got)
	}
	until(t, "it is asked why", func() bool { return len(fake.Modals()) == 1 })
	if modal := fake.Modals()[0]; !strings.Contains(modal, "What was wrong or missing?") || !strings.Contains(modal, hall+" open") {
		t.Errorf("asked why by %s", modal)
	}
	status, _, err := r.Interaction(t.Context(), map[string]any{
		"type": "view_submission", "team": map[string]string{"id": slackfake.Team}, "user": map[string]string{"id": guest},
		"view": map[string]any{
			"callback_id": "reason", "private_metadata": hall + " open",
			"state": map[string]any{"values": map[string]any{"reason": map[string]any{"reason": map[string]string{"type": "plain_text_input", "value": "It is on the fifth floor."}}}},
		},
	})
	if err != nil || status != 200 || thought()["open"] != "[It is on the fifth floor.]" {
		t.Errorf("%d %v %v", status, err, thought())
	}
	click(guest, direct, "down:closed")
	click(guest, hall, "down:nowhere")
	if got := thought(); len(got) != 1 {
		t.Errorf("a stranger's word on what they may not see: %v", got)
	}
	click(staff, staffRoom, "down:closed")
	if got := thought(); len(got) != 2 {
		t.Errorf("the staff's: %v", got)
	}
	click(guest, hall, "up:open")
	if got := thought(); len(got) != 1 {
		t.Errorf("up after down: %v", got)
	}
}

// A question over which processes die is not tried for ever: its asker is told.
func TestApology(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	answers := quoting()
	r := start(t, fake, store, answers, func(c *slackbot.Config) { c.Inbox = mortal{store} })
	for text, want := range map[string]string{"Where is the hall?": "Please ask it again in a while", "会场在哪里？": "请过一会儿再问一次"} {
		m := r.mention(t, fake, hall, guest, text)
		idle(t, store)
		if got := fake.Answers(hall, m.TS); len(got) != 1 || !strings.Contains(got[0].All(), want) {
			t.Errorf("%+v", got)
		}
	}
	if asked := answers.questions(); len(asked) > 0 {
		t.Errorf("asked %d times", len(asked))
	}
}

// mortal hands over deliveries as if three processes had died over them.
type mortal struct{ pgstoretest.Instance }

func (m mortal) Deliveries(ctx context.Context, n int, handle func(context.Context, retrieval.Delivery) error) error {
	return m.Instance.Deliveries(ctx, n, func(dealing context.Context, d retrieval.Delivery) error {
		d.Deaths = 3
		return handle(dealing, d)
	})
}
