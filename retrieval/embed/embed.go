// Package embed owns the embedding side of go-openai: texts to an OpenAI-compatible endpoint, checked vectors back. It
// implements retrieval.Embedder; it must not import bot, ingest, pgx or cmd.
package embed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
	openai "github.com/sashabaranov/go-openai"

	"osmanthus/retrieval"
	"osmanthus/retrieval/endpoint"
	"osmanthus/retrieval/lang"
)

// Config says which model to ask and how patiently. Zero values take the defaults named.
type Config struct {
	BaseURL string // to /v1
	Key     string // may be empty
	Model   string

	// What is put before a question and before a passage; nil: what the model's makers say, where the name tells.
	QueryPrefix   *string
	PassagePrefix *string

	Batch      int // texts a request at the most: 32
	BatchBytes int // bytes of text a request at the most, but always one text: 64 KiB

	Connect      time.Duration // 5 s
	Timeout      time.Duration // of one request of passages: 60 s
	QueryTimeout time.Duration // of one question with all attempts; someone is waiting: 4 s

	Attempts      int           // for passages: 5
	QueryAttempts int           // for one question: 2
	Backoff       time.Duration // before the second attempt, doubled with each, at most 32 times: 250 ms
	MaxRetryAfter time.Duration // what a server may ask to wait before passages are tried again: 60 s

	// After BreakerFailures questions failed within 30 s, questions fail at once for BreakerDelay: 3, 5 s. Passages
	// are not held back: an ingest waits rather than give up.
	BreakerFailures uint
	BreakerDelay    time.Duration

	Header    http.Header       // sent with every request beside the usual ones; may be nil
	Transport http.RoundTripper // nil: one of the client's own
}

// breakerPeriod is the time in which failures count together.
const breakerPeriod = 30 * time.Second

func (c Config) withDefaults() Config {
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	query, passage := prefixes(c.Model)
	if c.QueryPrefix == nil {
		c.QueryPrefix = &query
	}
	if c.PassagePrefix == nil {
		c.PassagePrefix = &passage
	}
	c.Batch = cmp.Or(c.Batch, 32)
	c.BatchBytes = cmp.Or(c.BatchBytes, 64<<10)
	c.Connect = cmp.Or(c.Connect, 5*time.Second)
	c.Timeout = cmp.Or(c.Timeout, 60*time.Second)
	c.QueryTimeout = cmp.Or(c.QueryTimeout, 4*time.Second)
	c.Attempts = cmp.Or(c.Attempts, 5)
	c.QueryAttempts = cmp.Or(c.QueryAttempts, 2)
	c.Backoff = cmp.Or(c.Backoff, 250*time.Millisecond)
	c.MaxRetryAfter = cmp.Or(c.MaxRetryAfter, 60*time.Second)
	c.BreakerFailures = cmp.Or(c.BreakerFailures, 3)
	c.BreakerDelay = cmp.Or(c.BreakerDelay, 5*time.Second)
	return c
}

// prefixes are what the E5 family was trained with (Wang et al. 2022, "Text Embeddings by Weakly-Supervised Contrastive
// Pre-training", and the models' cards). Its instructed members take an instruction before questions only.
func prefixes(model string) (query, passage string) {
	model = strings.ToLower(model)
	switch {
	case !strings.Contains(model, "e5"):
		return "", ""
	case strings.Contains(model, "instruct"):
		return "Instruct: Given a question, retrieve passages that answer it\nQuery: ", ""
	}
	return "query: ", "passage: "
}

func (c Config) check() error {
	u, err := url.Parse(c.BaseURL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("embedder: EMBEDDING_BASE_URL is not an http address")
	case c.Model == "":
		return errors.New("embedder: EMBEDDING_MODEL is empty")
	case c.Batch < 1 || c.BatchBytes < 1 || c.Attempts < 1 || c.QueryAttempts < 1:
		return errors.New("embedder: batch and attempts must be at least 1")
	}
	return nil
}

// A Client embeds with one model. It is safe for concurrent use.
type Client struct {
	config  Config
	api     *openai.Client
	http    *http.Client
	patient retrypolicy.RetryPolicy[any]
	prompt  retrypolicy.RetryPolicy[any] // for one question
	breaker circuitbreaker.CircuitBreaker[any]
	floats  atomic.Bool  // the server does not speak base64
	dim     atomic.Int64 // of the first vectors; all later ones must have it
	log     *slog.Logger
}

var _ retrieval.Embedder = (*Client)(nil)

// New returns a client; it does not connect yet.
func New(c Config, log *slog.Logger) (*Client, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	if log == nil {
		return nil, errors.New("embedder: no logger")
	}
	transport := c.Transport
	if transport == nil {
		transport = endpoint.Transport(c.Connect)
	}
	client := &Client{config: c, log: log, http: endpoint.Client(&meter{transport, c.Header})}
	settings := openai.DefaultConfig(c.Key)
	settings.BaseURL, settings.HTTPClient = c.BaseURL, client.http
	client.api = openai.NewClientWithConfig(settings)
	client.patient, client.prompt = client.retryPolicy(c.Attempts), client.retryPolicy(c.QueryAttempts)
	client.breaker = circuitbreaker.NewBuilder[any]().
		WithFailureThresholdPeriod(c.BreakerFailures, breakerPeriod).
		WithSuccessThreshold(1).
		WithDelay(c.BreakerDelay).
		Build()
	return client, nil
}

