package bot

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"osmanthus/prompts"
)

// A guard lets a model's text through piece by piece as it streams. A model may have been talked into anything by a
// passage, so nothing of what it writes becomes a link, an image or HTML: brackets stay only around the number of a
// source there is, and whatever else could begin one of these gets a backslash. Emphasis, lists and code stay.
type guard struct {
	sources int    // numbers from 1 to this exist
	pending string // not yet decided: more text may change what it is
	text    strings.Builder
	cited   []int // in the order first cited
	dropped int   // numbers of sources that do not exist
	refused bool  // the model said that the passages do not answer
}

var (
	// numbers is a citation as models write it: [1], [1, 2], [1][2], 【1】, ［1］.
	numbers = regexp.MustCompile(`^(?:\[|【|［)\^?\s*\d{1,4}(?:\s*[,，、;；]\s*\d{1,4})*\s*(?:\]|】|］)`)
	// numbersBegun is what may still become one.
	numbersBegun = regexp.MustCompile(`^(?:\[|【|［)\^?[\s\d,，、;；]*$`)
	number       = regexp.MustCompile(`\d+`)
)

// maxNumbers bounds, in bytes, what is held back as a citation begun.
const maxNumbers = 64

// write takes the next piece and returns what may be shown.
func (g *guard) write(piece string) string {
	g.pending += piece
	return g.advance(false)
}

// close returns the rest.
func (g *guard) close() string { return g.advance(true) }

func (g *guard) advance(final bool) string {
	var out strings.Builder
	s, torn := g.pending, ""
	if !final {
		s, torn = wholeRunes(s)
	}
	for s != "" {
		n := g.step(&out, s, final)
		if n == 0 {
			break
		}
		s = s[n:]
	}
	g.pending = s + torn
	return out.String()
}

// wholeRunes takes from the end of s what may be the beginning of a character.
func wholeRunes(s string) (whole, torn string) {
	for i := len(s) - 1; i >= 0 && i >= len(s)-utf8.UTFMax; i-- {
		if utf8.RuneStart(s[i]) {
			if !utf8.FullRuneInString(s[i:]) {
				return s[:i], s[i:]
			}
			break
		}
	}
	return s, ""
}

// step writes what the beginning of s becomes and returns how many bytes that was; 0 where more text is needed.
func (g *guard) step(out *strings.Builder, s string, final bool) int {
	if strings.HasPrefix(s, prompts.NotFound) {
		g.refused = true
		return len(prompts.NotFound)
	}
	if !final && strings.HasPrefix(prompts.NotFound, s) {
		return 0
	}
	r, size := utf8.DecodeRuneInString(s)
	if r == utf8.RuneError && size == 1 {
		return 1
	}
	if r == '[' || r == '【' || r == '［' {
		if m := numbers.FindString(s); m != "" {
			g.cite(out, m)
			return len(m)
		}
		if !final && len(s) < maxNumbers && numbersBegun.MatchString(s) {
			return 0
		}
	}
	if next := looksAhead(s); next > 0 && !final && len(s) < next {
		return 0
	}
	switch {
	case r == '\\', r == '[', r == ']', r == '<', r == '@',
		strings.HasPrefix(s, "://"),
		// After a number these would make a link of it: [1](…), [1]: …
		(r == '(' || r == ':') && g.afterBracket():
		g.put(out, `\`+string(r))
	case len(s) >= 4 && strings.EqualFold(s[:4], "www."):
		g.put(out, s[:3]+`\.`)
		return 4
	case hidden(r):
	default:
		g.put(out, s[:size])
	}
	return size
}

// looksAhead returns how many bytes must be seen before the beginning of s is decided, 0 where the first will do.
func looksAhead(s string) int {
	switch {
	case strings.HasPrefix("://", s[:min(3, len(s))]):
		return 3
	case strings.EqualFold("www."[:min(4, len(s))], s[:min(4, len(s))]):
		return 4
	}
	return 0
}

func (g *guard) put(out *strings.Builder, s string) {
	out.WriteString(s)
	g.text.WriteString(s)
}

func (g *guard) afterBracket() bool { return strings.HasSuffix(g.text.String(), "]") }

// cite writes the numbers of m that exist, each in brackets of its own.
func (g *guard) cite(out *strings.Builder, m string) {
	for _, digits := range number.FindAllString(m, -1) {
		n, err := strconv.Atoi(digits)
		if err != nil || n < 1 || n > g.sources {
			g.dropped++
			continue
		}
		g.put(out, "["+strconv.Itoa(n)+"]")
		seen := false
		for _, c := range g.cited {
			seen = seen || c == n
		}
		if !seen {
			g.cited = append(g.cited, n)
		}
	}
}

// hidden reports whether r shows nothing and may carry words a reader does not see. U+200D and U+FE0F hold emoji
// together and carry none.
func hidden(r rune) bool {
	switch r {
	case '\n', '\t', 0x200D, 0xFE0F:
		return false
	}
	return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r >= 0xE0000 && r <= 0xE0FFF || r >= 0xFE00 && r <= 0xFE0E
}
