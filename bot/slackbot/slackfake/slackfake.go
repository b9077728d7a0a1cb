// Package slackfake is a Slack for tests: the methods that the bot calls with the limits that Slack puts on them, messages
// and streams with their states, events as Slack signs and repeats them, and Socket Mode. It owns no behaviour of the bot
// and must not import anything of this module.
package slackfake

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// What every fake workspace is made of.
const (
	Team       = "T0SEMINAR"
	Bot        = "U0BOT"
	BotID      = "B0BOT"
	BotToken   = "xoxb-fake-token"
	AppToken   = "xapp-fake-token"
	Secret     = "fake signing secret"
	StaffGroup = "S0STAFF"
)

// A Call is a call of a method.
type Call struct {
	Method string
	Args   url.Values // of a JSON body, each field as JSON
	Error  string     // what it was answered with; empty: ok
	At     time.Time
}

// A Message is one in a channel.
type Message struct {
	TS, Thread, Channel, User string
	Text                      string
	Markdown                  string // of a stream, all of it
	Blocks                    json.RawMessage
	Bot                       bool
	Streaming                 bool
	Streamed                  bool // it began as a stream
	Edits                     int
	Ephemeral                 string // whom it is shown to alone
}

// All is all that a reader of the message sees, as it was sent.
func (m Message) All() string { return m.Text + m.Markdown + string(m.Blocks) }

// A User is a person.
type User struct {
	Locale string
	Team   string // empty: this one
	Guest  bool
	Staff  bool // in StaffGroup
}

// A Channel is a conversation; D… is one with the bot alone.
type Channel struct {
	External bool // shared with another organisation
	Archived bool
	Left     bool // the bot is not in it
}

// A Fault is what happens to the next calls of a method.
type Fault struct {
	Times      int    // how many of them; 0: one; negative: all
	Code       string // the error they get
	Status     int    // or this status
	RetryAfter int    // of a 429, in seconds
	Drop       bool   // they are done, and the connection is cut before the answer
	// Reached gets a token when one is done, whose answer then waits for Hold to be closed. Nil: no wait.
	Reached chan struct{}
	Hold    chan struct{}
}

// A Server is the fake.
type Server struct {
	*httptest.Server

	mu       sync.Mutex
	calls    []Call
	messages []*Message
	users    map[string]User
	channels map[string]Channel
	faults   map[string][]*Fault
	statuses map[string]string // by channel and thread: what the bot says it is doing
	sessions map[string]string // the same, of agent sessions
	prompts  map[string]json.RawMessage
	homes    map[string]json.RawMessage // by user
	modals   []json.RawMessage
	scopes   string
	last     int64 // microseconds of the last ts
	tiers    bool
	sockets  sockets
	closed   chan struct{}
}

