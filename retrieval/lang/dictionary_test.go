package lang_test

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"osmanthus/retrieval/lang"
)

// sample is written in the format of CC-CEDICT.
const sample = `# a comment
#! version=1
數據 数据 [shu4 ju4] /data/figures/CL:個|个[ge4]/
治理 治理 [zhi4 li3] /to govern; to administer/governance/
數據治理 数据治理 [shu4 ju4 zhi4 li3] /data governance/
研討會 研讨会 [yan2 tao3 hui4] /discussion forum; seminar/
楊 杨 [Yang2] /surname Yang/
楊 杨 [yang2] /poplar/
浩 浩 [hao4] /grand/vast (water)/
勃 勃 [bo2] /flourishing; prosperous/
呂 吕 [Lu:3] /surname Lü/
振 振 [zhen4] /to shake/
亞 亚 [Ya4] /Asia/
的 的 [de5] /of; ~'s (possessive particle)/
什麼 什么 [shen2 me5] /what?/something/
群 群 [qun2] /group; crowd/
羣 群 [qun2] /variant of 群[qun2]/
北京大學 北京大学 [Bei3 jing1 Da4 xue2] /Peking University/
北大 北大 [Bei3 Da4] /abbr. for 北京大學|北京大学[Bei3 jing1 Da4 xue2]/
卡拉OK 卡拉OK [ka3 la1 O K] /karaoke (loanword)/
T恤 T恤 [T xu4] /T-shirt (loanword)/
銀行 银行 [yin2 hang2] /bank/
行 行 [hang2] /row; line/
行 行 [xing2] /to walk; to go/
不三不四九個字的詞語 不三不四九个字的词语 [bu4] /too long a headword to keep/
數據大學 数据大学 [shu4 ju4 da4 xue2] /a place that is explained at far too great a length/
大學 大学 [da4 xue2] /university; college/
馬化騰 马化腾 [Ma3 Hua4 teng2] /a person who is explained at far too great a length/
一 一 [yi1] /one/
凡 凡 [fan2] /ordinary/
長釋義 长释义 [chang2 shi4 yi4] /a gloss that explains at far too great a length/
not an entry at all
`

