package web

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"osmanthus/bot"
)

type step = chromedp.Action[chromedp.Void]

// browser starts one Chromium for all of these tests. One that is missing fails them.
func browser(t *testing.T) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium (make test installs it): %v", err)
	}
	return ctx
}

// tab opens a tab of a size, in a browser that prefers a language.
func tab(t *testing.T, browser context.Context, width, height int64, language string) context.Context {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // a limit on the first use would be one on the tab
		t.Fatal(err)
	}
	ctx, cancel = context.WithTimeout(ctx, 5*time.Minute)
	t.Cleanup(cancel)
	run(t, ctx, call(network.Enable, network.EnableParams{}),
		call(network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": language}}),
		call(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{Width: width, Height: height, DeviceScaleFactor: 1, Mobile: width < 600}))
	return ctx
}

// call makes a step of a command.
func call[P, R any](command cdp.Command[P, R], params P) step {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, command, params)
		return chromedp.Void{}, err
	}
}

func run(t *testing.T, ctx context.Context, steps ...step) {
	t.Helper()
	if err := chromedp.Do(ctx, steps...); err != nil {
		t.Fatal(err)
	}
}

// until waits for a condition in the page.
func until(js string) step {
	return chromedp.Poll[chromedp.Void](js, chromedp.WithPollingTimeout(3*time.Minute))
}

