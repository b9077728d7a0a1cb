package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// basePath is what a base path may look like: segments of letters, digits and a few marks, that no proxy rewrites.
var basePath = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*$`)

// A base is where the public finds this server. Routes are registered below its path; a request whose path does not
// begin with it comes from a proxy that has cut it off, and gets it back.
type base struct {
	path   string // "" or like "/seminar"
	public string // like "https://example.org/seminar"; empty where it is not known
	origin string // of public
}

func newBase(path, public string) (base, error) {
	b := base{path: path, public: strings.TrimSuffix(public, "/")}
	if public != "" {
		u, err := url.Parse(b.public)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			return base{}, errors.New("web: the public address is not an absolute http address without user, query and fragment")
		}
		if path != "" && path != u.EscapedPath() {
			return base{}, fmt.Errorf("web: the base path %s is not the path of the public address %s: set one of them", path, public)
		}
		b.path, b.origin = u.EscapedPath(), u.Scheme+"://"+strings.ToLower(u.Host)
	}
	if !basePath.MatchString(b.path) {
		return base{}, fmt.Errorf("web: base path %q must be segments of letters, digits, '-', '.', '_' and '~', each with a slash before it", b.path)
	}
	return b, nil
}

// link makes a path of ours one that a browser finds: /d/7 becomes /seminar/d/7.
func (b base) link(path string) string {
	if b.path == "" || !strings.HasPrefix(path, "/") {
		return path
	}
	return b.path + path
}

// secure reports whether the public comes by TLS, though the proxy may not.
func (b base) secure(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(b.public, "https://")
}

// pattern puts a pattern of the mux below the base.
func (b base) pattern(pattern string) string {
	method, path, _ := strings.Cut(pattern, " ")
	return method + " " + b.path + path
}

// below returns r with the base before its path.
func (b base) below(r *http.Request) *http.Request {
	if b.path == "" || r.URL.Path == b.path || strings.HasPrefix(r.URL.Path, b.path+"/") {
		return r
	}
	u := *r.URL
	u.Path = b.path + u.Path
	if u.RawPath != "" {
		u.RawPath = b.path + u.RawPath
	}
	r2 := *r
	r2.URL = &u
	return &r2
}

// within returns a path without the base.
func (b base) within(path string) string { return strings.TrimPrefix(path, b.path) }

// described is the API's description with the address of this server.
func (b base) described(description []byte) ([]byte, error) {
	address := b.public
	if address == "" {
		address = b.path
	}
	if address == "" {
		return description, nil
	}
	servers, err := json.Marshal([]map[string]string{{"url": address}})
	if err != nil {
		return nil, fmt.Errorf("describe the API: %w", err)
	}
	return bytes.Replace(description, []byte("{"), []byte(`{"servers": `+string(servers)+`,`), 1), nil
}
