package facts

import (
	"strings"
	"time"

	"osmanthus/ingest/source"
	"osmanthus/retrieval/lang"
)

// A record is a run of labelled lines that belong together, as under the heading of a session.
type record struct {
	lang.Span
	first  int // block
	fields map[field][]Value
}

func (rec *record) get(f field) Value {
	if v := rec.fields[f]; len(v) > 0 {
		return v[0]
	}
	return Value{}
}

// records reads sessions and people from labelled lines.
func (r *reader) records() {
	var rec *record
	end := func() {
		if rec != nil {
			r.take(rec)
		}
		rec = nil
	}
	for i, b := range r.doc.Blocks {
		switch b.Kind {
		case source.Item, source.Paragraph, source.Quote:
		default:
			end()
			continue
		}
		found := false
		for _, line := range r.lines(lang.Span{Start: b.Start, End: b.End}) {
			f, at := labelled(r.text(line))
			if f == noField {
				continue
			}
			found = true
			value := r.value(shifted(at, line.Start))
			if rec != nil && rec.begins(f) {
				end()
			}
			if rec == nil {
				rec = &record{Span: line, first: i, fields: map[field][]Value{}}
			}
			rec.End = line.End
			if value.Text != "" {
				rec.fields[f] = append(rec.fields[f], value)
			}
		}
		if !found && b.Kind != source.Item {
			end()
		}
	}
	end()
}

// begins reports whether a field starts another record: its own title or name, where there is one already, or its time,
// where titles come after times.
func (rec *record) begins(f field) bool {
	switch f {
	case titleField:
		return len(rec.fields[titleField]) > 0 && len(rec.fields) > 1 && (rec.timed() || len(rec.fields[speakerField]) > 0)
	case nameField:
		return len(rec.fields[nameField]) > 0
	case timeField:
		return len(rec.fields[timeField]) > 0 && len(rec.fields[titleField]) > 0
	}
	return false
}

func (rec *record) timed() bool {
	return len(rec.fields[timeField])+len(rec.fields[startField])+len(rec.fields[dateField]) > 0
}

// take makes of a record a session, or people with their positions.
func (r *reader) take(rec *record) {
	if name := rec.get(nameField); name.Text != "" && !rec.timed() {
		r.holds(name.Span, rec.fields[positionField], rec.fields[organisationField])
		return
	}
	given := 0
	for _, f := range []field{roomField, trackField, conferenceField, speakerField, attendeeField, titleField} {
		if len(rec.fields[f]) > 0 {
			given++
		}
	}
	if !rec.timed() && rec.get(roomField).Text == "" || given == 0 {
		return
	}
	s := Session{
		Span: rec.Span, Kind: Talk, Titles: rec.fields[titleField], Room: rec.get(roomField), Track: rec.get(trackField),
		Conference: rec.get(conferenceField), Language: rec.get(languageField),
	}
	t := r.recordTime(rec, &s)
	if t.from < 0 && s.Room.Text == "" && len(rec.fields[speakerField]) == 0 {
		return // a document's date and theme are no session
	}
	if len(s.Titles) == 0 {
		if s.Titles = r.headings(rec.first); len(s.Titles) == 0 {
			return
		}
	}
	r.setTime(&s, t, r.dayAbove(rec.first))
	for _, f := range []field{speakerField, attendeeField} {
		for _, v := range rec.fields[f] {
			s.Speakers = append(s.Speakers, r.speakers(v)...)
		}
	}
	r.facts.Sessions = append(r.facts.Sessions, s)
}

// recordTime reads the time of a record, which may be parted into date, start and end.
func (r *reader) recordTime(rec *record, s *Session) timeSpan {
	t := timeSpan{from: -1, to: -1}
	for _, f := range []field{timeField, dateField, startField, endField, zoneField} {
		v := rec.get(f)
		if v.Text == "" {
			continue
		}
		read := readTime(v.Text)
		if s.When.Text == "" {
			s.When = v
		}
		if t.day.IsZero() {
			t.day = read.day
		}
		if read.zoneStated {
			t.zone, t.zoneStated = read.zone, true
		}
		switch {
		case f == endField:
			t.to = read.from
		case t.from < 0:
			t.from, t.to = read.from, read.to
		}
	}
	return t
}

// general are headings that say nothing of their own of what stands below them, folded.
var general = " details|info|information|basic information|where and when|when and where|time and place|overview|summary|logistics|at a glance|" +
	"practical information|session details|event details|时间地点|时间和地点|时间与地点|基本信息|活动信息|会议信息|议程信息|概要|概述|简介|详情|资讯|活动资讯|基本资料|会议资料|abstract|description "

func generalHeading(text string) bool {
	folded := strings.TrimSpace(lang.Fold(text))
	for part := range strings.SplitSeq(general, "|") {
		if strings.TrimSpace(part) == folded {
			return true
		}
	}
	return labelField(text) != noField
}

// headings are the titles that stand above a block: the nearest heading that says something, with another right before
// it where the title is given in two languages.
func (r *reader) headings(block int) []Value {
	level := 0
	for i := block - 1; i >= 0; i-- {
		b := r.doc.Blocks[i]
		if b.Kind != source.Heading || level > 0 && b.Level >= level || generalHeading(r.text(lang.Span{Start: b.Start, End: b.End})) {
			if b.Kind == source.Heading && (level == 0 || b.Level < level) {
				level = b.Level
			}
			continue
		}
		titles := []Value{r.value(lang.Span{Start: b.Start, End: b.End})}
		if i > 0 && r.doc.Blocks[i-1].Kind == source.Heading && r.doc.Blocks[i-1].Level == b.Level {
			before := r.doc.Blocks[i-1]
			titles = append([]Value{r.value(lang.Span{Start: before.Start, End: before.End})}, titles...)
		}
		return titles
	}
	if r.doc.Title != "" {
		if at := strings.Index(r.doc.Text, r.doc.Title); at >= 0 {
			return []Value{r.value(lang.Span{Start: at, End: at + len(r.doc.Title)})}
		}
		return []Value{{Text: r.doc.Title}}
	}
	return nil
}

// dayAbove is the day that the headings above a block name, or the document's.
func (r *reader) dayAbove(block int) time.Time {
	for i := block - 1; i >= 0; i-- {
		b := r.doc.Blocks[i]
		if b.Kind == source.Header || b.Kind == source.Row {
			continue
		}
		if t, _, ok := source.FindDate(r.doc.Text[b.Start:b.End]); ok && (b.Kind == source.Heading || b.End-b.Start < 2*maxLabel) {
			return t
		}
	}
	return r.doc.Date
}
