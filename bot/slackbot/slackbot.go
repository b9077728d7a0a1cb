// Package slackbot owns Slack: what it delivers over HTTP and Socket Mode, who may see what there, and how answers look.
// It is the only user of slack-go. What is delivered is stored before it is acknowledged, and dealt with by whichever
// process takes it up. It must not import pgx, pgstore, bot/web, the ingest core or cmd.
package slackbot

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/slack-go/slack"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// Assistant answers questions; its events come as bot.Assistant.Ask says.
type Assistant interface {
	Ask(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error)
}

// Inbox keeps what was delivered until it is dealt with.
type Inbox interface {
	// AcceptDelivery stores a delivery and reports whether it is new and concerns us; see retrieval.Delivery.
	AcceptDelivery(ctx context.Context, d retrieval.Delivery) (bool, error)
	// Deliveries calls handle with each, of one lane one at a time, until ctx ends. One for which it returns an error
	// comes again later, one whose process dies comes again in another.
	Deliveries(ctx context.Context, workers int, handle func(context.Context, retrieval.Delivery) error) error
	// StopLane ends the contexts of a lane's deliveries, in whichever process they are.
	StopLane(ctx context.Context, lane string) error
}

// Posts remember what was posted, so that another process edits it rather than post again.
type Posts interface {
	NotePosted(ctx context.Context, delivery int64, posted []string) error
	// KnownPosts returns those of posts that belong to another delivery of the lane.
	KnownPosts(ctx context.Context, lane string, delivery int64, posts []string) ([]string, error)
	// KeepConversation keeps the conversation of a lane, which its next delivery is given.
	KeepConversation(ctx context.Context, lane, conversation string) error
}

// Feedback keeps what readers think of answers; see bot/web.
type Feedback interface {
	SaveFeedback(ctx context.Context, f retrieval.Filter, fb retrieval.Feedback) error
}

// Waits are how long Slack has asked not to be called, by method and, of posts, channel, for all processes.
type Waits interface {
	NoteWait(ctx context.Context, key string, wait time.Duration) error
	Waits(ctx context.Context) (map[string]time.Duration, error)
}

// People keep which language somebody chose.
type People interface {
	PersonLang(ctx context.Context, person string) (lang.Lang, error)
	SetPersonLang(ctx context.Context, person string, l lang.Lang) error
}

// Library lists documents, for the home tab.
type Library interface {
	// NewestDocuments returns up to limit current documents, those taken in last first, and how many there are.
	NewestDocuments(ctx context.Context, f retrieval.Filter, limit int) ([]retrieval.Document, int, error)
}

// Curator keeps answers that the organisers wrote.
type Curator interface {
	// KeepAnswer keeps the answer to a question, for those who may see the audience's documents.
	KeepAnswer(ctx context.Context, question, answer string, audience retrieval.Audience) error
}

// Config is what a Bot is made of.
type Config struct {
	Token         string // of the bot, xoxb-…
	SigningSecret string // empty: nothing is taken over HTTP
	AppToken      string // xapp-…; empty: no Socket Mode
	APIURL        string // empty: Slack's own
	// BaseURL is the public address of the web side, to which sources lead; empty: they are named without a link.
	BaseURL string
	// StaffChannels are the channels in which staff's documents may be quoted. StaffGroup is the user group whose members
	// may see them in direct messages and in answers that only they see; empty: nobody.
	StaffChannels []string
	StaffGroup    string

	Assistant Assistant
	Inbox     Inbox
	Posts     Posts
	Waits     Waits
	Feedback  Feedback
	People    People
	Library   Library
	Curator   Curator // nil: nothing that people said is kept
	Catalog   *locale.Catalog
	Log       *slog.Logger
	Now       func() time.Time
	Observe   func(Outcome) // called once a delivery that was dealt with, for metrics; may be nil
	Workers   int           // deliveries dealt with at once; 0: defaultWorkers
	PerMinute int           // questions of one person that a process answers; 0: defaultPerMinute, negative: no limit
	Pace      Pace
	Times     Times
}

// Times bound what somebody or Slack waits for. A zero is its default, chosen for the three seconds within which Slack
// wants an acknowledgement, and within which a click may open a form.
type Times struct {
	Accept time.Duration // storing what was delivered; what it takes longer, Slack delivers again
	Look   time.Duration // looking a person or a channel up; a quarter of it where an acknowledgement waits for it
	Form   time.Duration // opening a form
}

const (
	acceptTime = 2 * time.Second
	lookTime   = 2800 * time.Millisecond
	formTime   = 3 * time.Second
)

// A Pace is how an answer under way is shown. A zero is its default.
type Pace struct {
	// Chars and Every: a piece is sent once it has so many characters or so much time has passed since the last. Slack
	// allows 100 appends and 50 edits a minute.
	Chars int
	Every time.Duration
	// Edit is the least time between two edits of one message.
	Edit time.Duration
}

const (
	// defaultWorkers is how many questions a process answers at once: they wait for models and for Slack, not for us.
	defaultWorkers = 32
	// defaultPerMinute is more than a person reads answers to; half of them may come at once.
	defaultPerMinute = 20
	// streamChars is Slack's own SDKs' buffer.
	streamChars = 256
	// streamEvery keeps an answer of half a minute under the hundred appends that Slack allows a minute.
	streamEvery = time.Second
	// editEvery: Slack allows an edit a second.
	editEvery = time.Second
)

