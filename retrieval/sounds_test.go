package retrieval

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"osmanthus/retrieval/lang"
)

// soundWords has each character of the names below as a word of its own, in the format of CC-CEDICT.
const soundWords = `里 里 [li3] /lining/
博 博 [bo2] /extensive/
約 约 [yue1] /appointment/
塞 塞 [sai1] /cork/
米 米 [mi3] /rice/
蒂 蒂 [di4] /stem/
公路 公路 [gong1 lu4] /highway/
探險家 探险家 [tan4 xian3 jia1] /explorer/
`

func TestForeignNamesAreMetByTheirSound(t *testing.T) {
	t.Parallel()
	dict := dictionaryOf(t, soundWords)
	for _, tt := range []struct {
		name     string
		question string
		lang     lang.Lang
		passages []string // of the other language, but for the last
		met      []int
	}{
		{"English finds Chinese", "What did Ribault claim?", lang.English, []string{"探险家里博", "公路", "Ribault himself"}, []int{0}},
		{"Chinese finds English", "约塞米蒂公路在哪里？", lang.Chinese, []string{"The Yosemite Freeway", "Kearney Boulevard", "约塞米蒂公路"}, []int{0}},
		{"no name", "What did the explorer claim?", lang.English, []string{"探险家里博", "公路", "An explorer"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			hits := make([]Hit, len(tt.passages))
			for i, text := range tt.passages {
				hits[i] = Hit{Passage: Passage{ID: int64(i), Lang: tt.lang.Other(), Text: text}}
			}
			hits[len(hits)-1].Lang = tt.lang
			words := questionWords{mass: 4, queries: map[lang.Lang]lexicalQuery{tt.lang.Other(): {stats: FieldStats{Passages: 10}}}}
			newSoundQuery(dict, Query{Text: tt.question, Lang: tt.lang}).score(dict, tt.lang, words, hits)
			for i, h := range hits {
				met := slices.Contains(tt.met, i)
				if (h.Score > 0) != met || slices.Contains(h.Arms, ArmSound) != met {
					t.Errorf("%q scores %.2f with arms %v, met should be %v", h.Text, h.Score, h.Arms, met)
				}
			}
		})
	}
}

// dictionaryOf is a dictionary of words in the format of CC-CEDICT.
func dictionaryOf(t *testing.T, words string) *lang.Dictionary {
	t.Helper()
	var built bytes.Buffer
	if err := lang.BuildDictionary(strings.NewReader(words), &built); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "dictionary")
	if err := os.WriteFile(path, built.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	dict, err := lang.OpenDictionary(path)
	if err != nil {
		t.Fatal(err)
	}
	return dict
}
