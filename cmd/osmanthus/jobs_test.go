package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/deploy/local"
	"osmanthus/ingest"
)

func (l *ingestLab) status() ingest.QueueStatus {
	l.t.Helper()
	var status ingest.QueueStatus
	if err := json.Unmarshal([]byte(l.ingest("status", "--json")), &status); err != nil {
		l.t.Fatal(err)
	}
	return status
}

// idle waits until nothing is queued or in work and the figures are up to date.
func (l *ingestLab) idle() {
	l.t.Helper()
	l.until("the queue is empty", func() bool {
		return l.number(`SELECT count(*) FROM river_job WHERE finalized_at IS NULL`) == 0 && l.number(`SELECT count(*) FROM ingest_changes`) == 0
	})
}

// stopChild asks a worker to end, as an operator does.
func (c *child) stop(t testing.TB) {
	t.Helper()
	if err := c.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.done:
	case <-time.After(30 * time.Second):
		t.Fatalf("the worker does not end: %s", c.out.String())
	}
	if c.err != nil {
		t.Errorf("the worker ended with %v: %s", c.err, c.out.String())
	}
}

// TestSameFolderByTwoCommands: one result, nothing twice, nothing embedded twice.
func TestSameFolderByTwoCommands(t *testing.T) {
	t.Parallel()
	l := newIngestLab(t)
	l.withoutSentences() // of which a short passage's is the same text
	folder := corpus(t, 1)
	l.ingest(folder)
	want := l.dump()
	l.clear()
	l.embedder.forget()
	first, second := l.start("ingest", "--json", folder), l.start("ingest", "--json", folder)
	<-first.done
	<-second.done
	if first.err != nil || second.err != nil {
		t.Fatalf("%v, %v: %s%s", first.err, second.err, first.out.String(), second.out.String())
	}
	same(t, "two commands", want, l.dump())
	l.embedder.mu.Lock()
	defer l.embedder.mu.Unlock()
	for text, times := range l.embedder.texts {
		if times > 1 && strings.Contains(text, "edition") {
			t.Errorf("embedded %d times: %.60s", times, text)
		}
	}
}

// TestWorkersShareTheQueue: two and four workers end with the tables of one command, and each had a part in it.
func TestWorkersShareTheQueue(t *testing.T) {
	t.Parallel()
	l := newIngestLab(t)
	folder := corpus(t, 1)
	l.ingest(folder)
	want := l.dump()
	for _, n := range []int{2, 4} {
		l.clear()
		out := l.ingest("--queue-only", folder)
		if got := l.status(); got.Queued != 18 || got.Running != 0 || !strings.Contains(out, "Queued for workers: 18.") {
			t.Fatalf("queued: %+v, %s", got, out)
		}
		l.embedder.set(func([]string) { time.Sleep(5 * time.Millisecond) }, nil) // slow enough to share
		var workers []*child
		for range n {
			workers = append(workers, l.start("ingest", "worker", "--documents", "2"))
		}
		l.until("all is stored", func() bool { return l.number(`SELECT count(*) FROM inbox`) == 0 })
		for _, w := range workers {
			w.stop(t)
		}
		l.idle()
		same(t, fmt.Sprintf("%d workers", n), want, l.dump())
		if had := l.number(`SELECT count(DISTINCT attempted_by) FROM river_job`); had < 2 {
			t.Errorf("%d of %d workers had a part in it", had, n)
		}
	}
}

// TestKilledWorker: another worker takes up a killed one's documents.
func TestKilledWorker(t *testing.T) {
	t.Parallel()
	l := newIngestLab(t)
	folder := corpus(t, 1)
	l.ingest(folder)
	want := l.dump()
	l.clear()
	l.ingest("--queue-only", folder)
	hang := make(chan struct{})
	l.embedder.set(func([]string) { <-hang }, nil)
	killed := l.start("ingest", "worker")
	l.until("documents are in work", func() bool { return l.status().Running > 5 })
	killed.kill()
	close(hang)
	l.embedder.set(nil, nil)
	start := time.Now()
	other := l.start("ingest", "worker")
	l.until("all is stored", func() bool { return l.number(`SELECT count(*) FROM inbox`) == 0 })
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("it took %s", took)
	}
	other.stop(t)
	l.idle()
	same(t, "killed worker", want, l.dump())
}

