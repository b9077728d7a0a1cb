package main

import (
	"bufio"
	"context"
	"html"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"osmanthus/bot"
)

// TestChatOnTheExamples: the page of `osmanthus serve` in a browser, on the documents that a new user has.
func TestChatOnTheExamples(t *testing.T) {
	t.Parallel()
	env := onTestParts(t)
	if _, stderr, err := env.osmanthus(t, "ingest", documents); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	ctx, stop := context.WithCancel(t.Context())
	s := env.with("OSMANTHUS_PER_MINUTE", "-1").serve(t, ctx)
	t.Cleanup(func() {
		stop()
		if err := <-s.ended; err != nil {
			t.Error(err)
		}
	})
	t.Run("what the empty page suggests is answered", func(t *testing.T) {
		for _, l := range []string{"zh", "en"} {
			s.suggestionsAreAnswered(t, l)
		}
	})
	t.Run("a guest asks in English and opens the Chinese source", func(t *testing.T) {
		s.guestOpensTheSource(t)
	})
}

func (s served) suggestionsAreAnswered(t *testing.T, l string) {
	response, err := http.Get("http://" + s.addr + "/?lang=" + l)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	page, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`name="question" value="([^"]*)"`).FindAllStringSubmatch(string(page), -1)
	if len(found) < 4 {
		t.Errorf("%s: only %d questions are suggested", l, len(found))
	}
	for _, m := range found {
		question := html.UnescapeString(m[1])
		a, raw := s.ask(t, map[string]string{"question": question, "lang": l})
		if a.Kind == bot.KindNotFound || len(a.Citations) == 0 || string(a.Lang) != l {
			t.Errorf("%q is answered with %s", question, raw)
		}
	}
}

// guestOpensTheSource is the journey of a guest with a phone: the answer quotes Chinese under English words, and its source opens at
// the sentence, in view.
func (s served) guestOpensTheSource(t *testing.T) {
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.WindowSize(390, 844))...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil { // a limit on the first use would be one on the browser
		t.Fatalf("start Chromium (make test installs it): %v", err)
	}
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(cancel)
	told := func(js, want string) {
		t.Helper()
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](js))
		if err != nil || got != want {
			t.Errorf("%s is %q, want %q (%v)", js, got, want, err)
		}
	}
	if err := chromedp.Do(ctx, chromedp.Navigate("http://"+s.addr+"/?lang=en"), chromedp.SetValue("#question", "How often should chest compressions be given per minute?"), chromedp.Click("#send"), chromedp.WaitVisible("section.sources")); err != nil {
		t.Fatal(err)
	}
	told(`document.querySelector(".answer").lang`, "en")
	told(`document.querySelector(".answer blockquote").lang`, "zh-Hans")
	told(`document.querySelector(".sources .label").textContent`, "Chinese")
	if err := chromedp.Do(ctx, chromedp.Click(".answer .cite"), chromedp.WaitVisible("mark#s"),
		chromedp.Poll[chromedp.Void](`(() => { const r = document.querySelector("mark#s").getBoundingClientRect(); return r.top >= 0 && r.bottom <= innerHeight; })()`)); err != nil {
		t.Fatal(err)
	}
	told(`document.querySelector("mark#s").closest("[lang]").lang`, "zh-Hans")
	told(`String(document.querySelector("mark#s").textContent.includes("100到120次"))`, "true")
}

// TestStopEndsTheModelsCall: when the asker stops an answer, the model is told at once.
func TestStopEndsTheModelsCall(t *testing.T) {
	t.Parallel()
	asked, gone := make(chan struct{}, 1), make(chan time.Time, 1)
	model := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "text/event-stream")
		io.WriteString(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"It costs twelve pounds. [1] \"}}]}\n\n")
		w.(http.Flusher).Flush()
		asked <- struct{}{}
		<-r.Context().Done()
		gone <- time.Now()
	}))
	t.Cleanup(model.Close)
	env := withFakeEmbedder(t).with("OPENAI_BASE_URL", model.URL+"/v1", "OPENAI_API_KEY", "key", "CHAT_MODEL", "fake")
	s, _ := env.serveFolder(t, map[string]string{"dinner.md": "---\ntitle: Harvest programme\n---\n\nThe harvest dinner costs twelve pounds for each guest.\n"})
	asking, leave := context.WithCancel(t.Context())
	defer leave()
	request, err := http.NewRequestWithContext(asking, http.MethodPost, "http://"+s.addr+"/api/ask", strings.NewReader(`{"question":"What does the harvest dinner cost?"}`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Accept", "text/event-stream")
	client := &http.Client{Transport: &http.Transport{}}
	response, err := client.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	lines, writing := bufio.NewScanner(response.Body), false
	for !writing && lines.Scan() {
		writing = lines.Text() == `data: {"status":"writing"}`
	}
	select {
	case <-asked:
	case <-time.After(time.Minute):
		t.Fatalf("the model is not asked (writing: %t, %v)", writing, lines.Err())
	}
	left := time.Now()
	leave()
	select {
	case at := <-gone:
		t.Logf("the model was told after %v", at.Sub(left))
	case <-time.After(time.Minute):
		t.Error("the model goes on for an asker who has stopped it")
	}
}
