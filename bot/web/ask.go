package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"osmanthus/bot"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// An askBody is what POST /api/ask takes.
type askBody struct {
	Question     string    `json:"question"`
	Lang         lang.Lang `json:"lang"`
	Event        string    `json:"event"`
	Conversation string    `json:"conversation"`
	Mode         string    `json:"mode"`
	Fresh        bool      `json:"fresh"`
}

func (b askBody) question() bot.Question {
	return bot.Question{
		Text: b.Question, Lang: b.Lang, Event: b.Event, Conversation: b.Conversation, Mode: b.Mode, Fresh: b.Fresh, Audiences: publicOnly(),
	}
}

// forget answers DELETE /api/conversations/{id}. Whoever knows the id is its holder; whether there was one is not told.
func (s *server) forget(w http.ResponseWriter, r *http.Request) error {
	if s.Conversations != nil {
		if err := s.Conversations.DeleteConversation(r.Context(), r.PathValue("id")); err != nil {
			return fmt.Errorf("forget conversation: %w", err)
		}
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// publicOnly is what a visitor may see who has not said who they are.
func publicOnly() []retrieval.Audience { return []retrieval.Audience{retrieval.Public} }

// readAsk reads the body, whatever its Content-Type says. Fields we do not know are let be: a client may be newer.
func readAsk(r *http.Request) (askBody, error) {
	var body askBody
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return body, &fault{kind: faultBody, err: fmt.Errorf("read body: %w", err)}
	}
	if err := json.Unmarshal(raw, &body); err != nil {
		return body, &fault{kind: faultBody, err: fmt.Errorf("read body as JSON: %w", err)}
	}
	return body, nil
}

// ask answers POST /api/ask, as one object or as a stream of events.
func (s *server) ask(w http.ResponseWriter, r *http.Request) error {
	body, err := readAsk(r)
	if err != nil {
		return err
	}
	q := body.question()
	q.Client = s.client(r).String()
	if wantsStream(r.Header.Values("Accept")) {
		return s.stream(w, r, q)
	}
	answer, err := s.answer(r, q, nil)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, answer)
}

// wantsStream reports whether the client takes an event stream and does not like JSON better.
func wantsStream(accept []string) bool {
	stream, object := 0.0, 0.0
	for _, part := range strings.Split(strings.Join(accept, ","), ",") {
		media, params, err := mime.ParseMediaType(part)
		if err != nil {
			continue
		}
		quality := 1.0
		if q, err := strconv.ParseFloat(params["q"], 64); err == nil {
			quality = q
		}
		switch media {
		case "text/event-stream":
			stream = quality
		case "application/json":
			object = quality
		}
	}
	return stream > 0 && stream >= object
}

// answer asks the assistant on behalf of r. It ends when the client leaves, and when the server has to stop.
func (s *server) answer(r *http.Request, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
	if strings.TrimSpace(q.Text) != "" { // failures too are told in the asker's language
		v := visitOf(r)
		v.words = bot.WordsFor(s.Catalog, q)
	}
	select {
	case s.asks <- struct{}{}:
		defer func() { <-s.asks }()
	default:
		return bot.Answer{}, &fault{kind: faultBusy, retryAfter: 2 * time.Second}
	}
	s.metrics.asks.Inc()
	defer s.metrics.asks.Dec()
	ctx, cancel := context.WithCancelCause(r.Context())
	defer cancel(nil)
	stopping := &fault{kind: faultStopping, retryAfter: time.Second}
	defer context.AfterFunc(s.drained, func() { cancel(stopping) })()
	linked := emit
	if emit != nil {
		linked = func(e bot.Event) error { return emit(e.Linked(s.base.link)) }
	}
	answer, err := s.Assistant.Ask(ctx, q, linked)
	answer = answer.Linked(s.base.link)
	if err != nil && errors.Is(context.Cause(ctx), stopping) {
		return answer, stopping
	}
	if err != nil && r.Context().Err() != nil {
		return answer, &fault{kind: faultGone, err: err}
	}
	return answer, err
}
