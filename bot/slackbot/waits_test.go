package slackbot_test

import (
	"strings"
	"testing"
	"time"

	"osmanthus/bot/slackbot"
	"osmanthus/bot/slackbot/slackfake"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// S18: what Slack refuses for now is made again when it says so, and no earlier; nothing is lost.
func TestRateLimited(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"chat.postMessage", "chat.stopStream", "chat.appendStream", "chat.update"} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			store, fake := pgstoretest.New(t), newFake(t)
			a := quoting()
			if method != "chat.postMessage" {
				a = writing(always(), pieces...)
			}
			if method == "chat.update" {
				fake.Fail("chat.startStream", slackfake.Fault{Times: -1, Code: "unknown_method"})
			}
			fake.Fail(method, slackfake.Fault{RetryAfter: 2})
			pace := unhurried
			if method != "chat.postMessage" {
				pace = func(*slackbot.Config) {}
			}
			r := start(t, fake, store, a, pace)
			m := r.mention(t, fake, hall, guest, "Where is the hall?")
			got := complete(t, fake, m, 1)
			idle(t, store)
			if method != "chat.postMessage" && markdownOf(t, got[0]) != whole || len(got) != 1 {
				t.Errorf("%+v", got)
			}
			calls := fake.Calls(method)
			for i, c := range calls {
				if c.Error == "ratelimited" && i+1 < len(calls) {
					if wait := calls[i+1].At.Sub(c.At); wait < 2*time.Second {
						t.Errorf("called again after %s", wait)
					}
				}
			}
		})
	}
}

// X12: somebody who asks too much is told so; others are answered.
func TestTooMany(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	answers := quoting()
	r := start(t, fake, store, answers, func(c *slackbot.Config) {
		c.PerMinute = 4
		c.Now = func() time.Time { return time.Date(2031, 3, 1, 12, 0, 0, 0, time.UTC) }
	})
	for n := range 3 {
		m := r.mention(t, fake, hall, guest, "Where is the hall?")
		idle(t, store)
		if got := fake.Answers(hall, m.TS); len(got) != 1 || strings.Contains(got[0].All(), "Too many questions") != (n == 2) {
			t.Errorf("%d: %+v", n, got)
		}
	}
	complete(t, fake, r.mention(t, fake, hall, visitor, "Where is the hall?"), 1)
	if n := len(answers.questions()); n != 3 {
		t.Errorf("%d questions were asked", n)
	}
}

// S18: what is more than Slack guarantees a minute waits; each question has its whole answer.
func TestTiers(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	fake.EnforceTiers()
	r := start(t, fake, store, writing(always(), pieces...))
	const questions = 25 // more than the streams of a minute, and the posts of five seconds
	var asked []slackfake.Message
	for range questions {
		asked = append(asked, r.mention(t, fake, hall, guest, "Where is the hall?"))
	}
	idle(t, store)
	for _, m := range asked {
		if got := fake.Answers(hall, m.TS); len(got) != 1 || markdownOf(t, got[0]) != whole || got[0].Streaming {
			t.Errorf("%+v", got)
		}
	}
	limited := 0
	for _, c := range fake.Calls("") {
		if c.Error == "ratelimited" {
			limited++
		}
	}
	t.Logf("%d calls were refused for a time", limited)
}

// What Slack asks of one process, the others keep to.
func TestWaitsOfAllProcesses(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	one := func(c *slackbot.Config) { unhurried(c); c.Workers = 1 }
	start(t, fake, store, quoting(), one)
	r := start(t, fake, store, quoting(), one)
	fake.Fail("chat.postMessage", slackfake.Fault{RetryAfter: 4})
	first := r.mention(t, fake, hall, guest, "Where is the hall?")
	until(t, "one process is told to wait", func() bool {
		waits, err := store.Waits(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return len(waits) == 1
	})
	second := r.mention(t, fake, hall, guest, "Where is the tea?") // for the other one: the first is waiting
	elsewhere := r.mention(t, fake, office, guest, "Where is the tea?")
	for _, m := range []slackfake.Message{first, second, elsewhere} {
		complete(t, fake, m, 1)
	}
	var refused time.Time
	for _, c := range fake.Calls("chat.postMessage") {
		if c.Error == "ratelimited" {
			refused = c.At
		} else if wait := c.At.Sub(refused); c.Args.Get("channel") == hall && wait < 4*time.Second {
			t.Errorf("posted again after %s", wait)
		}
	}
}
