package ingest

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"osmanthus/ingest/source"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// The size of passages, in the embedding model's tokens. The model reads 512 at most, context included, and is sharpest
// well below; a passage under MinTokens says too little to be found by.
const (
	MinTokens = 200
	MaxTokens = 350
	// tinyTokens: a section below it, such as a question in an interview, takes along what follows it, even if that is
	// too long for one passage.
	tinyTokens = 100
	// remainderTokens: what is left over below it joins the passage before, if both have at most joinedTokens.
	remainderTokens = 60
	joinedTokens    = 400
	// contextCharacters bounds each part of a context.
	contextCharacters = 120
)

// pathMark parts the title and the headings in a context.
const pathMark = " › "

// Split cuts a document into passages by its structure and sentences. Each passage's Text is the document's from Start
// to End, to the byte. A heading starts a new passage, but small sections under one parent share one, and then their
// headings stand in its text. List items and table rows are kept whole; a passage that begins inside a table has the
// table's header in its context.
func Split(doc source.Document) []retrieval.Draft {
	s := splitter{doc: doc}
	sections := s.sections()
	if g, ok := s.whole(sections); ok {
		return []retrieval.Draft{s.draft(0, g)}
	}
	for i, sec := range sections {
		if len(sec.blocks) == 0 && i+1 < len(sections) && sections[i+1].under(sec) {
			continue // its heading is in the contexts of the sections below it
		}
		s.take(sec)
	}
	s.close()
	drafts := make([]retrieval.Draft, len(s.groups))
	for i, g := range s.groups {
		drafts[i] = s.draft(i, g)
	}
	return drafts
}

// A unit is what is never torn: a sentence, a list item, a table row, a heading.
type unit struct {
	lang.Span
	tokens int
	page   int
	kind   source.BlockKind
	header int // block of the header of the table it is a row of, -1 where there is none
}

// A section is a heading with all that stands below it, up to the next heading.
type section struct {
	path   []int // blocks of the headings above, its own last
	head   unit  // its own heading; of no bytes where the document begins without one
	blocks [][]unit
	tokens int
}

func (s section) parent() []int { return s.path[:max(0, len(s.path)-1)] }

func (s section) under(t section) bool { return len(s.path) > 0 && slices.Equal(s.parent(), t.path) }

// A group becomes a passage.
type group struct {
	base   []int // headings of its context
	units  []unit
	tokens int
	first  *section // the section it begins in
	last   *section
	opens  bool // it begins where its section does
}

type splitter struct {
	doc    source.Document
	groups []group
	cur    group
}

// sections parts the blocks at the headings.
func (s *splitter) sections() []section {
	var all []section
	current := section{}
	header := -1
	for i, b := range s.doc.Blocks {
		if b.Start >= b.End {
			continue
		}
		switch b.Kind {
		case source.Header:
			header = i
		case source.Row:
		default:
			header = -1
		}
		if b.Kind == source.Heading {
			if len(current.blocks) > 0 || len(current.path) > 0 {
				all = append(all, current)
			}
			path := slices.Clone(current.path)
			for len(path) > 0 && s.doc.Blocks[path[len(path)-1]].Level >= b.Level {
				path = path[:len(path)-1]
			}
			span := lang.Span{Start: b.Start, End: b.End}
			head := unit{span, lang.Tokens(s.doc.Text[b.Start:b.End]), b.Page, b.Kind, -1}
			current = section{path: append(path, i), head: head, tokens: head.tokens}
			continue
		}
		units := s.units(b, header)
		for _, u := range units {
			current.tokens += u.tokens
		}
		current.blocks = append(current.blocks, units)
	}
	if len(current.blocks) > 0 || len(current.path) > 0 {
		all = append(all, current)
	}
	return all
}

// units cuts a block.
func (s *splitter) units(b source.Block, header int) []unit {
	text := s.doc.Text[b.Start:b.End]
	spans := []lang.Span{{Start: 0, End: len(text)}}
	if b.Kind == source.Paragraph || b.Kind == source.Quote || lang.Tokens(text) > MaxTokens {
		spans = sentences(text)
	}
	var units []unit
	for _, whole := range spans {
		for _, span := range fitting(text, whole) {
			u := unit{lang.Span{Start: b.Start + span.Start, End: b.Start + span.End}, lang.Tokens(text[span.Start:span.End]), b.Page, b.Kind, -1}
			if b.Kind == source.Row {
				u.header = header
			}
			units = append(units, u)
		}
	}
	return units
}

