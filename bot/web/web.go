// Package web owns what stands on the other side of HTTP: the chat page, the reader that opens a document at the cited
// sentence, the API with its event stream, and their limits and metrics. Its pages are templates and TypeScript of its
// own (see build), embedded. It must not import pgx, pgstore, go-openai, the ingest core or cmd.
package web

//go:generate go run ./build .

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/ingest/source"
	"osmanthus/retrieval"
)

// Assistant answers questions; its events come as bot.Assistant.Ask says. With a cancelled context it returns soon.
type Assistant interface {
	Ask(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error)
}

// Searcher finds passages, best first.
type Searcher interface {
	Search(ctx context.Context, q retrieval.Query) (retrieval.Result, error)
}

// Library lists and opens documents.
type Library interface {
	// Documents returns up to limit current documents with ids above after, by id.
	Documents(ctx context.Context, f retrieval.Filter, after int64, limit int) ([]retrieval.Document, error)
	// Document returns one version's text and blocks, the current one for version 0. What does not exist or is not
	// for the filter's audiences is retrieval.ErrNotFound.
	Document(ctx context.Context, f retrieval.Filter, id, version int64) (retrieval.Document, string, []source.Block, error)
}

// Conversations are forgotten when their holders say so.
type Conversations interface {
	// DeleteConversation forgets a conversation; that there is none is no error.
	DeleteConversation(ctx context.Context, id string) error
}

// Health tells whether the store can be asked.
type Health interface {
	Ping(ctx context.Context) error
}

// Config is what the web side is made of.
type Config struct {
	Assistant Assistant
	Searcher  Searcher
	Library   Library
	Facts     bot.Rows
	Health    Health
	Answers   Answers  // nil: no answer is kept
	Feedback  Feedback // nil: none is kept
	// Shelf and Texts are what the pages beside the chat are made of; nil, both: there are no such pages.
	Shelf Shelf
	Texts Texts
	// Conversations: nil where none are kept.
	Conversations Conversations
	Catalog       *locale.Catalog
	Registry      *prometheus.Registry // served at /metrics; ObserveAnswers adds the assistant's figures to it
	Log           *slog.Logger
	Now           func() time.Time

	// BaseURL is the public address, like "https://example.org/seminar"; empty where it is not known. Its path, or
	// BasePath where there is none, stands before every path: a proxy may cut it off or leave it.
	BaseURL  string
	BasePath string

	// Embedding says which websites may show the chat.
	Embedding Embedding

	Limits Limits
	// TrustedProxies are the addresses whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix
	// APIKeys are what programs may show to use /v1; none: no key is asked for.
	APIKeys []string
	// MCP are the ways in at /mcp, the first whose key is shown; none: there is no /mcp.
	MCP []Door
	// Stopping is done once the server shuts down: /readyz says so at once, and answers still under way after
	// Limits.Drain end with an error that asks to try again. Nil: never.
	Stopping context.Context
}

// Limits bound what one client and all of them together may take. A zero is its default.
type Limits struct {
	PerMinute int // questions and searches of one client's address; default 60, so that a hall behind one address can ask; negative: no limit
	Burst     int // of these, at once; default 30
	// SitePerMinute are those of all visitors of one embedding website; default 600, ten halls; half of it at once.
	SitePerMinute int
	Asks          int           // answers under way, of all clients; default 2048: about 0.1 MB each, as `make bench-web` measures
	Drain         time.Duration // default 20 s, less than what a server usually waits for its connections
}

func (l Limits) orDefault() Limits {
	set := func(n *int, to int) {
		if *n == 0 {
			*n = to
		}
	}
	set(&l.PerMinute, 60)
	set(&l.Burst, 30)
	set(&l.SitePerMinute, 600)
	set(&l.Asks, 2048)
	if l.Drain == 0 {
		l.Drain = 20 * time.Second
	}
	return l
}

const (
	maxBody = 64 << 10
	// writeTime is how long a client may take to accept what is written to it: a whole response, or one event.
	writeTime = 10 * time.Second
	// beatTime keeps a quiet stream open; proxies close one after 60 seconds by default.
	beatTime = 15 * time.Second
)

type server struct {
	Config
	base    base
	openapi []byte
	mux     *http.ServeMux
	origin  *http.CrossOriginProtection
	pages   *pages
	metrics *metrics
	sites   *sites
	limiter *limiter[netip.Prefix]
	// siteLimiter counts all visitors of an embedding website together.
	siteLimiter *limiter[string]
	suggested   suggestions
	attended    attendances
	asks        chan struct{}   // one token an answer under way
	drained     context.Context // done when the answers under way must end
	ticks       func(time.Duration) (<-chan time.Time, func())
	writable    time.Duration
	leaving     time.Duration // leaveTime, but in tests
}

// New returns the handler of everything. Serve it with time-outs for headers and bodies; write time-outs are its own.
func New(c Config) (http.Handler, error) { return newServer(c) }

