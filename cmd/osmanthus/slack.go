package main

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"osmanthus/bot"
	"osmanthus/bot/slackbot"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// A slackSide is Slack beside the web, or nothing where it is not set up.
type slackSide struct {
	app *app
	bot *slackbot.Bot
}

const (
	// slackKept is how long what Slack delivered can be told from what it delivers again; it gives up after minutes.
	slackKept = 3 * 24 * time.Hour
	// slackThreads is how long the bot takes itself to be in a thread in which nothing is said.
	slackThreads = 30 * 24 * time.Hour
)

// slackConfig is what the settings say of Slack.
func (a *app) slackConfig() slackbot.Config {
	c := a.config
	return slackbot.Config{
		Token: string(c.SlackBotToken), SigningSecret: string(c.SlackSigningSecret), AppToken: string(c.SlackAppToken), APIURL: c.SlackAPIURL,
		BaseURL: c.BaseURL, StaffChannels: c.SlackStaffChannels, StaffGroup: c.SlackStaffGroup,
		Inbox: a.store, Posts: a.store, Waits: a.store, Feedback: a.store, People: a.store, Library: a.store, Catalog: a.catalog, Log: a.log, Now: time.Now,
	}
}

// slack makes Slack's side where a token is set.
func (a *app) slack(assistant *bot.Assistant, registry prometheus.Registerer) (*slackSide, error) {
	side := &slackSide{app: a}
	if a.config.SlackBotToken == "" {
		return side, nil
	}
	dealt := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "osmanthus_slack_deliveries_total", Help: "What Slack delivered and was dealt with."}, []string{"kind", "failure"})
	seconds := prometheus.NewHistogram(prometheus.HistogramOpts{
		Name: "osmanthus_slack_delivery_seconds", Help: "From taking a delivery up to its end.", Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120}})
	for _, c := range []prometheus.Collector{dealt, seconds} {
		if err := registry.Register(c); err != nil {
			return nil, fmt.Errorf("register metrics of Slack: %w", err)
		}
	}
	config := a.slackConfig()
	config.Assistant, config.Curator = assistant, curating{a}
	config.Observe = func(o slackbot.Outcome) {
		dealt.WithLabelValues(o.Kind, o.Failure).Inc()
		seconds.Observe(o.Took.Seconds())
	}
	var err error
	side.bot, err = slackbot.New(config)
	return side, err
}

// curating keeps answers that the organisers gave in Slack.
type curating struct{ *app }

// KeepAnswer keeps an answer as `curate` does.
func (c curating) KeepAnswer(ctx context.Context, question, answer string, audience retrieval.Audience) error {
	vectors, err := c.embedder.EmbedQueries(ctx, []string{question})
	if err != nil {
		return fmt.Errorf("embed the question: %w", err)
	}
	c.spacing.Lock()
	space := c.space.ID
	c.spacing.Unlock()
	_, err = c.store.SaveCurated(ctx, retrieval.CuratedAnswer{
		Question: question, Answer: answer, Lang: lang.DetectText(answer), Source: "Slack", Audience: audience, Written: time.Now(),
		Space: space, Vector: vectors[0],
	})
	return err
}

// beside has what Slack posts taken by its own handler, below the base path too where a proxy leaves it, and the rest by
// pages.
func (s *slackSide) beside(pages http.Handler, basePath string) http.Handler {
	if s.bot == nil || s.app.config.SlackSigningSecret == "" {
		return pages
	}
	mux := http.NewServeMux()
	mux.Handle("/slack/", s.bot.Handler())
	if basePath != "" {
		mux.Handle(basePath+"/slack/", http.StripPrefix(basePath, s.bot.Handler()))
	}
	mux.Handle("/", pages)
	return mux
}

// run runs the bot, and forgets what is over, until ctx ends.
func (s *slackSide) run(ctx context.Context, background *sync.WaitGroup) {
	if s.bot == nil {
		return
	}
	background.Go(func() {
		if err := s.bot.Run(ctx); err != nil {
			s.app.log.ErrorContext(ctx, "Slack ended", "error", err)
		}
	})
	background.Go(func() {
		tick := time.NewTicker(sweepTime)
		defer tick.Stop()
		for {
			now := time.Now()
			if _, err := s.app.store.SweepSlack(ctx, now.Add(-slackKept), now.Add(-slackThreads)); err != nil && ctx.Err() == nil {
				s.app.log.WarnContext(ctx, "what Slack delivered is not forgotten", "error", err)
			}
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
	})
}
