package embed

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type request struct {
	Input  []string `json:"input"`
	Model  string   `json:"model"`
	Format string   `json:"encoding_format"`
}

// A server records what it is asked and plays its scenes in turn, the last one for ever.
type server struct {
	mu   sync.Mutex
	seen []request
}

type scene func(w http.ResponseWriter, r *http.Request, q request)

func (s *server) requests() []request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]request(nil), s.seen...)
}

func serve(t *testing.T, c Config, scenes ...scene) (*Client, *server) {
	t.Helper()
	s := &server{}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q request
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || r.URL.Path != "/v1/embeddings" {
			t.Errorf("bad request to %s: %v", r.URL.Path, err)
		}
		s.mu.Lock()
		s.seen = append(s.seen, q)
		n := len(s.seen)
		s.mu.Unlock()
		scenes[min(n, len(scenes))-1](w, r, q)
	}))
	t.Cleanup(web.Close)
	c.BaseURL = web.URL + "/v1/"
	if c.Model == "" {
		c.Model = "plain"
	}
	if c.Backoff == 0 {
		c.Backoff = time.Millisecond
	}
	client, err := New(c, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client, s
}

// vectorOf packs the text into a vector so that a test can tell whose it is.
func vectorOf(text string) []float32 { return []float32{float32(len(text)), 1, 0.5} }

func reply(vectors ...any) scene {
	return func(w http.ResponseWriter, _ *http.Request, _ request) {
		data := make([]any, len(vectors))
		for i, v := range vectors {
			data[i] = map[string]any{"index": i, "embedding": v}
		}
		json.NewEncoder(w).Encode(map[string]any{"data": data, "model": "m"})
	}
}

func encode(v []float32) string {
	var b []byte
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return base64.StdEncoding.EncodeToString(b)
}

// good speaks both encodings.
func good(w http.ResponseWriter, r *http.Request, q request) {
	vectors := make([]any, len(q.Input))
	for i, text := range q.Input {
		vectors[i] = vectorOf(text)
		if q.Format == "base64" {
			vectors[i] = encode(vectorOf(text))
		}
	}
	reply(vectors...)(w, r, q)
}

// floatsOnly knows no base64 and says nothing about it.
func floatsOnly(w http.ResponseWriter, r *http.Request, q request) {
	q.Format = "float"
	good(w, r, q)
}

func status(code int, header ...string) scene {
	return func(w http.ResponseWriter, _ *http.Request, _ request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		fmt.Fprint(w, `{"error":{"message":"said the server"}}`)
	}
}

func hang(w http.ResponseWriter, r *http.Request, _ request) { <-r.Context().Done() }

func abort(http.ResponseWriter, *http.Request, request) { panic(http.ErrAbortHandler) }

func raw(body string) scene {
	return func(w http.ResponseWriter, _ *http.Request, _ request) { fmt.Fprint(w, body) }
}

