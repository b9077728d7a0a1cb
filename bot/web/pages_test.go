package web

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func read(t testing.TB, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestLanguageOfThePage(t *testing.T) {
	t.Parallel()
	s := start(t, config(t))
	for _, tt := range []struct {
		name, query, cookie, accept, want string
	}{
		{"nothing said", "", "", "", "en"},
		{"a Chinese browser", "", "", "zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"},
		{"a Traditional one", "", "", "zh-Hant-TW", "zh-Hans"},
		{"a language we lack first", "", "", "ja, zh;q=0.5", "zh-Hans"},
		{"the reader's choice before the browser's", "", "en", "zh", "en"},
		{"the address before all", "?lang=zh", "en", "en", "zh-Hans"},
		{"an address that names none", "?lang=xx", "", "zh", "zh-Hans"},
		{"a header too long to read", "", "", strings.Repeat("zh,", 400), "en"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			header := http.Header{"Accept-Language": {tt.accept}}
			if tt.cookie != "" {
				header.Set("Cookie", "lang="+tt.cookie)
			}
			body := read(t, request{path: "/" + tt.query, header: header}.send(t, s))
			if want := fmt.Sprintf(`<html lang="%s">`, tt.want); !strings.Contains(body, want) {
				t.Errorf("no %s in %.300s", want, body)
			}
		})
	}
	t.Run("a choice is remembered", func(t *testing.T) {
		t.Parallel()
		jar, err := cookiejar.New(nil)
		if err != nil {
			t.Fatal(err)
		}
		client := &http.Client{Jar: jar}
		for _, path := range []string{"/?lang=zh", "/"} {
			res, err := client.Get(s.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			if body := read(t, res); !strings.Contains(body, `<html lang="zh-Hans">`) {
				t.Errorf("%s is not Chinese", path)
			}
		}
	})
}

func TestEveryResponseIsSealed(t *testing.T) {
	t.Parallel()
	s := start(t, config(t))
	for _, path := range []string{"/", "/d/7", "/nothing", "/api/search?q=x", "/api/nothing", "/healthz", "/assets/nothing"} {
		h := request{path: path}.send(t, s).Header
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'", "X-Content-Type-Options": "nosniff",
			"Referrer-Policy": "same-origin", "X-Request-Id": "",
		} {
			if got := h.Get(name); got == "" || !strings.Contains(got, want) {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
}

func TestReaderMarksTheSentence(t *testing.T) {
	t.Parallel()
	s := start(t, config(t))
	from, to := cite(t, moderated)
	rowFrom, rowTo := cite(t, "Time: 10:00 · Part: Keynote")
	header, _ := cite(t, "Time: 10:00")
	for _, tt := range []struct {
		name, query string
		want        []string
		not         []string
	}{
		{"the sentence", fmt.Sprintf("?v=3&from=%d&to=%d", from, to), []string{`<mark id="s">` + moderated + `</mark>`, "Go to the cited sentence"}, []string{"earlier version"}},
		{"of an earlier version", fmt.Sprintf("?v=2&from=%d&to=%d", from, to), []string{`<mark id="s">`, "This is an earlier version"}, nil},
		{"of a version no longer kept", fmt.Sprintf("?v=1&from=%d&to=%d", from, to), []string{"no longer kept"}, []string{"<mark"}},
		{"a row", fmt.Sprintf("?v=3&from=%d&to=%d", rowFrom, rowTo), []string{`<td><mark id="s">10:00</mark></td><td><mark>Keynote</mark></td>`}, nil},
		{"only a column's name", fmt.Sprintf("?v=3&from=%d&to=%d", header, header+4), []string{`<mark id="s">10:00</mark>`}, nil},
		{"no sentence", "", []string{"<h1>The seminar</h1>", "&lt;script&gt;alert(1)&lt;/script&gt;"}, []string{"<mark", "<script>alert"}},
		{"the middle of a character", fmt.Sprintf("?v=3&from=%d&to=%d", from, to-2), []string{"FU Changbo"}, []string{"<mark"}},
		{"beyond the end", "?v=3&from=5&to=2147483647", []string{"FU Changbo"}, []string{"<mark"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := read(t, request{path: "/d/7" + tt.query}.send(t, s))
			for _, want := range tt.want {
				if !strings.Contains(body, want) {
					t.Errorf("no %q in %s", want, body)
				}
			}
			for _, not := range tt.not {
				if strings.Contains(body, not) {
					t.Errorf("%q in %s", not, body)
				}
			}
		})
	}
	for _, path := range []string{"/d/7?from=9&to=3", "/d/7?v=-1", "/d/7?from=x", "/d/8", "/d/0", "/d/x"} {
		if res := (request{path: path}).send(t, s); res.StatusCode != http.StatusBadRequest && res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

func TestPageWithoutScript(t *testing.T) {
	t.Parallel()
	s := start(t, config(t))
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	body := read(t, request{method: "POST", path: "/", body: url.Values{"question": {"", "Who moderated?"}}.Encode(), header: form}.send(t, s))
	for _, want := range []string{`<h2 class="question" lang="en">Who moderated?</h2>`, `<blockquote lang="en"><p>FU Changbo moderated it. `, `class="cite" href="/d/7?v=3&amp;from=`, "Quoted from the documents"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in %s", want, body)
		}
	}
}

func TestAssetsAreKeptForEver(t *testing.T) {
	t.Parallel()
	s := start(t, config(t))
	page := read(t, request{path: "/"}.send(t, s))
	found := regexp.MustCompile(`/assets/[^"]+`).FindAllString(page, -1)
	if len(found) < 3 {
		t.Fatalf("only %v on the page", found)
	}
	for _, path := range found {
		res := request{path: path}.send(t, s)
		if res.StatusCode != 200 || !strings.Contains(res.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %s", path, res.StatusCode, res.Header.Get("Cache-Control"))
		}
	}
}
