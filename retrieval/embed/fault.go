package embed

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"osmanthus/retrieval/endpoint"
)

// What may be asked of an error by errors.Is.
var (
	// ErrEmpty is returned for a text that holds nothing to embed.
	ErrEmpty = errors.New("text is empty")
	// ErrKey means that the endpoint refused the key.
	ErrKey = errors.New("key refused")
	// ErrVectors means that the endpoint answered, but not with one good vector a text.
	ErrVectors = errors.New("unusable vectors")
)

// An Error is why there are no vectors. Its text holds neither key nor input.
type Error struct {
	Status     int           // HTTP; 0 where it did not come to that
	Reason     string        // for the operator, with the fix where there is one
	RetryAfter time.Duration // as the server asked; 0: it did not
	Err        error         // the cause

	detail string // of the server's own words
	retry  bool
}

// Error says what happened.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("embedder: " + e.Reason)
	if e.Status >= 400 {
		fmt.Fprintf(&b, " (status %d)", e.Status)
	}
	if e.detail != "" {
		b.WriteString(": " + e.detail)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

func retryable(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.retry
}

// failure makes an Error of a request that brought no reply to look into.
func (c *Client) failure(err error, seen exchange) error {
	e := &Error{Status: seen.status, RetryAfter: seen.retryAfter, Err: err, detail: endpoint.Detail(err, c.config.Key)}
	switch {
	case seen.status == http.StatusUnauthorized || seen.status == http.StatusForbidden:
		e.Reason, e.Err = "key refused: check EMBEDDING_API_KEY", errors.Join(ErrKey, err)
	case seen.status == http.StatusNotFound:
		e.Reason = "not found: check EMBEDDING_MODEL and EMBEDDING_BASE_URL"
	case seen.status == http.StatusTooManyRequests:
		e.Reason, e.retry = "too many requests", true
	case seen.status >= 500:
		e.Reason, e.retry = "server failed", true
	case seen.status >= 400:
		e.Reason = "request refused"
	case seen.status >= 300:
		e.Reason, e.detail = "redirect refused: set EMBEDDING_BASE_URL to the address itself", ""
	case seen.status != 0:
		e.Reason, e.detail = "reply is no embedding", ""
		e.Err = errors.Join(ErrVectors, err)
		e.retry = errors.Is(err, io.ErrUnexpectedEOF) || !badJSON(err)
	default:
		e.Reason, e.retry = "no reply", true
	}
	return e
}

// badJSON reports whether the reply came whole but was none that could be read.
func badJSON(err error) bool {
	var syntax *json.SyntaxError
	var wrongType *json.UnmarshalTypeError
	return errors.As(err, &syntax) || errors.As(err, &wrongType)
}
