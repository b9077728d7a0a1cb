package slackbot

import (
	"context"
	"slices"
	"time"

	"github.com/slack-go/slack"

	"osmanthus/bot/locale"
	"osmanthus/retrieval/lang"
)

const (
	// statusTime bounds setting or clearing the status; an answer does not wait for it.
	statusTime = 5 * time.Second
	// titleChars is how much of a question is the title of its conversation.
	titleChars = 60
)

// appCodes say that a method is not for this app at all, rather than not for this channel.
func appCodes(code string) bool {
	return slices.Contains([]string{"unknown_method", "missing_scope", "not_allowed_token_type", "access_denied", "feature_not_enabled", "not_an_agent", "method_deprecated"}, code)
}

// busy tells the thread that its question is being worked on, and returns what takes that back. In apps that are agents
// the session has a status, with Slack's own stop button; in others the thread has.
func (b *Bot) busy(ctx context.Context, m message, words locale.Printer) (done func(context.Context)) {
	set := make(chan func(context.Context), 1)
	go func() {
		clear := func(context.Context) {}
		defer func() {
			if p := recover(); p != nil {
				b.Log.ErrorContext(ctx, "the status panicked", "panic", p)
			}
			set <- clear
		}()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), statusTime)
		defer cancel()
		clear = b.setBusy(ctx, m, words)
	}()
	return func(ctx context.Context) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), statusTime)
		defer cancel()
		(<-set)(ctx)
	}
}

func (b *Bot) setBusy(ctx context.Context, m message, words locale.Printer) (clear func(context.Context)) {
	if !b.noSessions.Load() {
		status := slack.AgentSessionSetStatusParameters{
			Status: slack.AgentSessionStatusProcessing, ChannelID: m.Channel, ThreadTS: m.Thread, InitiatorUserID: m.User,
			Title: lang.Truncate(question(m.Text, m.Self), titleChars),
		}
		_, err := b.api.slack.SetAgentSessionStatusContext(ctx, status)
		if err == nil {
			return func(ctx context.Context) {
				_, err := b.api.slack.SetAgentSessionStatusContext(ctx, slack.AgentSessionSetStatusParameters{
					Status: slack.AgentSessionStatusActive, ChannelID: m.Channel, ThreadTS: m.Thread,
				})
				b.statusFailed(ctx, err)
			}
		}
		if appCodes(codeOf(err)) {
			b.noSessions.Store(true)
		} else {
			b.statusFailed(ctx, err)
		}
	}
	if b.noThreads.Load() {
		return func(context.Context) {}
	}
	// slack-go parts loading messages by commas: there is one, without any.
	err := b.api.slack.SetAssistantThreadsStatusContext(ctx, slack.AssistantThreadsSetStatusParameters{
		ChannelID: m.Channel, ThreadTS: m.Thread, Status: words.T("slack.status"), LoadingMessages: []string{words.T("web.chat.searching")},
	})
	if appCodes(codeOf(err)) {
		b.noThreads.Store(true)
	}
	b.statusFailed(ctx, err)
	if err != nil {
		return func(context.Context) {}
	}
	return func(ctx context.Context) {
		b.statusFailed(ctx, b.api.slack.SetAssistantThreadsStatusContext(ctx, slack.AssistantThreadsSetStatusParameters{ChannelID: m.Channel, ThreadTS: m.Thread}))
	}
}

func (b *Bot) statusFailed(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		b.Log.InfoContext(ctx, "the status was not shown", "error", err)
	}
}
