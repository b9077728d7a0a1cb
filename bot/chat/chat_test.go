package chat

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"osmanthus/bot"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A scene is what a server does with one request.
type scene func(t *testing.T, w http.ResponseWriter, r *http.Request)

// serve returns a client of a server that plays the scenes in turn, the last one for ever, and the number of requests.
func serve(t *testing.T, c Config, scenes ...scene) (*Client, *atomic.Int64) {
	t.Helper()
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := int(asked.Add(1))
		scenes[min(n, len(scenes))-1](t, w, r)
	}))
	t.Cleanup(server.Close)
	c.BaseURL = server.URL + "/v1"
	if c.Model == "" {
		c.Model = "test-model"
	}
	if c.Backoff == 0 {
		c.Backoff = time.Millisecond
	}
	client, err := New(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client, &asked
}

// lines streams raw lines, each flushed.
func lines(ls ...string) scene {
	return func(_ *testing.T, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for _, l := range ls {
			fmt.Fprint(w, l, "\n\n")
			w.(http.Flusher).Flush()
		}
	}
}

// then plays a after b's lines were sent.
func then(a, b scene) scene {
	return func(t *testing.T, w http.ResponseWriter, r *http.Request) {
		a(t, w, r)
		b(t, w, r)
	}
}

// hang waits until the client is gone.
func hang(_ *testing.T, w http.ResponseWriter, r *http.Request) {
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

// drip sends a line byte by byte.
func drip(line string, every time.Duration) scene {
	return func(_ *testing.T, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range len(line) {
			fmt.Fprint(w, line[i:i+1])
			w.(http.Flusher).Flush()
			if !pause(r, every) {
				return
			}
		}
	}
}

// pause waits, and reports whether the client is still there.
func pause(r *http.Request, d time.Duration) bool {
	select {
	case <-r.Context().Done():
		return false
	case <-time.After(d):
		return true
	}
}

// drop closes the connection in the middle of the reply.
func drop(_ *testing.T, w http.ResponseWriter, _ *http.Request) {
	w.(http.Flusher).Flush()
	panic(http.ErrAbortHandler)
}

func status(code int, header ...string) scene {
	return func(_ *testing.T, w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"error":{"message":"said the server","type":"x"}}`)
	}
}

func token(text string) string {
	b, _ := json.Marshal(text)
	return `data: {"choices":[{"index":0,"delta":{"content":` + string(b) + `}}]}`
}

func reasoning(text string) string {
	b, _ := json.Marshal(text)
	return `data: {"choices":[{"index":0,"delta":{"reasoning_content":` + string(b) + `}}]}`
}

func finish(reason string) string {
	return `data: {"choices":[{"index":0,"delta":{},"finish_reason":"` + reason + `"}]}`
}

const done = "data: [DONE]"

func TestStream(t *testing.T) {
	t.Parallel()
	whole := lines(token("二十"), token("人。[1]"), finish("stop"), done)
	flood := make([]string, 0, 400)
	for range 400 {
		flood = append(flood, token(""))
	}
	short := Config{FirstToken: 150 * time.Millisecond, Idle: 150 * time.Millisecond, Total: 20 * time.Second}
	for _, tt := range []struct {
		name      string
		config    Config
		scenes    []scene
		want      string
		wantErr   string // "" for none
		wantIs    error
		wantAsked int64
	}{
		{name: "a stream", scenes: []scene{whole}, want: "二十人。[1]", wantAsked: 1},
		{name: "done without a reason", scenes: []scene{lines(token("ok"), done)}, want: "ok", wantAsked: 1},
		{name: "a reason without done", scenes: []scene{lines(token("ok"), finish("stop"))}, want: "ok", wantAsked: 1},
		{name: "a reason, then silence", scenes: []scene{then(lines(token("ok"), finish("stop")), hang)}, want: "ok", wantAsked: 1},
		{name: "no space after data:", scenes: []scene{lines(strings.Replace(token("ok"), ": ", ":", 1), "data:[DONE]")}, want: "ok", wantAsked: 1},
		{name: "comments and usage between", scenes: []scene{lines(": ping", token("a"), ": ping", token("b"), finish("stop"), `data: {"choices":[],"usage":{"total_tokens":3}}`, done)}, want: "ab", wantAsked: 1},
		{name: "thinking in tags", scenes: []scene{lines(token("<th"), token("ink>let me"), token(" see</thi"), token("nk>\n\nYes"), token("."), done)}, want: "\n\nYes.", wantAsked: 1},
		{name: "thinking aside", scenes: []scene{lines(reasoning("hm"), reasoning("hm"), token("Yes."), done)}, want: "Yes.", wantAsked: 1},
		{name: "a text that only begins like thinking", scenes: []scene{lines(token("<"), token("b> is"), done)}, want: "<b> is", wantAsked: 1},
		{name: "thinking without an end", scenes: []scene{lines(token("<think>on and on"), finish("stop"), done)}, wantErr: "chat model: empty text", wantAsked: 1},

		{name: "429 then a stream", scenes: []scene{status(429), whole}, want: "二十人。[1]", wantAsked: 2},
		{name: "429 with Retry-After then a stream", scenes: []scene{status(429, "Retry-After", "0.02"), whole}, want: "二十人。[1]", wantAsked: 2},
		{name: "429 with a long Retry-After", scenes: []scene{status(429, "Retry-After", "60")}, wantErr: "chat model: too many requests (status 429): said the server", wantAsked: 1},
		{name: "429 for ever", scenes: []scene{status(429)}, wantErr: "chat model: too many requests (status 429): said the server", wantAsked: 2},
		{name: "500 then a stream", scenes: []scene{status(500), whole}, want: "二十人。[1]", wantAsked: 2},
		{name: "400", scenes: []scene{status(400)}, wantErr: "chat model: request refused (status 400): said the server", wantAsked: 1},
		{name: "401", scenes: []scene{status(401)}, wantErr: "chat model: key refused: check OPENAI_API_KEY (status 401): said the server", wantAsked: 1},
		{name: "404", scenes: []scene{status(404)}, wantErr: "chat model: not found: check CHAT_MODEL and OPENAI_BASE_URL (status 404): said the server", wantAsked: 1},
		{name: "connection dropped before the reply, then a stream", scenes: []scene{func(*testing.T, http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, whole}, want: "二十人。[1]", wantAsked: 2},
		{name: "connection dropped before the first token, then a stream", scenes: []scene{drop, whole}, want: "二十人。[1]", wantAsked: 2},

		{name: "dropped after tokens", scenes: []scene{then(lines(token("half")), drop), whole}, want: "half", wantErr: "chat model: stream broke", wantAsked: 1},
		{name: "an error event after tokens", scenes: []scene{lines(token("half"), `data: {"error":{"message":"overloaded","code":503}}`), whole}, want: "half", wantErr: "chat model: stream broke", wantAsked: 1},
		{name: "closed early without done", scenes: []scene{lines(token("half")), whole}, want: "half", wantErr: "chat model: stream ended before the text did", wantAsked: 1},
		{name: "malformed event", scenes: []scene{lines(token("half"), `data: {"choices":[{`), whole}, want: "half", wantErr: "chat model: stream broke", wantAsked: 1},
		{name: "not a stream at all", scenes: []scene{lines("<html>hello</html>")}, wantErr: "chat model: stream ended before the text did", wantAsked: 1},
		{name: "empty deltas", scenes: []scene{lines(flood...)}, wantErr: "chat model: nothing but empty events", wantAsked: 1},
		{name: "an empty text", scenes: []scene{lines(finish("stop"), done)}, wantErr: "chat model: empty text", wantAsked: 1},
		{name: "a huge line", scenes: []scene{lines(token("a"), "data: "+strings.Repeat("x", maxLine+1))}, want: "a", wantErr: "chat model: stream broke: line too long", wantAsked: 1},
		{name: "withheld", scenes: []scene{lines(token("a"), finish("content_filter"), done)}, want: "a", wantErr: "chat model: text withheld by the server's filter", wantAsked: 1},
		{name: "cut at the limit", scenes: []scene{lines(token("a"), finish("length"), done)}, want: "a", wantErr: "chat stream: text cut at the limit of tokens", wantIs: bot.ErrTruncated, wantAsked: 1},

		{name: "hang before the reply", config: short, scenes: []scene{func(_ *testing.T, _ http.ResponseWriter, r *http.Request) {
			io.Copy(io.Discard, r.Body) // the server notices a client that goes only then
			<-r.Context().Done()
		}}, wantErr: "chat model: no text within the time for the first token", wantIs: context.DeadlineExceeded, wantAsked: 1},
		{name: "hang before the first token", config: short, scenes: []scene{hang}, wantErr: "chat model: no text within the time for the first token", wantIs: context.DeadlineExceeded, wantAsked: 1},
		{name: "stall after tokens", config: short, scenes: []scene{then(lines(token("a"), token("b")), hang)}, want: "ab", wantErr: "chat model: text stopped coming", wantIs: context.DeadlineExceeded, wantAsked: 1},
		{name: "a byte at a time", config: short, scenes: []scene{then(lines(token("a")), drip(token("b"), 60*time.Millisecond))}, want: "a", wantErr: "chat model: text stopped coming", wantIs: context.DeadlineExceeded, wantAsked: 1},
		{name: "a byte at a time from the first", config: short, scenes: []scene{drip(token("b"), 60*time.Millisecond)}, wantErr: "chat model: no text within the time for the first token", wantIs: context.DeadlineExceeded, wantAsked: 1},
		{name: "tokens without end, slowly", config: Config{Total: 200 * time.Millisecond}, scenes: []scene{func(t *testing.T, w http.ResponseWriter, r *http.Request) {
			for r.Context().Err() == nil {
				lines(token(""), ": ping")(t, w, r)
				pause(r, 10*time.Millisecond)
			}
		}}, wantErr: "chat model: not done within the total time", wantIs: context.DeadlineExceeded, wantAsked: 1},
		{name: "503 then a stream", scenes: []scene{status(503), whole}, want: "二十人。[1]", wantAsked: 2},
		{name: "no time left", config: Config{Total: 150 * time.Millisecond}, scenes: []scene{hang}, wantErr: "chat model: not done within the total time", wantIs: context.DeadlineExceeded, wantAsked: 1},
		{name: "a redirect", scenes: []scene{status(307, "Location", "/elsewhere")}, wantErr: "redirect refused", wantAsked: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, asked := serve(t, tt.config, tt.scenes...)
			var got strings.Builder
			err := client.Stream(t.Context(), bot.Prompt{System: "s", User: "u"}, func(delta string) error {
				got.WriteString(delta)
				return nil
			})
			if got.String() != tt.want {
				t.Errorf("text %q, want %q", got.String(), tt.want)
			}
			switch {
			case tt.wantErr == "" && err != nil:
				t.Errorf("error %v", err)
			case tt.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tt.wantErr)):
				t.Errorf("error %v, want %s", err, tt.wantErr)
			}
			if tt.wantIs != nil && !errors.Is(err, tt.wantIs) {
				t.Errorf("error %v is not %v", err, tt.wantIs)
			}
			if asked.Load() != tt.wantAsked {
				t.Errorf("asked %d times, want %d", asked.Load(), tt.wantAsked)
			}
		})
	}
}

func TestRequest(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		model string
		want  map[string]any
	}{
		{"qwen3:4b", map[string]any{"max_tokens": 1024.0}},
		{"gpt-5-mini", map[string]any{"max_completion_tokens": 4096.0}},
	} {
		t.Run(tt.model, func(t *testing.T) {
			t.Parallel()
			var got map[string]any
			var auth string
			client, _ := serve(t, Config{Model: tt.model, Key: "sk-1"}, func(t *testing.T, w http.ResponseWriter, r *http.Request) {
				auth = r.Header.Get("Authorization")
				if err := json.NewDecoder(r.Body).Decode(&got); err != nil {
					t.Error(err)
				}
				lines(token("x"), done)(t, w, r)
			})
			if err := client.Stream(t.Context(), bot.Prompt{System: "s", User: "u"}, func(string) error { return nil }); err != nil {
				t.Fatal(err)
			}
			want := map[string]any{
				"model": tt.model, "stream": true, "stream_options": map[string]any{"include_usage": true},
				"messages": []any{map[string]any{"role": "system", "content": "s"}, map[string]any{"role": "user", "content": "u"}},
			}
			for k, v := range tt.want {
				want[k] = v
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
			if auth != "Bearer sk-1" {
				t.Errorf("authorization %q", auth)
			}
		})
	}
}

// TestUsage: what the server counts is passed on, and one that refuses to be asked for it is not asked again.
func TestUsage(t *testing.T) {
	t.Parallel()
	const counts = `data: {"choices":[],"usage":{"prompt_tokens":40,"completion_tokens":9,"total_tokens":49}}`
	refuse := func(code int, body string) scene {
		return func(t *testing.T, w http.ResponseWriter, r *http.Request) {
			asked, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			if strings.Contains(string(asked), "stream_options") {
				w.WriteHeader(code)
				fmt.Fprint(w, body)
				return
			}
			lines(token("ok"), finish("stop"), done)(t, w, r)
		}
	}
	for _, tt := range []struct {
		name      string
		scene     scene
		want      []bot.Usage // of two texts
		wantErr   bool
		wantAsked int64
	}{
		{"at the end", lines(token("ok"), finish("stop"), counts, done), []bot.Usage{{Prompt: 40, Completion: 9}, {Prompt: 40, Completion: 9}}, false, 2},
		{"of a text cut at the limit", lines(token("ok"), finish("length"), counts, done), []bot.Usage{{Prompt: 40, Completion: 9}, {Prompt: 40, Completion: 9}}, true, 2},
		{"not at all", lines(token("ok"), finish("stop"), done), nil, false, 2},
		{"refused", refuse(400, `{"error":{"message":"Unrecognized request argument supplied: stream_options"}}`), nil, false, 3},
		{"refused in another form", refuse(422, `{"detail":[{"type":"extra_forbidden","loc":["body","stream_options"],"msg":"Extra inputs are not permitted"}]}`), nil, false, 3},
		{"refused for something else", refuse(400, `{"error":{"message":"too long"}}`), nil, true, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, asked := serve(t, Config{}, tt.scene)
			var got []bot.Usage
			for range 2 {
				ctx := bot.Listening(t.Context(), func(u bot.Usage) { got = append(got, u) })
				if err := client.Stream(ctx, bot.Prompt{System: "s", User: "u"}, func(string) error { return nil }); (err != nil) != tt.wantErr {
					t.Errorf("error %v", err)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("usage (-want +got):\n%s", diff)
			}
			if asked.Load() != tt.wantAsked {
				t.Errorf("asked %d times, want %d", asked.Load(), tt.wantAsked)
			}
		})
	}
}

// A caller who goes away ends the request at the server soon.
func TestCancelReachesTheServer(t *testing.T) {
	t.Parallel()
	gone := make(chan time.Time, 1)
	client, _ := serve(t, Config{}, then(lines(token("a")), func(t *testing.T, w http.ResponseWriter, r *http.Request) {
		hang(t, w, r)
		gone <- time.Now()
	}))
	ctx, cancel := context.WithCancel(t.Context())
	var cancelled time.Time
	err := client.Stream(ctx, bot.Prompt{}, func(string) error {
		cancelled = time.Now()
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	select {
	case at := <-gone:
		if d := at.Sub(cancelled); d > 500*time.Millisecond {
			t.Errorf("the server saw it after %v", d)
		}
	case <-time.After(5 * time.Second):
		t.Error("the server never saw it")
	}
}

func TestDeltaErrorEndsTheStream(t *testing.T) {
	t.Parallel()
	enough := errors.New("enough")
	client, asked := serve(t, Config{BreakerFailures: 1}, then(lines(token("a")), hang), lines(token("b"), done))
	if err := client.Stream(t.Context(), bot.Prompt{}, func(string) error { return enough }); !errors.Is(err, enough) {
		t.Errorf("error %v, want %v", err, enough)
	}
	// It was no failure of the server's, so the breaker lets the next one through.
	if err := client.Stream(t.Context(), bot.Prompt{}, func(string) error { return nil }); err != nil {
		t.Error(err)
	}
	if asked.Load() != 2 {
		t.Errorf("asked %d times, want 2", asked.Load())
	}
}

// A slow reader is not a slow server.
func TestTimeOfTheCallerDoesNotCount(t *testing.T) {
	t.Parallel()
	client, _ := serve(t, Config{Idle: 50 * time.Millisecond, FirstToken: 5 * time.Second}, lines(token("a"), token("b"), done))
	err := client.Stream(t.Context(), bot.Prompt{}, func(string) error {
		<-time.After(120 * time.Millisecond)
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func TestRefusedConnection(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	client, err := New(Config{BaseURL: "http://" + address + "/v1", Model: "m", Backoff: time.Millisecond}, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	err = client.Stream(t.Context(), bot.Prompt{}, func(string) error { return nil })
	var e *Error
	if !errors.As(err, &e) || e.Status != 0 || e.Reason != "no connection" {
		t.Errorf("error %v", err)
	}
}

func TestBreaker(t *testing.T) {
	t.Parallel()
	var healthy atomic.Bool
	client, asked := serve(t, Config{Attempts: 1, BreakerDelay: 80 * time.Millisecond}, func(t *testing.T, w http.ResponseWriter, r *http.Request) {
		if healthy.Load() {
			lines(token("ok"), done)(t, w, r)
			return
		}
		status(500)(t, w, r)
	})
	ask := func() error {
		return client.Stream(t.Context(), bot.Prompt{}, func(string) error { return nil })
	}
	for range 5 {
		if err := ask(); err == nil || errors.Is(err, circuitbreaker.ErrOpen) {
			t.Fatalf("error %v, want the server's", err)
		}
	}
	start := time.Now()
	if err := ask(); !errors.Is(err, circuitbreaker.ErrOpen) {
		t.Fatalf("error %v, want an open breaker", err)
	}
	if d := time.Since(start); d > 50*time.Millisecond {
		t.Errorf("an open breaker took %v", d)
	}
	if asked.Load() != 5 {
		t.Errorf("asked %d times, want 5", asked.Load())
	}
	healthy.Store(true)
	deadline := time.After(5 * time.Second)
	for {
		err := ask()
		if err == nil {
			break
		}
		if !errors.Is(err, circuitbreaker.ErrOpen) {
			t.Fatal(err)
		}
		select {
		case <-deadline:
			t.Fatal("the breaker never closed")
		case <-time.After(5 * time.Millisecond):
		}
	}
	if err := ask(); err != nil {
		t.Errorf("after the probe: %v", err)
	}
}

// Neither the log nor the error tells the key or the prompt, even where the server repeats them.
func TestNothingSecretIsTold(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(401)
		fmt.Fprint(w, `{"error":{"message":"Incorrect API key provided: sk-secret-key\u001b[31m\n."}}`)
	}))
	defer server.Close()
	client, err := New(Config{BaseURL: server.URL, Key: "sk-secret-key", Model: "m"}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	err = client.Stream(t.Context(), bot.Prompt{System: "sys-tem", User: "us-er"}, func(string) error { return nil })
	if err == nil || log.Len() == 0 {
		t.Fatalf("error %v, log %q", err, log.String())
	}
	for _, secret := range []string{"sk-secret", "sys-tem", "us-er", "\u001b"} {
		if strings.Contains(err.Error()+log.String(), secret) {
			t.Errorf("%q is told: %v\n%s", secret, err, log.String())
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		config Config
		want   string
	}{
		{"no address", Config{Model: "m"}, "chat model: OPENAI_BASE_URL is not an http address"},
		{"no http", Config{BaseURL: "ftp://x", Model: "m"}, "chat model: OPENAI_BASE_URL is not an http address"},
		{"no model", Config{BaseURL: "http://x"}, "chat model: CHAT_MODEL is empty"},
		{"negative", Config{BaseURL: "http://x", Model: "m", Attempts: -1}, "chat model: attempts, tokens and temperature must not be negative"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := New(tt.config, slog.New(slog.DiscardHandler)); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
	if _, err := New(Config{BaseURL: "http://x", Model: "m"}, nil); err == nil {
		t.Error("no logger, no error")
	}
}

func TestThinkFilterCutAnywhere(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, text, want string }{
		{"none", "甲 < 乙", "甲 < 乙"},
		{"one block", "<think>想</think>答", "答"},
		{"space around", " \n<think>a</think>\nb", "\nb"},
		{"two blocks", "<think>a</think><think>b</think>c", "c"},
		{"no end", "<think>a</thin", ""},
		{"later tags are text", "a<think>b</think>", "a<think>b</think>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for cut := range len(tt.text) + 1 {
				for next := cut; next <= len(tt.text); next++ {
					var f thinkFilter
					got := f.write(tt.text[:cut]) + f.write(tt.text[cut:next]) + f.write(tt.text[next:]) + f.close()
					if got != tt.want {
						t.Fatalf("cut at %d and %d: got %q, want %q", cut, next, got, tt.want)
					}
				}
			}
		})
	}
}
