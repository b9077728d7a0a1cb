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
	faultKey         = faultKind{http.StatusUnauthorized, "invalid_api_key", "web.error.key", false}
	faultModel       = faultKind{http.StatusNotFound, "model_not_found", "web.error.model", false}
	faultCrossOrigin = faultKind{http.StatusForbidden, "cross_origin", "web.error.cross_origin", false}
	faultNotFound    = faultKind{http.StatusNotFound, "not_found", "web.error.not_found", false}
	faultMethod      = faultKind{http.StatusMethodNotAllowed, "method", "web.error.method", false}
	faultSite        = faultKind{http.StatusForbidden, "site", "web.error.site", false}
	faultToken       = faultKind{http.StatusUnauthorized, "token", "web.error.token", false}
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
	if strings.HasPrefix(s.base.within(r.URL.Path), "/v1/") {
		err = writeJSON(w, status, openAIFailure(status, said, f))
	} else if forPrograms(s.base.within(r.URL.Path)) {
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

// An openAIError is the error object of /v1, of OpenAI's form with two fields more.
type openAIError struct {
	Message   string  `json:"message"`
	Type      string  `json:"type"`
	Param     *string `json:"param"`
	Code      string  `json:"code"`
	RequestID string  `json:"request_id"`
	Retryable bool    `json:"retryable"`
}

// openAIFailure puts a failure into OpenAI's form. Its codes are ours where OpenAI has none that clients look for.
func openAIFailure(status int, said failure, f *fault) any {
	e := openAIError{Message: said.Message, Type: "invalid_request_error", Code: said.Code, RequestID: said.RequestID, Retryable: said.Retryable}
	switch {
	case status == http.StatusTooManyRequests:
		e.Type, e.Code = "requests", "rate_limit_exceeded"
	case status >= http.StatusInternalServerError:
		e.Type = "server_error"
	}
	var param string
	switch said.Code {
	case faultField.code:
		param, _ = f.args[1].(string)
	case faultModel.code:
		param = "model"
	case string(bot.CodeQuestionEmpty), string(bot.CodeQuestionLong):
		param = "messages"
	}
	if param != "" {
		e.Param = &param
	}
	return struct {
		Error openAIError `json:"error"`
	}{e}
}

// forPrograms reports whether a path speaks JSON rather than HTML.
func forPrograms(path string) bool {
	for _, p := range []string{"/api/", "/mcp", "/assets/", "/healthz", "/readyz", "/metrics", "/openapi.json", "/programme.ics"} {
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
