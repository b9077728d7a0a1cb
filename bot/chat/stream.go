package chat

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"osmanthus/bot"
)

const (
	// maxEmpty is how many events in a row may bring nothing; some servers send one as a greeting and one at the end.
	maxEmpty = 200
	// maxText bounds, in bytes, a whole text with its thinking.
	maxText = 1 << 20
	// farewell is how long the end of the stream may take after the text was said to be over: the text counts then,
	// and waiting lets the connection serve again.
	farewell = 500 * time.Millisecond
)

// A watchdog cancels a request whose time has run out.
type watchdog struct {
	cancel context.CancelCauseFunc
	timer  *time.Timer
}

func watch(cancel context.CancelCauseFunc, d time.Duration) *watchdog {
	return &watchdog{cancel: cancel, timer: time.AfterFunc(d, func() { cancel(errFirstToken) })}
}

func (w *watchdog) stop() { w.timer.Stop() }

// restart gives the next piece d to come.
func (w *watchdog) restart(d time.Duration) {
	w.timer.Stop()
	w.timer = time.AfterFunc(d, func() { w.cancel(errIdle) })
}

// A reader takes one stream apart.
type reader struct {
	stream *openai.ChatCompletionStream
	seen   *exchange
	watch  *watchdog
	idle   time.Duration
	delta  func(string) error

	thinking thinkFilter
	size     int
	empty    int  // events in a row without content
	shown    bool // delta was called
	finish   openai.FinishReason
	usage    bot.Usage // zero where the server has not said
}

// read passes on the text until it is over. It returns an *Error where the stream broke.
func (r *reader) read() error {
	for {
		event, err := r.stream.Recv()
		switch {
		case err == nil:
			if u := event.Usage; u != nil && u.PromptTokens+u.CompletionTokens > 0 {
				r.usage = bot.Usage{Prompt: u.PromptTokens, Completion: u.CompletionTokens}
			}
		case r.finish != "":
			return r.ended() // the text was over; how the rest broke does not matter
		case errors.Is(err, io.EOF) && r.seen.done:
			return r.ended()
		case errors.Is(err, io.EOF):
			return r.broken("stream ended before the text did", err)
		default:
			return r.broken("stream broke", err)
		}
		if len(event.Choices) == 0 || r.finish != "" {
			if err := r.nothing(); err != nil {
				return err
			}
			continue
		}
		choice := event.Choices[0]
		if choice.Delta.Content == "" && choice.Delta.ReasoningContent == "" {
			if err := r.nothing(); err != nil {
				return err
			}
		} else {
			r.empty = 0
			if err := r.pass(choice.Delta); err != nil {
				return err
			}
		}
		if choice.FinishReason != "" && choice.FinishReason != openai.FinishReasonNull {
			r.finish = choice.FinishReason
			r.watch.restart(farewell)
		}
	}
}

// nothing counts an event without content: the clock runs on.
func (r *reader) nothing() error {
	if r.empty++; r.empty > maxEmpty {
		return r.broken("nothing but empty events", nil)
	}
	return nil
}

// pass gives the piece to the caller. The time the caller takes is not the server's.
func (r *reader) pass(d openai.ChatCompletionStreamChoiceDelta) error {
	r.watch.stop()
	if r.size += len(d.Content) + len(d.ReasoningContent); r.size > maxText {
		return r.broken("text without end", nil)
	}
	if err := r.show(r.thinking.write(d.Content)); err != nil {
		return err
	}
	r.watch.restart(r.idle)
	return nil
}

func (r *reader) show(text string) error {
	if text == "" {
		return nil
	}
	r.shown = true
	if err := r.delta(text); err != nil {
		return fmt.Errorf("chat stream: %w", err)
	}
	return nil
}

// ended judges a text that is over.
func (r *reader) ended() error {
	r.watch.stop()
	if err := r.show(r.thinking.close()); err != nil {
		return err
	}
	switch {
	case r.finish == openai.FinishReasonLength:
		if !r.shown {
			return r.broken("no text but thinking before the limit of tokens", bot.ErrTruncated)
		}
		return fmt.Errorf("chat stream: %w", bot.ErrTruncated)
	case r.finish == openai.FinishReasonContentFilter:
		return r.broken("text withheld by the server's filter", nil)
	case !r.shown:
		return r.broken("empty text", nil)
	}
	return nil
}

func (r *reader) broken(reason string, err error) error {
	e := &Error{Status: 0, Reason: reason, Err: err}
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bot.ErrTruncated) {
		// Not the error's own words: a line that is no JSON is quoted there, and it may hold what was said.
		var limit limitError
		if errors.As(err, &limit) {
			e.detail = limit.Error()
		}
	}
	// A connection that broke before anything was shown may do better the second time.
	e.retry = !r.shown && r.size == 0 && errors.Is(err, io.ErrUnexpectedEOF)
	return e
}

// A thinkFilter leaves out what a model puts between <think> and </think> before its answer.
type thinkFilter struct {
	state   thinkState
	pending string
}

type thinkState int

const (
	thinkUnknown thinkState = iota // the text has not begun
	thinkInside
	thinkOver
)

const (
	thinkOpen  = "<think>"
	thinkClose = "</think>"
)

func (f *thinkFilter) write(piece string) string {
	if f.state == thinkOver {
		return piece
	}
	f.pending += piece
	if f.state == thinkUnknown {
		text := strings.TrimLeft(f.pending, " \t\r\n")
		switch {
		case strings.HasPrefix(text, thinkOpen):
			f.state, f.pending = thinkInside, text[len(thinkOpen):]
		case strings.HasPrefix(thinkOpen, text):
			return "" // may still become the tag
		default:
			return f.release(f.pending)
		}
	}
	if _, after, ok := strings.Cut(f.pending, thinkClose); ok {
		f.state, f.pending = thinkUnknown, "" // one block may follow another
		return f.write(after)
	}
	f.pending = f.pending[max(0, len(f.pending)-len(thinkClose)):]
	return ""
}

func (f *thinkFilter) release(text string) string {
	f.state, f.pending = thinkOver, ""
	return text
}

// close returns what was held back in doubt: thinking without an end is still thinking.
func (f *thinkFilter) close() string {
	if f.state != thinkUnknown {
		return ""
	}
	return f.release(strings.TrimSpace(f.pending))
}
