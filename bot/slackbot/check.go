package slackbot

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"osmanthus/bot/locale"
)

// Check asks Slack about the tokens and returns the workspace's name, or a sentence on what is wrong and how to mend it.
func Check(ctx context.Context, c Config, words locale.Printer) (workspace string, err error) {
	a := newAPI(c)
	r, err := a.slack.AuthTestContext(ctx)
	if code := codeOf(err); revoked(code) {
		return "", errors.New(words.T("slack.doctor.revoked", "code", code))
	}
	if err != nil {
		return "", fmt.Errorf("ask Slack: %w", err)
	}
	if missing := missingScopes(r.Header.Get(scopesHeader)); len(missing) > 0 {
		return "", errors.New(words.T("slack.doctor.scopes", "scopes", strings.Join(missing, ", ")))
	}
	if c.AppToken != "" {
		if _, _, err := a.slack.StartSocketModeContext(ctx); err != nil {
			return "", errors.New(words.T("slack.doctor.app_token", "code", err))
		}
	}
	if c.StaffGroup != "" {
		if _, err := a.slack.GetUserGroupMembersContext(ctx, c.StaffGroup); err != nil {
			return "", errors.New(words.T("slack.doctor.staff_group", "group", c.StaffGroup, "code", err))
		}
	}
	for _, channel := range c.StaffChannels {
		if err := reachable(ctx, a, channel); err != nil {
			return "", errors.New(words.T("slack.doctor.channel", "channel", channel, "code", err))
		}
	}
	return r.Team, nil
}

// reachable says why the bot cannot write in a channel.
func reachable(ctx context.Context, a *api, channel string) error {
	c, err := a.slack.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: channel})
	switch {
	case err != nil:
		return err
	case c.IsArchived:
		return errors.New("is_archived")
	case !c.IsMember:
		return errors.New("not_in_channel")
	}
	return nil
}
