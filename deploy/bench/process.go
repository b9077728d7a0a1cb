package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"osmanthus/ingest"
	"osmanthus/retrieval"
)

// A loaded is what many clients at once get of one process, and what of the machine's work is that process's.
type loaded struct {
	Clients   int
	PerSecond float64
	OwnMS     float64 // processor time of a search in our process, milliseconds
	RestMS    float64 // of everything else on the machine: the database
}

func (b *bench) underLoad(ctx context.Context, search func(context.Context, retrieval.Query) (retrieval.Result, error), f retrieval.Filter) (loaded, error) {
	l := loaded{Clients: loadClients}
	own, all := ownMS(), machineMS()
	start := time.Now()
	var err error
	if l.PerSecond, err = throughput(ctx, search, b.real.queries, f, loadClients, loadTime); err != nil {
		return l, err
	}
	searches := l.PerSecond * time.Since(start).Seconds()
	l.OwnMS = (ownMS() - own) / searches
	l.RestMS = (machineMS()-all)/searches - l.OwnMS
	return l, nil
}

// ownMS is this process's processor time.
func ownMS() float64 {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return float64(r.Utime.Nano()+r.Stime.Nano()) / 1e6
}

// machineMS is the processor time that the machine was not idle, from /proc/stat in ticks of 10 ms.
func machineMS() float64 {
	content, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(content), "\n")
	var sum float64
	for i, field := range strings.Fields(line)[1:] {
		n, _ := strconv.ParseFloat(field, 64)
		if i != 3 && i != 4 { // idle, waiting for a disk
			sum += 10 * n
		}
	}
	return sum
}

// serveMemory runs `osmanthus serve` on the corpus, searches it and returns the most memory that it took, in MB.
func (b *bench) serveMemory(ctx context.Context) (float64, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	address := listener.Addr().String()
	listener.Close()
	database, err := url.Parse(b.database)
	if err != nil {
		return 0, err
	}
	query := database.Query()
	query.Set("search_path", b.schema+",public")
	database.RawQuery = query.Encode()
	command := exec.CommandContext(ctx, b.binary, "serve", "--addr", address, "--per-minute=-1")
	command.Env = append(os.Environ(), "DATABASE_URL="+database.String(), "EMBEDDING_BASE_URL="+b.embedding.BaseURL,
		"EMBEDDING_API_KEY="+b.embedding.Key, "EMBEDDING_MODEL="+b.embedding.Model)
	var said bytes.Buffer
	command.Stdout, command.Stderr = io.Discard, &said
	if err := command.Start(); err != nil {
		return 0, err
	}
	defer func() {
		command.Process.Signal(os.Interrupt)
		command.Wait()
	}()
	started := time.Now()
	for i := 0; i < 100; {
		response, err := http.Get("http://" + address + "/api/search?q=" + url.QueryEscape(b.real.queries[i%len(b.real.queries)].Text))
		if err != nil {
			if time.Since(started) > 30*time.Second {
				return 0, fmt.Errorf("serve does not answer: %w: %s", err, said.String())
			}
			time.Sleep(50 * time.Millisecond)
			continue
		}
		_, err = io.Copy(io.Discard, response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			return 0, fmt.Errorf("serve answers %s, %v", response.Status, err)
		}
		i++
	}
	return peakMB(command.Process.Pid)
}

func peakMB(pid int) (float64, error) {
	content, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(content)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kb, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kb / 1024, err
		}
	}
	return 0, errors.New("the kernel does not say how much memory a process took")
}

// export writes the corpus and the questions with their raw vectors for bench/peers.py.
func (b *bench) export(ctx context.Context, folder string) (err error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	corpus, err := newExport(folder, "corpus")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, corpus.close()) }()
	passages := 0
	add := func(versions []ingest.Version) bool {
		for _, v := range versions {
			for _, p := range v.Passages {
				passages++
				row := map[string]string{"source": v.Source, "text": strings.TrimSpace(p.Context + "\n" + p.Text)}
				if err = corpus.add(row, b.space.Raw(p.Vector, p.Norm, p.Han)); err != nil {
					return false
				}
			}
		}
		return true
	}
	if !add(b.real.documents) {
		return err
	}
	if e := b.make(ctx, passages, add); e != nil || err != nil {
		return errors.Join(e, err)
	}
	questions, err := newExport(folder, "questions")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, questions.close()) }()
	language := make(map[string]string)
	for _, row := range b.real.rows {
		language[row.ID] = string(row.Lang)
	}
	for _, q := range b.real.queries {
		var relevant []string
		document := ""
		for _, id := range q.Relevant {
			if l, ok := language[id]; ok {
				relevant, document = append(relevant, id), l
			}
		}
		if len(relevant) == 0 {
			continue
		}
		vectors, err := b.embedder.EmbedQueries(ctx, []string{q.Text})
		if err != nil {
			return err
		}
		row := map[string]any{"text": q.Text, "lang": q.Lang, "document_lang": document, "relevant": relevant}
		if err := questions.add(row, vectors[0]); err != nil {
			return err
		}
	}
	return nil
}

// An exporting pair of files: rows as JSON lines, vectors as float32 in the machine's order.
type exporting struct {
	files         [2]*os.File
	rows, vectors *bufio.Writer
}

func newExport(folder, name string) (*exporting, error) {
	var e exporting
	for i, end := range []string{".jsonl", ".f32"} {
		f, err := os.Create(filepath.Join(folder, name+end))
		if err != nil {
			return nil, err
		}
		e.files[i] = f
	}
	e.rows, e.vectors = bufio.NewWriter(e.files[0]), bufio.NewWriter(e.files[1])
	return &e, nil
}

func (e *exporting) add(row any, vector []float32) error {
	return errors.Join(json.NewEncoder(e.rows).Encode(row), binary.Write(e.vectors, binary.NativeEndian, vector))
}

func (e *exporting) close() error {
	return errors.Join(e.rows.Flush(), e.vectors.Flush(), e.files[0].Close(), e.files[1].Close())
}
