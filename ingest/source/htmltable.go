package source

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// The most columns or rows one cell may span, and the most cells of a row.
const (
	maxSpan    = 200
	maxColumns = 500
)

type htmlCell struct {
	words string
	named bool // a <th>
	first bool // false where it only continues a cell to its left
}

// htmlTable adds a table row by row. Cells that span rows are repeated, so that each row stands for itself; a table
// that only arranges a page is read as the page it is.
func (r *htmlReader) htmlTable(t *html.Node, kind BlockKind, level int) {
	nodes := tableRows(t)
	if r.arranges(t, nodes) {
		for _, row := range nodes {
			for c := range row.ChildNodes() {
				if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
					r.blocks(c, kind, level)
					r.flush(kind, level)
				}
			}
		}
		return
	}
	for c := range t.ChildNodes() {
		if c.DataAtom == atom.Caption && !r.skipped(c) {
			r.add(Paragraph, 0, oneLine(r.words(c)))
		}
	}
	grid := r.grid(nodes)
	header, rows := 0, [][]string{}
	for i, row := range grid {
		if i == header && i < len(grid)-1 && (all(row, func(c htmlCell) bool { return c.named }) || nodes[i].Parent.DataAtom == atom.Thead) {
			header++ // a header may have two rows
			continue
		}
		rows = append(rows, texts(row))
	}
	switch {
	case header > 0:
		r.table(headerNames(grid[:header]), rows)
	case all(grid[0], func(c htmlCell) bool { return !c.named }) && looksLikeHeader(rows):
		r.table(rows[0], rows[1:])
	default:
		r.namedRows(grid)
	}
}

// namedRows adds the rows of a table without a header. Where a row begins with its own name, the name is written to
// the values.
func (r *htmlReader) namedRows(grid [][]htmlCell) {
	for _, row := range grid {
		cells := texts(row)
		if len(row) == 2 && row[0].named && !row[1].named {
			if name := strings.TrimRight(r.cell(cells[0]), ":： "); name != "" {
				r.row(Row, []string{name}, []string{r.cell(cells[1])})
				continue
			}
		}
		values := make([]string, len(cells))
		for i := range cells {
			values[i] = r.cell(cells[i])
		}
		r.row(Row, nil, values)
	}
	r.last = ""
}

// arranges reports whether a table has no data but parts of a page.
func (r *htmlReader) arranges(t *html.Node, rows []*html.Node) bool {
	if len(rows) == 0 || attribute(t, "role") == "presentation" || attribute(t, "role") == "none" {
		return true
	}
	wide, named := 0, false
	for n := range t.Descendants() {
		switch n.DataAtom {
		case atom.Table, atom.H1, atom.H2, atom.H3:
			return true
		case atom.Th:
			named = true
		}
	}
	for _, row := range rows {
		n := 0
		for c := range row.ChildNodes() {
			if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
				n++
			}
		}
		wide = max(wide, n)
	}
	return !named && (wide < 2 || len(rows) < 2)
}

func tableRows(t *html.Node) []*html.Node {
	var rows []*html.Node
	for n := range t.Descendants() {
		if n.DataAtom != atom.Tr {
			continue
		}
		p := n.Parent
		for p != nil && p.DataAtom != atom.Table {
			p = p.Parent
		}
		if p == t && !hidden(n) {
			rows = append(rows, n)
		}
	}
	return rows
}

// grid lays cells out with their spans: a cell that goes down is repeated, one that goes right leaves empty cells.
func (r *htmlReader) grid(rows []*html.Node) [][]htmlCell {
	type pending struct {
		cell htmlCell
		rows int
	}
	var grid [][]htmlCell
	down := map[int]pending{}
	for _, row := range rows {
		var cells []htmlCell
		fill := func() {
			for len(cells) < maxColumns {
				p, ok := down[len(cells)]
				if !ok {
					return
				}
				if p.rows--; p.rows > 0 {
					down[len(cells)] = p
				} else {
					delete(down, len(cells))
				}
				cells = append(cells, p.cell)
			}
		}
		for c := range row.ChildNodes() {
			if c.DataAtom != atom.Td && c.DataAtom != atom.Th || hidden(c) {
				continue
			}
			fill()
			cell := htmlCell{words: r.words(c), named: c.DataAtom == atom.Th, first: true}
			for i := range span(c, "colspan") {
				if i > 0 {
					cell.first = false
				}
				if n := span(c, "rowspan"); n > 1 {
					down[len(cells)] = pending{cell, n - 1}
				}
				if cells = append(cells, cell); len(cells) >= maxColumns {
					break
				}
			}
		}
		fill()
		if len(cells) > 0 {
			grid = append(grid, cells)
		} else {
			grid = append(grid, []htmlCell{{}})
		}
	}
	return grid
}

func span(n *html.Node, key string) int {
	i, err := strconv.Atoi(strings.TrimSpace(attribute(n, key)))
	if err != nil {
		return 1
	}
	return min(max(i, 1), maxSpan)
}

func all(row []htmlCell, is func(htmlCell) bool) bool {
	return !slices.ContainsFunc(row, func(c htmlCell) bool { return !is(c) })
}

// texts are a row's values; one that spans columns stands in the first of them.
func texts(row []htmlCell) []string {
	out := make([]string, len(row))
	for i, c := range row {
		if c.first {
			out[i] = c.words
		}
	}
	return out
}

// headerNames are the columns' names; those of a header of several rows are put together.
func headerNames(rows [][]htmlCell) []string {
	var names []string
	for _, row := range rows {
		for i, c := range row {
			if i >= len(names) {
				names = append(names, "")
			}
			switch word := oneLine(c.words); {
			case names[i] == "":
				names[i] = word
			case word != "" && word != names[i]:
				names[i] += " " + word
			}
		}
	}
	return names
}
