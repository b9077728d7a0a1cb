package main

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"log/slog"
	"maps"
	"math"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"osmanthus/retrieval/pgstore/pgstoretest"
)

// built is the true binary, built once for all tests that kill it. It lies beside the one that `make build` leaves.
var built = sync.OnceValues(func() (string, error) {
	file, err := filepath.Abs(filepath.Join("..", "..", "bin", "osmanthus-under-test"))
	if err != nil {
		return "", err
	}
	build := exec.Command("go", "build", "-o", file, ".")
	build.Env = append(build.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return file, nil
})

// A fakeEmbedder is a fast embedding server whose vectors are made from the text alone.
type fakeEmbedder struct {
	*httptest.Server

	status atomic.Int32 // of every answer, where it is not 0

	mu     sync.Mutex
	texts  map[string]int                                // how often each was embedded
	before func(texts []string)                          // may block; nil: nothing
	spoil  func(text string, vector []float32) []float32 // what is sent instead; nil for none
}

const childDimensions = 16

func newFakeEmbedder(t testing.TB) *fakeEmbedder {
	t.Helper()
	f := &fakeEmbedder{texts: map[string]int{}}
	f.Server = httptest.NewServer(http.HandlerFunc(f.serve))
	t.Cleanup(f.Close)
	return f
}

func (f *fakeEmbedder) serve(w http.ResponseWriter, r *http.Request) {
	var request struct{ Input []string }
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	f.mu.Lock()
	for _, text := range request.Input {
		f.texts[text]++
	}
	before, spoil := f.before, f.spoil
	f.mu.Unlock()
	if before != nil {
		before(request.Input)
	}
	if status := f.status.Load(); status != 0 {
		http.Error(w, `{"error": {"message": "out of order"}}`, int(status))
		return
	}
	type row struct {
		Object    string `json:"object"`
		Index     int    `json:"index"`
		Embedding string `json:"embedding"`
	}
	rows := []row{}
	for i, text := range request.Input {
		vector := fakeVector(text)
		if spoil != nil {
			if vector = spoil(text, vector); vector == nil {
				continue
			}
		}
		b := make([]byte, 4*len(vector))
		for i, x := range vector {
			binary.LittleEndian.PutUint32(b[4*i:], math.Float32bits(x))
		}
		rows = append(rows, row{"embedding", i, base64.StdEncoding.EncodeToString(b)})
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"object": "list", "model": "fake", "data": rows})
}

func fakeVector(text string) []float32 {
	h := fnv.New64a()
	h.Write([]byte(text))
	r := rand.New(rand.NewPCG(h.Sum64(), 1))
	v := make([]float32, childDimensions)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

// embedded is how many texts that hold the word were embedded.
func (f *fakeEmbedder) embedded(word string) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for text, times := range f.texts {
		if strings.Contains(text, word) {
			n += times
		}
	}
	return n
}

func (f *fakeEmbedder) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.texts)
}

func (f *fakeEmbedder) set(before func([]string), spoil func(string, []float32) []float32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before, f.spoil = before, spoil
}

// An ingestLab is a migrated database, a fake embedder and the true binary.
type ingestLab struct {
	t        testing.TB
	embedder *fakeEmbedder
	env      environment
	pool     *pgxpool.Pool
	binary   string
}

func newIngestLab(t testing.TB) *ingestLab {
	t.Helper()
	return newIngestLabOn(t, pgstoretest.Database(t))
}

func quietLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

func newIngestLabOn(t testing.TB, database string) *ingestLab {
	t.Helper()
	file, err := built()
	if err != nil {
		t.Fatal(err)
	}
	l := &ingestLab{t: t, embedder: newFakeEmbedder(t), binary: file}
	l.env = environment{
		"DATABASE_URL": database, "OSMANTHUS_MIGRATE": "true", "OSMANTHUS_HOME": t.TempDir(),
		"EMBEDDING_BASE_URL": l.embedder.URL + "/v1", "EMBEDDING_MODEL": "fake", "LANG": "en_GB.UTF-8", "OSMANTHUS_LOG_LEVEL": "error",
	}
	if _, _, err := l.env.osmanthus(t, "migrate"); err != nil {
		t.Fatal(err)
	}
	l.env["OSMANTHUS_MIGRATE"] = ""
	if _, _, err := l.env.osmanthus(t, "ingest", t.TempDir()); err != nil { // makes the space
		t.Fatal(err)
	}
	if l.pool, err = pgxpool.New(t.Context(), l.env["DATABASE_URL"]); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.pool.Close)
	l.exec(`CREATE TABLE first_space AS SELECT * FROM spaces`)
	return l
}

// A child is a run of the binary.
type child struct {
	*exec.Cmd
	out  bytes.Buffer
	done chan struct{}
	err  error
}

