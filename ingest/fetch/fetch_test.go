package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/dns/dnsmessage"

	"osmanthus/ingest/source"
)

// serve starts a server at 127.0.0.1 and returns its address and the options that let a client reach it and nothing else.
func serve(t *testing.T, handler http.HandlerFunc) (string, Options) {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	at := netip.MustParseAddrPort(strings.TrimPrefix(s.URL, "http://"))
	return s.URL, Options{Ports: []uint16{at.Port()}, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, Interval: time.Nanosecond}
}

func client(t *testing.T, o Options) *Client {
	t.Helper()
	c := New(o)
	t.Cleanup(c.Close)
	return c
}

func codeOf(t *testing.T, err error) source.FaultCode {
	t.Helper()
	var f *source.Fault
	if !errors.As(err, &f) {
		t.Fatalf("got %v, want a fault", err)
	}
	return f.Code
}

// What may not be asked for is not; the clients have no server at all.
func TestRefusedAddresses(t *testing.T) {
	t.Parallel()
	c := client(t, Options{})
	for _, tt := range []struct {
		address string
		want    source.FaultCode
	}{
		{"ftp://example.org/a", source.URLUnsupported},
		{"file:///etc/passwd", source.URLUnsupported},
		{"gopher://example.org", source.URLUnsupported},
		{"http://", source.BadAddress},
		{"http://a b/", source.BadAddress},
		{"http://me:secret@example.org/", source.BadAddress},
		{"http://example.org:22/", source.BadAddress},
		{"http://example.org:8080/", source.BadAddress},
		{"http://2130706433/", source.BadAddress},
		{"http://017700000001/", source.BadAddress},
		{"http://0x7f000001/", source.BadAddress},
		{"http://0177.0.0.1/", source.BadAddress},
		{"http://0x7f.0.0.1/", source.BadAddress},
		{"http://127.1/", source.BadAddress},
		{"http://localhost/", source.Blocked},
		{"http://LOCALHOST./", source.Blocked},
		{"http://x.localhost/", source.Blocked},
		{"http://127.0.0.1/", source.Blocked},
		{"http://127.9.9.9/", source.Blocked},
		{"http://0.0.0.0/", source.Blocked},
		{"http://10.1.2.3/", source.Blocked},
		{"http://100.64.0.1/", source.Blocked},
		{"http://169.254.169.254/latest/meta-data/", source.Blocked},
		{"http://172.16.0.1/", source.Blocked},
		{"http://172.31.255.255/", source.Blocked},
		{"http://192.168.1.1/", source.Blocked},
		{"http://224.0.0.1/", source.Blocked},
		{"http://255.255.255.255/", source.Blocked},
		{"http://[::1]/", source.Blocked},
		{"http://[::]/", source.Blocked},
		{"http://[fc00::1]/", source.Blocked},
		{"http://[fd12:3456::1]/", source.Blocked},
		{"http://[fe80::1%25eth0]/", source.Blocked},
		{"http://[::ffff:127.0.0.1]/", source.Blocked},
		{"http://[::ffff:a9fe:a9fe]/", source.Blocked},
		{"http://[64:ff9b::a9fe:a9fe]/", source.Blocked},
		{"http://[2002:7f00:1::]/", source.Blocked},
		{"http://[::127.0.0.1]/", source.Blocked},
	} {
		_, err := c.Get(t.Context(), tt.address, Validators{})
		if got := codeOf(t, err); got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.address, got, tt.want)
		}
	}
}

func TestPublicAddressesAreFetched(t *testing.T) {
	t.Parallel()
	c := client(t, Options{})
	for _, ip := range []string{"1.1.1.1", "172.32.0.1", "100.128.0.1", "192.169.0.1", "2606:4700::1111", "::ffff:1.1.1.1"} {
		if err := c.permit(netip.AddrPortFrom(netip.MustParseAddr(ip), 443)); err != nil {
			t.Errorf("%s: %v", ip, err)
		}
	}
}

