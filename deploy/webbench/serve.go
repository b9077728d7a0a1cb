package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// inSchema is a database's address that uses a schema.
func inSchema(database, schema string) (string, error) {
	u, err := url.Parse(database)
	if err != nil {
		return "", fmt.Errorf("read TEST_DATABASE_URL: %w", err)
	}
	query := u.Query()
	query.Set("search_path", schema+",public")
	u.RawQuery = query.Encode()
	return u.String(), nil
}

// modelName is the fake chat model's.
const modelName = "fake-model"

// environment is what the program is told.
func (b *bench) environment() []string {
	return append(os.Environ(), "DATABASE_URL="+b.database, "OSMANTHUS_LOG_LEVEL=error",
		"EMBEDDING_BASE_URL="+b.fakes.address, "EMBEDDING_API_KEY=", "EMBEDDING_MODEL=fake-words",
		"OPENAI_BASE_URL="+b.fakes.address, "OPENAI_API_KEY=", "CHAT_MODEL="+modelName)
}

// ingest takes the examples in, and a document that says what the model does and so is found first.
func (b *bench) ingest(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "webbench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := os.WriteFile(filepath.Join(folder, "round-table.md"), []byte("# 圆桌讨论\n\n怎样主持圆桌讨论？傅昌波主持了圆桌讨论。\n"), 0o600); err != nil {
		return err
	}
	command := exec.CommandContext(ctx, b.binary, "ingest", "examples/documents", folder)
	command.Env = b.environment()
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("ingest: %w: %s", err, out)
	}
	return nil
}

// A server is a running `osmanthus serve`.
type server struct {
	address string // http://…
	command *exec.Cmd
	client  *http.Client
	said    *errorLog
}

// An errorLog is what the server says of failures.
type errorLog struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *errorLog) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// take returns what was said since the last time.
func (l *errorLog) take() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	said := l.text.String()
	l.text.Reset()
	return said
}

func (b *bench) serve(ctx context.Context) (*server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	address := listener.Addr().String()
	listener.Close()
	command := exec.CommandContext(ctx, b.binary, "serve", "--addr", address, "--per-minute=-1")
	command.Env = b.environment()
	said := &errorLog{}
	command.Stdout, command.Stderr = io.Discard, said
	if err := command.Start(); err != nil {
		return nil, err
	}
	s := &server{"http://" + address, command, &http.Client{Timeout: 5 * time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}, said}
	for started := time.Now(); ; time.Sleep(20 * time.Millisecond) {
		response, err := s.client.Get(s.address + "/readyz")
		if err == nil {
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return s, nil
			}
		}
		if time.Since(started) > time.Minute {
			s.Close()
			return nil, fmt.Errorf("serve is not ready: %w: %s", err, said.take())
		}
	}
}

func (s *server) Close() {
	_ = s.command.Process.Signal(os.Interrupt)
	_ = s.command.Wait()
}

// page asks for the chat's page n times, as phones do, one after the other.
func (s *server) page(ctx context.Context, n int) (spread, error) {
	var times []time.Duration
	for i := range n {
		var first time.Time
		traced := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotFirstResponseByte: func() { first = time.Now() }})
		request, err := http.NewRequestWithContext(traced, http.MethodGet, s.address+"/?lang="+[]string{"zh", "en"}[i%2], nil)
		if err != nil {
			return spread{}, err
		}
		start := time.Now()
		response, err := s.client.Do(request)
		if err != nil {
			return spread{}, err
		}
		_, err = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			return spread{}, errors.Join(err, fmt.Errorf("the page answers %s", response.Status))
		}
		times = append(times, first.Sub(start))
	}
	return spreadOf(times), nil
}

// memory is the most that the server has taken, in MB.
func (s *server) memory() (float64, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(content)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024, err
		}
	}
	return 0, errors.New("no VmHWM in /proc")
}

// processor is the time that the server has computed, from /proc in ticks of 10 ms.
func (s *server) processor() (time.Duration, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.command.Process.Pid))
	if err != nil {
		return 0, err
	}
	_, rest, _ := strings.Cut(string(content), ") ") // after the program's name
	fields := strings.Fields(rest)
	var ticks int64
	for _, i := range []int{11, 12} { // in user mode, in the kernel
		n, err := strconv.ParseInt(fields[i], 10, 64)
		if err != nil {
			return 0, fmt.Errorf("read /proc: %w", err)
		}
		ticks += n
	}
	return time.Duration(ticks) * 10 * time.Millisecond, nil
}

// loadAverage is the machine's, of the last minute: what else it does bears on the figures.
func loadAverage() float64 {
	content, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return 0
	}
	first, _, _ := strings.Cut(string(content), " ")
	load, _ := strconv.ParseFloat(first, 64)
	return load
}
