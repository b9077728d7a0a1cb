package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const (
	workerStartLimit = 30 * time.Second
	// textLimit is how long one text may take; the longest that clean lets through takes a few seconds.
	textLimit = 60 * time.Second
)

// errUnavailable is the answer to a text whose worker died twice.
var errUnavailable = errors.New("the embedder is restarting, try again")

// A pool is the worker processes of one kind of text. Each worker takes one text at a time.
type pool struct {
	name  string
	jobs  chan *job
	start func() (*worker, error)
	log   *slog.Logger
	stop  chan struct{}
	ended sync.WaitGroup
}

type job struct {
	ctx  context.Context
	text text
	done chan embedded // of one place
}

// An embedded is what became of a text.
type embedded struct {
	vector []float32
	tokens int
	err    error
}

// newPool starts one worker for each of first, which the caller has started already.
func newPool(name string, first []*worker, start func() (*worker, error), log *slog.Logger) *pool {
	p := &pool{name: name, jobs: make(chan *job), start: start, log: log, stop: make(chan struct{})}
	for _, w := range first {
		p.ended.Go(func() { p.work(w) })
	}
	return p
}

// work is the life of one worker and its successors.
func (p *pool) work(w *worker) {
	defer func() {
		if w != nil {
			w.close()
		}
	}()
	for {
		var died <-chan struct{}
		if w != nil {
			died = w.gone
		}
		select {
		case <-p.stop:
			return
		case <-died:
			w = p.replace(w, "it ended by itself")
		case j := <-p.jobs:
			w = p.do(w, j)
		}
	}
}

// do embeds one text and returns the worker that goes on. A text whose worker dies is tried once more on a new one.
func (p *pool) do(w *worker, j *job) *worker {
	if err := j.ctx.Err(); err != nil {
		j.done <- embedded{err: err}
		return w
	}
	for range 2 {
		if w == nil {
			if w = p.replace(nil, "there is none"); w == nil {
				break
			}
		}
		e, err := w.embed(j.text)
		if err == nil {
			j.done <- e
			return w
		}
		w = p.replace(w, err.Error())
	}
	j.done <- embedded{err: errUnavailable}
	return w
}

// replace ends a worker and starts another; nil where that fails, then the next text tries again.
func (p *pool) replace(w *worker, why string) *worker {
	if w != nil {
		w.close()
		p.log.Warn("an embedding worker died, starting another", "pool", p.name, "reason", why)
	}
	next, err := p.start()
	if err != nil {
		p.log.Error("an embedding worker did not start", "pool", p.name, "error", err)
		return nil
	}
	return next
}

// embed hands a text to a worker; done gets what becomes of it.
func (p *pool) embed(j *job) {
	select {
	case p.jobs <- j:
	case <-j.ctx.Done():
		j.done <- embedded{err: j.ctx.Err()}
	case <-p.stop:
		j.done <- embedded{err: errUnavailable}
	}
}

func (p *pool) close() {
	close(p.stop)
	p.ended.Wait()
}

// A worker is one child process with the engine.
type worker struct {
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
	pipe *os.File
	gone chan struct{} // closed when the process has ended
}

// workerOptions is how a worker runs.
type workerOptions struct {
	executable, home string
	nice             byte
	environment      []string // settings of the engine's threads
}

func startWorker(ctx context.Context, o workerOptions, spawn *spawner) (*worker, error) {
	in, input, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start an embedding worker: %w", err)
	}
	output, out, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start an embedding worker: %w", err), in.Close(), input.Close())
	}
	cmd := exec.Command(o.executable, "local-embed-worker", "--home", o.home)
	cmd.Env = append([]string{"PATH=/usr/local/bin:/usr/bin:/bin", "TMPDIR=" + os.TempDir(), "GOMAXPROCS=2"}, o.environment...)
	cmd.Dir = o.home
	cmd.SysProcAttr = childAttributes(nil, syscall.SIGKILL)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, os.Stderr
	err = spawn.start(cmd)
	in.Close()
	out.Close()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("start an embedding worker: %w", err), input.Close(), output.Close())
	}
	w := &worker{cmd: cmd, in: input, out: bufio.NewReader(output), pipe: output, gone: make(chan struct{})}
	go func() {
		defer close(w.gone)
		_ = cmd.Wait()
	}()
	stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
	defer stop()
	if err := w.greet(o.nice); err != nil {
		w.close()
		return nil, fmt.Errorf("start an embedding worker: %w", errors.Join(ctx.Err(), err))
	}
	return w, nil
}

func (w *worker) greet(nice byte) error {
	if _, err := w.in.Write([]byte{nice}); err != nil {
		return err
	}
	if err := w.pipe.SetReadDeadline(time.Now().Add(workerStartLimit)); err != nil {
		return err
	}
	status, _, body, err := readResponse(w.out)
	if err == nil && status != statusGood {
		err = errors.New(string(body))
	}
	return err
}

// embed has one text embedded. An error means that the worker is of no use any more.
func (w *worker) embed(t text) (embedded, error) {
	kind := byte(kindPassage)
	if t.query {
		kind = kindQuery
	}
	if err := w.pipe.SetReadDeadline(time.Now().Add(textLimit)); err != nil {
		return embedded{}, err
	}
	if err := writeRequest(w.in, kind, t.body); err != nil {
		return embedded{}, err
	}
	status, tokens, body, err := readResponse(w.out)
	if err != nil {
		return embedded{}, err
	}
	if status != statusGood {
		return embedded{err: errors.New(string(body))}, nil
	}
	vector, err := unpackVector(body)
	return embedded{vector: vector, tokens: tokens, err: err}, nil
}

// close ends the process and waits for it.
func (w *worker) close() {
	w.in.Close()
	_ = w.cmd.Process.Kill() // it holds nothing that could be lost
	<-w.gone
	w.pipe.Close()
}
