package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"osmanthus/bot"
	"osmanthus/bot/web"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// serveCommand serves the web chat and the API until it is told to stop.
type serveCommand struct {
	Addr           string         `default:":8080" setting:"OSMANTHUS_ADDR" help:"Address to listen on."`
	BasePath       string         `setting:"OSMANTHUS_BASE_PATH" help:"Path that the pages stand below at a reverse proxy, like /seminar; where OSMANTHUS_BASE_URL is set, its path."`
	TrustedProxies []netip.Prefix `setting:"OSMANTHUS_TRUSTED_PROXIES" help:"Address ranges of the reverse proxies whose X-Forwarded-For is believed."`
	EmbedOrigins   []string       `setting:"OSMANTHUS_EMBED_ORIGINS" help:"Websites that may show the chat in a frame, like https://news.example.org, with commas. Without any, none may."`
	EmbedPerMinute int            `default:"600" setting:"OSMANTHUS_EMBED_PER_MINUTE" help:"Questions and searches a minute of all visitors of one such website; -1: no limit."`
	PerMinute      int            `default:"60" setting:"OSMANTHUS_PER_MINUTE" help:"Questions and searches a minute from one address; -1: no limit."`

	APIKey Secret `name:"api-key" setting:"OSMANTHUS_API_KEY" secret:"" help:"Keys, with commas, one of which programs must show to use /v1; none: anybody may, within the limits."`

	mcpFlags   `embed:""`
	limitFlags `embed:""` // of schedules
}

// drainTime is how long answers under way may take after a signal.
const drainTime = 25 * time.Second

// moreOftenCollected is the garbage, in percent of what is in use, at which it is collected while serving. Each answer that
// streams holds its passages for as long; at Go's own 100 the garbage beside 500 of them takes as much again as they do.
const moreOftenCollected = 50

// Run serves.
func (c *serveCommand) Run(ctx context.Context, p *program) error {
	if p.getenv("GOGC") == "" {
		debug.SetGCPercent(moreOftenCollected)
	}
	// The address is taken first: a port in use is said before anything is started.
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w; choose another with --addr or OSMANTHUS_ADDR", c.Addr, err)
	}
	defer listener.Close()
	a, searcher, err := p.openSearch(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	registry := prometheus.NewRegistry()
	observe, err := web.ObserveAnswers(registry)
	if err != nil {
		return err
	}
	assistant, err := a.assistant(searcher, observe)
	if err != nil {
		return err
	}
	embedding := web.Embedding{Origins: c.EmbedOrigins}
	if len(embedding.Origins) > 0 {
		if embedding.Secret, err = a.store.Secret(ctx, "embed"); err != nil {
			return err
		}
	}
	doors, err := c.doors(a, assistant, searcher)
	if err != nil {
		return err
	}
	handler, err := web.New(web.Config{
		Assistant: assistant, Searcher: searcher, Library: a.store, Facts: a.store, Health: a.store, Conversations: a.store, Answers: a.store, Feedback: a.store, Shelf: a.store, Texts: a.store, Catalog: a.catalog,
		Registry: registry, Log: a.log, Now: time.Now, Stopping: ctx,
		BaseURL: a.config.BaseURL, BasePath: strings.TrimRight(c.BasePath, "/"),
		Embedding: embedding, APIKeys: c.APIKey.list(), MCP: doors,
		TrustedProxies: c.TrustedProxies, Limits: web.Limits{PerMinute: c.PerMinute, SitePerMinute: c.EmbedPerMinute},
	})
	if err != nil {
		return err
	}
	slack, err := a.slack(assistant, registry)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           slack.beside(handler, c.path(a.config.BaseURL)),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    1 << 16,
	}
	in, err := a.intake(c.limitFlags)
	if err != nil {
		return err
	}
	defer in.Close()
	var background sync.WaitGroup
	defer background.Wait()
	serving, end := context.WithCancel(ctx)
	defer end()
	patient, err := a.patientEmbedder()
	if err != nil {
		return err
	}
	defer patient.Close()
	background.Go(func() { a.tend(serving, patient) })
	background.Go(func() { in.runSchedules(serving, c.limits()) }) // they only queue: reading and embedding is for workers
	background.Go(func() { sweep(serving, a.store, a.log) })
	slack.run(serving, &background)
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	c.welcome(a, listener.Addr())
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	if err := server.Shutdown(drain); err != nil {
		server.Close()
		if !errors.Is(err, context.DeadlineExceeded) {
			return fmt.Errorf("stop serving: %w", err)
		}
	}
	return nil
}

// path is what stands before every path of the public's: "" or like "/seminar".
func (c *serveCommand) path(public string) string {
	if u, err := url.Parse(public); err == nil && public != "" {
		return strings.TrimRight(u.Path, "/")
	}
	return strings.TrimRight(c.BasePath, "/")
}

// tendEvery is how often the store is tended while serving: what an ingest that was killed has left undone.
const tendEvery = 10 * time.Minute

// tend brings the words' figures, the vector indexes and the sentences up to date, now and then again, until ctx ends. A failure costs
// speed only, and the next round tries again.
func (a *app) tend(ctx context.Context, patient retrieval.Embedder) {
	tick := time.NewTicker(tendEvery)
	defer tick.Stop()
	for {
		if err := errors.Join(a.store.Refresh(ctx), a.store.IndexVectors(ctx)); err != nil && ctx.Err() == nil {
			a.log.Warn("the store could not be tended", "error", err)
		}
		a.addSentences(ctx, patient, nil)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// sweepTime is how often expired conversations are forgotten. None of them can be gone on with before that.
const sweepTime = time.Hour

// A sweeper forgets conversations.
type sweeper interface {
	SweepConversations(ctx context.Context, since time.Time) (int64, error)
}

// sweep forgets the expired conversations now and then until ctx is done.
func sweep(ctx context.Context, s sweeper, log *slog.Logger) {
	tick := time.NewTicker(sweepTime)
	defer tick.Stop()
	for {
		if n, err := s.SweepConversations(ctx, time.Now().Add(-bot.ConversationTime)); err != nil && ctx.Err() == nil {
			log.WarnContext(ctx, "expired conversations not forgotten", "error", err)
		} else if n > 0 {
			log.InfoContext(ctx, "expired conversations forgotten", "conversations", n)
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// welcome says where the chat is and what to ask, once a language.
func (c *serveCommand) welcome(a *app, addr net.Addr) {
	port := addr.String()[strings.LastIndex(addr.String(), ":")+1:]
	fmt.Fprintf(a.stdout, "Osmanthus: http://localhost:%s\n", port)
	for _, l := range []lang.Lang{lang.Chinese, lang.English} {
		words := a.catalog.For(l)
		fmt.Fprintf(a.stdout, "  %s %s\n", words.T("cli.try"), words.T("web.suggestion.1"))
	}
}
