package slackbot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"osmanthus/bot"
	"osmanthus/bot/slackbot"
	"osmanthus/bot/slackbot/slackfake"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// pieces are what a model writes, and whole is what of it is to be read.
var pieces = []string{"The hall ", "is on the **sixth floor**", ", above the garden. [1]\n\n", "会场在**六楼（大厅）。**", "就在花园上面。[1] ", "Come early, ", "the lift is slow. [1]"}

const whole = "The hall is on the **sixth floor**, above the garden. [1]\n\n会场在**六楼（大厅）。\u200b**就在花园上面。[1] Come early, the lift is slow. [1]"

// unfurled returns the calls that let Slack preview links.
func unfurled(fake *slackfake.Server) (calls []string) {
	for _, c := range fake.Calls("") {
		if c.Method == "chat.postMessage" && (c.Args.Get("unfurl_links") != "false" || c.Args.Get("unfurl_media") != "false") {
			calls = append(calls, c.Method)
		}
	}
	return calls
}

// An answer that comes at once is one message: its text, its sources with their links, the buttons.
func TestAnswerAtOnce(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	r := start(t, fake, store, quoting(), unhurried)
	for _, tt := range []struct{ name, user, text, want, by string }{
		{"English", guest, "Where is the hall?", "The hall is on the sixth floor. [1]", "Quoted from the documents"},
		{"Chinese", guest, "会场在哪里？", "会场在六楼。[1]", "引自资料原文"},
		{"Chinese by the asker's Slack", visitor, "DNV?", "会场在六楼。[1]", "引自资料原文"},
		{"English by the question", visitor, "Where is the hall?", "The hall is on the sixth floor. [1]", "Quoted from the documents"},
	} {
		m := r.mention(t, fake, hall, tt.user, tt.text)
		got := complete(t, fake, m, 1)
		if len(got) != 1 || got[0].Edits > 0 {
			t.Errorf("%s: %d messages: %+v", tt.name, len(got), got)
			continue
		}
		var blocks []struct {
			Type     string
			Text     string
			Elements []json.RawMessage
		}
		if err := json.Unmarshal(got[0].Blocks, &blocks); err != nil || len(blocks) != 3 {
			t.Errorf("%s: %v %s", tt.name, err, got[0].Blocks)
			continue
		}
		source := string(blocks[1].Elements[0])
		for _, want := range []string{`[1] \u003chttps://seminar.example/d/7?v=3\u0026amp;from=1\u0026amp;to=9#s|The seminar \u0026lt;report\u0026gt; / 研讨会\u003e`} {
			if !strings.Contains(source, want) {
				t.Errorf("%s: the source is %s, want it to hold %s", tt.name, source, want)
			}
		}
		if blocks[0].Text != tt.want || !strings.Contains(string(blocks[1].Elements[1]), tt.by) || blocks[2].Type != "context_actions" {
			t.Errorf("%s: %s", tt.name, got[0].Blocks)
		}
	}
	if calls := unfurled(fake); len(calls) > 0 {
		t.Errorf("links are previewed: %v", calls)
	}
	if len(fake.Calls("chat.startStream")) > 0 {
		t.Error("an answer that is there at once is streamed")
	}
}

// S15: an answer that is being written is streamed, and every stream ends.
func TestStreamed(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	next := make(chan struct{})
	r := start(t, fake, store, writing(next, pieces...))
	m := r.mention(t, fake, hall, guest, "Where is the hall?")
	until(t, "the status is shown", func() bool { return fake.Status(hall, m.TS) != "" })
	for n := range pieces {
		next <- struct{}{}
		if n == 2 || n == 4 {
			until(t, "it is shown as it grows", func() bool {
				got := fake.Answers(hall, m.TS)
				return len(got) == 1 && got[0].Streaming && len(got[0].Markdown) > 10*n
			})
		}
	}
	got := complete(t, fake, m, 1)
	if len(got) != 1 || got[0].Markdown != whole || !got[0].Streamed || got[0].Edits > 0 || !strings.Contains(string(got[0].Blocks), "Written by a-model") {
		t.Errorf("got %+v, want %q", got, whole)
	}
	first := fake.Calls("chat.startStream")[0].Args
	if first.Get("recipient_user_id") != guest || first.Get("recipient_team_id") != slackfake.Team || first.Get("thread_ts") != m.TS {
		t.Errorf("started with %v", first)
	}
	if fake.OpenStreams() != 0 || fake.Status(hall, m.TS) != "" {
		t.Error("a stream or the status is left")
	}
	if session := fake.Calls("agents.sessions.setStatus")[0].Args; session.Get("title") != "Where is the hall?" || session.Get("initiator_user_id") != guest {
		t.Errorf("the session is %v", session)
	}
}

