package bot

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

const (
	// sameTitle is the score of titles that are the same but for case, width, script and marks.
	sameTitle = 1.0
	// headTitle is the score of a title without its subtitle.
	headTitle = 0.95
	// nearTitle is the least score at which what was asked is taken for a title: a letter or character in twelve may be
	// wrong. Titles of one series ("Interview with …") differ by a word, which is more.
	nearTitle = 0.9
	// editShare is how many characters of a title may be wrong for one that is right.
	editShare = 12
)

// titleMatch says how well what was asked names a session of these titles, 0 for not at all.
func titleMatch(asked string, titles []retrieval.Value) float64 {
	best := 0.0
	for _, t := range titles {
		best = max(best, matchTitle(asked, t.Text))
		if parts := strings.Split(t.Text, " / "); len(parts) > 1 {
			for _, p := range parts {
				best = max(best, matchTitle(asked, p))
			}
		}
	}
	return best
}

func matchTitle(asked, title string) float64 {
	a, t := titleKey(inFigures(asked)), titleKey(inFigures(title))
	if a == "" || t == "" {
		return 0
	}
	if a == t {
		return sameTitle
	}
	for _, head := range heads(title) {
		if titleKey(inFigures(head)) == a && longEnough(a) {
			return headTitle
		}
	}
	for _, head := range heads(asked) {
		if titleKey(inFigures(head)) == t && longEnough(t) {
			return headTitle
		}
	}
	if !slices.Equal(figures(asked), figures(title)) {
		return 0
	}
	n := max(utf8.RuneCountInString(a), utf8.RuneCountInString(t))
	if allowed := n / editShare; allowed > 0 && wordsNear(asked, title) {
		if d := edits([]rune(a), []rune(t), allowed); d <= allowed {
			return 1 - float64(d)/float64(n)
		}
	}
	return 0
}

// titleKey is a title's key without the article it may begin with.
func titleKey(s string) string {
	for _, article := range []string{"the ", "a ", "an "} {
		if len(s) > len(article) && strings.EqualFold(s[:len(article)], article) {
			s = s[len(article):]
			break
		}
	}
	return retrieval.Key(s)
}

// longEnough reports whether a key is long enough to stand for the title that it is only a part of.
func longEnough(key string) bool {
	n := 0
	for _, r := range key {
		if n++; !spelt(r) {
			n += 2 // a character says as much as three letters
		}
	}
	return n >= 9
}

var subtitle = regexp.MustCompile(`\s*[:：—–|｜(（\[【]|\s+-\s+|[！!？?。]\s*|\s+[-–—~～]{1,2}\s*|[，,]\s*`)

// heads are what a title is without its subtitle or what stands in brackets behind it, and that subtitle.
func heads(title string) []string {
	var out []string
	for _, m := range subtitle.FindAllStringIndex(title, -1) {
		if head := strings.TrimSpace(title[:m[0]]); head != "" {
			out = append(out, head)
		}
		if strings.ContainsAny(title[m[0]:m[1]], ":：—–-(（|｜") {
			out = append(out, strings.TrimRight(title[m[1]:], ")）]】 "))
		}
	}
	return out
}

var figure = regexp.MustCompile(`\d+|[〇零一二三四五六七八九十百]+`)

// figures are the numbers of a title, in order: two titles that differ in one are two titles.
func figures(s string) []string {
	var out []string
	for _, f := range figure.FindAllString(lang.Fold(s), -1) {
		if f[0] >= 0x80 {
			f = strconv.Itoa(hanFigure(f))
		}
		out = append(out, strings.TrimLeft(f, "0"))
	}
	return out
}

// inFigures writes numbers in Han as figures: 第十三次 as 第13次.
func inFigures(s string) string {
	return figure.ReplaceAllStringFunc(s, func(f string) string {
		if f[0] >= 0x80 {
			return strconv.Itoa(hanFigure(f))
		}
		return f
	})
}

// hanFigure reads 十三, 二十六, 一百二十, 二〇二三.
func hanFigure(s string) int {
	total, n := 0, 0
	for _, r := range s {
		switch {
		case r == '十':
			total, n = total+10*max(n, 1), 0
		case r == '百':
			total, n = total+100*max(n, 1), 0
		case r == '〇' || r == '零':
			n *= 10
		default:
			if i := strings.IndexRune("一二三四五六七八九", r); i >= 0 {
				n = n*10 + i/3 + 1
			}
		}
	}
	return total + n
}

// wordsNear reports whether every Latin word of one title has its like in the other: a misspelling, not another word.
func wordsNear(a, b string) bool {
	return wordsIn(a, b) && wordsIn(b, a)
}

func wordsIn(a, b string) bool {
	others := latin.FindAllString(lang.Fold(b), -1)
	for _, w := range latin.FindAllString(lang.Fold(a), -1) {
		allowed := len(w) / 4
		if !slices.ContainsFunc(others, func(o string) bool {
			return w == o || allowed > 0 && edits([]rune(w), []rune(o), allowed) <= allowed
		}) && len(w) > 3 {
			return false
		}
	}
	return true
}

var latin = regexp.MustCompile(`[\p{Latin}]+`)

// edits is how many characters must be changed, put in or left out to make b of a; more than limit where it is more.
func edits(a, b []rune, limit int) int {
	if max(len(a)-len(b), len(b)-len(a)) > limit {
		return limit + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := diagonal
			if a[i-1] != b[j-1] {
				cost++
			}
			diagonal, row[j] = row[j], min(cost, row[j]+1, row[j-1]+1)
		}
	}
	return row[len(b)]
}
