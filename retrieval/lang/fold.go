package lang

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

//go:generate go run simplify_gen.go TSCharacters.txt

// simplifyTable holds pairs of a Traditional and a Simplified character; simplify_gen.go says how it is made.
//
//go:embed simplify.txt
var simplifyTable string

// simplified maps Traditional to Simplified, read once from the embedded table.
var simplified = sync.OnceValue(func() map[rune]rune {
	table := make(map[rune]rune, 4096)
	var from rune
	for _, r := range simplifyTable {
		switch {
		case r == '\n':
		case from == 0:
			from = r
		default:
			table[from], from = r, 0
		}
	}
	return table
})

// Simplify writes Traditional Chinese characters as Simplified ones, one for one. All else stays as it is, kana too; a
// kanji that is also a Traditional character becomes its Simplified form.
func Simplify(s string) string {
	if !hasHan(s) {
		return s
	}
	table := simplified()
	return strings.Map(func(r rune) rune {
		if r >= 0x3400 {
			if to, ok := table[r]; ok {
				return to
			}
		}
		return r
	}, s)
}

// Fold makes texts comparable that say the same: Clean, compatibility forms (NFKC: full width to ASCII, ① to 1), lower
// case, Traditional to Simplified, and no invisible character at all. A fraction or a superscript after a letter or
// digit is set apart by a space, so that "6½" does not become 61/2. Folding twice changes nothing.
func Fold(s string) string {
	s = Clean(s)
	if !plainASCII(s) {
		s = apart(s)
		s = norm.NFKC.String(strings.ToLower(norm.NFKC.String(s)))
		s = strings.Map(func(r rune) rune {
			if invisible(r) || unicode.IsControl(r) && r != '\n' && r != '\t' {
				return -1
			}
			return r
		}, s)
		return norm.NFKC.String(Simplify(s))
	}
	return strings.ToLower(s)
}

// apart puts a space before characters that NFKC would glue to the number or word they follow.
func apart(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7F && unicode.Is(unicode.No, r) }) {
		return s
	}
	var b strings.Builder
	last := rune(' ')
	for _, r := range s {
		if r > 0x7F && unicode.Is(unicode.No, r) && !(r >= 0x2080 && r <= 0x2089) && (unicode.IsLetter(last) || unicode.IsDigit(last)) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		last = r
	}
	return b.String()
}

func isHan(r rune) bool { return r >= 0x2E80 && (unicode.Is(unicode.Han, r)) }

func hasHan(s string) bool {
	for i := 0; i < len(s); {
		if s[i] < 0xE2 { // below U+2000 nothing is Han
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if isHan(r) {
			return true
		}
		i += n
	}
	return false
}
