package bot

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// told is a passage of document 1.
func toldPassage(heading, text string) retrieval.Hit {
	return retrieval.Hit{Passage: retrieval.Passage{ID: 1, Document: 1, Version: 2, Title: "Notes", Heading: heading, Text: text, Start: 100, End: 100 + len(text), Lang: lang.DetectText(text)}}
}

func TestQuotations(t *testing.T) {
	t.Parallel()
	type said struct {
		Speaker, Text string
		Reported      bool
	}
	people := []retrieval.Person{
		{RowSource: retrieval.RowSource{Document: 1}, Name: retrieval.Value{Text: "Ann Sample"}},
		{RowSource: retrieval.RowSource{Document: 1}, Name: retrieval.Value{Text: "样例安"}},
		{RowSource: retrieval.RowSource{Document: 9}, Name: retrieval.Value{Text: "Reed Lee"}},
	}
	meetings := []retrieval.Session{{RowSource: retrieval.RowSource{Document: 1}, Kind: retrieval.Meeting, Speakers: []retrieval.Speaker{{Value: retrieval.Value{Text: "Gardener"}}, {Value: retrieval.Value{Text: "Host"}}}}}
	for _, tt := range []struct {
		name, heading, text string
		want                []said
	}{
		{"before a verb", "", "“Every worm in the soil digs for us,” said Ann Sample at noon.", []said{{"Ann Sample", "“Every worm in the soil digs for us,”", false}}},
		{"behind a verb", "", "Ann Sample said, \"Rain belongs in the garden and nowhere else.\"", []said{{"Ann Sample", "\"Rain belongs in the garden and nowhere else.\"", false}}},
		{"in Chinese", "", "样例安表示：“雨水应当留在花园里，不该流进管道。”", []said{{"样例安", "“雨水应当留在花园里，不该流进管道。”", false}}},
		{"in corner brackets", "", "样例安說：「雨水應當留在花園裡，不該流進管道。」", []said{{"样例安", "「雨水應當留在花園裡，不該流進管道。」", false}}},
		{"a title between marks", "", "Ann Sample opened the seminar “Living Soil for Every Garden in Town” in the hall.", nil},
		{"a term between marks", "", "Ann Sample said that “living soil” is a term.", []said{{"Ann Sample", "Ann Sample said that “living soil” is a term.", true}}},
		{"reported", "", "Ann Sample pointed out that rain is lost. The hall was full.", []said{{"Ann Sample", "Ann Sample pointed out that rain is lost.", true}}},
		{"no words of anybody's", "", "Ann Sample closed with comments on what had been said.", nil},
		{"somebody of another document", "", "Reed Lee said that rain is lost.", nil},
		{"a name within a longer word", "", "The Ann Samples said that rain is lost.", nil},
		{"a turn of a transcript", "Talk › Reed Lee:", "Yes. We have kept the rain in the garden for seven years and never watered once since. Why should we?", []said{
			{"Reed Lee", "We have kept the rain in the garden for seven years and never watered once since.", false},
		}},
		{"turns within a passage", "", "A talk.\n\nHost: Why?\n\nGardener: Yes. We have kept the rain in the garden for seven years and never watered once.\n\nNote: this line is nobody's, however long it may be, as its label is no speaker.", []said{
			{"Gardener", "We have kept the rain in the garden for seven years and never watered once.", false},
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := toldPassage(tt.heading, tt.text)
			var got []said
			for _, q := range Quotations([]retrieval.Hit{h}, people, meetings, 10) {
				got = append(got, said{q.Speaker, q.Quote, q.Reported})
				if want := readerURL(h.Passage, h.Start+strings.Index(tt.text, q.Quote), h.Start+strings.Index(tt.text, q.Quote)+len(q.Quote)); q.URL != want {
					t.Errorf("leads to %s, want %s", q.URL, want)
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	t.Run("no more than are wanted, nor of one speaker", func(t *testing.T) {
		t.Parallel()
		h := toldPassage("", "Ann Sample said that one. Ann Sample said that two. Ann Sample said that three. 样例安表示一。样例安表示二。")
		if n := len(Quotations([]retrieval.Hit{h}, people, nil, 3)); n != 3 {
			t.Errorf("%d, want 3", n)
		}
		if n := len(Quotations([]retrieval.Hit{h}, people, nil, 9)); n != 2*quotationsEach {
			t.Errorf("%d, want %d", n, 2*quotationsEach)
		}
	})
}

func TestNumberAndHeldSentences(t *testing.T) {
	t.Parallel()
	text := "The 10th seminar was held in the Old Mill. It took place at 9:30 on May 16, 2031.\nMore than 120 people came. 研讨会于2031年5月16日在老磨坊召开。共有三百人参加。\nSize: 400\nThree guests spoke."
	hits := []retrieval.Hit{toldPassage("", text)}
	texts := func(of []Citation) []string {
		var out []string
		for _, c := range of {
			out = append(out, c.Quote)
		}
		return out
	}
	if diff := cmp.Diff([]string{"More than 120 people came.", "共有三百人参加。"}, texts(NumberSentences(hits, 9))); diff != "" {
		t.Errorf("numbers (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"The 10th seminar was held in the Old Mill.", "研讨会于2031年5月16日在老磨坊召开。"}, texts(HeldSentences(hits, 9))); diff != "" {
		t.Errorf("places (-want +got):\n%s", diff)
	}
	if n := len(NumberSentences(hits, 1)); n != 1 {
		t.Errorf("%d numbers, want 1", n)
	}
}
