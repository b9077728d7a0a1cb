package source

import (
	"slices"
	"strconv"
	"strings"
)

// readSlides reads a presentation: a slide is a page, its title a heading, its notes quotations below it.
func readSlides(b *builder, a *archive, main string) error {
	relations, err := a.relations(main)
	if err != nil {
		return err
	}
	var slides []string
	if err := a.walk(main, is("sldId"), func(e *element) error {
		for _, attr := range e.attrs {
			if rel, ok := relations[attr.Value]; ok && attr.Name.Local == "id" && rel.kind == "slide" {
				slides = append(slides, rel.target)
			}
		}
		return nil
	}); err != nil {
		return err
	}
	if len(slides) > b.limits.Pages {
		return &Fault{Code: TooManyPages, Limit: int64(b.limits.Pages)}
	}
	for i, part := range slides {
		b.page, b.last = i+1, ""
		if err := b.slide(a, part); err != nil {
			return err
		}
		if err := b.full(); err != nil {
			return err
		}
	}
	b.page = 0
	return nil
}

func (b *builder) slide(a *archive, part string) error {
	shown := true
	var shapes []*element
	if err := a.walk(part, is("sp", "graphicFrame"), func(e *element) error {
		shapes = append(shapes, e)
		return nil
	}); err != nil {
		return err
	}
	if err := a.root(part, func(e *element) { shown = e.attr("show") != "0" && e.attr("show") != "false" }); err != nil || !shown {
		return err
	}
	relations, err := a.relations(part)
	if err != nil {
		return err
	}
	// A title is read first wherever it was drawn; the rest stays in the order of drawing.
	slices.SortStableFunc(shapes, func(x, y *element) int { return rank(x) - rank(y) })
	for _, s := range shapes {
		if s.name == "graphicFrame" {
			if err := b.frame(a, s, relations); err != nil {
				return err
			}
			continue
		}
		b.shape(s, Paragraph)
	}
	for _, rel := range relations {
		if rel.kind != "notesSlide" {
			continue
		}
		if err := a.walk(rel.target, is("sp"), func(e *element) error {
			if placeholder(e) == "body" {
				b.shape(e, Quote)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}

// root calls handle with the outermost element of a part, without what is below it.
func (a *archive) root(part string, handle func(*element)) error {
	r, err := a.open(part)
	if err != nil {
		return err
	}
	defer r.Close()
	return rootOf(r, handle)
}

func rank(shape *element) int {
	if isTitle(placeholder(shape)) {
		return 0
	}
	return 1
}

func isTitle(placeholder string) bool { return placeholder == "title" || placeholder == "ctrTitle" }

// placeholder is what a shape stands for on the slide; empty where it is a text box.
func placeholder(shape *element) string {
	for _, k := range shape.kids {
		if strings.HasPrefix(k.name, "nv") {
			if ph := k.kid("nvPr").kid("ph"); ph != nil {
				if t := ph.attr("type"); t != "" {
					return t
				}
				return "body"
			}
		}
	}
	return ""
}

// shape adds the paragraphs of a shape; kind is what they count as.
func (b *builder) shape(s *element, kind BlockKind) {
	is := placeholder(s)
	if is == "sldNum" || is == "dt" || is == "ftr" || is == "hdr" {
		return
	}
	if hiddenShape(s) {
		return
	}
	body := s.kid("txBody")
	if body == nil {
		return
	}
	if isTitle(is) {
		b.add(Heading, 1, oneLine(drawnLines(body)))
		return
	}
	var paragraphs []*element
	for _, p := range body.kids {
		if p.name == "p" && strings.TrimSpace(drawnWords(p)) != "" {
			paragraphs = append(paragraphs, p)
		}
	}
	b.last = ""
	for _, p := range paragraphs {
		level, _ := strconv.Atoi(p.kid("pPr").attribute("lvl"))
		if kind == Paragraph && (is == "body" && len(paragraphs) > 1 || p.kid("pPr").kid("buChar") != nil || p.kid("pPr").kid("buAutoNum") != nil) {
			b.add(Item, min(max(level, 0), 8)+1, drawnWords(p))
			continue
		}
		b.add(kind, 0, drawnWords(p))
	}
	b.last = ""
}

func (e *element) attribute(name string) string {
	if e == nil {
		return ""
	}
	return e.attr(name)
}

func hiddenShape(s *element) bool {
	for _, k := range s.kids {
		if strings.HasPrefix(k.name, "nv") {
			hidden := k.kid("cNvPr").attribute("hidden")
			return hidden == "1" || hidden == "true"
		}
	}
	return false
}

// drawnWords are the words of a paragraph of a drawing.
func drawnWords(p *element) string {
	var b strings.Builder
	for _, k := range p.kids {
		switch k.name {
		case "r", "fld":
			if t := k.kid("t"); t != nil {
				b.WriteString(t.text)
			}
		case "br":
			b.WriteByte('\n')
		case "m", "AlternateContent", "Choice", "oMathPara", "oMath":
			b.WriteString(k.allText())
		}
	}
	return b.String()
}

func drawnLines(body *element) string {
	var lines []string
	for _, p := range body.kids {
		if p.name == "p" {
			lines = append(lines, drawnWords(p))
		}
	}
	return strings.TrimSpace(strings.Join(lines, "\n"))
}

// frame adds a table, or the words of a diagram, which lie in a part of their own.
func (b *builder) frame(a *archive, frame *element, relations map[string]relation) error {
	data := frame.kid("graphic").kid("graphicData")
	if t := data.kid("tbl"); t != nil {
		b.gridTable(drawnGrid(t))
		return nil
	}
	ids := data.kid("relIds")
	if ids == nil {
		return nil
	}
	rel, ok := relations[ids.attr("dm")]
	if !ok {
		return nil
	}
	b.last = ""
	return a.walk(rel.target, is("pt"), func(e *element) error {
		if kind := e.attr("type"); kind != "" && kind != "node" && kind != "asst" {
			return nil
		}
		if body := e.kid("t"); body != nil {
			b.add(Item, 1, drawnLines(body))
		}
		return nil
	})
}

func drawnGrid(t *element) [][]htmlCell {
	first := t.kid("tblPr").attribute("firstRow")
	var grid [][]htmlCell
	for _, tr := range rowsBelow(t, "tr") {
		var row []htmlCell
		for _, tc := range rowsBelow(tr, "tc") {
			cell := htmlCell{named: len(grid) == 0 && first == "1", first: true}
			if body := tc.kid("txBody"); body != nil {
				cell.words = drawnLines(body)
			}
			if v := tc.attr("hMerge"); v == "1" || v == "true" {
				cell.first = false
			}
			if v := tc.attr("vMerge"); (v == "1" || v == "true") && len(grid) > 0 && len(row) < len(grid[len(grid)-1]) {
				cell.words = grid[len(grid)-1][len(row)].words
			}
			if row = append(row, cell); len(row) >= maxColumns {
				break
			}
		}
		if len(row) > 0 {
			grid = append(grid, row)
		}
	}
	return grid
}