// sentences makes sure that nothing but white space is between them, whatever lang.Sentences leaves out.
func sentences(text string) []lang.Span {
	spans := lang.Sentences(text)
	if len(spans) == 0 {
		return []lang.Span{{Start: 0, End: len(text)}}
	}
	spans[0].Start = 0
	for i := range spans {
		end := len(text)
		if i+1 < len(spans) {
			end = spans[i+1].Start
		}
		spans[i].End = spans[i].Start + len(strings.TrimRightFunc(text[spans[i].Start:end], unicode.IsSpace))
	}
	return spans
}

// whole returns the document as one group where it is small, without a heading that only repeats its title.
func (s *splitter) whole(sections []section) (group, bool) {
	g := group{}
	for i, sec := range sections {
		if sec.head.End > 0 && (i > 0 || len(sec.blocks) == 0 || !s.isTitle(sec.path[0])) {
			g.add(sec.head)
		}
		for _, b := range sec.blocks {
			g.add(b...)
		}
		if g.tokens > MaxTokens {
			return group{}, false
		}
	}
	return g, len(g.units) > 0
}

func (s *splitter) isTitle(block int) bool {
	b := s.doc.Blocks[block]
	return strings.Join(strings.Fields(s.doc.Text[b.Start:b.End]), " ") == s.doc.Title
}

func (g *group) add(units ...unit) {
	for _, u := range units {
		g.units = append(g.units, u)
		g.tokens += u.tokens
	}
}

// take puts a section into the current group where it may, else into a new one.
func (s *splitter) take(sec section) {
	fits := s.cur.tokens < MinTokens && s.cur.tokens+sec.tokens <= MaxTokens || s.cur.tokens < tinyTokens
	if len(s.cur.units) == 0 || !fits || !s.cur.join(sec) {
		s.close()
		s.cur = group{base: sec.path, first: &sec, opens: true}
		if len(sec.blocks) == 0 {
			s.cur.base = sec.parent()
			s.cur.add(sec.head)
		}
	}
	s.cur.last = &sec
	for _, block := range sec.blocks {
		size := 0
		for _, u := range block {
			size += u.tokens
		}
		if s.cur.tokens >= MinTokens && s.cur.tokens+size > MaxTokens {
			s.renew(&sec)
		}
		for _, u := range block {
			if len(s.cur.units) > 0 && s.cur.tokens+u.tokens > MaxTokens {
				s.renew(&sec)
			}
			s.cur.add(u)
		}
	}
}

// join prepares a group for a section that follows it, and reports whether it may have it: sections under the same
// heading share a group with each other and with what stands under that heading before them.
func (g *group) join(sec section) bool {
	parent := sec.parent()
	switch {
	case len(sec.path) == 0:
		return false
	case slices.Equal(g.base, parent):
	case g.opens && g.first == g.last && slices.Equal(g.base, g.first.path) && len(g.first.path) > 0 && slices.Equal(g.first.parent(), parent):
		g.units = slices.Insert(g.units, 0, g.first.head)
		g.tokens += g.first.head.tokens
		g.base = parent
	default:
		return false
	}
	g.add(sec.head)
	return true
}

// renew closes the group in the middle of a section. A heading or a table's header stays with what follows it.
func (s *splitter) renew(sec *section) {
	keep := len(s.cur.units)
	for keep > 0 && (s.cur.units[keep-1].kind == source.Heading || s.cur.units[keep-1].kind == source.Header) {
		keep--
	}
	if keep == 0 {
		return
	}
	moved := s.cur.units[keep:]
	begins := false
	for _, u := range moved {
		s.cur.tokens -= u.tokens
		begins = begins || u.kind == source.Heading
	}
	s.cur.units = s.cur.units[:keep:keep]
	s.close()
	s.cur = group{base: sec.path, first: sec, last: sec, opens: begins}
	for _, u := range moved {
		if u.kind == source.Header { // the heading is in the new context
			s.cur.add(u)
		}
	}
}

