package embed

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"time"

	"osmanthus/retrieval/endpoint"

	openai "github.com/sashabaranov/go-openai"
)

// attempt asks once. Base64 spares a third of the bytes and most of the parsing, but not every server has it: the first
// sign that this one does not turns it off for good.
func (c *Client) attempt(ctx context.Context, inputs []string) ([][]float32, error) {
	if !c.floats.Load() {
		vectors, err := c.ask(ctx, inputs, openai.EmbeddingEncodingFormatBase64)
		if !refusesBase64(err) {
			return vectors, err
		}
		vectors, floatErr := c.ask(ctx, inputs, openai.EmbeddingEncodingFormatFloat)
		if floatErr != nil {
			return nil, floatErr
		}
		if !c.floats.Swap(true) {
			c.log.InfoContext(ctx, "embedder does not send base64, asking for numbers", "model", c.config.Model)
		}
		return vectors, nil
	}
	return c.ask(ctx, inputs, openai.EmbeddingEncodingFormatFloat)
}

// refusesBase64 reports whether err may come of the encoding: numbers where a string was asked for, or a refusal of the
// request as such.
func refusesBase64(err error) bool {
	var e *Error
	if !errors.As(err, &e) {
		return false
	}
	var wrongType *json.UnmarshalTypeError
	return errors.As(e.Err, &wrongType) || e.Status == http.StatusBadRequest || e.Status == http.StatusUnprocessableEntity
}

func (c *Client) ask(ctx context.Context, inputs []string, format openai.EmbeddingEncodingFormat) ([][]float32, error) {
	var seen exchange
	reply, err := c.api.CreateEmbeddings(context.WithValue(ctx, exchangeKey{}, &seen), openai.EmbeddingRequest{
		Input: inputs, Model: openai.EmbeddingModel(c.config.Model), EncodingFormat: format,
	})
	if err != nil {
		return nil, c.failure(err, seen)
	}
	vectors, err := c.vectors(reply.Data, len(inputs))
	if err != nil {
		return nil, &Error{Status: seen.status, Reason: err.Error(), Err: ErrVectors}
	}
	return vectors, nil
}

// vectors puts the reply in the order of the inputs and refuses what no model means: a wrong count, lengths that differ,
// zeros all through, NaN, infinity.
func (c *Client) vectors(data []openai.Embedding, want int) ([][]float32, error) {
	if len(data) != want {
		return nil, fmt.Errorf("%d vectors for %d texts", len(data), want)
	}
	ordered, err := inOrder(data)
	if err != nil {
		return nil, err
	}
	vectors := make([][]float32, want)
	dim := int(c.dim.Load())
	for i, d := range ordered {
		v := d.Embedding
		if dim == 0 {
			dim = len(v)
		}
		if len(v) == 0 || len(v) != dim {
			return nil, fmt.Errorf("vector %d has %d dimensions, others %d", i, len(v), dim)
		}
		zero := true
		for _, x := range v {
			if math.IsNaN(float64(x)) || math.IsInf(float64(x), 0) {
				return nil, fmt.Errorf("vector %d holds a value that is no number", i)
			}
			zero = zero && x == 0
		}
		if zero {
			return nil, fmt.Errorf("vector %d is all zeros", i)
		}
		vectors[i] = v
	}
	c.dim.CompareAndSwap(0, int64(dim))
	return vectors, nil
}

// inOrder sorts by index. Servers that leave the index out answer in order.
func inOrder(data []openai.Embedding) ([]openai.Embedding, error) {
	unnumbered := true
	for _, d := range data {
		unnumbered = unnumbered && d.Index == 0
	}
	if unnumbered {
		return data, nil
	}
	sorted := slices.SortedStableFunc(slices.Values(data), func(a, b openai.Embedding) int { return a.Index - b.Index })
	for i, d := range sorted {
		if d.Index != i {
			return nil, fmt.Errorf("vectors are numbered wrongly: no vector %d", i)
		}
	}
	return sorted, nil
}

// An exchange is what a reply showed that go-openai does not pass on.
type exchange struct {
	status     int
	retryAfter time.Duration
}

type exchangeKey struct{}

const (
	// maxReply bounds, in bytes, a reply: 32 vectors of 4,096 numbers written out are under 4 MiB.
	maxReply = 64 << 20
	// maxRefusal bounds, in bytes, the body of a refusal.
	maxRefusal = 64 << 10
)

// A meter sends the settings' header, notes a reply's status and Retry-After, and bounds its body.
type meter struct {
	next   http.RoundTripper
	header http.Header
}

// CloseIdleConnections is what http.Client looks for.
func (m *meter) CloseIdleConnections() {
	if c, ok := m.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func (m *meter) RoundTrip(request *http.Request) (*http.Response, error) {
	if len(m.header) > 0 {
		request = request.Clone(request.Context()) // a RoundTripper must not change what it is given
		for name, values := range m.header {
			request.Header[name] = values
		}
	}
	reply, err := m.next.RoundTrip(request)
	if err != nil {
		return nil, err
	}
	if seen, ok := request.Context().Value(exchangeKey{}).(*exchange); ok {
		seen.status = reply.StatusCode
		seen.retryAfter = endpoint.RetryAfter(reply.Header.Get("Retry-After"), time.Now())
	}
	limit := int64(maxReply)
	if reply.StatusCode >= 400 {
		limit = maxRefusal
	}
	reply.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(reply.Body, limit), reply.Body}
	return reply, nil
}
