package bot

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	entity    = regexp.MustCompile(`^&(?:#|[A-Za-z][A-Za-z0-9]*;)`)
	lineStart = regexp.MustCompile(`^(?:#{1,6}|[-+>=]|\d{1,9}[.)])`)
	escapes   = regexp.MustCompile("\\\\([!-/:-@\\[-`{-~])")
)

// Escape makes text that others wrote show in Markdown as it is: every character that could begin markup, a link (bare
// addresses too), an image or HTML gets a backslash. No more than needed do, so that the text stays readable where it
// is not rendered. Indents go.
func Escape(text string) string {
	var b strings.Builder
	b.Grow(len(text) + len(text)/16)
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			b.WriteByte('\n')
		}
		escapeLine(&b, strings.TrimLeft(line, " \t"))
	}
	return b.String()
}

func escapeLine(b *strings.Builder, line string) {
	marker := len(lineStart.FindString(line)) - 1 // its last character, -1 where there is none
	for i := range len(line) {
		if i == marker || special(line, i) {
			b.WriteByte('\\')
		}
		b.WriteByte(line[i])
	}
}

// special reports whether the byte at i could begin or end markup.
func special(line string, i int) bool {
	switch line[i] {
	case '\\', '`', '*', '[', ']', '<', '|', '~', '@':
		return true
	case '_': // between letters it is an ordinary character
		before, _ := utf8.DecodeLastRuneInString(line[:i])
		after, _ := utf8.DecodeRuneInString(line[i+1:])
		return !letterOrDigit(before) || !letterOrDigit(after)
	case '&':
		return entity.MatchString(line[i:])
	case ':':
		return strings.HasPrefix(line[i:], "://")
	case '.':
		return i >= 3 && strings.EqualFold(line[i-3:i], "www")
	}
	return false
}

func letterOrDigit(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }

// Plain takes the backslashes of Escape away, for a reader who sees Markdown as it is.
func Plain(markdown string) string { return escapes.ReplaceAllString(markdown, "$1") }

// blockquote sets a quotation apart, its number after its last word.
func blockquote(text string, n int) string {
	lines := strings.FieldsFunc(Escape(strings.TrimSpace(text)), func(r rune) bool { return r == '\n' })
	return "> " + strings.Join(lines, "\n> ") + fmt.Sprintf(" [%d]", n)
}
