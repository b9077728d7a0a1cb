package web

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"time"

	"osmanthus/retrieval"
)

// leaveTime is how long an answer goes on after its reader has left: a page that is put to sleep or opened anew asks meanwhile to have
// the answer finished, over another connection. An answer that is stopped by closing its connection must cost nothing after half a second.
const leaveTime = 400 * time.Millisecond

// errLeft ends an answer whose reader has left.
var errLeft = errors.New("the reader has left")

// attendances are the answers that this process streams, by id. They are safe for concurrent use. Another process of the same
// service does not know them: there, an answer ends with its connection.
type attendances struct {
	mu   sync.Mutex
	byID map[string]*attendance
}

// An attendance is a reader at an answer under way.
type attendance struct {
	all    *attendances
	cancel context.CancelCauseFunc
	grace  time.Duration
	settle chan struct{} // closed when it is known whether an answer that was left goes on

	// Under all.mu:
	id      string
	left    bool
	kept    bool // it goes on without its reader
	settled bool
}

// attend returns the context of an answer to r: it ends soon after the reader has left, unless the answer is to be kept. Call end
// when the answer is over.
func (s *server) attend(r *http.Request) (ctx context.Context, a *attendance, end func()) {
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(r.Context()))
	a = &attendance{all: &s.attended, cancel: cancel, grace: s.leaving, settle: make(chan struct{})}
	stop := context.AfterFunc(r.Context(), a.leave)
	return ctx, a, func() {
		stop()
		a.all.mu.Lock()
		defer a.all.mu.Unlock()
		delete(a.all.byID, a.id)
		a.decide()
		cancel(nil)
	}
}

// named makes the answer known by its id.
func (a *attendance) named(id string) {
	a.all.mu.Lock()
	defer a.all.mu.Unlock()
	if a.all.byID == nil {
		a.all.byID = map[string]*attendance{}
	}
	a.id = id
	a.all.byID[id] = a
}

// leave begins the time in which the answer may still be kept.
func (a *attendance) leave() {
	a.all.mu.Lock()
	defer a.all.mu.Unlock()
	switch {
	case a.left:
	case a.kept:
		a.decide()
	default:
		time.AfterFunc(a.grace, func() {
			a.all.mu.Lock()
			defer a.all.mu.Unlock()
			a.decide()
		})
	}
	a.left = true
}

// decide needs all.mu held.
func (a *attendance) decide() {
	if a.settled {
		return
	}
	a.settled = true
	close(a.settle)
	if !a.kept {
		a.cancel(errLeft)
	}
}

// goesOn waits until it is known whether the answer goes on without its reader, who has taken its last event.
func (a *attendance) goesOn() bool {
	a.leave()
	<-a.settle
	a.all.mu.Lock()
	defer a.all.mu.Unlock()
	return a.kept
}

// find returns the answer under way that the path names. It needs all.mu held.
func (s *server) find(r *http.Request) (*attendance, error) {
	a, ok := s.attended.byID[r.PathValue("id")]
	if !ok {
		return nil, retrieval.ErrNotFound
	}
	return a, nil
}

// keepAnswer answers POST /api/answers/{id}/keep: an answer under way goes on when its reader leaves, to be fetched when it is whole.
func (s *server) keepAnswer(w http.ResponseWriter, r *http.Request) error {
	s.attended.mu.Lock()
	defer s.attended.mu.Unlock()
	a, err := s.find(r)
	if err != nil {
		return err
	}
	if a.settled {
		return retrieval.ErrNotFound // it has ended already
	}
	a.kept = true
	if a.left {
		a.decide()
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// stopAnswer answers POST /api/answers/{id}/stop: an answer under way ends at once, whether its connection stands or not.
func (s *server) stopAnswer(w http.ResponseWriter, r *http.Request) error {
	s.attended.mu.Lock()
	defer s.attended.mu.Unlock()
	a, err := s.find(r)
	if err != nil {
		return err
	}
	a.kept = false
	a.decide()
	a.cancel(errLeft)
	w.WriteHeader(http.StatusNoContent)
	return nil
}
