package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/bot"
	"osmanthus/ingest/source"
)

// TestChatModel: with CHAT_MODEL set the answer is the model's, tied to the passages; when the model fails, the
// documents are quoted and the answer says so.
func TestChatModel(t *testing.T) {
	t.Parallel()
	env := onTestParts(t)
	// The report alone: with the agenda, the programme's rows would answer.
	if _, stderr, err := env.osmanthus(t, "ingest", filepath.Join(documents, "seminar-report.md")); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	for _, tt := range []struct {
		name   string
		reply  []string // streamed; nil: the model is down
		by     string
		text   string
		notice bool
	}{
		{"writes", []string{"傅", "主持了圆桌", "讨论 [1][9]。"}, "fake-1", "主持了圆桌讨论", false},
		{"is down", nil, bot.GeneratedByQuotes, "FU Changbo moderated the round table.", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			model := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil || r.Header.Get("Authorization") != "Bearer key-1" || !strings.Contains(string(body), "FU Changbo") {
					t.Errorf("the model was asked %s with %q", body, r.Header.Get("Authorization"))
				}
				if tt.reply == nil {
					http.Error(w, `{"error":{"message":"overloaded"}}`, http.StatusBadGateway)
					return
				}
				w.Header().Set("Content-Type", "text/event-stream")
				for _, piece := range tt.reply {
					text, err := json.Marshal(piece)
					if err != nil {
						t.Error(err)
					}
					fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%s}}]}\n\n", text)
				}
				fmt.Fprint(w, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
			}))
			t.Cleanup(model.Close)
			with := env.with("OPENAI_BASE_URL", model.URL+"/v1", "OPENAI_API_KEY", "key-1", "CHAT_MODEL", "fake-1")
			stdout, stderr, err := with.osmanthus(t, "ask", "--json", "谁主持了圆桌讨论？")
			if err != nil {
				t.Fatalf("%v\n%s", err, stderr)
			}
			var a bot.Answer
			if err := json.Unmarshal([]byte(stdout), &a); err != nil {
				t.Fatal(err)
			}
			if a.GeneratedBy != tt.by || !strings.Contains(bot.Plain(a.Text), tt.text) || strings.Contains(a.Text, "[9]") || len(a.Citations) == 0 || (a.Notice != "") != tt.notice {
				t.Errorf("got %s", stdout)
			}
			if strings.Contains(stdout+stderr, "key-1") {
				t.Error("the key is shown")
			}
		})
	}
}

// TestDailyCost: a day's money is shared by all processes; when it is spent the model is not asked, and the answer says so.
func TestDailyCost(t *testing.T) {
	t.Parallel()
	var asked atomic.Int64
	model := fakeModel(t, func(string, string) string {
		asked.Add(1)
		return "The hall is in the Old Mill [1]."
	})
	env := withFakeEmbedder(t).with("OPENAI_BASE_URL", model, "CHAT_MODEL", "fake-1",
		"OSMANTHUS_DAILY_COST", "0.01", "OSMANTHUS_PROMPT_PRICE", "0.000001", "OSMANTHUS_TEXT_PRICE", "1000000")
	folder := t.TempDir()
	write(t, folder, map[string]string{"hall.md": "# Harvest\n\nThe hall of the harvest dinner is in the Old Mill.\n"})
	if _, stderr, err := env.osmanthus(t, "ingest", folder); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	for i, by := range []string{"fake-1", bot.GeneratedByQuotes} {
		stdout, stderr, err := env.osmanthus(t, "ask", "--json", "Where is the hall of the harvest dinner?")
		if err != nil {
			t.Fatalf("%v\n%s", err, stderr)
		}
		var a bot.Answer
		if err := json.Unmarshal([]byte(stdout), &a); err != nil {
			t.Fatal(err)
		}
		if a.GeneratedBy != by || strings.Contains(a.Notice, "allowance") != (i == 1) || asked.Load() != 1 {
			t.Errorf("question %d, asked %d: %s", i, asked.Load(), stdout)
		}
	}
}

