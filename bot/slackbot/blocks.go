package slackbot

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/slack-go/slack"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/retrieval/lang"
)

const (
	// partChars is how much text one message takes: with its sources it stays below the 13,200 characters at which Slack
	// refuses a message although each block keeps its limit of 12,000.
	partChars = 9000
	// partSources and moreSources are how many sources stand under a text, and in a message of their own; sourceChars
	// bounds what is shown of each, so that with its address it takes some 250 characters.
	partSources = 12
	moreSources = 40
	sourceChars = 100
	// contextElements is how many elements Slack lets a context block have.
	contextElements = 10
	// previewChars is how much a notification tells.
	previewChars = 150
)

// A part is one message of an answer.
type part struct {
	text    string // Markdown as Slack reads it; may be empty
	sources []bot.Citation
	notes   []string // small print under the sources
	answer  string   // its id, where readers are asked what they think of it
}

// parts makes the messages of an answer: one, wherever Slack's limits allow.
func (b *Bot) parts(a bot.Answer, words locale.Printer) []part {
	text := a.Text
	if a.Notice != "" {
		text += "\n\n" + bot.Escape(a.Notice)
	}
	var out []part
	for _, t := range split(render(text), partChars) {
		out = append(out, part{text: t})
	}
	last := &out[len(out)-1]
	rest := a.Citations
	last.sources, rest = rest[:min(len(rest), partSources)], rest[min(len(rest), partSources):]
	for len(rest) > 0 {
		n := min(len(rest), moreSources)
		out = append(out, part{sources: rest[:n]})
		rest = rest[n:]
	}
	last = &out[len(out)-1]
	last.answer, last.notes = a.ID, []string{madeBy(a, words) + " · " + words.T("web.disclaimer")}
	return out
}

func madeBy(a bot.Answer, words locale.Printer) string {
	switch a.GeneratedBy {
	case bot.GeneratedByQuotes:
		return words.T("web.chat.by_quotes")
	case "organisers":
		return words.T("web.chat.by_organisers")
	}
	return words.T("web.chat.by_model", "model", a.GeneratedBy)
}

// blocks are what Slack shows of a part, without its text where a stream has shown that.
func (b *Bot) blocks(p part, words locale.Printer, streamed bool) []slack.Block {
	var out []slack.Block
	if p.text != "" && !streamed {
		out = append(out, slack.NewMarkdownBlock("", p.text))
	}
	var small []slack.MixedElement
	for _, c := range p.sources {
		small = append(small, slack.NewTextBlockObject(slack.MarkdownType, b.source(c, words), false, true))
	}
	for _, n := range p.notes {
		small = append(small, slack.NewTextBlockObject(slack.MarkdownType, mrkdwn(n), false, true))
	}
	for len(small) > 0 {
		n := min(len(small), contextElements)
		out = append(out, slack.NewContextBlock("", small[:n]...))
		small = small[n:]
	}
	if p.answer != "" {
		out = append(out, slack.NewContextActionsBlock("", slack.NewFeedbackButtonsBlockElement(actionFeedback,
			slack.NewFeedbackButton(plainText(words.T("web.chat.up")), feedbackUp+p.answer),
			slack.NewFeedbackButton(plainText(words.T("web.chat.down")), feedbackDown+p.answer))))
	}
	return out
}

// source is one line: the number, the title that opens the reader at the sentence, the page or heading.
func (b *Bot) source(c bot.Citation, words locale.Printer) string {
	title := mrkdwn(strings.ReplaceAll(lang.Truncate(strings.Join(strings.Fields(c.Title), " "), sourceChars), "|", "/"))
	if b.base != "" && strings.HasPrefix(c.URL, "/") {
		title = "<" + b.base + strings.ReplaceAll(c.URL, "&", "&amp;") + "|" + title + ">"
	}
	line := fmt.Sprintf("[%d] %s", c.N, title)
	switch {
	case c.Page > 0:
		line += ", " + words.T("web.chat.page", "page", c.Page)
	case c.Heading != "":
		line += " · " + mrkdwn(lang.Truncate(strings.Join(strings.Fields(c.Heading), " "), sourceChars/2))
	}
	return line
}

// marks are those of quotations, lists, headings and emphasis; what is escaped is none.
var marks = regexp.MustCompile(`(?m)(\\.)|^(?:> ?|- |#{1,6} )+|\*{1,2}`)

// preview is what a notification and a screen reader tell of a message that is made of blocks.
func (p part) preview(words locale.Printer) string {
	text := strings.TrimSpace(bot.Plain(marks.ReplaceAllString(strings.ReplaceAll(p.text, zeroWidth, ""), "$1")))
	if text == "" {
		text = words.T("web.chat.sources")
	}
	return mrkdwn(lang.Truncate(text, previewChars))
}

// plain is a message of one sentence of ours.
func plain(text string) part { return part{text: render(bot.Escape(text))} }
