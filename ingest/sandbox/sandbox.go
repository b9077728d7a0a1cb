// Package sandbox reads documents in child processes of our own program, under a limit of memory and of time, so that a
// file that makes its parser crash, hang or swell costs itself and nothing else. A child gets no secret: its environment
// is empty but for what Options says. It must not import the store, nor any parser.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"osmanthus/ingest/source"
)

// Options of a Pool.
type Options struct {
	Executable  string   // our own program
	Arguments   []string // of the command that calls Serve
	Environment []string // of the children
	Children    int      // at most; 0: one
	Memory      int64    // bytes a child may hold; 0: source.DefaultMemory
	Log         *slog.Logger
}

// A Pool reads documents in its children, which it starts when they are needed. It is safe for concurrent use.
type Pool struct {
	options Options
	slots   chan *child // nil: not started
}

// New returns a pool; it starts nothing.
func New(o Options) (*Pool, error) {
	if o.Executable == "" || o.Log == nil {
		return nil, errors.New("sandbox needs our own program's file and a logger")
	}
	o.Children = max(o.Children, 1)
	o.Memory = source.Limits{Memory: o.Memory}.WithDefaults().Memory
	p := &Pool{options: o, slots: make(chan *child, o.Children)}
	for range o.Children {
		p.slots <- nil
	}
	return p, nil
}

// Close ends the children. No Read may be under way or follow.
func (p *Pool) Close() {
	for range p.options.Children {
		if c := <-p.slots; c != nil {
			c.end()
		}
	}
}

// Read reads a document. An error is a *source.Fault, unless ctx has ended or no child can be started.
func (p *Pool) Read(ctx context.Context, name string, content []byte, limits source.Limits) (source.Document, error) {
	limits = limits.WithDefaults()
	var c *child
	select {
	case c = <-p.slots:
	case <-ctx.Done():
		return source.Document{}, ctx.Err()
	}
	defer func() { p.slots <- c }()
	for {
		if c == nil {
			started, err := start(p.options)
			if err != nil {
				return source.Document{}, err
			}
			c = started
		}
		fresh := c.served == 0
		doc, err := p.ask(ctx, c, request{name, limits}, content)
		if !c.ended {
			return doc, err
		}
		c = nil
		var fault *source.Fault
		if !errors.As(err, &fault) {
			return source.Document{}, err
		}
		p.options.Log.Info("the reader of a document ended", "source", name, "code", fault.Code, "detail", fault.Detail)
		// What others have left in a child may not be held against a document.
		if fresh || fault.Code == source.TooSlow {
			return source.Document{}, err
		}
	}
}

// ask sends a child one document. A child that does not answer in time, or ends, is ended for good.
func (p *Pool) ask(ctx context.Context, c *child, r request, content []byte) (source.Document, error) {
	timed, cancel := context.WithTimeout(ctx, r.Limits.Time)
	defer cancel()
	stop := context.AfterFunc(timed, c.kill)
	answer, err := c.exchange(r, content)
	switch {
	case stop() && err == nil:
		c.served++
		return answer.result()
	case ctx.Err() != nil:
		c.end()
		return source.Document{}, ctx.Err()
	}
	timedOut := timed.Err() != nil
	words := c.end()
	switch {
	case timedOut:
		return source.Document{}, &source.Fault{Code: source.TooSlow, Limit: int64(r.Limits.Time.Seconds())}
	case outOfMemory(words):
		return source.Document{}, &source.Fault{Code: source.TooMuchMemory, Limit: p.options.Memory}
	}
	return source.Document{}, &source.Fault{Code: source.ReaderEnded, Detail: firstLine(words), Err: fmt.Errorf("reader: %w: %s", err, words)}
}

// outOfMemory knows the last words of Go's runtime and of a C library.
func outOfMemory(words string) bool {
	for _, said := range []string{"out of memory", "cannot allocate memory", "failed to allocate", "pthread_create failed"} {
		if strings.Contains(words, said) {
			return true
		}
	}
	return false
}

func firstLine(words string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(words), "\n")
	if line == "" {
		return "killed"
	}
	return line
}