func TestEmbedPassages(t *testing.T) {
	t.Parallel()
	nan := encode([]float32{1, float32(math.NaN()), 2})
	inf := encode([]float32{1, float32(math.Inf(1)), 2})
	two := [][]float32{vectorOf("ab"), vectorOf("桂花")}
	for _, tt := range []struct {
		name      string
		config    Config
		scenes    []scene
		wantErr   string
		wantIs    error
		wantAsked int
	}{
		{name: "base64", scenes: []scene{good}, wantAsked: 1},
		{name: "numbers where base64 was asked for", scenes: []scene{floatsOnly}, wantAsked: 2},
		{name: "base64 refused", scenes: []scene{status(400), good}, wantAsked: 2},
		{name: "all refused", scenes: []scene{status(422)}, wantErr: "embedder: request refused (status 422): said the server", wantAsked: 2},
		{name: "out of order", scenes: []scene{raw(`{"data":[{"index":1,"embedding":"` + encode(two[1]) + `"},{"index":0,"embedding":"` + encode(two[0]) + `"}]}`)}, wantAsked: 1},
		{name: "without indexes", scenes: []scene{raw(`{"data":[{"embedding":"` + encode(two[0]) + `"},{"embedding":"` + encode(two[1]) + `"}]}`)}, wantAsked: 1},
		{name: "an index twice", scenes: []scene{raw(`{"data":[{"index":1,"embedding":"` + encode(two[0]) + `"},{"index":1,"embedding":"` + encode(two[1]) + `"}]}`)}, wantErr: "embedder: vectors are numbered wrongly: no vector 0", wantIs: ErrVectors, wantAsked: 1},
		{name: "too few", scenes: []scene{reply(encode(two[0]))}, wantErr: "embedder: 1 vectors for 2 texts", wantIs: ErrVectors, wantAsked: 1},
		{name: "too many", scenes: []scene{reply(encode(two[0]), encode(two[1]), encode(two[1]))}, wantErr: "embedder: 3 vectors for 2 texts", wantIs: ErrVectors, wantAsked: 1},
		{name: "lengths that differ", scenes: []scene{reply(encode(two[0]), encode(two[1][:2]))}, wantErr: "embedder: vector 1 has 2 dimensions, others 3", wantIs: ErrVectors, wantAsked: 1},
		{name: "no length", scenes: []scene{reply("", "")}, wantErr: "embedder: vector 0 has 0 dimensions, others 0", wantIs: ErrVectors, wantAsked: 1},
		{name: "zeros", scenes: []scene{reply(encode(two[0]), encode(make([]float32, 3)))}, wantErr: "embedder: vector 1 is all zeros", wantIs: ErrVectors, wantAsked: 1},
		{name: "NaN", scenes: []scene{reply(encode(two[0]), nan)}, wantErr: "embedder: vector 1 holds a value that is no number", wantIs: ErrVectors, wantAsked: 1},
		{name: "infinity", scenes: []scene{reply(inf, encode(two[0]))}, wantErr: "embedder: vector 0 holds a value that is no number", wantIs: ErrVectors, wantAsked: 1},
		{name: "no JSON", scenes: []scene{raw("<html>busy</html>")}, wantErr: "embedder: reply is no embedding", wantIs: ErrVectors, wantAsked: 1},
		{name: "429 twice", scenes: []scene{status(429), status(429, "Retry-After", "0.01"), good}, wantAsked: 3},
		{name: "429 with a wait too long", scenes: []scene{status(429, "Retry-After", "3600")}, wantErr: "embedder: too many requests (status 429): said the server", wantAsked: 1},
		{name: "500 then good", scenes: []scene{status(500), good}, wantAsked: 2},
		{name: "503 for ever", config: Config{Attempts: 3}, scenes: []scene{status(503)}, wantErr: "embedder: server failed (status 503): said the server", wantAsked: 3},
		{name: "dropped then good", scenes: []scene{abort, good}, wantAsked: 2},
		{name: "hang then good", config: Config{Timeout: 100 * time.Millisecond}, scenes: []scene{hang, good}, wantAsked: 2},
		{name: "hang for ever", config: Config{Timeout: 50 * time.Millisecond, Attempts: 2}, scenes: []scene{hang}, wantErr: "embedder: no reply", wantIs: context.DeadlineExceeded, wantAsked: 2},
		{name: "401", scenes: []scene{status(401)}, wantErr: "embedder: key refused: check EMBEDDING_API_KEY (status 401): said the server", wantIs: ErrKey, wantAsked: 1},
		{name: "404", scenes: []scene{status(404)}, wantErr: "embedder: not found: check EMBEDDING_MODEL and EMBEDDING_BASE_URL (status 404): said the server", wantAsked: 1},
		{name: "a redirect", scenes: []scene{status(307, "Location", "/elsewhere")}, wantErr: "redirect refused", wantAsked: 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			client, s := serve(t, tt.config, tt.scenes...)
			got, err := client.EmbedPassages(t.Context(), []string{"ab", "桂花"})
			if tt.wantErr == "" {
				if err != nil {
					t.Error(err)
				}
				if diff := cmp.Diff(two, got); diff != "" {
					t.Errorf("vectors (-want +got):\n%s", diff)
				}
			} else if err == nil || !strings.Contains(err.Error(), tt.wantErr) || got != nil {
				t.Errorf("vectors %v, error %v, want %s", got, err, tt.wantErr)
			}
			if tt.wantIs != nil && !errors.Is(err, tt.wantIs) {
				t.Errorf("error %v is not %v", err, tt.wantIs)
			}
			if n := len(s.requests()); n != tt.wantAsked {
				t.Errorf("asked %d times, want %d", n, tt.wantAsked)
			}
		})
	}
}

