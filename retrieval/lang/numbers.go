package lang

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A figure is a lexeme as the search for numbers and dates sees it: Han runs are cut into numerals and single characters.
type figure struct {
	kind       figureKind
	text       string // of a word or mark; of a number: its decimal digits
	n          int    // of a whole number below a billion; otherwise -1
	runes      int    // of a Han numeral: how many characters it was written with
	units      bool   // of a Han numeral: it has 十, 百, 千, 万 or 亿
	start, end int
}

type figureKind byte

const (
	digits  figureKind = iota // written in digits
	numeral                   // written in Han
	word
	mark
)

// forms returns the normal forms of the numbers, dates and times in a text, in order. A date gives "d:2023-09-16",
// "d:09-16", "m:09" and "y:2023" as far as it says them, a time "t:09:00", a weekday "w:6" (Sunday is 7), a number that
// was not written in plain digits its digits. An hour from 1 to 6 without a word for the half of the day gives
// both times: programmes write "3:00" for the afternoon.
func forms(lexemes []lexeme) []string {
	fs := figures(lexemes)
	var out []string
	for i := 0; i < len(fs); {
		n := 0
		for _, match := range []func([]figure, int, *[]string) int{numericDate, hanDate, englishDate, clock, hanTime, weekday, amount} {
			if n = match(fs, i, &out); n > 0 {
				break
			}
		}
		i += max(n, 1)
	}
	return out
}

func figures(lexemes []lexeme) []figure {
	fs := make([]figure, 0, len(lexemes))
	for _, l := range lexemes {
		switch l.kind {
		case numberLexeme:
			fs = append(fs, figure{kind: digits, text: l.text, n: small(l.text), start: l.start, end: l.end})
		case wordLexeme:
			fs = append(fs, figure{kind: word, text: l.text, n: -1, start: l.start, end: l.end})
		case hanLexeme:
			fs = hanFigures(fs, l)
		default:
			fs = append(fs, figure{kind: mark, text: l.text, n: -1, start: l.start, end: l.end})
		}
	}
	return fs
}

