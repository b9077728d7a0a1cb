package slackfake

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// An Event is one delivery of the Events API.
type Event struct {
	ID       string // empty: a new one
	Inner    map[string]any
	External bool
	Retry    int // X-Slack-Retry-Num; 0: the first delivery
}

// Mention is the event of a message that names the bot.
func Mention(m Message) Event {
	return Event{Inner: inner("app_mention", m)}
}

// Posted is the event of a message in a channel or, in D…, to the bot.
func Posted(m Message) Event {
	e := inner("message", m)
	e["channel_type"] = "channel"
	if m.Channel[0] == 'D' {
		e["channel_type"] = "im"
	}
	if m.Bot {
		e["bot_id"] = BotID
	}
	return Event{Inner: e}
}

func inner(kind string, m Message) map[string]any {
	e := map[string]any{"type": kind, "user": m.User, "text": m.Text, "ts": m.TS, "event_ts": m.TS, "channel": m.Channel, "team": Team}
	if m.Thread != "" {
		e["thread_ts"] = m.Thread
	}
	return e
}

// Body is the event as Slack writes it.
func (e Event) Body() []byte {
	if e.ID == "" {
		e.ID = "Ev" + rand.Text()
	}
	raw, err := json.Marshal(map[string]any{
		"type": "event_callback", "team_id": Team, "api_app_id": "A0", "event_id": e.ID, "event_time": time.Now().Unix(), "event": e.Inner,
		"is_ext_shared_channel": e.External,
		"authorizations":        []map[string]any{{"team_id": Team, "user_id": Bot, "is_bot": true}},
	})
	if err != nil {
		panic(err) // a map of plain values
	}
	return raw
}

// A Sender posts to the bot as Slack does.
type Sender struct {
	URL    string // of the bot, without a path
	Secret string // empty: the right one
	Now    func() time.Time
}

// Sign is the signature of a body sent at a time.
func Sign(secret string, at int64, body []byte) string {
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "v0:%d:%s", at, body)
	return "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// Event posts an event and returns the status and the body of the reply.
func (s Sender) Event(ctx context.Context, e Event) (int, string, error) {
	header := http.Header{"Content-Type": {"application/json"}}
	if e.Retry > 0 {
		header.Set("X-Slack-Retry-Num", strconv.Itoa(e.Retry))
		header.Set("X-Slack-Retry-Reason", "http_timeout")
	}
	return s.Post(ctx, "/slack/events", header, e.Body())
}

// Interaction posts the payload of an interaction.
func (s Sender) Interaction(ctx context.Context, payload any) (int, string, error) {
	raw, err := json.Marshal(payload)
	if err != nil {
		return 0, "", err
	}
	return s.form(ctx, "/slack/interactions", url.Values{"payload": {string(raw)}})
}

// Command posts a slash command.
func (s Sender) Command(ctx context.Context, values url.Values) (int, string, error) {
	return s.form(ctx, "/slack/commands", values)
}

func (s Sender) form(ctx context.Context, path string, values url.Values) (int, string, error) {
	return s.Post(ctx, path, http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []byte(values.Encode()))
}

// Post posts a body, signed.
func (s Sender) Post(ctx context.Context, path string, header http.Header, body []byte) (int, string, error) {
	secret, at := s.Secret, time.Now().Unix()
	if secret == "" {
		secret = Secret
	}
	if s.Now != nil {
		at = s.Now().Unix()
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+path, strings.NewReader(string(body)))
	if err != nil {
		return 0, "", err
	}
	request.Header = header
	if request.Header.Get("X-Slack-Signature") == "" {
		request.Header.Set("X-Slack-Request-Timestamp", strconv.FormatInt(at, 10))
		request.Header.Set("X-Slack-Signature", Sign(secret, at, body))
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	reply, err := io.ReadAll(response.Body)
	return response.StatusCode, string(reply), err
}
