package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"osmanthus/bot/slackbot"
	"osmanthus/bot/slackbot/slackfake"
)

const (
	slackHall  = "C0HALL"
	slackGuest = "U0GUEST"
	slackStaff = "U0STAFF"
	slackDM    = "D0STAFF"
)

// A slackLab is a fake Slack and the settings that lead a program to it.
type slackLab struct {
	*slackfake.Server
	env environment
}

func newSlackLab(t *testing.T, env environment) slackLab {
	t.Helper()
	fake := slackfake.New()
	t.Cleanup(fake.Close)
	fake.SetUser(slackGuest, slackfake.User{Locale: "en-GB"})
	fake.SetUser(slackStaff, slackfake.User{Locale: "zh-CN", Staff: true})
	fake.SetChannel(slackHall, slackfake.Channel{})
	fake.SetChannel(slackDM, slackfake.Channel{})
	fake.SetScopes(slackbot.Scopes()...)
	return slackLab{fake, env.with(
		"SLACK_BOT_TOKEN", slackfake.BotToken, "SLACK_SIGNING_SECRET", slackfake.Secret, "SLACK_API_URL", fake.API(),
		"SLACK_STAFF_GROUP", slackfake.StaffGroup, "OSMANTHUS_BASE_URL", "https://seminar.example")}
}

// until waits for what the program brings about.
func (l slackLab) until(t *testing.T, what string, happened func() bool) {
	t.Helper()
	look, end := time.NewTicker(5*time.Millisecond), time.After(2*time.Minute)
	defer look.Stop()
	for !happened() {
		select {
		case <-look.C:
		case <-end:
			t.Fatalf("never: %s", what)
		}
	}
}

// answered waits for the complete answer to a message.
func (l slackLab) answered(t *testing.T, m slackfake.Message) slackfake.Message {
	t.Helper()
	l.until(t, "the answer to "+m.Text, func() bool {
		got := l.Answers(m.Channel, m.TS)
		return len(got) > 0 && !got[0].Streaming && strings.Contains(string(got[0].Blocks), "feedback_buttons")
	})
	return l.Answers(m.Channel, m.TS)[0]
}

// deliver posts until it is acknowledged: what a busy machine does not store in time, Slack delivers again.
func (l slackLab) deliver(t *testing.T, post func() (int, string, error)) (body string) {
	t.Helper()
	l.until(t, "it is acknowledged", func() bool {
		status, said, err := post()
		if body = said; err != nil || status != http.StatusOK && status != http.StatusServiceUnavailable {
			t.Fatalf("%d %s %v", status, said, err)
		}
		return status == http.StatusOK
	})
	return body
}

// serveExamples takes two of the examples in and serves them.
func (l slackLab) serveExamples(t *testing.T) served {
	t.Helper()
	if _, stderr, err := l.env.osmanthus(t, "ingest", documents+"/seminar-agenda.md", documents+"/seminar-report.md"); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	ctx, stop := context.WithCancel(t.Context())
	s := l.env.serve(t, ctx)
	t.Cleanup(func() {
		stop()
		if err := <-s.ended; err != nil {
			t.Error(err)
		}
	})
	return s
}

