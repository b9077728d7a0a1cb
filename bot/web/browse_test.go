package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"osmanthus/bot"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// itemOf is the part of a page that shows a session.
func itemOf(t testing.TB, page, id string) string {
	t.Helper()
	from := strings.Index(page, `id="`+id+`"`)
	if from < 0 {
		return ""
	}
	from = strings.LastIndex(page[:from], "<li")
	return page[from : from+strings.Index(page[from:], "</li>")]
}

func TestProgrammeByTheClock(t *testing.T) {
	t.Parallel()
	unzoned := held(4, "Unzoned", time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC), 60)
	unzoned.Zoned = false
	long := unzoned
	long.ID, long.Titles, long.Begins, long.Ends = 5, []retrieval.Value{{Text: "Long over"}}, unzoned.Begins.AddDate(0, 0, -1), unzoned.Ends.AddDate(0, 0, -1)
	long.Day = long.Day.AddDate(0, 0, -1)
	g := garden{sessions: []retrieval.Session{
		held(1, "First", venue(1, 19, 0), 60), held(2, "Second", venue(1, 20, 30), 30), held(3, "Third", venue(1, 20, 30), 0), unzoned, long, held(6, "Tomorrow", venue(2, 9, 0), 60),
	}}
	for _, tt := range []struct {
		name, path string
		now        time.Time
		items      map[string]string // state by id in the list; "-": not in it
		holds      []string
	}{
		{"before the first", "/programme", venue(1, 18, 0), map[string]string{"s-1": "next", "s-2": "", "s-4": "", "s-6": "-", "next-1": "", "now-1": "-"}, []string{"Friday 1 May 2026"}},
		{"during the first", "/programme", venue(1, 19, 30), map[string]string{"s-1": "now", "s-2": "next", "s-3": "next", "now-1": "now"}, nil},
		{"when it ends", "/programme", venue(1, 20, 0), map[string]string{"s-1": "over", "s-2": "next", "now-1": "-"}, nil},
		{"on a day asked for", "/programme?day=2026-05-02", venue(1, 20, 0), map[string]string{"s-6": "", "s-1": "-", "next-2": ""}, []string{"Saturday 2 May 2026"}},
		{"after all", "/programme", venue(9, 9, 0), map[string]string{"s-6": "over", "next-1": "-", "next-6": "-"}, []string{"Saturday 2 May 2026"}},
		{"without a zone, over everywhere", "/programme?day=2026-04-30", venue(2, 12, 0), map[string]string{"s-5": "over"}, nil},
		{"in Chinese", "/programme?lang=zh", venue(1, 19, 30), map[string]string{"s-1": "now"}, []string{"2026年5月1日 星期五", "进行中", "UTC&#43;8"}},
		{"by room", "/programme?by=room", venue(1, 19, 30), map[string]string{"s-1": "now"}, []string{`<h3 class="room">Hall B</h3>`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := browsing(t, g)
			c.Now = func() time.Time { return tt.now }
			body := read(t, request{path: tt.path}.send(t, start(t, c)))
			for id, want := range tt.items {
				got := itemOf(t, body, id)
				if want == "-" {
					if got != "" {
						t.Errorf("%s is there: %s", id, got)
					}
					continue
				}
				class := `class="item"`
				if want != "" {
					class = `class="item ` + want + `"`
				}
				if !strings.HasPrefix(got, "<li "+class) && !strings.HasPrefix(got, "<li "+strings.TrimSuffix(class, `"`)) || want == "" && strings.HasPrefix(id, "s-") && !strings.HasPrefix(got, "<li "+class) {
					t.Errorf("%s is %.60s, want %s", id, got, class)
				}
			}
			for _, want := range tt.holds {
				if !strings.Contains(body, want) {
					t.Errorf("no %q in %s", want, body)
				}
			}
		})
	}
}

