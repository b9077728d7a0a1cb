package slackbot

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Slack takes Markdown in its markdown block and in streams, and reads it as CommonMark does, with mentions besides. An
// answer's Markdown is a small part of that (see bot/web/markdown.go): whatever else stands in it, a model or a document
// wrote, and it is shown as text. Nothing in an answer can name a person or a channel, link to a place or show an image.

// zeroWidth parts characters that would mean something together. It shows nothing, and is neither white space nor
// punctuation to CommonMark.
const zeroWidth = "\u200b"

var (
	slackFence   = regexp.MustCompile("^[ \t]{0,3}```")
	lineMarker   = regexp.MustCompile(`^[ \t]*(?:>[ ]?|#{1,6}[ ]+|[-*+][ ]+|\d{1,9}[.)][ ]+)*`)
	sourceMark   = regexp.MustCompile(`^\[\d{1,4}\]`)
	broadcasts   = regexp.MustCompile(`(?i)^@(?:channel|here|everyone|group)\b`)
	anyBroadcast = regexp.MustCompile(`(?i)@(?:channel|here|everyone|group)\b`)
	entityLike   = regexp.MustCompile(`^&(?:#|[A-Za-z][A-Za-z0-9]*;)`)
)

// render makes of an answer's Markdown what Slack shows the same. Each line stands for itself but for fences, so that of
// a text under way all whole lines can be rendered.
func render(text string) string {
	var out strings.Builder
	fenced := false
	for i, line := range strings.Split(text, "\n") {
		if i > 0 {
			out.WriteByte('\n')
		}
		if slackFence.MatchString(line) {
			fenced = !fenced
			out.WriteString("```")
			continue
		}
		if fenced {
			out.WriteString(line)
			continue
		}
		marker := lineMarker.FindString(line)
		out.WriteString(marker)
		renderInline(&out, line[len(marker):], 0)
	}
	if fenced {
		out.WriteString("\n```")
	}
	return out.String()
}

// deepest bounds how emphasis nests.
const deepest = 4

func renderInline(out *strings.Builder, s string, depth int) {
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && asciiPunctuation(s[i+1]):
			escaped(out, s, i+1)
			i += 2
		case c == '`':
			if n := strings.IndexByte(s[i+1:], '`'); n > 0 {
				out.WriteString("`" + s[i+1:i+1+n] + "`")
				i += n + 2
				continue
			}
			out.WriteString("\\`")
			i++
		case c == '*':
			run := s[i : i+1]
			if strings.HasPrefix(s[i:], "**") {
				run = s[i : i+2]
			}
			end := -1
			if depth < deepest {
				end = closingRun(s, i+len(run), run)
			}
			if end < 0 {
				out.WriteString(strings.Repeat("\\*", len(run)))
				i += len(run)
				continue
			}
			var inner strings.Builder
			renderInline(&inner, s[i+len(run):end], depth+1)
			emphasise(out, inner.String(), run, s[end+len(run):])
			i = end + len(run)
		case c == '[':
			if m := sourceMark.FindString(s[i:]); m != "" {
				out.WriteString(m)
				if i += len(m); strings.HasPrefix(s[i:], "(") || strings.HasPrefix(s[i:], "[") || strings.HasPrefix(s[i:], ":") {
					out.WriteString(zeroWidth)
				}
				continue
			}
			out.WriteString("\\[")
			i++
		default:
			literal(out, s, i)
			_, size := utf8.DecodeRuneInString(s[i:])
			i += size
		}
	}
}

// emphasise writes the marks so that CommonMark takes them for such: a mark between a letter and punctuation, as Chinese
// has it without spaces, would not open or close anything.
func emphasise(out *strings.Builder, inner, run, after string) {
	before, _ := utf8.DecodeLastRuneInString(out.String())
	first, _ := utf8.DecodeRuneInString(inner)
	last, _ := utf8.DecodeLastRuneInString(inner)
	next, _ := utf8.DecodeRuneInString(after)
	out.WriteString(run)
	if punctuationMark(first) && out.Len() > len(run) && !apart(before) {
		out.WriteString(zeroWidth)
	}
	out.WriteString(inner)
	if punctuationMark(last) && after != "" && !apart(next) {
		out.WriteString(zeroWidth)
	}
	out.WriteString(run)
}

func punctuationMark(r rune) bool { return unicode.IsPunct(r) || unicode.IsSymbol(r) }

// apart reports whether a mark beside r counts as set apart.
func apart(r rune) bool { return unicode.IsSpace(r) || punctuationMark(r) }

// escaped writes a character whose meaning a backslash took away.
func escaped(out *strings.Builder, s string, i int) {
	switch s[i] {
	case ':', '.', '@', '<', '&':
		if s[i] == '.' && (i < 2 || s[i-2] != 'w' && s[i-2] != 'W') { // of a list's number
			out.WriteString("\\.")
			return
		}
		if s[i] == '.' {
			out.WriteString("." + zeroWidth)
			return
		}
		literal(out, s, i)
	default:
		out.WriteByte('\\')
		out.WriteByte(s[i])
	}
}

// literal writes the character at i so that it stands for itself.
func literal(out *strings.Builder, s string, i int) {
	switch c := s[i]; {
	case c == '<':
		out.WriteString("\\<")
		if i+1 < len(s) && strings.IndexByte("!@#hm", s[i+1]) >= 0 {
			out.WriteString(zeroWidth)
		}
	case c == '@' && broadcasts.MatchString(s[i:]):
		out.WriteString("@" + zeroWidth)
	case c == ':' && strings.HasPrefix(s[i:], "://"):
		out.WriteString(":" + zeroWidth)
	case c == '&' && entityLike.MatchString(s[i:]):
		out.WriteString("\\&")
	case c == '\\' || c == '_' || c == '~' || c == ']':
		out.WriteByte('\\')
		out.WriteByte(c)
	default:
		_, size := utf8.DecodeRuneInString(s[i:])
		out.WriteString(s[i : i+size])
	}
}

// closingRun returns where the run that opens before s[from] closes, -1 where it does not; see bot/web/markdown.go.
func closingRun(s string, from int, run string) int {
	if from >= len(s) || spaceAt(s[from:]) {
		return -1
	}
	for i := from; i < len(s); {
		switch {
		case s[i] == '\\':
			i += 2
		case s[i] == '*':
			n := 1
			for i+n < len(s) && s[i+n] == '*' {
				n++
			}
			if before, _ := utf8.DecodeLastRuneInString(s[:i]); n >= len(run) && (n == len(run) || n == 3) && i > from && !unicode.IsSpace(before) {
				return i + n - len(run)
			}
			i += n
		default:
			i++
		}
	}
	return -1
}

func spaceAt(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return unicode.IsSpace(r)
}

func asciiPunctuation(c byte) bool {
	return c >= '!' && c <= '/' || c >= ':' && c <= '@' || c >= '[' && c <= '`' || c >= '{' && c <= '~'
}

// mrkdwn makes text stand for itself in Slack's older markup, which context blocks and plain messages have.
func mrkdwn(text string) string {
	text = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "*", "*"+zeroWidth, "_", "_"+zeroWidth, "~", "~"+zeroWidth, "`", "`"+zeroWidth).Replace(text)
	return anyBroadcast.ReplaceAllStringFunc(text, func(s string) string { return "@" + zeroWidth + s[1:] })
}
