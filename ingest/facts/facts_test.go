package facts

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/ingest/source"
	"osmanthus/retrieval/lang"
)

func read(t testing.TB, name, text string) source.Document {
	t.Helper()
	doc, err := source.Read(name, []byte(text), source.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

// sessionLines writes sessions the way these tests compare them, and checks that each place holds its words.
func sessionLines(t testing.TB, doc source.Document, f Facts) []string {
	t.Helper()
	var lines []string
	for _, s := range f.Sessions {
		var titles, speakers []string
		for _, v := range s.Titles {
			titles = append(titles, v.Text)
			holds(t, doc, v)
		}
		for _, sp := range s.Speakers {
			speakers = append(speakers, sp.Text)
			holds(t, doc, sp.Value)
		}
		for _, v := range []Value{s.Room, s.Track, s.Conference, s.Language} {
			holds(t, doc, v)
		}
		at := ""
		if !s.Day.IsZero() {
			at = s.Day.Format(time.DateOnly)
		}
		if !s.Begins.IsZero() {
			at = s.Begins.Format("2006-01-02 15:04")
			if !s.Ends.IsZero() {
				at += s.Ends.Format("–15:04")
			}
			if s.Zoned {
				at += s.Begins.Format(" -0700")
			}
		}
		line := strings.Join([]string{strings.Join(titles, " = "), at, s.Room.Text, strings.Join(speakers, "; ")}, " | ")
		for _, v := range []Value{s.Track, s.Conference, s.Language} {
			if v.Text != "" {
				line += " | " + v.Text
			}
		}
		lines = append(lines, line)
	}
	return lines
}

func holds(t testing.TB, doc source.Document, v Value) {
	t.Helper()
	if v.Start < v.End && oneLine(doc.Text[v.Start:v.End]) != v.Text {
		t.Errorf("at the place of %q stands %q", v.Text, doc.Text[v.Start:v.End])
	}
}

func personLines(f Facts) []string {
	var lines []string
	for _, p := range f.People {
		if p.Generic {
			continue
		}
		line := p.Text
		for _, t := range p.Titles {
			line += " | " + t.Title + " @ " + t.Organisation
		}
		lines = append(lines, line)
	}
	return lines
}

func TestSessions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file, text string
		want             []string
	}{
		{
			"labels in both languages under two titles", "a.md",
			"# 桂花酿造入门\n\n# Brewing with Osmanthus\n\n- Conference / 研讨会: Garden Days 2031\n- Track / 议程轨: 厨房 / Kitchen\n" +
				"- Time / 时间: 2031-03-04 14:40–15:40 (UTC+8)\n- Room / 会议室: Hall B\n- Language / 语言: 中文\n- Speakers / 讲者: Sample One, 样例二 (Sample Two)\n\n## Abstract\n\nText.\n",
			[]string{"桂花酿造入门 = Brewing with Osmanthus | 2031-03-04 14:40–15:40 +0800 | Hall B | Sample One; 样例二 (Sample Two) | 厨房 / Kitchen | Garden Days 2031 | 中文"},
		},
		{
			"several in plain text, one after the other", "a.txt",
			"Programme of the Garden Days\n\nTitle: Roots\nWhen: 4 March 2031, 9:30 am - 10:15 am\nWhere: Greenhouse\nSpeaker: Ms. Sample One\n\n" +
				"Title: Leaves\nWhen: March 4, 2031, 2–3:30 pm\nWhere: Greenhouse\nSpeaker: Sample Three, Ph.D., Director, Sample University\n",
			[]string{"Roots | 2031-03-04 09:30–10:15 | Greenhouse | Ms. Sample One", "Leaves | 2031-03-04 14:00–15:30 | Greenhouse | Sample Three, Ph.D."},
		},
		{
			"under headings of their own, the day above", "a.md",
			"# 花园论坛\n\n## 2031年3月4日\n\n### 根\n\n时间：上午9点半至10点一刻\n\n地点：温室\n\n主讲人：样例一女士\n\n### 叶\n\n时间：下午2:00-3:30（北京时间）\n\n地点：温室\n\n主讲人：样例三\n",
			[]string{"根 | 2031-03-04 09:30–10:15 | 温室 | 样例一女士", "叶 | 2031-03-04 14:00–15:30 +0800 | 温室 | 样例三"},
		},
		{
			"date, start and end apart", "a.md",
			"# Grafting\n\n* Date: 2031/03/05\n* Start: 13:05\n* End: 13:50\n* Time zone: Asia/Shanghai\n* Venue: Orchard\n",
			[]string{"Grafting | 2031-03-05 13:05–13:50 +0800 | Orchard | "},
		},
		{
			"a table with days of its own", "a.md",
			"---\ntitle: Programme\nzone: UTC+8\n---\n\n| 日期 | 时间 | 议题 | 嘉宾 | 地点 |\n|---|---|---|---|---|\n| 2031-03-04 | 09:00-09:30 | 开幕 | 样例一、样例二 | 大厅 |\n| | 09:30-10:00 | 茶歇 | | 走廊 |\n| 2031-03-05 | 09:00 | 参观 | 全体 | 花园 |\n",
			[]string{"开幕 | 2031-03-04 09:00–09:30 +0800 | 大厅 | 样例一; 样例二", "茶歇 | 2031-03-04 09:30–10:00 +0800 | 走廊 | ", "参观 | 2031-03-05 09:00 +0800 | 花园 | 全体"},
		},
		{
			"a heading that only says where and when", "a.md",
			"# Garden walk\n\n## Where and when\n\n- Time: 2031-03-06 08:00\n- Place: Gate\n",
			[]string{"Garden walk | 2031-03-06 08:00 | Gate | "},
		},
		{
			"a transcript is a meeting", "a.md",
			"# 2031-05-06 花園訪談\n\n### 樣例一：\n\n早安。\n\n### Sample Two:\n\nGood morning.\n\n### 樣例一：\n\n請坐。\n\n### 科長：樣例四\n\n好。\n",
			[]string{"花園訪談 | 2031-05-06 |  | 樣例一; Sample Two; 科長：樣例四"},
		},
		{
			"a transcript with its speakers in the text", "a.md",
			"---\ntitle: A talk on seeds\ndate: 2031-05-07\nkind: transcript\n---\n\n**Interviewer:** Why seeds?\n\n**Sample One:** Because they keep.\n\n**Interviewer:** And then?\n\n**Sample One:** They grow.\n",
			[]string{"A talk on seeds | 2031-05-07 |  | Interviewer; Sample One"},
		},
		{"a report's date is no session", "a.txt", "Report on the garden\n发表日期:2031-03-07 20:00:00\n\nThe garden was opened at 9 o'clock. Everybody came.\n", nil},
		{"figures are no agenda", "a.md", "| Year | Visitors |\n|---|---|\n| 2030 | 12 |\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			doc := read(t, tt.file, tt.text)
			if diff := cmp.Diff(tt.want, sessionLines(t, doc, Extract(doc, Options{}))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPeople(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{
			"appositions in English",
			"SAMPLE Alpha, Deputy Director of the Garden Bureau, and SAMPLE Beta, Director of the Tree Department of the All Gardens Federation of Flowers and Fruit (Root Unit), came.\n\n" +
				"In the keynote, Ms. SAMPLE Gamma, Vice Chairman and Secretary General of the Sample Cross Foundation, spoke.\n\n" +
				"SAMPLE Delta, Executive Director of the Academy of Leaves and Honorary Chairman of the Association for Tree Cooperation, stated that it rained.\n\n" +
				"As the initiator of Sample's garden work, SAMPLE Epsilon shared it.\n\n" +
				"SAMPLE Zeta, as the moderator, talked with SAMPLE Eta, ESG Director of Sample Terminal Co., Ltd., SAMPLE Theta, Minister of Root Department of Sample Laboratory, and SAMPLE Iota, Deputy Secretary General of Access Association.\n\n" +
				"Finally, Mr. SAMPLE Kappa, President of Garden Week and President of Garden Giver, commented.\n\nSAMPLE Lambda gave a speech. She is Chief Engineer of the Sample Park. SAMPLE Mu is Chief Gardener there.",
			[]string{
				"SAMPLE Alpha | Deputy Director @ Garden Bureau",
				"SAMPLE Beta | Director @ Tree Department of the All Gardens Federation of Flowers and Fruit (Root Unit)",
				"SAMPLE Gamma | Vice Chairman and Secretary General @ Sample Cross Foundation",
				"SAMPLE Delta | Executive Director @ Academy of Leaves | Honorary Chairman @ Association for Tree Cooperation",
				"SAMPLE Epsilon | initiator @ Sample's garden work", "SAMPLE Zeta | moderator @ ",
				"SAMPLE Eta | ESG Director @ Sample Terminal Co., Ltd.", "SAMPLE Theta | Minister @ Root Department of Sample Laboratory",
				"SAMPLE Iota | Deputy Secretary General @ Access Association", "SAMPLE Kappa | President @ Garden Week | President @ Garden Giver",
				"SAMPLE Lambda | Chief Engineer @ Sample Park",
			},
		},
		{
			"appositions in Chinese",
			"会上，样例市园林局副局长杨小明、样例园林基金会副理事长兼秘书长王样例女士出席。样例研究院执行院长、样例协作会名誉理事长黄样品表示，花园要开放。\n\n" +
				"主持人陈小强介绍了情况。李小红（样例公司技术总监）和刘样稿分享了经验。周小华，样例周刊社长，最后点评。吴小刚担任样例大学教授。",
			[]string{
				"杨小明 | 副局长 @ 样例市园林局", "王样例 | 副理事长兼秘书长 @ 样例园林基金会", "黄样品 | 名誉理事长 @ 样例协作会 | 执行院长 @ 样例研究院",
				"陈小强 | 主持人 @ ", "李小红 | 技术总监 @ 样例公司", "周小华 | 社长 @ 样例周刊", "吴小刚 | 教授 @ 样例大学",
			},
		},
		{
			"a table of people",
			"| Name | Title | Organisation |\n|---|---|---|\n| Dr. Sample One | Head Gardener | Sample Park |\n| 样例二 | 园长 | 样例花园 |\n",
			[]string{"Sample One | Head Gardener @ Sample Park", "样例二 | 园长 @ 样例花园"},
		},
		{
			"two positions in a cell",
			"| Part | Speaker | Position |\n|---|---|---|\n| Opening | Sample One | Director, Sample Park; Honorary Chairman, Tree Association |\n| Close | Sample Two | not stated |\n",
			[]string{"Sample One | Director @ Sample Park | Honorary Chairman @ Tree Association", "Sample Two"},
		},
		{"labelled lines", "姓名：样例一\n\n职务：副园长\n\n单位：样例花园\n", []string{"样例一 | 副园长 @ 样例花园"}},
		{"no names", "The Director of the Garden Bureau said that the National Garden Day is on Sunday. Red Cross members came.\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := Extract(read(t, "a.md", tt.text), Options{})
			if diff := cmp.Diff(tt.want, personLines(f)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSectionAboutASpeaker(t *testing.T) {
	t.Parallel()
	doc := read(t, "a.md", "# Roots\n\n- Time: 2031-03-04 10:00\n- Speaker: 样例一 Sample One\n\n## Speaker / 讲者: 样例一 Sample One\n\nShe grows trees. She likes rain.\n\n## Notes\n\nOther.\n")
	f := Extract(doc, Options{})
	if len(f.People) != 1 || doc.Text[f.People[0].About.Start:f.People[0].About.End] != "She grows trees. She likes rain." {
		t.Fatalf("people %+v", f.People)
	}
	if diff := cmp.Diff([]string{"样例一 Sample One", "样例一", "Sample One"}, f.People[0].Forms); diff != "" {
		t.Errorf("forms (-want +got):\n%s", diff)
	}
}

func TestQuotable(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("Other words stand here. ", 12)
	for _, tt := range []struct{ name, text, words, want string }{
		{"a line", "one\nTime: 10:00 · Room: A\ntwo", "10:00", "Time: 10:00 · Room: A"},
		{"a sentence of a paragraph", long + "SAMPLE Alpha, Director, spoke. " + long, "SAMPLE Alpha, Director", "SAMPLE Alpha, Director, spoke."},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			at := strings.Index(tt.text, tt.words)
			got := Quotable(tt.text, lang.Span{Start: at, End: at + len(tt.words)})
			if tt.text[got.Start:got.End] != tt.want {
				t.Errorf("got %q, want %q", tt.text[got.Start:got.End], tt.want)
			}
		})
	}
}

// The project's own documents, as far as their facts go.
func TestExamples(t *testing.T) {
	t.Parallel()
	content := func(name string) string {
		b, err := os.ReadFile(filepath.Join("..", "..", "examples", "documents", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for name, want := range map[string]string{
		"seminar-agenda.md": "10 sessions, 10 people", "sample-workshop-agenda.md": "7 sessions, 0 people",
		"sample-interview.md": "1 sessions, 0 people", "seminar-report.md": "0 sessions, 9 people",
		"first-aid-aed.md": "0 sessions, 0 people", "open-data.txt": "0 sessions, 0 people",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := Extract(read(t, name, content(name)), Options{})
			if got := fmt.Sprintf("%d sessions, %d people", len(f.Sessions), len(personLines(f))); got != want {
				t.Errorf("got %s, want %s:\n%s", got, want, strings.Join(personLines(f), "\n"))
			}
		})
	}
}

func TestLabelsAnnounceOneField(t *testing.T) {
	t.Parallel()
	for range 20 { // a word of two fields would change with the order of the map
		for word, f := range labels() {
			if fieldOf[word] != f {
				t.Fatalf("%q announces two fields", word)
			}
		}
	}
}

func FuzzExtract(f *testing.F) {
	f.Add("# A\n\n- Time: 2031-03-04 14:40–15:40 (UTC+8)\n- Speaker: A, B (C,D)\n")
	f.Add("| 时间 | 内容 |\n|---|---|\n| 9点半 | 开幕 |\n")
	f.Add("### 甲：\n\n好。\n")
	f.Fuzz(func(t *testing.T, text string) {
		doc, err := source.Read("a.md", []byte(text), source.Limits{})
		if err != nil {
			return
		}
		for _, s := range Extract(doc, Options{}).Sessions {
			for _, sp := range s.Speakers {
				q := Quotable(doc.Text, sp.Span)
				if q.Start < 0 || q.End > len(doc.Text) || q.Start > sp.Start || q.End < sp.End {
					t.Errorf("%q is quoted at %v of %q", sp.Text, q, doc.Text)
				}
			}
		}
	})
}