// TestPoison: what cannot be done is parked with its reason after three tries, what kills its workers too; all else goes on.
func TestPoison(t *testing.T) {
	t.Parallel()
	l := newIngestLab(t)
	folder := corpus(t, 1)
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("empty.md", "")
	write("poison.md", "# Poison\n\nPOISON makes the embedder fail.\n")
	l.embedder.set(nil, func(text string, v []float32) []float32 {
		if strings.Contains(text, "POISON") {
			v[0] = float32(math.NaN())
		}
		return v
	})
	c := l.start("ingest", "--json", folder)
	<-c.done
	if exit := new(exec.ExitError); !errors.As(c.err, &exit) || exit.ExitCode() != 1 || !strings.Contains(c.out.String(), `"added":18`) {
		t.Errorf("ended with %v: %s", c.err, c.out.String())
	}
	parked := func() (all []string) {
		for _, d := range l.status().Documents {
			all = append(all, fmt.Sprint(d.Source, " ", d.Code, " ", d.Tries))
		}
		return all
	}
	if diff := cmp.Diff([]string{"docs/empty.md empty 1", "docs/poison.md embedder 3"}, parked()); diff != "" {
		t.Errorf("parked (-want +got):\n%s", diff)
	}
	l.embedder.set(nil, nil)
	if out := l.ingest("retry", "docs/poison.md"); !strings.Contains(out, "Queued again: 1.") {
		t.Errorf("retry: %s", out)
	}
	w := l.start("ingest", "worker")
	l.until("it is stored", func() bool { return l.number(`SELECT count(*) FROM documents WHERE source = 'docs/poison.md'`) == 1 })
	w.stop(t)

	// A document whose text is never answered stands for one that takes its worker with it.
	write("deadly.md", "# Deadly\n\nDEADLY text.\n")
	paths := []string{"--queue-only", filepath.Join(folder, "deadly.md")}
	const others = 8
	for i := range others { // many, because those that the deadly one keeps waiting are those that might be blamed with it
		write(fmt.Sprintf("other-%d.md", i), fmt.Sprintf("# Other %d\n\nOTHER text beside it.\n", i))
		paths = append(paths, filepath.Join(folder, fmt.Sprintf("other-%d.md", i)))
	}
	l.ingest(paths...)
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	for n := 1; n <= 3; n++ {
		reached := make(chan struct{}, 64)
		l.embedder.set(func(texts []string) {
			for _, text := range texts {
				if strings.Contains(text, "DEADLY") || n < 3 && strings.Contains(text, "OTHER") {
					reached <- struct{}{}
					<-hang
				}
			}
		}, nil)
		w := l.start("ingest", "worker")
		<-reached
		if n < 3 {
			l.until("all are in work", func() bool { return l.status().Running == others+1 })
		}
		w.kill()
	}
	l.embedder.set(func(texts []string) {
		for _, text := range texts {
			if strings.Contains(text, "DEADLY") {
				t.Error("it is tried again")
			}
		}
	}, nil)
	w = l.start("ingest", "worker")
	l.until("the others are stored or parked", func() bool {
		return l.number(`SELECT count(*) FROM river_job WHERE finalized_at IS NULL`) == 0
	})
	w.stop(t)
	if n := l.number(`SELECT count(*) FROM documents WHERE source LIKE 'docs/other-%' AND version IS NOT NULL`); n != others {
		t.Errorf("%d of %d others are stored", n, others)
	}
	if diff := cmp.Diff([]string{"docs/empty.md empty 1", "docs/deadly.md crashed 3"}, parked()); diff != "" {
		t.Errorf("parked (-want +got):\n%s", diff)
	}
}

