package web

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/google/go-cmp/cmp"

	"osmanthus/bot"
	"osmanthus/retrieval"
)

// press presses a key that the page takes for itself. A character that went with it would be typed even so, unlike in a browser
// that a person types in.
func press(key, code string, virtual int64) step {
	return call(input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeRawKeyDown, Key: key, Code: code, WindowsVirtualKeyCode: virtual})
}

func enter() step { return press("Enter", "Enter", 13) }

// typed asks a question as a person does.
func typed(question string) []step {
	return []step{chromedp.Focus("#question"), call(input.InsertText, input.InsertTextParams{Text: question}), enter()}
}

// steps puts lists of steps into one.
func steps(lists ...[]step) []step {
	var out []step
	for _, l := range lists {
		out = append(out, l...)
	}
	return out
}

// text is the text of the first element that a selector finds.
func text(t *testing.T, ctx context.Context, selector string) string {
	t.Helper()
	return evaluate[string](t, ctx, fmt.Sprintf(`document.querySelector(%q)?.textContent ?? "nothing"`, selector))
}

// half is an answer of which half is written, until its asker goes away or it is told to go on.
type half struct {
	answer askFunc
	asked  chan struct{} // the half is written
	ended  chan error    // how it ended
	goOn   chan struct{}
}

func newHalf(t *testing.T) *half {
	return &half{answer: answering(t, "Half of it and **the rest**. [1]"), asked: make(chan struct{}, 9), ended: make(chan error, 9), goOn: make(chan struct{})}
}

func (h *half) Ask(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
	pieces := 0
	a, err := h.answer(ctx, q, func(e bot.Event) error {
		if e.Type == bot.EventDelta {
			if pieces++; pieces == 2 {
				h.asked <- struct{}{}
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-h.goOn:
				}
			}
		}
		return emit(e)
	})
	h.ended <- err
	return a, err
}

func TestChatByKeys(t *testing.T) {
	t.Parallel()
	c := config(t)
	h := newHalf(t)
	c.Assistant = h
	s := start(t, c)
	ctx := tab(t, browser(t), 1280, 800, "en")
	run(t, ctx, steps([]step{chromedp.Navigate(s.URL), chromedp.Evaluate[chromedp.Void](`void document.activeElement.blur()`), press("/", "Slash", 191), until(`document.activeElement === ` + box)},
		[]step{call(input.InsertText, input.InsertTextParams{Text: "one"}), chromedp.KeyEvent("\r", chromedp.KeyModifiers(chromedp.ModifierShift)), call(input.InsertText, input.InsertTextParams{Text: "two"})})...)
	if got := evaluate[string](t, ctx, box+`.value`); got != "one\ntwo" {
		t.Errorf("Shift+Enter: %q", got)
	}
	run(t, ctx, enter(), until(`document.querySelector(".turn .text")?.textContent.includes("Half")`))
	<-h.asked
	pressed := time.Now()
	run(t, ctx, chromedp.KeyEvent(kb.Escape))
	if err := <-h.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("Esc: the answer ended with %v", err)
	}
	t.Logf("Esc reached the assistant after %v", time.Since(pressed))
	run(t, ctx, until(`document.querySelector(".turn .notice")?.textContent === "Stopped."`), chromedp.KeyEvent(kb.ArrowUp)) // ↑
	if got := evaluate[string](t, ctx, box+`.value`); got != "one\ntwo" {
		t.Errorf("↑ brings %q", got)
	}
}

