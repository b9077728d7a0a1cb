package facts

import (
	"strings"
	"time"

	"osmanthus/ingest/source"
	"osmanthus/retrieval/lang"
)

// tables reads agendas and lists of people.
func (r *reader) tables() {
	for i := 0; i < len(r.doc.Blocks); i++ {
		if r.doc.Blocks[i].Kind != source.Header {
			continue
		}
		columns := r.columns(r.doc.Blocks[i])
		head := i
		t := table{reader: r, columns: columns, day: r.dayAbove(head), head: head}
		for i+1 < len(r.doc.Blocks) && r.doc.Blocks[i+1].Kind == source.Row {
			i++
			t.row(r.doc.Blocks[i])
		}
	}
}

func (r *reader) columns(b source.Block) []field {
	columns := make([]field, len(b.Cells))
	for i, c := range b.Cells {
		columns[i] = labelField(r.text(c))
	}
	return columns
}

// A table is one under way.
type table struct {
	*reader
	columns []field
	day     time.Time // of the rows that name none
	head    int       // block
	open    timeSpan  // of the last row that gave a time: rows below without one share it
	openAt  Value
}

func (t *table) has(f field) bool {
	for _, c := range t.columns {
		if c == f {
			return true
		}
	}
	return false
}

// get returns the cell of a field.
func (t *table) get(b source.Block, f field) Value {
	for i, c := range t.columns {
		if c == f && i < len(b.Cells) && b.Cells[i].Start < b.Cells[i].End {
			return t.value(b.Cells[i])
		}
	}
	return Value{}
}

func (t *table) all(b source.Block, f field) []Value {
	var out []Value
	for i, c := range t.columns {
		if c == f && i < len(b.Cells) && b.Cells[i].Start < b.Cells[i].End {
			out = append(out, t.value(b.Cells[i]))
		}
	}
	return out
}

// row reads one row. A table with a column of names and none of times or speakers lists people, and there a "title" is
// a position.
func (t *table) row(b source.Block) {
	named := t.has(nameField)
	programme := t.has(timeField) || t.has(startField) || t.has(speakerField) && t.has(titleField)
	if named && !programme || t.has(speakerField) && !t.has(titleField) && !t.has(timeField) {
		for _, name := range append(t.all(b, nameField), t.all(b, speakerField)...) {
			positions := t.all(b, positionField)
			if len(positions) == 0 {
				positions = t.all(b, titleField)
			}
			t.holds(name.Span, positions, t.all(b, organisationField))
		}
		return
	}
	if !programme {
		return
	}
	s := Session{
		Span: lang.Span{Start: b.Start, End: b.End}, Kind: Talk, Titles: t.all(b, titleField), Room: t.get(b, roomField),
		Track: t.get(b, trackField), Conference: t.get(b, conferenceField), Language: t.get(b, languageField),
	}
	rec := record{fields: map[field][]Value{}}
	for _, f := range []field{timeField, dateField, startField, endField, zoneField} {
		rec.fields[f] = t.all(b, f)
	}
	when := t.recordTime(&rec, &s)
	if when.from < 0 && t.has(timeField) && s.When.Text == "" {
		when, s.When = t.open, t.openAt
	} else if when.from >= 0 {
		t.open, t.openAt = when, s.When
	}
	if !when.day.IsZero() {
		t.day = when.day
	}
	speakers := append(t.all(b, speakerField), t.all(b, nameField)...)
	for _, v := range speakers {
		found := t.speakers(v)
		s.Speakers = append(s.Speakers, found...)
		for _, sp := range found {
			t.give(sp.Person, s.Span, t.all(b, positionField), t.all(b, organisationField))
		}
	}
	if len(s.Titles) == 0 || strings.TrimSpace(s.Titles[0].Text) == "" {
		return
	}
	t.setTime(&s, when, t.day)
	t.facts.Sessions = append(t.facts.Sessions, s)
}
