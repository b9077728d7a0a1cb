package lang_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"osmanthus/retrieval/lang"
)

func TestTerms(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     []string
	}{
		{"empty", "", []string{}},
		{"stems without stop words", "Who was speaking at the seminars?", []string{"speak", "seminar"}},
		{"repeats in order", "data on data", []string{"data", "data"}},
		{"possessive", "China's people’s don't", []string{"china", "peopl"}},
		{"apostrophe in a name", "O'Brien Xi’an", []string{"obrien", "xian"}},
		{"hyphens", "state-of-the-art", []string{"state", "art"}},
		{"initials", "the U.S. and U.S.A., Ph.D.", []string{"us", "usa", "phd"}},
		{"letters with digits", "GPT-4 GPT4", []string{"gpt", "4", "gpt4", "gpt", "4"}},
		{"accents", "Yáng Hàobó, café", []string{"yang", "haobo", "cafe"}},
		{"pairs of Han", "研讨会", []string{"研讨", "讨会"}},
		{"Traditional", "研討會", []string{"研讨", "讨会"}},
		{"one character", "鲸", []string{"鲸"}},
		{"runs do not join", "会，场", []string{"会", "场"}},
		{"mixed and full width", "ＲＡＧ是什么", []string{"rag", "是什", "什么"}},
		{"kana and Hangul", "カナタ 한국어", []string{"カナ", "ナタ", "한국", "국어"}},
		{"Cyrillic", "Привет мир", []string{"привет", "мир"}},
		{"emoji and marks", "👍 !!! ——", []string{}},
		{"thousands", "1,200 and 12,34", []string{"1200", "12", "34"}},
		{"decimal and version", "6.5 1.2.3", []string{"6.5", "1.2.3"}},
		{"date", "2023-09-16", []string{"2023", "09", "16", "d:2023-09-16", "d:09-16", "m:09", "y:2023"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, lang.Terms(tt.in)); diff != "" {
				t.Errorf("Terms (-want +got):\n%s", diff)
			}
		})
	}
}

// TestTermsShareForms gives several ways to write one thing; all must give the forms named.
func TestTermsShareForms(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		forms []string
		texts []string
	}{
		{"day", []string{"d:09-16", "m:09"}, []string{"九月十六日", "九月十六号", "9月16日", "９月１６日", "9 月 16 日", "September 16", "September 16th",
			"Sept. 16", "Sep 16", "16 September", "the 16th of September", "9月16", "9/16", "SEPTEMBER 16TH", "2023-09-16", "9月16日至18日", "September 16–18"}},
		{"date", []string{"d:2023-09-16", "d:09-16", "y:2023", "m:09"}, []string{"2023-09-16", "2023/9/16", "2023.9.16", "2023年9月16日", "二〇二三年九月十六日",
			"September 16, 2023", "Sept. 16th 2023", "16 September 2023", "16/9/2023", "2023 年 9 月 16 日（周六）", "2023-09-16T09:00"}},
		{"end of a range", []string{"d:09-18"}, []string{"9月16日至18日", "9月16-18日", "September 16-18", "16–18 September 2023", "9月16日和18日"}},
		{"month", []string{"d:2023-09", "y:2023", "m:09"}, []string{"2023年9月", "September 2023", "Sep. 2023", "二〇二三年九月"}},
		{"year", []string{"y:2023"}, []string{"2023年", "二零二三年", "2023年的报告"}},
		{"morning", []string{"t:09:00"}, []string{"上午九点", "上午9点", "9:00", "09:00", "9 a.m.", "9am", "9:00 AM", "上午 9:00", "早上九点整", "9点", "9 o'clock", "9時"}},
		{"afternoon", []string{"t:15:30"}, []string{"下午三点半", "下午3点30分", "3:30 p.m.", "15:30", "3.30pm", "十五时三十分", "下午3:30", "3:30"}},
		{"evening", []string{"t:20:15"}, []string{"晚上八点一刻", "8:15 pm", "20:15"}},
		{"noon", []string{"t:12:00"}, []string{"noon", "中午12点", "12:00", "正午", "12 p.m."}},
		{"weekday", []string{"w:6"}, []string{"Saturday", "星期六", "周六", "禮拜六"}},
		{"hundred and twenty", []string{"120"}, []string{"一百二十", "120", "１２０", "一百二", "one hundred and twenty", "壹佰贰拾"}},
		{"three hundred", []string{"300"}, []string{"三百", "300", "three hundred", "3百"}},
		{"myriads", []string{"25000"}, []string{"两万五", "兩萬五千", "2.5万", "25,000", "twenty-five thousand"}},
		{"hundreds of millions", []string{"350000000"}, []string{"3.5亿", "3亿5000万", "三亿五千万", "350 million", "0.35 billion"}},
		{"ordinal", []string{"3"}, []string{"第三届", "3rd", "third", "第3届"}},
		{"counted", []string{"5"}, []string{"五位嘉宾", "five guests", "5 guests"}},
		{"decimal", []string{"6.5"}, []string{"六点五", "6.5", "百分之六点五"}},
		{"tens", []string{"16"}, []string{"十六", "16th", "sixteen", "百分之十六"}},
		{"zero inside", []string{"2005"}, []string{"两千零五", "2005"}},
		{"decade", []string{"1990s"}, []string{"90年代", "二十世纪九十年代", "1990s", "the 90s", "1990年代"}},
	}
	for _, tt := range tests {
		for _, text := range tt.texts {
			t.Run(tt.name+"/"+text, func(t *testing.T) {
				t.Parallel()
				terms := lang.Terms(text)
				for _, form := range tt.forms {
					if !slices.Contains(terms, form) {
						t.Errorf("no %s among %q", form, terms)
					}
				}
			})
		}
	}
}

