package bot

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// A shelf is a few documents whole; longer sentences are more central.
type shelf struct {
	documents []retrieval.Document
	hits      []retrieval.Hit
	err       error
}

func (s *shelf) Documents(_ context.Context, f retrieval.Filter, after int64, limit int) ([]retrieval.Document, error) {
	var out []retrieval.Document
	for _, d := range s.documents {
		if d.ID > after && len(out) < limit && (f.Event == "" || d.Event == f.Event) {
			out = append(out, d)
		}
	}
	return out, s.err
}

func (s *shelf) Whole(_ context.Context, _ retrieval.Filter, documents []int64, limit int) ([]retrieval.Hit, error) {
	var out []retrieval.Hit
	for _, id := range documents {
		for _, h := range s.hits {
			if h.Document == id && len(out) < limit {
				out = append(out, h)
			}
		}
	}
	return out, s.err
}

func (s *shelf) Central(_ context.Context, hits []retrieval.Hit) ([]retrieval.Quote, error) {
	var out []retrieval.Quote
	for i, h := range hits {
		for _, span := range lang.Sentences(h.Text) {
			text := h.Text[span.Start:span.End]
			out = append(out, retrieval.Quote{Hit: i, Start: h.Start + span.Start, End: h.Start + span.End, Text: text, Score: float64(len(text))})
		}
	}
	return out, s.err
}

// quotedFacts quotes from the shelf and has no rows.
type quotedFacts struct {
	Rows
	shelf *shelf
}

func (f quotedFacts) Sessions(context.Context, retrieval.SessionQuery) ([]retrieval.Session, error) {
	return nil, nil
}

func (f quotedFacts) Known(context.Context, retrieval.Filter) (retrieval.Known, error) {
	return retrieval.Known{}, nil
}

func (f quotedFacts) Holding(context.Context, retrieval.Filter, []string, int) ([]retrieval.Passage, error) {
	return nil, nil
}

func (f quotedFacts) Quote(_ context.Context, _ retrieval.Filter, places []retrieval.Place) ([]retrieval.Hit, error) {
	var out []retrieval.Hit
	for _, p := range places {
		for _, h := range f.shelf.hits {
			if h.Version == p.Version && h.Start <= p.Start && p.End <= h.End {
				h.Text, h.Start, h.End = h.Text[p.Start-h.Start:p.End-h.Start], p.Start, p.End
				out = append(out, h)
			}
		}
	}
	return out, nil
}

// library is a transcript, its Chinese version, a report, and a plan for staff.
func library() *shelf {
	s := &shelf{}
	add := func(id int64, l lang.Lang, title, event, parallel string, audience retrieval.Audience, turns ...string) {
		s.documents = append(s.documents, retrieval.Document{
			ID: id, Source: fmt.Sprintf("doc%d.md", id), Event: event, Audience: audience, Version: id + 100, Title: title, Lang: l, Parallel: parallel, Passages: len(turns) / 2,
		})
		at := 0
		for i := 0; i+1 < len(turns); i += 2 {
			h := passage(id*10+int64(i/2), id, l, title, turns[i+1], at)
			h.Heading, h.Access.Audience = turns[i], audience
			s.hits = append(s.hits, h)
			at = h.End + 2
		}
	}
	add(1, lang.English, "Round table on open data", "harvest", "", retrieval.Public,
		"Round table › **Ann Miller:**", "Open data needs people who look after it every day. We began in 2021 with 12 data sets.",
		"Round table › **LI Na:**", "Schools asked us for maps before anybody else did. Maps were used by 40 classes.")
	add(2, lang.Chinese, "开放数据圆桌讨论", "harvest", "doc1.md", retrieval.Public,
		"圆桌 › 李娜：", "学校最先向我们要地图，四十个班级都用过这些地图。开放数据需要每天有人维护。")
	add(3, lang.English, "Report on village libraries", "", "", retrieval.Public,
		"Loans", "Every library counts its loans once a month and sends the list by phone.")
	add(4, lang.English, "Plan for staff", "harvest", "", retrieval.Staff,
		"Plan", "The canary-9 plan is known to the staff alone and to nobody else.")
	return s
}

