package chat

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"osmanthus/bot"
)

// A line is sent when its time after the one before has come.
type line struct {
	after time.Duration
	text  string
}

// A clockwork is a server inside the test's own time: each request gets its reply's head after a while, then its lines,
// and the reply stays open after the last one until the client is gone.
type clockwork struct {
	head  time.Duration
	lines []line
	asked atomic.Int64
}

func (c *clockwork) RoundTrip(r *http.Request) (*http.Response, error) {
	c.asked.Add(1)
	if !elapsed(r.Context(), c.head) {
		return nil, r.Context().Err()
	}
	body, out := io.Pipe()
	context.AfterFunc(r.Context(), func() { out.CloseWithError(r.Context().Err()) })
	go func() {
		for _, l := range c.lines {
			if !elapsed(r.Context(), l.after) {
				return
			}
			if _, err := io.WriteString(out, l.text+"\n\n"); err != nil {
				return
			}
		}
	}()
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: body, Request: r}, nil
}

// elapsed waits, and reports whether the client is still there.
func elapsed(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// timed is a client with the times that the program has.
func timed(t *testing.T, transport http.RoundTripper) *Client {
	t.Helper()
	client, err := New(Config{BaseURL: "http://model.example/v1", Model: "m", Transport: transport}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// TestTimesOfTheProgram: 20 s to the first token, 15 s between two, 120 s for all; what waits longer is given up at that
// very time and not asked again.
func TestTimesOfTheProgram(t *testing.T) {
	t.Parallel()
	every := func(d time.Duration, n int) []line {
		var out []line
		for range n {
			out = append(out, line{d, token("字")})
		}
		return out
	}
	ended := []line{{0, finish("stop")}, {0, done}}
	for _, tt := range []struct {
		name   string
		server *clockwork
		want   string // the text
		after  time.Duration
		err    error
	}{
		{"no reply", &clockwork{head: time.Hour}, "", 20 * time.Second, errFirstToken},
		{"a reply without a token", &clockwork{head: 15 * time.Second}, "", 20 * time.Second, errFirstToken},
		{"comments only", &clockwork{lines: []line{{10 * time.Second, ": ping"}, {9 * time.Second, ": ping"}, {9 * time.Second, token("late")}}}, "", 20 * time.Second, errFirstToken},
		{"a first token just in time", &clockwork{head: 10 * time.Second, lines: append([]line{{9 * time.Second, token("字")}}, ended...)}, "字", 19 * time.Second, nil},
		{"a stall", &clockwork{lines: []line{{time.Second, token("字")}, {14 * time.Second, token("字")}, {16 * time.Second, token("late")}}}, "字字", 30 * time.Second, errIdle},
		{"slow to the end", &clockwork{lines: append(every(14*time.Second, 8), ended...)}, strings.Repeat("字", 8), 112 * time.Second, nil},
		{"slow without an end", &clockwork{lines: every(14*time.Second, 100)}, strings.Repeat("字", 8), 120 * time.Second, errTotal},
		{"fast without an end", &clockwork{lines: every(7*time.Second, 200)}, strings.Repeat("字", 17), 120 * time.Second, errTotal},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				client, start, text := timed(t, tt.server), time.Now(), ""
				err := client.Stream(t.Context(), bot.Prompt{}, func(piece string) error {
					text += piece
					return nil
				})
				if took := time.Since(start); took != tt.after || text != tt.want {
					t.Errorf("%q after %v, want %q after %v", text, took, tt.want, tt.after)
				}
				if !errors.Is(err, tt.err) || tt.err == nil && err != nil {
					t.Errorf("error %v, want %v", err, tt.err)
				}
				if n := tt.server.asked.Load(); n != 1 {
					t.Errorf("asked %d times", n)
				}
			})
		})
	}
}

// A refusing server fails every request at once, or answers where it is well.
type refusing struct {
	well  atomic.Bool
	asked atomic.Int64
}

func (r *refusing) RoundTrip(request *http.Request) (*http.Response, error) {
	r.asked.Add(1)
	status, body := http.StatusInternalServerError, `{"error":{"message":"broken"}}`
	if r.well.Load() {
		status, body = http.StatusOK, token("well")+"\n\n"+done+"\n\n"
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)), Request: request}, nil
}

// TestBreakerOfTheProgram: five failures open it, an open one takes no time and asks nobody, and after 15 s one request
// probes, which closes it or opens it again. The sleeps take the test's own time.
func TestBreakerOfTheProgram(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := &refusing{}
		client := timed(t, server)
		ask := func() (time.Duration, error) {
			start := time.Now()
			err := client.Stream(t.Context(), bot.Prompt{}, func(string) error { return nil })
			return time.Since(start), err
		}
		for server.asked.Load() < 5 { // two tries a question
			if took, err := ask(); err == nil || took > 2*time.Second {
				t.Fatalf("%v after %v", err, took)
			}
		}
		open := func(asked int64) {
			t.Helper()
			if took, err := ask(); !errors.Is(err, circuitbreaker.ErrOpen) || took != 0 || server.asked.Load() != asked {
				t.Errorf("%v after %v and %d requests, want an open breaker", err, took, server.asked.Load())
			}
		}
		open(5)
		time.Sleep(14 * time.Second)
		open(5)
		time.Sleep(2 * time.Second)
		if _, err := ask(); err == nil || server.asked.Load() != 6 {
			t.Errorf("the probe: %v after %d requests", err, server.asked.Load())
		}
		open(6)
		server.well.Store(true)
		time.Sleep(16 * time.Second)
		for range 3 {
			if _, err := ask(); err != nil {
				t.Errorf("a server that is well again: %v", err)
			}
		}
	})
}
