package web

import (
	"bufio"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"osmanthus/bot"
)

// reading opens a stream and returns when its answer has begun; leave closes it.
func reading(t *testing.T, url string) (leave func(), stream *bufio.Scanner) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url+"/api/ask", strings.NewReader(`{"question":"Who?"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = asStream.Clone()
	client := &http.Client{Transport: &http.Transport{}} // a connection of its own, which closes with it
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	leave = func() { cancel(); res.Body.Close(); client.CloseIdleConnections() }
	t.Cleanup(leave)
	stream = bufio.NewScanner(res.Body)
	for stream.Scan() && !strings.Contains(stream.Text(), `"id":"a1"`) {
	}
	return leave, stream
}

// TestAnswerAndItsReader: an answer ends with its reader unless it is kept, and at once when it is stopped.
func TestAnswerAndItsReader(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		tell  []string // before the reader leaves
		leave bool
		after []string
		ends  bool // it does not come to its end
	}{
		{"left", nil, true, nil, true},
		{"kept and left", []string{"keep"}, true, nil, false},
		{"left, and kept just after", nil, true, []string{"keep"}, false},
		{"kept, left, then stopped", []string{"keep"}, true, []string{"stop"}, true},
		{"kept and stopped, while it is read", []string{"keep", "stop"}, false, nil, true},
		{"kept and read to the end", []string{"keep"}, false, nil, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			h := newHalf(t)
			left := make(chan struct{})
			c.Assistant = askFunc(func(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
				return h.Ask(ctx, q, emit)
			})
			s, err := newServer(c)
			if err != nil {
				t.Fatal(err)
			}
			if len(tt.after) > 0 && tt.after[0] == "keep" {
				s.leaving = time.Hour // however slow the machine is
			}
			served := startHandler(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/api/ask" {
					context.AfterFunc(r.Context(), func() { close(left) })
				}
				s.ServeHTTP(w, r)
			}))
			tell := func(words []string) {
				t.Helper()
				for _, word := range words {
					if res := (request{method: "POST", path: "/api/answers/a1/" + word}).send(t, served); res.StatusCode != http.StatusNoContent {
						t.Errorf("%s: %d", word, res.StatusCode)
					}
				}
			}
			leave, stream := reading(t, served.URL)
			<-h.asked
			tell(tt.tell)
			if tt.leave {
				leave()
				<-left // the server knows
			}
			tell(tt.after)
			if !tt.ends {
				close(h.goOn)
			}
			if err := <-h.ended; (err != nil) != tt.ends {
				t.Errorf("ended with %v", err)
			}
			if !tt.leave && !tt.ends {
				done := false
				for stream.Scan() {
					done = done || stream.Text() == "event: done"
				}
				if !done {
					t.Error("its reader has not had the end")
				}
			}
		})
	}
	s := start(t, config(t))
	for _, word := range []string{"keep", "stop"} {
		if res := (request{method: "POST", path: "/api/answers/elsewhere/" + word}).send(t, s); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s what is not under way: %d", word, res.StatusCode)
		}
	}
}
