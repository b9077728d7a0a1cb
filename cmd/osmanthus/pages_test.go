package main

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"osmanthus/ingest/source"
)

// garden files: an agenda in both languages, two reports that give one person two positions, a transcript, and what must
// never be seen or run.
func gardenFiles() map[string]string {
	return map[string]string{
		"agenda-en.md": "---\ntitle: Garden programme\nlang: en\ndate: 2031-03-01\nkind: agenda\nparallel: agenda-zh.md\n---\n\n# Garden programme\n\nDate: 2031-03-04\n\n" +
			"| Time | Room | Session | Speaker |\n|---|---|---|---|\n| 09:00–09:30 (UTC+8) | Hall A | Opening | Ann Sample |\n| 09:30–10:30 (UTC+8) | Hall B | Living Soil | WANG Xiaoming |\n",
		"agenda-zh.md": "---\ntitle: 花园日程\nlang: zh\ndate: 2031-03-01\nkind: agenda\n---\n\n# 花园日程\n\n日期：2031-03-04\n\n" +
			"| 时间 | 地点 | 议题 | 讲者 |\n|---|---|---|---|\n| 09:00–09:30 (UTC+8) | A厅 | 开幕 | 样例安 |\n| 09:30–10:30 (UTC+8) | B厅 | 活土 | 王小明 |\n",
		"first.md":   "---\ntitle: 春季简报\ndate: 2031-02-01\n---\n\n# 春季简报\n\n王小明，花园局副局长，出席了春季花园研讨会。\n\n王小明表示：“土壤里的每一条蚯蚓都在替我们翻地，请不要打扰它们。”研讨会共有120人参加。\n",
		"second.md":  "---\ntitle: 夏季简报\ndate: 2031-06-01\n---\n\n# 夏季简报\n\n王小明，花园局局长，出席了夏季花园研讨会。王小明认为，雨水应当留在花园里。\n",
		"hostile.md": "---\ntitle: \"<script>alert(1)</script><img src=x onerror=alert(2)>\"\ndate: 2031-01-01\nkind: \"<b>kind</b>\"\n---\n\n# A <script>alert(3)</script> heading\n\n# B\n\n# C\n\n<script>alert(4)</script>, Director of <img src=x onerror=alert(5)> Bureau, came. There were 40 guests.\n",
		"staff.md":   "---\ntitle: Staff canary-41\naudience: staff\nparallel: first.md\nlang: en\n---\n\nCANARY Person, Director of the Garden Bureau, has canary-42. 王小明，花园局canary-43，来了。\n",
		"embargo.md": "---\ntitle: Embargoed canary-51\nembargo: 2999-01-01\n---\n\n- Conference: canary-52\n- Time: 2031-03-04 14:40–15:40 (UTC+8)\n- Room: canary-53\n",
	}
}

func (s served) page(t testing.TB, path string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.addr+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept-Language", "en")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d %v %s", path, response.StatusCode, err, body)
	}
	return string(body)
}

// press asks for a kit and returns its path.
func (s served) press(t testing.TB, lang string, form url.Values) string {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.PostForm("http://"+s.addr+"/press?lang="+lang, form)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusSeeOther {
		body, _ := io.ReadAll(response.Body)
		t.Fatalf("press: %d %s", response.StatusCode, body)
	}
	return response.Header.Get("Location")
}

// documentNamed returns the id of the document whose title is in the list.
func (s served) documentNamed(t testing.TB, title string) string {
	t.Helper()
	list := s.page(t, "/documents")
	at := strings.Index(list, title)
	if at < 0 {
		t.Fatalf("no %q in %s", title, list)
	}
	from := strings.LastIndex(list[:at], `href="/d/`) + len(`href="/d/`)
	return list[from : from+strings.Index(list[from:], `"`)]
}

