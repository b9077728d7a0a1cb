package source

import (
	"slices"
	"strings"
	"unicode/utf8"

	"osmanthus/retrieval/lang"
)

const (
	// cellText: where the cells of two columns are longer than that on average, they are columns of running text.
	cellText = 45
	// rowGap is the most distance of two lines of one table, in usual distances of lines.
	rowGap = 4
	// wrapGap is the most distance of a line that goes on with the cell above it.
	wrapGap = 1.3
	// maxTableLines keeps the search for columns linear.
	maxTableLines = 2000
)

// tableAt returns how many of the lines are a table, and its columns; 0 where they do not begin with one. A table is
// told by wide gaps that stand above each other: rows of two parts or more, whose parts fall into the same columns.
func tableAt(lines []Line, pitch float64) (rows int, columns []lang.Span) {
	if len(lines) < 2 || len(lines[0].Segments) < 2 {
		return 0, nil
	}
	columns = extents(nil, lines[0])
	parted, characters := 0, 0
	for i, line := range lines[:min(len(lines), maxTableLines)] {
		if i > 0 {
			if gap := lines[i-1].Bottom - line.Bottom; gap <= 0 || gap > rowGap*pitch {
				break
			}
		}
		if len(line.Segments) < 2 {
			at := columnOf(columns, line.Segments[0])
			if at < 1 || lines[i-1].Bottom-line.Bottom > wrapGap*pitch {
				break // only what goes on with a cell may stand alone
			}
			continue
		}
		wider := extents(columns, line)
		if len(wider) < 2 || len(wider) < len(columns) && len(columns) > 2 && len(wider) < len(line.Segments) {
			break // a line across the columns
		}
		columns = wider
		parted++
		for _, s := range line.Segments {
			characters += utf8.RuneCountInString(s.Text)
		}
		rows = i + 1
	}
	if rows > 0 { // lines that go on with the last row's cells
		for rows < len(lines) && len(lines[rows].Segments) == 1 && columnOf(columns, lines[rows].Segments[0]) >= 1 {
			if gap := lines[rows-1].Bottom - lines[rows].Bottom; gap <= 0 || gap > wrapGap*pitch {
				break
			}
			rows++
		}
	}
	if parted < 2 || characters > cellText*parted*len(columns) {
		return 0, nil
	}
	return rows, columns
}

// extents merges a line's parts into columns, from left to right.
func extents(columns []lang.Span, line Line) []lang.Span {
	all := slices.Clone(columns)
	for _, s := range line.Segments {
		all = append(all, lang.Span{Start: int(s.Left), End: max(int(s.Right), int(s.Left)+1)})
	}
	slices.SortFunc(all, func(a, b lang.Span) int { return a.Start - b.Start })
	var out []lang.Span
	for _, s := range all {
		if n := len(out); n > 0 && s.Start < out[n-1].End {
			out[n-1].End = max(out[n-1].End, s.End)
			continue
		}
		out = append(out, s)
	}
	return out
}

// columnOf is the column a part falls into, -1 where it falls into none or several.
func columnOf(columns []lang.Span, s Segment) int {
	found := -1
	for i, c := range columns {
		if int(s.Left) < c.End && int(s.Right) > c.Start {
			if found >= 0 {
				return -1
			}
			found = i
		}
	}
	return found
}

// pageTable adds a table. A row begins where its first column is filled or where its distance says so.
func (l *layout) pageTable(lines []Line, columns []lang.Span) {
	var rows [][]string
	for i, line := range lines {
		row := make([]string, len(columns))
		for _, s := range line.Segments {
			at := max(columnOf(columns, s), 0)
			row[at] = strings.TrimSpace(row[at] + " " + strings.TrimRight(s.Text, "\u00AD"))
		}
		goesOn := i > 0 && row[0] == "" && lines[i-1].Bottom-line.Bottom <= wrapGap*l.pitch*l.body
		if !goesOn {
			rows = append(rows, row)
			continue
		}
		last := rows[len(rows)-1]
		for at, cell := range row {
			switch {
			case cell == "":
			case last[at] == "":
				last[at] = cell
			default:
				last[at] += joint(last[at], cell) + cell
			}
		}
	}
	if looksLikeHeader(rows) {
		l.table(rows[0], rows[1:])
		return
	}
	l.table(nil, rows)
}
