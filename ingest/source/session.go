package source

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// A session is an entry of a schedule, before it is written as a section of labelled lines. The labels are in both
// languages, as organisers of bilingual conferences write them, so that a question of either finds them.
type session struct {
	titles     []string // in each language once
	start, end time.Time
	day        bool   // it has no time of day
	zone       string // where the offset is not known
	conference string
	track      []string
	room       []string
	language   string
	kind       []string
	status     string
	repeats    string
	organiser  string
	link       string
	speakers   []speaker
	texts      []string // abstract and description, in each language once
}

type speaker struct {
	names []string
	bios  []string
}

// The labels of a session's lines.
const (
	labelTitle      = "Title / 标题"
	labelConference = "Conference / 研讨会"
	labelTime       = "Time / 时间"
	labelRoom       = "Room / 会议室"
	labelTrack      = "Track / 议程轨"
	labelKind       = "Type / 类型"
	labelLanguage   = "Language / 语言"
	labelSpeakers   = "Speakers / 讲者"
	labelOrganiser  = "Organiser / 主办方"
	labelStatus     = "Status / 状态"
	labelRepeats    = "Repeats / 重复"
	labelLink       = "Link / 链接"
	labelSpeaker    = "Speaker / 讲者"
)

// schedule adds a schedule's sessions, in the order of their times.
func (b *builder) schedule(title string, sessions []session) error {
	if title != "" {
		b.add(Heading, 1, title)
	}
	slices.SortStableFunc(sessions, func(x, y session) int { return cmp.Compare(x.sortTime(), y.sortTime()) })
	for _, s := range sessions {
		heading := b.titles[titleHeading]
		b.session(s)
		b.titles[titleHeading] = heading // of many sessions, none is the document's title
		if err := b.full(); err != nil {
			return err
		}
	}
	return nil
}

// sortTime goes by the clock of the place, which is all that a time without an offset has.
func (s session) sortTime() string {
	if s.start.IsZero() {
		return "~"
	}
	return s.start.Format("2006-01-02T15:04:05")
}

func (b *builder) session(s session) {
	if len(s.titles) > 0 {
		b.add(Heading, 2, oneLine(s.titles[0]))
	}
	b.last = ""
	item := func(label string, values ...string) {
		var kept []string
		for _, v := range values {
			if v = oneLine(b.clean(v)); v != "" {
				kept = append(kept, v)
			}
		}
		if len(kept) > 0 {
			b.add(Item, 1, label+": "+strings.Join(kept, " / "))
		}
	}
	if len(s.titles) > 1 {
		for _, t := range s.titles {
			item(labelTitle, t)
		}
	}
	item(labelConference, s.conference)
	item(labelTrack, s.track...)
	item(labelTime, s.when())
	item(labelRoom, s.room...)
	item(labelKind, s.kind...)
	item(labelLanguage, s.language)
	names := make([]string, 0, len(s.speakers))
	for _, p := range s.speakers {
		names = append(names, p.name())
	}
	item(labelSpeakers, strings.Join(names, ", "))
	item(labelOrganiser, s.organiser)
	item(labelStatus, s.status)
	item(labelRepeats, s.repeats)
	item(labelLink, s.link)
	for _, text := range s.texts {
		b.prose(text)
	}
	for _, p := range s.speakers {
		if len(p.bios) > 0 {
			b.add(Heading, 3, labelSpeaker+": "+oneLine(p.name()))
			for _, bio := range p.bios {
				b.prose(bio)
			}
		}
	}
}

// name is a speaker's name, in the other script too where it is given.
func (p speaker) name() string {
	switch len(p.names) {
	case 0:
		return ""
	case 1:
		return p.names[0]
	}
	return p.names[0] + " (" + strings.Join(p.names[1:], ", ") + ")"
}

// prose adds running text, which may be Markdown or HTML; its headings are none of the document's.
func (b *builder) prose(text string) {
	text = b.clean(strings.ReplaceAll(text, "\r\n", "\n"))
	inner := &builder{limits: b.limits}
	read := readMarkdown
	if htmlTag.MatchString(text) {
		read = func(b *builder, text string) error { return readHTML(b, "<body>"+text) }
	}
	if err := read(inner, text); err != nil { // not fit to be parsed: as it stands
		inner = &builder{limits: b.limits}
		for _, p := range paragraphs(text) {
			inner.add(Paragraph, 0, strings.Join(p, "\n"))
		}
	}
	all := inner.text.String()
	b.last = ""
	for _, block := range inner.blocks {
		kind, level := block.Kind, block.Level
		switch kind {
		case Heading, Header, Row:
			kind, level = Paragraph, 0
		}
		b.add(kind, level, all[block.Start:block.End])
	}
	b.last = ""
}

// when is a session's time with its offset, as 2023-07-29 14:40–15:40 (UTC+8).
func (s session) when() string {
	if s.start.IsZero() {
		return ""
	}
	if s.day {
		first, last := s.start.Format(time.DateOnly), s.end.Format(time.DateOnly)
		if s.end.IsZero() || first == last {
			return first
		}
		return first + " – " + last
	}
	const clock = "15:04"
	out := s.start.Format(time.DateOnly + " " + clock)
	switch {
	case s.end.IsZero() || s.end.Equal(s.start):
	case s.end.Format(time.DateOnly) == s.start.Format(time.DateOnly):
		out += "–" + s.end.Format(clock)
	default:
		out += " – " + s.end.Format(time.DateOnly+" "+clock)
	}
	if s.zone != "" {
		if s.zone == "-" {
			return out
		}
		return out + " (" + s.zone + ")"
	}
	return out + " (" + offset(s.start) + ")"
}

func offset(t time.Time) string {
	_, seconds := t.Zone()
	if seconds == 0 {
		return "UTC"
	}
	sign := '+'
	if seconds < 0 {
		sign, seconds = '-', -seconds
	}
	out := fmt.Sprintf("UTC%c%d", sign, seconds/3600)
	if minutes := seconds / 60 % 60; minutes > 0 {
		out += fmt.Sprintf(":%02d", minutes)
	}
	return out
}

// readTimestamp reads a machine's time; the second result is false where it names no offset.
func readTimestamp(s string) (t time.Time, offset, ok bool) {
	s = strings.TrimSpace(s)
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04Z07:00"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, true, true
		}
	}
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t, false, true
		}
	}
	return time.Time{}, false, false
}
