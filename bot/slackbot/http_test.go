package slackbot_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"osmanthus/bot/slackbot"
	"osmanthus/bot/slackbot/slackfake"
	"osmanthus/retrieval"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// counting is a configuration whose inbox only counts.
func counting(accepted *[]retrieval.Delivery, err error) func(*slackbot.Config) {
	var mu sync.Mutex
	return func(c *slackbot.Config) {
		c.Inbox = retrievalInbox{func(_ context.Context, d retrieval.Delivery) (bool, error) {
			mu.Lock()
			defer mu.Unlock()
			*accepted = append(*accepted, d)
			return true, err
		}}
	}
}

// S5, S6: what is not signed by Slack just now is refused, and nothing of it is stored.
func TestSignature(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	message := slackfake.Message{TS: "1.000001", Channel: hall, User: guest, Text: "<@" + slackfake.Bot + "> Where?"}
	body := slackfake.Mention(message).Body()
	// A header is made when its case runs, which on a busy machine may be minutes later.
	signedBy := func(secret string, ahead time.Duration, body []byte) func() http.Header {
		return func() http.Header {
			at := time.Now().Add(ahead).Unix()
			return http.Header{"X-Slack-Request-Timestamp": {strconv.FormatInt(at, 10)}, "X-Slack-Signature": {slackfake.Sign(secret, at, body)}}
		}
	}
	signedAt := func(at int64) func() http.Header {
		return func() http.Header {
			return http.Header{"X-Slack-Request-Timestamp": {strconv.FormatInt(at, 10)}, "X-Slack-Signature": {slackfake.Sign(slackfake.Secret, at, body)}}
		}
	}
	with := func(name string, change func(string) []string) func() http.Header {
		return func() http.Header {
			h := signedBy(slackfake.Secret, 0, body)()
			h[name] = change(h.Get(name))
			return h
		}
	}
	for _, tt := range []struct {
		name   string
		header func() http.Header
		body   []byte
		status int
	}{
		{"signed", signedBy(slackfake.Secret, 0, body), body, 200},
		{"another body", signedBy(slackfake.Secret, 0, body), append([]byte(" "), body...), 401},
		{"another secret", signedBy("guess", 0, body), body, 401},
		{"no secret", signedBy("", 0, body), body, 401},
		{"six minutes old", signedBy(slackfake.Secret, -6*time.Minute, body), body, 401},
		{"six minutes ahead", signedBy(slackfake.Secret, 6*time.Minute, body), body, 401},
		{"far ahead", signedAt(1 << 62), body, 401},
		{"as far ahead as a number goes", signedAt(1<<63 - 1), body, 401},
		{"no time", with("X-Slack-Request-Timestamp", func(string) []string { return nil }), body, 401},
		{"no signature", with("X-Slack-Signature", func(string) []string { return []string{"-"} }), body, 401},
		{"without its version", with("X-Slack-Signature", func(s string) []string { return []string{strings.TrimPrefix(s, "v0=")} }), body, 401},
		{"too short", with("X-Slack-Signature", func(s string) []string { return []string{s[:40]} }), body, 401},
		{"too large", signedBy(slackfake.Secret, 0, []byte(strings.Repeat("x", 1<<20+1))), []byte(strings.Repeat("x", 1<<20+1)), 413},
		{"unreadable, acknowledged all the same", signedBy(slackfake.Secret, 0, []byte("{")), []byte("{"), 200},
		{"a block of an unknown shape", signedBy(slackfake.Secret, 0, []byte(`{"type":"event_callback","event":{"type":"message","blocks":5}}`)),
			[]byte(`{"type":"event_callback","event":{"type":"message","blocks":5}}`), 200},
		{"an event nobody knows", signedBy(slackfake.Secret, 0, []byte(`{"type":"event_callback","event":{"type":"tea_is_ready"}}`)),
			[]byte(`{"type":"event_callback","event":{"type":"tea_is_ready"}}`), 200},
		{"too many events", signedBy(slackfake.Secret, 0, []byte(`{"type":"app_rate_limited","team_id":"T","minute_rate_limited":1}`)),
			[]byte(`{"type":"app_rate_limited","team_id":"T","minute_rate_limited":1}`), 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var accepted []retrieval.Delivery
			r := start(t, fake, store, quoting(), counting(&accepted, nil))
			status, _, err := r.Post(t.Context(), slackbot.PathEvents, tt.header(), tt.body)
			if err != nil || status != tt.status {
				t.Errorf("status %d, %v; want %d", status, err, tt.status)
			}
			if (len(accepted) > 0) != (tt.name == "signed") {
				t.Errorf("stored: %v", accepted)
			}
		})
	}
}

