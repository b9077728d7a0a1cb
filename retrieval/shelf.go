package retrieval

import (
	"time"

	"osmanthus/retrieval/lang"
)

// A Shelf is what there is to browse under a filter.
type Shelf struct {
	Events []Counted // by name; the empty name is of documents without an event
	Kinds  []Counted // of documents, where one is given
	Days   []Day     // of the programme, in their order
	// Undated is how many items of the programme have no day.
	Undated int
}

// A Counted is a word and how many documents have it.
type Counted struct {
	Name      string
	Documents int
}

// A Day is a day of a programme.
type Day struct {
	Date     time.Time // midnight UTC
	Sessions int
}

// A DocumentPage asks for documents in the order in which they are browsed: the newest first, those without a date last.
type DocumentPage struct {
	Filter Filter
	Lang   lang.Lang // empty: both
	Offset int
	Limit  int
}
