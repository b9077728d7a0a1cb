package source

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/bot/locale"
	"osmanthus/retrieval/lang"
)

// A shown block is a block with its text and its cells' texts in place of offsets.
type shown struct {
	Kind  BlockKind
	Level int
	Text  string
	Cells []string
}

func show(t *testing.T, d Document) []shown {
	t.Helper()
	check(t, d)
	var out []shown
	for _, b := range d.Blocks {
		s := shown{Kind: b.Kind, Level: b.Level, Text: d.Text[b.Start:b.End]}
		for _, c := range b.Cells {
			s.Cells = append(s.Cells, d.Text[c.Start:c.End])
		}
		out = append(out, s)
	}
	return out
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func TestRead(t *testing.T) {
	t.Parallel()
	type want struct {
		Title    string
		Lang     lang.Lang
		Date     time.Time
		Meta     map[string]string
		Warnings []string
		Blocks   []shown
	}
	for _, tt := range []struct {
		name, file, content string
		want                want
	}{
		{"Markdown with everything", "a.md", "---\ntitle: \"Opening report\"\nlang: en\ndate: 2023-09-17\nevent: ccf10\nkind: report\naudience: staff\nembargo: 2023-09-18\nparallel: b.md\ntags:\n  - x\n# a comment\n---\n" +
			"# The *opening*\n\nFirst line\nsecond line with [a link](https://example.org/x) and ![a hall](h.png).\n\n- one\n  more\n- two\n  1. deep\n\n> Said &amp; done\\*\n\n```go\nfunc f() {}\n```\n\n<div>Raw <b>words</b><script>alert(1)</script></div>\n",
			want{"Opening report", lang.English, day(2023, 9, 17), map[string]string{
				"title": "Opening report", "lang": "en", "date": "2023-09-17", "event": "ccf10", "kind": "report", "audience": "staff", "embargo": "2023-09-18", "parallel": "b.md",
			}, nil, []shown{
				{Heading, 1, "The opening", nil},
				{Paragraph, 0, "First line second line with a link and a hall.", nil},
				{Item, 1, "one more", nil}, {Item, 1, "two", nil}, {Item, 2, "deep", nil},
				{Quote, 0, "Said & done*", nil},
				{Code, 0, "func f() {}", nil},
				{Paragraph, 0, "Raw words", nil},
			}}},
		{"Markdown table in English", "agenda.md", "# Agenda\n\n| Time | Session | Speaker |\n|---|---|---|\n| 09:00 | Opening | YANG Haobo |\n| 10:30 | *Tea break* | |\n",
			want{"Agenda", lang.English, time.Time{}, nil, nil, []shown{
				{Heading, 1, "Agenda", nil},
				{Header, 0, "Time · Session · Speaker", []string{"Time", "Session", "Speaker"}},
				{Row, 0, "Time: 09:00 · Session: Opening · Speaker: YANG Haobo", []string{"09:00", "Opening", "YANG Haobo"}},
				{Row, 0, "Time: 10:30 · Session: Tea break", []string{"10:30", "Tea break", ""}},
			}}},
		{"Markdown table in Chinese", "议程.md", "## 议程\n\n| 时间 | 环节 |\n|---|---|\n| 09:00 | 开幕<br>致辞 |\n",
			want{"议程", lang.Chinese, time.Time{}, nil, nil, []shown{
				{Heading, 2, "议程", nil},
				{Header, 0, "时间 · 环节", []string{"时间", "环节"}},
				{Row, 0, "时间：09:00 · 环节：开幕；致辞", []string{"09:00", "开幕；致辞"}},
			}}},
		{"Chinese lines are joined without a space", "a.md", "# 报告\n\n研讨会在深圳\n举行，共有\n120 人参加。\n",
			want{"报告", lang.Chinese, time.Time{}, nil, nil, []shown{{Heading, 1, "报告", nil}, {Paragraph, 0, "研讨会在深圳举行，共有 120 人参加。", nil}}}},
		{"speakers' headings of a transcript", "t.md", "# 2022-01-17 對話\n\n### 唐鳳：\n大家好。\n\n### 提問：\n請問？\n",
			want{"2022-01-17 對話", lang.Chinese, day(2022, 1, 17), nil, nil, []shown{
				{Heading, 1, "2022-01-17 對話", nil}, {Heading, 3, "唐鳳：", nil}, {Paragraph, 0, "大家好。", nil}, {Heading, 3, "提問：", nil}, {Paragraph, 0, "請問？", nil},
			}}},
		{"a rule is no front matter", "a.md", "---\nNot a key but a sentence here\n---\n\nText.\n",
			want{"Not a key but a sentence here", lang.English, time.Time{}, nil, nil, []shown{{Heading, 2, "Not a key but a sentence here", nil}, {Paragraph, 0, "Text.", nil}}}},
		{"hidden characters", "a.md", "# Plain\n\nIgnore\u200b this\U000E0041\U000E0042, and \u202Ethat; an entity too: a&#x200b;b 👩‍🔬\n",
			want{"Plain", lang.English, time.Time{}, nil, []string{WarnHidden}, []shown{{Heading, 1, "Plain", nil}, {Paragraph, 0, "Ignore this, and that; an entity too: ab 👩‍🔬", nil}}}},
		{"text with a title and a labelled date", "r.txt", "\uFEFFThe Seminar Held in Shenzhen\r\n发表日期:2023-09-17 20:00:00\r\n\r\nOn September 1st, 2020 nothing happened.\r\n\r\n- one\r\n- two\r\n",
			want{"The Seminar Held in Shenzhen", lang.English, day(2023, 9, 17), nil, nil, []shown{
				{Heading, 1, "The Seminar Held in Shenzhen", nil}, {Paragraph, 0, "发表日期:2023-09-17 20:00:00", nil},
				{Paragraph, 0, "On September 1st, 2020 nothing happened.", nil}, {Item, 1, "one", nil}, {Item, 1, "two", nil},
			}}},
		{"text wrapped by hand", "w.txt", "A sentence that was broken by hand at a column of the\nwriter's choice goes on here.\nShort.\n\n一、背景\n\n第二段。\n",
			want{"w", lang.English, time.Time{}, nil, nil, []shown{
				{Paragraph, 0, "A sentence that was broken by hand at a column of the writer's choice goes on here.\nShort.", nil},
				{Heading, 2, "一、背景", nil}, {Paragraph, 0, "第二段。", nil},
			}}},
		{"text with a pasted table", "t.txt", "时间\t地点\n09:00\t桂花厅\n10:00\t三号厅\n",
			want{"t", lang.Chinese, time.Time{}, nil, nil, []shown{
				{Header, 0, "时间 · 地点", []string{"时间", "地点"}},
				{Row, 0, "时间：09:00 · 地点：桂花厅", []string{"09:00", "桂花厅"}}, {Row, 0, "时间：10:00 · 地点：三号厅", []string{"10:00", "三号厅"}},
			}}},
		{"a name as the last resort", "notes_of_May.txt", "This is a sentence, not a title.\n",
			want{"notes of May", lang.English, time.Time{}, nil, nil, []shown{{Paragraph, 0, "This is a sentence, not a title.", nil}}}},
		{"HTML with all that is not its text", "p.html", `<!DOCTYPE html><html><head><title>Site | Page</title><meta property="og:title" content="Opening of the seminar">
<meta property="article:published_time" content="2023-09-16T23:30:00+08:00"><style>p{}</style></head><body><header>Logo</header><nav><ul><li>Home</li></ul></nav>
<main><p>The hall is <b>on the
 6th floor</b>&nbsp;&mdash; &#26690;.</p><p hidden>secret</p><p style="display: none">secret</p><aside>ad</aside>
<ul><li>first<ul><li>inner</li></ul></li><li>second</li></ul><blockquote><p>Quoted</p></blockquote><pre>a
  b</pre><p>one<br>two<br><br>three</p><form><input value=x>form</form><script>x()</script><img alt="A hall"></main><footer>foot</footer></body></html>`,
			want{"Opening of the seminar", lang.English, day(2023, 9, 16), nil, nil, []shown{
				{Paragraph, 0, "The hall is on the 6th floor — 桂.", nil},
				{Item, 1, "first", nil}, {Item, 2, "inner", nil}, {Item, 1, "second", nil},
				{Quote, 0, "Quoted", nil}, {Code, 0, "a\n  b", nil},
				{Paragraph, 0, "one\ntwo", nil}, {Paragraph, 0, "three", nil}, {Paragraph, 0, "A hall", nil},
			}}},
		{"HTML heading before title, time element", "p.html", `<html><head><title>x</title></head><body><h1>研讨会 召开</h1><time datetime="2023-09-17">昨天</time><p>在深圳
举行。</p></body></html>`,
			want{"研讨会 召开", lang.Chinese, day(2023, 9, 17), nil, nil, []shown{
				{Heading, 1, "研讨会 召开", nil}, {Paragraph, 0, "昨天", nil}, {Paragraph, 0, "在深圳举行。", nil},
			}}},
		{"HTML table with spans", "p.htm", `<html><body><table><tr><th>Time</th><th>Session</th><th>Speaker</th></tr>
<tr><td rowspan=2>09:00</td><td>Opening</td><td>A. Lee<br>B. Wu</td></tr><tr><td>Keynote</td><td>C. Ho</td></tr><tr><td>10:30</td><td colspan=2>Break</td></tr></table></body></html>`,
			want{"p", lang.English, time.Time{}, nil, nil, []shown{
				{Header, 0, "Time · Session · Speaker", []string{"Time", "Session", "Speaker"}},
				{Row, 0, "Time: 09:00 · Session: Opening · Speaker: A. Lee; B. Wu", []string{"09:00", "Opening", "A. Lee; B. Wu"}},
				{Row, 0, "Time: 09:00 · Session: Keynote · Speaker: C. Ho", []string{"09:00", "Keynote", "C. Ho"}},
				{Row, 0, "Time: 10:30 · Session: Break", []string{"10:30", "Break", ""}},
			}}},
		{"HTML table without th", "p.html", `<html><body><table><tr><td>姓名</td><td>职务</td></tr><tr><td>某甲</td><td>秘书长</td></tr></table>
<table><tr><th>Venue</th><td>Osmanthus Hall</td></tr><tr><th>Seats</th><td>120</td></tr></table></body></html>`,
			want{"p", lang.Chinese, time.Time{}, nil, nil, []shown{
				{Header, 0, "姓名 · 职务", []string{"姓名", "职务"}}, {Row, 0, "姓名：某甲 · 职务：秘书长", []string{"某甲", "秘书长"}},
				{Row, 0, "Venue: Osmanthus Hall", []string{"Osmanthus Hall"}}, {Row, 0, "Seats: 120", []string{"120"}},
			}}},
		{"HTML laid out by a table in a form", "p.html", `<html><body><form id=all><table><tr><td><h2>通知</h2><p>会议改期。</p></td></tr></table></form></body></html>`,
			want{"通知", lang.Chinese, time.Time{}, nil, nil, []shown{{Heading, 2, "通知", nil}, {Paragraph, 0, "会议改期。", nil}}}},
		{"HTML that calls itself text", "page.txt", "<!-- saved --><html><body><p>Words</p></body></html>",
			want{"page", lang.English, time.Time{}, nil, nil, []shown{{Paragraph, 0, "Words", nil}}}},
		{"text that calls itself HTML", "page.html", "Words, and 3 < 4.\n",
			want{"page", lang.English, time.Time{}, nil, nil, []shown{{Paragraph, 0, "Words, and 3 < 4.", nil}}}},
		{"Markdown without an extension's hint", "README", "# Head\n\n| a | b |\n|---|---|\n| 1 | 2 |\n",
			want{"Head", lang.English, time.Time{}, nil, nil, []shown{
				{Heading, 1, "Head", nil}, {Header, 0, "a · b", []string{"a", "b"}}, {Row, 0, "a: 1 · b: 2", []string{"1", "2"}},
			}}},
		{"text that begins like a picture's magic", "bm.txt", "BM is short for benchmark, and MZ for nothing. GIF89a too.\n",
			want{"bm", lang.English, time.Time{}, nil, nil, []shown{{Paragraph, 0, "BM is short for benchmark, and MZ for nothing. GIF89a too.", nil}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := Read(tt.file, []byte(tt.content), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			got := want{d.Title, d.Lang, d.Date, d.Meta, d.Warnings, show(t, d)}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	d, err := Read("a.md", []byte("# T\n\nWords.\n\n- a\n- b\n\n| x |\n|---|\n| 1 |\n| 2 |\n\n| y |\n|---|\n| 3 |\n"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("T\n\nWords.\n\na\nb\n\nx\nx: 1\nx: 2\n\ny\ny: 3", d.Text); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	png := "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
	for _, tt := range []struct {
		name, file, content string
		limit               int64
		want                Fault
	}{
		{"no bytes", "a.md", "", 0, Fault{Code: Empty}},
		{"white space", "a.txt", " \n\t\r\n", 0, Fault{Code: Empty}},
		{"ideographic space", "a.txt", "　\n　", 0, Fault{Code: Empty}},
		{"only a byte-order mark", "a.txt", "\uFEFF", 0, Fault{Code: Empty}},
		{"a picture named .md", "a.md", png, 0, Fault{Code: Binary, Detail: "image/png"}},
		{"zeros", "a.txt", strings.Repeat("\x00\x01\x02\xff", 100), 0, Fault{Code: Binary}},
		{"control characters", "a.txt", strings.Repeat("\x01\x02\x03a", 100), 0, Fault{Code: Binary}},
		{"a PDF named .txt", "a.txt", "%PDF-1.7\n1 0 obj\n<<>>\nendobj\n", 0, Fault{Code: Unsupported, Detail: "application/pdf"}},
		{"RTF", "a.md", `{\rtf1\ansi Words}`, 0, Fault{Code: Unsupported, Detail: "text/rtf"}},
		{"too large", "a.txt", "12345678901", 10, Fault{Code: TooLarge, Limit: 10}},
		{"bytes of no encoding", "a.txt", strings.Repeat("\x81\x20\xfe\x90\xff", 40), 0, Fault{Code: BadEncoding}},
		{"a page without words", "a.html", "<html><head><title>x</title></head><body><script>go()</script><img src=x></body></html>", 0, Fault{Code: NoText}},
		{"Markdown without words", "a.md", "![](x.png)\n\n---\n", 0, Fault{Code: NoText}},
		{"a page nested too deep", "a.html", "<html><body>" + strings.Repeat("<div>", 600) + "x", 0, Fault{Code: TooNested, Limit: 512}},
		{"links without end", "a.md", strings.Repeat("[a](", 3000), 0, Fault{Code: TooNested, Limit: 2000}},
		{"columns without end", "a.md", "|" + strings.Repeat("a|", 3000) + "\n", 0, Fault{Code: TooNested, Limit: 1000}},
		{"lists nested too deep", "a.md", "- a\n" + strings.Repeat(" ", 400) + "- a\n", 0, Fault{Code: TooNested, Limit: 100}},
		{"quotations nested too deep", "a.md", strings.Repeat(">", 5000) + " x", 0, Fault{Code: TooNested, Limit: 100}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Read(tt.file, []byte(tt.content), Limits{Bytes: tt.limit})
			var got *Fault
			if !errors.As(err, &got) {
				t.Fatalf("got %v, want a fault", err)
			}
			got.Err = nil
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryCodeHasItsWords(t *testing.T) {
	t.Parallel()
	catalog, err := locale.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range []lang.Lang{lang.English, lang.Chinese} {
		for _, c := range Codes() {
			key := (&Fault{Code: c}).Key()
			text := catalog.For(l).T(key, "limit", 7, "detail", "why")
			if key != "ingest."+string(c) || text == key || strings.Contains(text, "{") {
				t.Errorf("%s: code %s has key %q and text %q", l, c, key, text)
			}
		}
		for _, key := range Warnings() {
			if catalog.For(l).T(key) == key {
				t.Errorf("%s: no words for %s", l, key)
			}
		}
	}
}

func TestFindDate(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		want time.Time
	}{
		{"发表日期:2023-09-17 20:00:00", day(2023, 9, 17)},
		{"2023年9月16日上午", day(2023, 9, 16)},
		{"2023 年 09 月 16 號", day(2023, 9, 16)},
		{"二〇二三年九月十六日", day(2023, 9, 16)},
		{"二○二四年十二月三十一日", day(2024, 12, 31)},
		{"Published: Sept. 16, 2023", day(2023, 9, 16)},
		{"September 16th, 2023", day(2023, 9, 16)},
		{"on 16 September 2023", day(2023, 9, 16)},
		{"the 3rd of May 2024.", day(2024, 5, 3)},
		{"2023/9/6", day(2023, 9, 6)},
		{"2023.09.06.", day(2023, 9, 6)},
		{"2023-09-16T23:30:00+08:00", day(2023, 9, 16)},
		{"2023-02-30", time.Time{}},
		{"2023-13-01", time.Time{}},
		{"version 1.2023.10.4", time.Time{}},
		{"tel 0755-2023-09-17-1", time.Time{}},
		{"in May we met", time.Time{}},
		{"Mayor 12, 2023", time.Time{}},
		{"2024-01-02 after 2023-01-02", day(2024, 1, 2)},
	} {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			got, _, _ := FindDate(strings.Replace(tt.text, "T", " ", 1))
			if !got.Equal(tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestDateOfADocument(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       time.Time
	}{
		{"label in the body wins over an earlier date", "# Report of 2020-01-01\n\nWords.\n\nPublished: 16 May 2021\n", day(2021, 5, 16)},
		{"a dateline", "# Seminar opens\n\nSHENZHEN, Sept. 16, 2023 — A seminar was opened here today by many.\n", day(2023, 9, 16)},
		{"a date deep in a sentence is the story's, not the document's", "# History\n\nThe foundation, which many know for its work in the region, began on 1 May 2001 in a small room.\n", time.Time{}},
		{"a label at the end", "# 通知\n\n" + strings.Repeat("一段话。\n\n", 60) + "发布时间：2024年3月5日\n", day(2024, 3, 5)},
		{"none", "# Title\n\nWords.\n", time.Time{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := Read("x.md", []byte(tt.text), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if !d.Date.Equal(tt.want) {
				t.Errorf("got %v, want %v", d.Date, tt.want)
			}
		})
	}
}
