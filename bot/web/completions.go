package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
	"strings"

	"osmanthus/bot"
	"osmanthus/retrieval/lang"
)

// Chat clients that know OpenAI's chat completions speak to us by these routes. The client holds the conversation: its
// last user message is the question, what comes before is what the question may follow on. Its system messages are not
// read: what an answer may say is not for the asker to change; nor are sampling settings, tools and limits of tokens. A
// text is sent once it has been held against its sources: here, what has been shown cannot be taken back.

// maxTranscript bounds the body of a completion: clients send the whole conversation each time.
const maxTranscript = 1 << 20

// A chatModel is a way of answering, by the id that clients choose it by.
type chatModel struct{ id, mode string }

// chatModels are all of them, the usual one first.
func chatModels() []chatModel {
	return []chatModel{{"osmanthus", ""}, {"osmanthus-summary", "summary"}, {"osmanthus-people", "people"}}
}

// modelCalled finds a way of answering; none named is the usual one.
func modelCalled(id string) (chatModel, error) {
	for _, m := range chatModels() {
		if id == m.id || id == "" {
			return m, nil
		}
	}
	return chatModel{}, &fault{kind: faultModel, args: []any{"name", lang.Truncate(lang.Clean(id), 64)}}
}

type modelBody struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"` // it is always there; 0
	OwnedBy string `json:"owned_by"`
}

func (m chatModel) body() modelBody {
	return modelBody{ID: m.id, Object: "model", OwnedBy: "osmanthus"}
}

// models answers GET /v1/models.
func (s *server) models(w http.ResponseWriter, _ *http.Request) error {
	body := struct {
		Object string      `json:"object"`
		Data   []modelBody `json:"data"`
	}{Object: "list"}
	for _, m := range chatModels() {
		body.Data = append(body.Data, m.body())
	}
	return writeJSON(w, http.StatusOK, body)
}

// model answers GET /v1/models/{model}.
func (s *server) model(w http.ResponseWriter, r *http.Request) error {
	m, err := modelCalled(r.PathValue("model"))
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, m.body())
}

// A completionAsk is what POST /v1/chat/completions takes, as far as it is read.
type completionAsk struct {
	Model    string        `json:"model"`
	Messages []chatMessage `json:"messages"`
	Stream   bool          `json:"stream"`
	N        *int          `json:"n"`
	Options  struct {
		Usage bool `json:"include_usage"`
	} `json:"stream_options"`
	Metadata struct {
		Lang  lang.Lang `json:"lang"`  // of the answer
		Event string    `json:"event"` // only documents of it
	} `json:"metadata"`
}

// readCompletion reads the body and refuses what could not be answered truly.
func readCompletion(r *http.Request) (completionAsk, chatModel, error) {
	var ask completionAsk
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return ask, chatModel{}, &fault{kind: faultBody, err: fmt.Errorf("read body: %w", err)}
	}
	if err := json.Unmarshal(raw, &ask); err != nil {
		return ask, chatModel{}, &fault{kind: faultBody, err: fmt.Errorf("read body as JSON: %w", err)}
	}
	if ask.N != nil && *ask.N != 1 {
		return ask, chatModel{}, &fault{kind: faultField, args: []any{"name", "n"}}
	}
	m, err := modelCalled(ask.Model)
	return ask, m, err
}

// complete answers POST /v1/chat/completions, as one object or as a stream of chunks.
func (s *server) complete(w http.ResponseWriter, r *http.Request) error {
	ask, m, err := readCompletion(r)
	if err != nil {
		return err
	}
	question, history := transcript(ask.Messages)
	q := bot.Question{
		Text: question, Lang: ask.Metadata.Lang, Event: ask.Metadata.Event, Mode: m.mode, History: history,
		Client: s.client(r).String(), Audiences: publicOnly(),
	}
	if ask.Stream {
		return s.completeInChunks(w, r, m, q, ask.Options.Usage)
	}
	answer, err := s.answer(r, q, nil)
	if err != nil {
		return err
	}
	c := composed(answer, s.address(r))
	return writeJSON(w, http.StatusOK, completion{
		ID: completionID(r), Object: "chat.completion", Created: s.Now().Unix(), Model: m.id,
		Choices: []completionChoice{{Message: c.message(), FinishReason: finished()}}, Usage: usageOf(answer),
	})
}

// completeInChunks streams the answer. A failure before the assistant has taken the question is an ordinary error
// response; after that it is the last chunk, and [DONE] does not come.
func (s *server) completeInChunks(w http.ResponseWriter, r *http.Request, m chatModel, q bot.Question, withUsage bool) error {
	out := &eventStream{w: w, control: http.NewResponseController(w), patience: s.writable}
	chunk := func(u *usage, choices ...completionChoice) error {
		return out.data(completion{
			ID: completionID(r), Object: "chat.completion.chunk", Created: s.Now().Unix(), Model: m.id, Choices: append([]completionChoice{}, choices...), Usage: u,
		})
	}
	send := func(delta completionDelta, reason *string) error {
		return chunk(nil, completionChoice{Delta: &delta, FinishReason: reason})
	}
	empty := ""
	// Not a comment: some clients take one for a part of the error that may follow.
	stopBeats := s.beat(func() { _ = send(completionDelta{Content: &empty}, nil) })
	answer, err := s.answerGuarded(r, q, func(e bot.Event) error {
		if e.Type != bot.EventMeta {
			return nil
		}
		return send(completionDelta{Role: "assistant", Content: &empty}, nil)
	})
	stopBeats()
	if err != nil {
		return s.breakOff(out, r, err)
	}
	c := composed(answer, s.address(r))
	for _, piece := range strings.SplitAfter(c.text, "\n\n") {
		err = errors.Join(err, send(completionDelta{Content: &piece}, nil))
	}
	err = errors.Join(err, send(completionDelta{sourced: &c.sourced}, nil), send(completionDelta{}, finished()))
	if u := usageOf(answer); u != nil && withUsage {
		err = errors.Join(err, chunk(u))
	}
	err = errors.Join(err, out.raw("data: [DONE]\n\n"))
	if err != nil {
		s.Log.DebugContext(r.Context(), "completion not taken", "request", visitOf(r).id, "error", err)
	}
	return nil
}

// answerGuarded is answer, with a panic as an error.
func (s *server) answerGuarded(r *http.Request, q bot.Question, emit func(bot.Event) error) (a bot.Answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			s.metrics.panics.Inc()
			err = recovered(p, debug.Stack())
		}
	}()
	return s.answer(r, q, emit)
}

// breakOff ends a stream with an error, or returns it where none has begun.
func (s *server) breakOff(out *eventStream, r *http.Request, err error) error {
	if !out.begun() {
		return err
	}
	v := visitOf(r)
	status, said, f := tell(err, v)
	if status >= 500 {
		s.Log.ErrorContext(r.Context(), "stream failed", "request", v.id, "code", said.Code, "error", err)
	}
	if status != faultGone.status {
		_ = out.data(openAIFailure(status, said, f))
	}
	return nil
}

// data writes an event that has nothing but data.
func (o *eventStream) data(v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write chunk as JSON: %w", err)
	}
	return o.raw("data: " + string(raw) + "\n\n")
}

func (o *eventStream) raw(text string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.write(text)
}
