package slackbot_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/bot/slackbot"
	"osmanthus/bot/slackbot/slackfake"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// The people and channels of every test.
const (
	guest     = "U0GUEST"    // speaks English
	visitor   = "U0VISITOR"  // speaks Chinese
	staff     = "U0STAFF"    // of the staff's group
	stranger  = "U0STRANGER" // of another workspace, in the staff's group all the same
	hall      = "C0HALL"
	office    = "C0OFFICE" // staff's documents may be quoted here
	joint     = "C0JOINT"  // the same, but shared with another organisation
	direct    = "D0GUEST"
	staffRoom = "D0STAFF"
)

func newFake(t testing.TB) *slackfake.Server {
	t.Helper()
	s := slackfake.New()
	t.Cleanup(s.Close)
	s.SetUser(guest, slackfake.User{Locale: "en-GB"})
	s.SetUser(visitor, slackfake.User{Locale: "zh-CN"})
	s.SetUser(staff, slackfake.User{Locale: "en-GB", Staff: true})
	s.SetUser(stranger, slackfake.User{Locale: "en-GB", Staff: true, Team: "T0OTHER"})
	for _, c := range []string{hall, office, direct, staffRoom} {
		s.SetChannel(c, slackfake.Channel{})
	}
	s.SetChannel(joint, slackfake.Channel{External: true})
	s.SetScopes(slackbot.Scopes()...)
	return s
}

// An assistant answers as say says, and remembers what it was asked.
type assistant struct {
	say func(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error)

	mu    sync.Mutex
	asked []bot.Question
}

func (a *assistant) Ask(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
	a.mu.Lock()
	a.asked = append(a.asked, q)
	a.mu.Unlock()
	if emit == nil {
		emit = func(bot.Event) error { return nil }
	}
	return a.say(ctx, q, emit)
}

func (a *assistant) questions() []bot.Question {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]bot.Question{}, a.asked...)
}

// answerTo is an answer with one source.
func answerTo(q bot.Question, text string) bot.Answer {
	conversation := q.Conversation
	if conversation == "" {
		conversation = "talk-" + q.Text
	}
	return bot.Answer{
		ID: "a1", Lang: bot.AnswerLang(q), Kind: bot.KindAnswer, Text: text, GeneratedBy: bot.GeneratedByQuotes, Conversation: conversation,
		Citations: []bot.Citation{{N: 1, Document: 7, Title: "The seminar <report> | 研讨会", Lang: lang.English, Page: 3, URL: "/d/7?v=3&from=1&to=9#s"}},
	}
}

// quoting answers at once, in the question's language.
func quoting() *assistant {
	return &assistant{say: func(_ context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
		a := answerTo(q, "The hall is on the sixth floor. [1]")
		if bot.AnswerLang(q) == lang.Chinese {
			a.Text = "会场在六楼。[1]"
		}
		return a, emit(bot.Event{Type: bot.EventDelta, Data: bot.Delta{Text: a.Text}})
	}}
}

// writing writes the pieces, each once next gives a token; closed, it gives them all.
func writing(next <-chan struct{}, pieces ...string) *assistant {
	return &assistant{say: func(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
		for _, p := range pieces {
			select {
			case <-next:
			case <-ctx.Done():
				return bot.Answer{}, &bot.Error{Code: bot.CodeStopped, Err: ctx.Err()}
			}
			if err := emit(bot.Event{Type: bot.EventDelta, Data: bot.Delta{Text: p}}); err != nil {
				return bot.Answer{}, err
			}
		}
		a := answerTo(q, strings.TrimSpace(strings.Join(pieces, "")))
		a.GeneratedBy = "a-model"
		return a, nil
	}}
}

func always() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

// A running bot with the other end of its HTTP side.
type running struct {
	*slackbot.Bot
	slackfake.Sender
	log  *logged
	stop func()
}