func build(t testing.TB, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := lang.BuildDictionary(strings.NewReader(text), &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func open(t testing.TB, data []byte) (*lang.Dictionary, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dictionary")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return lang.OpenDictionary(path)
}

func sampleDictionary(t testing.TB) *lang.Dictionary {
	t.Helper()
	d, err := open(t, build(t, sample))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDictionaryGroups(t *testing.T) {
	t.Parallel()
	d := sampleDictionary(t)
	tests := []struct {
		name, in string
		want     [][]string
	}{
		{"empty", "", nil},
		{"longest match", "数据治理研讨会", [][]string{{"data", "govern"}, {"discuss", "forum", "seminar"}}},
		{"Traditional", "數據治理研討會", [][]string{{"data", "govern"}, {"discuss", "forum", "seminar"}}},
		{"parts", "治理数据", [][]string{{"govern", "administ"}, {"data", "figur"}}},
		{"grammar gives none", "什么的数据", [][]string{{"data", "figur"}}},
		{"name", "杨浩勃", [][]string{{"yang", "poplar"}, {"haobo"}}},
		{"name in Traditional", "楊浩勃", [][]string{{"yang", "poplar"}, {"haobo"}}},
		{"name with a function character", "杨一凡", [][]string{{"yang", "poplar"}, {"yifan"}}},
		{"person with an entry", "馬化騰", [][]string{{"ma"}, {"huateng"}}},
		{"surname with ü", "吕振亚", [][]string{{"lu", "lv", "lyu"}, {"zhenya"}}},
		{"variant", "羣", [][]string{{"group", "crowd"}}},
		{"abbreviation", "北大", [][]string{{"peke", "univers"}}},
		{"Latin words and numbers", "GPT-4 的数据", [][]string{{"data", "figur"}, {"gpt"}, {"4"}}},
		{"headword with Latin", "卡拉OK和T恤", [][]string{{"karaok"}, {"shirt"}, {"ok"}, {"t"}}},
		{"no part of a Latin word", "MAT恤", [][]string{{"mat"}}},
		{"date", "九月十六日", [][]string{{"d:09-16"}, {"m:09"}}},
		{"date in digits", "9月16日", [][]string{{"9"}, {"16"}, {"d:09-16"}, {"m:09"}}},
		{"long gloss", "长释义", nil},
		{"long gloss, known parts", "数据大学", [][]string{{"data", "figur"}, {"univers", "colleg"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, d.Groups(tt.in)); diff != "" {
				t.Errorf("Groups (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDictionaryWords(t *testing.T) {
	t.Parallel()
	d := sampleDictionary(t)
	if diff := cmp.Diff([]string{"数据治理", "的", "研讨会", "杨", "卡拉ok"}, d.Cut("數據治理的研討會？鼂楊x卡拉OK")); diff != "" {
		t.Errorf("Cut (-want +got):\n%s", diff)
	}
	for word, want := range map[string][]string{
		"研討會": {"yan2 tao3 hui4"}, "行": {"hang2", "xing2"}, "吕": {"lv3"}, "杨": {"yang2"}, "没有": nil, "": nil,
	} {
		if diff := cmp.Diff(want, d.Readings(word)); diff != "" {
			t.Errorf("Readings(%s) (-want +got):\n%s", word, diff)
		}
	}
}

func TestNilDictionary(t *testing.T) {
	t.Parallel()
	var d *lang.Dictionary
	want := [][]string{{"gpt"}, {"4"}, {"9"}, {"16"}, {"d:09-16"}, {"m:09"}}
	if diff := cmp.Diff(want, d.Groups("GPT-4 在9月16日")); diff != "" {
		t.Errorf("Groups (-want +got):\n%s", diff)
	}
	if d.Cut("研讨会") != nil || d.Readings("研讨会") != nil || d.Len() != 0 {
		t.Error("a nil dictionary knows words")
	}
}

// TestGroupsMeetTerms holds the two sides together: what Groups makes of Chinese must be found by Terms of English.
func TestGroupsMeetTerms(t *testing.T) {
	t.Parallel()
	d := sampleDictionary(t)
	tests := []struct{ name, zh, en string }{
		{"word", "治理", "governance"},
		{"name", "杨浩勃", "YANG Haobo"},
		{"name turned round", "楊浩勃", "Haobo Yang"},
		{"passport spelling", "吕振亚", "LV Zhenya"},
		{"day", "九月十六日", "September 16th"},
		{"time", "上午九点", "9 a.m."},
		{"number", "一百二十人", "120 people"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			terms := lang.Terms(tt.en)
			met := 0
			for _, g := range d.Groups(tt.zh) {
				if slices.ContainsFunc(g, func(s string) bool { return slices.Contains(terms, s) }) {
					met++
				}
			}
			if met == 0 {
				t.Errorf("%q and %q have nothing in common", d.Groups(tt.zh), terms)
			}
		})
	}
}

func TestDamagedDictionary(t *testing.T) {
	t.Parallel()
	good := build(t, sample)
	flipped := bytes.Clone(good)
	flipped[len(flipped)/2] ^= 1
	other := bytes.Clone(good)
	other[7] = '1'
	for name, data := range map[string][]byte{
		"empty": nil, "cut": good[:len(good)-1], "longer": append(bytes.Clone(good), 0), "one bit": flipped, "another version": other, "text": []byte(sample),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if d, err := open(t, data); !errors.Is(err, lang.ErrDictionary) || d != nil {
				t.Errorf("OpenDictionary = %v, %v; want ErrDictionary", d, err)
			}
		})
	}
	if _, err := lang.OpenDictionary(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file gives %v", err)
	}
	if err := lang.BuildDictionary(strings.NewReader("nothing\n"), &bytes.Buffer{}); err == nil {
		t.Error("a text without entries was taken")
	}
}

func TestBuildDictionaryIsReproducible(t *testing.T) {
	t.Parallel()
	if !bytes.Equal(build(t, sample), build(t, sample)) {
		t.Error("the same text gave two different files")
	}
}

func FuzzGroups(f *testing.F) {
	d := sampleDictionary(f)
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, g := range d.Groups(s) {
			if len(g) == 0 || slices.Contains(g, "") {
				t.Errorf("Groups(%q) holds %q", s, g)
			}
		}
		folded := strings.Join(d.Cut(s), "")
		if len(folded) > 4*len(lang.Fold(s)) {
			t.Errorf("Cut(%q) gives more than there is: %q", s, folded)
		}
	})
}

func TestSeminarDictionaryAddsOurOwnWords(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := lang.BuildSeminarDictionary(strings.NewReader("主持 主持 [zhu3 chi2] /to preside over/"), &out); err != nil {
		t.Fatal(err)
	}
	d, err := open(t, out.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	groups := d.Groups("誰主持了圓桌討論？")
	for _, want := range []string{"presid", "moder", "roundtabl"} {
		if !slices.ContainsFunc(groups, func(g []string) bool { return slices.Contains(g, want) }) {
			t.Errorf("no %s in %q", want, groups)
		}
	}
}
