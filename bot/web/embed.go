package web

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"osmanthus/bot/locale"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// Embedding lets websites show the chat in a frame and ask the API from their own scripts.
type Embedding struct {
	// Origins are the websites that may, like "https://example.org", with the port where it is not the usual one. None: none may.
	Origins []string
	// Secret signs their tokens; at least 32 bytes, the same in every process. Needed where there are origins.
	Secret []byte
}

// sites are the websites of an Embedding.
type sites struct {
	listed map[string]bool
	policy string // the Content-Security-Policy of what they may frame
	script []byte // embed.js with the words it shows
	etag   string
	tokens tokens
}

// leastSecret is the length that makes guessing hopeless.
const leastSecret = 32

func newSites(e Embedding, c *locale.Catalog, script []byte, now func() time.Time) (*sites, error) {
	s := &sites{listed: map[string]bool{}, tokens: tokens{e.Secret, now}}
	var ancestors []string
	for _, given := range e.Origins {
		origin, err := originOf(given)
		if err != nil {
			return nil, err
		}
		s.listed[origin] = true
		ancestors = append(ancestors, origin)
	}
	if len(ancestors) > 0 && len(e.Secret) < leastSecret {
		return nil, fmt.Errorf("web: the secret for embedding has %d bytes, fewer than %d", len(e.Secret), leastSecret)
	}
	s.policy = contentPolicy(strings.Join(ancestors, " "))
	words, err := json.Marshal(map[lang.Lang]map[string]string{
		lang.Chinese: c.For(lang.Chinese).Prefix("web.embed."), lang.English: c.For(lang.English).Prefix("web.embed."),
	})
	if err != nil {
		return nil, fmt.Errorf("write the words of embed.js: %w", err)
	}
	s.script = fmt.Appendf(nil, "{const WORDS=%s;\n%s}\n", words, script)
	sum := sha256.Sum256(s.script)
	s.etag = `"` + hex.EncodeToString(sum[:8]) + `"`
	return s, nil
}

// originOf checks an origin and writes it as browsers do.
func originOf(given string) (string, error) {
	u, err := url.Parse(strings.TrimSuffix(strings.ToLower(strings.TrimSpace(given)), "/"))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Hostname() == "" || u.Path != "" || u.RawQuery != "" || u.Fragment != "" ||
		u.User != nil || strings.ContainsAny(u.Host, "*;, '\"") {
		return "", fmt.Errorf("web: %q is not the origin of a website: write each as https://example.org, without a path and without *", given)
	}
	if port := u.Port(); port == "443" && u.Scheme == "https" || port == "80" && u.Scheme == "http" {
		u.Host = strings.TrimSuffix(u.Host, ":"+port)
	}
	return u.Scheme + "://" + u.Host, nil
}

// An embedded is what the chat's page has besides, in a frame.
type embedded struct {
	Origin string // of the website that the frame stands in
	Token  string
}

// embedPage answers GET /embed: the chat, for a frame in the website that the address names. Only a listed one may frame it.
func (s *server) embedPage(w http.ResponseWriter, r *http.Request) error {
	origin := r.URL.Query().Get("origin")
	if len(s.sites.listed) == 0 {
		return retrieval.ErrNotFound
	}
	if !s.sites.listed[origin] {
		return &fault{kind: faultSite}
	}
	page := s.chat(r)
	token, _ := s.sites.tokens.give(origin)
	page.Embed = &embedded{Origin: origin, Token: token}
	h := w.Header()
	h.Set("Content-Security-Policy", s.sites.policy)
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "no-store") // it holds a token
	return s.render(w, r, http.StatusOK, "chat", page)
}

// embedScript answers GET /embed.js.
func (s *server) embedScript(w http.ResponseWriter, r *http.Request) error {
	if len(s.sites.listed) == 0 {
		return retrieval.ErrNotFound
	}
	h := w.Header()
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "public, max-age=300") // its name never changes
	h.Set("ETag", s.sites.etag)
	if r.Header.Get("If-None-Match") == s.sites.etag {
		w.WriteHeader(http.StatusNotModified)
		return nil
	}
	return writeBody(w, http.StatusOK, "text/javascript; charset=utf-8", s.sites.script)
}

// tokenHeader carries a token. It makes a request of a website's script one that browsers ask leave for first.
const tokenHeader = "X-Osmanthus-Token"

type tokenBody struct {
	Token   string    `json:"token"`
	Site    string    `json:"site"`
	Expires time.Time `json:"expires"`
}

// giveToken answers POST /api/embed: a token for the listed website whose script asks, or a new one for an old one.
func (s *server) giveToken(w http.ResponseWriter, r *http.Request) error {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return &fault{kind: faultBody, err: fmt.Errorf("read body: %w", err)}
	}
	var old struct {
		Token string `json:"token"`
	}
	if len(raw) > 0 {
		if err := json.Unmarshal(raw, &old); err != nil {
			return &fault{kind: faultBody, err: fmt.Errorf("read body as JSON: %w", err)}
		}
	}
	site := visitOf(r).site // by the browser's word
	if site == "" {
		if site, err = s.sites.tokens.site(old.Token, renewTime); err != nil {
			return &fault{kind: faultToken, err: err}
		}
	}
	if !s.sites.listed[site] {
		return &fault{kind: faultSite}
	}
	token, expires := s.sites.tokens.give(site)
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusOK, tokenBody{token, site, expires.UTC()})
}

// admit decides on what comes from or for another website: its frame, whose token says so, or its script. It reports
// whether the request is answered by that already, as the question of a browser for leave is.
func (s *server) admit(w http.ResponseWriter, r *http.Request) (answered bool, err error) {
	path := s.base.within(r.URL.Path)
	if len(s.sites.listed) == 0 || !strings.HasPrefix(path, "/api/") {
		return false, s.sameOrigin(r)
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	v, origin := visitOf(r), r.Header.Get("Origin")
	if s.sites.listed[origin] {
		v.site = origin
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "X-Request-ID, Retry-After")
		if r.Method == http.MethodOptions && r.Header.Get("Access-Control-Request-Method") != "" {
			h.Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
			h.Set("Access-Control-Allow-Headers", "Accept, Content-Type, "+tokenHeader)
			h.Set("Access-Control-Max-Age", "600")
			w.WriteHeader(http.StatusNoContent)
			return true, nil
		}
	}
	if path == "/api/embed" {
		if v.site != "" {
			return false, nil
		}
		return false, s.sameOrigin(r)
	}
	token := r.Header.Get(tokenHeader)
	if token == "" {
		return false, s.sameOrigin(r)
	}
	site, err := s.sites.tokens.site(token, tokenTime)
	switch {
	case errors.Is(err, errTokenExpired), errors.Is(err, errToken):
		return false, &fault{kind: faultToken, err: err}
	case !s.sites.listed[site]:
		return false, &fault{kind: faultSite}
	case v.site == site: // its own script
		return false, nil
	case v.site != "":
		return false, &fault{kind: faultToken, err: fmt.Errorf("token of %s used by %s", site, v.site)}
	}
	v.site = site
	return false, s.sameOrigin(r)
}

func (s *server) sameOrigin(r *http.Request) error {
	if err := s.origin.Check(r); err != nil {
		return &fault{kind: faultCrossOrigin, err: err}
	}
	return nil
}
