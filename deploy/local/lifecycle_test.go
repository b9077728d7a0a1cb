package local

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func TestStartAndClose(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	p := start(t, Options{Home: home, Postgres: true, Embedder: true})
	if got := query(t, p.DatabaseURL(), "select current_database() || ' ' || datcollate || ' ' || datlocprovider::text || ' ' || datlocale || ' ' || pg_encoding_to_char(encoding)::text from pg_database where datname = current_database()"); got != "osmanthus C b C.UTF-8 UTF8" {
		t.Errorf("the database is %q", got)
	}
	exec1(t, p.DatabaseURL(), "create extension vector")
	if got := query(t, p.DatabaseURL(), "select ('[1,2]'::vector <-> '[1,2]'::vector)::text"); got != "0" {
		t.Errorf("a distance is %q", got)
	}
	if got := query(t, p.DatabaseURL(), "select string_agg(name || '=' || setting, ' ' order by name) from pg_settings where name in ('fsync','synchronous_commit','full_page_writes','listen_addresses','unix_socket_directories','data_checksums')"); got != "data_checksums=on fsync=on full_page_writes=on listen_addresses=127.0.0.1 synchronous_commit=on unix_socket_directories=" {
		t.Errorf("settings are %q", got)
	}
	wrong := strings.Replace(p.DatabaseURL(), "osmanthus:", "osmanthus:x", 1)
	if _, err := connect(t, wrong); err == nil {
		t.Error("a wrong password is taken")
	}
	if p.Dictionary() == "" {
		t.Error("no dictionary")
	}
	if len(embedTexts(t, p, `["query: hello"]`, nil).Data) != 1 {
		t.Error("no embedding")
	}
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if left := processesOf(home); len(left) > 0 {
		t.Errorf("processes left running: %v", left)
	}
}

func TestOnePartAlone(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	p := start(t, Options{Home: home, Embedder: true})
	if p.DatabaseURL() != "" || p.EmbeddingURL() == "" {
		t.Errorf("got %q and %q", p.DatabaseURL(), p.EmbeddingURL())
	}
	if _, err := os.Stat(filepath.Join(home, "postgres")); err == nil {
		t.Error("a database was made that nobody asked for")
	}
	later := start(t, Options{Home: home, Postgres: true})
	query(t, later.DatabaseURL(), "select '1'")
}

func TestStartsAtOnceShareOneSupervisor(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	parts := make([]*Parts, 4)
	var wait sync.WaitGroup
	for i := range parts {
		wait.Go(func() { parts[i] = start(t, Options{Home: home, Postgres: true}) })
	}
	wait.Wait()
	for _, p := range parts[1:] {
		if p.current() != parts[0].current() {
			t.Errorf("got %+v and %+v", p.current(), parts[0].current())
		}
	}
	for i, p := range parts {
		query(t, p.DatabaseURL(), "select '1'")
		if err := p.Close(); err != nil {
			t.Fatal(err)
		}
		if i < len(parts)-1 && len(processesOf(home)) == 0 {
			t.Error("the first to leave took the parts with it")
		}
	}
	if left := processesOf(home); len(left) > 0 {
		t.Errorf("processes left running: %v", left)
	}
}

