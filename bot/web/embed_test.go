package web

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// secretOfTests is no secret.
func secretOfTests() []byte { return []byte("the tests' secret, 32 bytes or so") }

const (
	listed   = "https://news.example"
	alsoFine = "https://club.example:8443"
	unlisted = "https://else.example"
)

// embedding is a configuration in which two websites may show the chat, and a clock that can be put forward.
func embedding(t testing.TB, origins ...string) (Config, *atomic.Int64) {
	t.Helper()
	c := config(t)
	c.Embedding = Embedding{Origins: origins, Secret: secretOfTests()}
	var forward atomic.Int64
	c.Now = func() time.Time { return now().Add(time.Duration(forward.Load())) }
	return c, &forward
}

func TestEmbeddingIsRefused(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]Embedding{
		"a path":          {Origins: []string{"https://news.example/page"}, Secret: secretOfTests()},
		"a name alone":    {Origins: []string{"news.example"}, Secret: secretOfTests()},
		"a wildcard":      {Origins: []string{"https://*.example"}, Secret: secretOfTests()},
		"everybody":       {Origins: []string{"*"}, Secret: secretOfTests()},
		"another scheme":  {Origins: []string{"file:///"}, Secret: secretOfTests()},
		"a policy inside": {Origins: []string{"https://a.example;script-src"}, Secret: secretOfTests()},
		"two in one":      {Origins: []string{"https://a.example https://b.example"}, Secret: secretOfTests()},
		"no secret":       {Origins: []string{listed}},
		"a short secret":  {Origins: []string{listed}, Secret: []byte("short")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			c.Embedding = e
			if _, err := New(c); err == nil {
				t.Error("taken")
			}
		})
	}
}

func TestOriginsAreWrittenAsBrowsersDo(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"https://news.example":        "https://news.example",
		" HTTPS://News.Example/ ":     "https://news.example",
		"https://news.example:443":    "https://news.example",
		"http://news.example:80":      "http://news.example",
		"http://news.example:443":     "http://news.example:443",
		"http://[::1]:8080":           "http://[::1]:8080",
		"https://xn--fiqs8s.example/": "https://xn--fiqs8s.example",
	} {
		if got, err := originOf(given); err != nil || got != want {
			t.Errorf("%q: %q, %v", given, got, err)
		}
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	at := now()
	ours := tokens{secretOfTests(), func() time.Time { return at }}
	token, expires := ours.give(listed)
	if want := at.Add(tokenTime); !expires.Equal(want) {
		t.Errorf("expires %v, want %v", expires, want)
	}
	body, sum, _ := strings.Cut(token, ".")
	later := func(d time.Duration) tokens { return tokens{secretOfTests(), func() time.Time { return at.Add(d) }} }
	for _, tt := range []struct {
		name  string
		by    tokens
		token string
		site  string
		err   error
	}{
		{"fresh", ours, token, listed, nil},
		{"at its end", later(tokenTime), token, listed, nil},
		{"after its end", later(tokenTime + time.Second), token, listed, errTokenExpired},
		{"of another installation", tokens{[]byte("another secret"), ours.now}, token, "", errToken},
		{"with another's sum", ours, body + "." + strings.Repeat("A", len(sum)), "", errToken},
		{"with another body", ours, "A" + body[1:] + "." + sum, "", errToken},
		{"without its sum", ours, body, "", errToken},
		{"empty", ours, "", "", errToken},
		{"endless", ours, strings.Repeat("A", 1<<16), "", errToken},
		{"of no base64", ours, "?." + sum, "", errToken},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if site, err := tt.by.site(tt.token, tokenTime); site != tt.site || err != tt.err {
				t.Errorf("got %q, %v", site, err)
			}
		})
	}
}

// policyOf returns who may frame what was answered.
func policyOf(res *http.Response) string {
	_, ancestors, _ := strings.Cut(res.Header.Get("Content-Security-Policy"), "frame-ancestors ")
	return ancestors
}