// S16: where Slack does not stream, one message is edited; where it refuses that too, the answer comes whole.
func TestNotStreamed(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"unknown_method", "channel_type_not_supported", "not_allowed_token_type", "access_denied", "team_not_found", "ratelimited"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			store, fake := pgstoretest.New(t), newFake(t)
			fault := slackfake.Fault{Times: -1, Code: code}
			if code == "ratelimited" {
				fault = slackfake.Fault{Times: -1, RetryAfter: 30}
			}
			fake.Fail("chat.startStream", fault)
			r := start(t, fake, store, writing(always(), pieces...))
			m := r.mention(t, fake, hall, guest, "Where is the hall?")
			got := complete(t, fake, m, 1)
			if len(got) != 1 || !strings.Contains(string(got[0].Blocks), `\u003chttps://seminar.example/d/7`) {
				t.Fatalf("%+v", got)
			}
			if text := markdownOf(t, got[0]); text != whole {
				t.Errorf("%q, want %q", text, whole)
			}
			if calls := unfurled(fake); len(calls) > 0 {
				t.Errorf("links are previewed: %v", calls)
			}
		})
	}
}

// markdownOf is the text of a message's Markdown blocks.
func markdownOf(t *testing.T, m slackfake.Message) (text string) {
	t.Helper()
	var blocks []struct {
		Type string
		Text json.RawMessage
	}
	if err := json.Unmarshal(m.Blocks, &blocks); err != nil {
		t.Fatalf("%v in %s", err, m.Blocks)
	}
	for _, b := range blocks {
		if b.Type == "markdown" {
			var s string
			if err := json.Unmarshal(b.Text, &s); err != nil {
				t.Fatal(err)
			}
			text += s
		}
	}
	return m.Markdown + text
}

// One message is not edited more often than the pace says.
func TestEditsArePaced(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	fake.Fail("chat.startStream", slackfake.Fault{Times: -1, Code: "unknown_method"})
	var many []string
	for n := range 60 {
		many = append(many, fmt.Sprintf("Sentence %d is here. [1]\n", n))
	}
	const every = 150 * time.Millisecond
	next := make(chan struct{})
	r := start(t, fake, store, writing(next, many...), func(c *slackbot.Config) { c.Pace.Edit = every })
	m := r.mention(t, fake, hall, guest, "Where is the hall?")
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for range many {
		<-tick.C
		next <- struct{}{}
	}
	complete(t, fake, m, 1)
	updates := fake.Calls("chat.update")
	// The last one ends the answer; of the others there are no more than the time between them allows, and one at each end.
	if n := len(updates) - 1; n > 2 && float64(n-2) > float64(updates[n-1].At.Sub(updates[0].At))/float64(every) {
		t.Errorf("%d edits within %s", n, updates[n-1].At.Sub(updates[0].At))
	}
	if len(updates) < 2 {
		t.Errorf("%d edits", len(updates))
	}
}

