package source

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"osmanthus/retrieval/lang"
)

// measure finds the body's size and pitch, the sizes of headings, and the running lines.
func (l *layout) measure(pages []Page) {
	characters, lines := map[float64]int{}, map[float64]int{}
	total := 0
	l.words = map[string]bool{}
	seen := map[string]int{}
	for number, p := range pages {
		here := map[string]bool{}
		for i, line := range p.Lines {
			size := math.Round(line.Size*2) / 2
			n := 0
			for _, s := range line.Segments {
				n += utf8.RuneCountInString(s.Text)
				for _, w := range strings.FieldsFunc(strings.ToLower(s.Text), func(r rune) bool { return !unicode.IsLetter(r) && r != '-' }) {
					l.words[w] = true
				}
			}
			characters[size] += n
			lines[size]++
			total++
			if p.inMargin(i) {
				for _, key := range runningKeys(line.text(), number) {
					here[key] = true
				}
			}
		}
		for key := range here {
			seen[key]++
		}
	}
	best := 0
	for size, n := range characters {
		if n > best || n == best && size < l.body {
			l.body, best = size, n
		}
	}
	larger := 0
	for size, n := range lines {
		if size >= l.body*headingSize {
			l.sizes = append(l.sizes, size)
			larger += n
		}
	}
	if float64(larger) > headingLines*float64(total) {
		l.sizes = nil
	}
	slices.SortFunc(l.sizes, func(a, b float64) int { return int(math.Copysign(1, b-a)) })
	l.running = map[string]bool{}
	for key, n := range seen {
		l.running[key] = n >= runningPages && n*3 >= len(pages)
	}
	l.pitch = pitch(pages, l.body)
}

// pitch is the median distance of lines of the body, in its size.
func pitch(pages []Page, body float64) float64 {
	var gaps []float64
	for _, p := range pages {
		for i := 1; i < len(p.Lines); i++ {
			a, b := p.Lines[i-1], p.Lines[i]
			gap := (a.Bottom - b.Bottom) / body
			if gap > 0.8 && gap < 3 && math.Abs(a.Size-body) < 1 && math.Abs(b.Size-body) < 1 {
				gaps = append(gaps, gap)
			}
		}
	}
	if len(gaps) == 0 {
		return 1.5
	}
	slices.Sort(gaps)
	return gaps[len(gaps)/2]
}

var number = regexp.MustCompile(`[0-9]{1,4}`)

// runningKeys are what a line has in common with the same header or footer of other pages: all of it, or all but its
// first or last number, where that goes with the page's.
func runningKeys(text string, page int) []string {
	text = strings.Join(strings.Fields(text), "")
	keys := []string{text}
	found := number.FindAllStringIndex(text, -1)
	for i, at := range found {
		if i > 0 && i < len(found)-1 {
			continue
		}
		n, _ := strconv.Atoi(text[at[0]:at[1]])
		keys = append(keys, text[:at[0]]+"\x00"+strconv.Itoa(n-page)+"\x00"+text[at[1]:])
	}
	return keys
}

// repeated reports whether a line stands on many pages and has been written once; the first time it is part of the text.
func (l *layout) repeated(text string, page int) bool {
	is := false
	for _, key := range runningKeys(text, page) {
		if l.running[key] {
			is = is || l.shown[key]
			l.shown[key] = true
		}
	}
	return is
}

var programTitle = regexp.MustCompile(`(?i)^(?:microsoft (?:word|powerpoint|excel)\s*-\s*|untitled|(?:无|無)标题|幻灯片 ?1$|powerpoint |slide 1$)|\.(?:docx?|pptx?|xlsx?|wps|pdf|indd|html?)$`)

// propertyTitle is the title that a file's properties state, empty where a program has put its own there.
func propertyTitle(title string) string {
	title = oneLine(title)
	if programTitle.MatchString(title) || strings.ContainsRune(title, utf8.RuneError) || lang.Graphemes(title) < 4 {
		return ""
	}
	return title
}

// normalise writes radicals and ligatures, which some fonts name in place of characters and letters, as these.
func (p *Page) normalise() {
	odd := func(r rune) bool { return r >= 0x2F00 && r <= 0x2FDF || r >= 0xFB00 && r <= 0xFB06 }
	for _, line := range p.Lines {
		for i := range line.Segments {
			s := &line.Segments[i]
			if !strings.ContainsFunc(s.Text, odd) {
				continue
			}
			var b strings.Builder
			for _, r := range s.Text {
				if odd(r) {
					b.WriteString(norm.NFKC.String(string(r)))
				} else {
					b.WriteRune(r)
				}
			}
			s.Text = b.String()
		}
	}
}
