package source

import (
	"bytes"
	"errors"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/xuri/excelize/v2"

	"osmanthus/retrieval/lang"
)

// readWorkbook reads a spreadsheet: a sheet is a section, a run of rows a table. What is hidden is left out, as what a
// page hides is.
func readWorkbook(b *builder, content []byte) error {
	f, err := excelize.OpenReader(bytes.NewReader(content), excelize.Options{
		UnzipSizeLimit: b.limits.Unzipped,
		// Beyond this limit parts would be written to temporary files.
		UnzipXMLSizeLimit: b.limits.Unzipped,
		// Dates that follow the machine's settings are written so that no two people read them differently.
		ShortDatePattern: "yyyy-mm-dd", LongDatePattern: "yyyy-mm-dd", LongTimePattern: "hh:mm:ss",
	})
	if err != nil {
		if errors.Is(err, excelize.ErrWorkbookPassword) {
			return &Fault{Code: Encrypted, Err: err}
		}
		return &Fault{Code: Damaged, Detail: "XLSX", Err: err}
	}
	defer f.Close()
	var shown []string
	for _, name := range f.GetSheetList() {
		if visible, err := f.GetSheetVisible(name); err == nil && visible {
			shown = append(shown, name)
		}
	}
	for _, name := range shown {
		rows, wide, err := b.sheetRows(f, name)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(rows, func(row []string) bool { return !blankRow(row) }) {
			continue
		}
		if len(shown) > 1 || !unnamedSheet.MatchString(name) {
			title := b.titles[titleHeading]
			b.add(Heading, 1, name)
			b.titles[titleHeading] = title // the file's name says more than "Speakers"
		}
		if err := b.sheet(rows, wide); err != nil {
			return err
		}
	}
	return nil
}

var unnamedSheet = regexp.MustCompile(`(?i)^(?:sheet|工作表|表)\s*\d*$`)

// sheetRows are a sheet's cells as they are shown, and which rows have one cell across. A cell that was merged downwards
// is repeated; one that was merged to the right stands in its first column.
func (b *builder) sheetRows(f *excelize.File, name string) (rows [][]string, wide map[int]bool, err error) {
	damaged := func(err error) error { return &Fault{Code: Damaged, Detail: "XLSX", Err: err} }
	it, err := f.Rows(name)
	if err != nil { // a sheet of charts
		return nil, nil, nil
	}
	defer it.Close()
	cells := b.cells
	for it.Next() {
		row, err := it.Columns()
		if err != nil {
			return nil, nil, damaged(err)
		}
		if it.GetRowOpts().Hidden {
			row = nil
		}
		if cells += len(row); cells > b.limits.Cells {
			return nil, nil, &Fault{Code: TooManyCells, Limit: int64(b.limits.Cells)}
		}
		rows = append(rows, row)
	}
	if err := it.Error(); err != nil {
		return nil, nil, damaged(err)
	}
	wide = map[int]bool{}
	merged, err := f.GetMergeCells(name, true)
	if err != nil {
		return nil, nil, damaged(err)
	}
	for _, m := range merged {
		left, top, err1 := excelize.CellNameToCoordinates(m.GetStartAxis())
		right, bottom, err2 := excelize.CellNameToCoordinates(m.GetEndAxis())
		if err1 != nil || err2 != nil || top > len(rows) || left > len(rows[top-1]) {
			continue
		}
		value := rows[top-1][left-1]
		if right-left >= 2 && top == bottom {
			wide[top-1] = true
		}
		for y := top; y < min(bottom, len(rows), top+maxSpan); y++ {
			for len(rows[y]) < left && len(rows[y]) < maxColumns {
				rows[y] = append(rows[y], "")
			}
			if !blankRow(rows[y]) && left <= len(rows[y]) {
				rows[y][left-1] = value
			}
		}
	}
	b.dropHiddenColumns(f, name, rows)
	return rows, wide, nil
}

func (b *builder) dropHiddenColumns(f *excelize.File, name string, rows [][]string) {
	width := 0
	for _, row := range rows {
		width = max(width, len(row))
	}
	for at := range min(width, maxColumns) {
		column, err := excelize.ColumnNumberToName(at + 1)
		if err != nil {
			return
		}
		if visible, err := f.GetColVisible(name, column); err == nil && !visible {
			for _, row := range rows {
				if at < len(row) {
					row[at] = ""
				}
			}
		}
	}
}

func blankRow(row []string) bool {
	return !slices.ContainsFunc(row, func(c string) bool { return strings.TrimFunc(c, blank) != "" })
}

// sheet adds rows as tables parted by empty rows. Lines above a table that have one cell are its title; wide are the rows
// whose cell goes across, such as the parts of a day.
func (b *builder) sheet(rows [][]string, wide map[int]bool) error {
	for start := 0; start < len(rows); {
		if blankRow(rows[start]) {
			start++
			continue
		}
		end := start
		for end < len(rows) && !blankRow(rows[end]) {
			end++
		}
		for end-start > 1 && filled(rows[start]) == 1 && (filled(rows[start+1]) > 1 || wide[start]) {
			b.add(Paragraph, 0, strings.Join(rows[start], ""))
			start++
		}
		if err := b.sheetTable(rows[start:end], start, wide); err != nil {
			return err
		}
		start = end
	}
	return nil
}

func filled(row []string) int {
	n := 0
	for _, c := range row {
		if strings.TrimFunc(c, blank) != "" {
			n++
		}
	}
	return n
}

// sheetTable adds a table; first is the number of its first row, for wide.
func (b *builder) sheetTable(rows [][]string, first int, wide map[int]bool) error {
	names, width := []string(nil), 0
	for _, row := range rows {
		width = max(width, len(row))
	}
	b.last = ""
	if headsSheet(rows, width) {
		names = make([]string, len(rows[0]))
		for i, c := range rows[0] {
			names[i] = strings.TrimRight(b.cell(c), ":： ")
		}
		b.row(Header, nil, names)
		rows, first = rows[1:], first+1
	}
	for i, row := range rows {
		if wide[first+i] && filled(row) == 1 {
			b.add(Paragraph, 0, strings.Join(row, ""))
			continue
		}
		values := make([]string, max(min(len(row), maxColumns), len(names)))
		for at := range min(len(row), maxColumns) {
			values[at] = b.cell(row[at])
		}
		b.row(Row, names, values)
		if err := b.full(); err != nil {
			return err
		}
	}
	b.last = ""
	return nil
}

var figure = regexp.MustCompile(`^[\d.,:：/%+\-–—\s年月日時时分点點AaPpMm()]+$`)

// sheetNameCharacters is the longest cell that passes for a column's name in a spreadsheet.
const sheetNameCharacters = 40

// headsSheet reports whether the first row names the columns: short, different words in at least half of them, no cell
// of figures.
func headsSheet(rows [][]string, width int) bool {
	if len(rows) < 2 {
		return false
	}
	seen := map[string]bool{}
	for _, c := range rows[0] {
		if c = oneLine(c); c == "" {
			continue
		}
		if seen[c] || lang.Graphemes(c) > sheetNameCharacters || figure.MatchString(c) || strings.ContainsAny(c, "。！？!?@") ||
			!strings.ContainsFunc(c, unicode.IsLetter) {
			return false
		}
		seen[c] = true
	}
	return len(seen) >= 2 && 2*len(seen) >= width
}
