package lang

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A lexeme is a run of folded text of one kind.
type lexeme struct {
	kind       lexemeKind
	text       string // of a word: without its apostrophes and the dots of initials; of a number: without thousands marks
	start, end int    // bytes into the text that was cut
}

type lexemeKind byte

const (
	wordLexeme   lexemeKind = iota // letters of a script that is written with spaces
	numberLexeme                   // ASCII digits, maybe with a decimal part
	hanLexeme                      // a run of Han
	runLexeme                      // a run of another script without spaces: kana, Hangul
	markLexeme                     // any other single character but white space
)

// lex cuts text that is folded and unaccented.
func lex(s string) []lexeme {
	out := make([]lexeme, 0, len(s)/4+4)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		l := lexeme{start: i}
		switch {
		case unicode.IsSpace(r):
			i += n
			continue
		case r >= '0' && r <= '9':
			l.kind = numberLexeme
			l.text, i = lexNumber(s, i)
		case isHan(r):
			l.kind = hanLexeme
			i = runEnd(s, i, isHan)
			l.text = s[l.start:i]
		case unbroken(r):
			l.kind = runLexeme
			i = runEnd(s, i, unbroken)
			l.text = s[l.start:i]
		case wordRune(r):
			l.kind = wordLexeme
			l.text, i = lexWord(s, i)
		default:
			l.kind = markLexeme
			i += n
			l.text = s[l.start:i]
		}
		l.end = i
		out = append(out, l)
	}
	return out
}

func runEnd(s string, i int, in func(rune) bool) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !in(r) {
			break
		}
		i += n
	}
	return i
}

func unbroken(r rune) bool {
	return r >= 0x1100 && (r == 0x30FC || unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Hangul))
}

func wordRune(r rune) bool {
	return r >= 'a' && r <= 'z' || r > 0x7F && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r)) && !isHan(r) && !unbroken(r)
}

func apostrophe(r rune) bool { return r == '\'' || r == '’' || r == '‘' || r == 'ʼ' || r == '`' }

// lexNumber reads digits from i: "1,200,000" gives 1200000, "6.5" stays, "1.2.3" stays whole as a version would.
func lexNumber(s string, i int) (text string, end int) {
	start := i
	digits := func(i int) int {
		for i < len(s) && s[i] >= '0' && s[i] <= '9' {
			i++
		}
		return i
	}
	i = digits(i)
	if i-start <= 3 {
		for i < len(s) && s[i] == ',' && digits(i+1) == i+4 {
			i += 4
		}
	}
	for i+1 < len(s) && s[i] == '.' && digits(i+1) > i+1 {
		i = digits(i + 1)
	}
	return strings.ReplaceAll(s[start:i], ",", ""), i
}

// lexWord reads a word from i. A possessive or a contracted verb after an apostrophe is left out ("china's" gives
// china), another part is joined ("o'brien" gives obrien), and so are initials with dots ("u.s." gives us).
func lexWord(s string, i int) (text string, end int) {
	start := i
	if joined, end := initials(s, i); end > 0 {
		return joined, end
	}
	if end := start + len("ph.d"); strings.HasPrefix(s[i:], "ph.d") && runEnd(s, end, wordRune) == end {
		return "phd", end
	}
	i = runEnd(s, i, wordRune)
	text = s[start:i]
	for i < len(s) && len(text) <= maxStemmed {
		r, n := utf8.DecodeRuneInString(s[i:])
		if !apostrophe(r) {
			break
		}
		next := runEnd(s, i+n, wordRune)
		if next == i+n {
			break
		}
		switch part := s[i+n : next]; part {
		case "s", "re", "ve", "ll", "d", "m":
		default:
			text += part
		}
		i = next
	}
	return text, i
}

// initials reads two or more single letters with dots between them, and the last dot.
func initials(s string, i int) (joined string, end int) {
	letters := 0
	var b [16]byte
	for i < len(s) && s[i] >= 'a' && s[i] <= 'z' && letters < len(b) {
		if i+1 < len(s) && s[i+1] != '.' {
			if r, _ := utf8.DecodeRuneInString(s[i+1:]); wordRune(r) || r >= '0' && r <= '9' {
				break // the beginning of a longer word, which is not an initial
			}
			b[letters] = s[i]
			letters++
			end = i + 1
			break
		}
		b[letters] = s[i]
		letters++
		end = min(i+2, len(s))
		i += 2
	}
	if letters < 2 {
		return "", 0
	}
	return string(b[:letters]), end
}

// unaccent takes the accents off Latin letters, so that Yáng and Yang are one word.
func unaccent(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool {
		return r >= 0xC0 && r <= 0x24F || r >= 0x1E00 && r <= 0x1EFF || r >= 0x300 && r <= 0x36F
	}) {
		return s
	}
	var b strings.Builder
	latin := false
	for _, r := range norm.NFD.String(s) {
		if unicode.Is(unicode.Mn, r) && latin {
			continue
		}
		latin = unicode.Is(unicode.Latin, r)
		b.WriteRune(r)
	}
	return norm.NFC.String(b.String())
}
