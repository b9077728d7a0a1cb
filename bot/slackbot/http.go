package slackbot

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"runtime/debug"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
)

// maxBody bounds what Slack may post; an event takes a few kilobytes.
const maxBody = 1 << 20

// Handler takes what Slack posts at PathEvents, PathInteractions and PathCommands. What is not signed with the signing
// secret within the last five minutes is refused.
func (b *Bot) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST "+PathEvents, b.signed(b.takeEvent))
	mux.Handle("POST "+PathInteractions, b.signed(b.takeInteraction))
	mux.Handle("POST "+PathCommands, b.signed(b.takeCommand))
	return mux
}

// A refusal is answered with its status and nothing more: whoever is refused is not Slack, or Slack will come again.
type refusal struct {
	status int
	err    error
}

func (r *refusal) Error() string { return r.err.Error() }

func (r *refusal) Unwrap() error { return r.err }

// signed reads and checks what is posted before take is given it. The error of take becomes 503, so that Slack delivers
// again.
func (b *Bot) signed(take func(http.ResponseWriter, *http.Request, []byte) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusServiceUnavailable
		defer func() {
			if p := recover(); p != nil {
				b.Log.ErrorContext(r.Context(), "taking a delivery of Slack panicked", "path", r.URL.Path, "panic", p, "stack", string(debug.Stack()))
				w.WriteHeader(http.StatusInternalServerError)
			}
		}()
		body, err := b.read(w, r)
		if err == nil {
			if n := r.Header.Get("X-Slack-Retry-Num"); n != "" {
				b.Log.WarnContext(r.Context(), "Slack delivers again", "path", r.URL.Path, "retry", n, "reason", r.Header.Get("X-Slack-Retry-Reason"))
			}
			err = take(w, r, body)
		}
		if err == nil {
			return
		}
		var refused *refusal
		if errors.As(err, &refused) {
			status = refused.status
		}
		b.Log.WarnContext(r.Context(), "a delivery of Slack was not taken", "path", r.URL.Path, "status", status, "error", err)
		w.WriteHeader(status)
	})
}

func (b *Bot) read(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	verifier, err := slack.NewSecretsVerifier(r.Header, b.SigningSecret)
	if err != nil {
		return nil, &refusal{http.StatusUnauthorized, err}
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, &refusal{http.StatusRequestEntityTooLarge, err}
	}
	if err != nil {
		return nil, &refusal{http.StatusBadRequest, err}
	}
	if _, err := verifier.Write(body); err != nil {
		return nil, &refusal{http.StatusUnauthorized, err}
	}
	if err := verifier.Ensure(); err != nil {
		return nil, &refusal{http.StatusUnauthorized, err}
	}
	return body, nil
}

func (b *Bot) takeEvent(w http.ResponseWriter, r *http.Request, body []byte) error {
	e, err := slackevents.ParseEvent(json.RawMessage(body), slackevents.OptionNoVerifyToken())
	if err != nil {
		// Acknowledged all the same: it would not read better the next time.
		b.Log.WarnContext(r.Context(), "an event of Slack cannot be read", "error", err)
		w.WriteHeader(http.StatusOK)
		return nil
	}
	if v, ok := e.Data.(*slackevents.EventsAPIURLVerificationEvent); ok && v.Type == slackevents.URLVerification {
		return writeReply(w, map[string]string{"challenge": v.Challenge})
	}
	if err := b.onEvent(r.Context(), e); err != nil {
		return err
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

func (b *Bot) takeInteraction(w http.ResponseWriter, r *http.Request, body []byte) error {
	// Of the body only: what stands in the address is not signed.
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return &refusal{http.StatusBadRequest, err}
	}
	var i slack.InteractionCallback
	if err := json.Unmarshal([]byte(values.Get("payload")), &i); err != nil {
		return &refusal{http.StatusBadRequest, fmt.Errorf("read an interaction: %w", err)}
	}
	said, err := b.onInteraction(r.Context(), i)
	if err != nil {
		return err
	}
	if said != nil {
		return writeReply(w, said)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

func (b *Bot) takeCommand(w http.ResponseWriter, r *http.Request, body []byte) error {
	values, err := url.ParseQuery(string(body))
	if err != nil || values.Get("user_id") == "" || values.Get("team_id") == "" {
		return &refusal{http.StatusBadRequest, errors.Join(errors.New("no command"), err)}
	}
	return writeReply(w, b.onCommand(r.Context(), slack.SlashCommand{
		TeamID: values.Get("team_id"), ChannelID: values.Get("channel_id"), UserID: values.Get("user_id"), Text: values.Get("text"),
		ResponseURL: values.Get("response_url"), TriggerID: values.Get("trigger_id"),
	}))
}

func writeReply(w http.ResponseWriter, v any) error {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("write a reply: %w", err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	_, _ = w.Write(raw)
	return nil
}
