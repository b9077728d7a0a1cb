package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"osmanthus/retrieval"
)

// TestPagesBelowAPath: every link, form and file of the pages leads below the base path.
func TestPagesBelowAPath(t *testing.T) {
	t.Parallel()
	g := garden{
		sessions: []retrieval.Session{held(1, "Living Soil", venue(1, 19, 0), 60)},
		people:   []retrieval.Person{named(1, "王小明", "局长")},
	}
	c := browsing(t, g)
	c.BasePath = "/seminar"
	s := start(t, c)
	address := regexp.MustCompile(`(?:href|action|src)="([^"]*)"`)
	for _, path := range []string{"/programme", "/programme?by=room&day=2026-05-01", "/people", "/people?q=xiaoming+wang", "/people/%E7%8E%8B%E5%B0%8F%E6%98%8E", "/documents", "/press", "/d/7", "/", "/a/a1", "/nowhere"} {
		found := address.FindAllStringSubmatch(read(t, request{path: "/seminar" + path}.send(t, s)), -1)
		if len(found) < 5 {
			t.Errorf("%s: only %d addresses", path, len(found))
		}
		for _, m := range found {
			if !strings.HasPrefix(m[1], "/seminar/") && !strings.HasPrefix(m[1], "#") || strings.HasPrefix(m[1], "/seminar/seminar") {
				t.Errorf("%s leads to %s", path, m[1])
			}
		}
	}
	if body := strings.ReplaceAll(read(t, request{path: "/seminar/programme.ics"}.send(t, s)), "\r\n ", ""); !strings.Contains(body, "/seminar/d/7?v=3") {
		t.Errorf("the calendar leads elsewhere: %s", body)
	}
	s.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	res := request{method: "POST", path: "/seminar/press", body: "length=150", header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}.send(t, s)
	if to := res.Header.Get("Location"); res.StatusCode == http.StatusSeeOther && to != "/seminar/press/a1" {
		t.Errorf("a kit is at %s", to)
	}
}
