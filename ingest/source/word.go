package source

import (
	"regexp"
	"strconv"
	"strings"
)

// A wordReader reads a word processor's document.
type wordReader struct {
	*builder
	headings map[string]int    // levels of styles, by id
	notes    map[string]string // texts of notes, by kind and id
	order    []string          // notes in the order of their references
	numbers  map[string]int
}

func readWord(b *builder, a *archive, main string) error {
	r := &wordReader{builder: b, headings: map[string]int{}, notes: map[string]string{}, numbers: map[string]int{}}
	relations, err := a.relations(main)
	if err != nil {
		return err
	}
	for _, rel := range relations {
		switch rel.kind {
		case "styles":
			err = r.styles(a, rel.target)
		case "footnotes":
			err = r.readNotes(a, rel.target, "footnote")
		case "endnotes":
			err = r.readNotes(a, rel.target, "endnote")
		}
		if err != nil {
			return err
		}
	}
	if err := a.walk(main, is("p", "tbl"), func(e *element) error {
		if e.name == "tbl" {
			r.wordTable(e)
		} else {
			r.paragraph(e)
		}
		return r.full()
	}); err != nil {
		return err
	}
	r.last = ""
	for _, key := range r.order {
		r.add(Paragraph, 0, "["+strconv.Itoa(r.numbers[key])+"] "+strings.TrimSpace(r.notes[key]))
	}
	return nil
}

var headingStyle = regexp.MustCompile(`(?i)^(?:heading|标题|標題|überschrift|titre|título)\s*([1-9])$`)

// styles finds which styles are headings: by their name, by their level in the outline, or by the style they are based on.
func (r *wordReader) styles(a *archive, part string) error {
	base := map[string]string{}
	err := a.walk(part, is("style"), func(e *element) error {
		id := e.attr("styleId")
		name, _ := e.value("name")
		base[id], _ = e.value("basedOn")
		if m := headingStyle.FindStringSubmatch(strings.TrimSpace(name)); m != nil {
			r.headings[id], _ = strconv.Atoi(m[1])
			return nil
		}
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "title", "标题", "標題":
			r.headings[id] = 1
			return nil
		}
		if level, ok := e.kid("pPr").value("outlineLvl"); ok {
			if n, err := strconv.Atoi(level); err == nil && n >= 0 && n < 9 {
				r.headings[id] = n + 1
			}
		}
		return nil
	})
	for id := range base {
		for at, steps := id, 0; steps < 10 && at != ""; at, steps = base[at], steps+1 {
			if level := r.headings[at]; level > 0 {
				r.headings[id] = level
				break
			}
		}
	}
	return err
}

func (r *wordReader) readNotes(a *archive, part, kind string) error {
	return a.walk(part, is(kind), func(e *element) error {
		if t := e.attr("type"); t == "" || t == "normal" {
			r.notes[kind+e.attr("id")] = oneLine(r.lines(e))
		}
		return nil
	})
}

// paragraph adds a paragraph and then the text boxes that hang on it.
func (r *wordReader) paragraph(p *element) {
	kind, level := Paragraph, 0
	properties := p.kid("pPr")
	style, _ := properties.value("pStyle")
	outline, hasOutline := properties.value("outlineLvl")
	switch n, err := strconv.Atoi(outline); {
	case r.headings[style] > 0:
		kind, level = Heading, r.headings[style]
	case hasOutline && err == nil && n < 9:
		kind, level = Heading, n+1
	default:
		if numbering := properties.kid("numPr"); numbering != nil {
			if id, _ := numbering.value("numId"); id != "0" {
				depth, _ := numbering.value("ilvl")
				n, _ := strconv.Atoi(depth)
				kind, level = Item, min(max(n, 0), maxNesting)+1
			}
		}
	}
	var words strings.Builder
	var boxes []*element
	r.run(p, &words, &boxes)
	text := words.String()
	if kind == Heading {
		text = oneLine(text)
	}
	r.add(kind, level, text)
	for _, box := range boxes {
		for _, k := range box.kids {
			switch k.name {
			case "p":
				r.paragraph(k)
			case "tbl":
				r.wordTable(k)
			}
		}
	}
}