func TestChallenge(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	r := start(t, fake, store, quoting())
	body := []byte(`{"type":"url_verification","token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}`)
	status, reply, err := r.Post(t.Context(), slackbot.PathEvents, http.Header{}, body)
	if err != nil || status != 200 || !strings.Contains(reply, `"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"`) {
		t.Errorf("%d %s %v", status, reply, err)
	}
	r.Secret = "guess"
	if status, reply, err := r.Post(t.Context(), slackbot.PathEvents, http.Header{}, body); err != nil || status != 401 || reply != "" {
		t.Errorf("unsigned: %d %q %v", status, reply, err)
	}
}

// S8: an interaction is read from the signed body, never from the address.
func TestPayloadInTheAddressIsRefused(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	r := start(t, fake, store, quoting())
	payload := url.QueryEscape(`{"type":"message_action","callback_id":"answer_this","team":{"id":"T"},"channel":{"id":"C"},"message":{"ts":"1.1","text":"Where?"}}`)
	status, _, err := r.Post(t.Context(), slackbot.PathInteractions+"?payload="+payload, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, nil)
	if err != nil || status != http.StatusBadRequest {
		t.Errorf("%d %v", status, err)
	}
}

// S1: while nothing can be stored, Slack is told so in time, and delivers again.
func TestNothingIsAcknowledgedThatIsNotStored(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	down := start(t, fake, store, quoting(), func(c *slackbot.Config) {
		c.Times = slackbot.Times{}
		c.Inbox = retrievalInbox{func(ctx context.Context, _ retrieval.Delivery) (bool, error) {
			<-ctx.Done() // a database that does not answer
			return false, ctx.Err()
		}}
	})
	m := fake.Say(hall, guest, "<@"+slackfake.Bot+"> Where?", "")
	begun := time.Now()
	status, _, err := down.Event(t.Context(), slackfake.Mention(m))
	if took := time.Since(begun); err != nil || status != http.StatusServiceUnavailable || took > patience/4 {
		t.Errorf("%d after %s, %v", status, took, err)
	}
	up := start(t, fake, store, quoting())
	again := slackfake.Mention(m)
	again.Retry = 1
	up.take(t, again)
	if got := complete(t, fake, m, 1); len(got) != 1 {
		t.Errorf("%d answers", len(got))
	}
	if !strings.Contains(up.log.String(), "retry=1") {
		t.Errorf("the retry is not in the log: %s", up.log)
	}
}

// S3, S4, S7: one question has one answer, however often, by however many kinds of event and to however many processes it
// is delivered.
func TestOneAnswer(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	answers := quoting()
	one, two := start(t, fake, store, answers), start(t, fake, store, answers)
	m := fake.Say(hall, guest, "<@"+slackfake.Bot+"> Where is the hall?", "")
	named, posted := slackfake.Mention(m), slackfake.Posted(m)
	named.ID, posted.ID = "Ev1", "Ev2"
	var all sync.WaitGroup
	for n := range 4 {
		for _, r := range []*running{one, two} {
			for _, e := range []slackfake.Event{named, posted} {
				e.Retry = n
				all.Go(func() {
					r.take(t, e)
				})
			}
		}
	}
	all.Wait()
	got := complete(t, fake, m, 1)
	idle(t, store)
	one.take(t, named) // a replay
	idle(t, store)
	if got = fake.Answers(hall, m.TS); len(got) != 1 || len(answers.questions()) != 1 {
		t.Errorf("16 deliveries: %d answers, %d questions asked", len(got), len(answers.questions()))
	}
}