// TestEmbedderFaults: whatever the embedder does wrong costs no document; once it is well, all are in.
func TestEmbedderFaults(t *testing.T) {
	t.Parallel()
	l := newIngestLab(t)
	folder := corpus(t, 1)
	l.ingest(folder)
	want := l.dump()
	for name, spoil := range map[string]func(string, []float32) []float32{
		"too few":      func(text string, v []float32) []float32 { return nil },
		"wrong size":   func(_ string, v []float32) []float32 { return v[:8] },
		"not numbers":  func(_ string, v []float32) []float32 { v[3] = float32(math.Inf(1)); return v },
		"out of order": nil,
	} {
		l.clear()
		l.embedder.set(nil, spoil)
		if spoil == nil {
			l.embedder.status.Store(500)
		}
		c := l.start("ingest", folder)
		<-c.done
		if c.err == nil || !strings.Contains(c.out.String(), "embedder failed") {
			t.Errorf("%s: ended with %v: %s", name, c.err, c.out.String())
		}
		l.whole(name)
		if status := l.status(); status.Parked > 0 || status.Queued == 0 {
			t.Errorf("%s: %+v", name, status)
		}
		l.embedder.set(func([]string) { time.Sleep(20 * time.Millisecond) }, nil) // slow is no fault
		l.embedder.status.Store(0)
		l.ingest(folder)
		same(t, name, want, l.dump())
	}
}

// TestDiskFull: Postgres refuses what makes it grow, as it does on a full disk (SQLSTATE 53100), in the midst of a run. No
// document is blamed, and the run ends well when there is room again. Every other document finds no room, however many
// are stored at once.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	l := newIngestLab(t)
	folder := corpus(t, 1)
	l.ingest(folder)
	want := l.dump()
	l.clear()
	l.exec(`CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
		IF NEW.document_id % 2 = 0 THEN RAISE EXCEPTION 'could not extend file: No space left on device' USING ERRCODE = '53100'; END IF;
		RETURN NEW; END $$`)
	l.exec(`CREATE TRIGGER full_disk BEFORE INSERT ON passages FOR EACH ROW EXECUTE FUNCTION full_disk()`)
	c := l.start("ingest", "--json", folder)
	l.until("jobs wait for room", func() bool {
		return l.number(`SELECT count(*) FROM river_job WHERE state IN ('available', 'scheduled') AND metadata ? 'snoozes'`) > 5
	})
	l.whole("full")
	l.exec(`DROP TRIGGER full_disk ON passages`)
	<-c.done
	if c.err != nil || !strings.Contains(c.out.String(), `"added":18`) {
		t.Errorf("ended with %v: %s", c.err, c.out.String())
	}
	same(t, "full", want, l.dump())
}

// TestPostgresRestarted: a private server is restarted in the midst of a run, once in order and once by kill -9.
func TestPostgresRestarted(t *testing.T) {
	t.Parallel()
	file, err := built()
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(t.TempDir(), "home")
	if err := os.MkdirAll(home, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join(os.Getenv("OSMANTHUS_HOME"), "parts"), filepath.Join(home, "parts")); err != nil {
		t.Fatal(err)
	}
	parts, err := local.Start(t.Context(), local.Options{Home: home, Executable: file, Postgres: true, Log: quietLog()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := parts.Close(); err != nil {
			t.Error(err)
		}
	})
	l := newIngestLabOn(t, parts.DatabaseURL())
	folder := corpus(t, 1)
	l.ingest(folder)
	want := l.dump()
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGKILL} {
		l.clear()
		half, release := make(chan struct{}), make(chan struct{})
		calls := 0
		l.embedder.set(func([]string) {
			l.embedder.mu.Lock()
			calls++
			n := calls
			l.embedder.mu.Unlock()
			if n == 4 {
				close(half)
				<-release
			}
		}, nil)
		c := l.start("ingest", "--json", folder)
		<-half
		backend := l.number(`SELECT pg_backend_pid()`)
		content, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", backend))
		if err != nil {
			t.Fatal(err)
		}
		postmaster, err := strconv.Atoi(strings.Fields(string(content)[strings.LastIndex(string(content), ")")+2:])[1])
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(postmaster, signal); err != nil {
			t.Fatal(err)
		}
		close(release)
		<-c.done
		if c.err != nil || !strings.Contains(c.out.String(), `"added":18`) {
			t.Errorf("%v: ended with %v: %s", signal, c.err, c.out.String())
		}
		l.embedder.set(nil, nil)
		l.until("the database answers", func() bool { return l.pool.Ping(t.Context()) == nil })
		l.ingest(folder)
		same(t, signal.String(), want, l.dump())
	}
}
