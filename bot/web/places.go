package web

import (
	"net/http"
	"net/url"
	"strings"

	"osmanthus/bot/locale"
)

// A place is a page that the bar leads to.
type place struct {
	Path    string
	Name    string
	Current bool // it is open
	Within  bool // a page below it is open
}

// places are the pages of this server, in the order of the bar; nothing where the chat is the only one. A path that no route takes is
// none of them.
func (s *server) places(r *http.Request, words locale.Printer) []place {
	var out []place
	at := s.base.within(r.URL.Path)
	for _, p := range []struct{ path, key string }{
		{"/", "web.place.chat"},
		{"/programme", "web.place.programme"},
		{"/people", "web.place.people"},
		{"/documents", "web.place.documents"},
		{"/press", "web.place.press"},
	} {
		if _, pattern := s.mux.Handler(&http.Request{Method: http.MethodGet, URL: &url.URL{Path: s.base.link(p.path)}}); pattern == "" {
			continue
		}
		here := place{Path: s.base.link(p.path), Name: words.T(p.key), Current: at == p.path}
		here.Within = p.path != "/" && strings.HasPrefix(at, p.path+"/") || p.path == "/documents" && strings.HasPrefix(at, "/d/")
		out = append(out, here)
	}
	if len(out) == 1 {
		return nil
	}
	return out
}