func (l *ingestLab) start(args ...string) *child {
	l.t.Helper()
	c := &child{Cmd: exec.Command(l.binary, args...), done: make(chan struct{})}
	for _, name := range slices.Sorted(maps.Keys(l.env)) {
		c.Env = append(c.Env, name+"="+l.env[name])
	}
	c.Env = append(c.Env, "PATH="+os.Getenv("PATH"), "HOME="+os.TempDir())
	c.Stdout, c.Stderr = &c.out, &c.out
	if err := c.Start(); err != nil {
		l.t.Fatal(err)
	}
	go func() {
		c.err = c.Wait()
		close(c.done)
	}()
	l.t.Cleanup(c.kill)
	return c
}

// kill is kill -9.
func (c *child) kill() {
	_ = c.Process.Kill()
	<-c.done
}

// ingest runs the binary to its end.
func (l *ingestLab) ingest(args ...string) string {
	l.t.Helper()
	c := l.start(append([]string{"ingest"}, args...)...)
	select {
	case <-c.done:
	case <-time.After(time.Minute):
		c.kill()
		l.t.Fatalf("ingest %v does not end: %s", args, c.out.String())
	}
	if c.err != nil {
		l.t.Fatalf("ingest %v: %v: %s", args, c.err, c.out.String())
	}
	return c.out.String()
}

func (l *ingestLab) exec(sql string, args ...any) {
	l.t.Helper()
	if _, err := l.pool.Exec(context.Background(), sql, args...); err != nil {
		l.t.Fatalf("%s: %v", sql, err)
	}
}

func (l *ingestLab) number(sql string, args ...any) (n int) {
	l.t.Helper()
	if err := l.pool.QueryRow(context.Background(), sql, args...).Scan(&n); err != nil {
		l.t.Fatalf("%s: %v", sql, err)
	}
	return n
}

// until waits for what another process brings about.
func (l *ingestLab) until(what string, happened func() bool) {
	l.t.Helper()
	look, end := time.NewTicker(2*time.Millisecond), time.After(time.Minute)
	defer look.Stop()
	for !happened() {
		select {
		case <-look.C:
		case <-end:
			l.t.Fatalf("never: %s", what)
		}
	}
}

// withoutSentences keeps commands and workers from adding sentences, as another process that adds them does.
func (l *ingestLab) withoutSentences() {
	l.t.Helper()
	conn, err := pgx.Connect(context.Background(), l.env["DATABASE_URL"])
	if err != nil {
		l.t.Fatal(err)
	}
	l.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	if _, err := conn.Exec(context.Background(), `SELECT pg_advisory_lock($1, hashtext(current_schema()))`, 0x05a17406); err != nil {
		l.t.Fatal(err)
	}
}

// bare is how many passages that answer have no sentences.
func (l *ingestLab) bare() int {
	l.t.Helper()
	return l.number(`SELECT count(*) FROM embeddings e JOIN spaces a ON a.id = e.space_id AND a.state = 'active'
		WHERE NOT EXISTS (SELECT FROM sentences s WHERE s.passage_id = e.passage_id AND s.model = a.model)`)
}

// clear empties every table and makes the space what it was before it was adapted to documents.
func (l *ingestLab) clear() {
	l.t.Helper()
	l.exec(`TRUNCATE documents, versions, passages, embeddings, inbox, staged, batches, ingest_changes, term_changes, term_stats, field_stats, river_job, schedules, marks CASCADE`)
	l.exec(`DELETE FROM spaces`)
	l.exec(`INSERT INTO spaces OVERRIDING SYSTEM VALUE SELECT * FROM first_space`)
}

// dump is all that was taken in, without ids and times, a string a table. The order is of content, not of arrival.
func (l *ingestLab) dump() map[string]string {
	l.t.Helper()
	dump := map[string]string{}
	for name, sql := range map[string]string{
		"documents": `SELECT d.event, d.source, d.kind, d.audience, d.embargo, d.parallel, d.canonical, d.supersedes, d.bands, o.source AS by,
			v.hash, v.title, v.lang, v.date, v.text, v.blocks, v.warnings, v.ingester, v.pipeline, v.model
			FROM documents d LEFT JOIN versions v ON v.id = d.version LEFT JOIN documents o ON o.id = d.superseded_by`,
		"versions": `SELECT d.source, v.hash, v.title, v.text, v.id = d.version AS current FROM versions v JOIN documents d ON d.id = v.document_id`,
		"passages": `SELECT d.source, v.hash, p.ordinal, p.lang, p.heading, p.page, p.start_byte, p.end_byte, p.context, p.text, p.terms, p.gloss, p.names,
			p.length, p.gloss_length FROM passages p JOIN versions v ON v.id = p.version_id JOIN documents d ON d.id = p.document_id`,
		"embeddings": `SELECT d.source, p.ordinal, e.lang, e.han, e.norm, e.embedding FROM embeddings e JOIN passages p ON p.id = e.passage_id
			JOIN spaces s ON s.id = e.space_id AND s.state = 'active'
			JOIN documents d ON d.id = p.document_id AND d.version = p.version_id`,
		"people": `SELECT d.source, v.hash, p.ordinal, p.name, p.forms, p.keys, p.start_byte, t.title, t.organisation FROM people p
			JOIN versions v ON v.id = p.version_id JOIN documents d ON d.id = p.document_id LEFT JOIN person_titles t ON t.person_id = p.id`,
		"sessions": `SELECT d.source, v.hash, s.ordinal, s.title_keys, s.begins, s.said, x.name FROM sessions s
			JOIN versions v ON v.id = s.version_id JOIN documents d ON d.id = s.document_id LEFT JOIN session_speakers x ON x.session_id = s.id`,
		"all vectors":    `SELECT count(*) FROM embeddings e JOIN spaces s ON s.id = e.space_id AND s.state = 'active'`,
		"term_stats":     `SELECT * FROM term_stats WHERE documents <> 0`,
		"field_stats":    `SELECT * FROM field_stats WHERE passages <> 0`,
		"inbox":          `SELECT source FROM inbox`,
		"staged":         `SELECT hash FROM staged`,
		"ingest_changes": `SELECT id FROM ingest_changes`,
		"jobs":           `SELECT args ->> 'source' FROM river_job WHERE finalized_at IS NULL OR state <> 'completed'`,
	} {
		rows, err := l.pool.Query(context.Background(), `SELECT r::text FROM (`+sql+`) AS r ORDER BY 1`)
		if err != nil {
			l.t.Fatalf("dump %s: %v", name, err)
		}
		lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
		if err != nil {
			l.t.Fatalf("dump %s: %v", name, err)
		}
		dump[name] = strings.Join(lines, "\n")
	}
	return dump
}

