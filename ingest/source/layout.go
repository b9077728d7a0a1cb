package source

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"osmanthus/retrieval/lang"
)

// What is made of a page's lines, in sizes of the font and shares of the page. They hold for reports, papers and
// agendas printed by word processors and browsers; a layout that they do not fit loses its paragraphs, not its words.
const (
	headingSize       = 1.15 // from this many sizes of the body on, a line is a heading
	headingLines      = 0.34 // where more of the lines would be headings, size says nothing
	headingLevels     = 4
	sameSize          = 1.12
	paragraphGap      = 1.35 // of the usual distance of two lines
	indentSize        = 1.2
	margin            = 0.085 // of a page's height, where headers and footers stand; an inch of A4
	runningPages      = 3     // a line is a running one when it stands on so many pages at least, and on a third of all
	garbledShare      = 0.1   // of a page's characters without meaning: beyond, the page is garbled
	garbledCharacters = 20
	garbledHan        = 0.0 // of the mean score of a page's Han characters, see plausibility; true text is above 0.35
)

// A layout makes blocks of lines.
type layout struct {
	*builder
	body    float64 // the size of most characters
	pitch   float64 // the usual distance between two lines of the body, in its size
	sizes   []float64
	words   map[string]bool // all words, to tell hyphens that stay
	running map[string]bool // folded lines that stand on many pages
	shown   map[string]bool // of them, those written once

	open     strings.Builder // the paragraph that is open
	kind     BlockKind
	level    int
	prev     Line
	started  int // page of the open paragraph
	left     float64
	right    float64
	noJoin   bool // the open paragraph may not go on overleaf
	titleTop float64
}

// readPages reads the pages of a PDF. Pages that hold only pictures, and those whose characters have no meaning, are
// left out and named.
func readPages(b *builder, title string, pages []Page) error {
	var scanned, garbled []int
	for i := range pages {
		p := &pages[i]
		p.normalise()
		switch {
		case len(p.Lines) == 0 && p.Pictures:
			scanned = append(scanned, i+1)
		case p.garbled():
			garbled = append(garbled, i+1)
			p.Lines = nil
		}
	}
	withText := slices.ContainsFunc(pages, func(p Page) bool { return len(p.Lines) > 0 })
	switch {
	case !withText && len(garbled) > 0:
		return &Fault{Code: Garbled, Detail: Ranges(append(garbled, scanned...))}
	case !withText && len(scanned) > 0:
		return &Fault{Code: Scanned, Detail: Ranges(scanned)}
	case len(pages) == 0:
		return &Fault{Code: NoText}
	}
	if len(scanned) > 0 {
		b.warnOf(WarnScanned, Ranges(scanned))
	}
	if len(garbled) > 0 {
		b.warnOf(WarnGarbled, Ranges(garbled))
	}
	b.titles[titlePage] = propertyTitle(title)
	l := &layout{builder: b, shown: map[string]bool{}}
	l.measure(pages)
	for i, p := range pages {
		l.readPage(i+1, p)
		if err := b.full(); err != nil {
			return err
		}
	}
	l.flush()
	b.page = 0
	return nil
}

func (p *Page) garbled() bool {
	total, han := 0, 0
	var sample strings.Builder
	for _, line := range p.Lines {
		for _, s := range line.Segments {
			for _, r := range s.Text {
				if !unicode.IsSpace(r) {
					total++
				}
				if unicode.Is(unicode.Han, r) && han < 400 {
					han++
					sample.WriteRune(r)
				}
			}
		}
	}
	if total < garbledCharacters {
		return false
	}
	if float64(p.Unmapped) > garbledShare*float64(total) {
		return true
	}
	return han >= garbledCharacters && han*3 > min(total, 1200) && plausibility(sample.String(), false) < garbledHan
}

// inMargin reports whether a line stands where headers and footers do.
func (p *Page) inMargin(i int) bool {
	line := p.Lines[i]
	return p.Height > 0 && (line.Bottom > p.Height*(1-margin) || line.Top < p.Height*margin)
}

// text is a line's words.
func (line Line) text() string {
	parts := make([]string, len(line.Segments))
	for i, s := range line.Segments {
		parts[i] = s.Text
	}
	return strings.Join(parts, " ")
}

