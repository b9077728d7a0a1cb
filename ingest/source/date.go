package source

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// A dateFinder collects what markup says of a document's date; the text is asked where markup says nothing.
type dateFinder struct {
	stated time.Time // front matter
	marked time.Time // <time>, meta tags
}

const (
	labelledLines = 40 // at the start of a document, and some at its end, where a labelled date is looked for
	endLines      = 8
	firstLines    = 6  // where a date without a label is looked for
	nearStart     = 48 // characters from a long line's start within which it may stand, as in a dateline
)

func (f *dateFinder) of(doc Document) time.Time {
	for _, t := range []time.Time{f.stated, f.marked} {
		if !t.IsZero() {
			return t
		}
	}
	lines := nonEmptyLines(doc.Text, labelledLines)
	for i, line := range append(lines, lastLines(doc.Text, endLines)...) {
		if m := dateLabel.FindStringIndex(line); m != nil && (i < len(lines) || utf8.RuneCountInString(line) < nearStart) {
			if t, _, ok := FindDate(line[m[1]:]); ok {
				return t
			}
		}
	}
	for _, line := range append([]string{doc.Title}, lines[:min(len(lines), firstLines)]...) {
		if t, at, ok := FindDate(line); ok && utf8.RuneCountInString(line[:at]) <= nearStart {
			return t
		}
	}
	return time.Time{}
}

func nonEmptyLines(text string, limit int) []string {
	var lines []string
	for line := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(line) != "" {
			if lines = append(lines, line); len(lines) == limit {
				break
			}
		}
	}
	return lines
}

// lastLines returns the last non-empty lines; where the text has no more than that, they were among the first.
func lastLines(text string, limit int) []string {
	var lines []string
	for range limit {
		text = strings.TrimSpace(text)
		i := strings.LastIndexByte(text, '\n')
		if i < 0 {
			return nil
		}
		lines = append(lines, text[i+1:])
		text = text[:i]
	}
	return lines
}

var (
	dateLabel = regexp.MustCompile(`(?i)(?:^|[\s(（【\[|/·])(?:(?:发表|發表|发布|發布|发稿|發稿|出版|更新|刊登|张贴|張貼)?(?:日期|时间|時間|于|於)|published(?: on| at)?|posted(?: on)?|release date|date(?:line)?|updated)\s*(?:/[^:：\n]{1,16})?[:：]\s*`)

	isoDate   = regexp.MustCompile(`(?:^|[^\d.-]|\D-)((?:19|20)\d{2})[-/.](\d{1,2})[-/.](\d{1,2})(?:[^\d./-]|$|\.\s|\.$)`)
	hanDate   = regexp.MustCompile(`((?:19|20)\d{2})\s*年\s*(\d{1,2})\s*月\s*(\d{1,2})\s*[日号號]`)
	hanWords  = regexp.MustCompile(`([一二][一二三四五六七八九〇零○]{3})年([一二三四五六七八九十]{1,2})月([一二三四五六七八九十]{1,3})[日号號]`)
	monthName = `(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?\b\.?`
	monthDay  = regexp.MustCompile(`(?i)\b` + monthName + `\s+(\d{1,2})(?:st|nd|rd|th)?\s*,?\s+((?:19|20)\d{2})\b`)
	dayMonth  = regexp.MustCompile(`(?i)\b(\d{1,2})(?:st|nd|rd|th)?\s+(?:of\s+)?` + monthName + `\s*,?\s+((?:19|20)\d{2})\b`)
)

var monthNumbers = map[string]int{
	"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}

// FindDate returns the first date in a text, midnight UTC of the day as written, and the byte where it stands.
func FindDate(s string) (t time.Time, at int, ok bool) {
	at = len(s) + 1
	try := func(m []int, year, month, day int) {
		if m == nil || m[0] >= at {
			return
		}
		d := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
		if d.Day() == day && int(d.Month()) == month && month > 0 {
			t, at, ok = d, m[0], true
		}
	}
	number := func(m []int, i int) int { n, _ := strconv.Atoi(s[m[2*i]:m[2*i+1]]); return n }
	for _, pattern := range []*regexp.Regexp{isoDate, hanDate} {
		if m := pattern.FindStringSubmatchIndex(s); m != nil {
			try(m[2:4], number(m, 1), number(m, 2), number(m, 3))
		}
	}
	if m := hanWords.FindStringSubmatchIndex(s); m != nil {
		try(m[2:4], hanNumber(s[m[2]:m[3]]), hanNumber(s[m[4]:m[5]]), hanNumber(s[m[6]:m[7]]))
	}
	month := func(m []int, i int) int { return monthNumbers[strings.ToLower(s[m[2*i]:m[2*i+1]])[:3]] }
	if m := monthDay.FindStringSubmatchIndex(s); m != nil {
		try(m[:2], number(m, 3), month(m, 1), number(m, 2))
	}
	if m := dayMonth.FindStringSubmatchIndex(s); m != nil {
		try(m[:2], number(m, 3), month(m, 2), number(m, 1))
	}
	if !ok {
		return time.Time{}, 0, false
	}
	return t, at, true
}

// hanNumber reads 二〇二三 digit by digit, and 十, 十六, 二十, 三十一.
func hanNumber(s string) int {
	n, tens := 0, 0
	for _, r := range s {
		switch d := strings.Index("零一二三四五六七八九", string(r)) / 3; {
		case r == '十':
			tens, n = 10*max(n, 1), 0
		case r == '〇' || r == '○' || d < 0:
			n *= 10
		default:
			n = n*10 + d
		}
	}
	return tens + n
}

// stamp reads a machine's date, as in datetime="2023-09-16T09:00+08:00" or a front matter's: the day as written.
func stamp(s string) time.Time {
	t, _, _ := FindDate(strings.Replace(strings.TrimSpace(s), "T", " ", 1))
	return t
}
