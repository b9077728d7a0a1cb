// Package facts reads sessions and people out of a document by rules, in both languages. Every fact keeps the place in
// the text that says it. It is pure, and must not import anything of this module but ingest/source and retrieval/lang.
package facts

import (
	"time"

	"osmanthus/ingest/source"
	"osmanthus/retrieval/lang"
)

// Facts are what a document says of sessions and people.
type Facts struct {
	Sessions []Session
	People   []Person
}

// A Value is what a text says, with where it stands there. Where its Span is empty, nothing is said.
type Value struct {
	lang.Span
	Text string // on one line
}

// A Kind tells what is planned from what was held.
type Kind string

// The kinds of session.
const (
	Talk    Kind = "session" // an item of a programme
	Meeting Kind = "meeting" // a conversation that the document is the transcript of
)

// A Session is one item of a programme, or one meeting.
type Session struct {
	lang.Span    // the lines it was read from
	Kind         Kind
	Titles       []Value   // as many as the document gives, each in the language it gives it in
	When         Value     // the words that say the time
	Day          time.Time // midnight UTC of the day as written; zero where none is given
	Begins, Ends time.Time // in the session's zone; zero where no time of day is given
	Zoned        bool      // the text or its front matter says in which zone
	Room         Value
	Track        Value
	Conference   Value // the event's own name
	Language     Value
	Speakers     []Speaker
}

// A Speaker is a person's part in a session.
type Speaker struct {
	Value      // as written there, with forms of address and degrees
	Person int // index into Facts.People
}

// A Person is one name of a document with what the document says of who bears it.
type Person struct {
	Value            // the name as written, a form of address set aside
	Forms   []string // the name and its parts: the writings in one script each, what stands in brackets beside it
	Generic bool     // a part that somebody plays, such as "Moderator", not a name
	Titles  []Title
	About   lang.Span // the section that the document gives the person; may be empty
}

// A Title is a position that somebody holds or held.
type Title struct {
	lang.Span
	Title        string // may be empty where only the organisation is given
	Organisation string // may be empty
}

// Options are what the document's surroundings say.
type Options struct {
	Zone *time.Location // of times that name none; nil: UTC
	// Names finds the likely names in a sentence; nil: lang.NamesIn. A dictionary's knows more words that are none.
	Names func(string) []lang.NameSpan
}

// reader reads one document.
type reader struct {
	doc    source.Document
	zone   *time.Location
	names  func(string) []lang.NameSpan
	stated bool // the zone is the document's own
	facts  Facts
	people map[string]int // by folded name
}

// Extract reads a document. It never fails: what is not understood is left out.
func Extract(doc source.Document, o Options) Facts {
	r := &reader{doc: doc, zone: time.UTC, names: lang.NamesIn, people: make(map[string]int)}
	if o.Zone != nil {
		r.zone = o.Zone
	}
	if o.Names != nil {
		r.names = o.Names
	}
	if z, ok := findZone(doc.Meta["zone"]); ok {
		r.zone, r.stated = z, true
	}
	if !r.transcript() {
		r.records()
		r.tables()
	}
	r.speakerHeadings()
	r.appositions()
	return r.facts
}

// text returns what stands at a span.
func (r *reader) text(s lang.Span) string { return r.doc.Text[s.Start:s.End] }
