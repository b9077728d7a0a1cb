package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/ingest"
	"osmanthus/ingest/facts"
	"osmanthus/ingest/source"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// The documents of these tests: a made-up event.
func gardenDocuments() map[string]string {
	return map[string]string{
		"brewing.md": `---
date: 2031-02-01
---
# 桂花釀造入門

# Brewing with Osmanthus

- Conference / 研討會: Garden Days 2031
- Track / 議程軌: 廚房 / Kitchen
- Time / 時間: 2031-03-04 14:40–15:40 (UTC+8)
- Room / 會議室: Hall B
- Speakers / 講者: 李小紅 (Reed Lee), Ann Sample

## Abstract

Tea and wine.

## Speaker / 講者: Ann Sample

Ann Sample grows osmanthus. She has written about tea.
`,
		"soil.md": "# Living Soil\n\n- Conference: Garden Days 2031\n- Track: Open Soil\n- Time: 2031-03-05 10:00–10:30 (UTC+8)\n- Room: Greenhouse\n- Speaker: Ann Sample\n",
		"agenda.md": "---\ntitle: 花园日日程\ndate: 2031-03-05\nzone: UTC+8\n---\n\n| 时间 | 地点 | 内容 | 主讲 |\n|---|---|---|---|\n" +
			"| 11:00–11:30 | Hall B | 堆肥的学问 | 王小明 |\n| 13:30–14:30 | Hall B | 修剪果树 | 王小明、陈小强 |\n| 15:00 | 温室 | 自由参观 | 全体 |\n",
		"talk.md":    "# 2031-05-06 Conversation in the greenhouse\n\n### Ann Sample:\n\nGood morning.\n\n### 王小明：\n\n早上好。\n\n### Interviewer:\n\nShall we begin? Somebody called Max Absent was expected.\n",
		"report.txt": "A report from the garden\n2031-03-06\n\nWANG Xiaoming, Deputy Director of the Garden Bureau, opened the days. SAMPLE Ann, Head of the Garden Club, closed them.\n",
		"newer.txt":  "News from the garden\n2031-06-01\n\nWANG Xiaoming, Director of the Garden Bureau, planted a tree.\n",
		"secret.md":  "# Closed Meeting of Roots\n\n- Time: 2031-03-04 09:00 (UTC+8)\n- Room: Cellar\n- Speaker: Secret Person\n",
	}
}

// errPassages is what asking the passages ends in here: what rows do not answer must come so far, and nothing else.
var errPassages = errors.New("the passages were asked")

type noPassages struct{}

func (noPassages) Search(context.Context, retrieval.Query) (retrieval.Result, error) {
	return retrieval.Result{}, errPassages
}

func (noPassages) Judge(context.Context, retrieval.Query, retrieval.Result) (retrieval.Judgement, error) {
	return retrieval.Judgement{}, errPassages
}

func (noPassages) Quotes(context.Context, retrieval.Query, []retrieval.Hit) ([]retrieval.Quote, error) {
	return nil, errPassages
}

