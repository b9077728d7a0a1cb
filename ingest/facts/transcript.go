package facts

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"osmanthus/ingest/source"
	"osmanthus/retrieval/lang"
)

// turnHeading is a heading that only says who speaks: "唐鳳：".
var turnHeading = regexp.MustCompile(`^(\S[^\n]{0,60}?)[:：]$`)

// turnLine begins a turn within the text: "Interviewer: Why did you begin?"
var turnLine = regexp.MustCompile(`^([\p{L}][^:：。，,!?！？\n]{0,40})[:：]\s*\S`)

// leastTurns is how many turns within the text make it a transcript where its front matter does not call it one: fewer
// may be a few labelled lines.
const leastTurns = 4

// transcript reads a document as the record of one meeting, and reports whether it is one: headings that only name a
// speaker, or most paragraphs beginning with one.
func (r *reader) transcript() bool {
	turns := r.turns()
	if len(turns) == 0 {
		return false
	}
	s := Session{Kind: Meeting, Span: lang.Span{Start: 0, End: 0}}
	title := r.doc.Title
	day, at, dated := source.FindDate(title)
	if dated {
		s.Day = day
		if rest := cutDate(title, at); rest != "" {
			title = rest
		}
	} else {
		s.Day = r.doc.Date
	}
	first := lang.Span{}
	if len(r.doc.Blocks) > 0 {
		first = lang.Span{Start: r.doc.Blocks[0].Start, End: r.doc.Blocks[0].End}
	}
	s.Span = first
	s.Titles = []Value{{Text: oneLine(title)}}
	if at := strings.Index(r.text(first), title); at >= 0 {
		s.Titles[0].Span = lang.Span{Start: first.Start + at, End: first.Start + at + len(title)}
	}
	if dated {
		s.When = Value{Span: first, Text: s.Day.Format("2006-01-02")}
	}
	seen := map[int]bool{}
	for _, turn := range turns {
		for _, sp := range r.speakers(r.value(turn)) {
			if !seen[sp.Person] {
				seen[sp.Person] = true
				s.Speakers = append(s.Speakers, sp)
			}
		}
	}
	r.facts.Sessions = append(r.facts.Sessions, s)
	return true
}

// cutDate takes a date off a title, with what joined it.
func cutDate(title string, at int) string {
	if at > 0 {
		return strings.TrimRightFunc(title[:at], func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(")）」”\"", r)
		})
	}
	rest := title[at:]
	end := 0
	for end < len(rest) {
		c, n := utf8.DecodeRuneInString(rest[end:])
		if !unicode.IsDigit(c) && !strings.ContainsRune("-/.年月日号號 ", c) {
			break
		}
		end += n
	}
	// 2021-12-13 110 年第 2 次: only the date goes.
	if m := isoStart.FindString(rest); m != "" {
		end = len(m)
	}
	return strings.TrimSpace(strings.TrimLeft(rest[end:], " -–—:：,，、·_"))
}

var isoStart = regexp.MustCompile(`^\d{4}(?:[-/.]\d{1,2}[-/.]\d{1,2}|\s*年\s*\d{1,2}\s*月\s*\d{1,2}\s*[日号號])`)

// turns are where the names stand that turns begin with.
func (r *reader) turns() []lang.Span {
	var heads, lines []lang.Span
	labels := map[string]int{}
	paragraphs := 0
	for _, b := range r.doc.Blocks {
		span := lang.Span{Start: b.Start, End: b.End}
		text := r.text(span)
		switch b.Kind {
		case source.Heading:
			if m := turnHeading.FindStringSubmatchIndex(text); m != nil && labelField(text[m[2]:m[3]]) == noField {
				heads = append(heads, lang.Span{Start: b.Start + m[2], End: b.Start + m[3]})
			} else if m != nil && speakingLabel(text[m[2]:m[3]]) {
				heads = append(heads, lang.Span{Start: b.Start + m[2], End: b.Start + m[3]})
			}
		case source.Paragraph:
			paragraphs++
			if m := turnLine.FindStringSubmatchIndex(text); m != nil {
				label := text[m[2]:m[3]]
				if f := labelField(label); f != noField && !speakingLabel(label) || len(strings.Fields(label)) > 5 {
					continue
				}
				labels[lang.Fold(label)]++
				lines = append(lines, lang.Span{Start: b.Start + m[2], End: b.Start + m[3]})
			}
		}
	}
	if len(heads) > 0 {
		return r.withOffices(heads)
	}
	least := leastTurns
	if strings.EqualFold(r.doc.Meta["kind"], "transcript") {
		least = 2
	}
	if len(lines) >= least && 2*len(lines) >= paragraphs && len(labels) >= 2 && len(lines) > len(labels) {
		return lines
	}
	return nil
}

// officeHeading names a speaker after an office: "科長：邱俊雄", in a transcript whose other turns end in a colon.
var officeHeading = regexp.MustCompile(`^[^:：\n]{1,40}[:：]\s*[^:：\n]{1,40}$`)

// withOffices adds the turns that are headed so, in the order of the text.
func (r *reader) withOffices(heads []lang.Span) []lang.Span {
	var out []lang.Span
	level := 0
	for _, b := range r.doc.Blocks {
		if b.Kind == source.Heading && b.Start == heads[0].Start {
			level = b.Level
		}
	}
	next := 0
	for _, b := range r.doc.Blocks {
		switch {
		case b.Kind != source.Heading:
		case next < len(heads) && b.Start == heads[next].Start:
			out = append(out, heads[next])
			next++
		case b.Level == level && level > 1 && officeHeading.MatchString(r.text(lang.Span{Start: b.Start, End: b.End})):
			out = append(out, lang.Span{Start: b.Start, End: b.End})
		}
	}
	return out
}

// speakingLabel reports whether a label that announces people may name one who speaks in a transcript.
func speakingLabel(label string) bool {
	switch labelField(label) {
	case speakerField, attendeeField:
		return true
	}
	return false
}
