package slackbot

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"osmanthus/bot"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// onEvent takes an event. An error means that it is not stored, and must be delivered again. What concerns nobody, and
// what cannot be read, is taken and left out: Slack stops delivering to those who refuse.
func (b *Bot) onEvent(ctx context.Context, e slackevents.EventsAPIEvent) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), b.Times.Accept)
	defer cancel()
	outer, ok := e.Data.(*slackevents.EventsAPICallbackEvent)
	if !ok {
		if limited, ok := e.Data.(*slackevents.EventsAPIAppRateLimited); ok {
			b.Log.WarnContext(ctx, "Slack delivers no more events for now: the workspace has more than 30,000 an hour", "minute", limited.MinuteRateLimited)
		}
		return nil
	}
	m := message{Kind: kindAsk, Team: outer.TeamID, External: outer.IsExtSharedChannel, Self: b.identity().User}
	for _, a := range outer.Authorizations {
		if a.IsBot {
			m.Self = a.UserID
		}
	}
	key := "e:" + outer.EventID
	switch in := e.InnerEvent.Data.(type) {
	case *slackevents.AppMentionEvent:
		if in.BotID != "" || in.Edited != nil {
			return nil
		}
		m.Channel, m.User, m.TS, m.Thread, m.Text = in.Channel, in.User, in.TimeStamp, in.ThreadTimeStamp, in.Text
		return b.onMessage(ctx, m, key, false)
	case *slackevents.MessageEvent:
		if in.SubType != "" && in.SubType != "file_share" || in.BotID != "" || in.Message != nil && in.Message.Edited != nil {
			return nil
		}
		m.Channel, m.User, m.TS, m.Thread, m.Text, m.Direct = in.Channel, in.User, in.TimeStamp, in.ThreadTimeStamp, in.Text, in.IsIM()
		named := mentions(in.Text, m.Self)
		if !m.Direct && !named && (m.Thread == "" || mentions(in.Text, "")) {
			return nil // people among themselves
		}
		return b.onMessage(ctx, m, key, !m.Direct && !named)
	case *slackevents.AppHomeOpenedEvent:
		m.Kind, m.Channel, m.User, m.Direct = kindHome, in.Channel, in.User, true
		if in.Tab == "messages" {
			m.Kind = kindPrompts
		}
		return b.accept(ctx, m, retrieval.Delivery{Keys: []string{key}, Lane: lane(m.Team, m.User, m.Kind), Place: in.EventTimeStamp})
	case *slackevents.AssistantThreadStartedEvent: // of apps that are not agents
		t := in.AssistantThread
		m.Kind, m.Channel, m.User, m.Thread, m.Direct = kindPrompts, t.ChannelID, t.UserID, t.ThreadTimeStamp, true
		return b.accept(ctx, m, retrieval.Delivery{Keys: []string{key}, Lane: lane(m.Team, m.User, m.Kind), Place: t.ThreadTimeStamp})
	case *slackevents.AgentSessionStoppedEvent:
		return b.Inbox.StopLane(ctx, lane(m.Team, in.Channel, in.ThreadTimestamp))
	}
	return nil
}

// onMessage takes a question. follows is set where it concerns us only in a thread that we are in.
func (b *Bot) onMessage(ctx context.Context, m message, key string, follows bool) error {
	if m.User == "" || m.User == m.Self || m.User == "USLACKBOT" || m.TS == "" {
		return nil
	}
	if m.Thread == "" {
		m.Thread = m.TS
	}
	d := retrieval.Delivery{Keys: []string{key, "m:" + lane(m.Team, m.Channel, m.TS)}, Lane: lane(m.Team, m.Channel, m.Thread), Place: m.TS}
	if m.Follow = follows; follows {
		d.Follows = d.Lane
	} else {
		d.Joins = d.Lane
	}
	return b.accept(ctx, m, d)
}

// accept stores a delivery.
func (b *Bot) accept(ctx context.Context, m message, d retrieval.Delivery) error {
	if len(m.Text) > maxBody {
		return nil
	}
	raw, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("write a delivery: %w", err)
	}
	d.Payload = raw
	_, err = b.Inbox.AcceptDelivery(ctx, d)
	return err
}

// onCommand takes a slash command and returns what its asker is shown at once.
func (b *Bot) onCommand(ctx context.Context, c slack.SlashCommand) map[string]any {
	ctx = context.WithoutCancel(ctx)
	mode, asked, help := command(question(c.Text, b.identity().User))
	m := message{
		Kind: kindCommand, Team: c.TeamID, Channel: c.ChannelID, User: c.UserID, Text: asked, Mode: mode, ResponseURL: c.ResponseURL,
	}
	key := "web.chat.searching"
	switch {
	case help:
	case !b.api.ours(c.ResponseURL) || c.TriggerID == "":
		key = "error.internal"
	default:
		accepting, cancel := context.WithTimeout(ctx, b.Times.Accept)
		defer cancel()
		err := b.accept(accepting, m, retrieval.Delivery{
			Keys: []string{"c:" + c.TriggerID}, Lane: lane(c.TeamID, c.UserID, c.TriggerID), Place: c.TriggerID,
		})
		if err != nil { // Slack does not deliver a command again
			b.Log.WarnContext(ctx, "a command was not taken", "error", err)
			key = "error.search_down"
		}
	}
	looking, cancel := context.WithTimeout(ctx, b.Times.Look/4)
	defer cancel()
	words := b.words(b.language(looking, m, asked))
	if telling(asked) {
		words = b.words(lang.Detect(asked))
	}
	if help {
		return ephemeral(b.help(words))
	}
	return ephemeral(render(words.T(key)))
}

// ephemeral is a message that only its reader sees, of Markdown that is ours.
func ephemeral(markdown string) map[string]any {
	return map[string]any{
		"response_type": slack.ResponseTypeEphemeral, "text": mrkdwn(bot.Plain(markdown)),
		"blocks": []slack.Block{slack.NewMarkdownBlock("", markdown)},
	}
}
