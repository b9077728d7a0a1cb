package lang

import (
	"slices"
	"strings"
	"sync"
)

// A spelling system is a way to write Chinese syllables in Latin letters.
type system byte

const (
	pinyinSystem    system = 1 << iota
	wadeSystem             // Wade-Giles without apostrophes and umlauts, as Taiwan's passports have it
	taiwanSystem           // Tongyong and MPS II, which Taiwan used beside it
	cantoneseSystem        // as Hong Kong's documents have it
)

const mandarinSystems = pinyinSystem | wadeSystem | taiwanSystem

// A spelt syllable is what a spelling may stand for: a syllable of pinyin, or of Jyutping where the system is Cantonese.
type spelt struct {
	syllable string
	systems  system
}

// spellings maps each Latin spelling of a syllable to what it may stand for. It is built once, by writing every syllable
// in every system.
var spellings = sync.OnceValue(func() map[string][]spelt {
	table := make(map[string][]spelt, 4000)
	add := func(spelling, syllable string, s system) {
		if spelling == "" {
			return
		}
		of := table[spelling]
		for i := range of {
			if of[i].syllable == syllable && (of[i].systems == cantoneseSystem) == (s == cantoneseSystem) {
				of[i].systems |= s
				return
			}
		}
		table[spelling] = append(of, spelt{syllable, s})
	}
	for _, p := range pinyinSyllables() {
		if !strings.ContainsAny(p, "aeiouv") {
			continue // interjections: m, ng
		}
		for _, s := range pinyinSpellings(p) {
			add(s, p, pinyinSystem)
		}
		for _, s := range wadeSpellings(p) {
			add(s, p, wadeSystem)
		}
		for _, s := range taiwanSpellings(p) {
			add(s, p, taiwanSystem)
		}
	}
	for _, j := range jyutpingSyllables() {
		for _, s := range hongKongSpellings(j) {
			add(s, j, cantoneseSystem)
		}
	}
	return table
})

// pinyinSpellings writes a syllable as people without ü on their keyboard do: lv gives lv, lu, lyu.
func pinyinSpellings(p string) []string {
	if !strings.Contains(p, "v") {
		return []string{p}
	}
	return []string{p, strings.Replace(p, "v", "u", 1), strings.Replace(p, "v", "yu", 1)}
}

// splitInitial cuts a syllable of pinyin into its initial, which may be empty, and its final.
func splitInitial(p string) (initial, final string) {
	for _, n := range []string{"zh", "ch", "sh"} {
		if strings.HasPrefix(p, n) {
			return n, p[2:]
		}
	}
	if p != "" && strings.Contains("bpmfdtnlgkhjqxrzcsyw", p[:1]) {
		return p[:1], p[1:]
	}
	return "", p
}

// wadeInitials are the initials that Wade-Giles writes otherwise, its apostrophes left out.
func wadeInitial(initial string) string {
	switch initial {
	case "b":
		return "p"
	case "d":
		return "t"
	case "g":
		return "k"
	case "j", "q", "zh":
		return "ch"
	case "x":
		return "hs"
	case "r":
		return "j"
	case "z", "c":
		return "ts"
	}
	return initial
}

// wade writes a syllable of pinyin in Wade-Giles without apostrophes and umlauts, the rules of Giles 1912 as the
// tables of the Library of Congress give them. zhang and chang both give chang.
func wade(p string) string {
	initial, final := splitInitial(p)
	w := wadeInitial(initial)
	switch final {
	case "i":
		switch initial {
		case "y":
			return "i"
		case "zh", "ch", "sh", "r":
			return w + "ih"
		case "z", "c":
			return "tzu"
		case "s":
			return "ssu"
		}
	case "er":
		return "erh"
	case "e":
		switch initial {
		case "g", "k", "h":
			return w + "o"
		case "y":
			return "yeh"
		}
	case "uo":
		switch initial {
		case "g", "k", "h", "sh":
			return w + "uo"
		}
		return w + "o"
	case "ie", "ue", "ve":
		return w + strings.Replace(final, "v", "u", 1) + "h"
	case "ian":
		return w + "ien"
	case "an":
		if initial == "y" {
			return "yen"
		}
	case "ong":
		return w + "ung"
	case "iong":
		return w + "iung"
	case "ui":
		if initial == "g" || initial == "k" {
			return w + "uei"
		}
	case "ou":
		if initial == "y" {
			return "yu"
		}
	}
	return w + strings.ReplaceAll(final, "v", "u")
}

