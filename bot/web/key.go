package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
)

// keyed refuses a program without one of the keys, where there are any.
func (s *server) keyed(h handler) handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if len(s.APIKeys) > 0 && !holdsOne(r, s.APIKeys) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			return &fault{kind: faultKey}
		}
		return h(w, r)
	}
}

// holdsOne reports whether the request bears one of the keys. How long that takes tells nothing of them.
func holdsOne(r *http.Request, keys []string) bool {
	scheme, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(given)))
	found := 0
	for _, k := range keys {
		own := sha256.Sum256([]byte(k))
		found |= subtle.ConstantTimeCompare(sum[:], own[:])
	}
	return found == 1 && strings.EqualFold(scheme, "Bearer")
}

// address is the scheme and host where the client reaches us, for links that are read elsewhere: what the settings say, else the scheme and
// host of its request, or what a trusted proxy says of them.
func (s *server) address(r *http.Request) string {
	if s.base.public != "" {
		return s.base.origin
	}
	scheme, host := "http", r.Host
	if r.TLS != nil {
		scheme = "https"
	}
	if at, err := netip.ParseAddrPort(r.RemoteAddr); err == nil && s.trusted(at.Addr().Unmap()) {
		if p := lastOf(r.Header, "X-Forwarded-Proto"); p == "http" || p == "https" {
			scheme = p
		}
		if h := lastOf(r.Header, "X-Forwarded-Host"); h != "" {
			if u, err := url.Parse("http://" + h); err == nil && u.Host == h {
				host = h
			}
		}
	}
	return scheme + "://" + host
}

// lastOf is what the proxy next to us says.
func lastOf(h http.Header, name string) string {
	values := strings.Split(strings.Join(h.Values(name), ","), ",")
	return strings.ToLower(strings.TrimSpace(values[len(values)-1]))
}