func (line Line) left() float64  { return line.Segments[0].Left }
func (line Line) right() float64 { return line.Segments[len(line.Segments)-1].Right }

var pageNumber = regexp.MustCompile(`(?i)^[\s\-–—·|/]*(?:第\s*)?(?:p(?:age|\.)?\s*)?(?:[0-9]{1,4}|[ivx]{1,6})\s*(?:[页頁])?(?:\s*(?:/|of|，|,|／)?\s*(?:共\s*)?[0-9]{1,4}\s*(?:[页頁])?)?[\s\-–—·|]*$`)

// readPage adds a page's blocks.
func (l *layout) readPage(number int, p Page) {
	lines := make([]Line, 0, len(p.Lines))
	for i, line := range p.Lines {
		if p.inMargin(i) {
			if text := line.text(); pageNumber.MatchString(text) || l.repeated(text, number-1) {
				continue
			}
		}
		lines = append(lines, line)
	}
	l.margins(lines)
	for i := 0; i < len(lines); {
		if rows, columns := tableAt(lines[i:], l.pitch*l.body); rows > 0 {
			l.flush()
			l.page = number
			l.pageTable(lines[i:i+rows], columns)
			i += rows
			l.prev = Line{}
			continue
		}
		l.take(number, lines[i])
		i++
	}
}

// margins finds where the page's lines begin and end.
func (l *layout) margins(lines []Line) {
	starts := map[float64]int{}
	best := 0
	var ends []float64
	for _, line := range lines {
		at := math.Round(line.left() / 2)
		if starts[at]++; starts[at] > best || starts[at] == best && at*2 < l.left {
			best, l.left = starts[at], at*2
		}
		ends = append(ends, line.right())
	}
	if len(ends) > 0 {
		slices.Sort(ends)
		l.right = ends[len(ends)*9/10]
	}
}

// take adds a line to the open paragraph or begins another.
func (l *layout) take(page int, line Line) {
	text := line.text()
	if level := l.headingLevel(line, text); level > 0 {
		if l.kind == Heading && l.level == level && l.goesOn(line) && l.open.Len() < 240 {
			l.write(line, text)
			return
		}
		l.flush()
		l.begin(Heading, level, page)
		l.write(line, text)
		if page == 1 && line.Size > l.titleTop {
			l.titleTop = line.Size
		}
		return
	}
	item := textItem.MatchString(text)
	if l.open.Len() > 0 && l.kind != Heading && !item && l.continues(line, page) {
		l.write(line, text)
		return
	}
	l.flush()
	switch {
	case item:
		l.begin(Item, 1, page)
		l.write(line, textBullet.ReplaceAllString(text, ""))
	case isTextHeading(text) && l.shortLine(line, text):
		l.begin(Heading, min(len(l.sizes), headingLevels)+1, page)
		l.write(line, text)
	default:
		l.begin(Paragraph, 0, page)
		l.write(line, text)
	}
}

// headingLevel is 0 for a line that is none.
func (l *layout) headingLevel(line Line, text string) int {
	if lang.Graphemes(text) > headingCharacters*2 || !strings.ContainsFunc(text, unicode.IsLetter) {
		return 0
	}
	i := slices.Index(l.sizes, math.Round(line.Size*2)/2)
	return min(i+1, headingLevels)
}

// goesOn reports whether a line follows the last one at the usual distance.
func (l *layout) goesOn(line Line) bool {
	if len(l.prev.Segments) == 0 {
		return false
	}
	gap := l.prev.Bottom - line.Bottom
	size := max(l.prev.Size, line.Size)
	return gap > 0 && gap < max(l.pitch*paragraphGap, 1.2)*size && line.Size < l.prev.Size*sameSize && l.prev.Size < line.Size*sameSize
}

