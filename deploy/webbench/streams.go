package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// A spread is of times, in milliseconds.
type spread struct{ P50, P95, P99, Max float64 }

func spreadOf(times []time.Duration) spread {
	if len(times) == 0 {
		return spread{}
	}
	slices.Sort(times)
	at := func(share float64) float64 {
		return float64(times[min(len(times)-1, int(share*float64(len(times))))].Microseconds()) / 1000
	}
	return spread{at(.5), at(.95), at(.99), at(1)}
}

// A streamed is what readers of many answers at once saw.
type streamed struct {
	Streams, Stalled int
	FirstByte        spread  // from the request to the stream's first byte
	Added            spread  // to the gap that the model left between two pieces
	Late             spread  // from the model's writing of a piece to its arrival
	Gap              spread  // between two pieces
	PerSecond        float64 // pieces that arrived
	Long             int     // gaps of more than 5 s
	Unkept           int     // answers that the server could not store, so that their links do not open
	Broken           int     // streams that ended otherwise than with an answer
	MemoryMB         float64
	Processor        float64 // cores that the server used
	Taken            int     // of those that stall, answers that began
	Load             float64
}

// A pace is one piece's arrival.
type pace struct{ at, sent time.Time }

// A seen is what one reader saw.
type seen struct {
	first  time.Duration
	paces  []pace
	broken error
}

const (
	longGap = 5 * time.Second
	// ramp is how long the streams take to begin: people do not ask at the same instant.
	ramp = 5 * time.Second
)

// numbers gives each question of the bench one of its own, so that none is answered from the cache.
type numbers struct{ last atomic.Int64 }

func (n *numbers) next() int { return int(n.last.Add(1)) }

// ask asks one question and reads its answer to the end.
func (b *bench) ask(ctx context.Context, client *http.Client, n, tokens int, each time.Duration) (saw seen) {
	script := &script{tokens: tokens, each: each}
	question := b.fakes.question(n, script)
	response, start, err := b.post(ctx, client, question)
	if err != nil {
		saw.broken = err
		return saw
	}
	defer response.Body.Close()
	body := bufio.NewReaderSize(response.Body, 4096)
	if _, err := body.Peek(1); err != nil {
		saw.broken = err
		return saw
	}
	saw.first = time.Since(start)
	event, length := "", 0
	for {
		line, err := body.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) { // of the whole answer at the end
			if _, err = io.Copy(io.Discard, lineOf(body)); err == nil {
				continue
			}
		}
		if err != nil {
			saw.broken = fmt.Errorf("after %d bytes of text: %w", length, err)
			return saw
		}
		if name, ok := bytes.CutPrefix(line, []byte("event: ")); ok {
			event = string(bytes.TrimSpace(name))
			if event == "done" {
				rest, err := io.ReadAll(body)
				if err != nil {
					saw.broken = err
				} else if !bytes.Contains(rest, []byte(`"generated_by":"`+modelName+`"`)) {
					saw.broken = fmt.Errorf("the answer is not the model's: …%s", rest[max(0, len(rest)-200):])
				}
				return saw
			}
			if event == "error" {
				rest, _ := body.ReadString('\n')
				saw.broken = errors.New(rest)
				return saw
			}
			continue
		}
		data, ok := bytes.CutPrefix(line, []byte("data: "))
		if !ok || event != "delta" {
			continue
		}
		now := time.Now()
		var delta struct{ Text string }
		if err := json.Unmarshal(data, &delta); err != nil {
			saw.broken = err
			return saw
		}
		length += len(delta.Text)
		if sent, ok := script.sentAt(length); ok {
			saw.paces = append(saw.paces, pace{now, sent})
		}
	}
}

