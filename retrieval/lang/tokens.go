package lang

import (
	"math"
	"unicode"
)

// Weights of the token estimate, fitted by least squares of the relative error on 1,000-character pieces of English,
// Simplified, Traditional and mixed text against multilingual-e5-small's own counts.
const (
	tokensPerHan       = 0.53 // common Chinese words of two and three characters are one token
	tokensPerHanRun    = 1.87 // a run begins with a word-begin mark and ends with punctuation
	tokensPerWord      = 1.12
	tokensPerLetter    = 0.14 // of a word, beyond the sixth (fifth where it begins with a capital)
	tokensPerName      = 1.56 // a word that begins with a capital
	tokensPerCapital   = 0.61 // of a word all in capitals
	tokensPerNumber    = 0.27
	tokensPerDigit     = 0.05
	tokensPerMark      = 0.70 // ASCII punctuation
	tokensPerOtherMark = 0.15 // most of it stands at the end of a Han run, which counts it
	tokensPerOther     = 0.60 // kana, Hangul
)

// Tokens estimates how many tokens multilingual-e5-small's SentencePiece makes of s, without the prefix and the marks
// at both ends (four more). Over a passage it is off by 5 % in the mean, and by less than 15 % nearly always.
func Tokens(s string) int {
	var sum float64
	letters, capitals, digits := 0, 0, 0
	startsCapital, inHan := false, false
	flush := func() {
		switch {
		case letters > 1 && capitals == letters:
			sum += tokensPerCapital * float64(letters)
		case letters > 0 && startsCapital:
			sum += tokensPerName + tokensPerLetter*float64(max(0, letters-5))
		case letters > 0:
			sum += tokensPerWord + tokensPerLetter*float64(max(0, letters-6))
		}
		if digits > 0 {
			sum += tokensPerNumber + tokensPerDigit*float64(digits)
		}
		letters, capitals, digits = 0, 0, 0
	}
	any := false
	for _, r := range s {
		han := isHan(r)
		letter := !han && !unbroken(r) && (unicode.IsLetter(r) || letters > 0 && unicode.IsMark(r))
		digit := unicode.IsDigit(r)
		if !letter && letters > 0 || !digit && digits > 0 {
			flush()
		}
		any = any || !unicode.IsSpace(r)
		switch {
		case han:
			if !inHan {
				sum += tokensPerHanRun
			}
			sum += tokensPerHan
		case letter:
			if letters == 0 {
				startsCapital = unicode.IsUpper(r)
			}
			letters++
			if unicode.IsUpper(r) {
				capitals++
			}
		case digit:
			digits++
		case unbroken(r):
			sum += tokensPerOther
		case unicode.IsSpace(r):
		case r < 0x80:
			sum += tokensPerMark
		default:
			sum += tokensPerOtherMark
		}
		inHan = han
	}
	flush()
	if !any {
		return 0
	}
	return max(1, int(math.Round(sum)))
}