// An Outcome is what is counted of a delivery: nothing of what it said.
type Outcome struct {
	Kind    string // see the kinds of delivery
	Failure string // why it got no answer; empty where it got one
	Took    time.Duration
}

// A Bot is the Slack side. It is safe for concurrent use.
type Bot struct {
	Config
	api   *api
	base  string // BaseURL without the slash at its end
	cache cache
	asks  *allowance
	// Slack said that this app has no agent sessions, or no statuses of threads.
	noSessions, noThreads atomic.Bool
	detached              sync.WaitGroup // what outlives the acknowledgement of a click

	mu   sync.Mutex
	self identity // as auth.test gave it; zero until it did
}

// An identity is who we are in the workspace that our token is of.
type identity struct {
	Team, User, BotID string
}

// New returns a bot. It calls Slack first when Run does.
func New(c Config) (*Bot, error) {
	switch {
	case c.Token == "":
		return nil, errors.New("slack needs a bot token")
	case c.SigningSecret == "" && c.AppToken == "":
		return nil, errors.New("slack needs a signing secret or an app token")
	case c.Assistant == nil || c.Inbox == nil || c.Posts == nil || c.Waits == nil || c.Feedback == nil || c.People == nil || c.Library == nil:
		return nil, errors.New("slack needs an assistant and a store")
	case c.Catalog == nil || c.Log == nil || c.Now == nil:
		return nil, errors.New("slack needs a catalogue, a logger and a clock")
	}
	if c.BaseURL != "" {
		if u, err := url.Parse(c.BaseURL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("the public address %q is no http address", c.BaseURL)
		}
	}
	if c.Observe == nil {
		c.Observe = func(Outcome) {}
	}
	if c.Workers == 0 {
		c.Workers = defaultWorkers
	}
	if c.PerMinute == 0 {
		c.PerMinute = defaultPerMinute
	}
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&c.Times.Accept, acceptTime)
	set(&c.Times.Look, lookTime)
	set(&c.Times.Form, formTime)
	set(&c.Pace.Every, streamEvery)
	set(&c.Pace.Edit, editEvery)
	if c.Pace.Chars == 0 {
		c.Pace.Chars = streamChars
	}
	return &Bot{
		Config: c, base: strings.TrimRight(c.BaseURL, "/"), api: newAPI(c), asks: newAllowance(c.PerMinute, c.Now),
		cache: cache{now: c.Now, users: map[string]cached[person]{}, channels: map[string]cached[bool]{}},
	}, nil
}

// Run deals with what was delivered, and takes more over Socket Mode where there is an app token, until ctx ends.
func (b *Bot) Run(ctx context.Context) error {
	var sides sync.WaitGroup
	defer b.detached.Wait()
	defer sides.Wait()
	sides.Go(func() { b.introduce(ctx) })
	if b.AppToken != "" {
		sides.Go(func() { b.listen(ctx) })
	}
	for {
		err := b.Inbox.Deliveries(ctx, b.Workers, b.deal)
		if err == nil || ctx.Err() != nil {
			return nil
		}
		b.Log.WarnContext(ctx, "deliveries of Slack are not dealt with just now", "error", err)
		if !sleep(ctx, againTime) {
			return nil
		}
	}
}

// againTime is how long what failed for a reason that is not its own waits.
const againTime = 5 * time.Second

func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// introduce asks Slack who we are, until it says so. Until then the events themselves say it.
func (b *Bot) introduce(ctx context.Context) {
	for {
		r, err := b.api.slack.AuthTestContext(ctx)
		if err == nil {
			b.mu.Lock()
			b.self = identity{Team: r.TeamID, User: r.UserID, BotID: r.BotID}
			b.mu.Unlock()
			if missing := missingScopes(r.Header.Get(scopesHeader)); len(missing) > 0 {
				b.Log.ErrorContext(ctx, "the Slack app lacks scopes: add them by deploy/slack-manifest.yaml and install it again", "missing", missing)
			}
			return
		}
		if ctx.Err() != nil {
			return
		}
		if code := codeOf(err); revoked(code) {
			b.Log.ErrorContext(ctx, "the Slack token is not accepted: install the app again and set SLACK_BOT_TOKEN", "code", code)
			return
		}
		b.Log.WarnContext(ctx, "Slack does not say who we are", "error", err)
		if !sleep(ctx, againTime) {
			return
		}
	}
}

func (b *Bot) identity() identity {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.self
}

// scopesHeader is where Slack tells what a token may do.
const scopesHeader = "X-OAuth-Scopes"

// missingScopes are those of Scopes that a token does not have; nil where Slack did not tell.
func missingScopes(header string) []string {
	if header == "" {
		return nil
	}
	var missing []string
	has := strings.FieldsFunc(header, func(r rune) bool { return r == ',' || r == ' ' })
	for _, s := range Scopes() {
		if !slices.Contains(has, s) {
			missing = append(missing, s)
		}
	}
	return missing
}

// words is the printer for a person where there is no question to go by.
func (b *Bot) words(l lang.Lang) locale.Printer { return b.Catalog.For(l) }

// plainText is text of ours in a block.
func plainText(text string) *slack.TextBlockObject {
	return slack.NewTextBlockObject(slack.PlainTextType, text, false, false)
}
