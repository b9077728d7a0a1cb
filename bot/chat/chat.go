// Package chat owns the chat side of go-openai: streams with deadlines, a retry before the first word, a circuit
// breaker. It implements bot.Model; it must not import retrieval, web or cmd.
package chat

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

	"osmanthus/bot"
	"osmanthus/retrieval/endpoint"
)

// Config says which model to ask and for how long to wait. Zero values take the defaults named.
type Config struct {
	BaseURL string // to /v1
	Key     string // may be empty
	Model   string

	Connect    time.Duration // to connect, with TLS: 5 s
	FirstToken time.Duration // of one attempt, until the first sign of text: 20 s
	Idle       time.Duration // between two pieces of text: 15 s
	Total      time.Duration // with all attempts: 120 s

	Attempts      int           // 2
	Backoff       time.Duration // before another attempt where the server names no time: 250 ms
	MaxRetryAfter time.Duration // a server that asks for more is not asked again: 5 s

	BreakerFailures uint          // that stop further attempts: 5
	BreakerPeriod   time.Duration // in which they must come: 30 s
	BreakerDelay    time.Duration // until one attempt probes again: 15 s

	MaxTokens   int     // of the text, thinking included where the model thinks: 1024, for a thinking model 4096
	Temperature float32 // 0: the model's own

	Transport http.RoundTripper // nil: one of the client's own
}

func (c Config) withDefaults() Config {
	c.BaseURL = strings.TrimRight(c.BaseURL, "/")
	c.Connect = cmp.Or(c.Connect, 5*time.Second)
	c.FirstToken = cmp.Or(c.FirstToken, 20*time.Second)
	c.Idle = cmp.Or(c.Idle, 15*time.Second)
	c.Total = cmp.Or(c.Total, 120*time.Second)
	c.Attempts = cmp.Or(c.Attempts, 2)
	c.Backoff = cmp.Or(c.Backoff, 250*time.Millisecond)
	c.MaxRetryAfter = cmp.Or(c.MaxRetryAfter, 5*time.Second)
	c.BreakerFailures = cmp.Or(c.BreakerFailures, 5)
	c.BreakerPeriod = cmp.Or(c.BreakerPeriod, 30*time.Second)
	c.BreakerDelay = cmp.Or(c.BreakerDelay, 15*time.Second)
	if c.MaxTokens == 0 {
		c.MaxTokens = 1024
		if thinks(c.Model) {
			c.MaxTokens = 4096
		}
	}
	return c
}

func (c Config) check() error {
	u, err := url.Parse(c.BaseURL)
	switch {
	case err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https":
		return errors.New("chat model: OPENAI_BASE_URL is not an http address")
	case c.Model == "":
		return errors.New("chat model: CHAT_MODEL is empty")
	case c.Attempts < 1 || c.MaxTokens < 0 || c.Temperature < 0:
		return errors.New("chat model: attempts, tokens and temperature must not be negative")
	}
	return nil
}

// A Client asks one chat model. It is safe for concurrent use.
type Client struct {
	config  Config
	api     *openai.Client
	http    *http.Client
	retry   retrypolicy.RetryPolicy[any]
	breaker circuitbreaker.CircuitBreaker[any]
	log     *slog.Logger

	uncounted atomic.Bool // the server does not say what it counts
}

var _ bot.Model = (*Client)(nil)

// New returns a client; it does not connect yet.
func New(c Config, log *slog.Logger) (*Client, error) {
	c = c.withDefaults()
	if err := c.check(); err != nil {
		return nil, err
	}
	if log == nil {
		return nil, errors.New("chat model: no logger")
	}
	transport := c.Transport
	if transport == nil {
		transport = endpoint.Transport(c.Connect)
	}
	client := &Client{config: c, log: log, http: endpoint.Client(&meter{transport})}
	settings := openai.DefaultConfig(c.Key)
	settings.BaseURL, settings.HTTPClient = c.BaseURL, client.http
	client.api = openai.NewClientWithConfig(settings)
	client.retry = retrypolicy.NewBuilder[any]().
		HandleIf(func(_ any, err error) bool { return retryable(err) }).
		WithMaxAttempts(c.Attempts).
		WithBackoff(c.Backoff, 8*c.Backoff).
		WithDelayFunc(func(exec failsafe.ExecutionAttempt[any]) time.Duration {
			if e := (*Error)(nil); errors.As(exec.LastError(), &e) && e.RetryAfter > 0 {
				return e.RetryAfter
			}
			return -1
		}).
		ReturnLastFailure().
		Build()
	client.breaker = circuitbreaker.NewBuilder[any]().
		WithFailureThresholdPeriod(c.BreakerFailures, c.BreakerPeriod).
		WithSuccessThreshold(1).
		WithDelay(c.BreakerDelay).
		OnStateChanged(func(e circuitbreaker.StateChangedEvent) {
			log.Warn("chat breaker", "model", c.Model, "from", e.OldState.String(), "to", e.NewState.String())
		}).
		Build()
	return client, nil
}

// Name is the model's.
func (c *Client) Name() string { return c.config.Model }

