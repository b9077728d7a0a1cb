package web

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"osmanthus/bot"
)

// website serves one page, whose content may hold what the website includes of ours.
func website(t *testing.T) (s *httptest.Server, fill func(content string)) {
	t.Helper()
	var mu sync.Mutex
	var content string
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>News</title><style>button { display: none } iframe { opacity: 0 }</style><h1>News</h1><p>%s</p>%s`,
			strings.Repeat("Long. ", 300), content)
	}))
	t.Cleanup(s.Close)
	return s, func(with string) {
		mu.Lock()
		defer mu.Unlock()
		content = with
	}
}

// counted serves c and counts the requests, by method, path and whether they carried a token.
func counted(t *testing.T, c Config) (s *httptest.Server, counts func() map[string]int) {
	t.Helper()
	h, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	seen := map[string]int{}
	s = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			mu.Lock()
			seen[fmt.Sprintf("%s token %t", r.URL.Path, r.Header.Get(tokenHeader) != "")]++
			mu.Unlock()
		}
		h.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s, func() map[string]int {
		mu.Lock()
		defer mu.Unlock()
		got := map[string]int{}
		for k, v := range seen {
			got[k] = v
		}
		return got
	}
}

// part is an element of the button and the dialog, which stand in a shadow root.
func part(selector string) string {
	return fmt.Sprintf(`document.querySelector("osmanthus-chat")?.shadowRoot.querySelector(%q)`, selector)
}

// shown: the frame has said that it is ready, and how tall it would like to be.
var shown = part("dialog") + `?.open && ` + part("dialog") + `.style.getPropertyValue("--height") !== ""`

// frames returns the frames within the page.
func frames(t *testing.T, ctx context.Context) []*page.FrameTree {
	t.Helper()
	tree, err := chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (page.GetFrameTreeResult, error) {
		return cdp.Call(ctx, target, page.GetFrameTree, cdp.Empty{})
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree.FrameTree.ChildFrames
}

// inFrame evaluates js in the page's only frame.
func inFrame[T any](t *testing.T, ctx context.Context, js string) T {
	t.Helper()
	children := frames(t, ctx)
	if len(children) != 1 {
		t.Fatalf("%d frames", len(children))
	}
	world, err := chromedp.Run(ctx, func(ctx context.Context, target *chromedp.Target) (page.CreateIsolatedWorldResult, error) {
		return cdp.Call(ctx, target, page.CreateIsolatedWorld, page.CreateIsolatedWorldParams{FrameID: children[0].Frame.ID})
	})
	if err != nil {
		t.Fatal(err)
	}
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](js, chromedp.EvalAwaitPromise, func(p *runtime.EvaluateParams) { p.ContextID = world.ExecutionContextID }))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// untilInFrame waits for a condition in the frame.
func untilInFrame(t *testing.T, ctx context.Context, js string) {
	t.Helper()
	inFrame[bool](t, ctx, `new Promise(met => { const look = () => (`+js+`) ? met(true) : setTimeout(look, 20); look(); })`)
}

// asking types a question where the focus is and sends it.
func asking(question string) []step {
	return []step{call(input.InsertText, input.InsertTextParams{Text: question}), chromedp.KeyEvent("\r")}
}

func TestEmbeddedChat(t *testing.T) {
	t.Parallel()
	// Websites of tests differ in their ports alone, so that one process holds the page and its frame.
	chromium := browser(t)

	for _, size := range []struct {
		width, height int64
		modal         bool
	}{{320, 640, true}, {1280, 800, false}} {
		t.Run(fmt.Sprintf("a listed website's visitor asks, at %d", size.width), func(t *testing.T) {
			t.Parallel()
			site, fill := website(t)
			c, _ := embedding(t, site.URL)
			conversations := make(chan string, 2)
			answer := c.Assistant
			c.Assistant = askFunc(func(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
				conversations <- q.Conversation
				return answer.Ask(ctx, q, func(e bot.Event) error {
					if m, ok := e.Data.(bot.Meta); ok {
						m.Conversation = "held"
						e.Data = m
					}
					return emit(e)
				})
			})
			s, counts := counted(t, c)
			fill(`<script src="` + s.URL + `/embed.js" data-lang="zh" async></script>`)
			ctx := tab(t, chromium, size.width, size.height, "en")
			run(t, ctx, chromedp.Navigate(site.URL), until(part(".open")+` !== null`))
			button := evaluate[map[string]any](t, ctx, `(() => { const b = `+part(".open")+`, r = b.getBoundingClientRect();
				return {name: b.textContent, inside: r.left >= 0 && r.right <= innerWidth && r.bottom <= innerHeight, tall: r.height >= 44, expanded: b.getAttribute("aria-expanded"), frames: document.querySelectorAll("iframe").length}; })()`)
			want := map[string]any{"name": "询问研讨会", "inside": true, "tall": true, "expanded": "false", "frames": 0.0}
			if diff := cmp.Diff(want, button); diff != "" {
				t.Errorf("the button (-want +got):\n%s", diff)
			}
			if n := len(frames(t, ctx)); n != 1 && n != 0 {
				t.Errorf("%d frames before it is opened", n)
			}
			run(t, ctx, chromedp.Evaluate[chromedp.Void](`void `+part(".open")+`.focus()`), chromedp.KeyEvent("\r"), until(shown),
				until(part("dialog")+`.getRootNode().activeElement?.tagName === "IFRAME"`))
			if got := evaluate[[]bool](t, ctx, `(() => { const d = `+part("dialog")+`, r = d.getBoundingClientRect();
				return [d.matches(":modal"), r.left >= 0 && r.right <= innerWidth && r.top >= 0 && r.bottom <= innerHeight, `+part(".failed")+`.checkVisibility(), document.documentElement.scrollWidth <= innerWidth]; })()`); !cmp.Equal(got, []bool{size.modal, true, false, true}) {
				t.Errorf("modal, inside, failed, no sideways scroll: %v", got)
			}
			untilInFrame(t, ctx, `document.activeElement?.id === "question"`)
			run(t, ctx, asking("谁主持了圆桌讨论？")...)
			untilInFrame(t, ctx, settled)
			if got := inFrame[string](t, ctx, `document.querySelector(".turn .question").textContent + document.querySelector(".sources h3").textContent`); got != "谁主持了圆桌讨论？出处" {
				t.Errorf("the frame shows %q", got)
			}
			if got := inFrame[[]bool](t, ctx, `(() => { let kept = 0; try { kept = sessionStorage.length + localStorage.length } catch {}; return [
				document.documentElement.scrollWidth <= innerWidth, kept === 0, document.cookie === "", document.querySelector(".cite").target === "" && document.querySelector("base").target === "_blank"]; })()`); !cmp.Equal(got, []bool{true, true, true, true}) {
				t.Errorf("no sideways scroll, nothing kept, no cookie, sources open outside: %v", got)
			}
			untilInFrame(t, ctx, `document.activeElement?.id === "question"`)
			run(t, ctx, asking("在哪里？")...)
			untilInFrame(t, ctx, `document.querySelectorAll(".turn .made").length === 2`)
			if got := []string{<-conversations, <-conversations}; !cmp.Equal(got, []string{"", "held"}) {
				t.Errorf("asked in the conversations %q", got)
			}
			if diff := cmp.Diff(map[string]int{"/api/ask token true": 2}, counts()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			// Anybody can send the page a message; only the frame's counts.
			run(t, ctx, chromedp.Evaluate[chromedp.Void](`new Promise(seen => { addEventListener("message", () => setTimeout(seen)); postMessage({osmanthus: 1, type: "close"}, "*"); }).then(() => undefined)`, chromedp.EvalAwaitPromise))
			if !evaluate[bool](t, ctx, part("dialog")+`.open`) {
				t.Error("a message of the page itself closed the dialog")
			}
			run(t, ctx, chromedp.KeyEvent(kb.Escape), until(`!`+part("dialog")+`.open`),
				until(part(".open")+`.getRootNode().activeElement === `+part(".open")), until(part(".open")+`.getAttribute("aria-expanded") === "false"`))
			// Opened again, it is as it was left.
			run(t, ctx, chromedp.KeyEvent("\r"), until(shown))
			untilInFrame(t, ctx, `document.querySelectorAll(".turn").length === 2 && document.activeElement?.id === "question"`)
		})
	}

	t.Run("in a process of another website's own, where the frame is a third party", func(t *testing.T) {
		t.Parallel()
		site, fill := website(t)
		elsewhere := strings.Replace(site.URL, "127.0.0.1", "localhost", 1)
		c, _ := embedding(t, elsewhere)
		asked := make(chan string, 9)
		answer := c.Assistant
		c.Assistant = askFunc(func(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
			asked <- q.Text
			return answer.Ask(ctx, q, emit)
		})
		s, counts := counted(t, c)
		fill(`<script src="` + s.URL + `/embed.js" async></script>`)
		ctx := tab(t, chromium, 390, 844, "en")
		run(t, ctx, chromedp.Navigate(elsewhere), until(part(".open")+` !== null`), chromedp.Evaluate[chromedp.Void](`void `+part(".open")+`.focus()`), chromedp.KeyEvent("\r"), until(shown),
			until(part("dialog")+`.getRootNode().activeElement?.tagName === "IFRAME"`))
		// What is typed before the frame has put the focus into its box is lost, and is typed again.
		again := time.NewTicker(2 * time.Second)
		defer again.Stop()
		for done := false; !done; {
			run(t, ctx, chromedp.KeyEvent("where"), chromedp.KeyEvent("\r"))
			select {
			case <-asked:
				done = true
			case <-again.C:
			case <-ctx.Done():
				t.Fatal("nothing was asked")
			}
		}
		if got := counts(); got["/api/ask token true"] == 0 || got["/api/ask token false"] > 0 {
			t.Errorf("asked %v", got)
		}
		run(t, ctx, chromedp.KeyEvent(kb.Escape), chromedp.KeyEvent(kb.Escape), until(`!`+part("dialog")+`.open`)) // one for an answer still under way
	})

	t.Run("an expired token is renewed, and one of yesterday says so", func(t *testing.T) {
		t.Parallel()
		site, fill := website(t)
		c, forward := embedding(t, site.URL)
		s, counts := counted(t, c)
		fill(`<script src="` + s.URL + `/embed.js" data-lang="en" async></script>`)
		ctx := tab(t, chromium, 1280, 800, "en")
		run(t, ctx, chromedp.Navigate(site.URL), until(part(".open")+` !== null`), chromedp.Evaluate[chromedp.Void](`void `+part(".open")+`.click()`), until(shown))
		untilInFrame(t, ctx, `document.activeElement?.id === "question"`)
		forward.Store(int64(tokenTime + time.Minute))
		run(t, ctx, asking("Who moderated?")...)
		untilInFrame(t, ctx, `document.querySelectorAll(".turn .made").length === 1`)
		if diff := cmp.Diff(map[string]int{"/api/ask token true": 2, "/api/embed token false": 1}, counts()); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
		forward.Store(int64(tokenTime + renewTime + time.Hour))
		untilInFrame(t, ctx, `document.activeElement?.id === "question"`)
		run(t, ctx, asking("And where?")...)
		untilInFrame(t, ctx, `document.querySelector(".failure") !== null`)
		if got := inFrame[string](t, ctx, `document.querySelector(".failure").textContent`); !strings.Contains(got, "open for too long") {
			t.Errorf("told: %q", got)
		}
	})

	t.Run("an unlisted website can neither frame nor call", func(t *testing.T) {
		t.Parallel()
		good, _ := website(t)
		bad, fill := website(t)
		c, _ := embedding(t, good.URL)
		s := start(t, c)
		fill(`<script src="` + s.URL + `/embed.js" data-lang="en" async></script>`)
		ctx := tab(t, chromium, 1280, 800, "en")
		run(t, ctx, chromedp.Navigate(bad.URL), until(part(".open")+` !== null`), chromedp.Evaluate[chromedp.Void](`void `+part(".open")+`.click()`),
			until(part(".failed")+`.checkVisibility()`))
		if got := evaluate[string](t, ctx, part(".failed a")+`.href`); got != s.URL+"/?lang=en" {
			t.Errorf("the way out leads to %q", got)
		}
		for name, js := range map[string]string{
			"for a token":                  `fetch("` + s.URL + `/api/embed", {method: "POST", body: "{}"})`,
			"a question":                   `fetch("` + s.URL + `/api/ask", {method: "POST", body: '{"question":"Who?"}'})`,
			"a question with a token":      `fetch("` + s.URL + `/api/ask", {method: "POST", body: '{"question":"Who?"}', headers: {"X-Osmanthus-Token": "x"}})`,
			"for the documents":            `fetch("` + s.URL + `/api/documents")`,
			"for the page, with its token": `fetch("` + s.URL + `/embed?origin=` + good.URL + `")`,
		} {
			if got := evaluate[string](t, ctx, js+`.then(() => "answered", () => "refused")`); got != "refused" {
				t.Errorf("asked %s, it was %s", name, got)
			}
		}
		// Neither does it help to name a listed website.
		fill(`<iframe src="` + s.URL + `/embed?origin=` + good.URL + `" onload="this.dataset.loaded = 1"></iframe>`)
		run(t, ctx, chromedp.Navigate(bad.URL), until(`document.querySelector("iframe").dataset.loaded !== undefined`))
		for _, f := range frames(t, ctx) {
			if f.Frame.UnreachableURL == "" {
				t.Errorf("a frame shows %s", f.Frame.URL)
			}
		}
	})

	t.Run("a listed website's own script asks", func(t *testing.T) {
		t.Parallel()
		site, _ := website(t)
		c, _ := embedding(t, site.URL)
		s := start(t, c)
		ctx := tab(t, chromium, 1280, 800, "en")
		run(t, ctx, chromedp.Navigate(site.URL))
		got := evaluate[string](t, ctx, `fetch("`+s.URL+`/api/embed", {method: "POST"}).then(r => r.json()).then(({token}) =>
			fetch("`+s.URL+`/api/ask", {method: "POST", headers: {"Content-Type": "application/json", "X-Osmanthus-Token": token}, body: JSON.stringify({question: "Who moderated?"})})).then(r => r.json()).then(a => a.kind)`)
		if got != "answer" {
			t.Errorf("got %q", got)
		}
	})
}
