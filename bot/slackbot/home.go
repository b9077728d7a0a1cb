package slackbot

import (
	"context"
	"fmt"
	"strings"

	"github.com/slack-go/slack"

	"osmanthus/bot/locale"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

const (
	// homeDocuments is how many documents the home tab names.
	homeDocuments = 5
	actionLang    = "lang:" // and the language, or "own" for that of Slack
	langOwn       = "own"
)

// publishHome shows somebody the home tab: what can be asked and where, in which language, what there is to ask of.
func (b *Bot) publishHome(ctx context.Context, m message) error {
	chosen, err := b.People.PersonLang(ctx, personKey(m.Team, m.User))
	if err != nil {
		b.Log.WarnContext(ctx, "a person's language was not read", "error", err)
	}
	l := chosen
	if l == "" {
		l = b.person(ctx, m.User).Lang
	}
	words := b.words(l)
	documents, total, err := b.Library.NewestDocuments(ctx, retrieval.Filter{Audiences: b.audiences(ctx, m), Now: b.Now()}, homeDocuments)
	if err != nil {
		return fmt.Errorf("list documents for the home tab: %w", err)
	}
	blocks := []slack.Block{
		slack.NewHeaderBlock(plainText(words.T("web.heading"))),
		section(words.T("web.lede")),
		section(words.T("slack.home.ask")),
		slack.NewDividerBlock(),
		section(words.T("slack.home.language")),
		slack.NewActionBlock("", langButton(words.T("slack.home.own"), langOwn, chosen == ""), langButton(words.T("web.lang.zh"), string(lang.Chinese), chosen == lang.Chinese),
			langButton(words.T("web.lang.en"), string(lang.English), chosen == lang.English)),
		slack.NewDividerBlock(),
		section(words.T("slack.home.documents", "count", total)),
	}
	if lines := b.documentLines(documents); lines != "" {
		blocks = append(blocks, slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, lines, false, true), nil, nil))
	}
	return b.api.try(ctx, keyHome, func() error {
		_, err := b.api.slack.PublishViewContext(ctx, slack.PublishViewContextRequest{
			UserID: m.User, View: slack.HomeTabViewRequest{Type: slack.VTHomeTab, Blocks: slack.Blocks{BlockSet: blocks}},
		})
		return err
	})
}

func section(text string) slack.Block {
	return slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, mrkdwn(text), false, true), nil, nil)
}

func langButton(text, value string, chosen bool) *slack.ButtonBlockElement {
	button := slack.NewButtonBlockElement(actionLang+value, value, plainText(text))
	if chosen {
		button.Style = slack.StylePrimary
	}
	return button
}

func (b *Bot) documentLines(documents []retrieval.Document) string {
	var lines []string
	for _, d := range documents {
		title := mrkdwn(strings.ReplaceAll(lang.Truncate(strings.Join(strings.Fields(d.Title), " "), sourceChars), "|", "/"))
		if b.base != "" {
			title = fmt.Sprintf("<%s/d/%d|%s>", b.base, d.ID, title)
		}
		lines = append(lines, "• "+title)
	}
	return strings.Join(lines, "\n")
}

// suggest offers questions where somebody has opened a conversation with the bot: at most the four that Slack takes.
func (b *Bot) suggest(ctx context.Context, m message) error {
	l, err := b.People.PersonLang(ctx, personKey(m.Team, m.User))
	if err != nil {
		b.Log.WarnContext(ctx, "a person's language was not read", "error", err)
	}
	if l == "" {
		l = b.person(ctx, m.User).Lang
	}
	words := b.words(l)
	p := slack.AssistantThreadsSetSuggestedPromptsParameters{Title: words.T("web.suggestions"), ChannelID: m.Channel, ThreadTS: m.Thread}
	for _, text := range suggestions(words) {
		p.AddPrompt(text, text)
	}
	err = b.api.try(ctx, keyPrompt, func() error { return b.api.slack.SetAssistantThreadsSuggestedPromptsContext(ctx, p) })
	if code := codeOf(err); code != "" && code != "ratelimited" { // they are a help and no answer
		b.Log.InfoContext(ctx, "questions were not suggested", "code", code)
		return nil
	}
	return err
}

func suggestions(words locale.Printer) []string {
	return []string{words.T("web.suggestion.1"), words.T("slack.suggestion.2"), words.T("slack.suggestion.3"), words.T("slack.suggestion.summary")}
}