// S2: whoever posted an event may leave.
func TestAnsweredThoughTheConnectionIsGone(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	r := start(t, fake, store, quoting())
	m := fake.Say(hall, guest, "<@"+slackfake.Bot+"> Where?", "")
	ctx, leave := context.WithCancel(t.Context())
	if status, _, err := r.Event(ctx, slackfake.Mention(m)); err != nil || status != 200 {
		t.Fatal(status, err)
	}
	leave()
	complete(t, fake, m, 1)
}

// S10: nothing is answered that no person asked.
func TestNotAsked(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	answers := quoting()
	r := start(t, fake, store, answers)
	name := "<@" + slackfake.Bot + "> Where?"
	with := func(field string, value any) func(slackfake.Message) slackfake.Event {
		return func(m slackfake.Message) slackfake.Event {
			e := slackfake.Posted(m)
			e.Inner[field] = value
			return e
		}
	}
	for _, tt := range []struct {
		name, text, channel string
		event               func(slackfake.Message) slackfake.Event
	}{
		{"talk among people", "Where is the tea?", hall, slackfake.Posted},
		{"another bot", name, hall, with("bot_id", "B9")},
		{"another bot's mention", name, hall, func(m slackfake.Message) slackfake.Event {
			e := slackfake.Mention(m)
			e.Inner["bot_id"] = "B9"
			return e
		}},
		{"itself", name, hall, with("user", slackfake.Bot)},
		{"an edit", name, hall, with("subtype", "message_changed")},
		{"an edit that names it now", name, hall, func(m slackfake.Message) slackfake.Event {
			e := slackfake.Mention(m)
			e.Inner["edited"] = map[string]string{"user": guest, "ts": "2.1"}
			return e
		}},
		{"a deletion", name, hall, with("subtype", "message_deleted")},
		{"a copy to the channel", name, hall, with("subtype", "thread_broadcast")},
		{"somebody joined", name, hall, with("subtype", "channel_join")},
		{"a bot in a direct message", "Where?", direct, with("bot_id", "B9")},
		{"nobody", name, hall, with("user", "")},
	} {
		m := fake.Say(tt.channel, guest, tt.text, "")
		r.take(t, tt.event(m))
		if n, err := store.OpenDeliveries(t.Context()); err != nil || n > 0 {
			t.Errorf("%s: taken (%v)", tt.name, err)
		}
		idle(t, store)
	}
	if asked := answers.questions(); len(asked) > 0 {
		t.Errorf("asked: %+v", asked)
	}
}

// P1: an acknowledgement waits for the store and for nothing that is answered. How long it takes is logged; what a busy
// machine may need is no failure.
func TestAcknowledgedAtOnce(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	hang := make(chan struct{})
	answers := writing(hang, "never") // a model that hangs
	r := start(t, fake, store, answers)
	const events = 100
	took := make(chan time.Duration, events)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	var all sync.WaitGroup
	for n := range events {
		<-tick.C
		m := fake.Say(hall, guest, fmt.Sprintf("<@%s> Where is hall %d?", slackfake.Bot, n), "")
		all.Go(func() {
			begun := time.Now()
			r.take(t, slackfake.Mention(m))
			took <- time.Since(begun)
		})
	}
	all.Wait()
	close(took)
	longest := time.Duration(0)
	for d := range took {
		longest = max(longest, d)
	}
	t.Logf("the longest of %d acknowledgements at 50 a second: %s", events, longest)
	if longest > patience/2 {
		t.Errorf("an acknowledgement took %s", longest)
	}
	close(hang)
	idle(t, store)
}