// TestChatWithAnAnswer: what can be done with an answer is done by the buttons under it.
func TestChatWithAnAnswer(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Assistant = answering(t, "FU Changbo said **so**. [1]\n\n- one [1]\n- two\n\n> 「圓桌」 [1]")
	said := make(chan retrieval.Feedback, 5)
	c.Feedback = judged(said)
	s := start(t, c)
	ctx := tab(t, browser(t), 1280, 800, "en")
	run(t, ctx, steps([]step{chromedp.Navigate(s.URL)}, typed("Who?"), []step{until(settled)})...)
	run(t, ctx, chromedp.Evaluate[chromedp.Void](`void (navigator.clipboard.writeText = async text => { window.copied = text; })`))
	from, to := cite(t, moderated)
	source := s.URL + readerURL(seminarID, 3, from, to)
	for _, tt := range []struct{ button, want string }{
		{"button.copy", "FU Changbo said so.\n\n- one\n- two\n\n「圓桌」"},
		{"button.cited", "FU Changbo said so. [1]\n\n- one [1]\n- two\n\n「圓桌」 [1]\n\nSources\n\n[1] The seminar " + source + "\n\n" + s.URL + "/a/a1"},
		{"a.share", s.URL + "/a/a1"},
	} {
		run(t, ctx, chromedp.Evaluate[chromedp.Void](`void (document.querySelector(".actions [role=status]").textContent = "")`), chromedp.Click(tt.button), until(`/opied/.test(document.querySelector(".actions [role=status]").textContent)`))
		if diff := cmp.Diff(tt.want, evaluate[string](t, ctx, `copied`)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.button, diff)
		}
	}
	// A page without a secure connection may not use the clipboard so: the older way copies what is selected.
	run(t, ctx, chromedp.Evaluate[chromedp.Void](`void (navigator.clipboard.writeText = () => Promise.reject(), document.addEventListener("copy", e => { window.selected = e.target.value; }))`),
		chromedp.Click("a.share"), until(`window.selected === "`+s.URL+`/a/a1"`))
	run(t, ctx, chromedp.Click("button.up"), until(`document.querySelector(".up").ariaPressed === "true"`), chromedp.Click("button.down"), chromedp.WaitVisible("form.reason textarea"),
		chromedp.Focus(".reason textarea"), call(input.InsertText, input.InsertTextParams{Text: "房间不对"}), chromedp.Click(".reason .button"), until(`!document.querySelector(".reason")`))
	if got := evaluate[string](t, ctx, `[...document.querySelectorAll("[aria-pressed=true]")].map(e => e.className).join()`); got != "act thumb down" {
		t.Errorf("pressed: %q", got)
	}
	want := []retrieval.Feedback{{Answer: "a1", Surface: "web", Up: true}, {Answer: "a1", Surface: "web"}, {Answer: "a1", Surface: "web", Reason: "房间不对"}}
	if diff := cmp.Diff(want, []retrieval.Feedback{<-said, <-said, <-said}); diff != "" {
		t.Errorf("said (-want +got):\n%s", diff)
	}
	// The chip points at its source, and opens it.
	run(t, ctx, chromedp.Focus(".cite"), until(`document.querySelector(".sources li.shown .n").textContent === "1"`))
}

// judged is a store of feedback.
type judged chan retrieval.Feedback

func (j judged) SaveFeedback(_ context.Context, f retrieval.Filter, fb retrieval.Feedback) error {
	j <- fb
	return strangers(f)
}