func TestWhoMayFrame(t *testing.T) {
	t.Parallel()
	c, _ := embedding(t, listed, alsoFine+"/")
	s := start(t, c)
	closed := start(t, config(t))
	for _, tt := range []struct {
		name   string
		path   string
		closed bool // no website is listed
		status int
		policy string
	}{
		{"a listed one", "/embed?origin=" + listed, false, 200, listed + " " + alsoFine},
		{"the other", "/embed?origin=" + alsoFine, false, 200, listed + " " + alsoFine},
		{"an unlisted one", "/embed?origin=" + unlisted, false, 403, "'none'"},
		{"a part of a listed one", "/embed?origin=https://news", false, 403, "'none'"},
		{"nobody", "/embed", false, 403, "'none'"},
		{"the chat alone", "/", false, 200, "'none'"},
		{"a document", "/d/7", false, 200, "'none'"},
		{"an answer", "/a/a1", false, 200, "'none'"},
		{"the API", "/api/search?q=hall", false, 200, "'none'"},
		{"where none is listed", "/embed?origin=" + listed, true, 404, "'none'"},
		{"the script where none is listed", "/embed.js", true, 404, "'none'"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			asked := s
			if tt.closed {
				asked = closed
			}
			res := request{path: tt.path}.send(t, asked)
			if res.StatusCode != tt.status || policyOf(res) != tt.policy {
				t.Errorf("got %d for %q, want %d for %q", res.StatusCode, policyOf(res), tt.status, tt.policy)
			}
			if len(res.Cookies()) > 0 {
				t.Errorf("cookies %v", res.Cookies())
			}
		})
	}
	t.Run("the page is kept by nobody, the script by everybody for a while", func(t *testing.T) {
		t.Parallel()
		if got := (request{path: "/embed?origin=" + listed}).send(t, s).Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("page: %s", got)
		}
		script := request{path: "/embed.js"}.send(t, s)
		body := read(t, script)
		if script.Header.Get("Cross-Origin-Resource-Policy") != "cross-origin" || !strings.Contains(body, "询问研讨会") || !strings.Contains(body, "Ask about the seminar") {
			t.Errorf("%v %s", script.Header, body)
		}
		if strings.Contains(body, listed) {
			t.Error("the script names the listed websites")
		}
		again := request{path: "/embed.js", header: http.Header{"If-None-Match": {script.Header.Get("ETag")}}}.send(t, s)
		if again.StatusCode != http.StatusNotModified {
			t.Errorf("asked again: %d", again.StatusCode)
		}
	})
}

