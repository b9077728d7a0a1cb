package lang

import (
	"slices"
	"strings"
)

// maxNameKeys bounds the keys of one name.
const maxNameKeys = 40

// NameKeys returns what a person's name is looked up by, each key once. Two writings of one person's name share at
// least one, in whatever scripts, spelling systems and order they are, and mostly so after a small misspelling; most
// pairs of other names share none. A key is its kind, a colon and a value:
//
//	h  the characters, Simplified
//	w  surname and given name in Mandarin, see mandarinCode
//	c  surname and given name in Cantonese, see cantoneseCode
//	l  the Latin words in the order of the alphabet
//	j  the Latin letters and digits together, for handles
//	b  one name whole and the other's first letter, for initials and misspellings
//	t  the surname alone, of names with a form of address
func NameKeys(name string) []string { return ParseName(name).Keys() }

// Keys is NameKeys of the name.
func (p PersonName) Keys() []string {
	var keys keyList
	for _, f := range p.forms {
		if len(f.han) > 0 {
			f.hanKeys(&keys)
		} else {
			f.latinKeys(&keys)
		}
	}
	if p.mixed || len(p.forms) > 1 {
		keys.add("j:" + p.folded)
	}
	return keys
}

type keyList []string

func (k *keyList) add(key string) {
	if len(*k) < maxNameKeys && !slices.Contains(*k, key) {
		*k = append(*k, key)
	}
}

func (f personForm) hanKeys(keys *keyList) {
	keys.add("h:" + string(f.han))
	if len(f.last) > 1 {
		keys.add("h:" + string(f.last))
	}
	if f.surname == 0 || f.surname > len(f.han) {
		return
	}
	surname, given := f.han[:f.surname], f.han[f.surname:]
	surnameCodes := codesOf(surnameReadingsOf(surname), mandarinCode)
	if f.honoured {
		for _, s := range surnameCodes {
			keys.add("t:" + s)
		}
	}
	if len(given) == 0 || len(given) > 2 {
		return
	}
	var readings [][]string
	for _, r := range given {
		of := pinyinOf(r)
		readings = append(readings, of[:min(len(of), 3)])
	}
	addPairs(keys, "w:", surnameCodes, codesOf(readings, mandarinCode))
	// Letters as pinyin has them, for what is misspelt and so no syllable that has a code.
	same := func(s string) string { return s }
	literal := codesOf(readings, same)
	addInitials(keys, surnameCodes, literal)
	addInitials(keys, codesOf(surnameReadingsOf(surname), same), literal)
	readings = readings[:0]
	for _, r := range given {
		readings = append(readings, cantoneseOf(r))
	}
	var surnameCantonese [][]string
	for _, r := range surname {
		surnameCantonese = append(surnameCantonese, cantoneseOf(r))
	}
	addPairs(keys, "c:", codesOf(surnameCantonese, cantoneseCode), codesOf(readings, cantoneseCode))
}

// addPairs adds surname and given name in each pair of codes, and one whole with the first letter of the other.
func addPairs(keys *keyList, kind string, surnames, given []string) {
	for _, s := range surnames {
		for _, g := range given {
			keys.add(kind + s + " " + g)
		}
	}
	addInitials(keys, surnames, given)
}

func addInitials(keys *keyList, surnames, given []string) {
	for _, s := range surnames {
		for _, g := range given {
			keys.add("b:" + s + " " + initialOf(g))
			keys.add("b:" + g + " " + initialOf(s))
			if g[0] == 'h' && initialOf(g) != "h" || g[0] == 't' && initialOf(g) != "t" {
				keys.add("b:" + s + " " + g[:1]) // H. Y. for Hsiang-yun
			}
		}
	}
}

// surnameReadingsOf returns the readings of a surname, its syllables apart.
func surnameReadingsOf(surname []rune) [][]string {
	x := surnames()
	if len(surname) == 1 {
		return [][]string{x.pinyin(string(surname))}
	}
	if of := x.readings[string(surname)]; of != nil {
		if splits := splitSyllables(of[0], len(surname)); len(splits) > 0 {
			var out [][]string
			for _, s := range splits[0] {
				out = append(out, []string{s})
			}
			return out
		}
	}
	var out [][]string
	for _, r := range surname {
		out = append(out, x.pinyin(string(r)))
	}
	return out
}

// maxCodes bounds the codes of a surname or of a given name.
const maxCodes = 6

