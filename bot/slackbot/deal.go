package slackbot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

const (
	// deathsMost is how many processes may die over a question before its asker is told that it cannot be answered.
	deathsMost = 3
	// triesAtAll is how often Slack is tried. With the waits between, that is two hours.
	triesAtAll = 30
	// endTime is what is left for the end of an answer whose process is told to stop.
	endTime = 10 * time.Second
)

// The failures in Outcome.Failure besides bot's codes and Slack's.
const (
	failedTries   = "tries"
	failedUnread  = "unread"
	failedPanic   = "panic"
	failedStopped = "stopped"
	failedTooMany = "too_many"
)

// deal deals with one delivery. An error means that it comes again.
func (b *Bot) deal(ctx context.Context, d retrieval.Delivery) error {
	start := b.Now()
	var m message
	if err := json.Unmarshal(d.Payload, &m); err != nil {
		b.Log.ErrorContext(ctx, "a delivery cannot be read and is left out", "delivery", d.ID, "error", err)
		b.Observe(Outcome{Failure: failedUnread})
		return nil
	}
	failure, err := b.dealWith(ctx, d, m)
	switch code := codeOf(err); {
	case err == nil:
	case ctx.Err() != nil:
		return err
	case unreachable(code):
		b.Log.ErrorContext(ctx, "Slack does not let the bot answer there: invite it, or install the app again", "channel", m.Channel, "code", code)
		failure = code
	case d.Tries >= triesAtAll:
		b.Log.ErrorContext(ctx, "Slack was not reached, an answer was given up", "delivery", d.ID, "tries", d.Tries, "error", err)
		failure = failedTries
	default:
		return err
	}
	b.Log.InfoContext(ctx, "dealt with a delivery of Slack", "delivery", d.ID, "kind", m.Kind, "failure", failure, "tries", d.Tries)
	b.Observe(Outcome{Kind: m.Kind, Failure: failure, Took: b.Now().Sub(start)})
	return nil
}

func (b *Bot) dealWith(ctx context.Context, d retrieval.Delivery, m message) (failure string, err error) {
	switch m.Kind {
	case kindAsk:
		return b.answer(ctx, d, m)
	case kindCommand:
		return b.answerCommand(ctx, d, m)
	case kindHome:
		return "", b.publishHome(ctx, m)
	case kindPrompts:
		return "", b.suggest(ctx, m)
	}
	return failedUnread, nil
}

// answer answers a question in its thread.
func (b *Bot) answer(ctx context.Context, d retrieval.Delivery, m message) (failure string, err error) {
	asked := question(m.Text, m.Self)
	if asked != "" && d.Deaths < deathsMost {
		done := b.busy(ctx, m, b.words(lang.Detect(asked))) // before anything is looked up
		defer done(ctx)
	}
	q := bot.Question{
		Text: asked, Lang: b.language(ctx, m, asked), Conversation: d.Conversation, Mode: m.Mode,
		Client: personKey(m.Team, m.User), Audiences: b.audiences(ctx, m),
	}
	words := b.Catalog.For(q.Lang)
	if asked != "" {
		words = bot.WordsFor(b.Catalog, q)
	}
	r := b.newReply(d, m, words)
	if d.Tries > 1 && len(r.posted) == 0 { // whoever had it before us may have posted without writing it down
		if err := r.find(ctx); err != nil {
			return "", err
		}
	}
	if asked == "" {
		return "", r.finish(ctx, []part{{text: b.help(words)}})
	}
	if d.Deaths >= deathsMost {
		return failedTries, r.finish(ctx, []part{plain(words.T("slack.apology"))})
	}
	if d.Tries == 1 && !b.asks.allow(q.Client) {
		return failedTooMany, r.finish(ctx, []part{plain(words.T("web.error.too_many"))})
	}
	answer, err := b.shown(ctx, r, q)
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, retrieval.ErrTakenOver):
		return "", cause
	case errors.Is(cause, retrieval.ErrStopped):
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
		defer cancel()
		return failedStopped, r.halt(ending)
	case ctx.Err() != nil:
		ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
		defer cancel()
		r.pause(ending)
		return "", ctx.Err()
	}
	if answer.Conversation != "" && err == nil {
		if err := b.Posts.KeepConversation(ctx, d.Lane, answer.Conversation); err != nil {
			b.Log.WarnContext(ctx, "the thread's conversation is not kept", "error", err)
		}
	}
	if m.Follow && err == nil && answer.Kind == bot.KindNotFound && len(r.posted) == 0 && !asking.MatchString(asked) {
		return "", nil // "Thanks!", said to whoever is in the thread
	}
	parts, failure := b.told(ctx, answer, err, words)
	r.stale = r.stale || failure != "" // what was shown of it is not how the apology begins
	return failure, r.finish(ctx, parts)
}

// shown asks the assistant and shows the answer as it grows.
func (b *Bot) shown(ctx context.Context, r *reply, q bot.Question) (bot.Answer, error) {
	end := make(chan struct{})
	var show sync.WaitGroup
	show.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				b.Log.ErrorContext(ctx, "showing an answer panicked", "panic", p, "stack", string(debug.Stack()))
				r.mode, r.unsure = whole, true
			}
		}()
		r.show(ctx, end)
	})
	defer show.Wait()
	defer close(end)
	return b.ask(ctx, q, r.event)
}

// ask asks the assistant; a panic of it is a failure of this one question.
func (b *Bot) ask(ctx context.Context, q bot.Question, emit func(bot.Event) error) (answer bot.Answer, err error) {
	defer func() {
		if p := recover(); p != nil {
			b.Log.ErrorContext(ctx, "answering panicked", "panic", p, "stack", string(debug.Stack()))
			err = &bot.Error{Code: bot.CodeInternal, Err: fmt.Errorf("%s: %v", failedPanic, p)}
		}
	}()
	return b.Assistant.Ask(ctx, q, emit)
}

// told is what the asker reads: the answer, or a sentence on why there is none.
func (b *Bot) told(ctx context.Context, answer bot.Answer, err error, words locale.Printer) (parts []part, failure string) {
	if err == nil {
		return b.parts(answer, words), ""
	}
	said := bot.FailureOf(err, words)
	b.Log.WarnContext(ctx, "a question of Slack got no answer", "code", said.Code, "error", err)
	return []part{plain(said.Message)}, string(said.Code)
}
