package local

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

const (
	startLimit = 2 * time.Minute  // of Start: unpacking, initdb and recovery included
	closeLimit = 40 * time.Second // of Close: longer than PostgreSQL is given to stop
)

// Options is what Start is given.
type Options struct {
	Home       string // folder of parts, data and logs; made where it is missing
	Executable string // our own program: run as `local-supervisor --home HOME`
	Postgres   bool   // wanted parts
	Embedder   bool
	Build      BuildFunc // of the dictionary; nil: it is left as it is
	Log        *slog.Logger
}

// Parts is a hold on the embedded parts: they run at least until Close. Should their supervisor be killed, a new one
// is started, on the same addresses unless somebody took them.
type Parts struct {
	options Options
	layout  *layout

	mu      sync.Mutex
	conn    *net.UnixConn
	answer  answer
	closing bool
	wasLast bool          // the supervisor ended with us
	watched chan struct{} // closed when watch has ended
	cancel  context.CancelFunc
}

// Start unpacks what is missing, makes sure that the supervisor of the home folder runs, and returns when it has the
// wanted parts up. Its errors are *Fault where a person can mend them.
func Start(ctx context.Context, o Options) (*Parts, error) {
	if o.Log == nil || o.Executable == "" {
		return nil, errors.New("start the embedded parts: Log and Executable must be set")
	}
	if o.Postgres || o.Embedder {
		if err := checkPlatform(); err != nil {
			return nil, err
		}
	}
	if o.Embedder {
		if err := checkProcessor(); err != nil {
			return nil, err
		}
	}
	l, err := openLayout(o.Home)
	if err != nil {
		return nil, err
	}
	p := &Parts{options: o, layout: l, watched: make(chan struct{})}
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	if o.Build != nil {
		if err := installDictionary(ctx, l, o.Build, o.Log); err != nil {
			o.Log.Warn("no dictionary", "error", err)
		}
	}
	if !o.Postgres && !o.Embedder {
		close(p.watched)
		p.cancel = func() {}
		return p, nil
	}
	if err := p.connect(ctx); err != nil {
		return nil, err
	}
	watching, stop := context.WithCancel(context.Background())
	p.cancel = stop
	go p.watch(watching)
	return p, nil
}

// DatabaseURL is the address of the private database, its password included; empty where it was not asked for.
func (p *Parts) DatabaseURL() string { return p.current().DatabaseURL }

// EmbeddingURL is the base address of the local embedder, up to /v1; empty where it was not asked for.
func (p *Parts) EmbeddingURL() string { return p.current().EmbeddingURL }

// EmbeddingKey is the local embedder's bearer key.
func (p *Parts) EmbeddingKey() string { return p.current().EmbeddingKey }

// Dictionary is the path of the compact dictionary, empty where there is none.
func (p *Parts) Dictionary() string {
	path := DictionaryPath(p.layout.home)
	if _, err := os.Stat(path); err != nil {
		return ""
	}
	return path
}

func (p *Parts) current() answer {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.answer
}

// connect finds the supervisor or starts it, until one has answered or ctx ends. One that is just leaving closes the
// connection without an answer.
func (p *Parts) connect(ctx context.Context) error {
	var last error
	for {
		conn, err := p.layout.dial()
		if err != nil {
			if conn, err = p.spawn(ctx); err != nil {
				return err
			}
		}
		a, err := p.ask(ctx, conn)
		if err == nil && a.Fault != nil {
			p.leave(conn, a.PID)
			return a.Fault
		}
		if err == nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			if p.closing {
				conn.Close()
				return errors.New("connect to the supervisor: closed meanwhile")
			}
			p.conn, p.answer = conn, a
			return nil
		}
		conn.Close()
		last = err
		select {
		case <-ctx.Done():
			return fault(CodeSupervisor, errors.Join(ctx.Err(), last), "reason", last.Error(), "path", p.layout.logs())
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (p *Parts) ask(ctx context.Context, conn *net.UnixConn) (answer, error) {
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	var a answer
	q := request{Protocol: protocol, Postgres: p.options.Postgres, Embedder: p.options.Embedder}
	if err := json.NewEncoder(conn).Encode(q); err != nil {
		return a, fmt.Errorf("ask the supervisor: %w", err)
	}
	if err := json.NewDecoder(conn).Decode(&a); err != nil {
		return a, fmt.Errorf("hear the supervisor: %w", err)
	}
	if !stop() {
		return a, ctx.Err()
	}
	return a, nil
}

// spawn starts a supervisor, one at a time a home folder, and returns a connection to it.
func (p *Parts) spawn(ctx context.Context) (*net.UnixConn, error) {
	unlock, err := lockFile(ctx, p.layout.runFile("start.lock"))
	if err != nil {
		return nil, err
	}
	defer unlock()
	if conn, err := p.layout.dial(); err == nil {
		return conn, nil // somebody else has started it meanwhile
	}
	path := filepath.Join(p.layout.logs(), "supervisor.log")
	if info, err := os.Stat(path); err == nil && info.Size() > maxLog {
		_ = os.Rename(path, path+".1")
	}
	said, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, diskFault("open", path, err)
	}
	defer said.Close()
	ready, told, err := os.Pipe()
	if err != nil {
		return nil, fault(CodeSupervisor, err, "reason", reason(err), "path", path)
	}
	defer ready.Close()
	cmd := exec.Command(p.options.Executable, "local-supervisor", "--home", p.layout.home)
	// None of our settings and secrets are its business. A session of its own keeps Ctrl-C on the terminal from it.
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "TMPDIR=" + os.TempDir()}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	cmd.Stdout, cmd.Stderr, cmd.Dir = told, said, p.layout.home
	err = cmd.Start()
	told.Close()
	if err != nil {
		return nil, fault(CodeSupervisor, err, "reason", reason(err), "path", path)
	}
	go func() { _ = cmd.Wait() }() // leave no zombie
	if err := heed(ctx, ready, path); err != nil {
		if ctx.Err() != nil {
			_ = cmd.Process.Kill()
		}
		return nil, err
	}
	return p.layout.dial()
}

