package lang_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"osmanthus/retrieval/lang"
)

func TestClean(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in, want string
		flagged        bool
	}{
		{"plain English", "A seminar, 2023.\n\tOK", "A seminar, 2023.\n\tOK", false},
		{"plain Chinese", "研讨会，桂花厅。", "研讨会，桂花厅。", false},
		{"Traditional stays", "研討會", "研討會", false},
		{"full width stays", "ＡＢＣ１２３", "ＡＢＣ１２３", false},
		{"line ends", "a\r\nb\rc\vd\fe\u0085f\u2028g", "a\nb\nc\nd\ne\nf\ng", false},
		{"NUL and controls", "a\x00b\x1bc\x7fd", "abcd", false},
		{"bad bytes", "a\xffb", "a\uFFFDb", false},
		{"composed", "Ha\u030Cobo\u0301", "Hǎobó", false},
		{"byte-order mark", "\uFEFFtext", "text", false},
		{"soft hyphen", "semi\u00ADnar", "seminar", false},
		{"zero-width in a word", "se\u200Bmi\u200Cnar\u2060s", "seminars", true},
		{"zero-width joiner between letters", "a\u200Db", "ab", true},
		{"byte-order mark inside", "a\uFEFFb", "ab", true},
		{"bidi", "\u202Eabc\u202C \u2066d\u2069\u200F", "abc d", true},
		{"tags spell hidden words", "hi\U000E0069\U000E0067", "hi", true},
		{"variation selectors hide bytes", "a\uFE01\uFE0E\U000E0101", "a", true},
		{"ideographic variation", "葛\U000E0100城", "葛城", false},
		{"Hangul filler", "a\u3164b", "ab", true},
		{"emoji", "好的👍🏽！", "好的👍🏽！", false},
		{"emoji family", "👨\u200D👩\u200D👧", "👨\u200D👩\u200D👧", false},
		{"rainbow flag", "🏳\uFE0F\u200D🌈", "🏳\uFE0F\u200D🌈", false},
		{"red heart", "❤\uFE0F", "❤\uFE0F", false},
		{"keycap", "1\uFE0F\u20E3", "1\uFE0F\u20E3", false},
		{"text heart", "❤\uFE0E", "❤", false},
		{"joiner at the end", "👍\u200D", "👍", true},
		{"selector after a letter", "a\uFE0F", "a", true},
		{"empty", "", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, flagged := lang.CleanFlagged(tt.in)
			if got != tt.want || flagged != tt.flagged {
				t.Errorf("CleanFlagged(%q) = %q, %t; want %q, %t", tt.in, got, flagged, tt.want, tt.flagged)
			}
			if again := lang.Clean(got); again != got {
				t.Errorf("a second Clean made %q of %q", again, got)
			}
		})
	}
}

func TestFold(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"case", "YANG Haobo", "yang haobo"},
		{"full width", "ＲＡＧ：１２３", "rag:123"},
		{"Traditional", "資料庫檢索與向量", "资料库检索与向量"},
		{"Simplified", "资料库检索与向量", "资料库检索与向量"},
		{"mixed scripts", "ＹＡＮＧ 說「臺灣」", "yang 说「台湾」"},
		{"several targets take the first", "乾", "干"},
		{"kana stays", "ひらがな カタカナ", "ひらがな カタカナ"},
		{"half-width kana", "ｶﾀｶﾅ", "カタカナ"},
		{"other scripts", "Привет مرحبا 한국어", "привет مرحبا 한국어"},
		{"fraction", "6½", "6 1⁄2"},
		{"subscript and superscript", "H₂O m²", "h2o m 2"},
		{"circled", "见①", "见 1"},
		{"emoji lose their joiners", "👨\u200D👩 ❤\uFE0F", "👨👩 ❤"},
		{"ligature of many letters", "\uFDFA", norm.NFKC.String("\uFDFA")},
		{"compatibility ideograph", "\uF9DC", "隆"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := lang.Fold(tt.in)
			if got != tt.want {
				t.Errorf("Fold(%q) = %q, want %q", tt.in, got, tt.want)
			}
			if again := lang.Fold(got); again != got {
				t.Errorf("a second Fold made %q of %q", again, got)
			}
		})
	}
}