func TestPagesOverTrueRows(t *testing.T) {
	t.Parallel()
	s, _ := withFakeEmbedder(t).serveFolder(t, gardenFiles())
	kit := s.press(t, "zh", url.Values{"document": {s.documentNamed(t, "春季简报")}, "length": {"300"}})
	everything := s.press(t, "en", url.Values{"length": {"150"}})
	soil := s.page(t, "/d/"+s.documentNamed(t, "Garden programme")+"?beside=1")
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"the programme has both languages' titles", s.page(t, "/programme?day=2031-03-04"), []string{"Living Soil", "活土", "Hall B", "A厅", "UTC&#43;8", `datetime="2031-03-04T09:30:00&#43;08:00"`, "/people/WANG%20Xiaoming"}},
		{"by room", s.page(t, "/programme?day=2031-03-04&by=room"), []string{"<h3 class=\"room\">Hall A</h3>"}},
		{"the index by pinyin", s.page(t, "/people"), []string{`<h2 id="i-W">W</h2>`, "王小明"}},
		{"and by strokes", s.page(t, "/people?by=strokes"), []string{`<h2 id="i-4">4 strokes</h2>`, "王小明"}},
		{"a search by pinyin", s.page(t, "/people?q=xiaoming+wang"), []string{"花园局副局长", "花园局局长", "do not agree on the position"}},
		{"nobody's name", s.page(t, "/people?q=Nobody+Known"), []string{"Nobody of this name"}},
		{"a person's page", s.page(t, "/people/"+url.PathEscape("王小明")), []string{"do not agree on the position", "王小明，花园局副局长，出席了春季花园研讨会。", "1 February 2031", "1 June 2031"}},
		{"documents of a kind", s.page(t, "/documents?kind=agenda&in=en"), []string{"Garden programme", "1 document<"}},
		{"both versions side by side", soil, []string{"Living Soil", "活土", `class="pair"`}},
		{"the kit of a document", s.page(t, kit), []string{"“土壤里的每一条蚯蚓都在替我们翻地，请不要打扰它们。”", "/people/%E7%8E%8B%E5%B0%8F%E6%98%8E", "研讨会共有120人参加。"}},
		{"as Markdown", s.page(t, kit+"/press.md"), []string{"# 媒体资料", "> “土壤里的每一条蚯蚓都在替我们翻地，请不要打扰它们。”", "**王小明** "}},
		{"of everything", s.page(t, everything), []string{"Press kit"}},
		{"hostile titles", s.page(t, "/documents"), []string{"&lt;script&gt;alert(1)"}},
	} {
		for _, want := range tt.want {
			if !strings.Contains(tt.text, want) {
				t.Errorf("%s: no %q in %s", tt.name, want, tt.text)
			}
		}
		if strings.Contains(tt.text, "canary") || strings.Contains(tt.text, "CANARY") {
			t.Errorf("%s shows what is not for the public: %s", tt.name, tt.text)
		}
		if strings.Contains(tt.text, "<script>alert") || strings.Contains(tt.text, "<img src=x") {
			t.Errorf("%s holds a document's script: %s", tt.name, tt.text)
		}
	}
	document, err := source.Read("press.docx", []byte(s.page(t, kit+"/press.docx")), source.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"媒体资料", "“土壤里的每一条蚯蚓都在替我们翻地，请不要打扰它们。”", "王小明"} {
		if !strings.Contains(document.Text, want) {
			t.Errorf("no %q in the Word document: %s", want, document.Text)
		}
	}
	calendar, err := source.Read("programme.ics", []byte(s.page(t, "/programme.ics")), source.Limits{})
	if err != nil || !strings.Contains(calendar.Text, "Living Soil / 活土") {
		t.Errorf("the calendar reads %q, %v", calendar.Text, err)
	}
	for _, path := range []string{"/people/Nobody%20Known", "/people/%3F", "/press/nothing", kit + "/press.exe", "/programme.ics?session=999999"} {
		response, err := http.Get("http://" + s.addr + path) //nolint:noctx // of the test's own server
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", path, response.StatusCode)
		}
	}
}

// The two journeys of the pages, in Chromium, over the whole program.
func TestJourneysOverPages(t *testing.T) {
	t.Parallel()
	s, _ := withFakeEmbedder(t).serveFolder(t, gardenFiles())
	allocator, cancel := chromedp.NewExecAllocator(context.Background(), append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)...)
	t.Cleanup(cancel)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium (make test installs it): %v", err)
	}
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	dialogs := make(chan string, 100)
	if err := chromedp.Listen(ctx, func(e any) {
		if d, ok := e.(*page.EventJavascriptDialogOpening); ok {
			dialogs <- d.Message
		}
	}); err != nil {
		t.Fatal(err)
	}
	do := func(name string, steps ...chromedp.Action[chromedp.Void]) {
		t.Helper()
		if err := chromedp.Do(ctx, steps...); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
	}
	text := func(js string) string {
		t.Helper()
		v, err := chromedp.Run(ctx, chromedp.Evaluate[string](js))
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	until := func(js string) chromedp.Action[chromedp.Void] { return chromedp.Poll[chromedp.Void](js) }
	home := "http://" + s.addr

	// Staff look a person up by pinyin and see the conflicting titles.
	do("search", chromedp.Navigate(home+"/people?lang=zh"), chromedp.SendKeys("#q", "wang xiaoming"), chromedp.Click(".find button"), chromedp.WaitVisible(".person .conflict"))
	do("open the card", chromedp.Click(".person h2 a"), chromedp.WaitVisible(".person h1"), chromedp.WaitVisible(".positions .givers blockquote"))
	card := text(`document.querySelector(".person").textContent`)
	for _, want := range []string{"花园局副局长", "花园局局长", "2031年2月1日", "2031年6月1日", "不一致"} {
		if !strings.Contains(card, want) {
			t.Errorf("no %q on the card: %s", want, card)
		}
	}
	do("open the source", chromedp.Click(".positions .givers a"), chromedp.WaitVisible("mark#s"), until(`document.querySelector("mark#s").textContent.includes("王小明")`))

	// A journalist takes a 300-character summary with quotations.
	do("choose", chromedp.Navigate(home+"/press?lang=zh"), until(`(() => { const o = [...document.querySelectorAll("#document option")].find(o => o.textContent.includes("春季简报")); if (o) o.selected = true; return !!o; })()`),
		chromedp.Click(`input[value="300"]`), chromedp.Click(".ask-press button"), chromedp.WaitVisible(".kit .summary"))
	if quote := text(`document.querySelector(".quotes blockquote").textContent`); quote != "“土壤里的每一条蚯蚓都在替我们翻地，请不要打扰它们。”" {
		t.Errorf("quoted is %q", quote)
	}
	if n := len([]rune(text(`document.querySelector(".summary .text").textContent`))); n > 450 { // with its frame and coverage
		t.Errorf("the summary has %d characters", n)
	}

	// What is in titles and names runs nowhere.
	for _, path := range []string{"/documents", "/people", "/press", "/programme", "/d/" + s.documentNamed(t, "alert(1)")} {
		do(path, chromedp.Navigate(home+path), until(`document.readyState === "complete"`))
	}
	select {
	case said := <-dialogs:
		t.Errorf("a document's script has run: %s", said)
	default:
	}
}