// lineOf is what is left of a line.
func lineOf(r *bufio.Reader) io.Reader {
	return readerFunc(func([]byte) (int, error) {
		_, err := r.ReadSlice('\n')
		switch {
		case err == nil:
			return 0, io.EOF
		case errors.Is(err, bufio.ErrBufferFull):
			return 0, nil
		}
		return 0, err
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func (b *bench) post(ctx context.Context, client *http.Client, question string) (*http.Response, time.Time, error) {
	raw, err := json.Marshal(map[string]string{"question": question})
	if err != nil {
		return nil, time.Time{}, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, b.server.address+"/api/ask", bytes.NewReader(raw))
	if err != nil {
		return nil, time.Time{}, err
	}
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Content-Type", "application/json")
	start := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return nil, start, err
	}
	if response.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(io.LimitReader(response.Body, 500))
		response.Body.Close()
		return nil, start, fmt.Errorf("%s: %s", response.Status, strings.TrimSpace(string(said)))
	}
	return response, start, nil
}

// firstEvents asks n questions one after the other and tells how long each stream's first byte took.
func (b *bench) firstEvents(ctx context.Context, n int) (spread, error) {
	var times []time.Duration
	for range n {
		saw := b.ask(ctx, b.server.client, b.numbers.next(), 16, 0)
		if saw.broken != nil {
			return spread{}, saw.broken
		}
		times = append(times, saw.first)
	}
	return spreadOf(times), nil
}

// stream has n readers, beside some that take nothing, and tells what those saw while all of them were there.
func (b *bench) stream(ctx context.Context, n, stalled int) (streamed, error) {
	s := streamed{Streams: n, Stalled: stalled}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tokens := int((ramp + b.steady + ramp) / tokenTime)
	var stalling sync.WaitGroup
	var taken atomic.Int64
	for range stalled {
		stalling.Go(func() { b.stall(ctx, int((3*ramp+b.steady)/time.Second), &taken) })
	}
	if stalled > 0 {
		time.Sleep(ramp) // they are there before the others
	}
	saw := make([]seen, n)
	var reading sync.WaitGroup
	begun := time.Now()
	_ = b.server.said.take()
	used, err := b.server.processor()
	if err != nil {
		return s, err
	}
	for i := range n {
		reading.Go(func() {
			time.Sleep(ramp * time.Duration(i) / time.Duration(n))
			client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
			saw[i] = b.ask(ctx, client, b.numbers.next(), tokens, tokenTime)
		})
	}
	time.Sleep(ramp + b.steady/2)
	s.Load, s.Taken = loadAverage(), int(taken.Load())
	reading.Wait()
	after, err := b.server.processor()
	if err != nil {
		return s, err
	}
	s.Unkept = strings.Count(b.server.said.take(), "answer not kept")
	s.Processor = (after - used).Seconds() / time.Since(begun).Seconds()
	from, to := begun.Add(ramp), begun.Add(ramp+b.steady)
	var first, added, late, gaps []time.Duration
	for _, one := range saw {
		if one.broken != nil {
			s.Broken++
			say("  a stream broke: %v", one.broken)
			continue
		}
		first = append(first, one.first)
		for i, p := range one.paces {
			if i == 0 || p.at.Before(from) || p.at.After(to) {
				continue
			}
			before := one.paces[i-1]
			gap := p.at.Sub(before.at)
			gaps, late, added = append(gaps, gap), append(late, p.at.Sub(p.sent)), append(added, max(0, gap-p.sent.Sub(before.sent)))
			if gap > longGap {
				s.Long++
			}
		}
	}
	s.PerSecond = float64(len(gaps)) / b.steady.Seconds()
	s.FirstByte, s.Added, s.Late, s.Gap = spreadOf(first), spreadOf(added), spreadOf(late), spreadOf(gaps)
	s.MemoryMB, err = b.server.memory()
	cancel()
	stalling.Wait()
	return s, err
}

// stall asks and reads nothing but that its answer begins, with the smallest of windows, until ctx ends. Its answers are
// written slowly, so that it is the readers and not the model that are many.
func (b *bench) stall(ctx context.Context, tokens int, taken *atomic.Int64) {
	question := b.fakes.question(b.numbers.next(), &script{tokens: tokens, each: time.Second})
	dialer := &net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
		return raw.Control(func(fd uintptr) { _ = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 1) })
	}}
	conn, err := dialer.DialContext(ctx, "tcp", strings.TrimPrefix(b.server.address, "http://"))
	if err != nil {
		say("  a reader that stalls: %v", err)
		return
	}
	defer conn.Close()
	body, _ := json.Marshal(map[string]string{"question": question})
	fmt.Fprintf(conn, "POST /api/ask HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
	status := make([]byte, len("HTTP/1.1 200"))
	if _, err := io.ReadFull(conn, status); err == nil && bytes.HasSuffix(status, []byte("200")) {
		taken.Add(1)
	}
	<-ctx.Done()
}