func TestGet(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	reply := func(kind, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", kind)
			_, _ = io.WriteString(w, body)
		}
	}
	hop := func(to string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, http.StatusFound) }
	}
	mux.HandleFunc("/page", reply("text/html; charset=utf-8", "<html><body>words<link rel=canonical href=/late>"))
	mux.HandleFunc("/talks/1", reply("text/html", `<html><head><link rel="canonical" href="/talks/one?utm_source=x#top"></head>`))
	mux.HandleFunc("/stolen", reply("text/html", `<html><head><link rel="canonical" href="https://other.example/page"></head>`))
	mux.HandleFunc("/front", reply("text/html", `<html><head><link rel="canonical" href="/"></head>`))
	mux.HandleFunc("/speakers", reply("text/csv", "a,b"))
	mux.HandleFunc("/a.pdf", reply("application/octet-stream", "%PDF-1.7"))
	mux.HandleFunc("/picture", reply("image/png", "\x89PNG"))
	mux.HandleFunc("/archive", reply("application/zip", "PK"))
	mux.HandleFunc("/1", hop("/2"))
	mux.HandleFunc("/2", hop("/3"))
	mux.HandleFunc("/3", hop("/page"))
	mux.HandleFunc("/0", hop("/1"))
	mux.HandleFunc("/loop", hop("/loop"))
	mux.HandleFunc("/metadata", hop("http://169.254.169.254/latest/meta-data/"))
	mux.HandleFunc("/decimal", hop("http://2130706433/"))
	mux.HandleFunc("/file", hop("file:///etc/passwd"))
	mux.HandleFunc("/huge", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		for range 100 {
			if _, err := w.Write(make([]byte, 1000)); err != nil {
				return
			}
			w.(http.Flusher).Flush()
		}
	})
	mux.HandleFunc("/stated", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Length", "99999999")
	})
	mux.HandleFunc("/bomb", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write(bytes.Repeat([]byte("a"), 10<<20))
		z.Close()
	})
	mux.HandleFunc("/slow", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	})
	address, options := serve(t, mux.ServeHTTP)
	options.Bytes = 10_000
	type want struct {
		Source, Name, Content string
		Code                  source.FaultCode
		Limit                 int64
	}
	for _, tt := range []struct {
		path string
		want want
	}{
		{"/page?utm_source=mail&id=1#part", want{Source: address + "/page?id=1", Name: "page.html", Content: "<html><body>words<link rel=canonical href=/late>"}},
		{"/talks/1", want{Source: address + "/talks/one", Name: "1.html", Content: `<html><head><link rel="canonical" href="/talks/one?utm_source=x#top"></head>`}},
		{"/stolen", want{Source: address + "/stolen", Name: "stolen.html", Content: `<html><head><link rel="canonical" href="https://other.example/page"></head>`}},
		{"/front", want{Source: address + "/front", Name: "front.html", Content: `<html><head><link rel="canonical" href="/"></head>`}},
		{"/speakers", want{Source: address + "/speakers", Name: "speakers.csv", Content: "a,b"}},
		{"/a.pdf", want{Source: address + "/a.pdf", Name: "a.pdf", Content: "%PDF-1.7"}},
		{"/1", want{Source: address + "/page", Name: "page.html", Content: "<html><body>words<link rel=canonical href=/late>"}},
		{"/0", want{Code: source.TooManyRedirects, Limit: 3}},
		{"/loop", want{Code: source.TooManyRedirects, Limit: 3}},
		{"/metadata", want{Code: source.Blocked}},
		{"/decimal", want{Code: source.BadAddress}},
		{"/file", want{Code: source.URLUnsupported}},
		{"/picture", want{Code: source.WrongType}},
		{"/archive", want{Code: source.WrongType}},
		{"/missing", want{Code: source.HTTPStatus}},
		{"/huge", want{Code: source.TooLarge, Limit: 10_000}},
		{"/stated", want{Code: source.TooLarge, Limit: 10_000}},
		{"/bomb", want{Code: source.TooLarge, Limit: 10_000}},
		{"/slow", want{Code: source.FetchTooSlow, Limit: 1}},
	} {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			o := options
			if tt.want.Code == source.FetchTooSlow {
				o.Time = 100 * time.Millisecond
			}
			f, err := client(t, o).Get(t.Context(), address+tt.path, Validators{})
			got := want{Source: f.Source, Name: f.Name, Content: string(f.Content)}
			var fault *source.Fault
			if errors.As(err, &fault) {
				got = want{Code: fault.Code, Limit: fault.Limit}
			} else if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestConditional(t *testing.T) {
	t.Parallel()
	address, options := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		w.Header().Set("ETag", `"v1"`)
		http.ServeContent(w, r, "", time.Date(2023, 9, 16, 1, 2, 3, 0, time.UTC), strings.NewReader("words"))
	})
	c := client(t, options)
	first, err := c.Get(t.Context(), address+"/a", Validators{})
	if err != nil {
		t.Fatal(err)
	}
	if want := (Validators{`"v1"`, "Sat, 16 Sep 2023 01:02:03 GMT"}); first.Validators != want || first.Unchanged {
		t.Errorf("got %+v", first)
	}
	again, err := c.Get(t.Context(), address+"/a", first.Validators)
	if err != nil || !again.Unchanged || again.Source != first.Source {
		t.Errorf("got %+v, %v", again, err)
	}
	changed, err := c.Get(t.Context(), address+"/a", Validators{ETag: `"v0"`})
	if err != nil || changed.Unchanged || string(changed.Content) != "words" {
		t.Errorf("got %+v, %v", changed, err)
	}
}

