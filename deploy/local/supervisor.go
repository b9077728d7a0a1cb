package local

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	// firstClientLimit is how long a supervisor waits for the client that started it.
	firstClientLimit = 15 * time.Second
	// predecessorLimit is how long it waits for the one before it to stop its children.
	predecessorLimit = 40 * time.Second
)

// SupervisorOptions is what RunSupervisor is given.
type SupervisorOptions struct {
	Home       string
	Executable string       // our own program, for the embedder's workers
	Ready      io.Writer    // told "ready" once clients may connect, or the fault that prevents it
	Log        *slog.Logger // goes to log/supervisor.log through standard error
}

// RunSupervisor is the hidden command local-supervisor: it runs the private Postgres and the embedder of one home
// folder for its clients, and returns when the last of them is gone or ctx is cancelled, both children stopped.
func RunSupervisor(ctx context.Context, o SupervisorOptions) error {
	s, err := newSupervisor(ctx, o)
	if err != nil {
		_ = json.NewEncoder(o.Ready).Encode(answer{Fault: asFault(err, "log/supervisor.log")})
		return err
	}
	if _, err := io.WriteString(o.Ready, "ready\n"); err != nil {
		o.Log.Warn("the process that started this one is gone")
	}
	return s.run(ctx)
}

type supervisor struct {
	layout     *layout
	executable string
	log        *slog.Logger
	spawn      *spawner
	unlock     func()
	listener   *net.UnixListener
	state      state

	starting sync.Mutex // held while a part starts
	database *cluster
	output   *boundedLog
	embedder *embedder

	mu      sync.Mutex
	clients int
	closing bool
	empty   chan struct{} // closed when the last client has gone
}

func newSupervisor(ctx context.Context, o SupervisorOptions) (*supervisor, error) {
	l, err := openLayout(o.Home)
	if err != nil {
		return nil, err
	}
	s := &supervisor{layout: l, executable: o.Executable, log: o.Log, empty: make(chan struct{})}
	limit, cancel := context.WithTimeout(ctx, predecessorLimit)
	defer cancel()
	if s.unlock, err = lockFile(limit, l.runFile("supervisor.lock")); err != nil {
		return nil, err
	}
	if s.state, err = readState(l); err != nil {
		s.unlock()
		return nil, err
	}
	if s.listener, err = l.listen(); err != nil {
		s.unlock()
		return nil, err
	}
	s.spawn = newSpawner()
	return s, nil
}

func (s *supervisor) run(ctx context.Context) error {
	var handlers sync.WaitGroup
	handlers.Go(func() { s.accept(ctx, &handlers) })
	unused := time.AfterFunc(firstClientLimit, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.clients == 0 {
			s.shut()
		}
	})
	defer unused.Stop()
	select {
	case <-ctx.Done():
		s.mu.Lock()
		s.shut()
		s.mu.Unlock()
	case <-s.empty:
	}
	s.starting.Lock() // a part that is just starting is finished first, then stopped
	defer s.starting.Unlock()
	if s.embedder != nil {
		s.embedder.stop()
	}
	if s.database != nil {
		s.database.stop()
		_ = s.output.Close()
	}
	s.spawn.close()
	// The lock and the clients' connections end with the process: that is how they know that it is gone.
	return nil
}

// shut stops taking clients. It is called with mu held.
func (s *supervisor) shut() {
	if s.closing {
		return
	}
	s.closing = true
	close(s.empty)
	s.listener.Close() // takes the socket's file with it
}

func (s *supervisor) accept(ctx context.Context, handlers *sync.WaitGroup) {
	for {
		conn, err := s.listener.AcceptUnix()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			s.log.Error("cannot take a client", "error", err)
			select {
			case <-ctx.Done():
				return
			case <-time.After(100 * time.Millisecond):
			}
			continue
		}
		s.mu.Lock()
		if s.closing {
			conn.Close() // the client starts a supervisor of its own
		} else {
			s.clients++
			handlers.Go(func() { s.serve(ctx, conn) })
		}
		s.mu.Unlock()
	}
}

