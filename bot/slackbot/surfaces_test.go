package slackbot_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"osmanthus/bot/slackbot"
	"osmanthus/bot/slackbot/slackfake"
	"osmanthus/retrieval"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// S25: the command is answered to its asker alone.
func TestCommand(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	answers := quoting()
	r := start(t, fake, store, answers)
	until(t, "the bot knows its workspace", func() bool { return len(fake.Calls("auth.test")) > 0 })
	for n, tt := range []struct {
		name, user, text  string
		mode, asked, want string // of the question; in what is shown at once where there is none
		audiences         string
	}{
		{"a question", guest, "ask Where is the hall?", "", "Where is the hall?", "", "[public]"},
		{"without the word", guest, "Where is the hall?", "", "Where is the hall?", "", "[public]"},
		{"in Chinese", visitor, "问 会场在哪里？", "", "会场在哪里？", "", "[public]"},
		{"a person", staff, "who WANG Li", "people", "WANG Li", "", "[public staff]"},
		{"a person in Chinese", visitor, "谁 王丽", "people", "王丽", "", "[public]"},
		{"a summary", guest, "summary The report", "summary", "The report", "", "[public]"},
		{"a summary of all", visitor, "摘要", "summary", "总结全部资料", "", "[public]"},
		{"help", guest, "help", "", "", "/seminar who", ""},
		{"help in Chinese", visitor, "", "", "", "/seminar 谁", ""},
		{"a question that begins like a word", guest, "whose is the hall?", "", "whose is the hall?", "", "[public]"},
	} {
		before := len(answers.questions())
		address := fake.ResponseURL(hall, tt.user)
		status, body, err := r.Command(t.Context(), url.Values{
			"team_id": {slackfake.Team}, "channel_id": {hall}, "user_id": {tt.user}, "command": {"/seminar"}, "text": {tt.text},
			"response_url": {address}, "trigger_id": {fmt.Sprint("trigger ", n)},
		})
		if err != nil || status != 200 || !strings.Contains(body, `"response_type":"ephemeral"`) || !strings.Contains(body, tt.want) {
			t.Errorf("%s: %d %s %v", tt.name, status, body, err)
		}
		idle(t, store)
		asked := answers.questions()[before:]
		if tt.asked == "" {
			if len(asked) > 0 {
				t.Errorf("%s: asked %+v", tt.name, asked)
			}
			continue
		}
		if len(asked) != 1 || asked[0].Text != tt.asked || asked[0].Mode != tt.mode || fmt.Sprint(asked[0].Audiences) != tt.audiences {
			t.Errorf("%s: asked %+v", tt.name, asked)
		}
		got := fake.Answers(hall, address[strings.LastIndexByte(address, '/')+1:])
		if len(got) != 1 || got[0].Ephemeral != tt.user || !strings.Contains(got[0].All(), "[1]") {
			t.Errorf("%s: %+v", tt.name, got)
		}
	}
	if got := fake.Calls("chat.postMessage"); len(got) > 0 {
		t.Errorf("shown to all: %+v", got)
	}
}

// A command's answer goes to Slack and nowhere else.
func TestResponseURL(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	answers := quoting()
	r := start(t, fake, store, answers)
	for _, address := range []string{"https://evil.example/x", "http://hooks.slack.com/x", "https://hooks.slack.com.evil.example/", ""} {
		status, _, err := r.Command(t.Context(), url.Values{
			"team_id": {slackfake.Team}, "channel_id": {hall}, "user_id": {guest}, "text": {"Where?"}, "response_url": {address}, "trigger_id": {address},
		})
		if err != nil || status != 200 {
			t.Errorf("%d %v", status, err)
		}
	}
	idle(t, store)
	if asked := answers.questions(); len(asked) > 0 {
		t.Errorf("%d questions taken", len(asked))
	}
}

// The home tab, in the language that its owner chose, and the questions that are suggested.
func TestHome(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	answers := quoting()
	r := start(t, fake, store, answers)
	open := func(user, tab string) {
		t.Helper()
		r.take(t, slackfake.Event{Inner: map[string]any{"type": "app_home_opened", "user": user, "channel": direct, "tab": tab, "event_ts": "1.1"}})
		idle(t, store)
	}
	open(visitor, "home")
	if got := fake.Home(visitor); !strings.Contains(got, "现有 0 份文件") || !strings.Contains(got, "用哪种语言回答我") {
		t.Errorf("%s", got)
	}
	choose := func(value string) {
		t.Helper()
		status, _, err := r.Interaction(t.Context(), map[string]any{
			"type": "block_actions", "team": map[string]string{"id": slackfake.Team}, "user": map[string]string{"id": visitor}, "trigger_id": value,
			"actions": []map[string]string{{"type": "button", "action_id": "lang:" + value, "block_id": "b", "value": value, "action_ts": "2.1"}},
		})
		if err != nil || status != 200 {
			t.Fatal(status, err)
		}
		idle(t, store)
	}
	choose("en")
	if got := fake.Home(visitor); !strings.Contains(got, "Answer me in:") {
		t.Errorf("%s", got)
	}
	m := r.mention(t, fake, hall, visitor, "会场在哪里？")
	idle(t, store)
	if asked := answers.questions(); len(asked) != 1 || asked[0].Lang != "en" {
		t.Errorf("after choosing English: %+v", asked)
	}
	complete(t, fake, m, 1)
	choose("own")
	if got := fake.Home(visitor); !strings.Contains(got, "用哪种语言回答我") {
		t.Errorf("%s", got)
	}
	open(visitor, "messages")
	if got := fake.Prompts(direct); !strings.Contains(got, "用200字概括研讨会报告") {
		t.Errorf("%s", got)
	}
	open(guest, "messages")
	if got := fake.Prompts(direct); !strings.Contains(got, "Who moderated the round table?") || strings.Count(got, "message") != 4 {
		t.Errorf("%s", got)
	}
	if calls := fake.Calls("assistant.threads.setSuggestedPrompts"); calls[0].Args.Has("thread_ts") {
		t.Error("suggested in a thread, which agents ignore")
	}
}

