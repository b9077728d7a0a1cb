package mcp

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

type addressKey struct{}

// linkFor makes paths of ours addresses, in the answer to one call.
func (s *Server) linkFor(ctx context.Context) func(path string) string {
	begin := s.Address
	if address, ok := ctx.Value(addressKey{}).(string); ok && begin == "" {
		begin = address
	}
	return func(path string) string { return begin + path }
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
		r = r.WithContext(context.WithValue(r.Context(), addressKey{}, r.URL.Scheme+"://"+r.URL.Host+strings.TrimSuffix(r.URL.Path, "/mcp")))
		r.Body = io.NopCloser(bytes.NewReader(body))
		handler.ServeHTTP(w, r)
	})
}
