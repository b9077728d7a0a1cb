package slackbot_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"osmanthus/bot"
	"osmanthus/bot/slackbot/slackfake"
	"osmanthus/retrieval/lang"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

func updating() bool {
	f := flag.Lookup("update")
	return f != nil && f.Value.String() == "true"
}

// TestMain adds the flag -update, which writes the golden file anew.
func TestMain(m *testing.M) {
	flag.Bool("update", false, "write testdata anew")
	flag.Parse()
	os.Exit(m.Run())
}

// TestConversation: what Slack is sent in a whole conversation, in both languages, is what stands in the golden file: a
// question, one that follows on it, a refusal, a long list, a command. Times and ids are made the same.
func TestConversation(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	a := &assistant{say: func(_ context.Context, q bot.Question, _ func(bot.Event) error) (bot.Answer, error) {
		answer := answerTo(q, "")
		answer.ID = "answer-" + string(bot.AnswerLang(q))
		switch {
		case strings.Contains(q.Text, "breakfast") || strings.Contains(q.Text, "早餐"):
			answer.Kind, answer.Citations = bot.KindNotFound, nil
			answer.Text = "This is not in the documents I have, so I would rather not guess."
			if bot.AnswerLang(q) == lang.Chinese {
				answer.Text = "我手头的资料里没有这一点，我不猜。"
			}
		case q.Mode == "people":
			answer.Kind = bot.KindCard
			answer.Text = "**Ann Sample** (also 安样例)\n\n- Chair, Garden Club (Programme, 2031-03-01 [1])\n\n1 session or meeting:\n\n- “Living Soil” <Hall B> [1]"
		case bot.AnswerLang(q) == lang.Chinese:
			answer.Text = "资料中写道：\n\n> 会场在**六楼（大厅）。**主持人是安样例。 [1]"
		default:
			answer.Text = "The documents say:\n\n> The hall is on the **sixth floor**. <!channel> [1]"
		}
		return answer, nil
	}}
	r := start(t, fake, store, a, unhurried)
	until(t, "the bot knows its workspace", func() bool { return len(fake.Calls("auth.test")) > 0 })
	for _, talk := range [][]string{
		{"Where is the hall?", "And when is breakfast?"},
		{"会场在哪里？", "早餐几点？"},
	} {
		root := r.mention(t, fake, hall, guest, talk[0])
		complete(t, fake, root, 1)
		r.take(t, slackfake.Posted(fake.Say(hall, guest, talk[1], root.TS)))
		idle(t, store)
	}
	if status, _, err := r.Command(t.Context(), url.Values{
		"team_id": {slackfake.Team}, "channel_id": {hall}, "user_id": {visitor}, "text": {"who Ann Sample"},
		"response_url": {fake.ResponseURL(hall, visitor)}, "trigger_id": {"t"},
	}); err != nil || status != 200 {
		t.Fatal(status, err)
	}
	idle(t, store)
	got := record(t, fake)
	const file = "testdata/conversation.json"
	if updating() {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got) {
		t.Errorf("%s differs; go test -update writes it anew. Got:\n%s", file, got)
	}
}

// record writes what Slack was sent, in its order by thread, without what differs from run to run.
func record(t *testing.T, fake *slackfake.Server) []byte {
	t.Helper()
	names := map[string]string{}
	stamp := regexp.MustCompile(`\d{10}\.\d{6}`)
	var lines []string
	for _, c := range fake.Calls("") {
		if !slices.Contains([]string{"chat.postMessage", "chat.startStream", "chat.appendStream", "chat.stopStream", "chat.update", "response_url"}, c.Method) {
			continue
		}
		call := map[string]any{"method": c.Method}
		for name := range c.Args {
			value := stamp.ReplaceAllStringFunc(c.Args.Get(name), func(ts string) string {
				if names[ts] == "" {
					names[ts] = fmt.Sprintf("ts-%d", len(names)+1)
				}
				return names[ts]
			})
			var object any
			if strings.HasPrefix(value, "[{") && json.Unmarshal([]byte(value), &object) == nil {
				call[name] = object
			} else {
				call[name] = value
			}
		}
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent("  ", "  ")
		if err := e.Encode(call); err != nil {
			t.Fatal(err)
		}
		lines = append(lines, "  "+strings.TrimSpace(b.String()))
	}
	return []byte("[\n" + strings.Join(lines, ",\n") + "\n]\n")
}
