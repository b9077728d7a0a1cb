package slackbot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"osmanthus/bot/slackbot"
	"osmanthus/bot/slackbot/slackfake"
	"osmanthus/retrieval"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// overSocket has a bot take nothing but what comes over Socket Mode.
func overSocket(c *slackbot.Config) { c.SigningSecret, c.AppToken = "", slackfake.AppToken }

func connected(t *testing.T, fake *slackfake.Server, opened int) {
	t.Helper()
	until(t, "Socket Mode is connected", func() bool { open, all := fake.Sockets(); return open > 0 && all >= opened })
}

func acked(t *testing.T, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatal("never acknowledged")
	}
}

// S27: the same behaviour as over HTTP, without an address that Slack could reach.
func TestSocketMode(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	r := start(t, fake, store, quoting(), overSocket)
	connected(t, fake, 1)
	m := fake.Say(hall, guest, "<@"+slackfake.Bot+"> Where is the hall?", "")
	named, posted := slackfake.Mention(m), slackfake.Posted(m)
	_, first := fake.Envelope("events_api", named.Body())
	_, second := fake.Envelope("events_api", posted.Body())
	acked(t, first)
	acked(t, second)
	if got := complete(t, fake, m, 1); len(got) != 1 {
		t.Errorf("%+v", got)
	}
	command, err := json.Marshal(map[string]string{
		"team_id": slackfake.Team, "channel_id": hall, "user_id": visitor, "command": "/seminar", "text": "会场在哪里？",
		"response_url": fake.ResponseURL(hall, visitor), "trigger_id": "t1",
	})
	if err != nil {
		t.Fatal(err)
	}
	_, third := fake.Envelope("slash_commands", command)
	acked(t, third)
	until(t, "the command is answered", func() bool { return len(fake.Calls("response_url")) == 1 })
	click, err := json.Marshal(map[string]any{
		"type": "block_actions", "team": map[string]string{"id": slackfake.Team}, "user": map[string]string{"id": guest}, "channel": map[string]string{"id": hall},
		"trigger_id": "1.2.3", "actions": []map[string]string{{"type": "feedback_buttons", "action_id": "feedback", "block_id": "b", "value": "down:a1", "action_ts": "1.1"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, fourth := fake.Envelope("interactive", click)
	acked(t, fourth)
	until(t, "it is asked why", func() bool { return len(fake.Modals()) == 1 })
	// What cannot be read is acknowledged, and costs nothing else.
	_, bad := fake.Envelope("events_api", json.RawMessage(`{"type":"event_callback","event":{"type":"message","blocks":5}}`))
	acked(t, bad)
	_, unknown := fake.Envelope("events_api", json.RawMessage(`{"type":"event_callback","event":{"type":"tea_is_ready"}}`))
	acked(t, unknown)
	if !strings.Contains(r.log.String(), "cannot be read") {
		t.Error("nothing is logged of what cannot be read")
	}
}

// Two hundred events while the database pauses, lost connections and requests to come again: none is lost, none is
// answered twice.
func TestSocketModeTroubled(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	release := make(chan struct{})
	r := start(t, fake, store, quoting(), overSocket, func(c *slackbot.Config) { c.Inbox = paused{store, release} })
	connected(t, fake, 1)
	const events = 200
	var all []<-chan struct{}
	var asked []slackfake.Message
	for n := range events {
		channel := fmt.Sprintf("C%d", n%10)
		fake.SetChannel(channel, slackfake.Channel{})
		m := fake.Say(channel, guest, fmt.Sprintf("<@%s> Where is hall %d?", slackfake.Bot, n), "")
		asked = append(asked, m)
		_, done := fake.Envelope("events_api", slackfake.Mention(m).Body())
		all = append(all, done)
		switch n {
		case 50:
			fake.Disconnect("refresh_requested")
			connected(t, fake, 2)
		case 100:
			fake.CutSockets()
			connected(t, fake, 3)
		case 150:
			fake.Disconnect("warning")
			connected(t, fake, 4)
		}
	}
	close(release)
	for _, done := range all {
		acked(t, done)
	}
	idle(t, store)
	for _, m := range asked {
		if got := fake.Answers(m.Channel, m.TS); len(got) != 1 {
			t.Errorf("%d answers to one of %d questions", len(got), events)
		}
	}
	r.stop()
	if open, _ := fake.Sockets(); open != 0 {
		until(t, "the connection is closed", func() bool { open, _ := fake.Sockets(); return open == 0 })
	}
}

// paused stores nothing before it is released.
type paused struct {
	pgstoretest.Instance
	release <-chan struct{}
}

func (p paused) AcceptDelivery(ctx context.Context, d retrieval.Delivery) (bool, error) {
	select {
	case <-p.release:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	return p.Instance.AcceptDelivery(ctx, d)
}

// A panic on the way in costs one envelope; the bot goes on.
func TestSocketModePanic(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	r := start(t, fake, store, quoting(), overSocket, func(c *slackbot.Config) { c.Inbox = &panicking{Instance: store} })
	connected(t, fake, 1)
	m := fake.Say(hall, guest, "<@"+slackfake.Bot+"> Where is the hall?", "")
	_, done := fake.Envelope("events_api", slackfake.Mention(m).Body())
	acked(t, done) // the second delivery
	complete(t, fake, m, 1)
	if !strings.Contains(r.log.String(), "panic") {
		t.Error("the panic is not logged")
	}
}

type panicking struct {
	pgstoretest.Instance
	done bool
}

func (p *panicking) AcceptDelivery(ctx context.Context, d retrieval.Delivery) (bool, error) {
	if !p.done {
		p.done = true
		panic("at the first delivery")
	}
	return p.Instance.AcceptDelivery(ctx, d)
}