func newSummarist(t *testing.T, s *shelf, c Config) *Assistant {
	t.Helper()
	c.Documents, c.Weigher, c.Facts = s, s, quotedFacts{shelf: s}
	c.Searcher = &corpusSearcher{hits: s.hits}
	return newAssistant(t, c)
}

var citedNumber = regexp.MustCompile(`\[(\d+)\]`)

// checkSummary holds for every summary: each quotation is in its document, each number has its citation, and nothing
// for staff is in it.
func checkSummary(t *testing.T, s *shelf, a Answer) {
	t.Helper()
	if a.Kind != KindSummary || a.Coverage == nil {
		t.Fatalf("no summary: %+v", a)
	}
	if strings.Contains(fmt.Sprintf("%+v", a), "canary") {
		t.Errorf("another audience's text: %+v", a)
	}
	for _, c := range a.Citations {
		if !slices.ContainsFunc(s.hits, func(h retrieval.Hit) bool { return h.Document == c.Document && strings.Contains(h.Text, c.Quote) }) {
			t.Errorf("not verbatim: %q", c.Quote)
		}
	}
	seen := map[string]bool{}
	for _, m := range citedNumber.FindAllStringSubmatch(a.Text, -1) {
		seen[m[1]] = true
	}
	if len(seen) != len(a.Citations) || len(seen) == 0 {
		t.Errorf("%d numbers, %d citations: %s", len(seen), len(a.Citations), a.Text)
	}
}

func titlesOf(of []Covered) (out []string) {
	for _, c := range of {
		out = append(out, c.Title+c.Reason)
	}
	return out
}

func TestSummaryOfSentences(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name          string
		question      Question
		used, skipped []string
		holds         []string
	}{
		{"an event, English", Question{Text: "Summarise the seminar by speaker", Event: "harvest"},
			[]string{"Round table on open data"}, []string{"开放数据圆桌讨论parallel"}, []string{"**Ann Miller**: Open data", "**LI Na**: Schools", "A summary in the documents’ own sentences, within about 250 words:", "Left out because the version in your language is covered: “开放数据圆桌讨论”."}},
		{"an event, Chinese", Question{Text: "给我一份300字的摘要", Event: "harvest"},
			[]string{"开放数据圆桌讨论"}, []string{"Round table on open dataparallel"}, []string{"约 300 字以内：", "**李娜**：学校最先", "涵盖文件：《开放数据圆桌讨论》。"}},
		{"a title, asked in the other language", Question{Text: "请总结“Report on village libraries”"},
			[]string{"Report on village libraries"}, nil, []string{"（原文为英文）", "Every library counts its loans"}},
		{"all", Question{Text: "Summarise everything"},
			[]string{"Round table on open data", "Report on village libraries"}, []string{"开放数据圆桌讨论parallel"}, []string{"**Report on village libraries**", "counts its loans", "Open data needs"}},
		{"found by search", Question{Text: "Key points of library loans by phone"},
			[]string{"Report on village libraries"}, nil, []string{"counts its loans"}},
		{"by the mode alone", Question{Text: "what happened?", Mode: modeSummary, Event: "harvest"},
			[]string{"Round table on open data"}, []string{"开放数据圆桌讨论parallel"}, []string{"Open data needs"}},
		{"a document chosen, whatever is written", Question{Text: "Summary of “Round table on open data”", Mode: modeSummary, Choice: &SummaryChoice{Documents: []int64{3}, Length: 120}},
			[]string{"Report on village libraries"}, nil, []string{"within about 120 words", "counts its loans"}},
		{"two of them, and one that may not be seen", Question{Text: "Summary", Lang: lang.Chinese, Mode: modeSummary, Choice: &SummaryChoice{Documents: []int64{4, 3, 2}}},
			[]string{"开放数据圆桌讨论", "Report on village libraries"}, nil, []string{"约 400 字以内"}},
		{"all of an event chosen, though a title is written", Question{Text: "Summary of “Report on village libraries”", Mode: modeSummary, Event: "harvest", Choice: &SummaryChoice{Length: 5000}},
			[]string{"Round table on open data"}, []string{"开放数据圆桌讨论parallel"}, []string{"within about 1000 words"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := library()
			got, err := newSummarist(t, s, Config{}).Ask(t.Context(), tt.question, nil)
			if err != nil {
				t.Fatal(err)
			}
			checkSummary(t, s, got)
			if !slices.Equal(titlesOf(got.Coverage.Used), tt.used) || !slices.Equal(titlesOf(got.Coverage.Skipped), tt.skipped) {
				t.Errorf("covers %q, skips %q", titlesOf(got.Coverage.Used), titlesOf(got.Coverage.Skipped))
			}
			for _, want := range tt.holds {
				if !strings.Contains(got.Text, want) {
					t.Errorf("no %q in %s", want, got.Text)
				}
			}
		})
	}
}

