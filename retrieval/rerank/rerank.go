// Package rerank asks a /rerank endpoint, in the form that Jina, Cohere and vLLM share and in the one of Text Embeddings
// Inference, to judge passages against a question. It implements retrieval.Reranker; it must not import bot, ingest, pgx
// or cmd.
package rerank

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"

	"osmanthus/retrieval"
	"osmanthus/retrieval/endpoint"
)

// Config says which model to ask and how patiently. Zero values take the defaults named.
type Config struct {
	BaseURL string // the address without /rerank
	Key     string // may be empty
	Model   string

	Timeout time.Duration // of one call; someone is waiting: 1.5 s
	// After BreakerFailures calls failed within 30 s, none is made for BreakerDelay: 3, 10 s.
	BreakerFailures uint
	BreakerDelay    time.Duration

	Transport http.RoundTripper // nil: one of the client's own
}

const (
	breakerPeriod = 30 * time.Second
	connectTime   = time.Second
	// maxReply bounds what is read of a reply, in bytes: scores of a few texts are short, even with the texts in it.
	maxReply = 1 << 20
)

// A Client reranks with one model. It is safe for concurrent use.
type Client struct {
	config  Config
	address string
	http    *http.Client
	breaker circuitbreaker.CircuitBreaker[[]float64]
}

var _ retrieval.Reranker = (*Client)(nil)

// New returns a client; it does not connect yet.
func New(c Config) (*Client, error) {
	u, err := url.Parse(c.BaseURL)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("reranker: RERANK_BASE_URL is not an http address")
	}
	c.Timeout = cmp.Or(c.Timeout, 1500*time.Millisecond)
	c.BreakerFailures = cmp.Or(c.BreakerFailures, 3)
	c.BreakerDelay = cmp.Or(c.BreakerDelay, 10*time.Second)
	if c.Transport == nil {
		c.Transport = endpoint.Transport(connectTime)
	}
	breaker := circuitbreaker.NewBuilder[[]float64]().
		WithFailureThresholdPeriod(c.BreakerFailures, breakerPeriod).
		WithSuccessThreshold(1).
		WithDelay(c.BreakerDelay).
		Build()
	return &Client{c, strings.TrimRight(c.BaseURL, "/") + "/rerank", endpoint.Client(c.Transport), breaker}, nil
}

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

type request struct {
	Model     string   `json:"model,omitempty"`
	Query     string   `json:"query"`
	Documents []string `json:"documents"`
	Texts     []string `json:"texts"` // what Text Embeddings Inference calls them
	TopN      int      `json:"top_n"`
}

type result struct {
	Index     int      `json:"index"`
	Relevance *float64 `json:"relevance_score"`
	Score     *float64 `json:"score"`
}

// Rerank returns one score a text, in order.
func (c *Client) Rerank(ctx context.Context, question string, texts []string) ([]float64, error) {
	scores, err := failsafe.With(c.breaker).WithContext(ctx).Get(func() ([]float64, error) {
		limited, cancel := context.WithTimeout(ctx, c.config.Timeout)
		defer cancel()
		return c.ask(limited, question, texts)
	})
	if err != nil {
		return nil, fmt.Errorf("rerank %d passages: %w", len(texts), err)
	}
	return scores, nil
}

func (c *Client) ask(ctx context.Context, question string, texts []string) ([]float64, error) {
	body, err := json.Marshal(request{Model: c.config.Model, Query: question, Documents: texts, Texts: texts, TopN: len(texts)})
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if c.config.Key != "" {
		r.Header.Set("Authorization", "Bearer "+c.config.Key)
	}
	reply, err := c.http.Do(r)
	if err != nil {
		return nil, errors.New(endpoint.Detail(err, c.config.Key))
	}
	defer reply.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(reply.Body, maxReply))
	if err != nil {
		return nil, fmt.Errorf("read the reply: %w", err)
	}
	if reply.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("status %d: %s", reply.StatusCode, endpoint.Detail(errors.New(string(raw)), c.config.Key))
	}
	return scores(raw, len(texts))
}

// scores reads a reply: {"results": […]}, or the list alone. Every text must have one.
func scores(raw []byte, texts int) ([]float64, error) {
	var wrapped struct {
		Results []result `json:"results"`
	}
	results := &wrapped.Results
	if trimmed := bytes.TrimSpace(raw); len(trimmed) > 0 && trimmed[0] == '[' {
		if err := json.Unmarshal(raw, results); err != nil {
			return nil, fmt.Errorf("read the reply: %w", err)
		}
	} else if err := json.Unmarshal(raw, &wrapped); err != nil {
		return nil, fmt.Errorf("read the reply: %w", err)
	}
	out, seen := make([]float64, texts), make([]bool, texts)
	for _, r := range *results {
		score := cmp.Or(r.Relevance, r.Score)
		if r.Index < 0 || r.Index >= texts || seen[r.Index] || score == nil {
			return nil, fmt.Errorf("the reply has no usable score for text %d", r.Index)
		}
		out[r.Index], seen[r.Index] = *score, true
	}
	if len(*results) != texts {
		return nil, fmt.Errorf("%d scores for %d texts", len(*results), texts)
	}
	return out, nil
}
