package web

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"osmanthus/bot"
)

// payloads are texts that would run or fetch something where a page took them for more than text.
var payloads = []string{
	`<script>alert(1)</script>`, `"><script>alert(1)</script>`, `<img src=x onerror=alert(1)>`, `"><img src=https://example.com/x onerror=alert(1)>`,
	`<svg onload=alert(1)>`, `<iframe srcdoc="<script>alert(1)</script>">`, `' onmouseover='alert(1)`, `" autofocus onfocus="alert(1)`,
	`javascript:alert(1)`, `[x](javascript:alert(1))`, `![x](https://example.com/x.png)`, `![x][y]` + "\n\n" + `[y]: https://example.com/x.png`,
	`<a href="javascript:alert(1)">x</a>`, `<style>@import "https://example.com/x.css";</style>`, `<link rel=stylesheet href=https://example.com/x.css>`,
	`<base href=https://example.com/>`, `<meta http-equiv=refresh content="0;url=https://example.com">`, `<form action=https://example.com><button>x</button></form>`,
	`{{.}}`, `${alert(1)}`, `</textarea><script>alert(1)</script>`, `</title><script>alert(1)</script>`, "\u202egnp.exe", `<math><mtext></mtext><mglyph><style></math><img src onerror=alert(1)>`,
}

// TestNothingInAnAnswerRuns: whatever stands in a document's title, its headings and sentences, a model's text, a failure or a question,
// no page of ours runs it, fetches anything for it or leads anywhere else.
func TestNothingInAnAnswerRuns(t *testing.T) {
	t.Parallel()
	c := config(t)
	all := strings.Join(payloads, "\n\n")
	from, to := cite(t, moderated)
	c.Assistant = askFunc(func(_ context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
		a := bot.Answer{ID: `"><script>alert(1)</script>`, Lang: "en", Kind: bot.KindNotFound, GeneratedBy: payloads[2], Notice: all, Text: all + " [1] [2] [3]\n\n- " + payloads[0]}
		a.Nearest = []bot.Nearest{{Title: payloads[0], URL: "javascript:alert(1)"}}
		for i, url := range []string{readerURL(seminarID, 3, from, to), "javascript:alert(1)", "//example.com/d/7"} {
			a.Citations = append(a.Citations, bot.Citation{N: i + 1, Title: all, Heading: all, Quote: all, Lang: "en", URL: url})
		}
		if emit == nil {
			return a, nil
		}
		return a, errors.Join(emit(bot.Event{Type: bot.EventMeta, Data: bot.Meta{ID: a.ID, Lang: "en"}}), emit(bot.Event{Type: bot.EventDelta, Data: bot.Delta{Text: a.Text}}), emit(bot.Event{Type: bot.EventDone, Data: a}))
	})
	s := start(t, c)
	ctx := tab(t, browser(t), 1280, 800, "en")
	var mu sync.Mutex
	var wrong []string
	if err := chromedp.Listen(ctx, func(e any) {
		mu.Lock()
		defer mu.Unlock()
		switch e := e.(type) {
		case *cdppage.EventJavascriptDialogOpening:
			wrong = append(wrong, "a dialogue: "+e.Message)
		case *network.EventRequestWillBeSent:
			if !strings.HasPrefix(e.Request.URL, s.URL) && !strings.HasPrefix(e.Request.URL, "data:") {
				wrong = append(wrong, "a request to "+e.Request.URL)
			}
		case *log.EventEntryAdded: // what the browser refused, by the policy or otherwise
			wrong = append(wrong, e.Entry.Text)
		}
	}); err != nil {
		t.Fatal(err)
	}
	run(t, ctx, call(log.Enable, cdp.Empty{}), chromedp.Navigate(s.URL), chromedp.SetValue("#question", all), chromedp.Click("#send"), until(settled), chromedp.Click("button.history"), chromedp.WaitVisible(".kept"))
	elsewhere := `[...document.querySelectorAll("a, form, button, img, iframe, [src], [href]")].filter(e => [e.href, e.src, e.action, e.formAction].some(u => typeof u === "string" && u && !u.startsWith(location.origin)) || [...e.attributes].some(a => a.name.startsWith("on"))).map(e => e.outerHTML.slice(0, 200))`
	if got := evaluate[[]string](t, ctx, elsewhere); len(got) > 0 {
		t.Errorf("leads elsewhere: %q", got)
	}
	run(t, ctx, chromedp.Navigate(s.URL), until(settled)) // as it is kept
	// the page that the server makes, of the same
	run(t, ctx, chromedp.Evaluate[chromedp.Void](`void (() => { const f = document.getElementById("ask"); document.getElementById("question").value = `+"`x`"+`; HTMLFormElement.prototype.submit.call(f); })()`), chromedp.WaitVisible(".made a.share"))
	if got := evaluate[[]string](t, ctx, elsewhere); len(got) > 0 {
		t.Errorf("leads elsewhere: %q", got)
	}
	mu.Lock()
	defer mu.Unlock()
	if len(wrong) > 0 {
		t.Errorf("%q", wrong)
	}
}