func TestPrefixes(t *testing.T) {
	t.Parallel()
	none, other := "", "search: "
	for _, tt := range []struct {
		name, model             string
		config                  Config
		wantQuery, wantPassages []string
	}{
		{name: "E5", model: "intfloat/multilingual-E5-small", wantQuery: []string{"query: 问"}, wantPassages: []string{"passage: a", "passage: b"}},
		{name: "E5 with instructions", model: "multilingual-e5-large-instruct", wantQuery: []string{"Instruct: Given a question, retrieve passages that answer it\nQuery: 问"}, wantPassages: []string{"a", "b"}},
		{name: "another", model: "text-embedding-3-small", wantQuery: []string{"问"}, wantPassages: []string{"a", "b"}},
		{name: "set", model: "e5", config: Config{QueryPrefix: &other, PassagePrefix: &none}, wantQuery: []string{"search: 问"}, wantPassages: []string{"a", "b"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.config.Model = tt.model
			client, s := serve(t, tt.config, good)
			if _, err := client.EmbedQueries(t.Context(), []string{" 问\u200b\x00 "}); err != nil {
				t.Fatal(err)
			}
			if _, err := client.EmbedPassages(t.Context(), []string{"a\x1b", "b\U000E0041"}); err != nil {
				t.Fatal(err)
			}
			want := []request{{tt.wantQuery, tt.model, "base64"}, {tt.wantPassages, tt.model, "base64"}}
			if diff := cmp.Diff(want, s.requests()); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if client.Model() != tt.model {
				t.Errorf("model %q", client.Model())
			}
		})
	}
}

