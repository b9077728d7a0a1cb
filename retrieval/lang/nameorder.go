package lang

import (
	"cmp"
	_ "embed" // the table
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

//go:generate go run strokes_gen.go Unihan_IRGSources.txt

// strokesTable says how many strokes characters have; strokes_gen.go says how it is made.
//
//go:embed strokes.txt
var strokesTable string

// firstStroked and lastStroked bound the block that the table is of.
const firstStroked, lastStroked = 0x4E00, 0x9FFF

var strokeCounts = sync.OnceValue(func() []uint8 {
	counts := make([]uint8, lastStroked-firstStroked+1)
	for line := range strings.SplitSeq(strokesTable, "\n") {
		end := strings.IndexFunc(line, func(r rune) bool { return r >= utf8.RuneSelf })
		if end <= 0 {
			continue
		}
		n, err := strconv.ParseUint(line[:end], 10, 8)
		if err != nil {
			continue
		}
		for _, r := range line[end:] {
			counts[r-firstStroked] = uint8(n)
		}
	}
	return counts
})

// Strokes returns how many strokes a Chinese character is written with; 0 where it is not known.
func Strokes(r rune) int {
	if r < firstStroked || r > lastStroked {
		return 0
	}
	return int(strokeCounts()[r-firstStroked])
}

// OtherLetter is NameOrder.Letter of a name that begins with none of A to Z.
const OtherLetter = "#"

// A NameOrder is the place of a person's name in an index.
type NameOrder struct {
	Letter  string // A to Z: how the surname begins in pinyin, or the name as it is written; OtherLetter
	Pinyin  string // surname first, lower case, syllables parted by spaces
	Strokes int    // of the first character; 0 of a name without Chinese characters
	han     []rune
}

// OrderOf finds where a name stands. A Chinese name goes by its surname, whichever way it is written: 曾 is read as a
// surname is (zeng), and of a Latin name what stands in capitals or is a Chinese surname leads.
func OrderOf(name string) NameOrder {
	var o NameOrder
	for _, r := range name {
		if isHan(r) {
			o.han = append(o.han, r)
		}
	}
	parsed := ParseName(name)
	if len(o.han) > 0 {
		o.Strokes = Strokes(o.han[0])
		o.Pinyin = hanOrder(parsed)
	} else {
		o.Pinyin = latinOrder(name, parsed)
	}
	o.Letter = OtherLetter
	if o.Pinyin != "" && o.Pinyin[0] >= 'a' && o.Pinyin[0] <= 'z' {
		o.Letter = strings.ToUpper(o.Pinyin[:1])
	}
	return o
}

// hanOrder is the pinyin of the name's first form in Han, with the surname read as a surname.
func hanOrder(p PersonName) string {
	for _, f := range p.forms {
		if len(f.han) == 0 {
			continue
		}
		var syllables []string
		for _, of := range surnameReadingsOf(f.han[:f.surname]) {
			syllables = append(syllables, of[:min(1, len(of))]...)
		}
		for _, r := range f.han[f.surname:] {
			of := pinyinOf(r)
			syllables = append(syllables, of[:min(1, len(of))]...)
		}
		return strings.Join(syllables, " ")
	}
	return ""
}

// latinOrder puts what is a surname first.
func latinOrder(name string, p PersonName) string {
	var surname, rest []string
	for _, field := range strings.Fields(name) {
		word := strings.TrimFunc(field, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
		letters := strings.Map(func(r rune) rune {
			if unicode.IsLetter(r) {
				return r
			}
			return -1
		}, word)
		if len(letters) > 1 && strings.ToUpper(letters) == letters && strings.ToLower(letters) != letters {
			surname = append(surname, Fold(unaccent(word)))
		} else if word != "" {
			rest = append(rest, Fold(unaccent(word)))
		}
	}
	if len(surname) > 0 && len(rest) > 0 {
		return strings.Join(append(surname, rest...), " ")
	}
	for _, f := range p.forms {
		for _, reading := range f.chineseReadings() {
			if reading.listed() {
				return strings.Join(append(slices.Clone(reading.surname), reading.given...), " ")
			}
		}
	}
	return strings.Join(append(surname, rest...), " ")
}

// ByPinyin compares two names the way a reader of pinyin looks for them; what begins with no letter comes last.
func (o NameOrder) ByPinyin(p NameOrder) int {
	return cmp.Or(cmp.Compare(btoi(o.Letter == OtherLetter), btoi(p.Letter == OtherLetter)), cmp.Compare(o.Pinyin, p.Pinyin), slices.Compare(o.han, p.han))
}

// ByStrokes compares two names by the strokes of their first characters, then by the order of the radicals, and so on
// with the next; names without Chinese characters come last, by their letters.
func (o NameOrder) ByStrokes(p NameOrder) int {
	if c := cmp.Compare(btoi(len(o.han) == 0), btoi(len(p.han) == 0)); c != 0 {
		return c
	}
	for i := range min(len(o.han), len(p.han)) {
		if c := cmp.Or(cmp.Compare(Strokes(o.han[i]), Strokes(p.han[i])), cmp.Compare(o.han[i], p.han[i])); c != 0 {
			return c
		}
	}
	return cmp.Or(cmp.Compare(len(o.han), len(p.han)), cmp.Compare(o.Pinyin, p.Pinyin))
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
