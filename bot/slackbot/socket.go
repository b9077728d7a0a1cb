package slackbot

import (
	"context"
	"encoding/json"
	"net"
	"net/http"
	"runtime/debug"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"
	"github.com/slack-go/slack/socketmode"
)

const (
	// taking is how many envelopes are stored at once: more than slack-go's own room for them, so that a pause of the
	// database does not hold up pings.
	taking = 64
	// handshakeTime bounds opening a connection.
	handshakeTime = 15 * time.Second
)

// listen takes deliveries over Socket Mode until ctx ends. slack-go connects again by itself where a connection is lost
// or Slack asks for it; where it gives up, we begin anew.
func (b *Bot) listen(ctx context.Context) {
	for ctx.Err() == nil {
		client := socketmode.New(b.api.slack, socketmode.OptionReadLimit(maxBody), socketmode.OptionDialer(&websocket.Dialer{
			Proxy: http.ProxyFromEnvironment, HandshakeTimeout: handshakeTime, WriteBufferSize: 32 << 10, // Slack does not put frames together
			NetDialContext: (&net.Dialer{Timeout: connectTime, KeepAlive: 30 * time.Second}).DialContext,
		}))
		var takers sync.WaitGroup
		taken, end := context.WithCancel(ctx)
		for range taking {
			takers.Go(func() { b.takeEnvelopes(taken, client) })
		}
		err := client.RunContext(ctx)
		end()
		takers.Wait()
		if ctx.Err() != nil {
			return
		}
		if code := codeOf(err); revoked(code) {
			b.Log.ErrorContext(ctx, "the Slack app token is not accepted: make another with the scope connections:write and set SLACK_APP_TOKEN", "code", code)
		} else {
			b.Log.WarnContext(ctx, "Socket Mode ended and begins anew", "error", err)
		}
		if !sleep(ctx, againTime) {
			return
		}
	}
}

// takeEnvelopes takes one envelope after the other.
func (b *Bot) takeEnvelopes(ctx context.Context, client *socketmode.Client) {
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-client.Events:
			b.takeEnvelope(ctx, client, e)
		}
	}
}

// takeEnvelope stores what an envelope holds and acknowledges it. Without that, Slack delivers it again.
func (b *Bot) takeEnvelope(ctx context.Context, client *socketmode.Client, e socketmode.Event) {
	defer func() {
		if p := recover(); p != nil {
			b.Log.ErrorContext(ctx, "taking an envelope of Slack panicked", "type", string(e.Type), "panic", p, "stack", string(debug.Stack()))
		}
	}()
	var payload any
	var err error
	request := e.Request
	switch data := e.Data.(type) {
	case slackevents.EventsAPIEvent:
		if request.RetryAttempt > 0 {
			b.Log.WarnContext(ctx, "Slack delivers again", "retry", request.RetryAttempt, "reason", request.RetryReason)
		}
		err = b.onEvent(ctx, data)
	case slack.SlashCommand:
		payload = b.onCommand(ctx, data)
	case slack.InteractionCallback:
		payload, err = b.onInteraction(ctx, data)
	case *socketmode.ErrorBadMessage:
		// Acknowledged all the same: it would not read better the next time.
		b.Log.WarnContext(ctx, "an envelope of Slack cannot be read", "error", data.Cause)
		request = &socketmode.Request{}
		if json.Unmarshal(data.Message, request) != nil {
			return
		}
	case *slack.ConnectionErrorEvent:
		b.Log.WarnContext(ctx, "Socket Mode is not connected", "attempt", data.Attempt, "error", data.ErrorObj)
		return
	}
	if err != nil {
		b.Log.WarnContext(ctx, "a delivery of Slack was not taken", "error", err)
		return
	}
	if request == nil || request.EnvelopeID == "" {
		return
	}
	acking, cancel := context.WithTimeout(ctx, b.Times.Accept)
	defer cancel()
	if err := client.AckCtx(acking, request.EnvelopeID, payload); err != nil {
		b.Log.WarnContext(ctx, "an envelope was not acknowledged", "error", err)
	}
}
