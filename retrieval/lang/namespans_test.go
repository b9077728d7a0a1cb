package lang

import (
	"slices"
	"testing"
	"unicode/utf8"
)

func TestNamesIn(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"English question", "who is LV Zhenya", []string{"LV Zhenya"}},
		{"Chinese question", "黄浩明现在是什么职务？", []string{"黄浩明"}},
		{"surname and title", "What did 王教授 say", []string{"王教授"}},
		{"title and capitals", "Ms. WANG Yifan, Vice Chairman of the foundation", []string{"Ms. WANG Yifan"}},
		{"who in Chinese", "谁是王一凡？", []string{"王一凡"}},
		{"Traditional", "楊浩勃是誰", []string{"楊浩勃"}},
		{"lower case", "who is yang haobo", []string{"yang haobo"}},
		{"with a conjunction", "和王一凡老师、李明教授一起", []string{"王一凡老师", "李明教授"}},
		{"both scripts", "杨浩勃（YANG Haobo）", []string{"杨浩勃", "YANG Haobo"}},
		{"no spaces", "徐湘芸 Hsu Hsiang-Yun", []string{"徐湘芸", "Hsu Hsiang-Yun"}},
		{"compound surname", "请介绍一下欧阳自远院士", []string{"欧阳自远院士"}},
		{"role before", "基金会主席王一凡表示感谢", []string{"王一凡"}},
		{"Wade-Giles", "The speech by Tsai Ing-wen in Taipei.", []string{"Tsai Ing-wen"}},
		{"Hong Kong", "We met Donald Tsang Yam-kuen yesterday.", []string{"Donald Tsang Yam-kuen"}},
		{"Western", "Linus Torvalds wrote it.", []string{"Linus Torvalds"}},
		{"particle", "It was Guido van Rossum who said so.", []string{"Guido van Rossum"}},
		{"initials", "as J. R. R. Tolkien wrote", []string{"J. R. R. Tolkien"}},
		{"title alone", "What does Prof. Wang think?", []string{"Prof. Wang"}},
		{"handle asked for", "Who is Kiang?", []string{"Kiang"}},
		{"handle with digits", "Which session(s) does tico88612 give at COSCUP 2024?", []string{"tico88612"}},
		{"handle in Chinese", "ckhung 是誰？請根據資料介紹這位講者。", []string{"ckhung"}},
		{"nickname in Chinese", "海苔熊 是誰？", []string{"海苔熊"}},
		{"foreign in Han", "总统弗拉基米尔·普京表示", []string{"弗拉基米尔·普京"}},
		{"list", "出席者：王一凡，李明，欧阳修。", []string{"王一凡", "李明", "欧阳修"}},
		{"labelled", "- Speakers / 講者: Kiang, 竹子\n", []string{"Kiang", "竹子"}},
		{"a people", "曾经的胡格诺派移民去了哪里？", nil},
		{"a term of office", "谁是东德的最后一任总理?", nil},
		{"a sentence in a frame", "Who is Kearney Boulevard named after?", []string{"Kearney Boulevard"}},
		{"a number in a frame", "What is the name of the quarterback who was 38 in Super Bowl XXXIII?", []string{"Super Bowl XXXIII"}},
		{"nobody", "什么是可持续发展？", nil},
		{"nobody in English", "What is the budget for 2024?", nil},
		{"no person's role", "Who is the chairman of the board?", nil},
		{"he", "他是谁？", nil},
		{"heading", "ANNUAL REPORT 2023", nil},
		{"empty", "", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, s := range NamesIn(c.text) {
				got = append(got, c.text[s.Start:s.End])
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("NamesIn(%q) is %q, want %q", c.text, got, c.want)
			}
		})
	}
}

func FuzzNamesIn(f *testing.F) {
	for _, s := range []string{"who is LV Zhenya", "黄浩明现在是什么职务？", "楊·浩勃", "Mr. J. R. R. O'", "\xff王\xfe一凡", "·", "𠮷野家", "王一凡\u0301"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		end := 0
		for _, s := range NamesIn(text) {
			if s.Start < end || s.End <= s.Start || s.End > len(text) {
				t.Fatalf("span %v of %q is out of order or place", s, text)
			}
			if !utf8.RuneStart(text[s.Start]) || s.End < len(text) && !utf8.RuneStart(text[s.End]) {
				if utf8.ValidString(text) {
					t.Fatalf("span %v of %q cuts a character", s, text)
				}
			}
			if s.Sure < leastSure || s.Sure > 1 {
				t.Fatalf("span %v of %q is sure by %v", s, text, s.Sure)
			}
			end = s.End
		}
	})
}

func FuzzNameKeys(f *testing.F) {
	for _, r := range tsv(f, "names.tsv", 3)[:40] {
		f.Add(r[0], r[1])
	}
	f.Add("\xff", "·")
	f.Fuzz(func(t *testing.T, a, b string) {
		for _, key := range NameKeys(a) {
			if len(key) < 3 || key[1] != ':' || !utf8.ValidString(key) {
				t.Fatalf("key %q of %q", key, a)
			}
		}
		if n := len(NameKeys(a)); n > maxNameKeys {
			t.Fatalf("%d keys of %q", n, a)
		}
		score := MatchNames(a, b)
		if score < 0 || score > 1 {
			t.Fatalf("MatchNames(%q, %q) is %v", a, b, score)
		}
		if back := MatchNames(b, a); back != score {
			t.Fatalf("MatchNames(%q, %q) is %v, the other way round %v", a, b, score, back)
		}
	})
}
