package slackbot_test

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/slack-go/slack"
	"go.yaml.in/yaml/v4"

	"osmanthus/bot/slackbot"
	"osmanthus/bot/slackbot/slackfake"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// S26: the manifest asks for what the code uses, no less and no more.
func TestManifest(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../deploy/slack-manifest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var m slack.Manifest
	d := yaml.NewDecoder(bytes.NewReader(content))
	d.KnownFields(true)
	if err := d.Decode(&m); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(slackbot.Scopes(), m.OAuthConfig.Scopes.Bot); diff != "" {
		t.Errorf("scopes (-code +manifest):\n%s", diff)
	}
	if diff := cmp.Diff(slackbot.Events(), m.Settings.EventSubscriptions.BotEvents); diff != "" {
		t.Errorf("events (-code +manifest):\n%s", diff)
	}
	for what, pair := range map[string][2]string{
		"events":       {m.Settings.EventSubscriptions.RequestUrl, slackbot.PathEvents},
		"interactions": {m.Settings.Interactivity.RequestUrl, slackbot.PathInteractions},
		"command":      {m.Features.SlashCommands[0].Url, slackbot.PathCommands},
	} {
		if !strings.HasSuffix(pair[0], ".org"+pair[1]) {
			t.Errorf("%s go to %s, the code takes them at %s", what, pair[0], pair[1])
		}
	}
	if len(m.Features.SlashCommands) != 1 || m.Features.SlashCommands[0].Command != slackbot.CommandName {
		t.Errorf("commands %+v", m.Features.SlashCommands)
	}
	var shortcuts []string
	for _, c := range m.Features.Shortcuts {
		shortcuts = append(shortcuts, string(c.Type)+" "+c.CallbackID)
		if utf8.RuneCountInString(c.Name) > 24 {
			t.Errorf("the shortcut's name %q is longer than Slack takes", c.Name)
		}
	}
	if diff := cmp.Diff([]string{"message " + slackbot.ShortcutAnswer, "message " + slackbot.ShortcutKeep}, shortcuts); diff != "" {
		t.Errorf("shortcuts (-code +manifest):\n%s", diff)
	}
	agent := m.Features.AgentView
	if agent == nil || utf8.RuneCountInString(agent.AgentDescription) > 300 || len(agent.SuggestedPrompts) == 0 || len(agent.SuggestedPrompts) > 4 || m.Features.AssistantView != nil {
		t.Errorf("agent view %+v", agent)
	}
	if !m.Features.AppHome.HomeTabEnabled || !m.Features.AppHome.MessagesTabEnabled || m.Features.AppHome.MessagesTabReadOnlyEnabled || !m.Settings.Interactivity.IsEnabled {
		t.Error("the tabs or the interactions are off")
	}
	// What was called in a conversation with everything in it is what the scopes are for.
	if n := len(slackbot.Scopes()); !slices.IsSorted(slackbot.Scopes()) || n != len(slices.Compact(slackbot.Scopes())) {
		t.Error("the scopes are not sorted, or one stands twice")
	}
}

// A token that lacks a scope is told of when the bot starts.
func TestMissingScope(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	fake.SetScopes(slices.DeleteFunc(slackbot.Scopes(), func(s string) bool { return s == "im:history" })...)
	r := start(t, fake, store, quoting())
	until(t, "the missing scope is logged", func() bool { return strings.Contains(r.log.String(), "missing=[im:history]") })
	revoked := newFake(t)
	revoked.Fail("auth.test", slackfake.Fault{Times: -1, Code: "token_revoked"})
	other := start(t, revoked, store, quoting())
	until(t, "the revoked token is logged", func() bool { return strings.Contains(other.log.String(), "code=token_revoked") })
}