// continues reports whether a line belongs to the open paragraph.
func (l *layout) continues(line Line, page int) bool {
	last := strings.TrimRight(l.open.String(), " \n\u00AD")
	ended := sentenceEnd(last)
	if page > l.started+1 || page > l.started && l.noJoin {
		return false
	}
	if page > l.started || l.prev.Bottom < line.Bottom { // overleaf, or another column
		return len(l.prev.Segments) > 0 && !ended && line.Size < l.prev.Size*sameSize && l.prev.Size < line.Size*sameSize && !l.endsShort(line)
	}
	if !l.goesOn(line) {
		return false
	}
	if indent := line.left() - l.left; indent > indentSize*line.Size && line.left() > l.prev.left()+line.Size/2 && l.kind != Item {
		return false
	}
	return !(ended && l.endsShort(line))
}

// endsShort reports whether the last line ends where the first word of this one would still have fitted.
func (l *layout) endsShort(line Line) bool {
	word := line.Segments[0].Text
	first, _ := utf8.DecodeRuneInString(word)
	width := line.Size
	if !unbroken(first) {
		word, _, _ = strings.Cut(word, " ")
		width = float64(utf8.RuneCountInString(word)) * line.Size / 2
	}
	return l.prev.right()+width+line.Size < l.right
}

// shortLine reports whether a line ends well before the margin, as a heading does.
func (l *layout) shortLine(line Line, text string) bool {
	return line.right() < l.right-2*line.Size || lang.Graphemes(text) < headingCharacters/3
}

func sentenceEnd(s string) bool {
	r, _ := utf8.DecodeLastRuneInString(strings.TrimRight(s, "”’\"')）」』》"))
	return strings.ContainsRune("。．.！!？?；;：:…", r)
}

func (l *layout) begin(kind BlockKind, level, page int) {
	l.kind, l.level, l.started, l.noJoin = kind, level, page, kind == Heading
}

var (
	hyphenEnd   = regexp.MustCompile(`\p{L}-$`)
	hyphenStart = regexp.MustCompile(`^\p{Ll}`)
)

// write adds a line's words to what is open.
func (l *layout) write(line Line, text string) {
	if before := l.open.String(); before != "" {
		rest, hyphenated := strings.CutSuffix(before, "\u00AD")
		if !hyphenated && hyphenEnd.MatchString(before[max(0, len(before)-8):]) && hyphenStart.MatchString(text) {
			rest, hyphenated = before[:len(before)-1], true
		}
		switch {
		case hyphenated:
			l.open.Reset()
			l.open.WriteString(rest + l.hyphen(rest, text))
		case l.kind != Heading && l.prev.Segments != nil && l.endsShort(line):
			l.open.WriteByte('\n') // an address, a verse
		default:
			l.open.WriteString(joint(before, text))
		}
	}
	l.open.WriteString(text)
	l.prev = line
}

// hyphen tells whether a hyphen at a line's end belongs to the word: it does where the document has the word with it
// elsewhere and not without.
func (l *layout) hyphen(before, after string) string {
	letters := func(r rune) bool { return !unicode.IsLetter(r) && r != '-' }
	head := before[strings.LastIndexFunc(before, letters)+1:]
	tail := after
	if i := strings.IndexFunc(after, letters); i >= 0 {
		tail = after[:i]
	}
	head, tail = strings.ToLower(head), strings.ToLower(tail)
	first, _ := utf8.DecodeRuneInString(after)
	if l.words[head+"-"+tail] && !l.words[head+tail] || unicode.IsUpper(first) || unicode.IsDigit(first) {
		return "-"
	}
	return ""
}

// flush adds what is open. The largest heading of the first page is the document's title.
func (l *layout) flush() {
	text := l.open.String()
	l.open.Reset()
	if text == "" {
		return
	}
	text = strings.ReplaceAll(text, "\u00AD", "-")
	l.page = l.started
	if l.kind == Heading {
		text = oneLine(text)
		if l.started == 1 && l.prev.Size >= l.titleTop {
			l.titles[titleHeading] = text
			l.titleTop = l.prev.Size + 0.01 // of two of the size, the first
		}
		if l.started > 1 && l.titles[titleHeading] == "" {
			l.titles[titleHeading] = text
		}
	}
	title := l.titles[titleHeading]
	l.add(l.kind, l.level, text)
	l.titles[titleHeading] = title
	if l.kind == Paragraph && l.started == 1 && l.titles[titleFirstLine] == "" && looksLikeTitle([]string{text}) {
		l.titles[titleFirstLine] = text
	}
	l.kind = ""
}
