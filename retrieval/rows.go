package retrieval

import (
	"strings"
	"time"
	"unicode"

	"osmanthus/retrieval/lang"
)

// A Place is a line or sentence of a version's text, as bytes into it. It is what an answer from a row quotes.
type Place struct {
	Version int64 `json:"-"`
	Start   int   `json:"start"`
	End     int   `json:"end"`
}

// A Value is what a document says of a session, with the line that says it. An empty Text says nothing.
type Value struct {
	Text string `json:"text"`
	Place
}

// A SessionKind tells what is planned from what was held.
type SessionKind string

// The kinds of session.
const (
	Talk    SessionKind = "session" // an item of a programme
	Meeting SessionKind = "meeting" // what a transcript records
)

// A RowSource is the document that a row was read from.
type RowSource struct {
	Document int64
	Version  int64
	Source   string
	Title    string
	Lang     lang.Lang
	Date     time.Time // zero where none was found
	Event    string
	Parallel string // see Document
}

// A Session is one item of a programme or one meeting, as one document gives it.
type Session struct {
	RowSource
	ID           int64
	Kind         SessionKind
	Titles       []Value
	When         Value
	Day          time.Time // midnight UTC of the day as written; zero where none is given
	Begins, Ends time.Time // in the session's zone; zero where no time of day is given
	Zoned        bool      // the document says in which zone
	Room         Value
	Track        Value
	Conference   Value
	Language     Value
	Speakers     []Speaker
}

// A Speaker is a person's part in a session.
type Speaker struct {
	Value        // the name as written there
	Person int64 // Person.ID
	Played bool  // not a name but a part that somebody plays, such as "Moderator"
}

// A Person is what one document says of one name.
type Person struct {
	RowSource
	ID     int64
	Name   Value
	Forms  []string // the name and the parts of it that may stand alone
	Titles []Title
	About  Place // what the document says of the person in a section of its own; may be empty
}

// A Title is a position that a person holds or held, as the document of its row says.
type Title struct {
	Title        string // may be empty where only the organisation is given
	Organisation string // may be empty
	Place
}

// A SessionQuery asks for sessions. What is set must hold, all of it.
type SessionQuery struct {
	Filter      Filter
	IDs         []int64
	Kind        SessionKind // empty: both
	Titles      []string    // keys, see Key: of a title any, or Terms
	Terms       []string    // of a title at least one, the most first
	People      []int64     // speakers, any of them
	Documents   []int64     // any of them
	Days        []string    // "2006-01-02", any of them
	Rooms       []string    // keys, any of them
	Tracks      []string    // keys, any of them
	Conferences []string    // keys, any of them
	From, To    time.Time   // it takes place between them; one without a time of day does not
	Limit       int         // 0: all
}

// A PersonQuery asks for people. What is set must hold.
type PersonQuery struct {
	Filter Filter
	Keys   []string // of lang.NameKeys: any of them
	Within string   // a text, as Key makes it: one of the name's forms stands in it
	IDs    []int64
	// Documents: any of them.
	Documents []int64
	Limit     int // 0: all
}

// Known are the words that a filter's sessions use for places and programmes.
type Known struct {
	Rooms       []string
	Tracks      []string
	Conferences []string
	Sessions    int // how many there are
	Meetings    int
}

// Key is what a name, a title or a room is compared by: folded, letters and digits only.
func Key(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, lang.Fold(s))
}

// Keys are the keys of a text and, where it is given in two languages ("开放硬件 / Open Hardware"), of each.
func Keys(s string) []string {
	keys := []string{}
	add := func(s string) {
		if k := Key(s); k != "" {
			keys = append(keys, k)
		}
	}
	add(s)
	if parts := strings.Split(s, " / "); len(parts) > 1 {
		for _, p := range parts {
			add(p)
		}
	}
	return keys
}
