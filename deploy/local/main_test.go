package local

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// TestMain runs this binary again as the processes under test.
func TestMain(m *testing.M) {
	if len(os.Args) > 3 && os.Args[2] == "--home" {
		if run, ok := map[string]func(context.Context, string) error{
			"local-supervisor": func(ctx context.Context, home string) error {
				return RunSupervisor(ctx, SupervisorOptions{Home: home, Executable: os.Args[0], Ready: os.Stdout, Log: testLog(os.Stderr)})
			},
			"local-embed-worker": func(ctx context.Context, home string) error {
				return RunEmbedWorker(ctx, home, os.Stdin, os.Stdout)
			},
			"test-client": runTestClient,
		}[os.Args[1]]; ok {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			err := run(ctx, os.Args[3])
			stop()
			if err != nil {
				fmt.Fprintln(os.Stderr, err)
				os.Exit(1)
			}
			return
		}
	}
	os.Exit(m.Run())
}

func testLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// runTestClient is another osmanthus: it holds the parts until its input ends.
func runTestClient(ctx context.Context, home string) error {
	p, err := Start(ctx, Options{Home: home, Executable: os.Args[0], Postgres: true, Log: testLog(os.Stderr)})
	if err != nil {
		return err
	}
	if err := json.NewEncoder(os.Stdout).Encode(p.current()); err != nil {
		return err
	}
	_, _ = io.Copy(io.Discard, os.Stdin)
	return p.Close()
}

// wheels is the folder with the fetched parts.
func wheels(t testing.TB) string {
	t.Helper()
	folders := []string{filepath.Join(os.Getenv("OSMANTHUS_HOME"), "parts"), "../../.osmanthus/parts"}
	for _, folder := range folders {
		if found, _ := filepath.Glob(filepath.Join(folder, "*.whl")); len(found) >= 3 {
			absolute, err := filepath.Abs(folder)
			if err != nil {
				t.Fatal(err)
			}
			return absolute
		}
	}
	t.Fatal("the parts are not there: run `make setup`")
	return ""
}

// unpacked is a folder of unpacked parts that all tests share, below the system's temporary folder: unpacking is
// tested by itself and would take most of the time here. Its name changes with the list of parts, the code's rules and
// the place of the wheels, to which it links.
func unpacked(t testing.TB) string {
	t.Helper()
	source, err := os.ReadFile("parts.go")
	if err != nil {
		t.Fatal(err)
	}
	from := wheels(t)
	sum := sha256.Sum256([]byte(partsList + string(source) + from))
	home := filepath.Join(os.TempDir(), fmt.Sprintf("osmanthus-test-parts-%d-%x", os.Geteuid(), sum[:6]))
	if err := makeFolder(filepath.Join(home, "parts"), 0o755); err != nil {
		t.Fatal(err)
	}
	found, _ := filepath.Glob(filepath.Join(from, "*.whl"))
	for _, wheel := range found {
		if err := os.Symlink(wheel, filepath.Join(home, "parts", filepath.Base(wheel))); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
	}
	if err := Install(t.Context(), home, copyText, testLog(io.Discard)); err != nil {
		t.Fatal(err)
	}
	return filepath.Join(home, "parts")
}

func copyText(r io.Reader, w io.Writer) error { _, err := io.Copy(w, r); return err }

// openFolder is a temporary folder that another user may enter, as the checkout of a root user usually is.
func openFolder(t testing.TB) string {
	t.Helper()
	folder, err := os.MkdirTemp("", "osmanthus-test-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(folder); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

// newHome is a home folder with the parts unpacked and no data. When the test ends, no process may run on it.
func newHome(t testing.TB) string {
	t.Helper()
	home := filepath.Join(openFolder(t), "home")
	if err := makeFolder(home, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(unpacked(t), filepath.Join(home, "parts")); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if left := processesOf(home); len(left) > 0 {
			t.Errorf("processes left running: %v", left)
			for pid := range left {
				_ = syscall.Kill(pid, syscall.SIGKILL)
			}
		}
	})
	return home
}

// processesOf lists all processes that have to do with a home folder, with their command lines.
func processesOf(home string) map[int]string {
	found := map[int]string{}
	entries, _ := os.ReadDir("/proc")
	for _, entry := range entries {
		pid, err := strconv.Atoi(entry.Name())
		if err != nil || pid == os.Getpid() || !running(pid) {
			continue
		}
		command, _ := os.ReadFile("/proc/" + entry.Name() + "/cmdline")
		folder, _ := os.Readlink("/proc/" + entry.Name() + "/cwd")
		if bytes.Contains(command, []byte(home)) || strings.HasPrefix(folder, home) {
			found[pid] = strings.ReplaceAll(string(command), "\x00", " ")
		}
	}
	return found
}

func start(t testing.TB, o Options) *Parts {
	t.Helper()
	o.Executable, o.Log = os.Args[0], testLog(io.Discard)
	p, err := Start(t.Context(), o)
	if err != nil {
		if said, err := os.ReadFile(filepath.Join(o.Home, "log", "supervisor.log")); err == nil {
			t.Logf("supervisor.log:\n%s", said)
		}
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

// query gives the single value of a statement.
func query(t testing.TB, url, statement string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	var value string
	if err := conn.QueryRow(ctx, statement).Scan(&value); err != nil {
		t.Fatal(err)
	}
	return value
}

func exec1(t testing.TB, url, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), statement); err != nil {
		t.Fatal(err)
	}
}

// A client is a test-client process.
type client struct {
	cmd    *exec.Cmd
	input  io.WriteCloser
	answer answer
}

func startClient(t testing.TB, home string) *client {
	t.Helper()
	cmd := exec.Command(os.Args[0], "test-client", "--home", home)
	cmd.Stderr = os.Stderr
	input, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	output, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &client{cmd: cmd, input: input}
	if err := json.NewDecoder(bufio.NewReader(output)).Decode(&c.answer); err != nil {
		t.Fatalf("the other client: %v", err)
	}
	return c
}

func (c *client) kill(t testing.TB) {
	t.Helper()
	if err := c.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = c.cmd.Wait()
}

// eventually waits for a condition that another process brings about.
func eventually(t testing.TB, what string, condition func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(30 * time.Second)
	for !condition() {
		select {
		case <-tick.C:
		case <-limit:
			t.Fatalf("it never came about that %s", what)
		}
	}
}
