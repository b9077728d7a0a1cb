package bot

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// A Session is a row of an answer or of the API.
type Session struct {
	Titles     []string  `json:"titles"`
	Kind       string    `json:"kind"` // "session" or "meeting"
	Day        string    `json:"day,omitempty"`
	Begins     string    `json:"begins,omitempty"` // RFC 3339
	Ends       string    `json:"ends,omitempty"`
	Zoned      bool      `json:"zoned"` // the document says in which zone
	Room       string    `json:"room,omitempty"`
	Track      string    `json:"track,omitempty"`
	Conference string    `json:"conference,omitempty"`
	Language   string    `json:"language,omitempty"`
	Speakers   []string  `json:"speakers"`
	Document   int64     `json:"document"`
	Source     string    `json:"source"`
	Lang       lang.Lang `json:"lang"` // of the document
	AsOf       string    `json:"as_of,omitempty"`
	URL        string    `json:"url"` // of the reader, at the line
}

// SessionOf makes a row public.
func SessionOf(s retrieval.Session) Session {
	out := Session{
		Kind: string(s.Kind), Zoned: s.Zoned, Room: s.Room.Text, Track: s.Track.Text, Conference: s.Conference.Text, Language: s.Language.Text,
		Titles: []string{}, Speakers: []string{}, Document: s.Document, Source: s.Source, Lang: s.Lang, URL: placeURL(s.Document, mainPlace(s)),
	}
	for _, t := range s.Titles {
		out.Titles = append(out.Titles, t.Text)
	}
	for _, sp := range s.Speakers {
		out.Speakers = append(out.Speakers, sp.Text)
	}
	if !s.Day.IsZero() {
		out.Day = s.Day.Format(time.DateOnly)
	}
	if !s.Begins.IsZero() {
		out.Begins = s.Begins.Format(time.RFC3339)
	}
	if !s.Ends.IsZero() {
		out.Ends = s.Ends.Format(time.RFC3339)
	}
	if !s.Date.IsZero() {
		out.AsOf = s.Date.Format(time.DateOnly)
	}
	return out
}

func placeURL(document int64, p retrieval.Place) string {
	return readerURL(retrieval.Passage{Document: document, Version: p.Version}, p.Start, p.End)
}

// mainPlace is the line that says the most of a session.
func mainPlace(s retrieval.Session) retrieval.Place {
	for _, v := range []retrieval.Value{s.When, s.Room} {
		if v.Text != "" {
			return v.Place
		}
	}
	return s.Titles[0].Place
}

// A telling is an answer from rows under way: lines of text and the places they are read from.
type telling struct {
	places   []retrieval.Place
	lines    []string
	people   []Person
	sessions []Session
	kind     Kind
}

// mark returns the numbers of places, each given one when first named. Lines that follow each other are one place.
func (t *telling) mark(places ...retrieval.Place) string {
	var marks []string
	for _, p := range joined(places) {
		if p.Start >= p.End {
			continue
		}
		n := slices.Index(t.places, p)
		if n < 0 {
			t.places = append(t.places, p)
			n = len(t.places) - 1
		}
		if m := numberMark(n + 1); !slices.Contains(marks, m) {
			marks = append(marks, m)
		}
	}
	return strings.Join(marks, "")
}

// betweenLines is how many bytes part a line or item from the next.
const betweenLines = 1

// joined makes one place of neighbouring lines, and of the same line twice.
func joined(places []retrieval.Place) []retrieval.Place {
	var out []retrieval.Place
	for _, p := range places {
		n := len(out) - 1
		if n >= 0 && out[n].Version == p.Version && p.Start <= out[n].End+betweenLines && p.End >= out[n].Start-betweenLines {
			out[n].Start, out[n].End = min(out[n].Start, p.Start), max(out[n].End, p.End)
			continue
		}
		out = append(out, p)
	}
	return out
}

func (t *telling) say(line string) { t.lines = append(t.lines, strings.TrimSpace(line)) }

