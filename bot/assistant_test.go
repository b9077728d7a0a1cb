package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"osmanthus/prompts"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// ignoreTimings leaves out what an answer took, in time and tokens.
var ignoreTimings = cmpopts.IgnoreFields(Answer{}, "Timings", "Usage")

func cite(n int, passage, document int64, title string, l lang.Lang, quote, url string) Citation {
	return Citation{N: n, Passage: passage, Document: document, Title: title, Source: "doc" + string(rune('0'+document)) + ".md", Lang: l, Heading: "H", Quote: quote, URL: url}
}

var hallCitation = cite(1, 11, 1, "Report", lang.English, "The seminar took place in the Garden Hall.", "/d/1?v=101&from=10&to=52#s")

func TestAskQuotes(t *testing.T) {
	t.Parallel()
	const hall = "> The seminar took place in the Garden Hall. [1]"
	for _, tt := range []struct {
		name     string
		searcher *corpusSearcher
		question Question
		want     Answer
	}{
		{
			"English from English", seminar(), Question{Text: "Where did the seminar take place in the hall?"},
			Answer{Lang: lang.English, Text: "The documents say:\n\n" + hall, Citations: []Citation{hallCitation}},
		},
		{
			"Chinese from English", seminar(), Question{Text: "研讨会举行"},
			Answer{Lang: lang.Chinese, Text: "资料中是这样写的（原文为英文）：\n\n" + hall, Citations: []Citation{hallCitation}},
		},
		{
			"English from Chinese, two sentences as one", seminar(), Question{Text: "Who moderated the round table?"},
			Answer{
				Lang: lang.English, Text: "The documents say this; the original is in Chinese:\n\n> 圆桌讨论由主办方主持。圆桌讨论于十点结束。 [1]",
				Citations: []Citation{cite(1, 21, 2, "议程", lang.Chinese, "圆桌讨论由主办方主持。圆桌讨论于十点结束。", "/d/2?v=102&from=30&to=93#s")},
			},
		},
		{
			"an answer asked for in the other language", seminar(), Question{Text: "Where did the seminar take place in the hall? Please answer in Chinese."},
			Answer{Lang: lang.Chinese, Text: "资料中是这样写的（原文为英文）：\n\n" + hall, Citations: []Citation{hallCitation}},
		},
		{
			"markup in a document is text", seminar(), Question{Text: "parking costs coins"},
			Answer{
				Lang: lang.English, Text: `The documents say:` + "\n\n" + `> Parking costs \<b>five\</b> coins, see \[map\](https\://evil.example/m). !\[x\](https\://evil.example/p) [1]`,
				Citations: []Citation{cite(1, 31, 3, "Evil [notes](https://evil.example)", lang.English, "Parking costs <b>five</b> coins, see [map](https://evil.example/m). ![x](https://evil.example/p)", "/d/3?v=103&from=7&to=103#s")},
			},
		},
		{
			"without the embedder", func() *corpusSearcher { s := seminar(); s.degraded = []string{retrieval.ArmDense}; return s }(),
			Question{Text: "研讨会举行"},
			Answer{
				Lang: lang.Chinese, Text: "资料中是这样写的（原文为英文）：\n\n" + hall, Citations: []Citation{hallCitation},
				Notice: "语义检索暂时不可用，以下内容仅按字词查找得出。",
			},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.want.ID, tt.want.Kind, tt.want.GeneratedBy = "id-1", KindAnswer, GeneratedByQuotes
			got, err := newAssistant(t, Config{Searcher: tt.searcher}).Ask(t.Context(), tt.question, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(tt.want, got, ignoreTimings); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			for _, c := range got.Citations {
				if !strings.Contains(allText(tt.searcher), c.Quote) {
					t.Errorf("%q is not verbatim", c.Quote)
				}
			}
		})
	}
}

func allText(s *corpusSearcher) string {
	var b strings.Builder
	for _, h := range s.hits {
		b.WriteString(h.Text + "\n")
	}
	return b.String()
}

