package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// corpus writes a folder of short documents in both languages and one long enough to be staged. Edition changes some.
func corpus(t testing.TB, edition int) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "docs")
	if err := os.MkdirAll(filepath.Join(root, "staff"), 0o755); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 8 {
		version := 1
		if i%2 == 0 {
			version = edition
		}
		write(fmt.Sprintf("en-%d.md", i), fmt.Sprintf("---\ndate: 2024-05-%02d\n---\n\n# Hall %d\n\nThe hall of session %d is on floor %d, edition %d.\n", i+1, i, i, i+2, version))
		write(fmt.Sprintf("zh-%d.md", i), fmt.Sprintf("# 会场 %d\n\n第 %d 场研讨会在 %d 楼举行，第 %d 版。\n", i, i, i+2, version))
	}
	write("staff/rota.md", fmt.Sprintf("# Rota\n\nThe keys are with the porter, edition %d.\n", edition))
	var long strings.Builder
	for i := range 200 {
		fmt.Fprintf(&long, "Longdoc paragraph %d, edition %d: %s\n\n", i, edition, strings.Repeat(fmt.Sprintf("the speaker names figure %d of table %d; ", i, i+1), 12))
	}
	write("long.md", "# Long\n\n"+long.String())
	return root
}

// TestKilledAtRandom: wherever a run is killed, the same command run again ends with the tables of a run that was not.
func TestKilledAtRandom(t *testing.T) {
	t.Parallel()
	const kills = 50
	l := newIngestLab(t)
	first, second := corpus(t, 1), corpus(t, 2)
	l.ingest(first)
	l.clear()
	start := time.Now()
	l.ingest(first)
	span := time.Since(start)
	l.ingest(second)
	want := l.dump()
	if l.number(`SELECT count(*) FROM versions`) != 18+10 {
		t.Fatalf("a clean run leaves %d versions", l.number(`SELECT count(*) FROM versions`))
	}
	r := rand.New(rand.NewPCG(5, 5))
	ended := 0
	for n := range kills {
		l.clear()
		if n%2 == 1 { // the update is killed, not the first run
			l.ingest(first)
		}
		folder := first
		if n%2 == 1 {
			folder = second
		}
		begun := time.Now()
		c := l.start("ingest", folder)
		select {
		case <-time.After(time.Duration(r.Float64() * float64(span))):
			c.kill()
		case <-c.done:
			ended++
			span = min(span, time.Since(begun)) // the machine was busier when it was measured
		}
		when := fmt.Sprintf("kill %d", n)
		l.whole(when)
		l.ingest(folder)
		if n%2 == 0 {
			l.ingest(second)
		}
		same(t, when, want, l.dump())
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d of %d runs ended before they were killed; a run takes %s", ended, kills, span)
	if ended > kills/2 {
		t.Errorf("only %d runs were killed", kills-ended)
	}
}

// TestKilledAtEachStep: the same, at every step that writes.
func TestKilledAtEachStep(t *testing.T) {
	t.Parallel()
	l := newIngestLab(t)
	first, second := corpus(t, 1), corpus(t, 2)
	l.ingest(first)
	gone := filepath.Join(second, "zh-1.md")
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	l.ingest("--prune", second)
	want := l.dump()
	for _, step := range []struct{ name, sql string }{
		{"documents are queued", `CREATE TRIGGER halt AFTER INSERT ON inbox FOR EACH ROW EXECUTE FUNCTION halt()`},
		{"jobs are taken", `CREATE TRIGGER halt BEFORE UPDATE ON river_job FOR EACH ROW WHEN (NEW.state = 'running') EXECUTE FUNCTION halt()`},
		{"passages are staged", `CREATE TRIGGER halt AFTER INSERT ON staged FOR EACH ROW WHEN (NEW.first >= 16) EXECUTE FUNCTION halt()`},
		{"the old version is retired", `CREATE TRIGGER halt AFTER DELETE ON embeddings FOR EACH ROW EXECUTE FUNCTION halt()`},
		{"the version is written", `CREATE TRIGGER halt AFTER INSERT ON versions FOR EACH ROW EXECUTE FUNCTION halt()`},
		{"passages are written", `CREATE TRIGGER halt AFTER INSERT ON passages FOR EACH ROW WHEN (NEW.ordinal = 7) EXECUTE FUNCTION halt()`},
		{"vectors are written", `CREATE TRIGGER halt AFTER INSERT ON embeddings FOR EACH ROW EXECUTE FUNCTION halt()`},
		{"the version becomes current", `CREATE TRIGGER halt AFTER UPDATE OF version ON documents FOR EACH ROW EXECUTE FUNCTION halt()`},
		{"the job is ended", `CREATE TRIGGER halt AFTER UPDATE ON river_job FOR EACH ROW WHEN (NEW.state = 'completed') EXECUTE FUNCTION halt()`},
		{"it is committed", `CREATE CONSTRAINT TRIGGER halt AFTER INSERT ON versions DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION halt()`},
		{"what has gone is pruned", `CREATE TRIGGER halt AFTER UPDATE OF version ON documents FOR EACH ROW WHEN (NEW.version IS NULL) EXECUTE FUNCTION halt()`},
		{"figures are made", `CREATE TRIGGER halt AFTER INSERT OR UPDATE ON field_stats FOR EACH ROW EXECUTE FUNCTION halt()`},
	} {
		l.clear()
		l.ingest(first)
		reached, release := l.stop(step.name, step.sql)
		c := l.start("ingest", "--prune", second)
		l.until(step.name, reached)
		l.whole(step.name)
		c.kill()
		release()
		l.whole(step.name + ", killed")
		l.ingest("--prune", second)
		same(t, step.name, want, l.dump())
	}
}

// TestResumeEmbedsNothingTwice: what was embedded and kept before the kill is not embedded again.
func TestResumeEmbedsNothingTwice(t *testing.T) {
	t.Parallel()
	l := newIngestLab(t)
	l.withoutSentences() // which hold the same words
	folder := corpus(t, 1)
	var kept, passages int
	l.ingest(folder)
	passages = l.number(`SELECT count(*) FROM passages p JOIN documents d ON d.id = p.document_id WHERE d.source = 'docs/long.md'`)
	l.clear()
	l.embedder.forget()
	hang := make(chan struct{})
	t.Cleanup(func() { close(hang) })
	l.embedder.set(func([]string) {
		if l.embedder.embedded("Longdoc") > passages*2/3 {
			<-hang
		}
	}, nil)
	c := l.start("ingest", folder)
	l.until("half of the long document is staged", func() bool {
		kept = l.number(`SELECT count(*) FROM staged`) * 16
		return kept >= 32
	})
	c.kill()
	l.embedder.set(nil, nil)
	l.embedder.forget()
	l.ingest(folder)
	if again := l.embedder.embedded("Longdoc"); again > passages-kept || again == 0 {
		t.Errorf("%d of %d passages embedded again although %d were kept", again, passages, kept)
	}
	if l.number(`SELECT count(*) FROM staged`) != 0 {
		t.Error("the stage is not cleared")
	}
	l.whole("resumed")
}