// What Fetch gives serves to ask by; without it, and where the page has changed, all is sent.
func TestFetchAgain(t *testing.T) {
	t.Parallel()
	var tag atomic.Value
	tag.Store(`"v1"`)
	address, options := serve(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		if strings.HasPrefix(r.URL.Path, "/plain") {
			_, _ = io.WriteString(w, "words")
			return
		}
		w.Header().Set("ETag", tag.Load().(string))
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader("words"))
	})
	c := client(t, options)
	_, mark, err := c.Fetch(t.Context(), address+"/a", "", source.Limits{})
	if err != nil || mark == "" {
		t.Fatalf("mark %q, %v", mark, err)
	}
	for _, tt := range []struct {
		name, path, known, tag string
		content                []byte
		same                   bool // the mark
	}{
		{"unchanged", "/a", mark, `"v1"`, nil, true},
		{"not asked by", "/a", "", `"v1"`, []byte("words"), true},
		{"changed", "/a", mark, `"v2"`, []byte("words"), false},
		{"a server without validators", "/plain", mark, `"v1"`, []byte("words"), false},
	} {
		tag.Store(tt.tag)
		content, got, err := c.Fetch(t.Context(), address+tt.path, tt.known, source.Limits{})
		if err != nil || !bytes.Equal(content, tt.content) || (content == nil) != (tt.content == nil) || (got == mark) != tt.same {
			t.Errorf("%s: got %q, %q, %v", tt.name, content, got, err)
		}
	}
	if _, got, _ := c.Fetch(t.Context(), address+"/plain", "", source.Limits{}); got != "" {
		t.Errorf("a server without validators: mark %q", got)
	}
	if _, _, err := c.Fetch(t.Context(), address+"/a", "", source.Limits{Bytes: 3}); codeOf(t, err) != source.TooLarge {
		t.Errorf("got %v", err)
	}
}

// A robots.txt counts for a day.
func TestRobotsAreAskedAgain(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	address, options := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			if asked.Add(1) > 1 {
				_, _ = io.WriteString(w, "User-agent: *\nDisallow: /closed\n")
			}
			return
		}
		w.Header().Set("Content-Type", "application/xml")
		_, _ = io.WriteString(w, "<urlset><url><loc>/closed</loc></url><url><loc>/open</loc></url></urlset>")
	})
	now := time.Date(2024, 5, 1, 9, 0, 0, 0, time.UTC)
	options.Now = func() time.Time { return now }
	c := client(t, options)
	for _, tt := range []struct {
		after time.Duration
		want  int
	}{{0, 2}, {23 * time.Hour, 2}, {2 * time.Hour, 1}} {
		now = now.Add(tt.after)
		pages, err := c.Pages(t.Context(), address+"/sitemap.xml")
		if err != nil || len(pages) != tt.want {
			t.Errorf("%s later: got %v, %v", tt.after, pages, err)
		}
	}
}