// TestSlack: `serve` with Slack's tokens answers in both languages, over HTTP and over Socket Mode, from the true
// documents, and its sources open in the web reader at the very sentence.
func TestSlack(t *testing.T) {
	t.Parallel()
	l := newSlackLab(t, onTestParts(t))
	l.env = l.env.with("SLACK_APP_TOKEN", slackfake.AppToken)
	s := l.serveExamples(t)
	sender := slackfake.Sender{URL: "http://" + s.addr}
	l.until(t, "Socket Mode is connected", func() bool { open, _ := l.Sockets(); return open > 0 })
	for _, tt := range []struct{ text, want, by string }{
		{"Who moderated the round table?", "FU Changbo", "Quoted from the documents"},
		{"谁主持了圆桌讨论？", "FU Changbo", "引自资料原文"},
	} {
		for _, way := range []string{"HTTP", "socket"} {
			m := l.Say(slackHall, slackGuest, fmt.Sprintf("<@%s> %s", slackfake.Bot, tt.text), "")
			e := slackfake.Mention(m)
			if way == "HTTP" {
				l.deliver(t, func() (int, string, error) { return sender.Event(t.Context(), e) })
			} else {
				l.Envelope("events_api", e.Body())
			}
			got := l.answered(t, m)
			if !strings.Contains(got.All(), tt.want) || !strings.Contains(got.All(), tt.by) || len(l.Answers(slackHall, m.TS)) != 1 {
				t.Errorf("%s, %s: %s", tt.text, way, got.All())
			}
			_, link, ok := strings.Cut(string(got.Blocks), `\u003chttps://seminar.example`)
			if !ok {
				t.Errorf("no link in %s", got.Blocks)
				continue
			}
			link, _, _ = strings.Cut(link, "|")
			link = strings.ReplaceAll(strings.ReplaceAll(link, `\u0026`, "&"), "&amp;", "&")
			response, err := http.Get("http://" + s.addr + link)
			if err != nil {
				t.Fatal(err)
			}
			response.Body.Close()
			if response.StatusCode != http.StatusOK {
				t.Errorf("%s: %d", link, response.StatusCode)
			}
		}
	}
	m := l.Say(slackHall, slackGuest, fmt.Sprintf("<@%s> 酒店的早餐几点开始？", slackfake.Bot), "")
	l.deliver(t, func() (int, string, error) { return sender.Event(t.Context(), slackfake.Mention(m)) })
	if got := l.answered(t, m); !strings.Contains(got.All(), "不猜") && !strings.Contains(got.All(), "没有") {
		t.Errorf("what the documents do not say is not refused: %s", got.All())
	}
	if status, body, err := sender.Command(t.Context(), url.Values{
		"team_id": {slackfake.Team}, "channel_id": {slackHall}, "user_id": {slackGuest}, "command": {"/seminar"}, "text": {"who FU Changbo"},
		"response_url": {l.ResponseURL(slackHall, slackGuest)}, "trigger_id": {"t1"},
	}); err != nil || status != http.StatusOK || !strings.Contains(body, "ephemeral") {
		t.Errorf("%d %s %v", status, body, err)
	}
	l.until(t, "the command is answered", func() bool { return len(l.Calls("response_url")) == 1 })
	response, err := http.Get("http://" + s.addr + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var figures strings.Builder
	if err := response.Write(&figures); err != nil || !strings.Contains(figures.String(), `osmanthus_slack_deliveries_total{failure="",kind="ask"} 5`) {
		t.Errorf("the figures do not tell of five questions: %v", err)
	}
	for _, c := range l.Calls("") {
		if c.Error != "" {
			t.Errorf("Slack refused %s: %s", c.Method, c.Error)
		}
	}
}

// TestSlackAudience: X8 in Slack, with documents that must not get out.
func TestSlackAudience(t *testing.T) {
	t.Parallel()
	l := newSlackLab(t, withFakeEmbedder(t))
	s, _ := l.env.serveFolder(t, map[string]string{
		"dinner.md": "---\ntitle: Harvest programme\n---\n\nThe harvest dinner is held in the Old Mill on Friday evening.\n",
		"staff.md":  "---\ntitle: Staff canary-41\naudience: staff\n---\n\nThe budget of the harvest dinner is canary-42 crowns.\n",
		"later.md":  "---\ntitle: Embargoed canary-51\nembargo: 2999-01-01\n---\n\nThe prize winner of the harvest dinner is canary-52.\n",
	})
	sender := slackfake.Sender{URL: "http://" + s.addr}
	l.until(t, "the bot knows its workspace", func() bool { return len(l.Calls("auth.test")) > 0 })
	ask := func(channel, user, text string) string {
		t.Helper()
		m := l.Say(channel, user, "<@"+slackfake.Bot+"> "+text, "")
		l.deliver(t, func() (int, string, error) { return sender.Event(t.Context(), slackfake.Posted(m)) })
		l.answered(t, m)
		var all strings.Builder
		for _, a := range l.Answers(channel, m.TS) {
			all.WriteString(a.All())
		}
		return all.String()
	}
	for _, text := range []string{"What is the budget of the harvest dinner?", "Who is the prize winner of the harvest dinner?", "Summarise everything", "canary-42"} {
		for _, user := range []string{slackGuest, slackStaff} {
			if got := ask(slackHall, user, text); strings.Contains(strings.ReplaceAll(got, text, ""), "canary-") {
				t.Errorf("%s in a channel: %s", text, got)
			}
		}
	}
	// Whom a busy machine does not look up in time is a stranger until the next question.
	l.until(t, "the staff are told", func() bool {
		return strings.Contains(ask(slackDM, slackStaff, "What is the budget of the harvest dinner?"), "canary-42")
	})
	// What one of the staff keeps is the organisers' answer from then on.
	field := func(block, value string) map[string]any {
		return map[string]any{block: map[string]any{"type": "plain_text_input", "value": value}}
	}
	form := map[string]any{
		"type": "view_submission", "team": map[string]string{"id": slackfake.Team}, "user": map[string]string{"id": slackStaff},
		"view": map[string]any{"callback_id": "keep", "state": map[string]any{"values": map[string]any{
			"question": field("question", "Is there parking at the Old Mill?"), "answer": field("answer", "Yes, behind the barn."),
			"audience": map[string]any{"audience": map[string]any{"type": "radio_buttons", "selected_option": map[string]string{"value": "public"}}},
		}}},
	}
	if body := l.deliver(t, func() (int, string, error) { return sender.Interaction(t.Context(), form) }); body != "" {
		t.Errorf("the form is answered %s", body)
	}
	if got := ask(slackHall, slackGuest, "Is there parking at the Old Mill?"); !strings.Contains(got, "behind the barn") || !strings.Contains(got, "Answered by the organisers") {
		t.Errorf("what was kept is not answered: %s", got)
	}
}

// TestSlackKilled: a process is killed at each step between acknowledging and answering; another completes the answer, and
// the asker sees one.
func TestSlackKilled(t *testing.T) {
	t.Parallel()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, method string
		model        bool // the answer is written and streamed
	}{
		{"before anything is posted", "agents.sessions.setStatus", false},
		{"while it is posted", "chat.postMessage", false},
		{"when its stream is begun", "chat.startStream", true},
		{"while it is streamed", "chat.appendStream", true},
		{"when its stream is ended", "chat.stopStream", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			env := withFakeEmbedder(t)
			if tt.model {
				env = env.with("CHAT_MODEL", "m", "OPENAI_BASE_URL", slowModel(t, "The harvest dinner is held in the Old Mill on Friday evening [1]. "))
			}
			l := newSlackLab(t, env)
			folder := t.TempDir()
			write(t, folder, map[string]string{"dinner.md": "---\ntitle: Harvest programme\n---\n\nThe harvest dinner is held in the Old Mill on Friday evening.\n"})
			if _, stderr, err := l.env.osmanthus(t, "ingest", folder); err != nil {
				t.Fatalf("%v\n%s", err, stderr)
			}
			first, address := l.child(t, binary)
			reached, hold := make(chan struct{}, 8), make(chan struct{})
			defer close(hold)
			l.Fail(tt.method, slackfake.Fault{Times: -1, Reached: reached, Hold: hold})
			m := l.Say(slackHall, slackGuest, "<@"+slackfake.Bot+"> Where is the harvest dinner held?", "")
			l.deliver(t, func() (int, string, error) {
				return slackfake.Sender{URL: address}.Event(t.Context(), slackfake.Mention(m))
			})
			select {
			case <-reached:
			case <-time.After(2 * time.Minute):
				t.Fatalf("%s was never called", tt.method)
			}
			first.kill() // kill -9
			l.Heal()
			begun := time.Now()
			l.child(t, binary)
			got := l.answered(t, m)
			t.Logf("completed %s after the start of another process", time.Since(begun).Round(time.Millisecond))
			if !strings.Contains(got.All(), "Old Mill") || len(l.Answers(slackHall, m.TS)) != 1 || l.OpenStreams() != 0 {
				t.Errorf("%d answers, %d streams open: %+v", len(l.Answers(slackHall, m.TS)), l.OpenStreams(), l.Answers(slackHall, m.TS))
			}
		})
	}
}

