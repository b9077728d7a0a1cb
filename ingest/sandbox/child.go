package sandbox

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	"osmanthus/ingest/source"
)

// heapShare of a child's memory is Go's heap at most before the collector works against it; the rest is for what the
// collector does not see, such as compiled WebAssembly.
const heapShare = 0.7

// lastWords is how much of what a child says at its end is kept.
const lastWords = 8 << 10

// A child is a process that reads.
type child struct {
	cmd    *exec.Cmd
	in     io.WriteCloser
	out    *bufio.Reader
	words  *tail
	served int
	ended  bool
}

func start(o Options) (*child, error) {
	cmd := exec.Command(o.Executable, o.Arguments...)
	cmd.Env = append([]string{}, o.Environment...) // nil would be all of ours
	cmd.SysProcAttr = attributes()
	c := &child{cmd: cmd, words: &tail{}}
	cmd.Stderr = c.words
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start a reader: %w", err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start a reader: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start a reader: %w", err)
	}
	c.in, c.out = in, bufio.NewReader(out)
	if err := writeJSON(c.in, hello{Memory: o.Memory}); err != nil {
		return nil, fmt.Errorf("start a reader: %w: %s", err, c.end())
	}
	return c, nil
}

func (c *child) exchange(r request, content []byte) (answer, error) {
	if err := writeJSON(c.in, r); err != nil {
		return answer{}, err
	}
	if err := writeFrame(c.in, content); err != nil {
		return answer{}, err
	}
	var a answer
	return a, readJSON(c.out, &a)
}

func (c *child) kill() { _ = c.cmd.Process.Kill() }

// end ends the child and returns its last words.
func (c *child) end() string {
	c.ended = true
	c.in.Close()
	c.kill()
	_ = c.cmd.Wait() // "killed" is no news
	return c.words.String()
}

// A tail keeps the first of what is written to it: a dying Go program says why before it lists its goroutines.
type tail struct {
	mu sync.Mutex
	b  strings.Builder
}

func (t *tail) Write(b []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b.Write(b[:min(len(b), lastWords-min(lastWords, t.b.Len()))])
	return len(b), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.b.String()
}

// Serve is the child's side: it reads what comes on stdin until that ends. When the parent ends, even by a kill and in the
// middle of a document, so does the child: exit is called.
func Serve(stdin io.Reader, stdout io.Writer, reader source.Reader, exit func(code int)) error {
	in := bufio.NewReader(stdin)
	var first hello
	if err := readJSON(in, &first); err != nil {
		return fmt.Errorf("read the parent's hello: %w", err)
	}
	if first.Memory > 0 {
		debug.SetMemoryLimit(int64(heapShare * float64(first.Memory)))
		if err := limitMemory(first.Memory); err != nil {
			return fmt.Errorf("limit the memory: %w", err)
		}
	}
	type asked struct {
		request
		content []byte
		err     error
	}
	next := make(chan asked)
	var unanswered atomic.Int64
	go func() {
		for {
			var a asked
			if a.err = readJSON(in, &a.request); a.err == nil {
				a.content, a.err = readFrame(in)
			}
			if a.err != nil && unanswered.Load() > 0 {
				exit(1) // nobody waits for the answer
			}
			unanswered.Add(1)
			next <- a
			if a.err != nil {
				return
			}
		}
	}()
	out := bufio.NewWriter(stdout)
	for a := range next {
		if errors.Is(a.err, io.EOF) {
			return nil
		}
		if a.err != nil {
			return fmt.Errorf("read a request: %w", a.err)
		}
		result := answerOf(reader.Read(a.Name, a.content, a.Limits))
		unanswered.Add(-1)
		if err := errors.Join(writeJSON(out, result), out.Flush()); err != nil {
			return fmt.Errorf("write an answer: %w", err)
		}
	}
	return nil
}
