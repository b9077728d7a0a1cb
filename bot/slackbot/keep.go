package slackbot

import (
	"context"
	"strings"

	"github.com/slack-go/slack"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

const (
	callbackKeep  = "keep"
	blockQuestion = "question"
	blockAnswer   = "answer"
	blockAudience = "audience"
	// inputChars is the most that Slack lets somebody type into one field.
	inputChars = 3000
)

// askWhatToKeep opens the form in which one of the staff keeps what somebody answered in a thread: the question that the
// thread began with, the answer, for whom it is. Others are told that it is not theirs to do.
func (b *Bot) askWhatToKeep(ctx context.Context, i slack.InteractionCallback, m message) {
	b.beside(ctx, func(ctx context.Context) {
		words := b.words(b.language(ctx, m, ""))
		if !b.person(ctx, m.User).Staff {
			m.ResponseURL = i.ResponseURL
			if err := b.respond(ctx, m, words, []part{plain(words.T("slack.keep.staff_only"))}); err != nil {
				b.Log.InfoContext(ctx, "nobody was told that only the staff keep answers", "error", err)
			}
			return
		}
		asked := ""
		if m.Thread != "" && m.Thread != m.TS {
			found, _, _, err := b.api.slack.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{ChannelID: m.Channel, Timestamp: m.Thread, Limit: 1})
			if err != nil {
				b.Log.InfoContext(ctx, "the thread's question was not read", "error", err)
			} else if len(found) > 0 {
				asked = question(found[0].Text, m.Self)
			}
		}
		if _, err := b.api.slack.OpenViewContext(ctx, i.TriggerID, keepForm(words, asked, question(m.Text, m.Self), b.internal(m))); err != nil {
			b.Log.InfoContext(ctx, "the form for keeping an answer was not opened", "error", err)
		}
	})
}

// internal reports whether what is said in m's channel is for the staff: then what is kept of it is too, unless its keeper
// says otherwise.
func (b *Bot) internal(m message) bool {
	if m.Direct {
		return true
	}
	for _, c := range b.StaffChannels {
		if c == m.Channel {
			return true
		}
	}
	return false
}

func keepForm(words locale.Printer, asked, answer string, internal bool) slack.ModalViewRequest {
	field := func(block, label, value string, lines bool) slack.Block {
		input := slack.NewPlainTextInputBlockElement(nil, block).WithMultiline(lines).WithMaxLength(inputChars).WithInitialValue(lang.Truncate(value, inputChars/2))
		return slack.NewInputBlock(block, plainText(label), nil, input)
	}
	public := slack.NewOptionBlockObject(string(retrieval.Public), plainText(words.T("slack.keep.public")), nil)
	staff := slack.NewOptionBlockObject(string(retrieval.Staff), plainText(words.T("slack.keep.staff")), nil)
	audience := slack.NewRadioButtonsBlockElement(blockAudience, public, staff)
	if audience.InitialOption = public; internal {
		audience.InitialOption = staff
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: callbackKeep,
		Title: plainText(words.T("slack.keep.title")), Submit: plainText(words.T("slack.keep.save")), Close: plainText(words.T("slack.reason.close")),
		Blocks: slack.Blocks{BlockSet: []slack.Block{
			field(blockQuestion, words.T("slack.keep.question"), asked, false), field(blockAnswer, words.T("slack.keep.answer"), answer, true),
			slack.NewInputBlock(blockAudience, plainText(words.T("slack.keep.audience")), nil, audience),
		}},
	}
}

// keep keeps what the form says, for one of the staff. What cannot be asked is said beside its field.
func (b *Bot) keep(ctx context.Context, m message, values map[string]map[string]slack.BlockAction) (reply any, err error) {
	if !b.person(ctx, m.User).Staff {
		b.Log.WarnContext(ctx, "somebody who is not of the staff sent the form for keeping an answer")
		return nil, nil
	}
	asked := strings.TrimSpace(lang.Clean(values[blockQuestion][blockQuestion].Value))
	answer := strings.TrimSpace(lang.Clean(values[blockAnswer][blockAnswer].Value))
	words := b.words(b.language(ctx, m, asked))
	fault := ""
	switch {
	case answer == "":
		fault = blockAnswer
	case len(lang.Terms(asked)) == 0 || lang.Graphemes(asked) > bot.MaxQuestion:
		fault = blockQuestion
	}
	if fault != "" {
		return slack.NewErrorsViewSubmissionResponse(map[string]string{fault: words.T("slack.keep.empty")}), nil
	}
	audience := retrieval.Staff // whatever was not said to be for everybody
	if values[blockAudience][blockAudience].SelectedOption.Value == string(retrieval.Public) {
		audience = retrieval.Public
	}
	return nil, b.Curator.KeepAnswer(ctx, asked, answer, audience)
}