// The proxy of the environment is not asked: it would resolve names unseen.
func TestNoProxy(t *testing.T) {
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	t.Setenv("http_proxy", "http://127.0.0.1:1")
	if proxy := New(Options{}).http.Transport.(*http.Transport).Proxy; proxy != nil {
		t.Error("a proxy is asked")
	}
}

// names serves DNS: each name has answers, one for each time it is asked, of which the last stays.
func names(t *testing.T, answers map[string][]string) *net.Resolver {
	t.Helper()
	listener, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	var mu sync.Mutex
	asked := map[string]int{}
	go func() {
		buffer := make([]byte, 1500)
		for {
			n, from, err := listener.ReadFrom(buffer)
			if err != nil {
				return
			}
			var m dnsmessage.Message
			if err := m.Unpack(buffer[:n]); err != nil || len(m.Questions) != 1 {
				continue
			}
			q := m.Questions[0]
			m.Response, m.Authoritative, m.Additionals = true, true, nil
			if q.Type == dnsmessage.TypeA {
				mu.Lock()
				list := answers[q.Name.String()]
				if i := min(asked[q.Name.String()], len(list)-1); i >= 0 {
					for _, ip := range strings.Fields(list[i]) {
						m.Answers = append(m.Answers, dnsmessage.Resource{
							Header: dnsmessage.ResourceHeader{Name: q.Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET},
							Body:   &dnsmessage.AResource{A: netip.MustParseAddr(ip).As4()},
						})
					}
				}
				asked[q.Name.String()]++
				mu.Unlock()
			}
			packed, err := m.Pack()
			if err != nil {
				return
			}
			_, _ = listener.WriteTo(packed, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", listener.LocalAddr().String())
	}}
}

// A name that resolves to an address inside is refused, also where it did not the first time.
func TestNamesThatLeadInside(t *testing.T) {
	t.Parallel()
	var port string
	address, options := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/rebind" {
			w.Header().Set("Connection", "close")
			http.Redirect(w, r, "http://rebind.example.org:"+port+"/next", http.StatusFound)
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, "words")
	})
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	port = u.Port()
	options.Resolver = names(t, map[string][]string{
		"good.example.org.":     {"127.0.0.1"},
		"metadata.example.org.": {"169.254.169.254"},
		"private.example.org.":  {"10.0.0.1"},
		"mixed.example.org.":    {"10.0.0.1 169.254.169.254"},
		"rebind.example.org.":   {"127.0.0.1", "127.0.0.2"},
	})
	for _, tt := range []struct {
		host, path string
		want       source.FaultCode
	}{
		{"good", "/", ""},
		{"metadata", "/", source.Blocked},
		{"private", "/", source.Blocked},
		{"mixed", "/", source.Blocked},
		{"rebind", "/rebind", source.Blocked},
		{"unknown", "/", source.Unreachable},
	} {
		t.Run(tt.host, func(t *testing.T) {
			t.Parallel()
			f, err := client(t, options).Get(t.Context(), fmt.Sprintf("http://%s.example.org:%s%s", tt.host, port, tt.path), Validators{})
			if tt.want == "" {
				if err != nil || string(f.Content) != "words" {
					t.Errorf("got %q, %v", f.Content, err)
				}
				return
			}
			if got := codeOf(t, err); got != tt.want {
				t.Errorf("got %v, want %s", err, tt.want)
			}
		})
	}
}

