// Package bot owns the way from a question to an answer: evidence, the choice between answering and refusing, the
// quoting and the generating answer, citations. It declares what it needs of search and of the chat model; it must
// not import pgx, go-openai, slack-go, net/http handlers or cmd.
package bot

import (
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// A Kind says what an answer is.
type Kind string

// The kinds of answer.
const (
	KindAnswer   Kind = "answer"
	KindNotFound Kind = "not_found"
	KindCard     Kind = "card"
	KindSummary  Kind = "summary"
)

// modePeople is Question.Mode where a person's card is asked for.
const modePeople = "people"

// GeneratedByQuotes is Answer.GeneratedBy where no model wrote the text.
const GeneratedByQuotes = "quotes"

// A Question is what someone asks, and what they may see.
type Question struct {
	Text         string
	Lang         lang.Lang // explicit wish for the answer's language; empty: the question's own
	Event        string
	Conversation string // the one it goes on with; empty: a new one
	Client       string // whose allowance a model's answer counts against; empty: nobody's
	Mode         string // "", "answer", "summary" or "people"
	Audiences    []retrieval.Audience

	// Choice is of a summary, where the asker chose rather than wrote what it is of; nil: Text tells.
	Choice *SummaryChoice
}

// A SummaryChoice is what a summary is of and how long it is, chosen from a list.
type SummaryChoice struct {
	Documents []int64 // none: all that the asker may see, of Question.Event
	Length    int     // in English words or Chinese characters; 0: as Text says
}

// An Answer is what every surface shows; its JSON is the API's contract.
type Answer struct {
	ID          string     `json:"id"`
	Lang        lang.Lang  `json:"lang"`
	Script      string     `json:"script,omitempty"` // Traditional, where the answer's own words are Traditional Chinese
	Kind        Kind       `json:"kind"`
	Text        string     `json:"text"` // Markdown; sources as [n]
	GeneratedBy string     `json:"generated_by"`
	Notice      string     `json:"notice,omitempty"` // a sentence on what was degraded, in Lang
	Citations   []Citation `json:"citations"`
	Nearest     []Nearest  `json:"nearest,omitempty"` // of a refusal: the nearest titles
	People      []Person   `json:"people,omitempty"`
	Sessions    []Session  `json:"sessions,omitempty"`
	Coverage    *Coverage  `json:"coverage,omitempty"` // of a summary
	Timings     Timings    `json:"timings"`
	// Conversation is what a question that follows on this one names; only its holder can go on with it.
	Conversation string `json:"conversation,omitempty"`
}

// A Citation ties [n] in the text to the very sentences of a passage.
type Citation struct {
	N        int       `json:"n"`
	Passage  int64     `json:"passage"`
	Document int64     `json:"document"`
	Title    string    `json:"title"`
	Source   string    `json:"source"`
	Lang     lang.Lang `json:"lang"`
	Page     int       `json:"page,omitempty"`
	Heading  string    `json:"heading,omitempty"`
	Quote    string    `json:"quote"` // verbatim
	URL      string    `json:"url"`   // of the reader, at the sentence
}

// A Nearest is a document that came close.
type Nearest struct {
	Document int64     `json:"document"`
	Title    string    `json:"title"`
	Lang     lang.Lang `json:"lang"`
	URL      string    `json:"url"`
}

// Timings are milliseconds, rounded.
type Timings struct {
	EmbedMS      int64 `json:"embed_ms"`
	SearchMS     int64 `json:"search_ms"`
	FirstTokenMS int64 `json:"first_token_ms"`
	TotalMS      int64 `json:"total_ms"`
}