func (c *Client) retryPolicy(attempts int) retrypolicy.RetryPolicy[any] {
	return retrypolicy.NewBuilder[any]().
		HandleIf(func(_ any, err error) bool { return retryable(err) }).
		WithMaxAttempts(attempts).
		WithBackoff(c.config.Backoff, 32*c.config.Backoff).
		WithDelayFunc(func(exec failsafe.ExecutionAttempt[any]) time.Duration {
			if e := (*Error)(nil); errors.As(exec.LastError(), &e) && e.RetryAfter > 0 {
				return e.RetryAfter
			}
			return -1
		}).
		ReturnLastFailure().
		Build()
}

// Model is the model's name.
func (c *Client) Model() string { return c.config.Model }

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// EmbedQueries embeds questions. For a single one it gives up soon: someone is waiting, and a search by words is still
// possible. Several at once are no one's question, so they are given as much time as passages.
func (c *Client) EmbedQueries(ctx context.Context, texts []string) ([][]float32, error) {
	embed := c.embedOne
	if len(texts) != 1 {
		embed = c.embed
	}
	vectors, err := embed(ctx, *c.config.QueryPrefix, texts)
	if err != nil {
		return nil, fmt.Errorf("embed %d questions: %w", len(texts), err)
	}
	return vectors, nil
}

// EmbedPassages embeds passages, in batches, with patience.
func (c *Client) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	vectors, err := c.embed(ctx, *c.config.PassagePrefix, texts)
	if err != nil {
		return nil, fmt.Errorf("embed %d passages: %w", len(texts), err)
	}
	return vectors, nil
}

// embedOne embeds the question someone waits for, unless that failed too often just before.
func (c *Client) embedOne(ctx context.Context, prefix string, texts []string) ([][]float32, error) {
	inputs, err := prepare(prefix, texts)
	if err != nil {
		return nil, err
	}
	if !c.breaker.TryAcquirePermit() {
		return nil, &Error{Reason: "too many failures just before, not asked", Err: circuitbreaker.ErrOpen}
	}
	failed := true
	defer func() {
		if failed {
			c.breaker.RecordFailure()
		} else {
			c.breaker.RecordSuccess()
		}
	}()
	limited, cancel := context.WithTimeout(ctx, c.config.QueryTimeout)
	defer cancel()
	vectors, err := c.request(limited, c.prompt, c.config.QueryTimeout, inputs)
	// A probe that the caller broke off proves nothing, so the breaker stays open.
	failed = err != nil && (ctx.Err() == nil || c.breaker.IsHalfOpen())
	return vectors, err
}

func (c *Client) embed(ctx context.Context, prefix string, texts []string) ([][]float32, error) {
	inputs, err := prepare(prefix, texts)
	if err != nil {
		return nil, err
	}
	vectors := make([][]float32, 0, len(inputs))
	for len(inputs) > 0 {
		n := c.batch(inputs)
		got, err := c.request(ctx, c.patient, c.config.MaxRetryAfter, inputs[:n])
		if err != nil {
			return nil, err
		}
		vectors, inputs = append(vectors, got...), inputs[n:]
	}
	return vectors, nil
}

// prepare cleans the texts and puts the prefix before each.
func prepare(prefix string, texts []string) ([]string, error) {
	inputs := make([]string, len(texts))
	for i, t := range texts {
		text := strings.TrimSpace(lang.Clean(t))
		if text == "" {
			return nil, fmt.Errorf("text %d of %d: %w", i+1, len(texts), ErrEmpty)
		}
		inputs[i] = prefix + text
	}
	return inputs, nil
}

// batch returns how many of the inputs go into the next request.
func (c *Client) batch(inputs []string) int {
	n, size := 0, 0
	for n < len(inputs) && n < c.config.Batch {
		if size += len(inputs[n]); n > 0 && size > c.config.BatchBytes {
			break
		}
		n++
	}
	return n
}

// request embeds one batch, with all its attempts. A server that asks to wait longer than maxWait is not asked again.
func (c *Client) request(ctx context.Context, retry retrypolicy.RetryPolicy[any], maxWait time.Duration, inputs []string) ([][]float32, error) {
	var vectors [][]float32
	err := failsafe.With(retry).WithContext(ctx).RunWithExecution(func(exec failsafe.Execution[any]) error {
		attempt, cancel := context.WithTimeout(exec.Context(), c.config.Timeout)
		defer cancel()
		got, err := c.attempt(attempt, inputs)
		if err == nil {
			vectors = got
			return nil
		}
		if ctx.Err() != nil {
			return err
		}
		var e *Error
		if errors.As(err, &e) {
			e.retry = e.retry && e.RetryAfter <= maxWait
			c.log.WarnContext(ctx, "embedder failed", "model", c.config.Model, "texts", len(inputs), "attempt", exec.Attempts(), "error", err)
		}
		return err
	})
	var e *Error
	if err != nil && !errors.As(err, &e) && errors.Is(err, context.DeadlineExceeded) {
		return nil, &Error{Reason: "no vectors in time", Err: err}
	}
	return vectors, err
}