func TestBatches(t *testing.T) {
	t.Parallel()
	client, s := serve(t, Config{Batch: 3, BatchBytes: 10}, good)
	texts := []string{"a", "b", "c", "d", "eeeeeee", "ffffffff", strings.Repeat("g", 40), "h"}
	got, err := client.EmbedPassages(t.Context(), texts)
	if err != nil {
		t.Fatal(err)
	}
	want := make([][]float32, len(texts))
	for i, text := range texts {
		want[i] = vectorOf(text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("vectors (-want +got):\n%s", diff)
	}
	var inputs [][]string
	for _, q := range s.requests() {
		inputs = append(inputs, q.Input)
	}
	if diff := cmp.Diff([][]string{texts[:3], texts[3:5], texts[5:6], texts[6:7], texts[7:]}, inputs); diff != "" {
		t.Errorf("batches (-want +got):\n%s", diff)
	}
	if got, err := client.EmbedPassages(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("no texts: %v, %v", got, err)
	}
	if _, err := client.EmbedPassages(t.Context(), []string{"a", "\u200b \x00"}); !errors.Is(err, ErrEmpty) {
		t.Errorf("an empty text: %v", err)
	}
}

// Once a server has shown that it has no base64, it is not asked for it again.
func TestFloatsAreRemembered(t *testing.T) {
	t.Parallel()
	client, s := serve(t, Config{}, floatsOnly)
	for range 2 {
		if _, err := client.EmbedPassages(t.Context(), []string{"a"}); err != nil {
			t.Fatal(err)
		}
	}
	var formats []string
	for _, q := range s.requests() {
		formats = append(formats, q.Format)
	}
	if diff := cmp.Diff([]string{"base64", "float", "float"}, formats); diff != "" {
		t.Errorf("formats (-want +got):\n%s", diff)
	}
}

// A server whose model was changed underneath must not mix vectors of two models.
func TestLengthStays(t *testing.T) {
	t.Parallel()
	client, _ := serve(t, Config{}, reply(encode([]float32{1, 2, 3})), reply(encode([]float32{1, 2})))
	if _, err := client.EmbedPassages(t.Context(), []string{"a"}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.EmbedPassages(t.Context(), []string{"a"}); !errors.Is(err, ErrVectors) {
		t.Errorf("error %v, want ErrVectors", err)
	}
}

func TestQueriesGiveUpSoon(t *testing.T) {
	t.Parallel()
	t.Run("a server that hangs", func(t *testing.T) {
		t.Parallel()
		client, _ := serve(t, Config{QueryTimeout: 100 * time.Millisecond}, hang)
		_, err := client.EmbedQueries(t.Context(), []string{"a"})
		var e *Error
		if !errors.As(err, &e) || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a server that asks to wait", func(t *testing.T) {
		t.Parallel()
		client, s := serve(t, Config{}, status(429, "Retry-After", "30"))
		if _, err := client.EmbedQueries(t.Context(), []string{"a"}); err == nil {
			t.Error("no error")
		}
		if n := len(s.requests()); n != 1 {
			t.Errorf("asked %d times, want 1", n)
		}
	})
	t.Run("but not several at once", func(t *testing.T) {
		t.Parallel()
		client, s := serve(t, Config{QueryAttempts: 1, QueryTimeout: time.Nanosecond}, status(500), good)
		if got, err := client.EmbedQueries(t.Context(), []string{"a", "b"}); err != nil || len(got) != 2 {
			t.Errorf("%v, %v", got, err)
		}
		if n := len(s.requests()); n != 2 {
			t.Errorf("asked %d times, want 2", n)
		}
	})
	t.Run("after three failures at once, later again", func(t *testing.T) {
		t.Parallel()
		client, s := serve(t, Config{QueryAttempts: 1, BreakerDelay: 80 * time.Millisecond}, status(500), status(500), status(500), good)
		for range 3 {
			if _, err := client.EmbedQueries(t.Context(), []string{"a"}); err == nil || errors.Is(err, circuitbreaker.ErrOpen) {
				t.Fatalf("error %v, want the server's", err)
			}
		}
		if _, err := client.EmbedQueries(t.Context(), []string{"a"}); !errors.Is(err, circuitbreaker.ErrOpen) {
			t.Fatalf("error %v, want an open breaker", err)
		}
		if n := len(s.requests()); n != 3 {
			t.Errorf("asked %d times, want 3", n)
		}
		if _, err := client.EmbedPassages(t.Context(), []string{"a"}); err != nil {
			t.Errorf("passages are held back too: %v", err)
		}
		deadline := time.After(5 * time.Second)
		for {
			_, err := client.EmbedQueries(t.Context(), []string{"a"})
			if err == nil {
				return
			}
			select {
			case <-deadline:
				t.Fatalf("never again: %v", err)
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
}

func TestCancel(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	client, _ := serve(t, Config{}, func(_ http.ResponseWriter, r *http.Request, _ request) {
		cancel()
		<-r.Context().Done()
	})
	start := time.Now()
	if _, err := client.EmbedPassages(ctx, []string{"a"}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want context.Canceled", err)
	}
	if d := time.Since(start); d > 2*time.Second {
		t.Errorf("took %v", d)
	}
}

// Neither the log nor the error tells the key or the text, even where the server repeats the key.
func TestNothingSecretIsTold(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer sk-secret-key" {
			t.Error("the key was not sent")
		}
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"error":{"message":"bad key sk-secret-key\u001b[31m"}}`)
	}))
	defer web.Close()
	client, err := New(Config{BaseURL: web.URL, Key: "sk-secret-key", Model: "m"}, slog.New(slog.NewTextHandler(&log, nil)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	_, err = client.EmbedQueries(t.Context(), []string{"pri-vate"})
	if !errors.Is(err, ErrKey) || !strings.Contains(err.Error(), "EMBEDDING_API_KEY") || log.Len() == 0 {
		t.Fatalf("error %v, log %q", err, log.String())
	}
	for _, secret := range []string{"sk-secret", "pri-vate", "\u001b"} {
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
		{"no address", Config{Model: "m"}, "embedder: EMBEDDING_BASE_URL is not an http address"},
		{"no model", Config{BaseURL: "http://x"}, "embedder: EMBEDDING_MODEL is empty"},
		{"negative", Config{BaseURL: "http://x", Model: "m", Batch: -1}, "embedder: batch and attempts must be at least 1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if _, err := New(tt.config, slog.New(slog.DiscardHandler)); err == nil || err.Error() != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}
