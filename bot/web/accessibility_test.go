package web

import (
	"context"
	"testing"

	"github.com/chromedp/chromedp"
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
	for name, path := range map[string]string{"document": "/d/7?v=3&from=12&to=48", "given answer": "/a/a1", "failure": "/nothing"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			accessibleEverywhere(t, chromium, s.URL+path, nil)
		})
	}
}
