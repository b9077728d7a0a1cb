package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	postgresRole     = "osmanthus" // superuser of the private server, and the name of its database
	postgresDatabase = "osmanthus"

	postgresStartLimit = 60 * time.Second // recovery after a kill replays at most max_wal_size
	postgresFastStop   = 20 * time.Second
	postgresQuickStop  = 5 * time.Second
)

// postgresSettings are for a private server beside the program: small, and as safe as the defaults.
var postgresSettings = [...]string{
	"listen_addresses=127.0.0.1",
	"unix_socket_directories=",
	"shared_buffers=512MB", // taken as it is used; holds the indexes of some 100,000 passages
	"max_connections=60",
	"max_wal_size=512MB",
	"fsync=on",
	"full_page_writes=on",
	"synchronous_commit=on",
	"logging_collector=off",
	"log_destination=stderr",
	"log_line_prefix=%m [%p] ",
	"log_timezone=UTC",
	"log_statement=none",
	"log_min_error_statement=panic", // statements may hold what people asked
	"log_checkpoints=off",
	"timezone=UTC",
}

// A cluster is the private PostgreSQL: its data folder and, once started, its server, which is started again when it
// dies by itself.
type cluster struct {
	place place
	tree  string // the unpacked program
	spawn *spawner
	out   *boundedLog
	log   *slog.Logger

	mu       sync.Mutex
	unlock   func()
	password string
	port     int
	server   *server
	stopping chan struct{}
	watched  chan struct{} // closed when the watcher has ended
}

// A server is one postmaster process.
type server struct {
	cmd  *exec.Cmd
	gone chan struct{}
}

func newCluster(p place, program string, port int, spawn *spawner, out *boundedLog, log *slog.Logger) *cluster {
	return &cluster{
		place: p, tree: filepath.Join(program, filepath.FromSlash(postgresTree)), port: port, spawn: spawn, out: out, log: log,
		stopping: make(chan struct{}), watched: make(chan struct{}),
	}
}

// start brings the server up: data made or checked, leftovers of a former server gone, a port found. The port given to
// newCluster is tried first.
func (c *cluster) start(ctx context.Context) (err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := makeFolder(c.place.postgres(), 0o755); err != nil {
		return err
	}
	lock := filepath.Join(c.place.postgres(), "lock")
	if c.unlock, err = tryLock(lock); err != nil {
		if errors.Is(err, errLocked) {
			return fault(CodeBusy, err, "path", c.place.postgres())
		}
		return err
	}
	defer func() {
		if err != nil {
			c.unlock()
		}
	}()
	if err := c.prepare(ctx); err != nil {
		return err
	}
	if err := c.clearLeftovers(ctx); err != nil {
		return err
	}
	for range 8 {
		if c.port == 0 {
			if c.port, err = freePort(); err != nil {
				return err
			}
		}
		c.server, err = c.launch(ctx)
		if err == nil {
			go c.watch(c.server)
			return nil
		}
		if !errors.Is(err, errPortTaken) {
			return err
		}
		c.port = 0 // somebody was faster
	}
	return fault(CodePort, err, "reason", "each one tried was taken")
}

// url is the address of the database, with its password.
func (c *cluster) url() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(postgresRole, c.password),
		Host: net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)), Path: "/" + postgresDatabase, RawQuery: "sslmode=disable",
	}
	return u.String()
}

var errPortTaken = errors.New("the port is taken")

// launch starts the postmaster and waits until it takes connections.
func (c *cluster) launch(ctx context.Context) (*server, error) {
	c.out.forget()
	arguments := []string{"-D", c.place.data(), "-p", strconv.Itoa(c.port)}
	for _, setting := range postgresSettings {
		arguments = append(arguments, "-c", setting)
	}
	cmd := c.program("postgres", arguments...)
	// A fast shutdown, should the supervisor be killed.
	cmd.SysProcAttr = childAttributes(c.place.user, syscall.SIGINT)
	cmd.Stdout, cmd.Stderr = c.out, c.out
	cmd.WaitDelay = time.Second
	if err := c.spawn.start(cmd); err != nil {
		return nil, c.startFault(err, "")
	}
	s := &server{cmd: cmd, gone: make(chan struct{})}
	go func() {
		defer close(s.gone)
		_ = cmd.Wait()
	}()
	ctx, cancel := context.WithTimeout(ctx, postgresStartLimit)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for !c.ready(cmd.Process.Pid) {
		select {
		case <-tick.C:
		case <-s.gone:
			said := c.out.remembered()
			if strings.Contains(said, "could not create any TCP/IP sockets") || strings.Contains(said, "could not bind") {
				return nil, errPortTaken
			}
			return nil, c.startFault(errors.New("it ended at once"), said)
		case <-ctx.Done():
			c.stopServer(s)
			return nil, c.startFault(ctx.Err(), c.out.remembered())
		}
	}
	return s, nil
}

