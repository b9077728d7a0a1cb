package slackbot

import (
	"regexp"
	"strings"

	"osmanthus/retrieval/lang"
)

// The kinds of delivery.
const (
	kindAsk     = "ask"     // a question, answered in its thread
	kindCommand = "command" // a slash command, answered to its asker alone
	kindHome    = "home"    // somebody opened the home tab
	kindPrompts = "prompts" // somebody opened a conversation with the bot
)

// A message is what is kept of a delivery until it is dealt with: the payload of retrieval.Delivery.
type message struct {
	Kind     string `json:"kind"`
	Team     string `json:"team"`
	Channel  string `json:"channel"`
	User     string `json:"user"`
	TS       string `json:"ts,omitempty"`
	Thread   string `json:"thread,omitempty"` // the message that the thread is of; TS where it begins one
	Text     string `json:"text,omitempty"`
	Direct   bool   `json:"direct,omitempty"`   // the channel is of the user and the bot alone
	Follow   bool   `json:"follow,omitempty"`   // said in a thread that the bot is in, without naming it
	External bool   `json:"external,omitempty"` // it is shared with another organisation
	Self     string `json:"self,omitempty"`     // the bot's user, as the event names it
	Mode     string `json:"mode,omitempty"`     // see bot.Question
	// ResponseURL is where a command is answered, for half an hour.
	ResponseURL string `json:"response_url,omitempty"`
}

// lane is of a thread: what is asked in it is answered in order, and is one conversation.
func lane(team, channel, thread string) string { return team + "/" + channel + "/" + thread }

// person is how somebody is known across channels.
func personKey(team, user string) string { return team + "/" + user }

var (
	userMention = regexp.MustCompile(`<@([A-Z0-9]+)(?:\|([^>]*))?>`)
	otherMarkup = regexp.MustCompile(`<(?:#[A-Z0-9]+\|([^>]*)|![^>|]*(?:\|([^>]*))?|[^@<>|]+\|([^>]+)|([^@#!<>|][^<>|]*))>`)
)

// mentions reports whether a text names the user; anyone, for the user "".
func mentions(text, user string) bool {
	for _, m := range userMention.FindAllStringSubmatch(text, -1) {
		if user == "" || m[1] == user {
			return true
		}
	}
	return false
}

// question is what a person wrote, without what Slack wraps names and links in and without the bot's own name.
func question(text, self string) string {
	text = userMention.ReplaceAllStringFunc(text, func(s string) string {
		m := userMention.FindStringSubmatch(s)
		if m[1] == self {
			return " "
		}
		return m[2]
	})
	text = otherMarkup.ReplaceAllStringFunc(text, func(s string) string {
		for _, part := range otherMarkup.FindStringSubmatch(s)[1:] {
			if part != "" {
				return part
			}
		}
		return ""
	})
	text = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&").Replace(text)
	return strings.TrimSpace(lang.Clean(text))
}

// asking matches what only a question has. What people say to each other in a thread that the bot is in is looked up all
// the same, but only a question is told that the documents do not say.
var asking = regexp.MustCompile(`(?i)[?？吗呢谁哪几]|什么|怎么|怎样|多少|为何|是否|有没有|\b(?:who|what|when|where|why|how|which|whose|is|are|was|were|do|does|did|can|could|will|would|may|should|has|have)\b`)

// The words of the command, in both languages.
var (
	askWords     = []string{"ask", "问", "提问"}
	whoWords     = []string{"who", "谁", "人物"}
	summaryWords = []string{"summary", "summarise", "summarize", "摘要", "总结", "概要"}
	helpWords    = []string{"help", "帮助", "?", "？"}
)

// command reads what follows the command's name: a mode of bot.Question and the question. Without one of its words, all
// of it is a question. help is reported where it is asked for, or nothing is.
func command(text string) (mode, asked string, help bool) {
	text = strings.TrimSpace(text)
	word, rest, _ := strings.Cut(text, " ")
	word, rest = strings.ToLower(word), strings.TrimSpace(rest)
	is := func(words []string) bool {
		for _, w := range words {
			if word == w {
				return true
			}
		}
		return false
	}
	switch {
	case text == "" || is(helpWords) && rest == "":
		return "", "", true
	case is(askWords):
		return "", rest, rest == ""
	case is(whoWords):
		return "people", rest, rest == ""
	case is(summaryWords):
		return "summary", rest, false
	}
	return "", text, false
}
