package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"
)

// A handler answers a request or says why not; the error becomes a sentence in the visitor's language.
type handler func(http.ResponseWriter, *http.Request) error

// unrouted names requests that no route takes, in metrics and logs.
const unrouted = "none"

// ServeHTTP is the way of every request: id and language, headers, routing, failure, log line.
func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	start := s.Now()
	r, v := s.begin(s.base.below(r))
	rec := &recorder{ResponseWriter: w, route: unrouted}
	// A deadline of the connection's request before this one may still stand. Not every writer has deadlines.
	control := http.NewResponseController(rec)
	_ = control.SetWriteDeadline(time.Time{})
	rec.beforeHeader = func() { _ = control.SetWriteDeadline(time.Now().Add(s.writable)) }
	secure(rec.Header())
	rec.Header().Set("X-Request-ID", v.id)
	r.Body = http.MaxBytesReader(rec, r.Body, bodyLimit(s.base.within(r.URL.Path)))
	defer func() {
		aborted := recover()
		took := s.Now().Sub(start)
		s.metrics.request(rec.route, rec.status, took)
		s.Log.InfoContext(r.Context(), "request", "request", v.id, "method", r.Method, "route", rec.route,
			"status", rec.status, "bytes", rec.bytes, "ms", took.Milliseconds())
		if aborted != nil {
			panic(aborted)
		}
	}()
	if err := s.dispatch(rec, r); err != nil {
		s.fail(rec, r, err)
	}
}

// bodyLimit is how many bytes a path takes.
func bodyLimit(path string) int64 {
	if path == "/v1/chat/completions" {
		return maxTranscript
	}
	return maxBody
}

// dispatch routes r. What no route takes gets the mux's verdict in our words.
func (s *server) dispatch(rec *recorder, r *http.Request) error {
	if answered, err := s.admit(rec, r); answered || err != nil {
		return err
	}
	h, pattern := s.mux.Handler(r)
	if pattern != "" {
		s.mux.ServeHTTP(rec, r)
		return nil
	}
	v := verdict{header: http.Header{}}
	h.ServeHTTP(&v, r)
	if v.status == http.StatusMethodNotAllowed {
		rec.Header().Set("Allow", v.header.Get("Allow"))
		return &fault{kind: faultMethod}
	}
	return &fault{kind: faultNotFound}
}

// A verdict is what the mux would say, with its words dropped.
type verdict struct {
	header http.Header
	status int
}

func (v *verdict) Header() http.Header         { return v.header }
func (v *verdict) WriteHeader(status int)      { v.status = status }
func (v *verdict) Write(p []byte) (int, error) { return len(p), nil }

// route wraps h for the mux: its error or panic is answered here.
func (s *server) route(pattern string, h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := w.(*recorder)
		rec.route = pattern
		if err := s.guarded(h, rec, r); err != nil {
			s.fail(rec, r, err)
		}
	})
}

func (s *server) guarded(h handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			if p == http.ErrAbortHandler {
				panic(p)
			}
			s.metrics.panics.Inc()
			err = recovered(p, debug.Stack())
		}
	}()
	return h(w, r)
}

// secure sets the headers that every response has.
func secure(h http.Header) {
	h.Set("Content-Security-Policy", contentPolicy("'none'"))
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
}

// contentPolicy lets a page use what is ours and nothing else, in a frame of the ancestors only.
func contentPolicy(ancestors string) string {
	return "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
		"base-uri 'none'; form-action 'self'; frame-ancestors " + ancestors
}

// A recorder remembers what was answered.
type recorder struct {
	http.ResponseWriter
	beforeHeader func()
	route        string
	status       int // 0: nothing was sent yet
	bytes        int64
}

func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status = status
		r.beforeHeader()
	}
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(p []byte) (int, error) {
	if r.status == 0 {
		r.WriteHeader(http.StatusOK)
	}
	n, err := r.ResponseWriter.Write(p)
	r.bytes += int64(n)
	return n, err
}

// Unwrap gives http.ResponseController the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// writeJSON answers with v. An error means that nothing was sent, or that the client did not take it.
func writeJSON(w http.ResponseWriter, status int, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	if w.Header().Get("Cache-Control") == "" {
		w.Header().Set("Cache-Control", "no-cache")
	}
	return writeBody(w, status, "application/json; charset=utf-8", append(raw, '\n'))
}

// writeBody sends a whole body; that a client does not take it is its own matter.
func writeBody(w http.ResponseWriter, status int, contentType string, body []byte) error {
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(body)
	return nil
}