// whole holds that at this moment no document is half visible: whatever answers has all its terms and vectors, and nothing
// else has any.
func (l *ingestLab) whole(when string) {
	l.t.Helper()
	n := l.number(`
		SELECT count(*) FROM passages p JOIN documents d ON d.id = p.document_id
		LEFT JOIN embeddings e ON e.passage_id = p.id
		WHERE (d.version IS NOT DISTINCT FROM p.version_id) <> (p.terms IS NOT NULL) OR (p.terms IS NOT NULL) <> (e.passage_id IS NOT NULL)`)
	orphans := l.number(`SELECT count(*) FROM versions v JOIN documents d ON d.id = v.document_id
		WHERE NOT EXISTS (SELECT FROM passages p WHERE p.version_id = v.id)`)
	if n > 0 || orphans > 0 {
		l.t.Errorf("%s: %d passages are half visible, %d versions have none", when, n, orphans)
	}
}

// same compares two dumps and shows the first difference of each table.
func same(t testing.TB, when string, want, got map[string]string) {
	t.Helper()
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if want[name] == got[name] {
			continue
		}
		a, b := strings.Split(want[name], "\n"), strings.Split(got[name], "\n")
		for i := range max(len(a), len(b)) {
			var x, y string
			if i < len(a) {
				x = a[i]
			}
			if i < len(b) {
				y = b[i]
			}
			if x != y && !(name == "embeddings" && near(x, y)) {
				t.Errorf("%s: %s has %d rows, want %d; row %d is %.300s, want %.300s", when, name, len(b), len(a), i, y, x)
				break
			}
		}
	}
}

// near compares rows of numbers, to 2 in a hundred of a vector's length of 1 and 1 in a hundred of its norm before that:
// adapting the space adds vectors up in the order in which they lie in the table, and a run that the database cut off may
// have adapted it to what was there so far, from which the next one goes on. Vectors of other texts lie far further apart.
func near(a, b string) bool {
	split := func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(`,[]"()`, r) })
	}
	x, y := split(a), split(b)
	if len(x) != len(y) {
		return false
	}
	for i := range x {
		p, perr := strconv.ParseFloat(x[i], 64)
		q, qerr := strconv.ParseFloat(y[i], 64)
		if x[i] != y[i] && (perr != nil || qerr != nil || math.Abs(p-q) > 0.02*max(1, math.Abs(p)/2)) {
			return false
		}
	}
	return true
}

// stop has every statement wait that comes by a step, until the function it returns is called; reached says that one does.
func (l *ingestLab) stop(step, sql string) (reached func() bool, release func()) {
	l.t.Helper()
	conn, err := pgx.Connect(context.Background(), l.env["DATABASE_URL"])
	if err != nil {
		l.t.Fatal(err)
	}
	if _, err := conn.Exec(context.Background(), `SELECT pg_advisory_lock(4711)`); err != nil {
		l.t.Fatal(err)
	}
	l.exec(`CREATE OR REPLACE FUNCTION halt() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(4711); RETURN NEW; END $$`)
	l.exec(sql)
	reached = func() bool {
		return l.number(`SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 4711 AND NOT granted`) > 0
	}
	return reached, func() {
		conn.Close(context.Background())
		l.until(step+" is let go", func() bool { return !reached() })
		table := strings.Fields(sql[strings.Index(sql, " ON ")+4:])[0]
		l.exec(`DROP TRIGGER halt ON ` + table)
	}
}