// run writes the words below an element. What was deleted, is hidden or is an instruction is none.
func (r *wordReader) run(e *element, words *strings.Builder, boxes *[]*element) {
	for _, k := range e.kids {
		switch k.name {
		case "t":
			words.WriteString(k.text)
		case "tab", "ptab":
			words.WriteByte(' ')
		case "br", "cr":
			words.WriteByte('\n')
		case "noBreakHyphen":
			words.WriteByte('-')
		case "footnoteReference", "endnoteReference":
			r.reference(strings.TrimSuffix(k.name, "Reference")+k.attr("id"), words)
		case "txbxContent":
			if boxes != nil {
				*boxes = append(*boxes, k)
			}
		case "pPr", "rPr", "del", "moveFrom", "delText", "instrText", "Fallback", "rt":
		case "r":
			if properties := k.kid("rPr"); properties.on("vanish") || properties.on("webHidden") {
				continue
			}
			r.run(k, words, boxes)
		case "p": // of a note or cell
			if words.Len() > 0 {
				words.WriteByte('\n')
			}
			r.run(k, words, boxes)
		default:
			r.run(k, words, boxes)
		}
	}
}

func (r *wordReader) reference(key string, words *strings.Builder) {
	if r.notes[key] == "" {
		return
	}
	if r.numbers[key] == 0 {
		r.order = append(r.order, key)
		r.numbers[key] = len(r.order)
	}
	words.WriteString("[" + strconv.Itoa(r.numbers[key]) + "]")
}

// lines are the words below an element, one line a paragraph; a table within it has a line a row.
func (r *wordReader) lines(e *element) string {
	var words strings.Builder
	for _, k := range e.kids {
		part := ""
		switch k.name {
		case "p":
			var line strings.Builder
			var boxes []*element
			r.run(k, &line, &boxes)
			part = line.String()
			for _, box := range boxes {
				part += "\n" + r.lines(box)
			}
		case "tbl":
			for _, row := range r.rows(k) {
				part += strings.Join(strings.Fields(strings.Join(texts(row), " ")), " ") + "\n"
			}
		case "sdt", "sdtContent", "ins", "customXml", "smartTag":
			part = r.lines(k)
		}
		if part = strings.TrimSpace(part); part != "" {
			if words.Len() > 0 {
				words.WriteByte('\n')
			}
			words.WriteString(part)
		}
	}
	return words.String()
}

// rows are a table's cells. A cell that goes on downwards is repeated, one that goes right leaves empty cells.
func (r *wordReader) rows(t *element) [][]htmlCell {
	var grid [][]htmlCell
	for _, tr := range rowsBelow(t, "tr") {
		header := tr.kid("trPr").on("tblHeader")
		var row []htmlCell
		for _, tc := range rowsBelow(tr, "tc") {
			properties := tc.kid("tcPr")
			cell := htmlCell{words: r.lines(tc), named: header, first: true}
			if merge, ok := properties.value("vMerge"); ok && merge != "restart" && len(grid) > 0 {
				if above := grid[len(grid)-1]; len(row) < len(above) {
					cell.words = above[len(row)].words
				}
			}
			wide, _ := properties.value("gridSpan")
			n, err := strconv.Atoi(wide)
			if err != nil {
				n = 1
			}
			for range min(max(n, 1), maxSpan) {
				row = append(row, cell)
				cell.first = false
			}
			if len(row) >= maxColumns {
				break
			}
		}
		if len(row) > 0 {
			grid = append(grid, row)
		}
	}
	return grid
}

// rowsBelow are the children of a name, also where a control or a change that is marked stands between.
func rowsBelow(e *element, name string) []*element {
	var found []*element
	for _, k := range e.kids {
		switch k.name {
		case name:
			found = append(found, k)
		case "sdt", "sdtContent", "ins", "customXml":
			found = append(found, rowsBelow(k, name)...)
		}
	}
	return found
}

// wordTable adds a table; one of a single cell only frames what is in it.
func (r *wordReader) wordTable(t *element) {
	grid := r.rows(t)
	if len(grid) == 1 && len(grid[0]) == 1 {
		for _, tr := range rowsBelow(t, "tr") {
			for _, tc := range rowsBelow(tr, "tc") {
				for _, k := range tc.kids {
					switch k.name {
					case "p":
						r.paragraph(k)
					case "tbl":
						r.wordTable(k)
					}
				}
			}
		}
		return
	}
	r.gridTable(grid)
}

// gridTable adds a table whose header its cells name, or its first row.
func (b *builder) gridTable(grid [][]htmlCell) {
	if len(grid) == 0 {
		return
	}
	header := 0
	for header < len(grid)-1 && all(grid[header], func(c htmlCell) bool { return c.named }) {
		header++
	}
	rows := make([][]string, 0, len(grid))
	for _, row := range grid[header:] {
		rows = append(rows, texts(row))
	}
	switch {
	case header > 0:
		b.table(headerNames(grid[:header]), rows)
	case looksLikeHeader(rows):
		b.table(rows[0], rows[1:])
	default:
		b.table(nil, rows)
	}
}