// TestTermsKeepApart names what must not come of a text.
func TestTermsKeepApart(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, not string }{
		{"a little is no time", "说一点", "t:01:00"},
		{"very is no number", "十分重要", "10"},
		{"three or four", "三四个", "34"},
		{"lone one", "one of them", "1"},
		{"a score is no time", "3:1", "t:03:01"},
		{"may alone", "it may rain", "m:05"},
		{"march alone", "they march on", "m:03"},
		{"a percentage is no day", "May 16% of them", "d:05-16"},
		{"ten years", "十年来", "y:10"},
		{"no thirteenth month", "2023-13-16", "d:2023-13-16"},
		{"morning is not afternoon", "上午三点", "t:15:00"},
		{"name of a place", "三亚", "3"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if terms := lang.Terms(tt.in); slices.Contains(terms, tt.not) {
				t.Errorf("%s among %q", tt.not, terms)
			}
		})
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	want := []string{"where", "is", "yang", "haobo", "研", "讨", "会", "6.5"}
	if diff := cmp.Diff(want, lang.Words("Where is Yáng Haobo’s 研討會 6.5?")); diff != "" {
		t.Errorf("Words (-want +got):\n%s", diff)
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     int // as multilingual-e5-small counts
		off      int
	}{
		{"empty", "", 0, 0},
		{"word", "seminar", 1, 1},
		{"English", "The round table on data governance was moderated by a professor from Beijing.", 16, 3},
		{"Chinese", "数据治理圆桌论坛由北京的一位教授主持，共有十二位嘉宾参加讨论。", 20, 4},
		{"Traditional", "資料治理圓桌論壇由北京的一位教授主持，共有十二位嘉賓參加討論。", 21, 4},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := lang.Tokens(tt.in); got < tt.want-tt.off || got > tt.want+tt.off {
				t.Errorf("Tokens = %d, want %d ± %d", got, tt.want, tt.off)
			}
		})
	}
}

func FuzzTerms(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		terms := lang.Terms(s)
		for _, term := range terms {
			if term == "" || !utf8.ValidString(term) || strings.ContainsAny(term, " \n\t\x00") {
				t.Errorf("Terms(%q) holds %q", s, term)
			}
		}
		if diff := cmp.Diff(terms, lang.Terms(lang.Fold(s))); diff != "" {
			t.Errorf("folding %q first changes the terms:\n%s", s, diff)
		}
		lang.HanShare(s)
		lang.Detect(s)
		if n := lang.Tokens(s); n < 0 || n > 4*len(s)+4 {
			t.Errorf("Tokens(%q) = %d", s, n)
		}
	})
}