func newServer(c Config) (*server, error) {
	switch {
	case c.Assistant == nil || c.Searcher == nil || c.Library == nil || c.Facts == nil || c.Health == nil:
		return nil, errors.New("web needs an assistant, a searcher, a library, rows of sessions and people, and a health check")
	case (c.Shelf == nil) != (c.Texts == nil):
		return nil, errors.New("web needs both a shelf and texts for its pages, or neither")
	case c.Catalog == nil:
		return nil, errors.New("web needs a catalogue")
	case c.Registry == nil || c.Log == nil || c.Now == nil:
		return nil, errors.New("web needs a registry, a logger and a clock")
	case c.Limits.Burst < 0 || c.Limits.Asks < 0 || c.Limits.Drain < 0:
		return nil, errors.New("web: Limits.Burst, Asks and Drain must not be negative")
	}
	c.Limits = c.Limits.orDefault()
	if c.Stopping == nil {
		c.Stopping = context.Background()
	}
	s := &server{Config: c, asks: make(chan struct{}, c.Limits.Asks), writable: writeTime, leaving: leaveTime}
	s.ticks = func(d time.Duration) (<-chan time.Time, func()) {
		t := time.NewTicker(d)
		return t.C, t.Stop
	}
	var err error
	if s.metrics, err = newMetrics(c.Registry); err != nil {
		return nil, err
	}
	if s.base, err = newBase(c.BasePath, c.BaseURL); err != nil {
		return nil, err
	}
	if s.openapi, err = s.base.described(description); err != nil {
		return nil, err
	}
	if s.pages, err = newPages(s.base); err != nil {
		return nil, err
	}
	if s.sites, err = newSites(c.Embedding, c.Catalog, s.pages.assets.loader, c.Now); err != nil {
		return nil, err
	}
	s.limiter = newLimiter[netip.Prefix](c.Limits.PerMinute, c.Limits.Burst, c.Now)
	s.siteLimiter = newLimiter[string](c.Limits.SitePerMinute, max(1, c.Limits.SitePerMinute/2), c.Now)
	drained, end := context.WithCancel(context.WithoutCancel(c.Stopping))
	s.drained = drained
	context.AfterFunc(c.Stopping, func() { time.AfterFunc(c.Limits.Drain, end) })
	s.origin = http.NewCrossOriginProtection()
	if s.base.origin != "" { // a proxy may have put its own name into Host
		if err := s.origin.AddTrustedOrigin(s.base.origin); err != nil {
			return nil, fmt.Errorf("web: BaseURL: %w", err)
		}
	}
	s.mux = s.routes()
	return s, s.rehearse()
}

func (s *server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	patterns := map[string]handler{
		"GET /{$}":                       s.chatPage,
		"POST /{$}":                      s.limited(s.askPage), // the form, where no script runs
		"GET /d/{id}":                    s.reader,
		"GET /a/{id}":                    s.answerPage,
		"GET /api/answers/{id}":          s.answerGiven,
		"POST /api/answers/{id}/keep":    s.keepAnswer,
		"POST /api/answers/{id}/stop":    s.stopAnswer,
		"POST /api/ask":                  s.limited(s.ask),
		"POST /api/feedback":             s.limited(s.feedback),
		"GET /api/search":                s.limited(s.search),
		"GET /api/documents":             s.documents,
		"GET /api/documents/{id}":        s.document,
		"GET /api/people":                s.limited(s.people),
		"GET /api/sessions":              s.limited(s.sessions),
		"DELETE /api/conversations/{id}": s.forget,
		"GET /embed":                     s.embedPage,
		"GET /embed.js":                  s.embedScript,
		"POST /api/embed":                s.limited(s.giveToken),
		"POST /v1/chat/completions":      s.limited(s.keyed(s.complete)),
		"GET /v1/models":                 s.limited(s.keyed(s.models)),
		"GET /v1/models/{model}":         s.limited(s.keyed(s.model)),
		"GET /openapi.json":              s.openAPI,
		"GET /healthz":                   s.healthy,
		"GET /readyz":                    s.ready,
		"GET /metrics":                   s.figures,
		"GET /assets/{name}":             s.asset,
	}
	if s.Shelf != nil {
		maps.Copy(patterns, map[string]handler{
			"GET /programme":         s.programme,
			"GET /programme.ics":     s.calendar,
			"GET /people":            s.limited(s.peoplePage),
			"GET /people/{name}":     s.limited(s.person),
			"GET /documents":         s.documentsPage,
			"GET /press":             s.press,
			"POST /press":            s.limited(s.makePress),
			"GET /press/{id}":        s.limited(s.kit),
			"GET /press/{id}/{file}": s.limited(s.kitFile),
		})
	}
	for pattern, h := range patterns {
		mux.Handle(s.base.pattern(pattern), s.route(pattern, h))
	}
	if len(s.MCP) > 0 {
		mux.Handle(s.base.path+"/mcp", s.route("/mcp", s.limited(s.mcp)))
	}
	return mux
}
