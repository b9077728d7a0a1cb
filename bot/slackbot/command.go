package slackbot

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/slack-go/slack"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/retrieval"
)

// maxResponses is how often Slack takes something at one response URL.
const maxResponses = 5

// answerCommand answers a slash command to its asker alone, in the place of the word that it was accepted.
func (b *Bot) answerCommand(ctx context.Context, d retrieval.Delivery, m message) (failure string, err error) {
	q := bot.Question{
		Text: m.Text, Lang: b.language(ctx, m, m.Text), Mode: m.Mode, Client: personKey(m.Team, m.User), Audiences: b.audiences(ctx, m),
	}
	if m.Mode == "summary" && m.Text == "" {
		q.Text = b.words(q.Lang).T("slack.summary_of_all")
	}
	words := bot.WordsFor(b.Catalog, q)
	if d.Deaths >= deathsMost {
		return failedTries, b.respond(ctx, m, words, []part{plain(words.T("slack.apology"))})
	}
	if d.Tries == 1 && !b.asks.allow(q.Client) {
		return failedTooMany, b.respond(ctx, m, words, []part{plain(words.T("web.error.too_many"))})
	}
	answer, err := b.ask(ctx, q, nil)
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	parts, failure := b.told(ctx, answer, err, words)
	return failure, b.respond(ctx, m, words, parts)
}

// respond shows parts to the asker alone, the first in the place of the word that a command was accepted.
func (b *Bot) respond(ctx context.Context, m message, words locale.Printer, parts []part) error {
	if !b.api.ours(m.ResponseURL) {
		return errors.New("the response URL is not of Slack")
	}
	for i, p := range parts[:min(len(parts), maxResponses)] {
		options := []slack.MsgOption{
			slack.MsgOptionText(p.preview(words), false), slack.MsgOptionBlocks(b.blocks(p, words, false)...),
			slack.MsgOptionResponseURL(m.ResponseURL, slack.ResponseTypeEphemeral),
		}
		if i == 0 && m.Kind == kindCommand {
			options = append(options, slack.MsgOptionReplaceOriginal(m.ResponseURL))
		}
		err := b.api.try(ctx, keyReply, func() error {
			_, _, _, err := b.api.slack.SendMessageContext(ctx, m.Channel, options...)
			return err
		})
		var status slack.StatusCodeError
		if errors.As(err, &status) && status.Code < http.StatusInternalServerError {
			b.Log.WarnContext(ctx, "a command's answer came too late for Slack", "status", status.Code)
			return nil
		}
		var failed *url.Error
		if errors.As(err, &failed) { // its text has the address, which whoever knows it may post to
			err = failed.Err
		}
		if err != nil {
			return fmt.Errorf("answer a command: %w", err)
		}
	}
	return nil
}

// help is what the bot can do, in Markdown.
func (b *Bot) help(words locale.Printer) string {
	return strings.Join([]string{words.T("slack.help.ask"), words.T("slack.help.command"), words.T("slack.help.sources")}, "\n\n")
}
