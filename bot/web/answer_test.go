package web

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestAnswerPage(t *testing.T) {
	t.Parallel()
	s := start(t, config(t))
	for _, tt := range []struct {
		name, path string
		status     int
		holds      []string
	}{
		{"in English", "/a/a1?lang=en", 200, []string{
			`<h2 class="question" lang="en">Where is it?</h2>`, "In the &lt;b&gt;hall&lt;/b&gt;.", `href="/d/7?v=2&amp;from=12&amp;to=48#s"`, "1 May 2026, 12:00 UTC", "as it was given",
		}},
		{"in Chinese", "/a/a1?lang=zh", 200, []string{"这是当时给出的回答", "2026年5月1日 12:00 UTC", "In the &lt;b&gt;hall&lt;/b&gt;."}},
		{"hidden", "/a/hidden?lang=en", 404, []string{"may have been withdrawn"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			res := request{path: tt.path}.send(t, s)
			page, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != tt.status {
				t.Errorf("status %d", res.StatusCode)
			}
			if tt.status == http.StatusOK && res.Header.Get("X-Robots-Tag") != "noindex" {
				t.Error("search engines may list it")
			}
			for _, h := range tt.holds {
				if !strings.Contains(string(page), h) {
					t.Errorf("no %q in\n%s", h, page)
				}
			}
		})
	}
}
