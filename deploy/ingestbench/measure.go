package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"osmanthus/ingest"
	"osmanthus/ingest/source"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
	"osmanthus/retrieval/pgstore"
)

// folder writes documents of so many paragraphs each, every third in Chinese, and returns the folder.
func (b *bench) folder(name string, documents, paragraphs int) (string, error) {
	root := filepath.Join(b.home, name)
	words := strings.Fields("hall guest report table record founder village school letter harvest bridge window market season river lantern paper council garden winter answer story figure method")
	han := []rune("会场客人报告桌子记录创始村庄学校信件收获桥梁窗户市场季节河流灯笼纸张议会花园冬天答案故事数字方法")
	r := rand.New(rand.NewPCG(9, 9))
	for i := range documents {
		dir := filepath.Join(root, fmt.Sprint(i/1000))
		if i%1000 == 0 {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				return "", err
			}
		}
		var text strings.Builder
		fmt.Fprintf(&text, "---\ndate: 2024-05-01\n---\n\n# Document %d\n", i)
		for range paragraphs {
			text.WriteString("\n")
			for range 12 { // sentences
				for w := range 12 {
					if i%3 == 0 {
						text.WriteRune(han[r.IntN(len(han))])
						continue
					}
					if w > 0 {
						text.WriteByte(' ')
					}
					text.WriteString(words[r.IntN(len(words))])
				}
				if i%3 == 0 {
					text.WriteString("。")
				} else {
					text.WriteString(". ")
				}
			}
			text.WriteString("\n")
		}
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%d.md", i)), []byte(text.String()), 0o600); err != nil {
			return "", err
		}
	}
	return root, nil
}

// command prepares a run of the binary.
func (b *bench) command(ctx context.Context, database string, e *embedder, args ...string) *exec.Cmd {
	c := exec.CommandContext(ctx, b.binary, append([]string{"ingest"}, args...)...)
	c.Env = []string{
		"DATABASE_URL=" + database, "EMBEDDING_BASE_URL=" + e.address, "EMBEDDING_MODEL=bench", "OSMANTHUS_HOME=" + b.home, "LANG=C", "OSMANTHUS_LOG_LEVEL=error",
	}
	c.Stderr = &bytes.Buffer{}
	return c
}

// take runs the binary to its end and returns its summary. Each 100 ms, watch is told its process.
func (b *bench) take(ctx context.Context, database string, e *embedder, watch func(pid int), args ...string) (s ingest.Summary, err error) {
	c := b.command(ctx, database, e, append([]string{"--json"}, args...)...)
	var out bytes.Buffer
	c.Stdout = &out
	if err := c.Start(); err != nil {
		return s, err
	}
	done := make(chan struct{})
	var watching sync.WaitGroup
	if watch != nil {
		watching.Go(func() {
			tick := time.NewTicker(100 * time.Millisecond)
			defer tick.Stop()
			for {
				select {
				case <-tick.C:
					watch(c.Process.Pid)
				case <-done:
					return
				}
			}
		})
	}
	err = c.Wait()
	close(done)
	watching.Wait()
	if err != nil {
		return s, fmt.Errorf("ingest %v: %w: %.2000s", args, err, c.Stderr)
	}
	return s, json.Unmarshal(out.Bytes(), &s)
}

type unchangedReport struct {
	Documents int     `json:"documents"`
	First     float64 `json:"first"`
	Again     float64 `json:"again"` // the whole command, from its start to its end
}

func (b *bench) unchanged(ctx context.Context) (r unchangedReport, err error) {
	e, err := newEmbedder(0)
	if err != nil {
		return r, err
	}
	defer e.server.Close()
	_, database, err := b.schema(ctx)
	if err != nil {
		return r, err
	}
	r.Documents = b.number(unchangedDocuments)
	folder, err := b.folder("unchanged", r.Documents, 1)
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(folder)
	for _, want := range []struct {
		field *float64
		added int
	}{{&r.First, r.Documents}, {&r.Again, 0}} {
		start := time.Now()
		s, err := b.take(ctx, database, e, nil, folder)
		if err != nil {
			return r, err
		}
		if *want.field = time.Since(start).Seconds(); s.Added != want.added || s.Added+s.Unchanged != r.Documents {
			return r, fmt.Errorf("added %d, unchanged %d of %d", s.Added, s.Unchanged, r.Documents)
		}
	}
	return r, nil
}

