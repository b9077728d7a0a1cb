package source

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"osmanthus/retrieval/lang"
)

// A text is taken to be wrapped by hand when its longest line has between minWrap and maxWrap columns.
const (
	minWrap = 40
	maxWrap = 110
)

var (
	textItem    = regexp.MustCompile(`^[ \t]*(?:[-*•●○◦▪■◆–]|\(?[0-9]{1,2}[.)、]|[（(][0-9一二三四五六七八九十]{1,3}[）)])[ \t　]*\S`)
	textBullet  = regexp.MustCompile(`^[ \t]*[-*•●○◦▪■◆–][ \t　]+`)
	textHeading = regexp.MustCompile(`^(?:第[0-9一二三四五六七八九十百]{1,4}[章节節部分篇]|[一二三四五六七八九十]{1,3}、|[0-9]{1,2}(?:\.[0-9]{1,2}){0,3}\.?[ \t]+\p{L}|(?i:chapter|part|section)[ \t]+[0-9ivx]+)`)
	textRule    = regexp.MustCompile(`^[ \t]*([-=_*~#])[-=_*~#]{2,}[ \t]*$`)
)

const headingCharacters = 60 // the longest line of plain text that passes for a heading

// readText reads plain text: paragraphs by empty lines, lines wrapped by hand joined, lists, rows of tab-parted cells,
// numbered headings.
func readText(b *builder, text string) error {
	text = b.frontMatter(text)
	wrap := wrapWidth(text)
	first := true
	for _, lines := range paragraphs(text) {
		if first {
			first = false
			if looksLikeTitle(lines) {
				b.titles[titleFirstLine] = lines[0]
				b.add(Heading, 1, lines[0])
				b.titles[titleHeading] = "" // a first line is less sure than marked-up headings, but the text has none
				if lines = lines[1:]; len(lines) == 0 {
					continue
				}
			}
		}
		b.textParagraph(lines, wrap)
	}
	return nil
}

func (b *builder) textParagraph(lines []string, wrap int) {
	if len(lines) == 1 && isTextHeading(lines[0]) {
		b.add(Heading, 2, lines[0])
		b.titles[titleHeading] = ""
		return
	}
	if rows := tabRows(lines); rows != nil {
		if looksLikeHeader(rows) {
			b.table(rows[0], rows[1:])
		} else {
			b.table(nil, rows)
		}
		return
	}
	kind, level := Paragraph, 0
	var open strings.Builder
	flush := func() {
		b.add(kind, level, open.String())
		open.Reset()
	}
	for i, line := range lines {
		if textRule.MatchString(line) {
			continue
		}
		item := textItem.MatchString(line)
		switch {
		case item:
			flush()
			kind, level = Item, 1
			line = textBullet.ReplaceAllString(line, "")
		case i > 0 && wrapped(lines[i-1], line, wrap) && !(sentenceEnd(lines[i-1]) && speaks(line)):
			open.WriteString(joint(lines[i-1], line))
			line = strings.TrimLeftFunc(line, unicode.IsSpace)
		case kind == Item && (line[0] == ' ' || line[0] == '\t'):
			open.WriteByte('\n')
			line = strings.TrimLeftFunc(line, unicode.IsSpace)
		case kind == Item:
			flush()
			kind, level = Paragraph, 0
		case open.Len() > 0:
			open.WriteByte('\n')
		}
		open.WriteString(strings.TrimRightFunc(line, unicode.IsSpace))
	}
	flush()
}

// paragraphs parts a text at its empty lines.
func paragraphs(text string) [][]string {
	var all [][]string
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(line) != "" {
			lines = append(lines, line)
			continue
		}
		if lines != nil {
			all, lines = append(all, lines), nil
		}
	}
	if lines != nil {
		all = append(all, lines)
	}
	return all
}

// looksLikeTitle reports whether a text's first paragraph begins with its title: one line that is no sentence, alone or
// over a date or a much longer line.
func looksLikeTitle(lines []string) bool {
	title := strings.TrimSpace(lines[0])
	last, _ := utf8.DecodeLastRuneInString(title)
	if lang.Graphemes(title) > titleCharacters || strings.ContainsRune("。.；;，,：:…", last) || strings.Contains(lines[0], "\t") ||
		textItem.MatchString(title) || textRule.MatchString(title) || strings.ContainsRune(title, '。') ||
		!strings.ContainsFunc(title, unicode.IsLetter) {
		return false
	}
	if len(lines) == 1 || dateLabel.MatchString(lines[1]) || textRule.MatchString(lines[1]) {
		return true
	}
	if _, at, ok := FindDate(lines[1]); ok && at < 8 && columns(lines[1]) < maxWrap {
		return true
	}
	return columns(title) < minWrap && columns(lines[1]) > 3*columns(title)
}

func isTextHeading(line string) bool {
	line = strings.TrimSpace(line)
	last, _ := utf8.DecodeLastRuneInString(line)
	return textHeading.MatchString(line) && lang.Graphemes(line) <= headingCharacters && !strings.ContainsRune("。.；;，,", last)
}

// tabRows returns a paragraph's cells where it is a table parted by tabs.
func tabRows(lines []string) [][]string {
	if len(lines) < 2 {
		return nil
	}
	var rows [][]string
	for _, line := range lines {
		cells := strings.Split(strings.Trim(line, "\r"), "\t")
		if len(cells) < 2 || len(rows) > 0 && len(cells) != len(rows[0]) {
			return nil
		}
		rows = append(rows, cells)
	}
	return rows
}

// wrapWidth is the column at which a text was wrapped, 0 where it was not.
func wrapWidth(text string) int {
	longest := 0
	for line := range strings.SplitSeq(text, "\n") {
		if longest = max(longest, columns(line)); longest > maxWrap {
			return 0
		}
	}
	if longest < minWrap {
		return 0
	}
	return longest
}

// wrapped reports whether next goes on with line: its first word would not have fitted.
func wrapped(line, next string, wrap int) bool {
	if wrap == 0 {
		return false
	}
	next = strings.TrimSpace(next)
	word := next
	if i := strings.IndexFunc(next, unicode.IsSpace); i > 0 {
		word = next[:i]
	}
	if r, n := utf8.DecodeRuneInString(next); unbroken(r) {
		word = next[:n]
	}
	return columns(strings.TrimRightFunc(line, unicode.IsSpace))+1+columns(word) > wrap
}

// joint is what stands for a line's end within a paragraph: nothing between Chinese characters, else a space.
func joint(before, after string) string {
	b, _ := utf8.DecodeLastRuneInString(strings.TrimRightFunc(before, unicode.IsSpace))
	a, _ := utf8.DecodeRuneInString(strings.TrimLeftFunc(after, unicode.IsSpace))
	if unbroken(b) && (unbroken(a) || unicode.IsPunct(a)) || unbroken(a) && unicode.IsPunct(b) && b >= utf8.RuneSelf {
		return ""
	}
	return " "
}

// unbroken reports whether r is of a script or punctuation that is written without spaces.
func unbroken(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r >= 0x3000 && r <= 0x303F || r >= 0xFF00 && r <= 0xFF65
}

func columns(s string) int {
	n := 0
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}