func evaluate[T any](t *testing.T, ctx context.Context, js string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

const (
	box     = `document.getElementById("question")`
	settled = `document.querySelector(".turn:last-child .actions, .turn:last-child .failure") !== null`
)

func TestBrowser(t *testing.T) {
	t.Parallel()
	chromium := browser(t)

	for _, size := range []struct{ width, height int64 }{{320, 640}, {390, 844}, {768, 1024}, {1280, 800}} {
		t.Run(fmt.Sprintf("ask and open the source at %d", size.width), func(t *testing.T) {
			t.Parallel()
			s := start(t, config(t))
			ctx := tab(t, chromium, size.width, size.height, "zh-CN")
			wide := `document.documentElement.scrollWidth <= innerWidth`
			run(t, ctx, chromedp.Navigate(s.URL), until(wide), chromedp.Click(".suggestions button"), until(settled), until(wide))
			if got := evaluate[string](t, ctx, `document.querySelector(".sources h3").textContent`); got != "出处" {
				t.Errorf("a Chinese browser sees %q", got)
			}
			small := evaluate[[]string](t, ctx, `[...document.querySelectorAll("button, .switch a, .sources a, .brand")].filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 44).map(e => e.outerHTML)`)
			if len(small) > 0 {
				t.Errorf("too small for a finger: %v", small)
			}
			run(t, ctx, chromedp.Click(".cite"), chromedp.WaitVisible("mark#s"), until(wide))
			in := `(() => { const r = document.querySelector("mark#s").getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight; })()`
			run(t, ctx, until(in))
			if got := evaluate[string](t, ctx, `document.querySelector("mark#s").textContent`); got != moderated {
				t.Errorf("marked is %q", got)
			}
			run(t, ctx, chromedp.Click(".back a"), chromedp.WaitVisible(".turn .made")) // the conversation is still there
		})
	}

	t.Run("Enter that ends a composition does not send", func(t *testing.T) {
		t.Parallel()
		s := start(t, config(t))
		ctx := tab(t, chromium, 1280, 800, "zh-CN")
		run(t, ctx, chromedp.Navigate(s.URL), chromedp.Focus("#question"),
			call(input.ImeSetComposition, input.ImeSetCompositionParams{Text: "zai na li", SelectionStart: 9, SelectionEnd: 9}),
			// as browsers send it while composing
			call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: "Enter", Code: "Enter", WindowsVirtualKeyCode: 229}))
		for _, enter := range []string{
			`{isComposing: true, keyCode: 13}`,   // the event tells
			`{isComposing: false, keyCode: 229}`, // Safari, which has ended the composition before
		} {
			run(t, ctx, chromedp.Evaluate[chromedp.Void](`void `+box+`.dispatchEvent(Object.assign(new KeyboardEvent("keydown",
				{key: "Enter", bubbles: true, cancelable: true, ...`+enter+`})))`))
		}
		if n := evaluate[int](t, ctx, `document.querySelectorAll(".turn").length`); n != 0 {
			t.Fatalf("sent %d questions while composing", n)
		}
		run(t, ctx, call(input.InsertText, input.InsertTextParams{Text: "在哪里"}), until(box+`.value === "在哪里"`), chromedp.KeyEvent("\r"), until(settled))
		if got := evaluate[string](t, ctx, `document.querySelector(".question").textContent`); got != "在哪里" {
			t.Errorf("asked %q", got)
		}
	})

	t.Run("a conversation goes on and is forgotten", func(t *testing.T) {
		t.Parallel()
		c := config(t)
		asked, forgotten := make(chan string, 3), make(chan string, 2)
		answer := answering(t, "It is. [1]")
		c.Assistant = askFunc(func(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
			asked <- q.Conversation
			return answer(ctx, q, func(e bot.Event) error {
				if m, ok := e.Data.(bot.Meta); ok {
					m.Conversation = "held"
					e.Data = m
				}
				return emit(e)
			})
		})
		c.Conversations = forgetful(func(id string) error {
			forgotten <- id
			return nil
		})
		s := start(t, c)
		ctx := tab(t, chromium, 390, 844, "en")
		ask := []step{chromedp.Focus("#question"), call(input.InsertText, input.InsertTextParams{Text: "And when?"}), chromedp.KeyEvent("\r")}
		turns := func(n int) step {
			return until(fmt.Sprintf(`document.querySelectorAll(".turn .share[href='/a/a1']").length === %d`, n))
		}
		run(t, ctx, append(append([]step{chromedp.Navigate(s.URL)}, ask...), turns(1))...)
		run(t, ctx, append(append([]step{chromedp.Navigate(s.URL), turns(1)}, ask...), turns(2))...) // the tab knows it still
		run(t, ctx, chromedp.Click("button.fresh"), turns(0))
		run(t, ctx, append(ask, turns(1))...)
		run(t, ctx, chromedp.Click("button.history"), chromedp.WaitVisible(".kept"), chromedp.Click(".kept li:last-child .act"), until(`document.querySelectorAll(".kept li").length === 1`))
		if got := <-forgotten; got != "held" {
			t.Errorf("forgotten: %q", got)
		}
		if got := []string{<-asked, <-asked, <-asked}; !cmp.Equal(got, []string{"", "held", ""}) {
			t.Errorf("asked in the conversations %q", got)
		}
	})

	t.Run("nothing is fetched from elsewhere", func(t *testing.T) {
		t.Parallel()
		c := config(t)
		c.Assistant = answering(t, "![x](https://example.com/x.png) <img src=https://example.com/y.png> [1]")
		s := start(t, c)
		ctx := tab(t, chromium, 1280, 800, "en")
		var mu sync.Mutex
		var elsewhere []string
		err := chromedp.Listen(ctx, func(e any) {
			if sent, ok := e.(*network.EventRequestWillBeSent); ok && !strings.HasPrefix(sent.Request.URL, s.URL) && !strings.HasPrefix(sent.Request.URL, "data:") {
				mu.Lock()
				defer mu.Unlock()
				elsewhere = append(elsewhere, sent.Request.URL)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		run(t, ctx, chromedp.Navigate(s.URL), chromedp.Click(".suggestions button"), until(settled), chromedp.Click(".cite"), chromedp.WaitVisible("mark"))
		mu.Lock()
		defer mu.Unlock()
		if len(elsewhere) > 0 {
			t.Errorf("fetched %v", elsewhere)
		}
	})

	t.Run("a failure is told and the next try succeeds", func(t *testing.T) {
		t.Parallel()
		c := config(t)
		good := answering(t, "Better now. [1]")
		var tries sync.Mutex
		failed := false
		c.Assistant = askFunc(func(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
			tries.Lock()
			defer tries.Unlock()
			if !failed {
				failed = true
				return bot.Answer{}, &bot.Error{Code: bot.CodeSearchDown}
			}
			return good(ctx, q, emit)
		})
		s := start(t, c)
		ctx := tab(t, chromium, 390, 844, "en")
		run(t, ctx, chromedp.Navigate(s.URL), chromedp.Click(".suggestions button"),
			until(`document.querySelector(".failure")?.textContent.includes("cannot be searched")`),
			chromedp.Click(".failure button"), until(`document.querySelector(".actions") !== null`))
	})

	t.Run("stop keeps what was written", func(t *testing.T) {
		t.Parallel()
		c := config(t)
		stopped := make(chan struct{})
		c.Assistant = askFunc(func(ctx context.Context, _ bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
			for _, e := range []bot.Event{
				{Type: bot.EventMeta, Data: bot.Meta{ID: "a", Lang: "en"}},
				{Type: bot.EventSources, Data: bot.Sources{Sources: []bot.Source{}}},
				{Type: bot.EventDelta, Data: bot.Delta{Text: "Half of it"}},
			} {
				if err := emit(e); err != nil {
					return bot.Answer{}, err
				}
			}
			<-ctx.Done()
			close(stopped)
			return bot.Answer{}, ctx.Err()
		})
		s := start(t, c)
		ctx := tab(t, chromium, 390, 844, "en")
		run(t, ctx, chromedp.Navigate(s.URL), chromedp.Click(".suggestions button"),
			until(`document.querySelector(".turn .text")?.textContent.includes("Half of it")`), chromedp.Click("#send"),
			until(`document.querySelector(".turn .notice")?.textContent === "Stopped."`))
		<-stopped
		if got := evaluate[string](t, ctx, `document.querySelector(".turn .text").textContent`); got != "Half of it" {
			t.Errorf("left is %q", got)
		}
	})

	t.Run("the dark page can be read", func(t *testing.T) {
		t.Parallel()
		s := start(t, config(t))
		ctx := tab(t, chromium, 390, 844, "en")
		run(t, ctx, call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: "dark"}}}), chromedp.Navigate(s.URL))
		if got := evaluate[string](t, ctx, `getComputedStyle(document.body).backgroundColor`); got != "rgb(25, 23, 19)" {
			t.Errorf("the ground is %s", got)
		}
	})

	t.Run("the printed page has the answer and nothing to press", func(t *testing.T) {
		t.Parallel()
		s := start(t, config(t))
		ctx := tab(t, chromium, 768, 1024, "en")
		run(t, ctx, chromedp.Navigate(s.URL), chromedp.Click(".suggestions button"), until(settled), call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}))
		if got := evaluate[[]string](t, ctx, `[...document.querySelectorAll("button, textarea, nav, .brand")].filter(e => e.checkVisibility()).map(e => e.outerHTML)`); len(got) > 0 {
			t.Errorf("printed: %q", got)
		}
		run(t, ctx, until(`document.querySelector(".question").checkVisibility() && document.querySelector(".excerpt").checkVisibility()`))
	})

	t.Run("both Markdown readers agree", func(t *testing.T) {
		t.Parallel()
		var cases []struct{ Name, Text, HTML string }
		raw, err := os.ReadFile("testdata/markdown.json")
		if err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(raw, &cases); err != nil {
			t.Fatal(err)
		}
		c := config(t)
		c.Limits.PerMinute = -1
		c.Assistant = askFunc(func(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
			for _, tt := range cases {
				if tt.Name == q.Text {
					return answering(t, tt.Text)(ctx, q, emit)
				}
			}
			return bot.Answer{}, fmt.Errorf("no case %q", q.Text)
		})
		s := start(t, c)
		from, to := cite(t, moderated)
		url := strings.ReplaceAll(readerURL(seminarID, 3, from, to), "&", "&amp;")
		ctx := tab(t, chromium, 1280, 800, "en")
		run(t, ctx, chromedp.Navigate(s.URL))
		for i, tt := range cases {
			want := strings.ReplaceAll(tt.HTML, "URL", url)
			run(t, ctx, chromedp.SetValue("#question", tt.Name), chromedp.Click("#send"),
				until(fmt.Sprintf(`document.querySelectorAll(".turn .made").length === %d`, i+1)))
			script := evaluate[string](t, ctx, `document.querySelector(".turn:last-child .text").innerHTML`)
			if diff := cmp.Diff(want, script); diff != "" {
				t.Errorf("%s, by the script (-want +got):\n%s", tt.Name, diff)
			}
			body, err := json.Marshal("question=" + tt.Name)
			if err != nil {
				t.Fatal(err)
			}
			server := evaluate[string](t, ctx, `fetch("/", {method: "POST", headers: {"Content-Type": "application/x-www-form-urlencoded"}, body: `+string(body)+`}).
				then(r => r.text()).then(html => new DOMParser().parseFromString(html, "text/html").querySelector(".text").innerHTML)`)
			if diff := cmp.Diff(want, server); diff != "" {
				t.Errorf("%s, by the server (-want +got):\n%s", tt.Name, diff)
			}
		}
	})

	t.Run("without script", func(t *testing.T) {
		t.Parallel()
		s := start(t, config(t))
		ctx := tab(t, chromium, 390, 844, "en")
		run(t, ctx, call(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}), chromedp.Navigate(s.URL), chromedp.SendKeys("#question", "Who moderated?"),
			chromedp.Click("#send"), chromedp.WaitVisible(".turn .sources"))
	})
}