// Of many documents a summary names some and counts the others.
func TestSummaryNamesSomeOfMany(t *testing.T) {
	t.Parallel()
	s := library()
	for id := int64(10); id < 70; id++ {
		s.documents = append(s.documents, retrieval.Document{ID: id, Event: "many", Audience: retrieval.Public, Version: id, Title: fmt.Sprintf("Title %d", id), Lang: lang.English, Passages: 1})
		h := passage(id, id, lang.English, fmt.Sprintf("Title %d", id), fmt.Sprintf("Garden %d has %d beds of soil and a pond.", id, id), 0)
		h.Version = id
		s.hits = append(s.hits, h)
	}
	got, err := newSummarist(t, s, Config{}).Ask(t.Context(), Question{Text: "Summary", Mode: modeSummary, Event: "many", Choice: &SummaryChoice{}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if used, skipped := len(got.Coverage.Used), len(got.Coverage.Skipped); used != maxCovered || skipped != 60-maxCovered {
		t.Errorf("covers %d, skips %d", used, skipped)
	}
	for _, want := range []string{fmt.Sprintf("“Title %d” and %d others.", 10+toldTitles-1, maxCovered-toldTitles), fmt.Sprintf("and %d others.", 60-maxCovered-toldTitles)} {
		if !strings.Contains(got.Text, want) {
			t.Errorf("no %q in %s", want, got.Text)
		}
	}
}

func TestSummaryOfNothing(t *testing.T) {
	t.Parallel()
	for _, q := range []Question{
		{Text: "Summarise the history of cheese making in Gouda"},
		{Text: "Summary", Mode: modeSummary, Choice: &SummaryChoice{Documents: []int64{4}}}, // for staff
		{Text: "Summary", Mode: modeSummary, Choice: &SummaryChoice{Documents: []int64{99}}},
	} {
		got, err := newSummarist(t, library(), Config{}).Ask(t.Context(), q, nil)
		if err != nil || got.Kind != KindNotFound || got.Coverage != nil {
			t.Errorf("%+v: %+v, %v", q, got, err)
		}
	}
	_, err := newAssistant(t, Config{}).Ask(t.Context(), Question{Text: "x", Mode: modeSummary}, nil)
	if e := (*Error)(nil); !errors.As(err, &e) || e.Code != CodeModeUnknown {
		t.Errorf("%v", err)
	}
	broken := library()
	broken.err = errDown
	_, err = newSummarist(t, broken, Config{}).Ask(t.Context(), Question{Text: "Summarise everything"}, nil)
	if e := (*Error)(nil); !errors.As(err, &e) || e.Code != CodeSearchDown {
		t.Errorf("%v", err)
	}
}

// TestSummaryLength: what is taken stays within the length asked for, whatever there is.
func TestSummaryLength(t *testing.T) {
	t.Parallel()
	var s shelf
	for id := int64(1); id <= 3; id++ {
		var b strings.Builder
		for i := range 60 {
			mark := string([]rune{'a' + rune(id), 'a' + rune(i/26), 'a' + rune(i%26), 'k'})
			fmt.Fprintf(&b, "Some%s greet%s village%s before river%s flooded%s bridge%s. ", mark, mark, mark, mark, mark, mark)
		}
		text := strings.TrimSpace(b.String())
		s.documents = append(s.documents, retrieval.Document{ID: id, Source: fmt.Sprint(id), Audience: retrieval.Public, Version: id + 100, Title: fmt.Sprint("T", id), Lang: lang.English, Passages: 1})
		s.hits = append(s.hits, passage(id, id, lang.English, fmt.Sprint("T", id), text, 0))
	}
	for _, length := range []int{100, 300, 1000} {
		got, err := newSummarist(t, &s, Config{}).Ask(t.Context(), Question{Text: fmt.Sprintf("Summarise everything in %d words", length)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		words := 0
		for _, c := range got.Citations {
			words += units(c.Quote)
		}
		if words > length || words < length*3/4 {
			t.Errorf("asked for %d words, got %d", length, words)
		}
		documents := map[int64]bool{}
		for _, c := range got.Citations {
			documents[c.Document] = true
		}
		if len(documents) != 3 {
			t.Errorf("only documents %v", documents)
		}
	}
}

// A noting model takes notes and writes a summary of them.
func TestSummaryByModel(t *testing.T) {
	t.Parallel()
	notes := func(p Prompt) bool { return strings.Contains(p.User, "<passage-") }
	for _, tt := range []struct {
		name       string
		question   string
		reply      func(Prompt) string
		by, text   string
		fallback   string
		unfaithful int
	}{
		{"written", "Summarise “Round table on open data”", func(p Prompt) string {
			if notes(p) {
				return "Ann Miller began in 2021 with 12 data sets [1]. Maps were used by 40 classes [2]."
			}
			return "It began in 2021 with 12 data sets [1]. LI Na told of maps in 40 classes [2][9]."
		}, "scripted", "It began in 2021 with 12 data sets [1]. LI Na told of maps in 40 classes [2].", "", 0},
		{"written in Chinese", "总结“Round table on open data”", func(p Prompt) string {
			if notes(p) {
				return "2021年从12个数据集起步[1]。"
			}
			return "李娜说四十个班级用过地图[2]。2021年从12个数据集起步[1]。"
		}, "scripted", "李娜说四十个班级用过地图[1]。2021年从12个数据集起步[2]。", "", 0},
		{"with a figure that stands nowhere", "Summarise “Round table on open data”", func(p Prompt) string {
			return "It began in 2021 with 12 data sets [1]. Maps were used by 90 classes [2]."
		}, "scripted", "It began in 2021 with 12 data sets [1].", "", 2},
		{"with nothing that stands", "Summarise “Round table on open data”", func(p Prompt) string {
			return "Maps were used by 90 classes [2]."
		}, GeneratedByQuotes, "A summary in the documents’ own sentences", FallbackUnfaithful, 2},
		{"repeating its instructions", "Summarise “Round table on open data”", echo, GeneratedByQuotes, "A summary in the documents’ own sentences", FallbackLeak, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := library()
			var record Record
			model := &scriptedModel{reply: tt.reply}
			got, err := newSummarist(t, s, Config{Model: model, Observe: func(r Record) { record = r }}).Ask(t.Context(), Question{Text: tt.question}, nil)
			if err != nil {
				t.Fatal(err)
			}
			checkSummary(t, s, got)
			if got.GeneratedBy != tt.by || !strings.HasPrefix(got.Text, tt.text) || record.Fallback != tt.fallback || record.Unfaithful != tt.unfaithful {
				t.Errorf("by %q: %s\n%+v", got.GeneratedBy, got.Text, record)
			}
			for _, h := range s.hits {
				if h.Document == 1 && !slices.ContainsFunc(model.prompts, func(p Prompt) bool { return strings.Contains(p.User, h.Text) }) {
					t.Errorf("never read: %q", h.Text)
				}
			}
		})
	}
}

// TestSummaryModelDown: without notes the sentences are notes, and without the last step they are the summary.
func TestSummaryModelDown(t *testing.T) {
	t.Parallel()
	s := library()
	got, err := newSummarist(t, s, Config{Model: &scriptedModel{err: errDown}}).Ask(t.Context(), Question{Text: "Summarise “Round table on open data”"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	checkSummary(t, s, got)
	if got.GeneratedBy != GeneratedByQuotes || got.Notice != failedNotice {
		t.Errorf("%+v", got)
	}
}
