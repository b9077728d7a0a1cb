package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
)

func TestBaseIsRefused(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*Config){
		"no slash before it":         func(c *Config) { c.BasePath = "seminar" },
		"a slash after it":           func(c *Config) { c.BasePath = "/seminar/" },
		"a slash alone":              func(c *Config) { c.BasePath = "/" },
		"dots":                       func(c *Config) { c.BasePath = "/../x" },
		"a quote":                    func(c *Config) { c.BasePath = `/a"b` },
		"an address without host":    func(c *Config) { c.BaseURL = "/seminar" },
		"an address of another kind": func(c *Config) { c.BaseURL = "ftp://example.org" },
		"an address with a query":    func(c *Config) { c.BaseURL = "https://example.org/?x=1" },
		"an address with a user":     func(c *Config) { c.BaseURL = "https://me@example.org/" },
		"two that differ":            func(c *Config) { c.BaseURL, c.BasePath = "https://example.org/a", "/b" },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			set(&c)
			if _, err := New(c); err == nil {
				t.Error("taken")
			}
		})
	}
}

// TestBase asks everything that holds an address, as a proxy that leaves the path and as one that cuts it off.
func TestBase(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.BaseURL, c.Limits.PerMinute = "https://example.org/seminar/", -1
	s := start(t, c)
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for _, tt := range []struct {
		name string
		req  request
		want string
	}{
		{"the chat's style", request{path: "/"}, `href="/seminar/assets/style.`},
		{"the chat's script", request{path: "/"}, `src="/seminar/assets/chat.`},
		{"where the script is told", request{path: "/"}, `<meta name="base" content="/seminar/">`},
		{"the form", request{path: "/"}, `action="/seminar/"`},
		{"the language switch", request{path: "/?event=x"}, `href="/seminar/?event=x&amp;lang=zh"`},
		{"an answer's source on the page", request{method: "POST", path: "/", body: "question=Who?", header: form}, `class="cite" href="/seminar/d/7?v=3`},
		{"an answer's own link", request{method: "POST", path: "/", body: "question=Who?", header: form}, `href="/seminar/a/a1"`},
		{"an answer given before", request{path: "/a/a1"}, `href="/seminar/d/7?v=2`},
		{"a document", request{path: "/d/7?v=2"}, `href="/seminar/d/7"`},
		{"the way back", request{path: "/d/7"}, `href="/seminar/"`},
		{"the way back from nowhere", request{path: "/nowhere"}, `href="/seminar/"`},
		{"an answer", request{method: "POST", path: "/api/ask", body: `{"question":"Who?"}`}, `"url":"/seminar/d/7?v=3`},
		{"a summary", request{method: "POST", path: "/api/ask", body: `{"question":"Who?","mode":"summary"}`}, `"skipped":[{"document":7,"title":"The seminar","lang":"en","url":"/seminar/d/7?v=3`},
		{"a stream's sources", ask("Who?"), `{"sources":[{"n":1,"document":7,"title":"The seminar","lang":"en","url":"/seminar/d/7?v=3`},
		{"an answer given before, by the API", request{path: "/api/answers/a1"}, `"url":"/seminar/d/7?v=2`},
		{"a search", request{path: "/api/search?q=hall"}, `"url":"/seminar/d/7?v=3`},
		{"the documents", request{path: "/api/documents"}, `"url":"/seminar/d/7"`},
		{"a document by the API", request{path: "/api/documents/7"}, `"url":"/seminar/d/7"`},
		{"the people", request{path: "/api/people"}, `"url":"/seminar/d/7?v=3`},
		{"the sessions", request{path: "/api/sessions"}, `"url":"/seminar/d/7?v=3`},
		{"a failure for a program", request{path: "/api/nothing"}, `"code":"not_found"`},
		{"the description", request{path: "/openapi.json"}, `"url":"https://example.org/seminar"`},
		{"health", request{path: "/healthz"}, `"ok"`},
	} {
		for way, base := range map[string]string{"left": "/seminar", "cut off": ""} {
			t.Run(tt.name+", path "+way, func(t *testing.T) {
				t.Parallel()
				req := tt.req
				req.path = base + req.path
				if body := read(t, req.send(t, s)); !strings.Contains(body, tt.want) {
					t.Errorf("no %s in %s", tt.want, body)
				}
			})
		}
	}
	t.Run("the cookie is of the path and of TLS", func(t *testing.T) {
		t.Parallel()
		for _, cookie := range (request{path: "/seminar/?lang=zh"}).send(t, s).Cookies() {
			if cookie.Path != "/seminar/" || !cookie.Secure {
				t.Errorf("got %v", cookie)
			}
		}
	})
	t.Run("redirects stay below", func(t *testing.T) {
		t.Parallel()
		client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
		got := map[string]string{}
		for _, path := range []string{"/seminar", "/seminar//d/7", "//d/7"} {
			res, err := client.Get(s.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			got[path] = res.Header.Get("Location")
		}
		want := map[string]string{"/seminar": "/seminar/", "/seminar//d/7": "/seminar/d/7", "//d/7": "/seminar/d/7"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("a proxy's own name in Host", func(t *testing.T) {
		t.Parallel()
		for origin, want := range map[string]int{"https://example.org": 200, "https://example.com": 403} {
			req := request{method: "POST", path: "/api/ask", body: `{"question":"Who?"}`, header: http.Header{"Origin": {origin}}}
			if got := req.send(t, s).StatusCode; got != want {
				t.Errorf("from %s: %d, want %d", origin, got, want)
			}
		}
	})
	t.Run("the description is still one", func(t *testing.T) {
		t.Parallel()
		doc, err := openapi3.NewLoader().LoadFromData([]byte(read(t, request{path: "/openapi.json"}.send(t, s))))
		if err != nil || len(doc.Servers) != 1 {
			t.Errorf("%v, servers %v", err, doc)
		}
	})
}

// TestBaseInTheBrowser: below a path the script asks, shows sources and opens them there.
func TestBaseInTheBrowser(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.BasePath = "/seminar"
	s := start(t, c)
	ctx := tab(t, browser(t), 390, 844, "en")
	run(t, ctx, chromedp.Navigate(s.URL+"/seminar/"), chromedp.Click(".suggestions button"), until(settled),
		until(`document.querySelector(".share").getAttribute("href") === "/seminar/a/a1"`),
		chromedp.Click(".cite"), chromedp.WaitVisible("mark#s"))
	if path := evaluate[string](t, ctx, "location.pathname"); path != "/seminar/d/7" {
		t.Errorf("the source opened at %s", path)
	}
	run(t, ctx, chromedp.Click(".back a"), chromedp.WaitVisible(".turn .made"),
		chromedp.Evaluate[chromedp.Void](`void document.querySelector(".thumb").click()`), until(`document.querySelector(".thumb[aria-pressed=true]") !== null`))
}