func TestAskRefuses(t *testing.T) {
	t.Parallel()
	near := []Nearest{
		{Document: 1, Title: "Report", Lang: lang.English, URL: "/d/1?v=101&from=10&to=101#s"},
		{Document: 2, Title: "议程", Lang: lang.Chinese, URL: "/d/2?v=102&from=0&to=93#s"},
		{Document: 3, Title: "Evil [notes](https://evil.example)", Lang: lang.English, URL: "/d/3?v=103&from=7&to=103#s"},
	}
	const titles = "- Report\n- 议程\n- Evil \\[notes\\](https\\://evil.example)"
	for _, tt := range []struct {
		name     string
		contact  string
		question string
		want     Answer
		searches int
	}{
		{
			"English", "", "What is the orbital period of Jupiter?",
			Answer{Lang: lang.English, Nearest: near, Text: "This is not in the documents I have, so I would rather not guess.\n\nThese come closest:\n\n" + titles}, 1,
		},
		{
			"Chinese, with someone to ask", "desk@seminar.example", "木星的公转周期是多少？",
			Answer{Lang: lang.Chinese, Nearest: near, Text: "现有资料中没有相关内容，因此无法作答，也不便猜测。\n\n您可以咨询：desk\\@seminar.example\n\n内容最接近的资料：\n\n" + titles}, 1,
		},
		{"punctuation only", "", "？！", Answer{Lang: lang.Chinese, Text: "现有资料中没有相关内容，因此无法作答，也不便猜测。"}, 0},
		{"an emoji", "", "👩‍🔬", Answer{Lang: lang.English, Text: "This is not in the documents I have, so I would rather not guess."}, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			searcher, model := seminar(), &scriptedModel{pieces: []string{"never [1]"}}
			tt.want.ID, tt.want.Kind, tt.want.GeneratedBy, tt.want.Citations = "id-1", KindNotFound, GeneratedByQuotes, []Citation{}
			got, err := newAssistant(t, Config{Searcher: searcher, Model: model, Contact: tt.contact}).Ask(t.Context(), Question{Text: tt.question}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(tt.want, got, ignoreTimings); diff != "" {
				t.Errorf("answer (-want +got):\n%s", diff)
			}
			if len(model.prompts) > 0 || len(searcher.queries) != tt.searches {
				t.Errorf("%d calls of the model, %d searches", len(model.prompts), len(searcher.queries))
			}
		})
	}
}

func TestAskErrors(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		searcher  *corpusSearcher
		question  Question
		want      Code
		sentence  string
		retryable bool
	}{
		{"nothing", seminar(), Question{Text: " \u200b\n"}, CodeQuestionEmpty, "请输入您的问题。", false},
		{"too long", seminar(), Question{Text: strings.Repeat("桂", MaxQuestion+1)}, CodeQuestionLong, "问题共有 2001 个字符，请控制在 2000 个字符以内。", false},
		{"too long, emoji", seminar(), Question{Text: strings.Repeat("👩‍🔬", MaxQuestion+1)}, CodeQuestionLong, "问题共有 2001 个字符，请控制在 2000 个字符以内。", false},
		{"a language not spoken", seminar(), Question{Text: "Où ?", Lang: "fr"}, CodeLangUnknown, "回答语言只能是中文（zh）或英文（en）。", false},
		{"a mode there is not", seminar(), Question{Text: "x", Mode: "poem"}, CodeModeUnknown, "暂不支持这种回答方式。", false},
		{"database down", &corpusSearcher{searchErr: errDown}, Question{Text: "seminar"}, CodeSearchDown, "暂时无法检索资料，请稍后再试。", true},
		{"database down at the quotes", func() *corpusSearcher { s := seminar(); s.quotesErr = errDown; return s }(), Question{Text: "seminar"}, CodeSearchDown, "暂时无法检索资料，请稍后再试。", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a := newAssistant(t, Config{Searcher: tt.searcher})
			_, err := a.Ask(t.Context(), tt.question, nil)
			got := FailureOf(err, a.config.Catalog.For(lang.Chinese))
			if diff := gocmp.Diff(Failure{tt.want, tt.sentence, tt.retryable}, got); diff != "" {
				t.Errorf("failure (-want +got):\n%s", diff)
			}
		})
	}
	if got := FailureOf(errDown, newAssistant(t, Config{}).config.Catalog.For(lang.English)); got.Code != CodeInternal || strings.Contains(got.Message, "refused") {
		t.Errorf("an unknown error: %+v", got)
	}
}

func TestLongestQuestionIsAllowed(t *testing.T) {
	t.Parallel()
	for _, unit := range []string{"桂", "國", "a", "é", "👩‍🔬"} {
		if _, err := newAssistant(t, Config{}).Ask(t.Context(), Question{Text: strings.Repeat(unit, MaxQuestion)}, nil); err != nil {
			t.Errorf("%d times %q: %v", MaxQuestion, unit, err)
		}
	}
}