// TestChatIsKeptOnThisDevice: conversations are found again, saved as a file and deleted, here and on the server.
func TestChatIsKeptOnThisDevice(t *testing.T) {
	t.Parallel()
	c := config(t)
	forgotten := make(chan string, 5)
	c.Conversations = forgetful(func(id string) error {
		forgotten <- id
		return nil
	})
	answer := answering(t, "It is *so*. [1]")
	c.Assistant = askFunc(func(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
		return answer(ctx, q, func(e bot.Event) error {
			if m, ok := e.Data.(bot.Meta); ok {
				m.Conversation = "of " + q.Text
				e.Data = m
			}
			return emit(e)
		})
	})
	s := start(t, c)
	chromium := browser(t)
	ctx := tab(t, chromium, 390, 844, "zh-CN")
	run(t, ctx, steps([]step{chromedp.Navigate(s.URL)}, typed("第一問：圓桌會議"), []step{until(settled), chromedp.Click("button.fresh"), until(`!document.querySelector(".turn")`)}, typed("第二问"), []step{until(settled)})...)

	again := tab(t, chromium, 390, 844, "zh-CN") // another tab is another conversation, with the same history
	run(t, again, chromedp.Navigate(s.URL), until(`document.querySelector(".history") && !document.querySelector(".turn")`), chromedp.Click("button.history"), chromedp.WaitVisible(".kept"))
	if got := evaluate[string](t, again, `[...document.querySelectorAll(".kept .asked")].map(e => e.lang + " " + e.textContent).join()`); got != "zh-Hans 第二问,zh-Hant 第一問：圓桌會議" {
		t.Errorf("kept: %s", got)
	}
	run(t, again, chromedp.Click(".kept li:last-child .open"), until(settled))
	if got := evaluate[string](t, again, `document.querySelector(".question").lang`); got != "zh-Hant" {
		t.Errorf("the question is %s", got)
	}
	// saved as Markdown
	run(t, again, chromedp.Evaluate[chromedp.Void](`void (URL.createObjectURL = b => (b.text().then(x => window.saved = x), "blob:nothing"))`),
		chromedp.Click("button.history"), chromedp.WaitVisible(".kept"), chromedp.Click(".kept .foot .button"), until(`window.saved`))
	saved := evaluate[string](t, again, `window.saved`)
	for _, want := range []string{"# 问答记录", "## 第一問：圓桌會議", "It is *so*. [1]", "[1] [The seminar](" + s.URL + "/d/7?v=3", "> FU Changbo moderated the round table", "<" + s.URL + "/a/a1>"} {
		if !strings.Contains(saved, want) {
			t.Errorf("no %q in\n%s", want, saved)
		}
	}
	// one deleted, then all
	run(t, again, chromedp.Click(".kept li:first-child .act"), until(`document.querySelectorAll(".kept li").length === 1`))
	if got := <-forgotten; got != "of 第二问" {
		t.Errorf("forgotten: %q", got)
	}
	clear := `.kept .foot .button:last-child`
	run(t, again, chromedp.Click(clear), until(`document.querySelectorAll(".kept li").length === 1 && document.querySelector("`+clear+`").textContent === "确定全部删除？"`),
		chromedp.Click(clear), until(`document.querySelectorAll(".kept li").length === 0`), until(`!document.querySelector(".turn")`))
	if got := <-forgotten; got != "of 第一問：圓桌會議" {
		t.Errorf("forgotten: %q", got)
	}
	if got := evaluate[string](t, again, `localStorage.getItem("osmanthus.conversations") ?? "nothing"`); got != "nothing" {
		t.Errorf("left on the device: %s", got)
	}
}

// TestStoppedAnswerIsAskedAgain: what was stopped stays as it is, also when the page comes back, and a press asks again.
func TestStoppedAnswerIsAskedAgain(t *testing.T) {
	t.Parallel()
	c := config(t)
	h := newHalf(t)
	c.Assistant, c.Answers = h, finishedAnswers{}
	s := start(t, c)
	ctx := tab(t, browser(t), 390, 844, "en")
	run(t, ctx, steps([]step{chromedp.Navigate(s.URL)}, typed("Who?"), []step{until(`document.querySelector(".turn .text")?.textContent.includes("Half")`)})...)
	<-h.asked
	// What was hidden, and so was to be finished, is stopped all the same.
	run(t, ctx, chromedp.Evaluate[chromedp.Void](`void dispatchEvent(new Event("pagehide"))`), chromedp.Click("#send"), until(`document.querySelector(".turn .notice")?.textContent === "Stopped."`))
	if err := <-h.ended; err == nil {
		t.Error("the answer goes on")
	}
	run(t, ctx, chromedp.Navigate(s.URL), until(`document.querySelector(".turn .notice")?.textContent === "Stopped."`))
	close(h.goOn)
	run(t, ctx, chromedp.Click("button.again"), until(`document.querySelector(".turn .text")?.textContent.includes("the rest")`), until(`!document.querySelector(".turn .notice")`))
}