// slowModel serves a chat model that writes a sentence again and again, for some seconds.
func slowModel(t *testing.T, sentence string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		for range 70 {
			select {
			case <-tick.C:
			case <-r.Context().Done():
				return
			}
			fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\n", sentence)
			w.(http.Flusher).Flush()
		}
		fmt.Fprint(w, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
	}))
	t.Cleanup(server.Close)
	return server.URL + "/v1"
}

// child starts the true binary serving and waits until it answers.
func (l slackLab) child(t *testing.T, binary string) (*child, string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	c := &child{Cmd: exec.Command(binary, "serve", "--addr", address), done: make(chan struct{})}
	for name, value := range l.env {
		c.Env = append(c.Env, name+"="+value)
	}
	c.Env = append(c.Env, "PATH="+os.Getenv("PATH"), "HOME="+filepath.Join(t.TempDir()))
	c.Stdout, c.Stderr = &c.out, &c.out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		c.err = c.Wait()
		close(c.done)
	}()
	t.Cleanup(c.kill)
	l.until(t, "the program serves", func() bool {
		select {
		case <-c.done:
			t.Fatalf("serve ended: %v %s", c.err, c.out.String())
		default:
		}
		response, err := http.Get("http://" + address + "/readyz")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	return c, "http://" + address
}

// TestDoctorOnSlack: each thing that may be wrong is told with its fix.
func TestDoctorOnSlack(t *testing.T) {
	t.Parallel()
	l := newSlackLab(t, withFakeEmbedder(t))
	if stdout, stderr, err := l.env.osmanthus(t, "doctor"); err != nil || !strings.Contains(stdout, "✓ Slack: the workspace Seminar") {
		t.Errorf("healthy: %v\n%s%s", err, stdout, stderr)
	}
	for _, tt := range []struct {
		name string
		env  environment
		fail func()
		want string
	}{
		{"a revoked token", l.env, func() { l.Fail("auth.test", slackfake.Fault{Code: "token_revoked"}) }, "✗ Slack: Slack does not accept SLACK_BOT_TOKEN (token_revoked): install the app again"},
		{"another's token", l.env.with("SLACK_BOT_TOKEN", "xoxb-other"), func() {}, "(invalid_auth)"},
		{"a missing scope", l.env, func() { l.SetScopes(slackbot.Scopes()[1:]...) }, "lacks scopes: app_mentions:read"},
		{"an app token that is none", l.env.with("SLACK_APP_TOKEN", "xapp-other"), func() { l.SetScopes(slackbot.Scopes()...) }, "connections:write"},
		{"a group that is none", l.env.with("SLACK_STAFF_GROUP", "S0NONE"), func() {}, "S0NONE"},
		{"a channel that is gone", l.env.with("SLACK_STAFF_CHANNELS", slackHall+",C0GONE"), func() {}, "C0GONE"},
		{"in Chinese", l.env.with("SLACK_STAFF_CHANNELS", "C0GONE", "LANG", "zh_CN.UTF-8"), func() {}, "✗ Slack 接入: 机器人不能在"},
	} {
		tt.fail()
		stdout, _, err := tt.env.osmanthus(t, "doctor")
		if exit := exitError(0); !errors.As(err, &exit) || !strings.Contains(stdout, tt.want) {
			t.Errorf("%s: %v\n%s", tt.name, err, stdout)
		}
		if strings.Contains(stdout, "xoxb") || strings.Contains(stdout, "xapp-") {
			t.Errorf("%s: a token is shown", tt.name)
		}
	}
	for _, tt := range []struct {
		env  environment
		want string
	}{
		{l.env.with("SLACK_BOT_TOKEN", ""), "SLACK_BOT_TOKEN is not"},
		{l.env.with("SLACK_SIGNING_SECRET", ""), "neither SLACK_SIGNING_SECRET nor SLACK_APP_TOKEN"},
		{l.env.with("OSMANTHUS_BASE_URL", "seminar.example"), "OSMANTHUS_BASE_URL is not an http address"},
	} {
		if _, _, err := tt.env.osmanthus(t, "doctor"); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("got %v, want %q", err, tt.want)
		}
	}
}