// garden is a true database with the documents in it; secret.md is for staff.
func garden(t *testing.T) pgstoretest.Instance {
	t.Helper()
	s := pgstoretest.New(t)
	zero := make([]float32, 4)
	means := map[lang.Lang][]float32{lang.English: zero, lang.Chinese: zero}
	one := retrieval.PairSpread{lang.English: 1, lang.Chinese: 1}
	space, err := s.CreateSpace(t.Context(), retrieval.Space{Model: "test", Dim: 4, Calibration: retrieval.Calibration{
		PassageMean: means, QueryMean: means, Spread: map[lang.Lang]retrieval.PairSpread{lang.English: one, lang.Chinese: one},
		Prior: retrieval.Means{Passage: means, Query: means, Count: 10},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range gardenDocuments() {
		doc, err := source.Read(name, []byte(text), source.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		v := ingest.Version{Source: name, Audience: retrieval.Public, Hash: []byte(name), Document: doc, Facts: facts.Extract(doc, facts.Options{})}
		if name == "secret.md" {
			v.Audience = retrieval.Staff
		}
		for _, d := range ingest.Split(doc) {
			terms := lang.Terms(d.Context + "\n" + d.Text)
			v.Passages = append(v.Passages, retrieval.IndexedPassage{
				Passage: d.Passage, Terms: terms, Length: len(terms), Vector: []float32{1, 0, 0, 0}, Norm: 1, Space: space.ID, Revision: space.Revision,
			})
		}
		if err := s.Save(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// asking returns what a question is answered with at a time: kind, text and the quotes.
func asking(t *testing.T, s pgstoretest.Instance, now time.Time) func(q bot.Question) (bot.Answer, error) {
	t.Helper()
	catalog, err := locale.New()
	if err != nil {
		t.Fatal(err)
	}
	dict, err := lang.OpenDictionary(filepath.Join(os.Getenv("OSMANTHUS_HOME"), "parts", "dictionary.bin"))
	if err != nil {
		t.Fatal(err)
	}
	a, err := bot.New(bot.Config{
		Searcher: noPassages{}, Facts: s.Store, Dictionary: dict, Catalog: catalog, Clock: func() time.Time { return now }, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	return func(q bot.Question) (bot.Answer, error) { return a.Ask(t.Context(), q, nil) }
}

func TestLookUps(t *testing.T) {
	t.Parallel()
	s := garden(t)
	// Wednesday, 5 March 2031, 11:10 in the garden.
	ask := asking(t, s, time.Date(2031, 3, 5, 3, 10, 0, 0, time.UTC))
	const passages, refused = "passages", "refused"
	for _, tt := range []struct{ question, want string }{
		{"Who speaks in “Brewing with Osmanthus”?", "Speakers of “Brewing with Osmanthus”: 李小紅 (Reed Lee), Ann Sample [1] < Speakers / 講者: 李小紅 (Reed Lee), Ann Sample"},
		{"「桂花酿造入门」是谁讲的？", "“桂花釀造入門”的讲者：李小紅 (Reed Lee)、Ann Sample [1] < Speakers / 講者: 李小紅 (Reed Lee), Ann Sample"},
		{"When is Living Soil?", "“Living Soil” is on 2031-03-05 10:00–10:30 (UTC+8). [1] < Time: 2031-03-05 10:00–10:30 (UTC+8)"},
		{"「修剪果樹」在哪裡？", "「修剪果树」的地點是 Hall B。[1] < 时间：13:30–14:30 · 地点：Hall B · 内容：修剪果树 · 主讲：王小明、陈小强"},
		{"Where and when is \"Living Soil\"?", "“Living Soil” is on 2031-03-05 10:00–10:30 (UTC+8), in Greenhouse. [1] < Time: 2031-03-05 10:00–10:30 (UTC+8) / Room: Greenhouse"},
		{"Which talks does Ann Sample give?", "Ann Sample has 2 sessions: - Brewing with Osmanthus — 2031-03-04 14:40–15:40 (UTC+8) · Hall B [1] - Living Soil — 2031-03-05 10:00–10:30 (UTC+8) · Greenhouse [2] < Time / 時間: 2031-03-04 14:40–15:40 (UTC+8) / Room / 會議室: Hall B < Time: 2031-03-05 10:00–10:30 (UTC+8) / Room: Greenhouse"},
		{"李小红什么时候演讲？", "“桂花釀造入門”的时间是 2031-03-04 14:40–15:40 (UTC+8)。[1] < Time / 時間: 2031-03-04 14:40–15:40 (UTC+8)"},
		{"Which meetings did Wang Xiaoming take part in?", "WANG Xiaoming took part in 1 meeting: - Conversation in the greenhouse — 2031-05-06 [1] < 2031-05-06 Conversation in the greenhouse"},
		{"Who spoke in \"Conversation in the greenhouse\" on 2031-05-06?", "Speaking in “Conversation in the greenhouse”: Ann Sample, 王小明 (WANG Xiaoming), Interviewer [1][2][3][4] < Ann Sample: < 王小明： < Interviewer: < WANG Xiaoming, Director of the Garden Bureau, planted a tree."},
		{"“Conversation in the greenhouse”是几号举行的？", "“Conversation in the greenhouse”的时间是 2031-05-06。[1] < 2031-05-06 Conversation in the greenhouse"},
		{"Which sessions are in Hall B on March 5?", "2 found: - 堆肥的学问 — 2031-03-05 11:00–11:30 (UTC+8) · Hall B · 王小明 [1] - 修剪果树 — 2031-03-05 13:30–14:30 (UTC+8) · Hall B · 王小明, 陈小强 [2] < 时间：11:00–11:30 · 地点：Hall B · 内容：堆肥的学问 · 主讲：王小明 < 时间：13:30–14:30 · 地点：Hall B · 内容：修剪果树 · 主讲：王小明、陈小强"},
		{"厨房议程轨有哪些议程？", "共 1 场： - 桂花釀造入門 — 2031-03-04 14:40–15:40 (UTC+8) · Hall B · 李小紅 (Reed Lee)、Ann Sample [1] < Time / 時間: 2031-03-04 14:40–15:40 (UTC+8) / Room / 會議室: Hall B / Speakers / 講者: 李小紅 (Reed Lee), Ann Sample"},
		{"What's on now?", "1 found: - 堆肥的学问 — 2031-03-05 11:00–11:30 (UTC+8) · Hall B · 王小明 [1] < 时间：11:00–11:30 · 地点：Hall B · 内容：堆肥的学问 · 主讲：王小明"},
		{"下一场是什么？", "共 1 场： - 修剪果树 — 2031-03-05 13:30–14:30 (UTC+8) · Hall B · 王小明、陈小强 [1] < 时间：13:30–14:30 · 地点：Hall B · 内容：修剪果树 · 主讲：王小明、陈小强"},
		{"昨天下午有哪些演讲？", "共 1 场： - 桂花釀造入門 — 2031-03-04 14:40–15:40 (UTC+8) · Hall B · 李小紅 (Reed Lee)、Ann Sample [1] < Time / 時間: 2031-03-04 14:40–15:40 (UTC+8) / Room / 會議室: Hall B / Speakers / 講者: 李小紅 (Reed Lee), Ann Sample"},
		{"Which talks are there tomorrow?", refused},
		{"有哪些关于堆肥的演讲？", "共 1 场： - 堆肥的学问 — 2031-03-05 11:00–11:30 (UTC+8) · Hall B · 王小明 [1] < 时间：11:00–11:30 · 地点：Hall B · 内容：堆肥的学问 · 主讲：王小明"},
		{"Where is the pruning of fruit trees?", "“修剪果树” is in Hall B. [1] < 时间：13:30–14:30 · 地点：Hall B · 内容：修剪果树 · 主讲：王小明、陈小强"},
		{"活土壤是谁讲的？", "“Living Soil”的讲者：Ann Sample [1] < Speaker: Ann Sample"},
		{"果树栽培的历史是谁讲的？", passages}, // a title says a part of it only
		{"Who speaks in “Brewing with Jasmine”?", refused},
		{"「茉莉花入門」在哪一間教室？", refused},
		{"Which sessions does Nobody Known give?", refused},
		{"陆小曼是谁？", refused},
		{"Which meetings did Max Absent take part in?", refused},
		{"Which sessions does Ann Sample give at Garden Days 2029?", refused},
		{"Who spoke in \"Conversation in the greenhouse\" on 2031-05-09?", refused},
		{"Who speaks in “Closed Meeting of Roots”?", refused}, // it is for staff
		{"Who is Secret Person?", refused},
		{"Which sessions are in the Cellar?", passages}, // nor does the room give it away
		{"What is compost good for?", passages},
		{"Who planted a tree?", passages},
		{"When did the law on gardens take effect?", passages},
		{"What did Ann Sample say about tea?", passages},
		{"Who is the Deputy Director of the Garden Bureau?", passages},
	} {
		t.Run(tt.question, func(t *testing.T) {
			t.Parallel()
			a, err := ask(bot.Question{Text: tt.question})
			got := strings.Join(strings.Fields(a.Text), " ")
			switch {
			case errors.Is(err, errPassages):
				got = passages
			case err != nil:
				t.Fatal(err)
			case a.Kind == bot.KindNotFound:
				got = refused
				if strings.Contains(a.Text, "Secret") || strings.Contains(a.Text, "Roots") {
					t.Errorf("a refusal names what is for staff: %s", a.Text)
				}
			}
			for _, c := range a.Citations {
				got += " < " + strings.ReplaceAll(c.Quote, "\n", " / ")
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCards(t *testing.T) {
	t.Parallel()
	s := garden(t)
	ask := asking(t, s, time.Date(2031, 7, 1, 0, 0, 0, 0, time.UTC))
	for _, tt := range []struct{ name, question, mode, want string }{
		{
			"two documents differ", "王小明是谁？", "",
			"**王小明**（又作 WANG Xiaoming） 各份资料所写的职务不一致，以下分别注明来源。 " +
				"- Director, Garden Bureau（News from the garden，2031-06-01 [1]） - Deputy Director, Garden Bureau（A report from the garden，2031-03-06 [2]） " +
				"共 3 场： - 堆肥的学问 — 2031-03-05 11:00–11:30 (UTC+8) · Hall B [3] - 修剪果树 — 2031-03-05 13:30–14:30 (UTC+8) · Hall B [4] - Conversation in the greenhouse — 2031-05-06 [5]",
		},
		{
			"what a document says of her", "Who is Ann Sample?", "",
			"**Ann Sample** (also SAMPLE Ann) - Head, Garden Club (A report from the garden, 2031-03-06 [1]) From the documents: > Ann Sample grows osmanthus. She has written about tea. [2] " +
				"3 sessions or meetings: - Brewing with Osmanthus — 2031-03-04 14:40–15:40 (UTC+8) · Hall B [3] - Living Soil — 2031-03-05 10:00–10:30 (UTC+8) · Greenhouse [4] - Conversation in the greenhouse — 2031-05-06 [5]",
		},
		{"by mode, a name alone", "Reed Lee", "people", "**李小紅 (Reed Lee)** 1 session or meeting: - Brewing with Osmanthus — 2031-03-04 14:40–15:40 (UTC+8) · Hall B [1][2]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, err := ask(bot.Question{Text: tt.question, Mode: tt.mode})
			if err != nil || a.Kind != bot.KindCard || len(a.People) != 1 {
				t.Fatalf("%+v, %v", a, err)
			}
			if diff := cmp.Diff(tt.want, strings.Join(strings.Fields(a.Text), " ")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if len(a.Citations) == 0 || !strings.Contains(a.Text, "[1]") {
				t.Errorf("no sources: %+v", a.Citations)
			}
			raw, err := json.Marshal(a)
			if err != nil || !strings.Contains(string(raw), `"people":[{"names":[`) {
				t.Errorf("as JSON: %s, %v", raw, err)
			}
		})
	}
}

// A document that is gone answers nothing from the next question on.
func TestRowsGoWithTheirDocument(t *testing.T) {
	t.Parallel()
	s := garden(t)
	ask := asking(t, s, time.Date(2031, 7, 1, 0, 0, 0, 0, time.UTC))
	question := bot.Question{Text: "Where is “Living Soil”?"}
	if a, err := ask(question); err != nil || a.Kind != bot.KindAnswer {
		t.Fatalf("%+v, %v", a, err)
	}
	if _, err := s.Remove(t.Context(), "", []string{"soil.md"}); err != nil {
		t.Fatal(err)
	}
	if a, err := ask(question); err != nil || a.Kind != bot.KindNotFound {
		t.Errorf("after it was pruned: %+v, %v", a, err)
	}
}