// tell makes the answer. It is not handled where a place cannot be quoted any more: the document has just been replaced.
func (r *request) tell(ctx context.Context, t telling) (bool, error) {
	hits, err := r.quoted(ctx, t.places)
	r.answer.Timings.SearchMS = r.since(r.start)
	if err != nil {
		return false, err
	}
	if len(hits) != len(t.places) || len(hits) == 0 {
		return false, nil
	}
	a := &r.answer
	a.Kind, a.GeneratedBy, a.Text, a.People, a.Sessions = t.kind, GeneratedByQuotes, strings.Join(t.lines, "\n\n"), t.people, t.sessions
	a.Citations = make([]Citation, len(hits))
	sources := make([]Source, len(hits))
	for i, h := range hits {
		a.Citations[i] = citation(i+1, h, h.Start, h.End)
		sources[i] = source(i+1, h, h.Start, h.End)
	}
	r.record.Hits = len(hits)
	if err := r.emit(Event{EventSources, Sources{sources}}); err != nil {
		return true, err
	}
	if err := r.emit(Event{EventDelta, Delta{a.Text}}); err != nil {
		return true, err
	}
	for _, c := range a.Citations {
		if err := r.emit(Event{EventCitation, c}); err != nil {
			return true, err
		}
	}
	return true, nil
}

// whenText is a session's time: as figures, which both languages read, and the zone where the document says it.
func whenText(s retrieval.Session) string {
	if s.Begins.IsZero() {
		if s.Day.IsZero() {
			return s.When.Text
		}
		return s.Day.Format(time.DateOnly)
	}
	out := s.Begins.Format("2006-01-02 15:04")
	if !s.Ends.IsZero() {
		out += s.Ends.Format("–15:04")
	}
	if s.Zoned {
		out += " (" + zoneText(s.Begins) + ")"
	}
	return out
}

func zoneText(t time.Time) string {
	_, offset := t.Zone()
	sign := "+"
	if offset < 0 {
		sign, offset = "-", -offset
	}
	text := fmt.Sprintf("UTC%s%d", sign, offset/3600)
	if m := offset % 3600 / 60; m > 0 {
		text += fmt.Sprintf(":%02d", m)
	}
	return text
}

// titleText is a session's title: the one that was asked for, else in the answer's language where there is one.
func (r *request) titleText(s retrieval.Session, asked []string) string {
	for _, a := range asked {
		for _, t := range s.Titles {
			if matchTitle(a, t.Text) >= nearTitle {
				return t.Text
			}
		}
	}
	for _, t := range s.Titles {
		if lang.DetectText(t.Text) == r.answer.Lang {
			return t.Text
		}
	}
	return s.Titles[0].Text
}

// names lists people the way the answer's language does.
func (r *request) names(names []string) string {
	escaped := make([]string, len(names))
	for i, n := range names {
		escaped[i] = Escape(n)
	}
	if r.answer.Lang == lang.Chinese {
		return strings.Join(escaped, "、")
	}
	return strings.Join(escaped, ", ")
}

// line is a session in a list.
func (r *request) line(t *telling, s retrieval.Session, withPeople bool) string {
	out := "- " + Escape(r.titleText(s, nil))
	places := []retrieval.Place{s.When.Place, s.Room.Place}
	var details []string
	if when := whenText(s); when != "" {
		details = append(details, when)
	}
	if s.Room.Text != "" {
		details = append(details, Escape(s.Room.Text))
	}
	if withPeople && len(s.Speakers) > 0 && s.Kind == retrieval.Talk {
		details = append(details, r.names(speakerNames(s)))
		for _, sp := range s.Speakers {
			places = append(places, sp.Place)
		}
	}
	if len(details) > 0 {
		out += " — " + strings.Join(details, " · ")
	}
	if s.When.Text == "" && s.Room.Text == "" {
		places = append(places, s.Titles[0].Place)
	}
	return out + " " + t.mark(places...)
}

func speakerNames(s retrieval.Session) []string {
	var out []string
	for _, sp := range s.Speakers {
		if !slices.Contains(out, sp.Text) {
			out = append(out, sp.Text)
		}
	}
	return out
}