// What was shown is taken back where the assistant takes it back.
func TestTakenBack(t *testing.T) {
	t.Parallel()
	for _, streams := range []bool{true, false} {
		t.Run(fmt.Sprint("streams ", streams), func(t *testing.T) {
			t.Parallel()
			store, fake := pgstoretest.New(t), newFake(t)
			if !streams {
				fake.Fail("chat.startStream", slackfake.Fault{Times: -1, Code: "unknown_method"})
			}
			shown := make(chan struct{})
			a := &assistant{say: func(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
				_ = emit(bot.Event{Type: bot.EventDelta, Data: bot.Delta{Text: "What nobody said. And more of it.\n"}})
				select {
				case <-shown:
				case <-ctx.Done():
				}
				_ = emit(bot.Event{Type: bot.EventStatus, Data: bot.Status{Status: bot.StageReplaced}})
				_ = emit(bot.Event{Type: bot.EventDelta, Data: bot.Delta{Text: "The hall is on the sixth floor. [1]"}})
				return answerTo(q, "The hall is on the sixth floor. [1]"), nil
			}}
			r := start(t, fake, store, a)
			m := r.mention(t, fake, hall, guest, "Where is the hall?")
			until(t, "the first text is shown", func() bool { return len(fake.Answers(hall, m.TS)) == 1 })
			close(shown)
			idle(t, store)
			got := fake.Answers(hall, m.TS)
			if len(got) != 1 || markdownOf(t, got[0]) != "The hall is on the sixth floor. [1]" || fake.OpenStreams() > 0 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// S17: an answer that is too long for one message comes in several, none of which Slack refuses.
func TestLongAnswers(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	long := strings.TrimSpace(strings.Repeat("会场在六楼大厅，《数据治理》圆桌会议由主办方主持。[1] ", 900))
	for name, a := range map[string]*assistant{
		"at once": {say: func(_ context.Context, q bot.Question, _ func(bot.Event) error) (bot.Answer, error) {
			return answerTo(q, long), nil
		}},
		"written": writing(always(), strings.SplitAfter(long, " ")...),
		"with many sources": {say: func(_ context.Context, q bot.Question, _ func(bot.Event) error) (bot.Answer, error) {
			answer := answerTo(q, long)
			for n := 2; n < 120; n++ {
				c := answer.Citations[0]
				c.N, c.Title = n, strings.Repeat("标题", 90)
				answer.Citations = append(answer.Citations, c)
			}
			return answer, nil
		}},
	} {
		r := start(t, fake, store, a)
		m := r.mention(t, fake, hall, guest, "会场在哪里？")
		idle(t, store)
		got := fake.Answers(hall, m.TS)
		var text strings.Builder
		for _, g := range got {
			text.WriteString(markdownOf(t, g))
		}
		if strip(text.String()) != strip(long) {
			t.Errorf("%s: %d characters of %d", name, utf8.RuneCountInString(text.String()), utf8.RuneCountInString(long))
		}
		if n := len(got); n < 3 || n > 8 {
			t.Errorf("%s: %d messages", name, n)
		}
		if name == "with many sources" && !strings.Contains(got[len(got)-1].All(), "[119]") {
			t.Errorf("%s: the last source is missing", name)
		}
		r.stop()
	}
	for _, c := range fake.Calls("") {
		if c.Error != "" {
			t.Errorf("%s was refused: %s", c.Method, c.Error)
		}
	}
}

func strip(s string) string { return strings.Join(strings.Fields(s), "") }

// S14: Stop ends the model's writing, the stream and the status within a second.
func TestStop(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	next := make(chan struct{})
	r := start(t, fake, store, writing(next, pieces...))
	other := start(t, fake, store, quoting(), func(c *slackbot.Config) { c.Inbox = retrievalInboxOf(store) }) // takes, and deals with nothing
	m := r.mention(t, fake, direct, guest, "Where is the hall?")
	for range 3 {
		next <- struct{}{}
	}
	until(t, "something is shown", func() bool {
		got := fake.Answers(direct, m.TS)
		return len(got) == 1 && strings.Contains(got[0].Markdown, "sixth floor")
	})
	stopped := fake.StopByUser(direct, m.TS)
	begun := time.Now()
	other.take(t, slackfake.Event{Inner: map[string]any{
		"type": "agent_session_stopped", "channel": direct, "thread_ts": m.TS, "user": guest, "streaming_message_ts": stopped, "event_ts": "1.1",
	}})
	idle(t, store)
	took := time.Since(begun)
	got := fake.Answers(direct, m.TS)
	if len(got) != 1 || !strings.Contains(got[0].All(), "Stopped.") || !strings.Contains(got[0].All(), "sixth floor") || fake.Status(direct, m.TS) != "" {
		t.Errorf("%+v, status %q", got, fake.Status(direct, m.TS))
	}
	t.Logf("stopped in %s", took)
	if took > patience/2 {
		t.Errorf("stopped only after %s", took)
	}
}
