package lang

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

type abbreviationKind byte

const (
	noAbbreviation abbreviationKind = iota
	neverEnds                       // a name or a number follows: Mr., No. 5
	mayEnd                          // ends a sentence where a word that begins sentences follows: Ltd., U.S.
	endsAtCapital                   // ends a sentence where a capital follows: p.m., etc.
)

var (
	beforeName = wordSet(`mr mrs ms mx dr prof profs rev hon gen col lt capt sgt maj cmdr gov rep pres amb messrs mmes fr mt ft vs v cf viz
approx ca e.g i.e eg ie resp incl`)
	beforeNumber = wordSet(`no nos vol vols fig figs eq sec ch chap p pp art para tel ext ed
jan feb mar apr jun jul aug sep sept oct nov dec`)
	afterName = wordSet("co corp inc ltd llc plc bros jr sr esq st ave rd blvd dept univ assn al ph.d u.s u.k u.n e.u u.s.a sen est eds")
	afterTime = wordSet("a.m p.m am pm etc")
)

// abbreviation says what the word before the full stop at i is, in the sentence that began at start.
func abbreviation(s string, start, i int) abbreviationKind {
	w := strings.TrimLeft(wordBefore(s, start, i), "([{\"'“‘「（*_")
	if w == "" {
		return noAbbreviation
	}
	if i-start < maxWordGap && numbering(strings.TrimLeft(s[start:i], "#*->• \t(（")) {
		return neverEnds
	}
	lower := strings.ToLower(w)
	next, _ := nextWord(s, i)
	r, n := utf8.DecodeRuneInString(w)
	switch {
	case beforeNumber[lower] && unicode.IsDigit(next), beforeName[lower]:
		return neverEnds
	case afterTime[lower]:
		return endsAtCapital
	case afterName[lower], dotted(w), n == len(w) && unicode.IsUpper(r) && r != 'I':
		return mayEnd
	}
	return noAbbreviation
}

// dotted reports whether w is single letters with dots between them.
func dotted(w string) bool {
	if !strings.Contains(w, ".") {
		return false
	}
	for part := range strings.SplitSeq(w, ".") {
		if r, n := utf8.DecodeRuneInString(part); n != len(part) || !unicode.IsLetter(r) {
			return false
		}
	}
	return true
}

// wordBefore returns the characters before i up to a blank, a comma, a slash or Han.
func wordBefore(s string, start, i int) string {
	j := i
	for j > start && i-j < maxWordGap {
		r, n := utf8.DecodeLastRuneInString(s[:j])
		if unicode.IsSpace(r) || isHan(r) || strings.ContainsRune("/,，、", r) {
			break
		}
		j -= n
	}
	return s[j:i]
}

// numbering reports whether s is all that stands before the stop and numbers an item or heading: 3, 3.1, iv, b.
func numbering(s string) bool {
	if s == "" || len(s) > 6 {
		return false
	}
	return strings.Trim(s, "0123456789.") == "" && len(s) < 4 || strings.Trim(s, "ivx") == "" || len(s) == 1 && s[0] >= 'a' && s[0] <= 'z'
}

// startsSentence reports whether what follows an abbreviation at i looks like the start of a sentence: Han, or a capital
// in a word that begins sentences far more often than it continues a name after "Ltd." or "U.S.".
func startsSentence(s string, i int) bool {
	r, _ := nextWord(s, i)
	return isHan(r) || unicode.IsUpper(r) && openers[firstWord(s, i)]
}

// continuesTime reports whether what follows "p.m." at i still says when: a day, a month or a time zone.
func continuesTime(s string, i int) bool {
	w := firstWord(s, i)
	_, isMonth := months[w]
	return isMonth || weekdays[w] > 0 || timeZones[w]
}

func firstWord(s string, i int) string {
	fields := strings.FieldsFunc(s[i:min(len(s), i+maxWordGap)], func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' })
	if len(fields) == 0 {
		return ""
	}
	return strings.ToLower(fields[0])
}

var (
	openers = wordSet(`the a an this that these those he she it they we i you his her its their our my in on at for from with by as
when while after before since if although though but and or so yet however then there here what who why how where which many most some
all no not one both each every other another such more during under over between among through today yesterday later finally also is are was`)
	timeZones = wordSet("gmt utc cst est edt pst pdt cet cest bst jst beijing hong london new local")
)
