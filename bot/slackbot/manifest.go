package slackbot

// Scopes are what the bot may do, each with the calls that need it. deploy/slack-manifest.yaml asks for the same, which a
// test holds.
func Scopes() []string {
	return []string{
		"app_mentions:read", // the event app_mention
		"assistant:write",   // suggested prompts; Slack adds it to every agent
		"channels:history",  // the event message.channels, conversations.replies
		"channels:read",     // conversations.info
		"chat:write",        // chat.*, the status
		"commands",          // /seminar and the shortcut
		"groups:history",    // the same of private channels
		"groups:read",
		"im:history", // the event message.im, conversations.replies
		"im:read",
		"usergroups:read", // usergroups.users.list
		"users:read",      // users.info
	}
}

// Events are what the bot subscribes to.
func Events() []string {
	return []string{
		"agent_session_stopped",
		"app_home_opened",
		"app_mention",
		"message.channels",
		"message.groups",
		"message.im",
	}
}

// The names that the manifest and the code must agree on.
const (
	CommandName      = "/seminar"
	ShortcutAnswer   = "answer_this"
	ShortcutKeep     = "keep_answer"
	PathEvents       = "/slack/events"
	PathInteractions = "/slack/interactions"
	PathCommands     = "/slack/commands"
)