func TestSimplify(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, in, want string }{
		{"sentence", "誰主持圓桌論壇？", "谁主持圆桌论坛？"},
		{"nothing to do", "谁主持圆桌论坛？", "谁主持圆桌论坛？"},
		{"case and width stay", "Ｇ說ABC", "Ｇ说ABC"},
		{"no Han", "Straße", "Straße"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := lang.Simplify(tt.in); got != tt.want {
				t.Errorf("Simplify(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}

func TestTruncate(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		limit    int
		want     string
		count    int
	}{
		{"short", "seminar", 10, "seminar", 7},
		{"exact", "seminar", 7, "seminar", 7},
		{"cut", "seminar", 4, "semi…", 7},
		{"blank before the cut", "The seminar", 4, "The…", 11},
		{"Simplified", "数据治理研讨会", 4, "数据治理…", 7},
		{"Traditional", "數據治理研討會", 4, "數據治理…", 7},
		{"mixed", "AI研讨会ok", 3, "AI研…", 7},
		{"family is one", "👨\u200D👩\u200D👧好的", 1, "👨\u200D👩\u200D👧…", 3},
		{"accent stays with its letter", "e\u0301a\u0301", 1, "e\u0301…", 2},
		{"zero", "abc", 0, "…", 3},
		{"negative", "abc", -1, "…", 3},
		{"empty", "", 3, "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := lang.Truncate(tt.in, tt.limit); got != tt.want {
				t.Errorf("Truncate = %q, want %q", got, tt.want)
			}
			if got := lang.Graphemes(tt.in); got != tt.count {
				t.Errorf("Graphemes = %d, want %d", got, tt.count)
			}
		})
	}
}

func TestGraphemeFloor(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		n, want  int
	}{
		{"at a border", "研讨会", 6, 6},
		{"inside a character", "研讨会", 5, 3},
		{"the first is never cut", "研讨会", 1, 3},
		{"inside a family", "a👨\u200D👩b", 9, 1},
		{"past the end", "ab", 9, 2},
		{"empty", "", 3, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := lang.GraphemeFloor(tt.in, tt.n); got != tt.want {
				t.Errorf("GraphemeFloor = %d, want %d", got, tt.want)
			}
		})
	}
}

var hostile = []string{
	"", " ", "\n", "a", "研讨会在哪里举行？", "Where is it?", "9月16日至18日 上午九点", "a.m.", "U.S.", "2023-09-16", "3亿5000万",
	"three hundred and", "\u202E\u200D\uFE0F", "👨\u200D👩\u200D👧", "\xff\xfe", "1.2.3.4", "……", "（（（", "《谁？", "ﷺ", "½½", "İı", "e\u0301",
	strings.Repeat("一百", 40), strings.Repeat("a.", 50), strings.Repeat("1 and ", 30), "卡拉ok", "T恤", "杨浩勃", "\u1100\u1161", "9/16/", "3 p.m",
}

func FuzzClean(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := lang.Clean(s)
		if !utf8.ValidString(got) || !norm.NFC.IsNormalString(got) {
			t.Errorf("Clean(%q) = %q is not valid or not NFC", s, got)
		}
		if strings.ContainsAny(got, "\x00\r\u200B\u202E\u2066\uFEFF\U000E0041") {
			t.Errorf("Clean(%q) = %q holds what it should not", s, got)
		}
		again, flagged := lang.CleanFlagged(got)
		if again != got || flagged {
			t.Errorf("a second Clean of %q: %q, flagged %t", got, again, flagged)
		}
	})
}

func FuzzFold(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := lang.Fold(s)
		if !utf8.ValidString(got) || !norm.NFKC.IsNormalString(got) {
			t.Errorf("Fold(%q) = %q is not valid or not NFKC", s, got)
		}
		if again := lang.Fold(got); again != got {
			t.Errorf("a second Fold made %q of %q", again, got)
		}
	})
}