// The shortcut answers a message of somebody else's in its thread, once.
func TestShortcut(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	answers := quoting()
	r := start(t, fake, store, answers)
	m := fake.Say(hall, visitor, "Where is the hall?", "")
	for range 2 {
		status, body, err := r.Interaction(t.Context(), map[string]any{
			"type": "message_action", "callback_id": slackbot.ShortcutAnswer, "team": map[string]string{"id": slackfake.Team},
			"user": map[string]string{"id": guest}, "channel": map[string]string{"id": hall}, "trigger_id": "1", "response_url": fake.ResponseURL(hall, guest),
			"message": map[string]string{"type": "message", "ts": m.TS, "text": m.Text, "user": visitor},
		})
		if err != nil || status != 200 {
			t.Fatal(status, body, err)
		}
	}
	complete(t, fake, m, 1)
	idle(t, store)
	if got := fake.Answers(hall, m.TS); len(got) != 1 || len(answers.questions()) != 1 {
		t.Errorf("%d answers, %d questions", len(got), len(answers.questions()))
	}
}

// To nothing but its name, the bot says what it can do.
func TestNothingAsked(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	answers := quoting()
	r := start(t, fake, store, answers)
	m := r.mention(t, fake, hall, visitor, " ")
	idle(t, store)
	if got := fake.Answers(hall, m.TS); len(got) != 1 || !strings.Contains(got[0].All(), "/seminar") || len(answers.questions()) > 0 {
		t.Errorf("%+v", got)
	}
}

// kept remembers what was kept.
type kept struct {
	mu  sync.Mutex
	all []string
}

func (k *kept) KeepAnswer(_ context.Context, question, answer string, audience retrieval.Audience) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.all = append(k.all, fmt.Sprintf("%s: %s (%s)", question, answer, audience))
	return nil
}

// One of the staff keeps what somebody answered in a thread as the answer to its question; nobody else can.
func TestKeepAnswer(t *testing.T) {
	t.Parallel()
	store, fake := pgstoretest.New(t), newFake(t)
	curator := &kept{}
	r := start(t, fake, store, quoting(), func(c *slackbot.Config) { c.Curator = curator })
	until(t, "the bot knows its workspace", func() bool { return len(fake.Calls("auth.test")) > 0 })
	root := fake.Say(hall, guest, "<@"+slackfake.Bot+"> Is there parking?", "")
	said := fake.Say(hall, staff, "Yes, behind the hall.", root.TS)
	shortcut := func(user string) {
		t.Helper()
		status, body, err := r.Interaction(t.Context(), map[string]any{
			"type": "message_action", "callback_id": slackbot.ShortcutKeep, "team": map[string]string{"id": slackfake.Team},
			"user": map[string]string{"id": user}, "channel": map[string]string{"id": hall}, "trigger_id": "1.2", "response_url": fake.ResponseURL(hall, user),
			"message": map[string]string{"type": "message", "ts": said.TS, "thread_ts": root.TS, "text": said.Text, "user": staff},
		})
		if err != nil || status != 200 {
			t.Fatal(status, body, err)
		}
	}
	submit := func(user, question, answer, audience string) string {
		t.Helper()
		value := func(block, value string) map[string]any {
			return map[string]any{block: map[string]string{"type": "plain_text_input", "value": value}}
		}
		status, body, err := r.Interaction(t.Context(), map[string]any{
			"type": "view_submission", "team": map[string]string{"id": slackfake.Team}, "user": map[string]string{"id": user},
			"view": map[string]any{"callback_id": "keep", "state": map[string]any{"values": map[string]any{
				"question": value("question", question), "answer": value("answer", answer),
				"audience": map[string]any{"audience": map[string]any{"type": "radio_buttons", "selected_option": map[string]string{"value": audience}}},
			}}},
		})
		if err != nil || status != 200 {
			t.Fatal(status, body, err)
		}
		return body
	}
	shortcut(guest)
	until(t, "a guest is told", func() bool { return len(fake.Calls("response_url")) == 1 })
	if got := fake.Calls("response_url")[0].Args.Get("text"); !strings.Contains(got, "Only the staff") || len(fake.Modals()) > 0 {
		t.Errorf("a guest is told %q", got)
	}
	shortcut(staff)
	until(t, "the form is opened", func() bool { return len(fake.Modals()) == 1 })
	if form := fake.Modals()[0]; !strings.Contains(form, `"initial_value":"Is there parking?"`) || !strings.Contains(form, `"initial_value":"Yes, behind the hall."`) {
		t.Errorf("the form is %s", form)
	}
	submit(guest, "Is there parking?", "No.", "public")
	if body := submit(staff, "?!", "Yes.", "public"); !strings.Contains(body, `"response_action":"errors"`) || !strings.Contains(body, `"question":`) {
		t.Errorf("no question: %s", body)
	}
	submit(staff, "Is there parking?", "Yes, behind the hall.", "public")
	submit(staff, "Where is the key?", "With the porter.", "")
	want := []string{"Is there parking?: Yes, behind the hall. (public)", "Where is the key?: With the porter. (staff)"}
	if diff := cmp.Diff(want, curator.all); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
