package lang

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Clean makes text fit to be stored and shown: valid UTF-8 (a bad byte becomes U+FFFD), NFC, line ends as "\n", without
// control characters (but "\n" and "\t") and without characters that show nothing and can hide words from a reader:
// tags, variation selectors, zero-width and bidi controls. Emoji keep the U+FE0F and U+200D that hold them together.
// Cleaning twice changes nothing.
func Clean(s string) string {
	clean, _ := CleanFlagged(s)
	return clean
}

// CleanFlagged is Clean, and reports whether something was removed that ordinary text has no use for: tag characters,
// bidi controls, invisible characters. A byte-order mark at the start, a soft hyphen and an emoji's or ideograph's
// variation selector are ordinary.
func CleanFlagged(s string) (clean string, suspicious bool) {
	if plainASCII(s) {
		return s, false
	}
	var b strings.Builder
	b.Grow(len(s))
	last := rune(-1) // the last character kept
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		at := i
		i += size
		switch {
		case r == '\r':
			if i < len(s) && s[i] == '\n' {
				continue
			}
			r = '\n'
		case r == '\v', r == '\f', r == 0x85, r == 0x2028, r == 0x2029:
			r = '\n'
		case r == '\n', r == '\t':
		case unicode.IsControl(r), noncharacter(r), r == 0xAD:
			continue
		case r == 0xFE0F:
			next, _ := utf8.DecodeRuneInString(s[i:])
			if !(pictograph(last) || keycap(last) && next == 0x20E3) {
				suspicious = suspicious || !keycap(last) && !unicode.Is(unicode.Han, last)
				continue
			}
		case r == 0x200D:
			next, _ := utf8.DecodeRuneInString(s[i:])
			if !(pictograph(last) || last == 0xFE0F) || !pictograph(next) {
				suspicious = true
				continue
			}
		case variationSelector(r):
			suspicious = suspicious || !pictograph(last) && !unicode.Is(unicode.Han, last)
			continue
		case invisible(r):
			suspicious = suspicious || !(r == 0xFEFF && at == 0)
			continue
		}
		b.WriteRune(r)
		last = r
	}
	return norm.NFC.String(b.String()), suspicious
}

func plainASCII(s string) bool {
	for i := range len(s) {
		if c := s[i]; c >= 0x7F || c < ' ' && c != '\n' && c != '\t' {
			return false
		}
	}
	return true
}

// invisible reports whether r shows nothing and is no white space. Of the format characters (Cf) only those that do
// show, such as the Arabic number signs, are left.
func invisible(r rune) bool {
	switch {
	case r == 0x115F, r == 0x1160, r == 0x3164, r == 0xFFA0: // Hangul fillers
		return true
	case r == 0x034F, r == 0x17B4, r == 0x17B5, r == 0x2065, r >= 0xFFF0 && r <= 0xFFF8: // default ignorable
		return true
	case r >= 0xE0000 && r <= 0xE0FFF: // tags and the rest of the ignorable plane
		return true
	case r >= 0x0600 && r <= 0x0605, r == 0x06DD, r == 0x070F, r == 0x0890, r == 0x0891, r == 0x08E2, r == 0x110BD, r == 0x110CD:
		return false
	}
	return unicode.Is(unicode.Cf, r) || variationSelector(r)
}

func variationSelector(r rune) bool {
	return r >= 0xFE00 && r <= 0xFE0F || r >= 0xE0100 && r <= 0xE01EF || r >= 0x180B && r <= 0x180F
}

func noncharacter(r rune) bool { return r >= 0xFDD0 && r <= 0xFDEF || r&0xFFFE == 0xFFFE }

func keycap(r rune) bool { return r >= '0' && r <= '9' || r == '#' || r == '*' }

// pictograph reports whether r can begin or continue an emoji: Unicode's Extended_Pictographic, with the blocks that
// hold almost nothing else taken whole.
func pictograph(r rune) bool {
	switch {
	case r < 0xA9:
		return false
	case r == 0xA9, r == 0xAE, r == 0x203C, r == 0x2049, r == 0x2122, r == 0x2139, r == 0x24C2, r == 0x3030, r == 0x303D, r == 0x3297, r == 0x3299:
		return true
	}
	return r >= 0x2194 && r <= 0x21AA || r >= 0x231A && r <= 0x23FF || r >= 0x25AA && r <= 0x27BF ||
		r == 0x2934 || r == 0x2935 || r >= 0x2B05 && r <= 0x2B55 || r >= 0x1F000 && r <= 0x1FAFF
}
