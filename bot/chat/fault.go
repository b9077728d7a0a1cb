package chat

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// An Error is why the model gave no whole text. Its text holds neither key nor prompt.
type Error struct {
	Status     int           // HTTP; 0 where it did not come to that
	Reason     string        // for the operator
	RetryAfter time.Duration // as the server asked; 0: it did not
	Err        error         // the cause

	detail string // of the server's own words
	retry  bool   // nothing was shown and another attempt may do better
}

// Error says what happened.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString("chat model: " + e.Reason)
	if e.Status != 0 {
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

// A deadlineError is one of the time limits, as the cause of a cancelled context.
type deadlineError string

func (e deadlineError) Error() string { return string(e) }

// Is lets a caller ask for the usual error.
func (e deadlineError) Is(target error) bool { return target == context.DeadlineExceeded }

const (
	errFirstToken deadlineError = "no text within the time for the first token"
	errIdle       deadlineError = "text stopped coming"
	errTotal      deadlineError = "not done within the total time"
)
