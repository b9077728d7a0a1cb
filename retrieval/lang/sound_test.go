package lang_test

import (
	"slices"
	"testing"
	"unicode/utf8"

	"osmanthus/retrieval/lang"
)

// soundWords has the words of the texts below, in the format of CC-CEDICT.
const soundWords = `里 里 [li3] /lining/
博 博 [bo2] /extensive/
最初 最初 [zui4 chu1] /first; primary/
宣稱 宣称 [xuan1 cheng1] /to assert; to claim/
的 的 [de5] /of/
是 是 [shi4] /to be/
哪個 哪个 [na3 ge4] /which/
國家 国家 [guo2 jia1] /country/
貝 贝 [bei4] /shellfish/
克 克 [ke4] /gram/
漢 汉 [han4] /man/
姆 姆 [mu3] /governess/
參加 参加 [can1 jia1] /to take part in/
了 了 [le5] /particle/
研討會 研讨会 [yan2 tao3 hui4] /seminar/
在 在 [zai4] /at/
六 六 [liu4] /six/
樓 楼 [lou2] /floor/
舉行 举行 [ju3 xing2] /to hold/
杰克遜 杰克逊 [Jie2 ke4 xun4] /Jackson (name)/
維 维 [wei2] /to preserve/
爾 尔 [er3] /thus/
`

func soundDictionary(t testing.TB) *lang.Dictionary {
	t.Helper()
	d, err := open(t, build(t, soundWords))
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestSoundAlike(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		han, latin string
		alike      bool
	}{
		{"杰克逊维尔", "Jacksonville", true},
		{"胡格诺", "Huguenot", true},
		{"里博", "Ribault", true},
		{"约塞米蒂", "Yosemite", true},
		{"甘地", "Gandhi", true},
		{"路德", "Luther", true},
		{"貝克漢姆", "Beckham", true},
		{"弗雷斯诺", "Fresno", true},
		{"科罗拉多", "Colorado", true},
		{"卡罗来纳", "Colorado", false},
		{"杰克逊", "Johnson", false},
		{"特斯拉", "Teller", false},
		{"曼宁", "Miami", false},
		{"匹兹堡", "Patriots", false},
		{"", "Luther", false},
		{"路德", "", false},
	} {
		t.Run(tt.han+" "+tt.latin, func(t *testing.T) {
			t.Parallel()
			if got := lang.SoundAlike(lang.HanSound(tt.han), lang.LatinSound(tt.latin)); (got >= lang.SameSound) != tt.alike {
				t.Errorf("%s and %s: %.2f, alike should be %v", lang.HanSound(tt.han), lang.LatinSound(tt.latin), got, tt.alike)
			}
		})
	}
}

func TestForeignSounds(t *testing.T) {
	t.Parallel()
	d := soundDictionary(t)
	for _, tt := range []struct {
		name, text, latin string
		found             bool
	}{
		{"a name that is in no dictionary", "里博最初宣称的是哪个国家？", "Ribault", true},
		{"Traditional", "貝克漢姆參加了研討會。", "Beckham", true},
		{"a word that is itself a name, with more after it", "杰克逊维尔的国家", "Jacksonville", true},
		{"ordinary words", "研讨会在六楼举行。", "Yosemite", false},
		{"nothing", "", "Luther", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			latin := lang.LatinSound(tt.latin)
			found := slices.ContainsFunc(slices.Concat(d.ForeignSounds(tt.text)...), func(s string) bool { return lang.SoundAlike(s, latin) >= lang.SameSound })
			if found != tt.found {
				t.Errorf("%v for %s", d.ForeignSounds(tt.text), latin)
			}
		})
	}
	if got := (*lang.Dictionary)(nil).ForeignSounds("里博"); got != nil {
		t.Errorf("without a dictionary: %v", got)
	}
}

func FuzzSounds(f *testing.F) {
	f.Add("Jacksonville 杰克逊维尔")
	f.Add("José 𠮷田 ÅÄÖ")
	d := soundDictionary(f)
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range append(slices.Concat(d.ForeignSounds(text)...), lang.LatinSound(text), lang.HanSound(text)) {
			if !utf8.ValidString(s) {
				t.Fatalf("%q has the sound %q", text, s)
			}
			if alike := lang.SoundAlike(s, s); s != "" && alike < 0.999 {
				t.Fatalf("%q is like itself %.2f", s, alike)
			}
		}
	})
}