// heed reads the supervisor's first words: "ready", or a fault.
func heed(ctx context.Context, ready *os.File, log string) error {
	stop := context.AfterFunc(ctx, func() { _ = ready.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	line, err := bufio.NewReader(ready).ReadBytes('\n')
	if err != nil {
		why := "it ended without a word"
		if ctx.Err() != nil {
			why = "it took too long"
		}
		return fault(CodeSupervisor, errors.Join(err, ctx.Err()), "reason", why, "path", log)
	}
	if bytes.Equal(bytes.TrimSpace(line), []byte("ready")) {
		return nil
	}
	var a answer
	if json.Unmarshal(line, &a) == nil && a.Fault != nil {
		return a.Fault
	}
	return fault(CodeSupervisor, nil, "reason", "it said something else than ready", "path", log)
}

// watch starts a new supervisor when the one we hold is killed.
func (p *Parts) watch(ctx context.Context) {
	defer close(p.watched)
	for {
		p.mu.Lock()
		conn, old := p.conn, p.answer
		p.mu.Unlock()
		said, _ := io.ReadAll(conn) // nothing comes before one of the two leaves
		p.mu.Lock()
		closing := p.closing
		p.wasLast = string(said) == farewell
		p.mu.Unlock()
		if closing {
			return
		}
		conn.Close()
		p.options.Log.Error("the process that runs the private parts is gone, starting it again")
		for {
			limit, cancel := context.WithTimeout(ctx, startLimit)
			err := p.connect(limit)
			cancel()
			if err == nil {
				break
			}
			if ctx.Err() != nil {
				return
			}
			p.options.Log.Error("the private parts did not start", "error", err)
			select {
			case <-ctx.Done():
				return
			case <-time.After(time.Second):
			}
		}
		if now := p.current(); now.DatabaseURL != old.DatabaseURL || now.EmbeddingURL != old.EmbeddingURL {
			p.options.Log.Error("the private parts came back on another port: restart this program")
		}
	}
}

// Close lets go of the parts. Where no other process uses them it returns when all their processes have gone, by force
// if they take too long.
func (p *Parts) Close() error {
	p.mu.Lock()
	if p.closing {
		p.mu.Unlock()
		return nil
	}
	p.closing = true
	conn, pid := p.conn, p.answer.PID
	p.mu.Unlock()
	p.cancel()
	if conn == nil {
		return nil
	}
	// The supervisor closes a connection at once unless it was the last; then its end closes it.
	_ = conn.CloseWrite()
	_ = conn.SetReadDeadline(time.Now().Add(closeLimit))
	<-p.watched
	var late net.Error
	_, err := conn.Read(make([]byte, 1))
	conn.Close()
	if errors.As(err, &late) && late.Timeout() {
		p.options.Log.Error("the private parts did not stop in time, killing them", "pid", pid)
		_ = syscall.Kill(pid, syscall.SIGKILL)
		p.awaitGone(pid, 5*time.Second)
		return nil
	}
	p.mu.Lock()
	last := p.wasLast
	p.mu.Unlock()
	if last {
		p.awaitGone(pid, 5*time.Second)
	}
	return nil
}

// leave lets go of a supervisor that could not give what was asked. Where nobody else uses it, it returns when the
// process has gone, so that the next start does not meet it.
func (p *Parts) leave(conn *net.UnixConn, pid int) {
	defer conn.Close()
	_ = conn.CloseWrite()
	_ = conn.SetReadDeadline(time.Now().Add(closeLimit))
	if said, err := io.ReadAll(conn); err == nil && bytes.HasSuffix(said, []byte(farewell)) {
		p.awaitGone(pid, 5*time.Second)
	}
}

// awaitGone waits until a process has left the process table.
func (p *Parts) awaitGone(pid int, limit time.Duration) {
	for end := time.Now().Add(limit); pid > 0 && running(pid) && time.Now().Before(end); {
		time.Sleep(2 * time.Millisecond)
	}
}