func TestPeoplePages(t *testing.T) {
	t.Parallel()
	g := garden{people: []retrieval.Person{named(1, "王小明", "局长"), named(2, "WANG Xiaoming", "Director"), named(3, "Wang Xiaoming", "Deputy Director"), named(4, "曾样例"), named(5, `<img src=x onerror=alert(1)>`), named(6, "42")}}
	s := start(t, browsing(t, g))
	for _, tt := range []struct {
		name, path string
		want, not  []string
	}{
		{"the index", "/people", []string{`<h2 id="i-W">W</h2>`, `<h2 id="i-Z">Z</h2>`, `<h2 id="i-#">#</h2>`, `lang="zh-Hans">王小明`, "4 people", "&lt;img src=x"}, []string{"<img src=x"}},
		{"by strokes, in Chinese", "/people?by=strokes&lang=zh", []string{`<h2 id="i-4">4 画</h2>`, `<h2 id="i-12">12 画</h2>`, "其他文字"}, nil},
		{"a search across scripts", "/people?q=xiaoming+wang", []string{"王小明", "do not agree on the position", "Director, Garden Bureau", "Deputy Director, Garden Bureau", "4 May 2026"}, []string{"曾样例"}},
		{"a page", "/people/" + url.PathEscape("王小明"), []string{"<h1><span lang=\"en\">WANG Xiaoming</span>", `href="/d/102?v=3&amp;from=2&amp;to=7#s"`}, nil},
		{"a name of markup", "/people/" + url.PathEscape(`<img src=x onerror=alert(1)>`), []string{"&lt;img src=x"}, []string{"<img src=x"}},
		{"nobody", "/people?q=Nobody+Known", []string{"Nobody of this name"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body := read(t, request{path: tt.path}.send(t, s))
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
	t.Run("a long index has a page a letter", func(t *testing.T) {
		t.Parallel()
		var many garden
		for i := range wholeIndex + 1 {
			many.people = append(many.people, named(int64(i+1), fmt.Sprintf("%c%c%c%cgarden", 'A'+i%3, 'a'+i/26/26, 'a'+i/26%26, 'a'+i%26)))
		}
		s := start(t, browsing(t, many))
		for path, want := range map[string]string{"/people": "A", "/people?part=B": "B", "/people?part=nothing": "A"} {
			body := read(t, request{path: path}.send(t, s))
			if strings.Count(body, "<section class=\"letter\"") != 1 || !strings.Contains(body, `<h2 id="i-`+want+`">`) || !strings.Contains(body, `href="/people?part=C"`) {
				t.Errorf("%s shows not %s alone", path, want)
			}
		}
	})
}

func TestDocumentsAndPressPages(t *testing.T) {
	t.Parallel()
	c := browsing(t, garden{})
	questions := make(chan bot.Question, 9)
	c.Assistant = askFunc(func(_ context.Context, q bot.Question, _ func(bot.Event) error) (bot.Answer, error) {
		questions <- q
		if q.Event == "Winter" {
			return bot.Answer{ID: "a9", Kind: bot.KindNotFound, Lang: q.Lang}, nil
		}
		return bot.Answer{ID: "a9", Kind: bot.KindSummary, Lang: q.Lang}, nil
	})
	s := start(t, c)
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}
	for _, tt := range []struct {
		name   string
		req    request
		status int
		want   []string
	}{
		{"documents", request{path: "/documents"}, 200, []string{"&lt;script&gt;alert(1)", "120 documents", `rel="next" href="/documents?page=2"`, "Spring &amp; &lt;i&gt;Autumn"}},
		{"their second page", request{path: "/documents?page=2&in=en"}, 200, []string{`rel="prev" href="/documents?in=en&amp;page=1"`, `rel="next" href="/documents?in=en&amp;page=3"`}},
		{"their last", request{path: "/documents?page=3"}, 200, []string{`rel="prev"`}},
		{"a page that is none", request{path: "/documents?page=0"}, 400, nil},
		{"a language that is none", request{path: "/documents?in=fr"}, 400, nil},
		{"an event's name of 1,000 characters", request{path: "/programme?event=" + strings.Repeat("x", 1000)}, 400, nil},
		{"a day that is none", request{path: "/programme?day=today"}, 400, nil},
		{"the press form", request{path: "/press?document=7&lang=zh"}, 200, []string{`<option value="7" lang="en" selected>`, `value="300" checked`}},
		{"of a document that does not exist", request{path: "/press?document=99"}, 404, nil},
		{"a kit", request{method: "POST", path: "/press?lang=en", body: "document=7&length=150", header: form}, 200, nil},
		{"of nothing", request{method: "POST", path: "/press", body: "event=Winter", header: form}, 200, []string{"do not give enough"}},
		{"of a length too long", request{method: "POST", path: "/press", body: "length=100000", header: form}, 400, nil},
		{"of a document that cannot be seen", request{method: "POST", path: "/press", body: "document=99", header: form}, 404, nil},
		{"from another website", request{method: "POST", path: "/press", body: "length=150", header: http.Header{"Content-Type": form["Content-Type"], "Sec-Fetch-Site": {"cross-site"}}}, 403, nil},
		{"an answer that is no summary", request{path: "/press/a1"}, 404, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.name == "a kit" {
				s.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
				res := tt.req.send(t, s)
				if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/press/a9" {
					t.Errorf("%d to %s", res.StatusCode, res.Header.Get("Location"))
				}
				q := <-questions
				if q.Choice == nil || !slices.Equal(q.Choice.Documents, []int64{7}) || q.Choice.Length != 150 || q.Mode != "summary" || q.Lang != lang.English || q.Text != "Summary of “The seminar” in 150 words" || !slices.Equal(q.Audiences, publicOnly()) {
					t.Errorf("asked %+v", q)
				}
				return
			}
			res := tt.req.send(t, s)
			body := read(t, res)
			if res.StatusCode != tt.status || strings.Contains(body, "<script>alert") || strings.Contains(body, "<img src=x") {
				t.Errorf("%d, want %d: %s", res.StatusCode, tt.status, body)
			}
			for _, want := range tt.want {
				if !strings.Contains(body, want) {
					t.Errorf("no %q in %s", want, body)
				}
			}
			if tt.name == "their last" && strings.Contains(body, `rel="next"`) {
				t.Errorf("more after the last page")
			}
		})
	}
	t.Run("kits are limited", func(t *testing.T) {
		t.Parallel()
		c := browsing(t, garden{})
		c.Limits = Limits{PerMinute: 1, Burst: 1}
		s := start(t, c)
		post := request{method: "POST", path: "/press", body: "length=150", header: form}
		s.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		post.send(t, s)
		if res := post.send(t, s); res.StatusCode != http.StatusTooManyRequests {
			t.Errorf("%d", res.StatusCode)
		}
	})
	t.Run("without a shelf there are no pages", func(t *testing.T) {
		t.Parallel()
		s := start(t, config(t))
		for _, path := range []string{"/programme", "/people", "/documents", "/press"} {
			if res := (request{path: path}).send(t, s); res.StatusCode != http.StatusNotFound {
				t.Errorf("%s: %d", path, res.StatusCode)
			}
		}
	})
}

