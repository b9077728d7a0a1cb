package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"osmanthus/prompts"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

const (
	// maxPassages and passageTokens bound what a prompt holds: enough for the passages that bear on a question, and
	// room for the rest in a context of 8,000 tokens.
	maxPassages   = 8
	passageTokens = 3500
)

// errEnough ends the model's stream where the rest of its text cannot matter.
var errEnough = errors.New("text not needed further")

// write makes the answer from what the model writes, and the quoting answer where that will not do.
func (r *request) write(ctx context.Context, hits []retrieval.Hit) error {
	sent := fitting(hits)
	for i := range hits {
		// What a claim in the hit's own language rests on is found by its words; only across languages is it by meaning.
		if i >= len(sent) || hits[i].Lang == r.answer.Lang {
			retrieval.ForgetVectors(hits[i : i+1])
		}
	}
	asked := promptOf(r.understood(), sent)
	asked.Traditional = r.answer.Script == Traditional
	system, user, err := r.config.Prompts.Answer(r.answer.Lang, asked)
	if err != nil {
		return fmt.Errorf("make prompt: %w", err)
	}
	sources := make([]Source, len(sent))
	for i, h := range sent {
		sources[i] = source(i+1, h, h.Start, h.End)
	}
	if err := r.emit(Event{EventSources, Sources{sources}}); err != nil {
		return err
	}
	if err := r.emit(Event{EventStatus, Status{StageWriting}}); err != nil {
		return err
	}
	draft, err := r.stream(ctx, Prompt{System: system, User: user}, len(sent))
	r.record.Dropped = draft.guard.dropped
	text := strings.TrimSpace(draft.guard.text.String())
	if ctx.Err() != nil || stopped(err) {
		r.answer.Text = text
		if err == nil {
			err = ctx.Err()
		}
		return &Error{Code: CodeStopped, Err: err}
	}
	if reason, key := draft.unusable(err); reason != "" {
		r.config.Log.WarnContext(ctx, "model's text not used, quoting instead", "id", r.answer.ID, "reason", reason, "error", err)
		r.record.Fallback = reason
		r.notice(key)
		return r.instead(draft, func() error { return r.quote(hits) })
	}
	if draft.guard.refused && len(draft.guard.cited) == 0 {
		return r.instead(draft, func() error { return r.refuse(hits) })
	}
	kept, removed, cited := newVerifier(r.config.Dictionary, sent).faithful(text)
	if r.record.Unfaithful = removed; len(cited) == 0 {
		r.record.Fallback = FallbackUnfaithful
		r.notice("answer.notice.model_unsourced")
		return r.instead(draft, func() error { return r.quote(hits) })
	}
	r.answer.Kind, r.answer.GeneratedBy, r.answer.Text = KindAnswer, r.config.Model.Name(), kept
	if removed > 0 {
		r.notice("answer.notice.removed")
		if err := r.instead(draft, func() error { return r.emit(Event{EventDelta, Delta{kept}}) }); err != nil {
			return err
		}
	}
	return r.cite(ctx, cited, sent)
}

// stopped reports whether the one who reads the events is gone.
func stopped(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Code == CodeStopped
}

// instead takes back what the model's text has shown, then makes the answer otherwise.
func (r *request) instead(d draft, otherwise func() error) error {
	if d.shown {
		if err := r.emit(Event{EventStatus, Status{StageReplaced}}); err != nil {
			return err
		}
	}
	return otherwise()
}

// A draft is a model's text as far as it came.
type draft struct {
	guard  *guard
	shown  bool // something of it has been emitted
	leaked bool
}

// unusable says why the text cannot be the answer, and the key of what the asker is told; empty where it can.
func (d draft) unusable(err error) (reason, key string) {
	switch {
	case d.leaked:
		return FallbackLeak, "answer.notice.model_unsourced"
	case d.guard.refused && len(d.guard.cited) == 0 && (err == nil || errors.Is(err, errEnough)):
		return "", ""
	case errors.Is(err, ErrSpent):
		return FallbackSpent, "answer.notice.spent"
	case err != nil: // a text without its end too: what is missing may take back what is there
		return FallbackFailed, "answer.notice.model_failed"
	case len(d.guard.cited) == 0:
		return FallbackUnsourced, "answer.notice.model_unsourced"
	}
	return "", ""
}

// stream runs the model and emits its text, guarded.
func (r *request) stream(ctx context.Context, p Prompt, sources int) (draft, error) {
	d := draft{guard: &guard{sources: sources}}
	leak := newLeakDetector(p.System)
	show := func(text string) error {
		if !d.shown {
			text = strings.TrimLeft(text, " \t\n")
		}
		if text == "" {
			return nil
		}
		d.shown = true
		return r.emit(Event{EventDelta, Delta{text}})
	}
	first := true
	err := r.config.Model.Stream(ctx, p, func(piece string) error {
		if first && piece != "" {
			first = false
			r.answer.Timings.FirstTokenMS = max(1, r.since(r.start))
		}
		if d.leaked = leak.write(piece); d.leaked {
			return errEnough
		}
		text := d.guard.write(piece)
		if d.guard.refused && !d.shown && strings.TrimSpace(text) == "" {
			return errEnough
		}
		return show(text)
	})
	if d.leaked || d.guard.refused && errors.Is(err, errEnough) {
		return d, err
	}
	if rest := d.guard.close(); err == nil {
		if d.leaked = leak.check(); d.leaked {
			return d, err
		}
		if showErr := show(rest); showErr != nil {
			return d, showErr
		}
	}
	return d, err
}

// fitting returns the hits that a prompt has room for, the best first; always one.
func fitting(hits []retrieval.Hit) []retrieval.Hit {
	tokens := 0
	for i, h := range hits {
		tokens += lang.Tokens(h.Text)
		if i > 0 && tokens > passageTokens || i == maxPassages {
			return hits[:i]
		}
	}
	return hits
}

func promptOf(question string, hits []retrieval.Hit) prompts.AnswerRequest {
	request := prompts.AnswerRequest{Question: question, Boundary: rand.Text()}
	for i, h := range hits {
		request.Passages = append(request.Passages, prompts.Passage{
			N: i + 1, Title: h.Title, Heading: h.Heading, Lang: h.Lang, Page: h.Page, Text: h.Text,
		})
	}
	return request
}

// cite makes the citations of the sources that the text names, in the order of their numbers' first use.
func (r *request) cite(ctx context.Context, cited []int, sent []retrieval.Hit) error {
	for _, n := range cited {
		h := sent[n-1]
		span := r.supporting(ctx, citingSentence(r.answer.Text, n), h)
		c := citation(n, h, span.Start, span.End)
		r.answer.Citations = append(r.answer.Citations, c)
		if err := r.emit(Event{EventCitation, c}); err != nil {
			return err
		}
	}
	return nil
}
