package web

import (
	"fmt"
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"osmanthus/bot"
)

type metrics struct {
	handler  http.Handler
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	asks     prometheus.Gauge
	panics   prometheus.Counter
}

// answerBuckets reach from a cached look-up to the time-out of an answer, in seconds.
var answerBuckets = []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 120}

func newMetrics(r *prometheus.Registry) (*metrics, error) {
	m := &metrics{
		handler: promhttp.HandlerFor(r, promhttp.HandlerOpts{}),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "osmanthus_http_requests_total", Help: "Requests answered."}, []string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "osmanthus_http_request_seconds", Help: "From a request's headers to the end of its response.", Buckets: answerBuckets}, []string{"route"}),
		asks: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "osmanthus_http_asks_under_way", Help: "Answers under way."}),
		panics: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "osmanthus_http_panics_total", Help: "Handlers that panicked."}),
	}
	return m, register(r, m.requests, m.seconds, m.asks, m.panics)
}

func (m *metrics) request(route string, status int, took time.Duration) {
	m.requests.WithLabelValues(route, strconv.Itoa(status)).Inc()
	m.seconds.WithLabelValues(route).Observe(took.Seconds())
}

// ObserveAnswers registers the figures of answers and returns what bot.Config.Observe takes.
func ObserveAnswers(r prometheus.Registerer) (func(bot.Record), error) {
	answers := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "osmanthus_answers_total", Help: "Answers given."}, []string{"kind", "lang", "by"})
	failures := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "osmanthus_answer_failures_total", Help: "Questions that got an error."}, []string{"code"})
	fallbacks := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "osmanthus_answer_fallbacks_total", Help: "Answers that quote because the model's text would not do."}, []string{"reason"})
	degraded := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "osmanthus_search_degraded_total", Help: "Searches without one of their arms."}, []string{"arm"})
	dropped := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "osmanthus_citations_dropped_total", Help: "Numbers in a model's text that no source has."})
	unfaithful := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "osmanthus_sentences_removed_total", Help: "Sentences of a model's text taken out because their passages do not say it."})
	again := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "osmanthus_answers_cached_total", Help: "Answers given again as they were, because nothing they depend on had changed."})
	withheld := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "osmanthus_hits_withheld_total", Help: "Passages found that the asker may not see, stopped before the answer: alert on any."})
	stages := prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name: "osmanthus_answer_seconds", Help: "Time an answer took, by stage.", Buckets: answerBuckets}, []string{"stage"})
	observe := func(rec bot.Record) {
		dropped.Add(float64(rec.Dropped))
		unfaithful.Add(float64(rec.Unfaithful))
		if rec.Cached {
			again.Inc()
		}
		withheld.Add(float64(rec.Withheld))
		for _, arm := range rec.Degraded {
			degraded.WithLabelValues(arm).Inc()
		}
		if rec.Fallback != "" {
			fallbacks.WithLabelValues(rec.Fallback).Inc()
		}
		if rec.Failure != "" {
			failures.WithLabelValues(string(rec.Failure)).Inc()
			return
		}
		by := "model"
		if rec.GeneratedBy == bot.GeneratedByQuotes {
			by = bot.GeneratedByQuotes
		}
		answers.WithLabelValues(string(rec.Kind), string(rec.Lang), by).Inc()
		for stage, ms := range map[string]int64{
			"embed": rec.Timings.EmbedMS, "search": rec.Timings.SearchMS, "first_token": rec.Timings.FirstTokenMS, "total": rec.Timings.TotalMS,
		} {
			if stage != "first_token" || by == "model" {
				stages.WithLabelValues(stage).Observe(float64(ms) / 1000)
			}
		}
	}
	return observe, register(r, answers, failures, fallbacks, degraded, dropped, unfaithful, again, withheld, stages)
}

func register(r prometheus.Registerer, collectors ...prometheus.Collector) error {
	for _, c := range collectors {
		if err := r.Register(c); err != nil {
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	return nil
}

// figures serves /metrics.
func (s *server) figures(w http.ResponseWriter, r *http.Request) error {
	s.metrics.handler.ServeHTTP(w, r)
	return nil
}