type busyReport struct {
	Speed  float64 `json:"speed"`  // passages/s that the embedder can do
	Server float64 `json:"server"` // its own measure, 0…1
	Run    float64 `json:"run"`    // the run's, 0…1
}

// perPassage makes an embedder of 200 passages a second, ten times the local one: harder to keep busy.
const perPassage = 5 * time.Millisecond

func (b *bench) busy(ctx context.Context) (r busyReport, err error) {
	e, err := newEmbedder(perPassage)
	if err != nil {
		return r, err
	}
	defer e.server.Close()
	_, database, err := b.schema(ctx)
	if err != nil {
		return r, err
	}
	empty := filepath.Join(b.home, "empty")
	if err := os.MkdirAll(empty, 0o755); err != nil {
		return r, err
	}
	if _, err := b.take(ctx, database, e, nil, empty); err != nil { // makes the space
		return r, err
	}
	folder, err := b.folder("busy", b.number(busyDocuments), 12)
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(folder)
	e.reset()
	s, err := b.take(ctx, database, e, nil, folder)
	return busyReport{Speed: float64(time.Second / perPassage), Server: e.share(), Run: s.EmbedderBusy}, err
}

type workerReport struct {
	Workers   int     `json:"workers"`
	Passages  float64 `json:"passages_per_s"`
	Documents float64 `json:"documents_per_s"`
	Ratio     float64 `json:"ratio"` // to the first
}

func (b *bench) workers(ctx context.Context, numbers ...int) (reports []workerReport, err error) {
	e, err := newEmbedder(0)
	if err != nil {
		return nil, err
	}
	defer e.server.Close()
	documents := b.number(workerDocuments)
	folder, err := b.folder("workers", documents, 4)
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	for _, n := range numbers {
		r, err := b.work(ctx, e, folder, documents, n)
		if err != nil {
			return nil, err
		}
		r.Ratio = 1
		if len(reports) > 0 {
			r.Ratio = r.Passages / reports[0].Passages
		}
		reports = append(reports, r)
	}
	return reports, nil
}

// work has n workers do what one command has queued. The time is from the first request to the embedder until the last
// document is stored.
func (b *bench) work(ctx context.Context, e *embedder, folder string, documents, n int) (r workerReport, err error) {
	schema, database, err := b.schema(ctx)
	if err != nil {
		return r, err
	}
	store, err := pgstore.Open(ctx, b.database, pgstore.Options{Schema: schema, Log: b.log})
	if err != nil {
		return r, err
	}
	defer store.Close()
	if s, err := b.take(ctx, database, e, nil, "--queue-only", folder); err != nil || s.Queued != documents {
		return r, fmt.Errorf("%d of %d queued: %w", s.Queued, documents, err)
	}
	e.reset()
	var workers []*exec.Cmd
	defer func() {
		for _, w := range workers {
			_ = w.Process.Signal(syscall.SIGTERM)
			_ = w.Wait()
		}
	}()
	for range n {
		w := b.command(ctx, database, e, "worker")
		if err := w.Start(); err != nil {
			return r, err
		}
		workers = append(workers, w)
	}
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return r, ctx.Err()
		}
		status, err := store.QueueStatus(ctx)
		if err != nil {
			return r, err
		}
		if status.Parked > 0 {
			return r, fmt.Errorf("parked: %+v", status.Documents[0])
		}
		if status.Queued+status.Running == 0 {
			break
		}
	}
	e.mu.Lock()
	span := time.Since(e.first).Seconds()
	e.mu.Unlock()
	counts, err := store.Counts(ctx)
	if err != nil {
		return r, err
	}
	if counts.Documents != documents {
		return r, fmt.Errorf("%d of %d documents stored", counts.Documents, documents)
	}
	passages := counts.Passages["en"] + counts.Passages["zh"]
	return workerReport{Workers: n, Passages: float64(passages) / span, Documents: float64(documents) / span}, nil
}

type databaseReport struct {
	Writers  int     `json:"writers"`
	Passages float64 `json:"passages_per_s"`
}

// The documents of store: 12 passages of 60 terms, as running text has them.
const (
	writers        = 8
	storeDocuments = 400
	storePassages  = 12
	storeTerms     = 60
)

