package lang

import (
	"slices"
	"strings"
)

// A chineseReading takes a Latin name as a Chinese one.
type chineseReading struct {
	surname []string // spellings: one, or two of a married name or a compound that is written apart
	given   []string // spellings of syllables, single letters, or of one what is no syllable (Ying-jeou)
	sure    float64  // 1, less for what had to be assumed
}

// What an assumption costs. The products stay above SameName unless two are made.
const (
	surnameUnlisted = 0.95 // a surname that is in no list
	wordLeftOut     = 0.96 // an English given name before or after the Chinese one
	oneWord         = 0.93 // surname and given name written together
)

// maxReadings bounds the readings of one name.
const maxReadings = 24

// chineseReadings lists the ways in which a Latin form is a Chinese name: either order, each cut into syllables.
func (f personForm) chineseReadings() []chineseReading {
	var out []chineseReading
	words := f.words
	out = readWords(out, words, 1)
	if n := len(words); n >= 3 && !anyListed(out) {
		if !words[0].initial() {
			out = readWords(out, words[1:], wordLeftOut)
		}
		if !words[n-1].initial() {
			out = readWords(out, words[:n-1], wordLeftOut)
		}
	}
	if len(words) == 1 {
		for _, s := range wordSplits(words[0], 4) {
			for n := 1; n <= 2 && n < len(s); n++ {
				if len(s)-n > 2 || len(s)-n < 1 {
					continue
				}
				if sure, ok := surnameSpelling(strings.Join(s[:n], "")); ok && sure == 1 && len(s[0]) > 1 {
					out = append(out, chineseReading{[]string{strings.Join(s[:n], "")}, s[n:], oneWord})
				}
			}
		}
	}
	return out[:min(len(out), maxReadings)]
}

func readWords(out []chineseReading, words []nameWord, sure float64) []chineseReading {
	n := len(words)
	if n < 2 {
		return out
	}
	try := func(surname, given []nameWord) {
		if len(given) == 0 {
			return
		}
		spelling := ""
		for _, w := range surname {
			spelling += w.text
		}
		of, ok := surnameSpelling(spelling)
		names := []string{spelling}
		if len(surname) == 2 && !(ok && of == 1 && len(surnames().of[spelling]) > 0) {
			a, okA := surnameSpelling(surname[0].text)
			b, okB := surnameSpelling(surname[1].text)
			if !okA || !okB || a < 1 || b < 1 {
				return
			}
			names, of, ok = []string{surname[0].text, surname[1].text}, 1, true
		}
		if !ok {
			return
		}
		for _, g := range givenSplits(given) {
			out = append(out, chineseReading{names, g, sure * of})
		}
	}
	try(words[:1], words[1:])
	try(words[n-1:], words[:n-1])
	if n >= 3 {
		try(words[:2], words[2:])
		try(words[n-2:], words[:n-2])
	}
	return out
}

// surnameSpelling reports whether a spelling may be a Chinese surname, and how sure that is.
func surnameSpelling(s string) (sure float64, ok bool) {
	if len(surnames().of[s]) > 0 {
		return 1, true
	}
	if _, ok := spellings()[s]; ok && len(s) > 1 {
		return surnameUnlisted, true
	}
	return 0, false
}

// givenSplits cuts the words of a given name into one or two syllables, or letters where they are initials.
func givenSplits(words []nameWord) [][]string {
	switch len(words) {
	case 1:
		splits := wordSplits(words[0], 2)
		switch w := words[0].text; {
		case len(splits) > 0:
		case len(w) <= 2:
			splits = append(splits, strings.Split(w, ""))
		case len(w) <= shortWord && plainASCII(w):
			splits = append(splits, []string{w}) // Tsui Hark
		}
		return splits
	case 2:
		a, b := words[0].text, words[1].text
		if mayBeSyllables(a, b) || words[0].initial() && words[1].initial() {
			return [][]string{{a, b}}
		}
	}
	return nil
}

// wordSplits cuts a word into syllables at its marks, or in every way where it has none.
func wordSplits(w nameWord, most int) [][]string {
	if len(w.parts) > 1 && len(w.parts) <= most && mayBeSyllables(w.parts...) {
		return [][]string{w.parts}
	}
	return splitSyllables(w.text, most)
}

// shortWord is the longest word that may be one misspelt syllable.
const shortWord = 5

func anyListed(readings []chineseReading) bool {
	return slices.ContainsFunc(readings, chineseReading.listed)
}

// mayBeSyllables reports whether at least one of what may be syllables by their length is one.
func mayBeSyllables(parts ...string) bool {
	known := false
	for _, p := range parts {
		_, ok := spellings()[p]
		known = known || ok
		if len(p) < 2 && !ok || len(p) > longestSpelling {
			return false
		}
	}
	return known
}
