package lang

import (
	"slices"
	"testing"
)

func TestMatchNames(t *testing.T) {
	t.Parallel()
	const same, different = "one person", "two people"
	for _, c := range []struct {
		name, a, b string
		want       any // a score, or same or different
	}{
		{"Traditional", "杨浩勃", "楊浩勃", 1.0},
		{"case and width", "YANG Haobo", "ｙａｎｇ　ｈａｏｂｏ", 1.0},
		{"tone marks", "Yáng Hàobó", "Yang Haobo", 1.0},
		{"accents", "José Saramago", "Jose Saramago", 1.0},
		{"form of address", "王一凡女士", "王一凡", 1.0},
		{"nothing", "", "王一凡", 0.0},
		{"punctuation only", "——", "王一凡", 0.0},
		{"given name first", "Haobo Yang", "Yang Haobo", same},
		{"pinyin and hanzi", "Haobo Yang", "杨浩勃", same},
		{"Wade-Giles and pinyin", "Yang Hao-po", "Yang Haobo", same},
		{"Cantonese and hanzi", "Tsang Yam-kuen", "曾荫权", same},
		{"Cantonese and pinyin", "Tsang Yam-kuen", "Zeng Yinquan", same},
		{"LV and Lü", "LV Zhenya", "Lü Zhenya", same},
		{"LYU and 吕", "LYU Zhenya", "吕振亚", same},
		{"compound surname", "Au-yeung Chun-wah", "欧阳震华", same},
		{"both scripts against one", "徐湘芸 Hsu Hsiang-Yun", "徐湘芸", same},
		{"both scripts against the other", "徐湘芸 Hsu Hsiang-Yun", "Xu Xiangyun", same},
		{"an English name beside it", "蘇奕幃 Alex Su", "Alex Su", same},
		{"in brackets", "杨浩勃（YANG Haobo）", "Yang Haobo", same},
		{"handle", "ｔｉｃｏ８８６１２", "tico88612", 1.0},
		{"handle apart", "JackyLin", "Jacky Lin", same},
		{"two letters changed about", "Yang Hoabo", "杨浩勃", same},
		{"shorter given name", "杨浩", "杨浩勃", different},
		{"shorter in pinyin", "Wang Wei", "Wang Wenwei", different},
		{"homophones", "王一凡", "王益凡", different},
		{"the characters decide", "王一凡 Wang Yifan", "王益凡 Wang Yifan", different},
		{"initials", "J. Smith", "John Smith", different},
		{"surname and title", "王教授", "王老师", different},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := MatchNames(c.a, c.b)
			switch want := c.want.(type) {
			case float64:
				if got != want {
					t.Errorf("MatchNames(%q, %q) is %v, want %v", c.a, c.b, got, want)
				}
			case string:
				if (got >= SameName) != (want == same) {
					t.Errorf("MatchNames(%q, %q) is %.3f, want %s", c.a, c.b, got, want)
				}
			}
			shared := slices.ContainsFunc(NameKeys(c.a), func(k string) bool { return slices.Contains(NameKeys(c.b), k) })
			if got >= SameName && !shared {
				t.Errorf("%q and %q share no key: %v, %v", c.a, c.b, NameKeys(c.a), NameKeys(c.b))
			}
		})
	}
}

func TestRomanise(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, pinyin, wade string }{
		{"杨浩勃", "Yang Haobo", "Yang Hao-po"},
		{"欧阳自远", "Ouyang Ziyuan", "Ou-yang Tzu-yuan"},
		{"吕秀莲", "Lü Xiulian", "Lu Hsiu-lien"},
		{"曾国藩", "Zeng Guofan", "Tseng Kuo-fan"},
		{"崔世安", "Cui Shi'an", "Tsui Shih-an"},
		{"葉劉淑儀", "Ye Liu Shuyi", "Yeh Liu Shu-i"},
		{"解振华先生", "Xie Zhenhua", "Hsieh Chen-hua"},
		{"Ken Thompson", "", ""},
		{"王", "", ""},
		{"", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Pinyin(c.name); got != c.pinyin {
				t.Errorf("Pinyin is %q, want %q", got, c.pinyin)
			}
			if got := WadeGiles(c.name); got != c.wade {
				t.Errorf("WadeGiles is %q, want %q", got, c.wade)
			}
		})
	}
}

// TestWade checks the rules against the syllables at which Wade-Giles departs from pinyin.
func TestWade(t *testing.T) {
	t.Parallel()
	for p, want := range map[string]string{
		"zhi": "chih", "chi": "chih", "shi": "shih", "ri": "jih", "zi": "tzu", "ci": "tzu", "si": "ssu", "er": "erh", "ge": "ko", "he": "ho",
		"de": "te", "zhe": "che", "guo": "kuo", "duo": "to", "shuo": "shuo", "jie": "chieh", "xue": "hsueh", "lve": "lueh", "tian": "tien",
		"yan": "yen", "dong": "tung", "xiong": "hsiung", "gui": "kuei", "hui": "hui", "you": "yu", "ye": "yeh", "bo": "po", "ran": "jan",
		"qu": "chu", "zhuang": "chuang", "nv": "nu", "an": "an", "yi": "i",
	} {
		if got := wade(p); got != want {
			t.Errorf("wade(%q) is %q, want %q", p, got, want)
		}
	}
}

func TestReadings(t *testing.T) {
	t.Parallel()
	if n := len(charTable().of); n < 15000 {
		t.Errorf("%d characters have a reading", n)
	}
	for _, c := range []struct {
		r         rune
		pinyin    string
		cantonese string
	}{{'杨', "yang", "joeng"}, {'曾', "zeng", "zang"}, {'吕', "lv", "leoi"}, {'郭', "guo", "gwok"}} {
		if !slices.Contains(pinyinOf(c.r), c.pinyin) || !slices.Contains(cantoneseOf(c.r), c.cantonese) {
			t.Errorf("%c is read %v and %v, want %s and %s", c.r, pinyinOf(c.r), cantoneseOf(c.r), c.pinyin, c.cantonese)
		}
	}
	if got := pinyinOf('a'); got != nil {
		t.Errorf("a is read %v", got)
	}
}

// TestHints: a text that holds a person's name holds a hint of every other writing of it.
func TestHints(t *testing.T) {
	t.Parallel()
	const needed = 0.99
	rows, met := tsv(t, "names.tsv", 3), 0
	for _, r := range rows {
		for _, pair := range [][2]string{{r[0], r[1]}, {r[1], r[0]}} {
			hints := ParseName(pair[0]).Hints()
			if slices.ContainsFunc(Words(pair[1]), func(w string) bool { return hints[w] }) {
				met++
			} else {
				t.Logf("%s has no hint of %s", pair[1], pair[0])
			}
		}
	}
	if share := float64(met) / float64(2*len(rows)); share < needed {
		t.Errorf("a hint in %.3f of the pairs, want %.2f", share, needed)
	}
	if hints := ParseName("Haobo Yang").Hints(); hints["王"] || hints["smith"] || !hints["杨"] {
		t.Errorf("hints of Haobo Yang: %v", hints)
	}
}