// TestWhoMayCall: what browsers tell of a request decides, and a token that nobody else can make.
func TestWhoMayCall(t *testing.T) {
	t.Parallel()
	c, _ := embedding(t, listed, alsoFine)
	c.Limits.PerMinute = -1
	s := start(t, c)
	ours := tokens{secretOfTests(), now}
	given, _ := ours.give(listed)
	delisted, _ := ours.give("https://once.example")
	old, _ := tokens{secretOfTests(), func() time.Time { return now().Add(-tokenTime - time.Minute) }}.give(listed)
	older, _ := tokens{secretOfTests(), func() time.Time { return now().Add(-renewTime - time.Minute) }}.give(listed)
	from := func(site, origin, token string) http.Header {
		h := http.Header{"Sec-Fetch-Site": {site}}
		if origin != "" {
			h.Set("Origin", origin)
		}
		if token != "" {
			h.Set(tokenHeader, token)
		}
		return h
	}
	ask := func(h http.Header) request {
		return request{method: "POST", path: "/api/ask", body: `{"question":"Who?"}`, header: h}
	}
	tokenFor := func(h http.Header, body string) request {
		return request{method: "POST", path: "/api/embed", body: body, header: h}
	}
	for _, tt := range []struct {
		name   string
		req    request
		status int
		holds  string
		leave  string // Access-Control-Allow-Origin
	}{
		{"the frame asks", ask(from("same-origin", "", given)), 200, `"kind":"answer"`, ""},
		{"the page alone asks", ask(from("same-origin", "", "")), 200, `"kind":"answer"`, ""},
		{"the frame asks with an old token", ask(from("same-origin", "", old)), 401, `"token"`, ""},
		{"with one of a website that is not listed any more", ask(from("same-origin", "", delisted)), 403, `"site"`, ""},
		{"with one that is made up", ask(from("same-origin", "", given+"x")), 401, `"token"`, ""},
		{"a listed website's script with its token", ask(from("cross-site", listed, given)), 200, `"kind":"answer"`, listed},
		{"without one", ask(from("cross-site", listed, "")), 403, `"cross_origin"`, listed},
		{"with that of another", ask(from("cross-site", alsoFine, given)), 401, `"token"`, alsoFine},
		{"an unlisted one's with a listed one's token", ask(from("cross-site", unlisted, given)), 403, `"cross_origin"`, ""},
		{"an unlisted one's without", ask(from("cross-site", unlisted, "")), 403, `"cross_origin"`, ""},
		{"a listed one's reads", request{path: "/api/documents", header: from("cross-site", listed, "")}, 200, `"documents"`, listed},
		{"an unlisted one's reads", request{path: "/api/documents", header: from("cross-site", unlisted, "")}, 200, `"documents"`, ""},
		{"a listed one's posts a form to the page", request{method: "POST", path: "/", body: "question=x", header: from("cross-site", listed, given)}, 403, "", ""},
		{"a token for a listed website", tokenFor(from("cross-site", listed, ""), ""), 200, `"site":"` + listed + `"`, listed},
		{"for an unlisted one", tokenFor(from("cross-site", unlisted, ""), ""), 403, `"cross_origin"`, ""},
		{"for an unlisted one by a listed one's", tokenFor(from("cross-site", unlisted, ""), `{"token":"`+given+`"}`), 403, `"cross_origin"`, ""},
		{"for nobody", tokenFor(from("same-origin", "", ""), "{}"), 401, `"token"`, ""},
		{"for an old one", tokenFor(from("same-origin", "", ""), `{"token":"`+old+`"}`), 200, `"site":"` + listed + `"`, ""},
		{"for too old a one", tokenFor(from("same-origin", "", ""), `{"token":"`+older+`"}`), 401, `"token"`, ""},
		{"for one of a website that is not listed any more", tokenFor(from("same-origin", "", ""), `{"token":"`+delisted+`"}`), 403, `"site"`, ""},
		{"for what is no JSON", tokenFor(from("same-origin", "", ""), `token`), 400, `"body"`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			res := tt.req.send(t, s)
			body := read(t, res)
			if res.StatusCode != tt.status || !strings.Contains(body, tt.holds) || res.Header.Get("Access-Control-Allow-Origin") != tt.leave {
				t.Errorf("got %d %s, leave for %q; want %d with %s, leave for %q", res.StatusCode, body, res.Header.Get("Access-Control-Allow-Origin"), tt.status, tt.holds, tt.leave)
			}
			if res.Header.Get("Access-Control-Allow-Credentials") != "" {
				t.Error("cookies may be sent")
			}
		})
	}
	t.Run("browsers that ask for leave", func(t *testing.T) {
		t.Parallel()
		got := map[string]int{}
		for _, origin := range []string{listed, unlisted} {
			h := from("cross-site", origin, "")
			h.Set("Access-Control-Request-Method", "POST")
			h.Set("Access-Control-Request-Headers", "content-type,x-osmanthus-token")
			res := request{method: "OPTIONS", path: "/api/ask", header: h}.send(t, s)
			got[origin] = res.StatusCode
			if leave := strings.Contains(res.Header.Get("Access-Control-Allow-Headers"), tokenHeader); leave != (origin == listed) {
				t.Errorf("%s: %v", origin, res.Header)
			}
		}
		if diff := cmp.Diff(map[string]int{listed: 204, unlisted: 405}, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// TestLimitOfAWebsite: its visitors share an allowance, whatever their addresses; others have their own.
func TestLimitOfAWebsite(t *testing.T) {
	t.Parallel()
	c, forward := embedding(t, listed, alsoFine)
	c.Limits = Limits{PerMinute: -1, SitePerMinute: 4}
	s := start(t, c)
	ours := tokens{secretOfTests(), c.Now}
	statuses := func(site string) (got []int) {
		token, _ := ours.give(site)
		for range 3 {
			req := request{method: "POST", path: "/api/ask", body: `{"question":"Who?"}`, header: http.Header{tokenHeader: {token}, "Sec-Fetch-Site": {"same-origin"}}}
			got = append(got, req.send(t, s).StatusCode)
		}
		return got
	}
	for _, site := range []string{listed, alsoFine} {
		if diff := cmp.Diff([]int{200, 200, 429}, statuses(site)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", site, diff)
		}
	}
	if res := (request{method: "POST", path: "/api/ask", body: `{"question":"Who?"}`}).send(t, s); res.StatusCode != 200 {
		t.Errorf("the page alone: %d", res.StatusCode)
	}
	forward.Store(int64(15 * time.Second))
	if diff := cmp.Diff([]int{200, 429, 429}, statuses(listed)); diff != "" {
		t.Errorf("15 seconds later (-want +got):\n%s", diff)
	}
}
