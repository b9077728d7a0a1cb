package lang

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

//go:generate go run readings_gen.go Unihan_Readings.txt

// readingsTable says how characters are read; readings_gen.go says how it is made and what its lines are.
//
//go:embed readings.txt
var readingsTable string

// Most readings of one character that are kept. The most any has is eight, and names use none of the last.
const (
	maxPinyin    = 5
	maxCantonese = 3
)

// A charReadings holds places in readings.syllables, the usual reading first; 0 is none.
type charReadings struct {
	pinyin    [maxPinyin]uint16
	cantonese [maxCantonese]uint16
}

type readings struct {
	syllables []string
	of        map[rune]charReadings
}

// charTable is read once from the embedded table.
var charTable = sync.OnceValue(func() *readings {
	t := &readings{syllables: []string{""}, of: make(map[rune]charReadings, 21000)}
	for line := range strings.SplitSeq(readingsTable, "\n") {
		if line == "" {
			continue
		}
		end := strings.IndexFunc(line[1:], func(r rune) bool { return r >= utf8.RuneSelf }) + 1
		if end <= 0 {
			continue
		}
		id := uint16(len(t.syllables))
		t.syllables = append(t.syllables, line[1:end])
		for _, r := range line[end:] {
			c := t.of[r]
			at := c.pinyin[:]
			if line[0] == 'c' {
				at = c.cantonese[:]
			}
			if free := slices.Index(at, 0); free >= 0 {
				at[free] = id
			}
			t.of[r] = c
		}
	}
	return t
})

// pinyinOf returns the toneless pinyin readings of a Simplified character, the usual one first, ü as v.
func pinyinOf(r rune) []string {
	t := charTable()
	c := t.of[r]
	return t.names(c.pinyin[:])
}

// cantoneseOf returns the toneless Jyutping readings of a Simplified character.
func cantoneseOf(r rune) []string {
	t := charTable()
	c := t.of[r]
	return t.names(c.cantonese[:])
}

func (t *readings) names(ids []uint16) []string {
	var out []string
	for _, id := range ids {
		if id != 0 {
			out = append(out, t.syllables[id])
		}
	}
	return out
}

// pinyinSyllables returns every syllable of pinyin there is, each once.
func pinyinSyllables() []string { return syllablesOf("12") }

// jyutpingSyllables returns every syllable of Jyutping there is.
func jyutpingSyllables() []string { return syllablesOf("c") }

func syllablesOf(kinds string) []string {
	seen := map[string]bool{}
	for line := range strings.SplitSeq(readingsTable, "\n") {
		if line == "" || !strings.Contains(kinds, line[:1]) {
			continue
		}
		if end := strings.IndexFunc(line[1:], func(r rune) bool { return r >= utf8.RuneSelf }); end > 0 {
			seen[line[1:end+1]] = true
		}
	}
	out := make([]string, 0, len(seen))
	for s := range seen {
		out = append(out, s)
	}
	slices.Sort(out)
	return out
}

// crossReadings holds each pair of a pinyin and a Jyutping syllable, with a space between, that one character has.
var crossReadings = sync.OnceValue(func() map[string]bool {
	pairs := make(map[string]bool, 8000)
	t := charTable()
	for _, c := range t.of {
		if c.pinyin[0] == 0 {
			continue
		}
		for _, j := range c.cantonese {
			if j != 0 {
				pairs[t.syllables[c.pinyin[0]]+" "+t.syllables[j]] = true
			}
		}
	}
	return pairs
})
