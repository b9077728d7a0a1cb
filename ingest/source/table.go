package source

import (
	"slices"
	"strings"
	"unicode"

	"osmanthus/retrieval/lang"
)

// cellMark parts a table's cells where a row is written as text.
const cellMark = " · "

// table writes a table: header may be nil, then the cells stand without names. Every row carries its columns' names,
// so that a row found alone still says what its values are.
func (b *builder) table(header []string, rows [][]string) {
	b.last = "" // two tables in a row stay two
	names := make([]string, len(header))
	for i, h := range header {
		names[i] = strings.TrimRight(b.cell(h), ":： ")
	}
	if slices.ContainsFunc(names, func(n string) bool { return n != "" }) {
		b.row(Header, nil, names)
	}
	for _, row := range rows {
		values := make([]string, max(len(row), len(names)))
		for i := range row {
			values[i] = b.cell(row[i])
		}
		b.row(Row, names, values)
	}
	b.last = ""
}

func (b *builder) row(kind BlockKind, names, values []string) {
	if !slices.ContainsFunc(values, func(v string) bool { return v != "" }) {
		return
	}
	start := b.open(kind)
	cells := make([]lang.Span, len(values))
	for i, v := range values {
		if v == "" {
			cells[i] = lang.Span{Start: b.text.Len(), End: b.text.Len()}
			continue
		}
		if b.text.Len() > start {
			b.text.WriteString(cellMark)
		}
		if i < len(names) && names[i] != "" {
			b.text.WriteString(names[i] + colon(names[i]))
		}
		cells[i] = lang.Span{Start: b.text.Len(), End: b.text.Len() + len(v)}
		b.text.WriteString(v)
	}
	b.blocks = append(b.blocks, Block{Kind: kind, Start: start, End: b.text.Len(), Page: b.page, Cells: cells})
	b.cells += len(cells)
}

// cell brings a cell to one line; lines within it, as of two speakers, are parted by a semicolon.
func (b *builder) cell(s string) string {
	s = b.clean(s)
	mark := "; "
	if hasHan(s) {
		mark = "；"
	}
	var parts []string
	for line := range strings.SplitSeq(s, "\n") {
		if line = oneLine(line); line != "" {
			parts = append(parts, line)
		}
	}
	return strings.Join(parts, mark)
}

func colon(name string) string {
	if hasHan(name) {
		return "："
	}
	return ": "
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// headerCharacters is the longest cell that passes for a column's name where the markup does not say so.
const headerCharacters = 24

// looksLikeHeader reports whether the first row of a table whose markup names no header is one: short, different
// words in every cell, no figures, over rows of as many cells.
func looksLikeHeader(rows [][]string) bool {
	if len(rows) < 2 || len(rows[0]) < 2 {
		return false
	}
	seen := map[string]bool{}
	for _, c := range rows[0] {
		c = oneLine(c)
		if c == "" || seen[c] || lang.Graphemes(c) > headerCharacters || strings.ContainsFunc(c, unicode.IsDigit) ||
			!strings.ContainsFunc(c, unicode.IsLetter) || strings.ContainsAny(c, "。.;；!！?？") {
			return false
		}
		seen[c] = true
	}
	return true
}
