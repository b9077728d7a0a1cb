package web

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/bot"
)

var asStream = http.Header{"Accept": {"text/event-stream"}}

func ask(question string) request {
	return request{method: "POST", path: "/api/ask", body: `{"question":"` + question + `"}`, header: asStream}
}

// types returns the names of a stream's events.
func types(stream string) []string {
	var out []string
	for line := range strings.Lines(stream) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "event: "); ok {
			out = append(out, name)
		}
	}
	return out
}

func TestStream(t *testing.T) {
	t.Parallel()
	res := ask("谁主持了圆桌？").send(t, start(t, config(t)))
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"meta", "status", "sources", "status", "delta", "delta", "citation", "done"}
	if diff := cmp.Diff(want, types(string(body))); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	for i, id := range []string{"id: 1\n", "id: 2\n", "id: 8\n"} {
		if !strings.Contains(string(body), id) {
			t.Errorf("id %d is missing: %s", i, body)
		}
	}
	if got := res.Header.Get("Content-Type"); got != "text/event-stream; charset=utf-8" {
		t.Errorf("content type %q", got)
	}
}

func TestStreamFailsAfterItBegan(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func() error{
		"error": func() error { return errors.New("the secret cause") },
		"panic": func() error { panic("the secret cause") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			c.Assistant = askFunc(func(_ context.Context, _ bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
				if err := emit(bot.Event{Type: bot.EventMeta, Data: bot.Meta{ID: "a1", Lang: "zh"}}); err != nil {
					return bot.Answer{}, err
				}
				return bot.Answer{}, fail()
			})
			res := ask("在哪里？").send(t, start(t, c))
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"meta", "error"}, types(string(body))); diff != "" {
				t.Errorf("events (-want +got):\n%s", diff)
			}
			if !strings.Contains(string(body), `"code":"internal"`) || !strings.Contains(string(body), "系统出现问题") || strings.Contains(string(body), "secret") {
				t.Errorf("got %s", body)
			}
		})
	}
}

func TestStreamFailsBeforeItBegan(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Assistant = askFunc(func(context.Context, bot.Question, func(bot.Event) error) (bot.Answer, error) {
		return bot.Answer{}, &bot.Error{Code: bot.CodeQuestionEmpty}
	})
	if res := ask("x").send(t, start(t, c)); res.StatusCode != http.StatusBadRequest {
		t.Errorf("got %d, want an ordinary error", res.StatusCode)
	}
}

// TestQuietStreamBeats: something is sent while nothing happens, so that no proxy closes the stream.
func TestQuietStreamBeats(t *testing.T) {
	t.Parallel()
	c := config(t)
	goOn := make(chan struct{})
	c.Assistant = askFunc(func(ctx context.Context, _ bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
		<-goOn
		return bot.Answer{}, emit(bot.Event{Type: bot.EventDone, Data: bot.Answer{}})
	})
	s, err := newServer(c)
	if err != nil {
		t.Fatal(err)
	}
	ticks := make(chan time.Time)
	s.ticks = func(time.Duration) (<-chan time.Time, func()) { return ticks, func() {} }
	served := httptest.NewServer(s)
	t.Cleanup(served.Close)
	go func() { ticks <- time.Time{} }() // the headers come with the first beat
	res := ask("在哪里？").send(t, served)
	lines := bufio.NewReader(res.Body)
	for {
		line, err := lines.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if line == ": still here\n" {
			break
		}
	}
	close(goOn)
	rest, err := io.ReadAll(lines)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"done"}, types(string(rest))); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
}

