package main

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestRestartUnderLoad: a process that is told to stop takes no more and completes the answers that it has begun, while
// another one on the same database goes on.
func TestRestartUnderLoad(t *testing.T) {
	t.Parallel()
	const answers = 8
	goOn := make(chan struct{})
	model := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		piece := func(text string) {
			fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\n", text)
			_ = http.NewResponseController(w).Flush()
		}
		piece("傅昌波")
		select {
		case <-goOn:
		case <-r.Context().Done():
			return
		}
		piece("主持了圆桌讨论 [1]。")
		fmt.Fprint(w, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
	}))
	t.Cleanup(model.Close)
	env := withFakeEmbedder(t).with("OPENAI_BASE_URL", model.URL+"/v1", "CHAT_MODEL", "fake-1", "OSMANTHUS_PER_MINUTE", "-1")
	folder := t.TempDir()
	write(t, folder, map[string]string{"round-table.md": "# 圆桌讨论\n\n谁主持了圆桌讨论？傅昌波主持了圆桌讨论。\n"})
	if _, stderr, err := env.osmanthus(t, "ingest", folder); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	stopping, stop := context.WithCancel(t.Context())
	staying, end := context.WithCancel(t.Context())
	old, other := env.serve(t, stopping), env.serve(t, staying)
	t.Cleanup(func() {
		end()
		if err := <-other.ended; err != nil {
			t.Error(err)
		}
	})
	client := &http.Client{Transport: &http.Transport{}}
	began, last := make(chan struct{}, answers), make(chan string, answers)
	for range answers {
		go func() {
			event := "nothing"
			defer func() { last <- event }()
			req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+old.addr+"/api/ask", strings.NewReader(`{"question":"谁主持了圆桌讨论？"}`))
			if err != nil {
				t.Error(err)
				return
			}
			req.Header.Set("Accept", "text/event-stream")
			res, err := client.Do(req)
			if err != nil {
				t.Error(err)
				return
			}
			defer res.Body.Close()
			for lines := bufio.NewScanner(res.Body); lines.Scan(); {
				name, ok := strings.CutPrefix(lines.Text(), "event: ")
				if !ok {
					continue
				}
				if event = name; name == "delta" && len(began) < answers {
					began <- struct{}{}
				}
			}
		}()
	}
	for i := range answers {
		select {
		case <-began:
		case <-time.After(time.Minute):
			t.Fatalf("%d of %d answers began", i, answers)
		}
	}
	stop()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for { // it is told, and closes its port
		conn, err := net.Dial("tcp", old.addr)
		if err != nil {
			break
		}
		conn.Close()
		<-tick.C
	}
	res, err := client.Get("http://" + other.addr + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusOK {
		t.Errorf("the other process: %s", res.Status)
	}
	close(goOn)
	for range answers {
		if event := <-last; event != "done" {
			t.Errorf("an answer ended with %s", event)
		}
	}
	if err := <-old.ended; err != nil {
		t.Errorf("the process that was told to stop ended with %v", err)
	}
}