func TestAudience(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		set  []retrieval.Audience
		want []retrieval.Audience
	}{
		{"none named", nil, []retrieval.Audience{retrieval.Public}},
		{"staff", []retrieval.Audience{retrieval.Public, retrieval.Staff}, []retrieval.Audience{retrieval.Public, retrieval.Staff}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := seminar()
			a := newAssistant(t, Config{Searcher: s})
			if _, err := a.Ask(t.Context(), Question{Text: "seminar", Event: "e", Audiences: tt.set}, nil); err != nil {
				t.Fatal(err)
			}
			want := []retrieval.Query{{Text: "seminar", Lang: lang.English, Limit: searchedHits, Filter: retrieval.Filter{Event: "e", Audiences: tt.want}}}
			if diff := gocmp.Diff(want, s.queries, cmpopts.IgnoreFields(retrieval.Filter{}, "Now")); diff != "" {
				t.Errorf("query (-want +got):\n%s", diff)
			}
			if s.queries[0].Filter.Now.IsZero() {
				t.Error("the query has no time")
			}
		})
	}
}

// One line an answer, with figures and without words.
func TestLogAndRecord(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	var records []Record
	answers := &memoryAnswers{err: errDown}
	a := newAssistant(t, Config{
		Model: &scriptedModel{pieces: []string{"In the Garden Hall [1][7]."}}, Answers: answers,
		Log: slog.New(slog.NewTextHandler(&log, nil)), Observe: func(r Record) { records = append(records, r) },
	})
	got, err := a.Ask(t.Context(), Question{Text: "Where did the seminar take place?"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := []Record{{ID: "id-1", Lang: lang.English, Kind: KindAnswer, GeneratedBy: "scripted", Hits: 3, Citations: 1, Dropped: 1, Timings: got.Timings}}
	if diff := gocmp.Diff(want, records); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
	if got.Timings.EmbedMS != 3 || got.Timings.SearchMS != 5 || got.Timings.FirstTokenMS < 1 || got.Timings.TotalMS < got.Timings.FirstTokenMS {
		t.Errorf("timings %+v", got.Timings)
	}
	raw, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]string{"id-1|Where did the seminar take place?|en|answer|" + string(raw)}, answers.saved); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
	for _, word := range []string{"Garden", "take place", prompts.NotFound} {
		if strings.Contains(log.String(), word) {
			t.Errorf("the log tells %q:\n%s", word, log.String())
		}
	}
	if !strings.Contains(log.String(), "answer not kept") || strings.Count(log.String(), "msg=answered") != 1 {
		t.Errorf("log:\n%s", log.String())
	}
}

func TestStopped(t *testing.T) {
	t.Parallel()
	t.Run("the asker goes", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		model := &scriptedModel{pieces: []string{"In the Garden Hall [1]."}, before: cancel, err: context.Canceled}
		got, err := newAssistant(t, Config{Model: model}).Ask(ctx, Question{Text: "Where did the seminar take place?"}, nil)
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeStopped || got.Text != "In the Garden Hall [1]." {
			t.Errorf("error %v, text %q", err, got.Text)
		}
	})
	t.Run("the listener fails", func(t *testing.T) {
		t.Parallel()
		broken := errors.New("broken pipe")
		_, err := newAssistant(t, Config{}).Ask(t.Context(), Question{Text: "seminar"}, func(Event) error { return broken })
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeStopped || !errors.Is(err, broken) {
			t.Errorf("error %v", err)
		}
	})
}

// Answers in two languages at once do not mix.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	a := newAssistant(t, Config{Model: &scriptedModel{pieces: []string{"Yes ", "[1", "]."}}})
	var wg sync.WaitGroup
	for i := range 16 {
		q, notFound := Question{Text: "What is the orbital period of Jupiter?"}, "This is not"
		if i%2 == 1 {
			q, notFound = Question{Text: "木星的公转周期是多少？"}, "现有资料"
		}
		wg.Go(func() {
			for range 20 {
				got, err := a.Ask(t.Context(), q, nil)
				if err != nil || !strings.HasPrefix(got.Text, notFound) {
					t.Errorf("%q, %v", got.Text, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	whole := newAssistant(t, Config{}).config
	for name, broken := range map[string]func(*Config){
		"no searcher":            func(c *Config) { c.Searcher = nil },
		"no catalogue":           func(c *Config) { c.Catalog = nil },
		"a model but no prompts": func(c *Config) { c.Model, c.Prompts = &scriptedModel{}, nil },
		"no clock":               func(c *Config) { c.Clock = nil },
		"no logger":              func(c *Config) { c.Log = nil },
	} {
		c := whole
		broken(&c)
		if _, err := New(c); err == nil {
			t.Errorf("%s, no error", name)
		}
	}
	if a, err := New(whole); err != nil || a == nil {
		t.Errorf("whole: %v", err)
	}
}
