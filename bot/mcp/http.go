package mcp

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// An origin is the HTTP request that a call came with.
type origin struct {
	address string // where it came to
	gone    context.Context
}

type originKey struct{}

// linkFor makes paths of ours addresses, in the answer to one call.
func (s *Server) linkFor(ctx context.Context) func(path string) string {
	begin := s.Address
	if o, ok := ctx.Value(originKey{}).(origin); ok && begin == "" {
		begin = o.address
	}
	return func(path string) string { return begin + path }
}

// attended returns a context that ends when the client leaves; the SDK's own goes on for clients of older versions.
func attended(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	o, ok := ctx.Value(originKey{}).(origin)
	if !ok {
		return ctx, cancel
	}
	stop := context.AfterFunc(o.gone, cancel)
	return ctx, func() {
		stop()
		cancel()
	}
}

// Handler serves clients over HTTP, by the protocol's streamable transport without sessions: nothing is kept of a client
// between its requests. It trusts whoever comes so far, and that the request's URL has the scheme and host that the client
// asked; bodies are to be bounded before it.
func (s *Server) Handler() http.Handler {
	handler := sdk.NewStreamableHTTPHandler(func(*http.Request) *sdk.Server { return s.server }, &sdk.StreamableHTTPOptions{
		Stateless: true, JSONResponse: true, PropagateRequestCancellation: true, MaxRequestBodyBytes: maxMessage,
		DisableLocalhostProtection: true, // bot/web looks at the host, knowing which proxies may stand before it
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "The request is too large or was not sent whole.", http.StatusRequestEntityTooLarge)
			return
		}
		// Many calls in one request would pass the limits as one; the protocol has given them up.
		if bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("[")) {
			http.Error(w, "Batches are not served: send one message a request.", http.StatusBadRequest)
			return
		}
		address := r.URL.Scheme + "://" + r.URL.Host + strings.TrimRight(strings.TrimSuffix(r.URL.Path, "/mcp"), "/")
		r = r.WithContext(context.WithValue(r.Context(), originKey{}, origin{address, r.Context()}))
		r.Body = io.NopCloser(bytes.NewReader(body))
		handler.ServeHTTP(w, r)
	})
}
