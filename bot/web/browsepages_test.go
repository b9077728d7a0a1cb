package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"osmanthus/retrieval"
)

// TestPagesInBrowser: no page scrolls sideways or has a control too small to press, whatever the width, the language and
// the theme, and the programme says the reader's own time where a script runs.
func TestPagesInBrowser(t *testing.T) {
	t.Parallel()
	chromium := browser(t)
	long := strings.Repeat("Averylongwordwithoutanyspace", 12)
	g := garden{
		sessions: []retrieval.Session{held(1, "Living Soil / 活土", venue(1, 9, 0), 60), held(2, long, venue(1, 23, 0), 0)},
		people:   []retrieval.Person{named(1, "王小明", "局长", long), named(2, "WANG Xiaoming", "Director"), named(3, long)},
	}
	g.sessions[0].Speakers = []retrieval.Speaker{{Value: retrieval.Value{Text: "WANG Xiaoming"}, Person: 2}}
	c := browsing(t, g)
	s := start(t, c)
	for _, size := range []struct {
		width           int64
		language, theme string
	}{{320, "zh-CN", "dark"}, {320, "en", "light"}, {768, "zh-CN", "light"}, {1280, "en", "dark"}} {
		t.Run(fmt.Sprintf("%d %s %s", size.width, size.language, size.theme), func(t *testing.T) {
			t.Parallel()
			ctx := tab(t, chromium, size.width, 900, size.language)
			run(t, ctx, call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: size.theme}}}))
			for _, path := range []string{"/programme", "/programme?by=room", "/people", "/people?by=strokes", "/people?q=xiaoming+wang", "/people/WANG%20Xiaoming", "/documents", "/press", "/d/7"} {
				run(t, ctx, chromedp.Navigate(s.URL+path), until(`document.readyState === "complete"`))
				if over := evaluate[int](t, ctx, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
					t.Errorf("%s scrolls sideways by %d", path, over)
				}
				small := evaluate[[]string](t, ctx, `[...document.querySelectorAll("main :is(button, input, select, summary), .choices a")].filter(e => e.checkVisibility() && e.type !== "hidden" && (e.closest("label") ?? e).getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 200))`)
				if len(small) > 0 {
					t.Errorf("%s: too small for a finger: %v", path, small)
				}
				if shown := evaluate[string](t, ctx, `document.querySelector("main h1").textContent`); shown == "" || strings.Contains(shown, "web.") {
					t.Errorf("%s: headed %q", path, shown)
				}
			}
		})
	}
	t.Run("the reader's own time", func(t *testing.T) {
		t.Parallel()
		for _, tt := range []struct{ zone, first, second string }{
			{"Asia/Singapore", "", ""}, // the venue's
			{"Europe/London", "02:00 your time", "16:00 your time"},
			{"Pacific/Auckland", "13:00 your time", "2 May, 03:00 your time"},
		} {
			ctx := tab(t, chromium, 390, 844, "en")
			run(t, ctx, call(emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: tt.zone}), chromedp.Navigate(s.URL+"/programme?day=2026-05-01"), until(`document.readyState === "complete"`))
			said := func(id string) string {
				return evaluate[string](t, ctx, fmt.Sprintf(`document.querySelector("#%s .local")?.textContent ?? ""`, id))
			}
			if first, second := said("s-1"), said("s-2"); first != tt.first || second != tt.second {
				t.Errorf("in %s: %q and %q, want %q and %q", tt.zone, first, second, tt.first, tt.second)
			}
		}
	})
	t.Run("without script", func(t *testing.T) {
		t.Parallel()
		ctx := tab(t, chromium, 390, 844, "en")
		run(t, ctx, call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}), chromedp.Navigate(s.URL+"/people"),
			chromedp.SendKeys("#q", "wang xiaoming"), chromedp.Click(".find button"), chromedp.WaitVisible(".person .positions"))
	})
	t.Run("every word says its language", func(t *testing.T) {
		t.Parallel()
		ctx := tab(t, chromium, 390, 844, "en")
		for _, path := range []string{"/programme?day=2026-05-01", "/people", "/people/WANG%20Xiaoming"} {
			run(t, ctx, chromedp.Navigate(s.URL+path), until(`document.readyState === "complete"`))
			if astray := evaluate[[]string](t, ctx, hanOutside); len(astray) > 0 {
				t.Errorf("%s: Han that is not marked as Chinese: %v", path, astray)
			}
		}
	})
}

// hanOutside lists the texts in Han of a page whose element is not said to be Chinese.
const hanOutside = `(() => {
	const out = [];
	const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (walk.nextNode()) {
		const e = walk.currentNode.parentElement;
		if (/\p{Script=Han}/u.test(walk.currentNode.data) && !e.closest("script") && !(e.closest("[lang]")?.lang ?? "").startsWith("zh")) out.push(walk.currentNode.data);
	}
	return out;
})()`