// close ends the current group; a small one joins the one before it.
func (s *splitter) close() {
	g := s.cur
	s.cur = group{}
	if len(g.units) == 0 {
		return
	}
	if n := len(s.groups); n > 0 && g.tokens < remainderTokens {
		before := &s.groups[n-1]
		if before.tokens+g.tokens <= joinedTokens {
			same := before.last.head == g.first.head && slices.Equal(before.last.path, g.first.path)
			if same && !g.opens || g.opens && g.first == g.last && before.join(*g.first) {
				before.add(g.units...)
				before.last = g.last
				return
			}
		}
	}
	s.groups = append(s.groups, g)
}

func (s *splitter) draft(ordinal int, g group) retrieval.Draft {
	first, last := g.units[0], g.units[len(g.units)-1]
	p := retrieval.Passage{
		Ordinal: ordinal, Lang: s.doc.Lang, Title: s.doc.Title, Page: first.page,
		Text: s.doc.Text[first.Start:last.End], Start: first.Start, End: last.End,
	}
	if strings.ContainsFunc(p.Text, unicode.IsLetter) {
		p.Lang = lang.DetectText(p.Text)
	}
	var names []string
	for i, block := range g.base {
		if i > 0 || !s.isTitle(block) {
			names = append(names, s.name(block))
		}
	}
	p.Heading = strings.Join(names, pathMark)
	context := strings.Join(append([]string{lang.Truncate(s.doc.Title, contextCharacters)}, names...), pathMark)
	if first.header >= 0 {
		context += "\n" + s.name(first.header)
	}
	return retrieval.Draft{Passage: p, Context: context}
}

// name is a block's text as it stands in a context.
func (s *splitter) name(block int) string {
	b := s.doc.Blocks[block]
	return lang.Truncate(strings.Join(strings.Fields(s.doc.Text[b.Start:b.End]), " "), contextCharacters)
}

// maxUnitBytes is the longest text that is looked at to fill one passage; it keeps the cutting of endless lines linear.
const maxUnitBytes = 16 * MaxTokens

// fitting cuts a sentence that is longer than a passage: after a clause where there is one in reach, else at a space,
// else between two characters.
func fitting(text string, s lang.Span) []lang.Span {
	var out []lang.Span
	text = text[:s.End]
	for start := s.Start; start < s.End; {
		end := s.End
		if end-start > maxUnitBytes {
			end = cut(text, start, start+maxUnitBytes)
		}
		for n := lang.Tokens(text[start:end]); n > MaxTokens; n = lang.Tokens(text[start:end]) {
			end = cut(text, start, start+(end-start)*MaxTokens/(n+1))
			if lang.GraphemeFloor(text[start:end], 1) == end-start {
				break // a single character
			}
		}
		piece := strings.TrimRightFunc(text[start:end], unicode.IsSpace)
		if piece != "" {
			out = append(out, lang.Span{Start: start, End: start + len(piece)})
		}
		start = end
		start += len(text[start:]) - len(strings.TrimLeftFunc(text[start:], unicode.IsSpace))
	}
	return out
}

// cut finds the best place in text[start:near] to end a piece, as late as possible.
func cut(text string, start, near int) int {
	piece := text[start:near]
	for _, marks := range []string{"，,；;、：:—", " \n\t　"} {
		for i := len(piece); i > len(piece)/3; {
			i = strings.LastIndexAny(piece[:i], marks)
			if i <= len(piece)/3 {
				break
			}
			_, n := utf8.DecodeRuneInString(piece[i:])
			if after := start + i + n; !numeric(text, start+i, after) {
				return after
			}
		}
	}
	end := min(len(text), near+256) // a longer cluster is no character but marks piled up
	for end < len(text) && !utf8.RuneStart(text[end]) {
		end--
	}
	return start + lang.GraphemeFloor(text[start:end], near-start)
}

// numeric reports whether the mark at text[at:after] stands within a number, as in 10,000 or 9:30.
func numeric(text string, at, after int) bool {
	return after == at+1 && at > 0 && after < len(text) && digit(text[at-1]) && digit(text[after])
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
