package slackbot

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"
)

const (
	// connectTime and callTime bound a call of Slack's.
	connectTime = 5 * time.Second
	callTime    = 20 * time.Second
	// longestWait is how long a call that Slack says to make later is waited for; what must wait longer comes again as a
	// whole.
	longestWait = 90 * time.Second
	// triesOfCall is how often a call is put off before it is given up.
	triesOfCall = 5
)

// An api is Slack's methods with our time-outs. A call that Slack refuses for now is made again when Slack says so, and
// no other failure is: a post whose answer was lost may have been posted.
type api struct {
	slack *slack.Client
	http  *http.Client
	hosts []string // of response URLs
	waits Waits    // nil: what other processes were asked is not known

	mu    sync.Mutex
	until map[string]time.Time // of each key, when it may be called again
	read  time.Time            // when what other processes were asked was last read
}

// The keys of waits, beside which posts have their channel's.
const (
	keyPost   = "chat.postMessage "
	keyStart  = "chat.startStream"
	keyAppend = "chat.appendStream"
	keyStop   = "chat.stopStream"
	keyUpdate = "chat.update"
	keyRead   = "conversations.replies"
	keyHome   = "views.publish"
	keyPrompt = "assistant.threads.setSuggestedPrompts"
	keyReply  = "response_url"
)

// waitsEvery is how often a process that calls Slack reads what others were asked.
const waitsEvery = time.Second

func newAPI(c Config) *api {
	a := &api{hosts: []string{"hooks.slack.com", "hooks.slack-gov.com"}, waits: c.Waits, until: map[string]time.Time{}}
	a.http = &http.Client{
		Timeout: callTime,
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: connectTime, KeepAlive: 30 * time.Second}).DialContext,
			TLSHandshakeTimeout: connectTime,
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: defaultWorkers,
			IdleConnTimeout:     time.Minute,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("redirect refused") },
	}
	options := []slack.Option{slack.OptionHTTPClient(a.http)}
	if c.AppToken != "" {
		options = append(options, slack.OptionAppLevelToken(c.AppToken))
	}
	if c.APIURL != "" {
		options = append(options, slack.OptionAPIURL(strings.TrimRight(c.APIURL, "/")+"/"))
		if u, err := url.Parse(c.APIURL); err == nil {
			a.hosts = append(a.hosts, u.Host)
		}
	}
	a.slack = slack.New(c.Token, options...)
	return a
}

// try makes a call, and again after the time that Slack asks for, of whichever process it asked it.
func (a *api) try(ctx context.Context, key string, call func() error) error {
	for n := 0; ; n++ {
		if wait := a.wait(ctx, key); wait > longestWait {
			return &slack.RateLimitedError{RetryAfter: wait}
		} else if wait > 0 && !sleep(ctx, wait) {
			return ctx.Err()
		}
		err := call()
		var limited *slack.RateLimitedError
		if !errors.As(err, &limited) {
			return err
		}
		if a.note(ctx, key, limited.RetryAfter); n == triesOfCall {
			return err
		}
	}
}

// wait is for how long a key must not be called.
func (a *api) wait(ctx context.Context, key string) time.Duration {
	a.mu.Lock()
	fresh := a.waits == nil || time.Since(a.read) < waitsEvery
	if !fresh {
		a.read = time.Now() // one reads, and the others go on
	}
	a.mu.Unlock()
	if !fresh {
		if others, err := a.waits.Waits(ctx); err == nil { // else what this process was asked must do
			a.mu.Lock()
			for k, wait := range others {
				a.until[k] = time.Now().Add(wait)
			}
			a.mu.Unlock()
		}
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	wait := time.Until(a.until[key])
	if wait <= 0 {
		delete(a.until, key)
	}
	return wait
}

// note keeps that Slack asked not to be called for a time.
func (a *api) note(ctx context.Context, key string, wait time.Duration) {
	wait = max(wait, time.Second)
	a.mu.Lock()
	a.until[key] = time.Now().Add(wait)
	a.mu.Unlock()
	if a.waits != nil {
		_ = a.waits.NoteWait(ctx, key, wait) // others will be told by Slack itself
	}
}

// ours reports whether an address is one that Slack gives for replies: what it is given must go nowhere else.
func (a *api) ours(address string) bool {
	u, err := url.Parse(address)
	return err == nil && slices.Contains(a.hosts, u.Host) && (u.Scheme == "https" || len(a.hosts) > 2 && u.Host == a.hosts[2])
}

// codeOf is the error code that Slack answered with; empty where there was no answer of Slack's.
func codeOf(err error) string {
	var refused slack.SlackErrorResponse
	var limited *slack.RateLimitedError
	switch {
	case errors.As(err, &refused):
		return refused.Err
	case errors.As(err, &limited):
		return "ratelimited"
	}
	return ""
}

// revoked are the codes that say that the token is no good.
func revoked(code string) bool {
	return slices.Contains([]string{"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "org_login_required", "team_access_not_granted"}, code)
}

// unreachable are the codes that say that nothing can be written there, now or later.
func unreachable(code string) bool {
	return revoked(code) || slices.Contains([]string{
		"channel_not_found", "not_in_channel", "is_archived", "restricted_action", "restricted_action_read_only_channel", "restricted_action_thread_only_channel",
		"cannot_reply_to_message", "thread_not_found", "message_not_found", "missing_scope", "no_permission", "ekm_access_denied", "messages_tab_disabled",
	}, code)
}

// uncertain reports whether a call may have been done although it failed: its answer did not come.
func uncertain(err error) bool {
	if err == nil || codeOf(err) != "" {
		return false
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return false
	}
	var status slack.StatusCodeError
	return errors.As(err, &status) && status.Code >= 500 || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		!errors.As(err, &status)
}
