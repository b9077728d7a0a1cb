package web

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/retrieval"
)

// A faultKind is a failure of the request rather than of the answer: how it is told to programs and to people.
type faultKind struct {
	status    int
	code      string
	key       string // in the catalogue
	retryable bool
}

var (
	faultBody        = faultKind{http.StatusBadRequest, "body", "web.error.body", false}
	faultParameter   = faultKind{http.StatusBadRequest, "parameter", "web.error.parameter", false}
	faultField       = faultKind{http.StatusBadRequest, "field", "web.error.field", false}
	faultCrossOrigin = faultKind{http.StatusForbidden, "cross_origin", "web.error.cross_origin", false}
	faultNotFound    = faultKind{http.StatusNotFound, "not_found", "web.error.not_found", false}
	faultMethod      = faultKind{http.StatusMethodNotAllowed, "method", "web.error.method", false}
	faultTooLarge    = faultKind{http.StatusRequestEntityTooLarge, "too_large", "web.error.too_large", false}
	faultTooMany     = faultKind{http.StatusTooManyRequests, "too_many", "web.error.too_many", true}
	faultGone        = faultKind{499, string(bot.CodeStopped), "error.stopped", true} // the client left; nobody reads it
	faultBusy        = faultKind{http.StatusServiceUnavailable, "busy", "web.error.busy", true}
	faultStopping    = faultKind{http.StatusServiceUnavailable, "stopping", "web.error.stopping", true}
	faultNotReady    = faultKind{http.StatusServiceUnavailable, "not_ready", "web.error.not_ready", true}
	faultSearchDown  = faultKind{http.StatusServiceUnavailable, string(bot.CodeSearchDown), "error.search_down", true}
	faultInternal    = faultKind{http.StatusInternalServerError, string(bot.CodeInternal), "error.internal", true}
)

// A fault is one such failure.
type fault struct {
	kind       faultKind
	args       []any // of the text in the catalogue
	retryAfter time.Duration
	err        error // for the log; may be nil
}

func (f *fault) Error() string {
	if f.err == nil {
		return f.kind.code
	}
	return f.kind.code + ": " + f.err.Error()
}

func (f *fault) Unwrap() error { return f.err }

// statuses are those of the assistant's failures; what is not here is ours: 500.
func statuses(code bot.Code) int {
	switch code {
	case bot.CodeQuestionEmpty, bot.CodeQuestionLong, bot.CodeLangUnknown, bot.CodeModeUnknown:
		return http.StatusBadRequest
	case bot.CodeSearchDown:
		return http.StatusServiceUnavailable
	case bot.CodeStopped:
		return faultGone.status
	}
	return http.StatusInternalServerError
}

// A failure is the API's error object.
type failure struct {
	Code      string `json:"code"`
	Message   string `json:"message"`
	RequestID string `json:"request_id"`
	Retryable bool   `json:"retryable"`
}

// tell finds what to say of err, and never shows more of it than its kind.
func tell(err error, v *visit) (int, failure, *fault) {
	var asked *bot.Error
	if errors.As(err, &asked) {
		said := bot.FailureOf(asked, v.words)
		return statuses(asked.Code), failure{string(said.Code), said.Message, v.id, said.Retryable}, &fault{err: err}
	}
	var f *fault
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		f = &fault{kind: faultTooLarge, args: []any{"limit", tooLarge.Limit >> 10}}
	case errors.As(err, &f):
	case errors.Is(err, retrieval.ErrNotFound):
		f = &fault{kind: faultNotFound}
	case errors.Is(err, context.Canceled):
		f = &fault{kind: faultGone}
	default:
		f = &fault{kind: faultInternal, err: err}
	}
	return f.kind.status, failure{f.kind.code, sentence(f, v.words), v.id, f.kind.retryable}, f
}

func sentence(f *fault, p locale.Printer) string {
	key := f.kind.key
	return p.T(key, f.args...)
}

// fail answers with err. A response that has begun cannot be taken back: its connection is cut.
func (s *server) fail(w *recorder, r *http.Request, err error) {
	v := visitOf(r)
	status, said, f := tell(err, v)
	if status >= 500 {
		s.Log.ErrorContext(r.Context(), "request failed", "request", v.id, "code", said.Code, "error", err)
	} else {
		s.Log.DebugContext(r.Context(), "request refused", "request", v.id, "code", said.Code, "error", err)
	}
	if w.status != 0 {
		panic(http.ErrAbortHandler)
	}
	if status == faultGone.status {
		w.status = status
		return
	}
	if f.retryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(math.Ceil(f.retryAfter.Seconds()))))
	}
	w.Header().Set("Cache-Control", "no-store")
	if forPrograms(r.URL.Path) {
		err = writeJSON(w, status, struct {
			Error failure `json:"error"`
		}{said})
	} else {
		err = s.failurePage(w, r, status, said)
	}
	if err != nil {
		s.Log.DebugContext(r.Context(), "error not told", "request", v.id, "error", err)
	}
}

// forPrograms reports whether a path speaks JSON rather than HTML.
func forPrograms(path string) bool {
	for _, p := range []string{"/api/", "/assets/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/programme.ics"} {
		if strings.HasPrefix(path, p) {
			return true
		}
	}
	return false
}

// recovered makes an error of a panic.
func recovered(value any, stack []byte) error {
	return &fault{kind: faultInternal, err: fmt.Errorf("panic: %v\n%s", value, stack)}
}
