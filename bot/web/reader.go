package web

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"unicode/utf8"

	"osmanthus/ingest/source"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// An opened is a version of a document.
type opened struct {
	document retrieval.Document
	text     string
	blocks   []source.Block
	current  bool
}

// open reads a version, 0 being the current one.
func (s *server) open(ctx context.Context, id, version int64) (opened, error) {
	filter := retrieval.Filter{Audiences: publicOnly(), Now: s.Now()}
	document, text, blocks, err := s.Library.Document(ctx, filter, id, version)
	if err != nil {
		return opened{}, fmt.Errorf("open document %d: %w", id, err)
	}
	o := opened{document: document, text: text, blocks: blocks, current: true}
	if version != 0 {
		now, _, _, err := s.Library.Document(ctx, filter, id, 0)
		if err != nil {
			return opened{}, fmt.Errorf("open document %d: %w", id, err)
		}
		o.current = now.Version == document.Version
	}
	return o, nil
}

// A readerPage is the data of the template "reader".
type readerPage struct {
	frame
	Document documentBody
	TextTag  string
	Heading  []segment
	Groups   []group
	Cited    bool // something is marked
	Old      bool // a later version exists
	Gone     bool // the version that was asked for is not kept any more
	Contents []heading
	Pages    []int
	Other    *otherVersion // in the other language, where there is one for sure
	Beside   []besideRow   // both versions side by side, where that is asked for
	Press    string        // where to ask for a press kit of it; empty where there are none
}

// A group is a block, or the items of a list, or the rows of a table.
type group struct {
	Kind     string // heading, paragraph, list, table, quote, code
	Level    int    // of a heading: of the HTML element
	Start    int    // bytes into the text
	Page     int    // set on the first group of a page
	Number   int    // of a table: its place among them
	Segments []segment
	Items    []listItem
	Header   [][]segment
	Rows     []tableRow
}

type listItem struct {
	Level    int
	Start    int
	Segments []segment
}

type tableRow struct {
	Start int
	Cells [][]segment
}

// A segment is a run of text, all of it cited or none.
type segment struct {
	Text   string
	Marked bool
	First  bool // of the marked ones: the place that #s opens
}

// reader answers GET /d/{id}: a document, opened at the cited sentence.
func (s *server) reader(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	values := r.URL.Query()
	version, err := number(values, "v", 0, 1, math.MaxInt64)
	if err != nil {
		return err
	}
	from, err := number(values, "from", 0, 0, math.MaxInt32)
	if err != nil {
		return err
	}
	to, err := number(values, "to", 0, from, math.MaxInt32)
	if err != nil {
		return err
	}
	page := readerPage{}
	o, err := s.open(r.Context(), id, version)
	if version != 0 && errors.Is(err, retrieval.ErrNotFound) {
		// The document may be there still; where the sentence stands in it now is not known.
		page.Gone, from, to = true, 0, 0
		o, err = s.open(r.Context(), id, 0)
	}
	if err != nil {
		return err
	}
	s.rememberLang(w, r)
	if err := s.besides(r, o, &page); err != nil {
		return err
	}
	page.frame = s.frame(r, o.document.Title)
	page.Document, page.Old = s.bodyOf(o.document), !o.current
	page.TextTag = tag(o.document.Lang, lang.Truncate(o.text, 2000))
	layout := newLayout(o.text, lang.Span{Start: int(from), End: int(to)})
	page.Groups = layout.groups(o.blocks)
	page.Cited = layout.found
	if first := page.Groups; len(first) > 0 && first[0].Kind == "heading" && joined(first[0].Segments) == o.document.Title {
		page.Heading, page.Groups = first[0].Segments, first[1:]
	} else {
		page.Heading = []segment{{Text: o.document.Title}}
	}
	page.contents()
	return s.render(w, r, http.StatusOK, "reader", page)
}

func joined(segments []segment) string {
	text := ""
	for _, s := range segments {
		text += s.Text
	}
	return text
}

// A layout cuts a text into what the page shows, and marks a span of it.
type layout struct {
	text   string
	mark   lang.Span
	found  bool // the mark has begun
	page   int
	tables int // so far
}