// codesOf joins one reading of each syllable in every way, coded.
func codesOf(syllables [][]string, code func(string) string) []string {
	out := []string{""}
	for _, readings := range syllables {
		var next []string
		for _, head := range out {
			for _, r := range readings {
				if c := head + code(r); !slices.Contains(next, c) && len(next) < maxCodes {
					next = append(next, c)
				}
			}
		}
		out = next
	}
	if len(out) == 1 && out[0] == "" {
		return nil
	}
	return out
}

func (f personForm) latinKeys(keys *keyList) {
	texts := make([]string, len(f.words))
	for i, w := range f.words {
		texts[i] = w.text
	}
	keys.add("j:" + strings.Join(texts, ""))
	same := func(s string) string { return s }
	for _, r := range f.chineseReadings() {
		if len(r.given[0]) == 1 {
			for _, s := range r.surnameCodes() {
				keys.add("b:" + s + " " + initialOf(r.given[0]))
			}
		}
		mandarin, cantonese := make([][]string, len(r.given)), make([][]string, len(r.given))
		for i, g := range r.given {
			mandarin[i], cantonese[i] = mandarinCodes(g), cantoneseCodes(g)
		}
		addPairs(keys, "w:", r.surnameCodes(), codesOf(mandarin, same))
		addPairs(keys, "c:", r.cantoneseSurnameCodes(), codesOf(cantonese, same))
		if f.honoured {
			for _, s := range r.surnameCodes() {
				keys.add("t:" + s)
			}
		}
	}
	n := len(texts)
	if n == 1 {
		if f.honoured {
			for _, c := range surnameCodes(texts[0]) {
				keys.add("t:" + c)
			}
			keys.add("t:" + texts[0])
		}
		return
	}
	first, last := texts[0], texts[n-1]
	for _, pair := range [][2]string{{first, last}, {last, first}} {
		if len(pair[0]) == 1 {
			continue
		}
		keys.add("b:" + pair[0] + " " + initialOf(pair[1]))
		for _, c := range surnameCodes(pair[0]) {
			keys.add("b:" + c + " " + initialOf(pair[1]))
		}
	}
	if f.honoured {
		keys.add("t:" + last)
	}
	keys.add("j:" + strings.Join(append(slices.Clone(texts[1:]), texts[0]), ""))
	slices.Sort(texts)
	keys.add("l:" + strings.Join(texts, " "))
}

// initialOf returns the first character of a word, the letters being one by which spelling systems differ: x, hs and s,
// zh, j and ch.
func initialOf(word string) string {
	for _, c := range []struct{ heads, initial string }{
		{"hs x s", "s"}, {"ts tz z j q c", "c"}, {"g k", "k"}, {"d t", "t"}, {"b p", "p"}, {"i y", "y"},
	} {
		for head := range strings.FieldsSeq(c.heads) {
			if strings.HasPrefix(word, head) {
				return c.initial
			}
		}
	}
	for _, r := range word {
		return string(r)
	}
	return ""
}

// surnameCodes returns the Mandarin codes of the surnames that are spelt so: lee gives li, tsang gives tseng.
func surnameCodes(spelling string) []string {
	x := surnames()
	out := mandarinCodes(spelling)
	for _, name := range x.of[spelling] {
		for _, c := range codesOf(surnameReadingsOf([]rune(name)), mandarinCode) {
			if !slices.Contains(out, c) && len(out) < maxCodes {
				out = append(out, c)
			}
		}
	}
	return out[:min(len(out), maxCodes)]
}

func (r chineseReading) surnameCodes() []string { return joinCodes(r.surname, surnameCodes) }

func (r chineseReading) cantoneseSurnameCodes() []string {
	return joinCodes(r.surname, func(spelling string) []string {
		out := cantoneseCodes(spelling)
		for _, name := range surnames().of[spelling] {
			var syllables [][]string
			for _, c := range name {
				syllables = append(syllables, cantoneseOf(c))
			}
			for _, c := range codesOf(syllables, cantoneseCode) {
				if !slices.Contains(out, c) {
					out = append(out, c)
				}
			}
		}
		return out[:min(len(out), maxCodes)]
	})
}

func joinCodes(spellings []string, codes func(string) []string) []string {
	syllables := make([][]string, len(spellings))
	for i, s := range spellings {
		syllables[i] = codes(s)
	}
	return codesOf(syllables, func(s string) string { return s })
}