// New starts a fake. Close it.
func New() *Server {
	s := &Server{
		users: map[string]User{}, channels: map[string]Channel{}, faults: map[string][]*Fault{}, statuses: map[string]string{},
		sessions: map[string]string{}, prompts: map[string]json.RawMessage{}, homes: map[string]json.RawMessage{},
		sockets: sockets{tickets: map[string]bool{}, acked: map[string]chan struct{}{}, acks: map[string]int{}}, closed: make(chan struct{}),
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/{method}", s.method)
	mux.HandleFunc("POST /response/{channel}/{user}/{id}", s.response)
	mux.HandleFunc("GET /link", s.link)
	s.Server = httptest.NewServer(mux)
	return s
}

// Close ends the fake and every connection to it.
func (s *Server) Close() {
	close(s.closed)
	s.CutSockets()
	s.Server.CloseClientConnections()
	s.Server.Close()
}

// API is what SLACK_API_URL is set to.
func (s *Server) API() string { return s.URL + "/api/" }

// ResponseURL is one of a slash command or an interaction.
func (s *Server) ResponseURL(channel, user string) string {
	return fmt.Sprintf("%s/response/%s/%s/%s", s.URL, channel, user, rand.Text())
}

// SetUser adds or changes a person.
func (s *Server) SetUser(id string, u User) { s.locked(func() { s.users[id] = u }) }

// SetChannel adds or changes a channel.
func (s *Server) SetChannel(id string, c Channel) { s.locked(func() { s.channels[id] = c }) }

// SetScopes sets the header in which Slack tells a token's scopes.
func (s *Server) SetScopes(scopes ...string) {
	s.locked(func() { s.scopes = strings.Join(scopes, ",") })
}

// EnforceTiers has methods refuse what is more than Slack guarantees a minute.
func (s *Server) EnforceTiers() { s.locked(func() { s.tiers = true }) }

// Fail has the next calls of a method fail.
func (s *Server) Fail(method string, f Fault) {
	if f.Times == 0 {
		f.Times = 1
	}
	s.locked(func() { s.faults[method] = append(s.faults[method], &f) })
}

// Heal takes back what Fail said.
func (s *Server) Heal() { s.locked(func() { s.faults = map[string][]*Fault{} }) }

func (s *Server) locked(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

// Calls returns the calls of a method so far; of all for "".
func (s *Server) Calls(method string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.calls {
		if method == "" || c.Method == method {
			out = append(out, c)
		}
	}
	return out
}

// Messages returns a thread's messages, the oldest first; all of the channel for thread "".
func (s *Server) Messages(channel, thread string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	for _, m := range s.messages {
		if m.Channel == channel && (thread == "" || m.Thread == thread || m.TS == thread) {
			out = append(out, *m)
		}
	}
	return out
}

// Answers returns the bot's own messages of a thread.
func (s *Server) Answers(channel, thread string) []Message {
	return slices.DeleteFunc(s.Messages(channel, thread), func(m Message) bool { return !m.Bot })
}

// OpenStreams is how many streams were started and not stopped.
func (s *Server) OpenStreams() (n int) {
	s.locked(func() {
		for _, m := range s.messages {
			if m.Streaming {
				n++
			}
		}
	})
	return n
}

// Status is what the bot says it is doing in a thread, in whichever way; empty: nothing.
func (s *Server) Status(channel, thread string) (status string) {
	s.locked(func() {
		status = s.statuses[channel+"/"+thread]
		if s.sessions[channel+"/"+thread] == "processing" {
			status += "processing"
		}
	})
	return status
}

// Prompts returns what was suggested in a channel.
func (s *Server) Prompts(channel string) (prompts string) {
	s.locked(func() { prompts = string(s.prompts[channel]) })
	return prompts
}

// Home returns a person's home tab.
func (s *Server) Home(user string) (view string) {
	s.locked(func() { view = string(s.homes[user]) })
	return view
}

// Modals returns the modals opened so far.
func (s *Server) Modals() (modals []string) {
	s.locked(func() {
		for _, m := range s.modals {
			modals = append(modals, string(m))
		}
	})
	return modals
}

// Say posts a person's message, in a thread where one is given, and returns it.
func (s *Server) Say(channel, user, text, thread string) Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	m := &Message{TS: s.now(), Thread: thread, Channel: channel, User: user, Text: text}
	s.messages = append(s.messages, m)
	return *m
}

// now returns a ts that none was before.
func (s *Server) now() string {
	s.last = max(s.last+1, time.Now().UnixMicro())
	return fmt.Sprintf("%d.%06d", s.last/1e6, s.last%1e6)
}

// method answers a call.
func (s *Server) method(w http.ResponseWriter, r *http.Request) {
	method := r.PathValue("method")
	args, token, err := arguments(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.mu.Lock()
	var fault *Fault
	if queue := s.faults[method]; len(queue) > 0 {
		fault = queue[0]
		if fault.Times--; fault.Times == 0 {
			s.faults[method] = queue[1:]
		}
	}
	call := Call{Method: method, Args: args, At: time.Now()}
	reply, code := map[string]any{}, ""
	retryAfter, status := 0, 0
	switch {
	case fault != nil && fault.RetryAfter > 0:
		retryAfter, code = fault.RetryAfter, "ratelimited"
	case fault != nil && fault.Status > 0:
		status, code = fault.Status, "status"
	case fault != nil && fault.Code != "":
		code = fault.Code
	default:
		if wait := s.overTier(method, args, call.At); wait > 0 {
			retryAfter, code = wait, "ratelimited"
		} else {
			reply, code = s.do(method, args, token)
		}
	}
	call.Error = code
	call.Args.Del("token")
	s.calls = append(s.calls, call)
	scopes := s.scopes
	s.mu.Unlock()
	if fault != nil && fault.Reached != nil {
		fault.Reached <- struct{}{}
		select {
		case <-fault.Hold:
		case <-r.Context().Done():
		}
	}
	if fault != nil && fault.Drop {
		if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
			conn.Close()
		}
		return
	}
	if status > 0 {
		w.WriteHeader(status)
		return
	}
	if reply == nil {
		reply = map[string]any{}
	}
	reply["ok"] = code == ""
	if code != "" {
		reply["error"] = code
	}
	w.Header().Set("Content-Type", "application/json")
	if scopes != "" {
		w.Header().Set("X-OAuth-Scopes", scopes)
	}
	if retryAfter > 0 {
		w.Header().Set("Retry-After", fmt.Sprint(retryAfter))
		w.WriteHeader(http.StatusTooManyRequests)
	}
	json.NewEncoder(w).Encode(reply)
}

// arguments reads a form or a JSON object.
func arguments(r *http.Request) (url.Values, string, error) {
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		if err := r.ParseForm(); err != nil {
			return nil, "", err
		}
		if bearer == "" {
			bearer = r.PostForm.Get("token")
		}
		return r.PostForm, bearer, nil
	}
	args := url.Values{}
	raw, err := io.ReadAll(r.Body)
	if err != nil || len(raw) == 0 {
		return args, bearer, err
	}
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, "", err
	}
	for name, value := range fields {
		var text string
		if json.Unmarshal(value, &text) != nil {
			text = string(value)
		}
		args.Set(name, text)
	}
	return args, bearer, nil
}

// overTier returns for how many seconds a call must wait because there were too many in the last minute.
func (s *Server) overTier(method string, args url.Values, at time.Time) int {
	perMinute := map[string]int{
		"chat.startStream": 20, "chat.stopStream": 20, "chat.update": 50, "chat.appendStream": 100, "conversations.info": 50,
		"conversations.replies": 50, "users.info": 100, "usergroups.users.list": 20, "views.open": 100, "views.publish": 100,
	}
	limit, window := perMinute[method], time.Minute
	channel := ""
	if method == "chat.postMessage" { // about one a second and channel, and a little more for a moment
		limit, window, channel = 5, 5*time.Second, args.Get("channel")
	}
	if !s.tiers || limit == 0 {
		return 0
	}
	var recent []time.Time
	for _, c := range s.calls {
		if c.Method == method && c.Error != "ratelimited" && at.Sub(c.At) < window && (channel == "" || c.Args.Get("channel") == channel) {
			recent = append(recent, c.At)
		}
	}
	if len(recent) < limit {
		return 0
	}
	return int((window - at.Sub(recent[len(recent)-limit])).Seconds()) + 1
}
