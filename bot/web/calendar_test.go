package web

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/gorillamux"

	"osmanthus/ingest/source"
	"osmanthus/retrieval"
)

func TestCalendarFile(t *testing.T) {
	t.Parallel()
	title := "Plants, soil; and \\ water — 花园里的雨水与土壤以及每一条替我们翻地的蚯蚓和它们的邻居们😀😀😀"
	hostile := held(1, title, venue(1, 19, 0), 60)
	hostile.Room.Text = "Hall\r\nBEGIN:VEVENT\nX:1"
	hostile.Speakers = []retrieval.Speaker{{Value: retrieval.Value{Text: "Ann Sample"}, Person: 1}}
	floating := held(2, "Break", time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), 0)
	floating.Zoned = false
	again := held(3, "Break", venue(2, 9, 0), 30)
	allDay := held(4, "Excursion", venue(3, 0, 0), 0)
	allDay.Begins = time.Time{}
	undated := held(5, "Some day", venue(3, 0, 0), 0)
	undated.Begins, undated.Day = time.Time{}, time.Time{}
	s := start(t, browsing(t, garden{sessions: []retrieval.Session{hostile, floating, again, allDay, undated}}))
	res := request{path: "/programme.ics"}.send(t, s)
	whole := read(t, res)
	if got := res.Header.Get("Content-Type"); got != "text/calendar; charset=utf-8" {
		t.Errorf("served as %s", got)
	}
	for _, line := range strings.Split(strings.TrimSuffix(whole, "\r\n"), "\r\n") {
		if len(line) > foldedAt || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") {
			t.Errorf("a line of %d octets: %q", len(line), line)
		}
	}
	unfolded := strings.ReplaceAll(whole, "\r\n ", "")
	for _, want := range []string{
		"SUMMARY:Plants\\, soil\\; and \\\\ water — 花园里的雨水与土壤以及每一条替我们翻地的蚯蚓和它们的邻居们😀😀😀\r\n", "LOCATION:Hall\\nBEGIN:VEVENT\\nX:1\r\n",
		"DTSTART:20260501T110000Z\r\nDTEND:20260501T120000Z\r\n", "DTSTART:20260501T120000\r\n", "DTSTART;VALUE=DATE:20260503\r\n", "DESCRIPTION:Ann Sample\\nSource: The seminar\r\n",
		"URL:" + s.URL + "/d/7?v=3&from=10&to=20#s\r\n",
	} {
		if !strings.Contains(unfolded, want) {
			t.Errorf("no %q in %s", want, unfolded)
		}
	}
	if n := strings.Count(unfolded, "BEGIN:VEVENT\r\n"); n != 4 {
		t.Errorf("%d events, want 4", n)
	}
	uids := map[string]bool{}
	for _, line := range strings.Split(unfolded, "\r\n") {
		if strings.HasPrefix(line, "UID:") {
			uids[line] = true
		}
	}
	if len(uids) != 4 {
		t.Errorf("ids %v", uids)
	}
	one := strings.ReplaceAll(read(t, request{path: "/programme.ics?session=3"}.send(t, s)), "\r\n ", "")
	found := false
	for uid := range uids {
		found = found || strings.Contains(one, uid+"\r\n")
	}
	if !found || strings.Count(one, "BEGIN:VEVENT\r\n") != 1 || !strings.Contains(one, "DTSTART:20260502T010000Z") {
		t.Errorf("one session: %s", one)
	}
	document, err := source.Read("programme.ics", []byte(whole), source.Limits{})
	if err != nil || !strings.Contains(document.Text, title) {
		t.Errorf("read again: %v %s", err, document.Text)
	}
	if body := read(t, request{path: "/programme.ics", header: http.Header{"Host": {"a\"b"}}}.send(t, s)); !strings.Contains(body, "BEGIN:VCALENDAR") {
		t.Errorf("a host that is none: %s", body)
	}
}

// TestCalendarAsDescribed holds the calendar's answers against the description that is served.
func TestCalendarAsDescribed(t *testing.T) {
	t.Parallel()
	s := start(t, browsing(t, garden{sessions: []retrieval.Session{held(1, "Opening", venue(1, 9, 0), 30)}}))
	doc, err := openapi3.NewLoader().LoadFromData(description)
	if err != nil {
		t.Fatal(err)
	}
	doc.Servers = openapi3.Servers{{URL: s.URL}}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	for path, status := range map[string]int{"/programme.ics": 200, "/programme.ics?session=1": 200, "/programme.ics?session=2": 404, "/programme.ics?day=soon": 400, "/programme.ics?session=0": 400} {
		res := request{path: path}.send(t, s)
		body := read(t, res)
		route, parameters, err := router.FindRoute(res.Request)
		if err != nil {
			t.Fatal(err)
		}
		err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
			RequestValidationInput: &openapi3filter.RequestValidationInput{Request: res.Request, PathParams: parameters, Route: route},
			Status:                 res.StatusCode, Header: res.Header, Body: io.NopCloser(strings.NewReader(body)),
			Options: &openapi3filter.Options{ExcludeResponseBody: status == http.StatusOK},
		})
		if err != nil || res.StatusCode != status {
			t.Errorf("%s: %d, want %d as described: %v", path, res.StatusCode, status, err)
		}
	}
}
