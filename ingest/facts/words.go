package facts

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"osmanthus/retrieval/lang"
)

func hanRune(r rune) bool { return unicode.Is(unicode.Han, r) }

func latinLetter(r rune) bool { return unicode.IsLetter(r) && !hanRune(r) }

func hasHan(s string) bool { return strings.ContainsFunc(s, hanRune) }

func firstRune(s string) (rune, int) { return utf8.DecodeRuneInString(s) }

// trimmed is s[from:to] without the white space around it.
func trimmed(s string, from, to int) lang.Span {
	part := s[from:to]
	left := len(part) - len(strings.TrimLeftFunc(part, unicode.IsSpace))
	return lang.Span{Start: from + left, End: from + max(left, len(strings.TrimRightFunc(part, unicode.IsSpace)))}
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// value is what stands at a span of the text.
func (r *reader) value(s lang.Span) Value {
	s = trimmed(r.doc.Text, s.Start, s.End)
	return Value{Span: s, Text: oneLine(r.text(s))}
}

// lines are the lines of a block, as spans of the text.
func (r *reader) lines(s lang.Span) []lang.Span {
	var out []lang.Span
	for start := s.Start; start < s.End; {
		end := s.End
		if i := strings.IndexByte(r.doc.Text[start:s.End], '\n'); i >= 0 {
			end = start + i
		}
		if line := trimmed(r.doc.Text, start, end); line.Start < line.End {
			out = append(out, line)
		}
		start = end + 1
	}
	return out
}

func shifted(s lang.Span, by int) lang.Span { return lang.Span{Start: s.Start + by, End: s.End + by} }

// longLine is from how many bytes on a line is a paragraph, of which only the sentences that say it are quoted.
const longLine = 240

// Quotable widens what was read to what can be quoted: the line it stands in, or of a paragraph the sentences.
func Quotable(text string, s lang.Span) lang.Span {
	if s.Start >= s.End {
		return s
	}
	from := strings.LastIndexByte(text[:s.Start], '\n') + 1
	to := len(text)
	if i := strings.IndexByte(text[s.End:], '\n'); i >= 0 {
		to = s.End + i
	}
	line := trimmed(text, from, to)
	if line.End-line.Start <= longLine {
		return line
	}
	out := lang.Span{Start: -1}
	for _, sentence := range lang.Sentences(text[line.Start:line.End]) {
		sentence = shifted(sentence, line.Start)
		if sentence.End <= s.Start || sentence.Start >= s.End {
			continue
		}
		if out.Start < 0 {
			out.Start = sentence.Start
		}
		out.End = sentence.End
	}
	if out.Start < 0 {
		return s
	}
	return out
}