// store saves documents that are ready, from several writers: what the database can take at most.
func (b *bench) store(ctx context.Context) (r databaseReport, err error) {
	schema, _, err := b.schema(ctx)
	if err != nil {
		return r, err
	}
	store, err := pgstore.Open(ctx, b.database, pgstore.Options{Schema: schema, MaxConns: writers, Log: b.log})
	if err != nil {
		return r, err
	}
	defer store.Close()
	zero := make([]float32, dimensions)
	means := map[lang.Lang][]float32{lang.English: zero, lang.Chinese: zero}
	space, err := store.CreateSpace(ctx, retrieval.Space{Model: "bench", Dim: dimensions, Calibration: retrieval.Calibration{
		PassageMean: means, QueryMean: means, Prior: retrieval.Means{Passage: means, Query: means, Count: 10},
		Spread: map[lang.Lang]retrieval.PairSpread{lang.English: {lang.English: 1, lang.Chinese: 1}, lang.Chinese: {lang.English: 1, lang.Chinese: 1}},
	}})
	if err != nil {
		return r, err
	}
	random := rand.New(rand.NewPCG(3, 3))
	var versions []ingest.Version
	for d := range b.number(storeDocuments) {
		v := ingest.Version{Source: fmt.Sprint(d), Audience: retrieval.Public, Hash: []byte(fmt.Sprint(d)),
			Document: source.Document{Title: "t", Lang: lang.English, Text: strings.Repeat("word ", 1000)}}
		for p := range storePassages {
			vector, terms := make([]float32, dimensions), make([]string, storeTerms)
			for i := range vector {
				vector[i] = float32(random.NormFloat64())
			}
			for i := range terms {
				terms[i] = fmt.Sprintf("term%05d", p*storeTerms+i*random.IntN(400))
			}
			v.Passages = append(v.Passages, retrieval.IndexedPassage{
				Passage: retrieval.Passage{Ordinal: p, Lang: lang.English, Text: strings.Repeat("word ", 80)},
				Terms:   terms, Length: storeTerms, Vector: vector, Norm: 1, Space: space.ID, Revision: space.Revision,
			})
		}
		versions = append(versions, v)
	}
	next := make(chan ingest.Version)
	failed := make(chan error, writers)
	var group sync.WaitGroup
	start := time.Now()
	for range writers {
		group.Go(func() {
			for v := range next {
				if err := store.Save(ctx, v); err != nil {
					select {
					case failed <- err:
					default:
					}
				}
			}
		})
	}
	for _, v := range versions {
		next <- v
	}
	close(next)
	group.Wait()
	span := time.Since(start).Seconds()
	select {
	case err := <-failed:
		return r, err
	default:
	}
	return databaseReport{Writers: writers, Passages: float64(len(versions)*storePassages) / span}, nil
}

type memoryReport struct {
	Documents int       `json:"documents"`
	Tenths    []float64 `json:"tenths"` // resident MB at each tenth of the run's time
	Most      float64   `json:"most"`
	Seconds   float64   `json:"seconds"`
}

func (b *bench) memory(ctx context.Context) (r memoryReport, err error) {
	e, err := newEmbedder(0)
	if err != nil {
		return r, err
	}
	defer e.server.Close()
	_, database, err := b.schema(ctx)
	if err != nil {
		return r, err
	}
	r.Documents = b.number(memoryDocuments)
	folder, err := b.folder("memory", r.Documents, 1)
	if err != nil {
		return r, err
	}
	defer os.RemoveAll(folder)
	var seen []float64
	start := time.Now()
	s, err := b.take(ctx, database, e, func(pid int) {
		if mb, ok := resident(pid); ok {
			seen = append(seen, mb)
			r.Most = max(r.Most, mb)
		}
	}, folder)
	if err != nil || s.Added != r.Documents || len(seen) == 0 {
		return r, fmt.Errorf("%d of %d added: %w", s.Added, r.Documents, err)
	}
	r.Seconds = time.Since(start).Seconds()
	for n := range 10 {
		r.Tenths = append(r.Tenths, seen[(len(seen)-1)*(n+1)/10])
	}
	return r, nil
}

// resident is a process's resident memory in MB, as Linux tells it.
func resident(pid int) (float64, bool) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(content)) {
		if value, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kb, err := strconv.Atoi(strings.Fields(value)[0])
			return float64(kb / 1024), err == nil
		}
	}
	return 0, false
}
