package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A servedSite is a sitemap with pages whose validators are their own words, and what was sent of it.
type servedSite struct {
	*httptest.Server

	mu    sync.Mutex
	pages map[string]string // bodies by path
	sent  map[string]int    // whole pages, by path
}

func newServedSite(t *testing.T, pages map[string]string) *servedSite {
	t.Helper()
	s := &servedSite{pages: pages, sent: map[string]int{}}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

func (s *servedSite) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, ok := s.pages[r.URL.Path]
	switch {
	case r.URL.Path == "/days/sitemap.xml":
		w.Header().Set("Content-Type", "application/xml")
		_, _ = io.WriteString(w, "<urlset>")
		for path := range s.pages {
			fmt.Fprintf(w, "<url><loc>%s</loc></url>", path)
		}
		_, _ = io.WriteString(w, "</urlset>")
		return
	case !ok:
		http.NotFound(w, r)
		return
	}
	tag := fmt.Sprintf(`"%x"`, body)
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	s.sent[r.URL.Path]++
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = io.WriteString(w, "<html><head><title>Days</title></head><body><main>"+body+"</main></body></html>")
}

// change changes the pages; what has been sent until then is forgotten.
func (s *servedSite) change(pages func(map[string]string)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	pages(s.pages)
	clear(s.sent)
}

func (s *servedSite) whole() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	sent := map[string]int{}
	for path, n := range s.sent {
		sent[path] = n
	}
	return sent
}

// TestSiteThroughTheQueue: a command queues a site's pages and leaves; a worker reads them with their facts, adds the
// sentences when it has nothing else to do, and has what changed taken in again when its time has come.
func TestSiteThroughTheQueue(t *testing.T) {
	t.Parallel()
	talk := "<h1>Brewing</h1><ul><li>Time: 2031-03-04 14:40–15:40 (UTC+8)</li><li>Room: Hall B</li><li>Speaker: Ann Sample</li></ul><p>Tea is brewed with flowers. The garden is open.</p>"
	s := newServedSite(t, map[string]string{
		"/days/brewing": talk,
		"/days/soil":    "<h1>Soil</h1><p>The soil is alive.</p>",
		"/days/cellar":  "<h1>Cellar</h1><p>The cellar is cool.</p>",
	})
	l := newIngestLab(t)
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	l.env["OSMANTHUS_FETCH_PORTS"], l.env["OSMANTHUS_FETCH_ALLOW"] = port, "127.0.0.0/8"
	sitemap := s.URL + "/days/sitemap.xml"
	if out := l.ingest("--queue-only", "--every", "1h", "--prune", sitemap); !strings.Contains(out, "Queued for workers: 3.") {
		t.Fatalf("got %s", out)
	}
	if n := l.number(`SELECT count(*) FROM versions`); n != 0 {
		t.Fatalf("%d versions without a worker", n)
	}
	w := l.start("ingest", "worker")
	l.until("the site is in, with its facts", func() bool {
		return l.number(`SELECT count(*) FROM documents WHERE version IS NOT NULL`) == 3 &&
			l.number(`SELECT count(*) FROM sessions`) == 1 && l.number(`SELECT count(*) FROM people WHERE name = 'Ann Sample'`) == 1
	})
	l.until("the worker has added the sentences", func() bool { return l.bare() == 0 })

	s.change(func(pages map[string]string) {
		pages["/days/soil"] = "<h1>Soil</h1><p>The soil sleeps.</p>"
		delete(pages, "/days/cellar")
	})
	l.exec(`UPDATE schedules SET due_at = now() - interval '1 minute'`)
	l.until("what changed is taken in again, what went is gone", func() bool {
		return l.number(`SELECT count(*) FROM versions v JOIN documents d ON d.version = v.id WHERE v.text LIKE '%sleeps%'`) == 1 &&
			l.number(`SELECT count(*) FROM documents WHERE version IS NULL AND source LIKE '%/days/cellar'`) == 1
	})
	if diff := cmp.Diff(map[string]int{"/days/soil": 1}, s.whole()); diff != "" {
		t.Errorf("pages sent whole (-want +got):\n%s", diff)
	}
	w.stop(t)
}
