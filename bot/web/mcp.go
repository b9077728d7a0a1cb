package web

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// A Door is a handler for those who show one of its keys.
type Door struct {
	Keys    []string
	Handler http.Handler
}

// mcp answers /mcp: the first door that opens to the key shown.
func (s *server) mcp(w http.ResponseWriter, r *http.Request) error {
	if s.rebound(r) {
		return &fault{kind: faultCrossOrigin}
	}
	var open http.Handler
	for _, d := range s.MCP {
		if open == nil && holdsOne(r, d.Keys) {
			open = d.Handler
		}
	}
	if open == nil {
		w.Header().Set("WWW-Authenticate", "Bearer")
		return &fault{kind: faultKey}
	}
	select {
	case s.asks <- struct{}{}:
		defer func() { <-s.asks }()
	default:
		return &fault{kind: faultBusy, retryAfter: 2 * time.Second}
	}
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(s.drained, cancel)()
	r = r.WithContext(ctx)
	if at, err := url.Parse(s.address(r)); err == nil {
		whole := *r.URL
		whole.Scheme, whole.Host = at.Scheme, at.Host
		r.URL = &whole
	}
	open.ServeHTTP(w, r)
	return nil
}

// rebound reports whether a page may have come here by a name that it made lead to this machine: a request over the
// loopback, from no proxy, to a host that is not called so.
func (s *server) rebound(r *http.Request) bool {
	local, ok := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
	if !ok || !loopback(local.String()) {
		return false
	}
	remote, err := netip.ParseAddrPort(r.RemoteAddr)
	return (err != nil || !s.trusted(remote.Addr().Unmap())) && !loopback(r.Host)
}

// loopback reports whether an address, with or without its port, is this machine's own.
func loopback(address string) bool {
	host := address
	if h, _, err := net.SplitHostPort(address); err == nil {
		host = h
	}
	host = strings.Trim(host, "[]")
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}