func TestContentsAndAlignment(t *testing.T) {
	t.Parallel()
	g := func(kind string, level int) group {
		return group{Kind: kind, Level: level, Segments: []segment{{Text: "x"}}}
	}
	p := readerPage{Groups: []group{g("heading", 3), g("paragraph", 0), g("heading", 4), g("heading", 3)}}
	p.Groups[1].Page, p.Groups[3].Page = 1, 2
	p.contents()
	if len(p.Contents) != 3 || p.Contents[0].Level != 1 || p.Contents[1].Level != 2 || !slices.Equal(p.Pages, []int{1, 2}) {
		t.Errorf("contents %+v, pages %v", p.Contents, p.Pages)
	}
	for _, tt := range []struct {
		name       string
		own, other []group
		want       []int // own groups a row
	}{
		{"built alike", []group{g("heading", 2), g("paragraph", 0)}, []group{g("heading", 2), g("paragraph", 0)}, []int{1, 1}},
		{"headings alike", []group{g("heading", 2), g("paragraph", 0), g("heading", 2)}, []group{g("heading", 2), g("paragraph", 0), g("paragraph", 0), g("heading", 2)}, []int{2, 1}},
		{"not alike", []group{g("heading", 2), g("paragraph", 0)}, []group{g("paragraph", 0)}, []int{2}},
		{"other levels", []group{g("heading", 2), g("heading", 3), g("list", 0)}, []group{g("heading", 2), g("heading", 2)}, []int{3}},
		{"nothing on one side", nil, []group{g("paragraph", 0)}, []int{0}},
	} {
		var got []int
		for _, r := range aligned(tt.own, tt.other) {
			got = append(got, len(r.Own))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
