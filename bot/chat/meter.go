package chat

import (
	"bytes"
	"io"
	"net/http"
	"strings"
	"time"

	"osmanthus/retrieval/endpoint"
)

const (
	// maxLine bounds, in bytes, one line of the stream: go-openai reads a line whole, however long.
	maxLine = 256 << 10
	// maxBody bounds, in bytes, a whole reply: each token comes in some 300 bytes of JSON.
	maxBody = 64 << 20
	// maxRefusal bounds, in bytes, the body of a refusal.
	maxRefusal = 64 << 10
)

// An exchange is what a request's reply showed that go-openai does not pass on.
type exchange struct {
	status     int
	retryAfter time.Duration
	done       bool // the stream said that it was whole
}

type exchangeKey struct{}

// A meter looks at replies: their status, and their bodies as they are read.
type meter struct{ next http.RoundTripper }

// CloseIdleConnections is what http.Client looks for.
func (m *meter) CloseIdleConnections() {
	if c, ok := m.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func (m *meter) RoundTrip(request *http.Request) (*http.Response, error) {
	reply, err := m.next.RoundTrip(request)
	seen, ok := request.Context().Value(exchangeKey{}).(*exchange)
	if err != nil || !ok {
		return reply, err
	}
	seen.status = reply.StatusCode
	seen.retryAfter = endpoint.RetryAfter(reply.Header.Get("Retry-After"), time.Now())
	if reply.StatusCode >= 400 {
		reply.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(reply.Body, maxRefusal), reply.Body}
		return reply, nil
	}
	reply.Body = &meteredBody{body: reply.Body, seen: seen}
	return reply, nil
}

// A limitError is a body or line that is too long.
type limitError string

func (e limitError) Error() string { return string(e) }

// A meteredBody bounds lines and looks for the event that ends a stream.
type meteredBody struct {
	body  io.ReadCloser
	seen  *exchange
	total int
	line  int    // bytes of the line so far
	head  []byte // of the line, as much as "data: [DONE]" can be
}

const (
	doneMark = "data:[DONE]"
	maxHead  = 64
)

func (b *meteredBody) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	b.total += n
	if b.total > maxBody {
		return 0, limitError("reply too long")
	}
	for rest := p[:n]; len(rest) > 0; {
		piece, after, ended := bytes.Cut(rest, []byte{'\n'})
		b.line += len(piece)
		b.head = append(b.head, piece[:min(len(piece), maxHead-len(b.head))]...)
		if b.line > maxLine {
			return 0, limitError("line too long")
		}
		if ended || err == io.EOF {
			b.endLine()
		}
		rest = after
	}
	return n, err
}

func (b *meteredBody) endLine() {
	if strings.ReplaceAll(strings.TrimSpace(string(b.head)), " ", "") == doneMark {
		b.seen.done = true
	}
	b.line, b.head = 0, b.head[:0]
}

func (b *meteredBody) Close() error { return b.body.Close() }