// Close lets go of idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Stream asks the model and calls delta with each piece of its text, in order; thinking is left out. It returns nil
// only where the model ended the text itself; bot.ErrTruncated, wrapped, where it ran out of tokens; ctx's error where
// the caller went; else an *Error.
func (c *Client) Stream(ctx context.Context, p bot.Prompt, delta func(string) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, c.config.Total, errTotal)
	defer cancel()
	err := failsafe.With(c.retry).WithContext(ctx).RunWithExecution(func(exec failsafe.Execution[any]) error {
		if !c.breaker.TryAcquirePermit() {
			return &Error{Reason: "too many failures just before, not asked", Err: circuitbreaker.ErrOpen}
		}
		failed := true // a panic of delta too gives the permit back
		defer func() {
			if failed {
				c.breaker.RecordFailure()
			} else {
				c.breaker.RecordSuccess()
			}
		}()
		err := c.attempt(exec.Context(), p, delta)
		failed = c.blames(err)
		var e *Error
		if errors.As(err, &e) {
			e.retry = e.retry && e.RetryAfter <= c.config.MaxRetryAfter
			c.log.WarnContext(ctx, "chat model failed", "model", c.config.Model, "attempt", exec.Attempts(), "error", err)
		}
		return err
	})
	if e := (*Error)(nil); err != nil && context.Cause(ctx) == errTotal && !errors.As(err, &e) {
		return &Error{Reason: errTotal.Error(), Err: errTotal}
	}
	return err
}

// blames reports whether err is the server's fault. A probe that the caller broke off proves nothing, so the breaker
// stays open.
func (c *Client) blames(err error) bool {
	var e *Error
	if errors.As(err, &e) {
		return e.Status != http.StatusBadRequest && e.Status != http.StatusRequestEntityTooLarge
	}
	return errors.Is(err, context.Canceled) && c.breaker.IsHalfOpen()
}

// attempt asks once.
func (c *Client) attempt(parent context.Context, p bot.Prompt, delta func(string) error) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	w := watch(cancel, c.config.FirstToken)
	defer w.stop()
	var seen exchange
	stream, err := c.open(context.WithValue(ctx, exchangeKey{}, &seen), &seen, p)
	if err != nil {
		return c.refusal(ctx, err, &seen)
	}
	defer stream.Close()
	r := reader{stream: stream, seen: &seen, watch: w, idle: c.config.Idle, delta: delta}
	err = r.read()
	if r.usage != (bot.Usage{}) {
		bot.Counted(parent, r.usage)
	}
	var fault *Error
	if !errors.As(err, &fault) {
		return err
	}
	return interrupted(ctx, fault)
}

// open asks for a stream. Some servers refuse to be asked what they count, by the name of that setting; they are not
// asked it again.
func (c *Client) open(ctx context.Context, seen *exchange, p bot.Prompt) (*openai.ChatCompletionStream, error) {
	request := c.request(p)
	if !c.uncounted.Load() {
		request.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
	}
	stream, err := c.api.CreateChatCompletionStream(ctx, request)
	refused := seen.status == http.StatusBadRequest || seen.status == http.StatusUnprocessableEntity
	if err == nil || request.StreamOptions == nil || !refused || !strings.Contains(err.Error(), "stream_options") {
		return stream, err
	}
	c.uncounted.Store(true)
	request.StreamOptions = nil
	return c.api.CreateChatCompletionStream(ctx, request)
}

func (c *Client) request(p bot.Prompt) openai.ChatCompletionRequest {
	request := openai.ChatCompletionRequest{
		Model: c.config.Model,
		Messages: []openai.ChatCompletionMessage{
			{Role: openai.ChatMessageRoleSystem, Content: p.System},
			{Role: openai.ChatMessageRoleUser, Content: p.User},
		},
		Temperature: c.config.Temperature,
	}
	// Servers other than the first know only the older name of the limit; the newer models there refuse it.
	if thinks(c.config.Model) {
		request.MaxCompletionTokens = c.config.MaxTokens
	} else {
		request.MaxTokens = c.config.MaxTokens
	}
	return request
}

// thinks reports whether the model counts its thinking among its tokens and takes the newer parameters only.
func thinks(model string) bool {
	for _, prefix := range []string{"o1", "o3", "o4", "gpt-5", "gpt-6"} {
		if strings.HasPrefix(model, prefix) {
			return true
		}
	}
	return false
}

// refusal makes an Error of what happened before a stream began.
func (c *Client) refusal(ctx context.Context, err error, seen *exchange) error {
	e := &Error{Status: seen.status, RetryAfter: seen.retryAfter, Err: err}
	switch {
	case seen.status == http.StatusUnauthorized || seen.status == http.StatusForbidden:
		e.Reason = "key refused: check OPENAI_API_KEY"
	case seen.status == http.StatusNotFound:
		e.Reason = "not found: check CHAT_MODEL and OPENAI_BASE_URL"
	case seen.status == http.StatusTooManyRequests:
		e.Reason, e.retry = "too many requests", true
	case seen.status >= 500:
		e.Reason, e.retry = "server failed", true
	case seen.status >= 400:
		e.Reason = "request refused"
	case seen.status >= 300:
		e.Reason = "redirect refused: set OPENAI_BASE_URL to the address itself"
	case seen.status != 0:
		e.Reason = "no stream in the reply"
	default:
		e.Reason, e.retry = "no connection", true
	}
	e.detail = endpoint.Detail(err, c.config.Key)
	return interrupted(ctx, e)
}

// interrupted puts the true cause in the place of what a cancelled request reports: the caller's own error, or the
// deadline that ran out.
func interrupted(ctx context.Context, e *Error) error {
	cause := context.Cause(ctx)
	if cause == nil {
		return e
	}
	var deadline deadlineError
	if !errors.As(cause, &deadline) {
		return fmt.Errorf("chat stream: %w", cause)
	}
	return &Error{Reason: deadline.Error(), Err: deadline}
}
