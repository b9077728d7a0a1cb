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

	"osmanthus/bot"
)

// TestSuggestedQuestionsAreAnswered: what the chat's empty page offers, in both languages, the documents do answer.
func TestSuggestedQuestionsAreAnswered(t *testing.T) {
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
	for _, l := range []string{"zh", "en"} {
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
			t.Logf("%s: %s", question, a.Kind)
		}
	}
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