// newLayout drops a mark that does not fit the text, borders of characters included.
func newLayout(text string, mark lang.Span) *layout {
	fits := func(i int) bool { return i == len(text) || i < len(text) && utf8.RuneStart(text[i]) }
	if mark.Start >= mark.End || !fits(mark.Start) || !fits(mark.End) {
		mark = lang.Span{}
	}
	return &layout{text: text, mark: mark}
}

// groups lays all of the text out: what stands in no block is a paragraph.
func (l *layout) groups(blocks []source.Block) []group {
	var out []group
	at := 0
	between := func(end int) {
		if blank(l.text[at:end]) {
			return
		}
		out = append(out, group{Kind: "paragraph", Start: at, Segments: l.segments(at, end)})
	}
	var before source.BlockKind
	for _, b := range blocks {
		if b.Start < at || b.End > len(l.text) || b.Start >= b.End {
			continue
		}
		between(b.Start)
		out = l.add(out, b, before)
		at, before = b.End, b.Kind
	}
	between(len(l.text))
	return out
}

func blank(s string) bool {
	for _, r := range s {
		if r != ' ' && r != '\n' && r != '\t' && r != '\r' {
			return false
		}
	}
	return true
}

func (l *layout) add(out []group, b source.Block, before source.BlockKind) []group {
	page := 0
	if b.Page != l.page {
		page, l.page = b.Page, b.Page
	}
	last := len(out) - 1
	switch b.Kind {
	case source.Item:
		item := listItem{Level: min(max(b.Level, 1), maxItemLevel), Start: b.Start, Segments: l.segments(b.Start, b.End)}
		if before != source.Item || page != 0 || out[last].Kind != "list" {
			return append(out, group{Kind: "list", Start: b.Start, Page: page, Items: []listItem{item}})
		}
		out[last].Items = append(out[last].Items, item)
		return out
	case source.Header:
		l.tables++
		return append(out, group{Kind: "table", Start: b.Start, Page: page, Number: l.tables, Header: l.cells(b)})
	case source.Row:
		row := tableRow{Start: b.Start, Cells: l.cells(b)}
		if before != source.Row && before != source.Header || page != 0 || out[last].Kind != "table" {
			l.tables++
			return append(out, group{Kind: "table", Start: b.Start, Page: page, Number: l.tables, Rows: []tableRow{row}})
		}
		out[last].Rows = append(out[last].Rows, row)
		return out
	}
	g := group{Kind: string(b.Kind), Start: b.Start, Page: page, Segments: l.segments(b.Start, b.End)}
	switch b.Kind {
	case source.Heading:
		g.Level = min(max(b.Level, 1)+1, 6) // the title is the page's h1
	case source.Quote, source.Code:
	default:
		g.Kind = string(source.Paragraph)
	}
	return append(out, g)
}

// maxItemLevel is as deep as the style indents.
const maxItemLevel = 4

// cells returns a row's cells. A mark that touches only what is not shown of the row, its columns' names, is widened
// to the row.
func (l *layout) cells(b source.Block) [][]segment {
	spans := b.Cells
	valid := len(spans) > 0
	at := b.Start
	for _, c := range spans {
		if c.Start < at || c.End < c.Start || c.End > b.End {
			valid = false
			break
		}
		at = c.End
	}
	if !valid {
		spans = []lang.Span{{Start: b.Start, End: b.End}}
	}
	touched := false
	for _, c := range spans {
		touched = touched || max(c.Start, l.mark.Start) < min(c.End, l.mark.End)
	}
	mark := l.mark
	if !touched && max(b.Start, mark.Start) < min(b.End, mark.End) {
		l.mark = lang.Span{Start: b.Start, End: b.End}
	}
	out := make([][]segment, len(spans))
	for i, c := range spans {
		out[i] = l.segments(c.Start, c.End)
	}
	l.mark = mark
	return out
}

// segments cuts text[start:end] at the borders of the mark.
func (l *layout) segments(start, end int) []segment {
	from, to := max(start, l.mark.Start), min(end, l.mark.End)
	if from >= to {
		return []segment{{Text: l.text[start:end]}}
	}
	var out []segment
	if from > start {
		out = append(out, segment{Text: l.text[start:from]})
	}
	out = append(out, segment{Text: l.text[from:to], Marked: true, First: !l.found})
	l.found = true
	if to < end {
		out = append(out, segment{Text: l.text[to:end]})
	}
	return out
}