// TestModelHoldsNoConnection: while more texts are written than the database has connections, the rest goes on.
func TestModelHoldsNoConnection(t *testing.T) {
	t.Parallel()
	texts := 2 * max(4, runtime.NumCPU()) // pgx opens half as many connections
	waiting, release := make(chan struct{}, texts), make(chan struct{})
	model := fakeModel(t, func(string, string) string {
		waiting <- struct{}{}
		<-release
		return "The hall is in the Old Mill [1]."
	})
	env := withFakeEmbedder(t).with("OPENAI_BASE_URL", model, "CHAT_MODEL", "fake-1")
	s, _ := env.serveFolder(t, map[string]string{"hall.md": "# Harvest\n\nThe hall of the harvest dinner is in the Old Mill.\n"})
	var asking sync.WaitGroup
	var once sync.Once
	let := func() { once.Do(func() { close(release) }) }
	defer asking.Wait()
	defer let()
	for range texts {
		asking.Go(func() {
			response, err := http.Post("http://"+s.addr+"/api/ask", "application/json", strings.NewReader(`{"question": "Where is the hall of the harvest dinner?"}`))
			if err != nil {
				t.Error(err)
				return
			}
			defer response.Body.Close()
			if body, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(body), `"generated_by":"fake-1"`) {
				t.Errorf("%d %s, %v", response.StatusCode, body, err)
			}
		})
	}
	late := time.After(3 * time.Minute)
	for n := range texts {
		select {
		case <-waiting:
		case <-late:
			t.Fatalf("the model was asked for %d of %d texts", n, texts)
		}
	}
	response, err := http.Get("http://" + s.addr + "/api/search?q=harvest")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("a search meanwhile: %s", response.Status)
	}
	let()
	asking.Wait()
}

// The chat model reads what is taken in too; what it makes up is not believed, and where it fails the rules stand alone.
func TestSecondReader(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "docs")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	const text = "# Report from the garden\n\nThe days were opened by Reed Lee, who has led the Garden Bureau as its director since 2020.\n"
	if err := os.WriteFile(filepath.Join(folder, "report.md"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	reads := fakeModel(t, func(_, user string) string {
		if !strings.Contains(user, "Reed Lee") {
			return "NONE"
		}
		return `{"quote": "Reed Lee, who has led the Garden Bureau as its director since 2020.", "name": "Reed Lee", "title": "director", "organisation": "Garden Bureau"}` + "\n" +
			`{"quote": "Reed Lee founded the Moon Bank.", "name": "Reed Lee", "title": "founder", "organisation": "Moon Bank"}`
	})
	down := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusBadRequest) }))
	t.Cleanup(down.Close)
	for name, tt := range map[string]struct {
		model           string
		position, warns bool
	}{"reads": {reads, true, false}, "fails": {down.URL + "/v1", false, true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			env := withFakeEmbedder(t).with("OPENAI_BASE_URL", tt.model, "OPENAI_API_KEY", "k", "CHAT_MODEL", "m", "OSMANTHUS_SECOND_READER", "true")
			stdout, stderr, err := env.osmanthus(t, "ingest", "--json", folder)
			if err != nil {
				t.Fatalf("%v: %s", err, stderr)
			}
			if got := strings.Contains(stdout, source.WarnSecondReader); got != tt.warns {
				t.Errorf("warned: %t in %s", got, stdout)
			}
			// By the rows alone.
			stdout, _, err = env.with("CHAT_MODEL", "", "OSMANTHUS_SECOND_READER", "").osmanthus(t, "ask", "--json", "Who is Reed Lee?")
			if err != nil {
				t.Fatal(err)
			}
			var answer bot.Answer
			if err := json.Unmarshal([]byte(stdout), &answer); err != nil {
				t.Fatalf("%v: %s", err, stdout)
			}
			var positions []string
			for _, p := range answer.People {
				for _, title := range p.Titles {
					positions = append(positions, title.Title+", "+title.Organisation)
				}
			}
			want := []string(nil)
			if tt.position {
				want = []string{"director, Garden Bureau"}
			}
			if diff := cmp.Diff(want, positions); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
