package rerank_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/retrieval/rerank"
)

func TestRerank(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, reply string
		status      int
		want        []float64
		fails       string // part of the error
	}{
		{"Jina, Cohere, vLLM", `{"results": [{"index": 1, "relevance_score": 0.9}, {"index": 0, "relevance_score": 0.1}]}`, 200, []float64{0.1, 0.9}, ""},
		{"Text Embeddings Inference", `[{"index": 1, "score": 0.9}, {"index": 0, "score": -3}]`, 200, []float64{-3, 0.9}, ""},
		{"one text without a score", `{"results": [{"index": 1, "relevance_score": 0.9}]}`, 200, nil, "1 scores for 2 texts"},
		{"one text twice", `{"results": [{"index": 1, "relevance_score": 0.9}, {"index": 1, "relevance_score": 0.9}]}`, 200, nil, "text 1"},
		{"a text there is not", `{"results": [{"index": 7, "relevance_score": 0.9}]}`, 200, nil, "text 7"},
		{"no scores", `{"results": [{"index": 0}, {"index": 1}]}`, 200, nil, "text 0"},
		{"not JSON", `<html>`, 200, nil, "read the reply"},
		{"nothing", ``, 200, nil, "read the reply"},
		{"refused, with the key in its words", `{"error": "bad key s3cret"}`, 401, nil, "status 401"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				var asked struct {
					Model, Query string
					Documents    []string
				}
				if err := json.Unmarshal(body, &asked); err != nil || r.URL.Path != "/v1/rerank" || r.Header.Get("Authorization") != "Bearer s3cret" ||
					asked.Model != "m" || asked.Query != "q" || len(asked.Documents) != 2 {
					t.Errorf("asked %s with %s", r.URL, body)
				}
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.reply)
			}))
			t.Cleanup(server.Close)
			c, err := rerank.New(rerank.Config{BaseURL: server.URL + "/v1/", Key: "s3cret", Model: "m"})
			if err != nil {
				t.Fatal(err)
			}
			got, err := c.Rerank(t.Context(), "q", []string{"a", "b"})
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if (err != nil) != (tt.fails != "") || err != nil && (!strings.Contains(err.Error(), tt.fails) || strings.Contains(err.Error(), "s3cret")) {
				t.Errorf("error %v, want one of %q without the key", err, tt.fails)
			}
		})
	}
}

func TestASlowRerankerIsGivenUpAndThenLeftAlone(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		io.Copy(io.Discard, r.Body) // the server sees a client leave only once the body is read
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	c, err := rerank.New(rerank.Config{BaseURL: server.URL, Timeout: 20 * time.Millisecond, BreakerFailures: 2, BreakerDelay: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		if _, err := c.Rerank(t.Context(), "q", []string{"a", "b"}); err == nil {
			t.Fatal("no error")
		}
	}
	if n := asked.Load(); n != 2 {
		t.Errorf("asked %d times, want 2 and then no more", n)
	}
}

func TestNewRefusesWhatIsNoAddress(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "localhost:8000", "ftp://host", "://"} {
		if _, err := rerank.New(rerank.Config{BaseURL: address}); err == nil {
			t.Errorf("%q was taken", address)
		}
	}
}