// start runs a bot on a store; options change its configuration.
func start(t testing.TB, fake *slackfake.Server, store pgstoretest.Instance, a *assistant, options ...func(*slackbot.Config)) *running {
	t.Helper()
	catalog, err := locale.New()
	if err != nil {
		t.Fatal(err)
	}
	log := &logged{}
	c := slackbot.Config{
		Token: slackfake.BotToken, SigningSecret: slackfake.Secret, APIURL: fake.API(), BaseURL: "https://seminar.example/",
		StaffChannels: []string{office, joint}, StaffGroup: slackfake.StaffGroup,
		Assistant: a, Inbox: store, Posts: store, Waits: store, Feedback: store, People: store, Library: store,
		Catalog: catalog, Log: slog.New(slog.NewTextHandler(log, nil)), Now: time.Now,
		PerMinute: -1, Times: slackbot.Times{Accept: patience, Look: 4 * patience, Form: patience},
		Pace: slackbot.Pace{Chars: 8, Every: 5 * time.Millisecond, Edit: 5 * time.Millisecond},
	}
	for _, o := range options {
		o(&c)
	}
	b, err := slackbot.New(c)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(b.Handler())
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := b.Run(ctx); err != nil {
			t.Error(err)
		}
	}()
	r := &running{Bot: b, Sender: slackfake.Sender{URL: server.URL}, log: log}
	var once sync.Once
	r.stop = func() {
		once.Do(func() {
			cancel()
			<-ended
			server.Close()
		})
	}
	t.Cleanup(r.stop)
	return r
}

// unhurried has nothing shown before it is complete, however slow the machine.
func unhurried(c *slackbot.Config) { c.Pace = slackbot.Pace{Chars: 1 << 20, Every: time.Hour} }

// logged is a log that a test reads.
type logged struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// patience is how long a test waits for what must come: a busy machine may take its time.
const patience = 60 * time.Second

// until waits for what the bot brings about.
func until(t testing.TB, what string, happened func() bool) {
	t.Helper()
	look, end := time.NewTicker(2*time.Millisecond), time.After(patience)
	defer look.Stop()
	for !happened() {
		select {
		case <-look.C:
		case <-end:
			t.Fatalf("never: %s", what)
		}
	}
}

// take sends an event until it is acknowledged: what is not stored in time, on a busy machine, Slack delivers again.
func (r *running) take(t testing.TB, e slackfake.Event) {
	t.Helper()
	if e.ID == "" {
		e.ID = "Ev" + rand.Text()
	}
	for end := time.Now().Add(patience); ; {
		status, body, err := r.Event(t.Context(), e)
		if err == nil && status == http.StatusOK {
			return
		}
		if err != nil || status != http.StatusServiceUnavailable || time.Now().After(end) {
			t.Errorf("event: %d %s %v", status, body, err)
			return
		}
	}
}

// mention asks in a channel by name.
func (r *running) mention(t testing.TB, fake *slackfake.Server, channel, user, text string) slackfake.Message {
	t.Helper()
	m := fake.Say(channel, user, fmt.Sprintf("<@%s> %s", slackfake.Bot, text), "")
	r.take(t, slackfake.Mention(m))
	return m
}

// complete waits for the answer of a thread: all its messages, none of them still being written.
func complete(t testing.TB, fake *slackfake.Server, m slackfake.Message, n int) []slackfake.Message {
	t.Helper()
	thread := m.Thread
	if thread == "" {
		thread = m.TS
	}
	until(t, "the answer is complete", func() bool {
		done := 0
		for _, a := range fake.Answers(m.Channel, thread) {
			if !a.Streaming && (strings.Contains(string(a.Blocks), "feedback_buttons") || !strings.Contains(a.All(), "[1]")) {
				done++
			}
		}
		return done >= n && fake.OpenStreams() == 0 && fake.Status(m.Channel, thread) == ""
	})
	return fake.Answers(m.Channel, thread)
}

// idle waits until everything that was accepted is dealt with.
func idle(t testing.TB, store pgstoretest.Instance) {
	t.Helper()
	until(t, "all is dealt with", func() bool {
		n, err := store.OpenDeliveries(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n == 0
	})
}

var _ slackbot.Inbox = retrievalInbox{}

// retrievalInbox is an inbox of functions.
type retrievalInbox struct {
	accept func(context.Context, retrieval.Delivery) (bool, error)
}

func (r retrievalInbox) AcceptDelivery(ctx context.Context, d retrieval.Delivery) (bool, error) {
	return r.accept(ctx, d)
}

func (retrievalInbox) Deliveries(ctx context.Context, _ int, _ func(context.Context, retrieval.Delivery) error) error {
	<-ctx.Done()
	return nil
}

func (retrievalInbox) StopLane(context.Context, string) error { return nil }

// retrievalInboxOf takes what comes for a store, and deals with nothing of it.
func retrievalInboxOf(store pgstoretest.Instance) slackbot.Inbox { return takingOnly{store} }

type takingOnly struct{ pgstoretest.Instance }

func (takingOnly) Deliveries(ctx context.Context, _ int, _ func(context.Context, retrieval.Delivery) error) error {
	<-ctx.Done()
	return nil
}
