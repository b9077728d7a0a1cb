package slackbot

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/slack-go/slack"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

const (
	actionFeedback = "feedback"
	feedbackUp     = "up:"
	feedbackDown   = "down:"
	// surface is where feedback of Slack is kept: the last word of it counts, whoever's it is.
	surface = "slack"

	callbackReason = "reason"
	blockReason    = "reason"
	// reasonChars is what a reason may have; the web allows as many.
	reasonChars = 1000
)

// onInteraction takes a click, a shortcut or a form, and returns what its acknowledgement says. An error means that it was
// not taken.
func (b *Bot) onInteraction(ctx context.Context, i slack.InteractionCallback) (reply any, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), b.Times.Accept)
	defer cancel()
	m := message{Kind: kindAsk, Team: i.Team.ID, Channel: i.Channel.ID, User: i.User.ID, Self: b.identity().User, Direct: strings.HasPrefix(i.Channel.ID, "D")}
	switch i.Type {
	case slack.InteractionTypeBlockActions:
		for _, a := range i.ActionCallback.BlockActions {
			if err := b.onAction(ctx, i, m, *a); err != nil {
				return nil, err
			}
		}
	case slack.InteractionTypeMessageAction:
		// The bot's own answers and other bots' words are neither questions nor what people said.
		if m.TS, m.Thread, m.Text = i.Message.Timestamp, i.Message.ThreadTimestamp, i.Message.Text; i.Message.BotID != "" || m.TS == "" {
			return nil, nil
		}
		if i.CallbackID == ShortcutKeep && b.Curator != nil {
			b.askWhatToKeep(ctx, i, m)
			return nil, nil
		}
		if i.CallbackID != ShortcutAnswer {
			return nil, nil
		}
		if m.Thread == "" {
			m.Thread = m.TS
		}
		return nil, b.accept(ctx, m, retrieval.Delivery{
			Keys: []string{"m:" + lane(m.Team, m.Channel, m.TS)}, Lane: lane(m.Team, m.Channel, m.Thread), Place: m.TS, Joins: lane(m.Team, m.Channel, m.Thread),
		})
	case slack.InteractionTypeViewSubmission:
		switch {
		case i.View.State == nil:
		case i.View.CallbackID == callbackKeep && b.Curator != nil:
			return b.keep(ctx, m, i.View.State.Values)
		case i.View.CallbackID == callbackReason:
			channel, answer, _ := strings.Cut(i.View.PrivateMetadata, " ")
			m.Channel, m.Direct = channel, strings.HasPrefix(channel, "D")
			reason := strings.TrimSpace(lang.Clean(i.View.State.Values[blockReason][blockReason].Value))
			return nil, b.feedback(ctx, m, retrieval.Feedback{Answer: answer, Reason: lang.Truncate(reason, reasonChars)})
		}
	}
	return nil, nil
}

func (b *Bot) onAction(ctx context.Context, i slack.InteractionCallback, m message, a slack.BlockAction) error {
	if l, ok := strings.CutPrefix(a.ActionID, actionLang); ok {
		chosen := lang.Lang(l)
		if l == langOwn {
			chosen = ""
		} else if !chosen.Valid() {
			return nil
		}
		if err := b.People.SetPersonLang(ctx, personKey(m.Team, m.User), chosen); err != nil {
			return err
		}
		m.Kind, m.Direct = kindHome, true
		return b.accept(ctx, m, retrieval.Delivery{
			Keys: []string{"i:" + i.TriggerID}, Lane: lane(m.Team, m.User, m.Kind), Place: a.ActionTs,
		})
	}
	if a.ActionID != actionFeedback {
		return nil
	}
	if answer, up := strings.CutPrefix(a.Value, feedbackUp); up {
		return b.feedback(ctx, m, retrieval.Feedback{Answer: answer, Up: true})
	}
	answer, down := strings.CutPrefix(a.Value, feedbackDown)
	if !down {
		return nil
	}
	err := b.feedback(ctx, m, retrieval.Feedback{Answer: answer})
	b.askWhy(ctx, i.TriggerID, m, answer)
	return err
}

// feedback keeps what somebody thinks of an answer. One that they may not see is none of theirs.
func (b *Bot) feedback(ctx context.Context, m message, f retrieval.Feedback) error {
	f.Surface = surface
	if f.Answer == "" || len(f.Answer) > 64 {
		return nil
	}
	looking, cancel := context.WithTimeout(ctx, b.Times.Look/4)
	defer cancel()
	err := b.Feedback.SaveFeedback(ctx, retrieval.Filter{Audiences: b.heard(looking, m), Now: b.Now()}, f)
	if errors.Is(err, retrieval.ErrNotFound) {
		b.Log.InfoContext(ctx, "feedback on an answer that its reader may not see, or that is gone")
		return nil
	}
	if err != nil {
		return fmt.Errorf("keep feedback: %w", err)
	}
	return nil
}

// heard is what somebody may have been answered: in the channel, or alone.
func (b *Bot) heard(ctx context.Context, m message) []retrieval.Audience {
	if all := b.audiences(ctx, m); len(all) > 1 || m.Direct {
		return all
	}
	m.Kind = kindCommand // answered to them alone in that channel
	return b.audiences(ctx, m)
}

// beside does what does not hold up an acknowledgement, within the time that a click may open a form.
func (b *Bot) beside(ctx context.Context, do func(context.Context)) {
	ctx = context.WithoutCancel(ctx)
	b.detached.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				b.Log.ErrorContext(ctx, "opening a form panicked", "panic", p, "stack", string(debug.Stack()))
			}
		}()
		ctx, cancel := context.WithTimeout(ctx, b.Times.Form)
		defer cancel()
		do(ctx)
	})
}

// askWhy opens the form that asks what was wrong.
func (b *Bot) askWhy(ctx context.Context, trigger string, m message, answer string) {
	if trigger == "" {
		return
	}
	b.beside(ctx, func(ctx context.Context) {
		words := b.words(b.language(ctx, m, ""))
		input := slack.NewPlainTextInputBlockElement(nil, blockReason).WithMultiline(true).WithMaxLength(reasonChars)
		_, err := b.api.slack.OpenViewContext(ctx, trigger, slack.ModalViewRequest{
			Type: slack.VTModal, CallbackID: callbackReason, PrivateMetadata: m.Channel + " " + answer,
			Title: plainText(words.T("slack.reason.title")), Submit: plainText(words.T("slack.reason.send")), Close: plainText(words.T("slack.reason.close")),
			Blocks: slack.Blocks{BlockSet: []slack.Block{slack.NewInputBlock(blockReason, plainText(words.T("slack.reason.label")), nil, input)}},
		})
		if err != nil {
			b.Log.InfoContext(ctx, "no reason was asked for", "error", err)
		}
	})
}