func TestSitemap(t *testing.T) {
	t.Parallel()
	var address string
	files := map[string]string{
		"/robots.txt":  "User-agent: *\nDisallow: /private\nAllow: /private/open\nDisallow: /*.tmp$\nDisallow: /*?print=\n\nUser-agent: other\nDisallow: /\n",
		"/sitemap.xml": `<?xml version="1.0"?><sitemapindex><sitemap><loc>/talks.xml</loc></sitemap><sitemap><loc>BASE/sitemap.xml</loc></sitemap><sitemap><loc>http://169.254.169.254/s.xml</loc></sitemap></sitemapindex>`,
		"/talks.xml": `<urlset><url><loc>BASE/a</loc><lastmod>2023-09-16</lastmod></url><url><loc>BASE/a#again</loc></url><url><loc> BASE/b </loc></url><url><loc>BASE/private/x</loc></url>` +
			`<url><loc>BASE/private/open/y</loc></url><url><loc>BASE/c.tmp</loc></url><url><loc>BASE/d?print=1</loc></url><url><loc>https://elsewhere.example/e</loc></url></urlset>`,
		"/many.xml":    `<urlset>` + strings.Repeat(`<url><loc>BASE/N</loc></url>`, 30) + `</urlset>`,
		"/private.xml": `<urlset></urlset>`,
		"/broken.xml":  `<urlset><url><loc>BASE/a</loc>`,
		"/deep.xml":    strings.Repeat("<a>", 300),
	}
	n := 0
	files["/many.xml"] = string(bytes.ReplaceAll([]byte(files["/many.xml"]), []byte("BASE/N"), []byte("BASE/N")))
	for strings.Contains(files["/many.xml"], "/N<") {
		n++
		files["/many.xml"] = strings.Replace(files["/many.xml"], "/N<", fmt.Sprintf("/%d<", n), 1)
	}
	address, options := serve(t, func(w http.ResponseWriter, r *http.Request) {
		content, ok := files[r.URL.Path]
		if !ok {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/xml")
		_, _ = io.WriteString(w, strings.ReplaceAll(content, "BASE", address))
	})
	options.Addresses = 20
	for _, tt := range []struct {
		path  string
		want  []string
		count int
		code  source.FaultCode
	}{
		{"/sitemap.xml", []string{"/a", "/b", "/private/open/y"}, 3, ""},
		{"/many.xml", nil, 20, source.TooManyAddresses},
		{"/missing.xml", nil, 0, source.HTTPStatus},
		{"/private/s.xml", nil, 0, source.Robots},
		{"/deep.xml", nil, 0, source.TooNested},
		{"/broken.xml", []string{"/a"}, 1, ""},
	} {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			got, err := client(t, options).Sitemap(t.Context(), address+tt.path)
			if tt.code != "" {
				if code := codeOf(t, err); code != tt.code {
					t.Errorf("got %v, want %s", err, tt.code)
				}
			} else if err != nil {
				t.Fatal(err)
			}
			if len(got) != tt.count {
				t.Errorf("got %d addresses, want %d", len(got), tt.count)
			}
			for i, path := range tt.want {
				if i >= len(got) || got[i] != address+path {
					t.Errorf("got %v, want %v", got, tt.want)
				}
			}
		})
	}
}

func TestRobots(t *testing.T) {
	t.Parallel()
	own := "User-agent: *\nDisallow: /\n\nUser-agent: Osmanthus\nUser-agent: x\nDisallow: /no\n"
	for _, tt := range []struct {
		robots, path string
		want         bool
	}{
		{own, "/yes", true}, {own, "/no/x", false}, {"User-agent: *\nDisallow: /\n", "/x", false}, {"", "/x", true},
		{"User-agent: *\nDisallow:\n", "/x", true}, {"User-agent: *\nDisallow: /a*b$\n", "/axxb", false}, {"User-agent: *\nDisallow: /a*b$\n", "/axxbc", true},
		{"User-agent: *\nDisallow: /a # why\nAllow: /a\n", "/a", true}, {"Disallow: /\n", "/x", true},
	} {
		u, err := url.Parse("http://h" + tt.path)
		if err != nil {
			t.Fatal(err)
		}
		if got := parseRobots([]byte(tt.robots), DefaultAgent).allow(u); got != tt.want {
			t.Errorf("%q, %s: %t", tt.robots, tt.path, got)
		}
	}
}

func FuzzSitemap(f *testing.F) {
	f.Add([]byte(`<urlset><url><loc>/a</loc></url></urlset>`), []byte("User-agent: *\nDisallow: /*a$\n"))
	f.Fuzz(func(t *testing.T, sitemap, robots []byte) {
		c := New(Options{Bytes: 1 << 20})
		at := &url.URL{Scheme: "http", Host: "example.org", Path: "/a"}
		pages, _, _ := c.locations(sitemap, at)
		for _, p := range pages {
			parseRobots(robots, DefaultAgent).allow(p)
			_ = identity(p)
		}
		canonical(sitemap, at)
	})
}