// TestAskAgain: an answer that a model wrote can be had anew, in its place; one that quotes would be the same.
func TestAskAgain(t *testing.T) {
	t.Parallel()
	c := config(t)
	fresh := make(chan bool, 5)
	answer := answering(t, "It is. [1]")
	c.Assistant = askFunc(func(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
		fresh <- q.Fresh
		return answer(ctx, q, func(e bot.Event) error {
			if a, ok := e.Data.(bot.Answer); ok && q.Text == "a model" {
				a.GeneratedBy = "model"
				e.Data = a
			}
			return emit(e)
		})
	})
	s := start(t, c)
	ctx := tab(t, browser(t), 390, 844, "en")
	run(t, ctx, steps([]step{chromedp.Navigate(s.URL)}, typed("quotes"), []step{until(settled)})...)
	if evaluate[bool](t, ctx, `!!document.querySelector(".again")`) {
		t.Error("quotes can be had anew")
	}
	run(t, ctx, steps(typed("a model"), []step{until(`document.querySelectorAll(".actions").length === 2`), chromedp.Click("button.again")})...)
	if got := []bool{<-fresh, <-fresh, <-fresh}; !cmp.Equal(got, []bool{false, false, true}) {
		t.Errorf("fresh: %v", got)
	}
	run(t, ctx, until(`document.querySelectorAll(".actions").length === 2 && document.querySelectorAll(".turn").length === 2`), until(`document.activeElement === `+box))
}

// TestScreenReadersAreTold: that the answer is being made, then all of it once; never the text as it grows.
func TestScreenReadersAreTold(t *testing.T) {
	t.Parallel()
	c := config(t)
	h := newHalf(t)
	c.Assistant = h
	s := start(t, c)
	ctx := tab(t, browser(t), 390, 844, "en")
	run(t, ctx, steps([]step{chromedp.Navigate(s.URL), chromedp.Evaluate[chromedp.Void](`void (window.told = [], new MutationObserver(() => told.push(live.textContent)).observe(document.getElementById("live"), {childList: true, characterData: true, subtree: true}))`)}, typed("Who?"),
		[]step{until(`document.querySelector(".turn .text")?.textContent.includes("Half")`)})...)
	<-h.asked
	if got := evaluate[bool](t, ctx, `document.querySelector(".answer").ariaBusy === "true" && !document.querySelector(".text").closest("[aria-live], [role=status], [role=log], [role=alert]")`); !got {
		t.Error("the text is told as it grows")
	}
	close(h.goOn)
	run(t, ctx, until(settled))
	want := []string{"Searching the documents…", "Half of it and the rest.\u00a01"}
	if diff := cmp.Diff(want, evaluate[[]string](t, ctx, `told`)); diff != "" {
		t.Errorf("told (-want +got):\n%s", diff)
	}
}

// TestFocusIsNeverHidden: nothing that has the focus is under the bar or the question box, and all can be reached by Tab.
func TestFocusIsNeverHidden(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Assistant = answering(t, strings.Repeat("It is so. [1]\n\n", 40))
	s := start(t, c)
	ctx := tab(t, browser(t), 320, 640, "en")
	run(t, ctx, steps([]step{theme("light"), chromedp.Navigate(s.URL)}, typed("Who?"), []step{until(settled), chromedp.Evaluate[chromedp.Void](`void document.querySelector(".cite").focus()`)})...)
	reached := map[string]bool{}
	for range 60 {
		hidden := evaluate[string](t, ctx, `(() => {
			const e = document.activeElement, r = e.getBoundingClientRect();
			if (e === document.body) return "";
			const at = [...e.getClientRects()][0], seen = document.elementFromPoint(at.x + at.width / 2, at.y + at.height / 2);
			return seen && (e.contains(seen) || seen.contains(e)) ? "" : e.outerHTML + " at " + r.top;
		})()`)
		if hidden != "" {
			t.Errorf("hidden: %s", hidden)
		}
		reached[evaluate[string](t, ctx, `document.activeElement.className || document.activeElement.id`)] = true
		run(t, ctx, chromedp.KeyEvent("\t"))
	}
	for _, want := range []string{"cite", "act copy", "act cited", "act share", "act thumb up", "act thumb down", "question", "send"} {
		if !reached[want] {
			t.Errorf("Tab does not reach %q: %v", want, reached)
		}
	}
}