func TestStartAndCloseInTurns(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	var wait sync.WaitGroup
	for range 3 {
		wait.Go(func() {
			for range 4 {
				p, err := Start(t.Context(), Options{Home: home, Executable: os.Args[0], Postgres: true, Log: testLog(io.Discard)})
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := connect(t, p.DatabaseURL()); err != nil {
					t.Error(err)
				}
				if err := p.Close(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
}

func TestKilledClient(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	first, second := startClient(t, home), startClient(t, home)
	if first.answer != second.answer {
		t.Errorf("got %+v and %+v", first.answer, second.answer)
	}
	first.kill(t)
	query(t, second.answer.DatabaseURL, "select '1'")
	second.kill(t)
	eventually(t, "nothing runs", func() bool { return len(processesOf(home)) == 0 })
}

func TestKilledSupervisor(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	p := start(t, Options{Home: home, Postgres: true, Embedder: true})
	before := p.current()
	exec1(t, p.DatabaseURL(), "create table kept as select '桂花' as word")
	if err := syscall.Kill(before.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	// The client starts another, on the same addresses.
	eventually(t, "another supervisor runs", func() bool { return p.current().PID != before.PID })
	after := p.current()
	after.PID = before.PID
	if after != before {
		t.Errorf("got %+v, want %+v", after, before)
	}
	if got := query(t, p.DatabaseURL(), "select word from kept"); got != "桂花" {
		t.Errorf("got %q", got)
	}
	embedTexts(t, p, `"桂花"`, nil)
}

func TestKilledEverything(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	c := startClient(t, home)
	exec1(t, c.answer.DatabaseURL, "create table kept as select n, repeat('桂', 200) as word from generate_series(1, 5000) n")
	for pid := range processesOf(home) {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	_ = c.cmd.Wait()
	eventually(t, "nothing runs", func() bool { return len(processesOf(home)) == 0 })
	p := start(t, Options{Home: home, Postgres: true})
	if got := query(t, p.DatabaseURL(), "select count(*)::text from kept"); got != "5000" {
		t.Errorf("kept %s rows", got)
	}
}

func TestKilledPostgres(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	p := start(t, Options{Home: home, Postgres: true})
	exec1(t, p.DatabaseURL(), "create table kept as select '桂花' as word")
	pid := postmaster(t, home)
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	eventually(t, "another server answers", func() bool {
		conn, err := connect(t, p.DatabaseURL())
		return err == nil && conn && postmaster(t, home) != pid
	})
	if got := query(t, p.DatabaseURL(), "select word from kept"); got != "桂花" {
		t.Errorf("got %q", got)
	}
}

// A supervisor that is killed together with the power to signal its children leaves a server behind.
func TestServerLeftRunning(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	c := startClient(t, home)
	exec1(t, c.answer.DatabaseURL, "create table kept as select '桂花' as word")
	pid := postmaster(t, home)
	// A stopped server takes the signal of its parent's death only when it goes on.
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(c.answer.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	c.kill(t)
	eventually(t, "the supervisor is gone", func() bool { return !running(c.answer.PID) })
	if !running(pid) {
		t.Fatal("the server was meant to be left")
	}
	done := make(chan *Parts)
	go func() { done <- start(t, Options{Home: home, Postgres: true}) }()
	eventually(t, "the supervisor has seen the server", func() bool {
		said, _ := os.ReadFile(filepath.Join(home, "log", "supervisor.log"))
		return strings.Contains(string(said), "left running")
	})
	if err := syscall.Kill(pid, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	p := <-done
	if got := query(t, p.DatabaseURL(), "select word from kept"); got != "桂花" {
		t.Errorf("got %q", got)
	}
}

func TestStalePidFile(t *testing.T) {
	t.Parallel()
	for name, pid := range map[string]int{"of another program": os.Getpid(), "of nobody": 1 << 22} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			home := newHome(t)
			p := start(t, Options{Home: home, Postgres: true})
			l := layout{home: home}
			where, err := l.placePostgres("")
			if err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(where.data(), "postmaster.pid")
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			_, rest, _ := strings.Cut(string(content), "\n")
			if err := os.WriteFile(path, []byte(strconv.Itoa(pid)+"\n"+rest), 0o644); err != nil {
				t.Fatal(err)
			}
			again := start(t, Options{Home: home, Postgres: true})
			query(t, again.DatabaseURL(), "select '1'")
		})
	}
}

func TestDataOfAnotherVersion(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	data := filepath.Join(home, "postgres", "data")
	if err := makeFolder(data, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(data, "PG_VERSION"), []byte("17\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Home: home, Executable: os.Args[0], Postgres: true, Log: testLog(io.Discard)})
	want := fmt.Sprintf("The data in %s were written by PostgreSQL 17 and this version runs 18: move them with the former version's pg_dump, or set OSMANTHUS_HOME to a new folder.", data)
	if err == nil || err.Error() != want || !errors.Is(err, &Fault{Code: CodeVersion}) {
		t.Errorf("got %v\nwant %s", err, want)
	}
}

func TestHalfMadeDataIsMadeAnew(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	half := filepath.Join(home, "postgres", ".init-123")
	if err := makeFolder(half, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(half, "PG_VERSION"), []byte("18\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	p := start(t, Options{Home: home, Postgres: true})
	query(t, p.DatabaseURL(), "select '1'")
	if _, err := os.Stat(half); err == nil {
		t.Error("the half-made folder is still there")
	}
}

func TestLostPassword(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	p := start(t, Options{Home: home, Postgres: true})
	before := p.DatabaseURL()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(home, "postgres", "password")); err != nil {
		t.Fatal(err)
	}
	again := start(t, Options{Home: home, Postgres: true})
	if again.DatabaseURL() == before {
		t.Error("the password is the same")
	}
	query(t, again.DatabaseURL(), "select '1'")
}

func TestUnwritableHome(t *testing.T) {
	t.Parallel()
	file := filepath.Join(openFolder(t), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), Options{Home: filepath.Join(file, "home"), Executable: os.Args[0], Postgres: true, Log: testLog(io.Discard)})
	if !errors.Is(err, &Fault{Code: CodeDisk}) {
		t.Errorf("got %v", err)
	}
}

func TestPortTakenByAnother(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	p := start(t, Options{Home: home, Postgres: true, Embedder: true})
	before := p.current()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{hostOf(t, before.DatabaseURL), hostOf(t, before.EmbeddingURL)} {
		listenUntilEnd(t, address)
	}
	again := start(t, Options{Home: home, Postgres: true, Embedder: true})
	if again.DatabaseURL() == before.DatabaseURL || again.EmbeddingURL() == before.EmbeddingURL {
		t.Errorf("got %+v", again.current())
	}
	query(t, again.DatabaseURL(), "select '1'")
	embedTexts(t, again, `"桂花"`, nil)
}

// A long path does not fit a socket's address.
func TestLongHome(t *testing.T) {
	t.Parallel()
	short := newHome(t)
	home := filepath.Join(filepath.Dir(short), strings.Repeat("桂花", 20), strings.Repeat("x", 40))
	if err := makeFolder(filepath.Dir(home), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(short, home); err != nil {
		t.Fatal(err)
	}
	p := start(t, Options{Home: home, Postgres: true})
	query(t, p.DatabaseURL(), "select '1'")
}

// As root, with a home that PostgreSQL's user cannot enter, program and data go elsewhere.
func TestClosedHomeOfRoot(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		l, err := openLayout(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		if p, err := l.placePostgres(""); err != nil || p.root != l.home || p.user != nil {
			t.Errorf("got %+v, %v", p, err)
		}
		return
	}
	home := newHome(t)
	if err := os.Chmod(home, 0o700); err != nil {
		t.Fatal(err)
	}
	// The parts are unpacked there too, from the wheels.
	t.Cleanup(func() {
		if err := os.RemoveAll(filepath.Join(sharedState, (&layout{home: home}).hash())); err != nil {
			t.Error(err)
		}
		_ = os.Remove(sharedState) // where it is empty
	})
	p := start(t, Options{Home: home, Postgres: true})
	exec1(t, p.DatabaseURL(), "create table kept as select '桂花' as word")
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	again := start(t, Options{Home: home, Postgres: true})
	if got := query(t, again.DatabaseURL(), "select word from kept"); got != "桂花" {
		t.Errorf("got %q", got)
	}
	if got := query(t, again.DatabaseURL(), "select setting from pg_settings where name = 'data_directory'"); !strings.HasPrefix(got, sharedState) {
		t.Errorf("the data are in %s", got)
	}
}
