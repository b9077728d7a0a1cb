package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"osmanthus/bot"
)

// stream answers with server-sent events. Until the assistant has taken the question, a failure is an ordinary error
// response; after that it is the stream's last event.
func (s *server) stream(w http.ResponseWriter, r *http.Request, q bot.Question) error {
	out := &eventStream{w: w, control: http.NewResponseController(w), patience: s.writable, greeting: ": connected\n\n"}
	// The server's time-out for reading a request would otherwise end the request's context under a long answer.
	_ = out.control.SetReadDeadline(time.Time{})
	stopBeats := s.beat(func() { out.comment("still here") })
	err := s.answerInto(out, r, q)
	stopBeats()
	if err == nil || !out.begun() {
		return err
	}
	v := visitOf(r)
	status, said, _ := tell(err, v)
	if status >= 500 {
		s.Log.ErrorContext(r.Context(), "stream failed", "request", v.id, "code", said.Code, "error", err)
	}
	if status != faultGone.status {
		_ = out.emit(bot.Event{Type: bot.EventError, Data: said})
	}
	return nil
}

// answerInto streams an answer. One that is kept goes on when its reader leaves, and what happens in it is told to nobody.
func (s *server) answerInto(out *eventStream, r *http.Request, q bot.Question) (err error) {
	ctx, reader, end := s.attend(r)
	defer end()
	emit := func(e bot.Event) error {
		if meta, ok := e.Data.(bot.Meta); ok {
			reader.named(meta.ID)
		}
		if err := out.emit(e); err != nil && !reader.goesOn() {
			return err
		}
		return nil
	}
	defer func() {
		if p := recover(); p != nil {
			s.metrics.panics.Inc()
			err = recovered(p, debug.Stack())
		}
	}()
	_, err = s.answer(r.WithContext(ctx), q, emit)
	return err
}

// beat says now and then, while nothing else happens, that the answer is still under way, until the function it returns
// is called.
func (s *server) beat(still func()) (stop func()) {
	ticks, stopTicks := s.ticks(beatTime)
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			select {
			case <-done:
				return
			case <-ticks:
				still()
			}
		}
	})
	return func() {
		stopTicks()
		close(done)
		wg.Wait()
	}
}

// An eventStream writes server-sent events, ids rising from 1. It is safe for concurrent use. A reader that takes none
// for the time of its patience ends it.
type eventStream struct {
	w        http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
	greeting string // written before the first event

	mu   sync.Mutex
	open bool
	last int
	// renewed is when the deadline was last put off: not at each of a model's words, which come many in a second.
	renewed time.Time
	err     error // the first one; nothing is written after it
}

func (o *eventStream) begun() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.open
}

// emit writes an event at once.
func (o *eventStream) emit(e bot.Event) error {
	data, err := json.Marshal(e.Data)
	if err != nil {
		return fmt.Errorf("write event %s as JSON: %w", e.Type, err)
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.last++
	return o.write(fmt.Sprintf("id: %d\nevent: %s\ndata: %s\n\n", o.last, e.Type, data))
}

func (o *eventStream) comment(text string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	_ = o.write(": " + text + "\n\n") // emit meets the error again
}

// write needs o.mu held.
func (o *eventStream) write(text string) error {
	if o.err != nil {
		return o.err
	}
	if !o.open {
		o.open = true
		h := o.w.Header()
		h.Set("Content-Type", "text/event-stream; charset=utf-8")
		h.Set("Cache-Control", "no-cache, no-transform")
		h.Set("X-Accel-Buffering", "no") // nginx would hold events back
		o.w.WriteHeader(http.StatusOK)
		text = o.greeting + text
	}
	if now := time.Now(); now.Sub(o.renewed) > o.patience/10 {
		_ = o.control.SetWriteDeadline(now.Add(o.patience)) // not every writer has deadlines
		o.renewed = now
	}
	if _, err := o.w.Write([]byte(text)); err != nil {
		o.err = fmt.Errorf("write event: %w", err)
		return o.err
	}
	if err := o.control.Flush(); err != nil {
		o.err = fmt.Errorf("write event: %w", err)
	}
	return o.err
}