// serve answers one client and then waits until it is gone.
func (s *supervisor) serve(ctx context.Context, conn *net.UnixConn) {
	var q request
	decoder := json.NewDecoder(conn)
	if err := decoder.Decode(&q); err == nil {
		a := s.answer(ctx, q)
		if err := json.NewEncoder(conn).Encode(a); err != nil {
			s.log.Warn("a client left before it was answered", "error", err)
		}
		_, _ = io.Copy(io.Discard, conn) // until it says goodbye or is killed
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clients--
	if s.clients == 0 {
		// The connection stays open until the process is gone, which the client waits for.
		_, _ = io.WriteString(conn, farewell)
		s.shut()
		return
	}
	conn.Close()
}

// A request is what a client says when it connects; an answer, what it is told. One JSON object each.
type request struct {
	Protocol int  `json:"protocol"`
	Postgres bool `json:"postgres,omitempty"`
	Embedder bool `json:"embedder,omitempty"`
}

type answer struct {
	PID          int    `json:"pid,omitempty"`
	DatabaseURL  string `json:"database_url,omitempty"`
	EmbeddingURL string `json:"embedding_url,omitempty"`
	EmbeddingKey string `json:"embedding_key,omitempty"`
	Fault        *Fault `json:"fault,omitempty"`
}

// farewell is told to the last client, which then waits for the process to end.
const farewell = "last"

// protocol changes when request or answer change their meaning.
const protocol = 1

// answer starts the parts that are asked for and not running yet.
func (s *supervisor) answer(ctx context.Context, q request) answer {
	a := answer{PID: os.Getpid()}
	if q.Protocol != protocol {
		a.Fault = fault(CodeOtherBuild, nil, "path", s.layout.home)
		return a
	}
	s.starting.Lock()
	defer s.starting.Unlock()
	failed := make(chan error, 2)
	var wait sync.WaitGroup
	if q.Postgres && s.database == nil {
		wait.Go(func() { failed <- s.startDatabase(ctx) })
	}
	if q.Embedder && s.embedder == nil {
		wait.Go(func() { failed <- s.startEmbedder(ctx) })
	}
	wait.Wait()
	close(failed)
	for err := range failed {
		if err != nil {
			s.log.Error("a part did not start", "error", err)
			a.Fault = asFault(err, filepath.Join(s.layout.logs(), "supervisor.log"))
			return a
		}
	}
	if q.Postgres {
		a.DatabaseURL = s.database.url()
		s.state.PostgresPort = s.database.port
	}
	if q.Embedder {
		a.EmbeddingURL, a.EmbeddingKey = s.embedder.url(), s.state.EmbedderKey
		s.state.EmbedderPort = s.embedder.port()
	}
	if err := s.state.write(s.layout); err != nil {
		s.log.Warn("addresses will change with the next start", "error", err)
	}
	return a
}

func (s *supervisor) startDatabase(ctx context.Context) error {
	where, err := s.layout.placePostgres("")
	if err != nil {
		return err
	}
	program, err := s.layout.install(ctx, postgresPart, where.parts(), s.log)
	if err != nil {
		return err
	}
	if s.output == nil {
		if s.output, err = openLog(filepath.Join(s.layout.logs(), "postgres.log")); err != nil {
			s.output = nil
			return err
		}
	}
	c := newCluster(where, program, s.state.PostgresPort, s.spawn, s.output, s.log)
	if err := c.start(ctx); err != nil {
		return err
	}
	s.database = c
	return nil
}

func (s *supervisor) startEmbedder(ctx context.Context) error {
	if _, err := s.layout.install(ctx, embedderPart, s.layout.parts(), s.log); err != nil {
		return err
	}
	listener, err := listenLoopback(s.state.EmbedderPort)
	if err != nil {
		return err
	}
	e, err := startEmbedder(ctx, s.layout, s.executable, listener, s.state.EmbedderKey, s.spawn, s.log)
	if err != nil {
		listener.Close()
		return err
	}
	s.embedder = e
	return nil
}

// listenLoopback prefers the port of before, so that clients of a killed supervisor find its successor.
func listenLoopback(port int) (net.Listener, error) {
	if port != 0 {
		if l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}); err == nil {
			return l, nil
		}
	}
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fault(CodePort, err, "reason", reason(err))
	}
	return l, nil
}

// asFault makes a fault of any error, so that it can cross the socket.
func asFault(err error, log string) *Fault {
	var f *Fault
	if errors.As(err, &f) {
		return f
	}
	return fault(CodeSupervisor, err, "reason", err.Error(), "path", log)
}

// A state is what outlives a supervisor: where its parts listened, and the embedder's key.
type state struct {
	PostgresPort int    `json:"postgres_port,omitempty"`
	EmbedderPort int    `json:"embedder_port,omitempty"`
	EmbedderKey  string `json:"embedder_key"`
}

func readState(l *layout) (state, error) {
	var s state
	content, err := os.ReadFile(l.runFile("state.json"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return s, diskFault("read", l.runFile("state.json"), err)
	}
	if err != nil || json.Unmarshal(content, &s) != nil || s.EmbedderKey == "" {
		s = state{EmbedderKey: randomHex(24)}
	}
	return s, nil
}

func (s state) write(l *layout) error {
	content, err := json.Marshal(s)
	if err != nil {
		return fmt.Errorf("write the supervisor's state: %w", err)
	}
	return diskFault("write", l.runFile("state.json"), replaceFile(l.runFile("state.json"), 0o600, func(f *os.File) error {
		_, err := f.Write(content)
		return err
	}))
}