func small(s string) int {
	if len(s) > 9 {
		return -1
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

func hanFigures(fs []figure, l lexeme) []figure {
	for i := 0; i < len(l.text); {
		f := figure{start: l.start + i, n: -1}
		if value, length := parseNumeral(l.text[i:]); length > 0 {
			f.kind, f.text, f.n = numeral, value, small(value)
			f.runes = utf8.RuneCountInString(l.text[i : i+length])
			f.units = strings.ContainsFunc(l.text[i:i+length], func(r rune) bool { return numeralUnits[r]+numeralMyriads[r] > 0 })
			i += length
		} else {
			_, length := utf8.DecodeRuneInString(l.text[i:])
			f.kind, f.text = mark, l.text[i:i+length]
			i += length
		}
		f.end = l.start + i
		fs = append(fs, f)
	}
	return fs
}

// is reports whether the figure at i is one of these words or marks.
func is(fs []figure, i int, texts ...string) bool {
	if i < 0 || i >= len(fs) || fs[i].kind < word {
		return false
	}
	for _, t := range texts {
		if fs[i].text == t {
			return true
		}
	}
	return false
}

// whole reports whether the figure at i is a whole number from low to high.
func whole(fs []figure, i, low, high int) bool {
	return i >= 0 && i < len(fs) && fs[i].kind <= numeral && fs[i].n >= low && fs[i].n <= high
}

func glued(fs []figure, i int) bool { return i > 0 && i < len(fs) && fs[i-1].end == fs[i].start }

// addDate appends the forms of a date; 0 stands for a part that was not said.
func addDate(out *[]string, y, m, d int) {
	switch {
	case y > 0 && m > 0 && d > 0:
		*out = append(*out, fmt.Sprintf("d:%04d-%02d-%02d", y, m, d))
	case y > 0 && m > 0:
		*out = append(*out, fmt.Sprintf("d:%04d-%02d", y, m))
	}
	if m > 0 && d > 0 {
		*out = append(*out, fmt.Sprintf("d:%02d-%02d", m, d))
	}
	if m > 0 {
		*out = append(*out, fmt.Sprintf("m:%02d", m))
	}
	if y > 0 {
		*out = append(*out, fmt.Sprintf("y:%d", y))
	}
}

const (
	maxDays   = 8    // of a list of days in one month
	firstYear = 1000 // a number below is more often a count of years than a year
	lastYear  = 2999
)

// numericDate reads 2023-09-16, 2023/9/16, 2023.9.16, 16/9/2023 and 9/16.
func numericDate(fs []figure, i int, out *[]string) int {
	if fs[i].kind != digits {
		return 0
	}
	if parts := strings.Split(fs[i].text, "."); len(parts) == 3 {
		y, m, d := small(parts[0]), small(parts[1]), small(parts[2])
		if y >= firstYear && y <= lastYear && m >= 1 && m <= 12 && d >= 1 && d <= 31 {
			addDate(out, y, m, d)
			return 1
		}
	}
	if !glued(fs, i+1) || !glued(fs, i+2) || !is(fs, i+1, "-", "/") {
		return 0
	}
	sep := fs[i+1].text
	if glued(fs, i+3) && is(fs, i+3, sep) && glued(fs, i+4) {
		switch {
		case whole(fs, i, firstYear, lastYear) && whole(fs, i+2, 1, 12) && whole(fs, i+4, 1, 31):
			addDate(out, fs[i].n, fs[i+2].n, fs[i+4].n)
			return 5
		case whole(fs, i, 1, 31) && whole(fs, i+2, 1, 31) && whole(fs, i+4, firstYear, lastYear) && min(fs[i].n, fs[i+2].n) <= 12:
			if fs[i].n <= 12 {
				addDate(out, fs[i+4].n, fs[i].n, fs[i+2].n)
			}
			if fs[i+2].n <= 12 && fs[i].n != fs[i+2].n {
				addDate(out, fs[i+4].n, fs[i+2].n, fs[i].n)
			}
			return 5
		}
		return 0
	}
	if sep == "/" && whole(fs, i, 1, 12) && whole(fs, i+2, 1, 31) && fs[i+2].kind == digits && !is(fs, i-1, "/", "-") {
		addDate(out, 0, fs[i].n, fs[i+2].n)
		return 3
	}
	return 0
}

// hanDate reads 2023年9月16日, 九月十六号, 9月16日至18日, 2023年, 九月, 20世纪90年代.
func hanDate(fs []figure, i int, out *[]string) int {
	j, y := i, 0
	if whole(fs, j, 0, 99) && is(fs, j+1, "年") && is(fs, j+2, "代") && fs[j].n%10 == 0 && fs[j].n >= 20 {
		*out = append(*out, fmt.Sprintf("19%02ds", fs[j].n))
		return 3
	}
	if whole(fs, j, firstYear, lastYear) && is(fs, j+1, "年") {
		y = fs[j].n
		if is(fs, j+2, "代") {
			*out = append(*out, fmt.Sprintf("%ds", y))
			return 3
		}
		j += 2
	}
	if !whole(fs, j, 1, 12) || !is(fs, j+1, "月") {
		addDate(out, y, 0, 0)
		return j - i
	}
	m := fs[j].n
	j += 2
	found := false
	for whole(fs, j, 1, 31) {
		end := j + 1
		for end < j+2*maxDays && through(fs, end) && whole(fs, end+1, 1, 31) && !is(fs, end+2, "月", "点", "时", ":") {
			end += 2
		}
		if !is(fs, end, "日", "号") {
			if end == j+1 && fs[j].kind == digits { // 9月16 without its 日 is still a day
				addDate(out, y, m, fs[j].n)
				found, j = true, end
			}
			break
		}
		for k := j; k < end; k += 2 {
			addDate(out, y, m, fs[k].n)
		}
		found, j = true, end+1
		if !through(fs, j) || !whole(fs, j+1, 1, 31) || !is(fs, j+2, "日", "号") {
			break
		}
		j++
	}
	if !found {
		addDate(out, y, m, 0)
	}
	return j - i
}

// through reports whether the figure at i joins the ends of a range or the members of a list.
func through(fs []figure, i int) bool {
	return is(fs, i, "-", "–", "—", "~", "至", "到", "、", "和", "及", "与", "to", "and", "&")
}

// englishDate reads September 16th, 2023; Sept. 16–18; 16 September 2023; the 16th of September; September 2023; 1990s.
func englishDate(fs []figure, i int, out *[]string) int {
	if m, sure := month(fs, i); m > 0 {
		j := i + 1
		if is(fs, j, ".") {
			j++
		}
		if whole(fs, j, 1, 31) && !is(fs, j+1, ":", "%") {
			days := []int{fs[j].n}
			j = ordinal(fs, j+1)
			for len(days) < maxDays && through(fs, j) && whole(fs, j+1, 1, 31) && !is(fs, j+2, ":", "%", "am", "pm") {
				days = append(days, fs[j+1].n)
				j = ordinal(fs, j+2)
			}
			y, j := year(fs, j)
			for _, d := range days {
				addDate(out, y, m, d)
			}
			return j - i
		}
		if y, next := year(fs, j); y > 0 {
			addDate(out, y, m, 0)
			return next - i
		}
		if sure {
			addDate(out, 0, m, 0)
			return 1
		}
		return 0
	}
	if fs[i].kind != digits {
		return 0
	}
	if whole(fs, i, 1, 31) {
		days := []int{fs[i].n}
		j := ordinal(fs, i+1)
		for len(days) < maxDays && through(fs, j) && whole(fs, j+1, 1, 31) {
			days = append(days, fs[j+1].n)
			j = ordinal(fs, j+2)
		}
		if is(fs, j, "of") {
			j++
		}
		if m, _ := month(fs, j); m > 0 {
			j++
			if is(fs, j, ".") {
				j++
			}
			y, j := year(fs, j)
			for _, d := range days {
				addDate(out, y, m, d)
			}
			return j - i
		}
	}
	if glued(fs, i+1) && is(fs, i+1, "s") && fs[i].n%10 == 0 {
		switch n := fs[i].n; {
		case n >= 20 && n <= 90: // the 90s; the full year needs no form, it is a term already
			*out = append(*out, fmt.Sprintf("19%ds", n))
			return 2
		}
	}
	return 0
}

// ordinal returns the place after the ending of an ordinal number, where there is one.
func ordinal(fs []figure, i int) int {
	if glued(fs, i) && is(fs, i, "st", "nd", "rd", "th") {
		return i + 1
	}
	return i
}

// year reads a year at i, after a comma or without; 0 if there is none.
func year(fs []figure, i int) (y, next int) {
	j := i
	if is(fs, j, ",") {
		j++
	}
	if whole(fs, j, firstYear, lastYear) && fs[j].kind == digits {
		return fs[j].n, j + 1
	}
	return 0, i
}

// months says for each name whether it means the month where no day or year stands beside it.
var months = map[string]struct {
	n    int
	sure bool
}{
	"january": {1, true}, "february": {2, true}, "march": {3, false}, "april": {4, true}, "may": {5, false}, "june": {6, true},
	"july": {7, true}, "august": {8, true}, "september": {9, true}, "october": {10, true}, "november": {11, true}, "december": {12, true},
	"jan": {1, false}, "feb": {2, false}, "mar": {3, false}, "apr": {4, false}, "jun": {6, false}, "jul": {7, false}, "aug": {8, false},
	"sep": {9, false}, "sept": {9, false}, "oct": {10, false}, "nov": {11, false}, "dec": {12, false},
}

func month(fs []figure, i int) (n int, sure bool) {
	if i >= len(fs) || fs[i].kind != word {
		return 0, false
	}
	m := months[fs[i].text]
	return m.n, m.sure
}