// TestFailuresAreTold: each failure is a sentence in the asker's language, with another try where one may help, and the page goes on.
func TestFailuresAreTold(t *testing.T) {
	t.Parallel()
	c := config(t)
	good := answering(t, "Better now. [1]")
	begun := func(emit func(bot.Event) error) error {
		return errors.Join(emit(bot.Event{Type: bot.EventMeta, Data: bot.Meta{ID: "a2", Lang: "zh"}}), emit(bot.Event{Type: bot.EventDelta, Data: bot.Delta{Text: "已经写了一半"}}))
	}
	c.Assistant = askFunc(func(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
		switch {
		case strings.HasPrefix(q.Text, "库"):
			return bot.Answer{}, errors.Join(begun(emit), &bot.Error{Code: bot.CodeSearchDown})
		case strings.HasPrefix(q.Text, "崩"):
			if err := begun(emit); err != nil {
				return bot.Answer{}, err
			}
			panic("broken")
		}
		return good(ctx, q, emit)
	})
	s := start(t, c)
	chromium := browser(t)
	for _, tt := range []struct {
		name, question, says, left string
		retry                      bool
	}{
		{"the database goes down in the middle", "库在哪里", "检索", "已经写了一半", true},
		{"the server breaks in the middle", "崩了", "系统出现问题", "已经写了一半", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx := tab(t, chromium, 320, 640, "zh-CN")
			run(t, ctx, chromedp.Navigate(s.URL), chromedp.SetValue("#question", tt.question), chromedp.Click("#send"), until(`document.querySelector(".failure") !== null`))
			if got := text(t, ctx, ".failure p"); !strings.Contains(got, tt.says) {
				t.Errorf("says %q", got)
			}
			if got := text(t, ctx, ".turn .text"); got != tt.left {
				t.Errorf("left is %q", got)
			}
			if got := evaluate[bool](t, ctx, `!!document.querySelector(".failure button")`); got != tt.retry {
				t.Errorf("another try is offered: %t", got)
			}
			run(t, ctx, until(`document.documentElement.scrollWidth <= innerWidth`), chromedp.SetValue("#question", "好"), chromedp.Click("#send"), until(`document.querySelector(".turn:last-child .actions") !== null`))
		})
	}
	t.Run("ten thousand characters", func(t *testing.T) {
		t.Parallel()
		ctx := tab(t, chromium, 320, 640, "zh-CN")
		long := strings.Repeat("长问题", 3334)
		run(t, ctx, chromedp.Navigate(s.URL), chromedp.SetValue("#question", long), chromedp.Click("#send"), until(`document.getElementById("long").textContent.includes("10002")`))
		if got := evaluate[string](t, ctx, box+`.value`); got != long || evaluate[bool](t, ctx, `!!document.querySelector(".turn")`) {
			t.Error("the question is lost, or sent")
		}
		run(t, ctx, until(`document.documentElement.scrollWidth <= innerWidth`), chromedp.SetValue("#question", "好"), chromedp.Evaluate[chromedp.Void](`void `+box+`.dispatchEvent(new Event("input"))`), until(`!document.getElementById("long").textContent`))
	})
	t.Run("off line", func(t *testing.T) {
		t.Parallel()
		ctx := tab(t, chromium, 320, 640, "zh-CN")
		run(t, ctx, chromedp.Navigate(s.URL), offline(true), until(`!document.getElementById("offline").hidden`), chromedp.SetValue("#question", "好"), chromedp.Click("#send"), until(`document.querySelector(".failure button") !== null`),
			offline(false), until(`document.getElementById("offline").hidden`), chromedp.Click(".failure button"), until(settled), until(`!document.querySelector(".failure")`))
	})
}

// offline takes a tab off the network, or puts it on, and tells the page.
func offline(off bool) step {
	conditions := call(network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{{Offline: off, DownloadThroughput: -1, UploadThroughput: -1}}})
	told := call(network.OverrideNetworkState, network.OverrideNetworkStateParams{Offline: off, DownloadThroughput: -1, UploadThroughput: -1})
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		if _, err := conditions(ctx, t); err != nil {
			return chromedp.Void{}, err
		}
		return told(ctx, t)
	}
}