// wadeSpellings are the Wade-Giles of a syllable and the slips from it that are common in passports.
func wadeSpellings(p string) []string {
	w := wade(p)
	initial, final := splitInitial(p)
	out := []string{w}
	switch w {
	case "ssu":
		out = append(out, "szu", "sze", "su")
	case "tzu":
		out = append(out, "tsu", "tze", "tz")
	}
	switch p {
	case "e":
		out = append(out, "eh")
	case "yi":
		out = append(out, "yi", "ih", "yih")
	case "ying", "yin":
		out = append(out, p[1:]) // Tsai Ing-wen
	case "you":
		out = append(out, "yiu", "yow")
	}
	if rest, ok := strings.CutSuffix(w, "h"); ok && final != "er" {
		out = append(out, rest)
	}
	if final == "ian" {
		out = append(out, wadeInitial(initial)+"ian")
	}
	if final == "ui" {
		out = append(out, wadeInitial(initial)+"ui", wadeInitial(initial)+"uei", wadeInitial(initial)+"wei")
	}
	if len(final) > 1 && final[0] == 'u' && strings.Contains("gkh", initial) && initial != "" {
		out = append(out, wadeInitial(initial)+"w"+final[1:]) // Kwang, Hwa
	}
	switch initial {
	case "x":
		out = append(out, "s"+w[2:], "sh"+w[2:])
	case "r":
		out = append(out, "r"+w[1:])
	}
	return out
}

// taiwanSpellings writes a syllable in Tongyong (2002) and in MPS II (1984).
func taiwanSpellings(p string) []string {
	initial, final := splitInitial(p)
	umlaut := final
	if strings.Contains("jqx", initial) && initial != "" && strings.HasPrefix(final, "u") {
		umlaut = "yu" + final[1:]
	}
	umlaut = strings.Replace(umlaut, "v", "yu", 1)
	tongyong := func(n, f string) string {
		switch {
		case f == "i" && slices.Contains([]string{"jh", "ch", "sh", "r", "z", "c", "s"}, n) && !strings.Contains("jqx", initial):
			return n + "ih"
		case f == "iu":
			return n + "iou"
		case f == "ui":
			return n + "uei"
		case n == "w" && f == "en":
			return "wun"
		case n == "w" && f == "eng":
			return "wong"
		case n == "f" && f == "eng":
			return "fong"
		case f == "iong":
			return n + "yong"
		}
		return n + f
	}
	t := initial
	switch initial {
	case "zh":
		t = "jh"
	case "q":
		t = "c"
	case "x":
		t = "s"
	}
	out := []string{tongyong(t, umlaut)}
	m, f := initial, umlaut
	switch initial {
	case "zh":
		m = "j"
	case "q":
		m = "ch"
	case "x":
		m = "sh"
	case "z":
		m = "tz"
	case "c":
		m = "ts"
	}
	if final == "i" {
		switch initial {
		case "zh":
			return append(out, "jr", "jy")
		case "ch", "sh":
			return append(out, initial+"r", initial+"y")
		case "z", "s":
			return append(out, m)
		case "c":
			return append(out, "tsz")
		}
	}
	switch f {
	case "iu":
		f = "iou"
	case "ui":
		f = "uei"
	case "iao":
		f = "iau"
	case "ao":
		f = "au"
	case "ong":
		f = "ung"
	case "iong":
		f = "iung"
	}
	return append(out, m+f)
}

// mandarinCode writes a syllable of pinyin so that all Mandarin spellings of a name meet: in Wade-Giles without
// apostrophes, which keeps fewer syllables apart than any other system (zhang and chang meet), and that is the price.
func mandarinCode(p string) string { return wade(p) }

// mandarinCodes returns the codes a spelling may have; none for one that is no Mandarin syllable.
func mandarinCodes(spelling string) []string {
	var out []string
	for _, s := range spellings()[spelling] {
		if s.systems&mandarinSystems == 0 {
			continue
		}
		if code := mandarinCode(s.syllable); !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}

// maxSplits bounds the ways in which one word is cut into syllables.
const maxSplits = 12

// splitSyllables cuts a word, lower case and without marks, into one to most syllables in every way there is, longer
// first syllables first: "haobo" gives hao bo, "xian" gives xian and xi an.
func splitSyllables(word string, most int) [][]string {
	table := spellings()
	var out [][]string
	var cut func(rest string, so []string)
	cut = func(rest string, so []string) {
		if len(out) >= maxSplits {
			return
		}
		if rest == "" {
			out = append(out, slices.Clone(so))
			return
		}
		if len(so) == most {
			return
		}
		for n := min(len(rest), longestSpelling); n > 0; n-- {
			if _, ok := table[rest[:n]]; ok && (n == len(word) || rest[:n] != "ng") { // Cheng is not Che Ng
				cut(rest[n:], append(so, rest[:n]))
			}
		}
	}
	if len(word) <= longestSpelling*most {
		cut(word, nil)
	}
	return out
}

const longestSpelling = 7
