package web

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
)

// TestDoors: /mcp opens to those with a key, at the door of their key, and to no page of another website.
func TestDoors(t *testing.T) {
	t.Parallel()
	door := func(name string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprintf(w, "%s at %s", name, r.URL)
		})
	}
	c := config(t)
	c.Limits.PerMinute = -1
	c.MCP = []Door{{[]string{"k1", "both"}, door("public")}, {[]string{"k2", "both"}, door("staff")}}
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	s, err := newServer(c)
	if err != nil {
		t.Fatal(err)
	}
	bearer := func(key string) http.Header { return http.Header{"Authorization": {key}} }
	for _, tt := range []struct {
		name, local, remote, host string
		header                    http.Header
		status                    int
		want                      string
	}{
		{"the public key", "127.0.0.1:80", "127.0.0.1:9", "localhost:80", bearer("Bearer k1"), 200, "public at http://localhost:80/mcp"},
		{"the staff's", "127.0.0.1:80", "127.0.0.1:9", "127.0.0.1", bearer("bearer k2"), 200, "staff at http://127.0.0.1/mcp"},
		{"a key of both", "[::1]:80", "[::1]:9", "[::1]:80", bearer("Bearer both"), 200, "public at"},
		{"from outside", "192.0.2.1:80", "203.0.113.1:9", "ask.example", bearer("Bearer k1"), 200, "public at http://ask.example/mcp"},
		{"by a proxy here", "127.0.0.1:80", "10.0.0.1:9", "ask.example", bearer("Bearer k1"), 200, "public at http://ask.example/mcp"},
		{"no key", "127.0.0.1:80", "127.0.0.1:9", "localhost", nil, 401, `"invalid_api_key"`},
		{"an empty key", "127.0.0.1:80", "127.0.0.1:9", "localhost", bearer("Bearer "), 401, `"invalid_api_key"`},
		{"a part of a key", "127.0.0.1:80", "127.0.0.1:9", "localhost", bearer("Bearer k"), 401, `"invalid_api_key"`},
		{"a key another way", "127.0.0.1:80", "127.0.0.1:9", "localhost", bearer("Basic k1"), 401, `"invalid_api_key"`},
		{"a name made to lead here", "127.0.0.1:80", "127.0.0.1:9", "evil.example", bearer("Bearer k1"), 403, `"cross_origin"`},
		{"another website's page", "192.0.2.1:80", "203.0.113.1:9", "ask.example", http.Header{"Authorization": {"Bearer k1"}, "Origin": {"https://evil.example"}}, 403, `"cross_origin"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			local, err := net.ResolveTCPAddr("tcp", tt.local)
			if err != nil {
				t.Fatal(err)
			}
			r := httptest.NewRequestWithContext(context.WithValue(t.Context(), http.LocalAddrContextKey, local), "POST", "/mcp", strings.NewReader("{}"))
			r.RemoteAddr, r.Host = tt.remote, tt.host
			for name, values := range tt.header {
				r.Header[name] = values
			}
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != tt.status || !strings.Contains(w.Body.String(), tt.want) {
				t.Errorf("got %d %s, want %d with %q", w.Code, w.Body, tt.status, tt.want)
			}
		})
	}
	closed := start(t, config(t))
	res := request{method: "POST", path: "/mcp", header: bearer("Bearer ")}.send(t, closed)
	if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode != http.StatusNotFound {
		t.Errorf("without doors: %d %s, %v", res.StatusCode, body, err)
	}
}