// TestLeavingEndsTheAnswer: nobody pays for an answer that nobody reads.
func TestLeavingEndsTheAnswer(t *testing.T) {
	t.Parallel()
	c := config(t)
	asked, ended := make(chan struct{}), make(chan error, 1)
	c.Assistant = askFunc(func(ctx context.Context, _ bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
		if err := emit(bot.Event{Type: bot.EventMeta, Data: bot.Meta{ID: "a1"}}); err != nil {
			return bot.Answer{}, err
		}
		close(asked)
		<-ctx.Done()
		ended <- ctx.Err()
		return bot.Answer{}, ctx.Err()
	})
	s := start(t, c)
	ctx, leave := context.WithCancel(t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+"/api/ask", strings.NewReader(`{"question":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = asStream.Clone()
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	<-asked
	leave()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the answer ended with %v", err)
	}
}

// TestStoppingLetsAnswersEnd: after the drain time an answer under way ends with a sentence, not a cut line.
func TestStoppingLetsAnswersEnd(t *testing.T) {
	t.Parallel()
	c := config(t)
	stopping, stop := context.WithCancel(t.Context())
	c.Stopping, c.Limits.Drain = stopping, time.Millisecond
	c.Assistant = askFunc(func(ctx context.Context, _ bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
		if err := emit(bot.Event{Type: bot.EventMeta, Data: bot.Meta{ID: "a1"}}); err != nil {
			return bot.Answer{}, err
		}
		stop()
		<-ctx.Done()
		return bot.Answer{}, ctx.Err()
	})
	s := start(t, c)
	body, err := io.ReadAll(ask("Where?").send(t, s).Body)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"meta", "error"}, types(string(body))); diff != "" || !strings.Contains(string(body), `"stopping"`) {
		t.Errorf("got %s", body)
	}
	if res := (request{path: "/readyz"}).send(t, s); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("ready while stopping: %d", res.StatusCode)
	}
}

func TestWantsStream(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		"":                  false,
		"*/*":               false,
		"text/event-stream": true,
		"application/json":  false,
		"application/json, text/event-stream;q=0.5": false,
		"text/event-stream, application/json":       true,
		"text/event-stream;q=0":                     false,
	} {
		if got := wantsStream([]string{accept}); got != want {
			t.Errorf("%q: got %t", accept, got)
		}
	}
}

// smallListener gives connections that hold little of what their readers do not take.
type smallListener struct{ net.Listener }

func (l smallListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if tcp, ok := conn.(*net.TCPConn); ok {
		err = errors.Join(err, tcp.SetWriteBuffer(1))
	}
	return conn, err
}

// TestReadersThatStall: each is let go of after a while, and others are answered meanwhile.
func TestReadersThatStall(t *testing.T) {
	t.Parallel()
	const stalling = 20
	c := config(t)
	c.Limits = Limits{PerMinute: -1, Asks: stalling + 1}
	ended := make(chan error, stalling)
	full := make(chan struct{}, stalling)
	c.Assistant = askFunc(func(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
		if q.Text != "stall" {
			return answering(t, "It is. [1]")(ctx, q, emit)
		}
		full <- struct{}{}
		text := strings.Repeat("x", 1<<20)
		for {
			if err := emit(bot.Event{Type: bot.EventDelta, Data: bot.Delta{Text: text}}); err != nil {
				ended <- err
				return bot.Answer{}, err
			}
		}
	})
	s, err := newServer(c)
	if err != nil {
		t.Fatal(err)
	}
	s.writable = 2 * time.Second
	served := httptest.NewUnstartedServer(s)
	served.Listener = smallListener{served.Listener}
	served.Start()
	t.Cleanup(served.Close)
	for range stalling {
		conn, err := net.Dial("tcp", served.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		if err := conn.(*net.TCPConn).SetReadBuffer(1); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(conn, "POST /api/ask HTTP/1.1\r\nHost: x\r\nAccept: text/event-stream\r\nContent-Length: 20\r\n\r\n{\"question\":\"stall\"}"); err != nil {
			t.Fatal(err)
		}
	}
	for range stalling {
		<-full
	}
	for range 5 {
		if got := types(read(t, ask("Who?").send(t, served))); len(got) == 0 || got[len(got)-1] != "done" {
			t.Errorf("another reader got %v", got)
		}
	}
	for range stalling {
		if err := <-ended; !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a reader that takes nothing ended with %v", err)
		}
	}
}
