package web

import (
	"context"
	"errors"
	"testing"

	"github.com/chromedp/chromedp"

	"osmanthus/bot"
)

// TestAccessibility: axe finds nothing on any page, in either language and theme, on a phone or a desk.
func TestAccessibility(t *testing.T) {
	t.Parallel()
	chromium := browser(t)
	s := start(t, config(t))
	t.Run("empty chat", func(t *testing.T) {
		t.Parallel()
		accessibleEverywhere(t, chromium, s.URL, nil)
	})
	t.Run("answered", func(t *testing.T) {
		t.Parallel()
		accessibleEverywhere(t, chromium, s.URL, func(t *testing.T, ctx context.Context) {
			run(t, ctx, chromedp.Click(".suggestions button"), until(settled))
		})
	})
	t.Run("judged, with the history open", func(t *testing.T) {
		t.Parallel()
		accessibleEverywhere(t, chromium, s.URL, func(t *testing.T, ctx context.Context) {
			run(t, ctx, chromedp.Click(".suggestions button"), until(settled), chromedp.Click("button.down"), chromedp.WaitVisible("form.reason"), chromedp.Click("button.history"), chromedp.WaitVisible(".kept"))
		})
	})
	c := config(t)
	c.Assistant = askFunc(func(_ context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
		err := errors.Join(emit(bot.Event{Type: bot.EventMeta, Data: bot.Meta{ID: "a1", Lang: "zh"}}), emit(bot.Event{Type: bot.EventDelta, Data: bot.Delta{Text: "一半"}}))
		return bot.Answer{}, errors.Join(err, &bot.Error{Code: bot.CodeSearchDown})
	})
	down := start(t, c)
	t.Run("failed", func(t *testing.T) {
		t.Parallel()
		accessibleEverywhere(t, chromium, down.URL, func(t *testing.T, ctx context.Context) {
			run(t, ctx, chromedp.Click(".suggestions button"), until(settled))
		})
	})
	for name, path := range map[string]string{"document": "/d/7?v=3&from=12&to=48", "given answer": "/a/a1", "failure": "/nothing"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			accessibleEverywhere(t, chromium, s.URL+path, nil)
		})
	}
}
