package bot

import "osmanthus/retrieval/lang"

// An EventType names an event of an answer under way.
type EventType string

// The types of event, in the order they come: meta first, done last. Between them, status whenever what goes on
// changes, sources before the text that may cite them (a second one replaces the first), delta as the text grows,
// citation once for each source that the text names. A failure is not an event of Ask but its error; a surface that
// streams makes an error event of FailureOf.
const (
	EventMeta     EventType = "meta"     // Meta
	EventStatus   EventType = "status"   // Status
	EventSources  EventType = "sources"  // Sources
	EventDelta    EventType = "delta"    // Delta
	EventCitation EventType = "citation" // Citation
	EventDone     EventType = "done"     // Answer
	EventError    EventType = "error"    // Failure
)

// An Event is one step of an answer; Data has the type named beside its Type and is ready to be written as JSON.
type Event struct {
	Type EventType
	Data any
}

// Meta says which answer the events belong to and in which language it will be.
type Meta struct {
	ID     string    `json:"id"`
	Lang   lang.Lang `json:"lang"`
	Script string    `json:"script,omitempty"` // see Answer
	// Conversation is what a question that follows on this one names.
	Conversation string `json:"conversation,omitempty"`
}

// A Stage is what an answer is busy with.
type Stage string

// The stages.
const (
	StageSearching Stage = "searching"
	StageWriting   Stage = "writing"
	// StageReplaced takes back every delta so far: another text follows, and stands whole in done.
	StageReplaced Stage = "replaced"
)

// Status tells the stage.
type Status struct {
	Status Stage `json:"status"`
}

// Sources are what the text may cite. Only those it does cite become citations of the answer.
type Sources struct {
	Sources []Source `json:"sources"`
}

// A Source is a passage that [n] may stand for.
type Source struct {
	N        int       `json:"n"`
	Document int64     `json:"document"`
	Title    string    `json:"title"`
	Lang     lang.Lang `json:"lang"`
	Heading  string    `json:"heading,omitempty"`
	Page     int       `json:"page,omitempty"`
	URL      string    `json:"url"`
}

// A Delta is the next piece of the text.
type Delta struct {
	Text string `json:"text"`
}
