package web

import (
	"context"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"osmanthus/retrieval"
)

// A cutter is a network between a browser and a server that breaks on the browser's side: the server is not told, as when a phone
// leaves the hall.
type cutter struct {
	net.Listener
	to string

	mu    sync.Mutex
	conns []net.Conn
}

func newCutter(t *testing.T, s *httptest.Server) *cutter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cutter{Listener: l, to: s.Listener.Addr().String()}
	var all sync.WaitGroup
	t.Cleanup(all.Wait)
	t.Cleanup(func() { l.Close(); s.CloseClientConnections(); c.cut() })
	all.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", c.to)
			if err != nil {
				near.Close()
				continue
			}
			c.mu.Lock()
			c.conns = append(c.conns, near)
			c.mu.Unlock()
			all.Go(func() { io.Copy(far, near) }) // what near ends with is not passed on
			all.Go(func() {
				io.Copy(near, far)
				io.Copy(io.Discard, far)
				near.Close()
				far.Close()
			})
		}
	})
	return c
}

func (c *cutter) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range c.conns {
		conn.Close()
	}
	c.conns = nil
}

// finishedAnswers are the answers of a half that went on to its end.
type finishedAnswers struct {
	given
	done <-chan struct{}
}

func (f finishedAnswers) Answer(ctx context.Context, filter retrieval.Filter, id string) (retrieval.KeptAnswer, error) {
	select {
	case <-f.done:
		return f.given.Answer(ctx, filter, id)
	default:
		return retrieval.KeptAnswer{}, retrieval.ErrNotFound
	}
}

// TestChatOverABrokenLine: what there is of the answer stays, what is wrong is said, and the whole answer takes its place when the
// server has finished it.
func TestChatOverABrokenLine(t *testing.T) {
	t.Parallel()
	c := config(t)
	h, done := newHalf(t), make(chan struct{})
	c.Assistant, c.Answers = h, finishedAnswers{done: done}
	s := start(t, c)
	line := newCutter(t, s)
	ctx := tab(t, browser(t), 390, 844, "en")
	run(t, ctx, steps([]step{chromedp.Navigate("http://" + line.Addr().String())}, typed("Who?"), []step{until(`document.querySelector(".turn .text")?.textContent.includes("Half")`)})...)
	<-h.asked
	line.cut()
	run(t, ctx, until(`document.querySelector(".failure")?.textContent.includes("connection was lost")`))
	if got := text(t, ctx, ".turn .text"); !strings.HasPrefix(got, "Half") {
		t.Errorf("left is %q", got)
	}
	close(h.goOn)
	if err := <-h.ended; err != nil {
		t.Errorf("the server ended with %v", err)
	}
	close(done)
	run(t, ctx, until(`document.querySelector(".turn .text")?.textContent.startsWith("In the <b>hall</b>.")`), until(`!document.querySelector(".failure")`))
	run(t, ctx, chromedp.Navigate("http://"+line.Addr().String()), until(`document.querySelector(".turn .text")?.textContent.startsWith("In the <b>hall</b>.")`)) // it is kept whole
}

// TestReloadGetsTheAnswer: a page that is left in the middle of an answer shows the half of it when it is back, and then the whole: the
// server went on.
func TestReloadGetsTheAnswer(t *testing.T) {
	t.Parallel()
	c := config(t)
	h, done := newHalf(t), make(chan struct{})
	c.Assistant, c.Answers = h, finishedAnswers{done: done}
	handler, err := newServer(c)
	if err != nil {
		t.Fatal(err)
	}
	handler.leaving = time.Hour // however slow the machine is
	s := startHandler(t, handler)
	ctx := tab(t, browser(t), 390, 844, "en")
	run(t, ctx, steps([]step{chromedp.Navigate(s.URL)}, typed("Who?"), []step{until(`document.querySelector(".turn .text")?.textContent.includes("Half")`)})...)
	<-h.asked
	run(t, ctx, chromedp.Navigate(s.URL), until(`document.querySelector(".turn .notice")?.textContent.includes("not complete")`))
	if got := text(t, ctx, ".turn .text"); !strings.HasPrefix(got, "Half") {
		t.Errorf("left is %q", got)
	}
	close(h.goOn)
	if err := <-h.ended; err != nil {
		t.Errorf("the server ended with %v", err)
	}
	close(done)
	run(t, ctx, until(`document.querySelector(".turn .text")?.textContent.startsWith("In the <b>hall</b>.")`), until(`!document.querySelector(".turn .notice")`))
}