// ready reads the postmaster's own account of its state, the eighth line of its pid file.
func (c *cluster) ready(pid int) bool {
	content, err := os.ReadFile(c.pidFile())
	if err != nil {
		return false
	}
	lines := strings.Split(string(content), "\n")
	return len(lines) >= 8 && lines[0] == strconv.Itoa(pid) && strings.TrimSpace(lines[7]) == "ready"
}

func (c *cluster) pidFile() string { return filepath.Join(c.place.data(), "postmaster.pid") }

// program prepares one of PostgreSQL's programs with an environment of its own: none of our secrets.
func (c *cluster) program(name string, arguments ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.tree, "bin", name), arguments...)
	cmd.Env = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "LC_ALL=C", "TZ=UTC", "HOME=/"}
	cmd.Dir = c.place.postgres()
	return cmd
}

// watch starts the server again, on the same port, when it ends without being asked to.
func (c *cluster) watch(s *server) {
	defer close(c.watched)
	for {
		select {
		case <-c.stopping:
			return
		case <-s.gone:
		}
		select {
		case <-c.stopping:
			return
		default:
		}
		c.log.Error("the private database ended by itself, starting it again", "reason", c.out.complaint())
		for {
			next, err := c.restart()
			if err == nil {
				s = next
				break
			}
			c.log.Error("the private database did not start", "error", err)
			select {
			case <-c.stopping:
				return
			case <-time.After(time.Second):
			}
		}
	}
}

func (c *cluster) restart() (*server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), postgresStartLimit)
	defer cancel()
	go func() {
		select {
		case <-c.stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	c.mu.Lock()
	defer c.mu.Unlock()
	select {
	case <-c.stopping:
		return nil, errors.New("it is being stopped")
	default:
	}
	if err := c.clearLeftovers(ctx); err != nil {
		return nil, err
	}
	s, err := c.launch(ctx)
	if err != nil {
		return nil, err
	}
	c.server = s
	return s, nil
}

// stop shuts the server down and waits until its processes are gone.
func (c *cluster) stop() {
	c.mu.Lock()
	started := c.server != nil
	c.mu.Unlock()
	if !started {
		return
	}
	close(c.stopping)
	<-c.watched // nothing starts it again from here on
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopServer(c.server)
	c.unlock()
}

func (c *cluster) stopServer(s *server) {
	for _, step := range []struct {
		signal syscall.Signal
		limit  time.Duration
	}{{syscall.SIGINT, postgresFastStop}, {syscall.SIGQUIT, postgresQuickStop}, {syscall.SIGKILL, postgresQuickStop}} {
		_ = s.cmd.Process.Signal(step.signal)
		select {
		case <-s.gone:
			return
		case <-time.After(step.limit):
			c.log.Warn("the private database is slow to stop", "signal", step.signal.String())
		}
	}
}

// startFault says why PostgreSQL did not start, from what it said.
func (c *cluster) startFault(err error, said string) error {
	why := complaint(said)
	if why == "" {
		why = reason(err)
	}
	switch {
	case strings.Contains(said, "No space left on device"), strings.Contains(said, "Disk quota exceeded"),
		strings.Contains(said, "Read-only file system"):
		return fault(CodeDisk, err, "path", c.place.postgres(), "reason", why)
	case c.place.user != nil && errors.Is(err, syscall.EPERM), c.place.user != nil && errors.Is(err, fs.ErrPermission):
		return fault(CodeUser, err, "user", c.place.user.name, "reason", reason(err))
	}
	return fault(CodePostgres, err, "reason", why, "path", c.out.path)
}

// freePort asks the kernel for a port that is free now.
func freePort() (int, error) {
	listener, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return 0, fault(CodePort, err, "reason", reason(err))
	}
	defer listener.Close()
	address, ok := listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0, fmt.Errorf("find a free port: %s has none", listener.Addr())
	}
	return address.Port, nil
}
