package slackfake

import (
	"crypto/rand"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// ackTime is how long the fake waits for an envelope's acknowledgement before it sends it again, as Slack does after 3 s.
const ackTime = 3 * time.Second

// sockets are the connections of Socket Mode.
type sockets struct {
	mu      sync.Mutex
	tickets map[string]bool // addresses that have not been used
	open    []*socket
	opened  int
	acked   map[string]chan struct{}
	acks    map[string]int // by envelope
}

type socket struct {
	conn  *websocket.Conn
	write sync.Mutex
	done  chan struct{}
}

func (c *socket) send(v any) error {
	c.write.Lock()
	defer c.write.Unlock()
	return c.conn.WriteJSON(v)
}

// ticket is an address that one connection may use.
func (s *Server) ticket() string {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	t := rand.Text()
	s.sockets.tickets[t] = true
	return strings.Replace(s.URL, "http", "ws", 1) + "/link?ticket=" + t
}

// link is the other end of a connection.
func (s *Server) link(w http.ResponseWriter, r *http.Request) {
	p := &s.sockets
	p.mu.Lock()
	known := p.tickets[r.URL.Query().Get("ticket")]
	delete(p.tickets, r.URL.Query().Get("ticket"))
	full := len(p.open) >= 10
	p.mu.Unlock()
	if !known || full {
		http.Error(w, "no such ticket", http.StatusForbidden)
		return
	}
	upgrader := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	c := &socket{conn: conn, done: make(chan struct{})}
	if err := c.send(map[string]any{"type": "hello", "num_connections": 1, "connection_info": map[string]string{"app_id": "A0"}}); err != nil {
		conn.Close()
		return
	}
	p.mu.Lock()
	p.open, p.opened = append(p.open, c), p.opened+1
	p.mu.Unlock()
	go c.ping()
	for {
		var reply struct {
			EnvelopeID string `json:"envelope_id"`
		}
		if err := conn.ReadJSON(&reply); err != nil {
			break
		}
		p.mu.Lock()
		p.acks[reply.EnvelopeID]++
		if done := p.acked[reply.EnvelopeID]; done != nil && p.acks[reply.EnvelopeID] == 1 {
			close(done)
		}
		p.mu.Unlock()
	}
	s.drop(c)
}

func (c *socket) ping() {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		if c.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(time.Second)) != nil {
			return
		}
		select {
		case <-tick.C:
		case <-c.done:
			return
		}
	}
}

func (s *Server) drop(c *socket) {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	for i, o := range s.sockets.open {
		if o == c {
			s.sockets.open = append(s.sockets.open[:i:i], s.sockets.open[i+1:]...)
			close(c.done)
			c.conn.Close()
			return
		}
	}
}

// CutSockets cuts every connection as a network does.
func (s *Server) CutSockets() {
	s.sockets.mu.Lock()
	open := append([]*socket{}, s.sockets.open...)
	s.sockets.mu.Unlock()
	for _, c := range open {
		s.drop(c)
	}
}

// Disconnect tells every connection to come again: "warning" or "refresh_requested".
func (s *Server) Disconnect(reason string) {
	s.sockets.mu.Lock()
	open := append([]*socket{}, s.sockets.open...)
	s.sockets.mu.Unlock()
	for _, c := range open {
		_ = c.send(map[string]any{"type": "disconnect", "reason": reason})
	}
}

// Sockets returns how many connections are open and how many have been opened so far.
func (s *Server) Sockets() (open, opened int) {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	return len(s.sockets.open), s.sockets.opened
}

// Acks returns how often an envelope was acknowledged.
func (s *Server) Acks(envelope string) int {
	s.sockets.mu.Lock()
	defer s.sockets.mu.Unlock()
	return s.sockets.acks[envelope]
}

// Envelope sends a payload of a kind ("events_api", "slash_commands", "interactive") over one of the connections, and again
// over another for as long as it is not acknowledged. The channel is closed once it is.
func (s *Server) Envelope(kind string, payload json.RawMessage) (id string, acked <-chan struct{}) {
	id = rand.Text()
	done := make(chan struct{})
	s.sockets.mu.Lock()
	s.sockets.acked[id] = done
	s.sockets.mu.Unlock()
	go func() {
		for try := 0; ; try++ {
			s.sockets.mu.Lock()
			var c *socket
			if n := len(s.sockets.open); n > 0 {
				c = s.sockets.open[try%n]
			}
			s.sockets.mu.Unlock()
			wait := ackTime
			if c == nil || c.send(map[string]any{
				"type": kind, "envelope_id": id, "payload": payload, "accepts_response_payload": kind != "events_api",
				"retry_attempt": try, "retry_reason": map[bool]string{true: "", false: "timeout"}[try == 0],
			}) != nil {
				wait, try = ackTime/30, max(try-1, 0) // nothing is open just now
			}
			select {
			case <-done:
				return
			case <-s.closed:
				return
			case <-time.After(wait):
			}
		}
	}()
	return id, done
}
