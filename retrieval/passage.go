// Package retrieval owns what happens between a question and the passages that may answer it: embedding spaces and
// their calibration, candidates, fusion of the arms, the choice of sentences to quote, and the measuring of all that.
// It declares what it needs of an embedder and of a store; it must not import pgx, go-openai, bot, ingest or cmd.
package retrieval

import (
	"slices"
	"time"

	"osmanthus/retrieval/lang"
)

// An Audience says who may read a document. Default deny: a query names the audiences it may see.
type Audience string

// The audiences there are.
const (
	Public Audience = "public"
	Staff  Audience = "staff"
)

// A Passage is what is embedded and cited: a run of whole sentences of one version of a document.
type Passage struct {
	ID       int64
	Document int64
	Version  int64
	Ordinal  int       // place in the version, from 0
	Lang     lang.Lang // of the passage, which may differ from its document's
	Title    string    // the document's
	Heading  string    // headings above the passage, outermost first, joined by " › "; may be empty
	Page     int       // from 1; 0 where the format has no pages
	Text     string    // the version's text from Start to End, to the byte
	Start    int       // bytes into the version's text
	End      int
}

// A Document is one thing an organiser published, in its current version.
type Document struct {
	ID       int64
	Source   string // path or address it was taken from, unique within its event
	Event    string
	Kind     string // report, case, agenda, biography, transcript or empty
	Audience Audience
	Embargo  time.Time // zero: none; otherwise nobody but staff sees it before
	Version  int64
	Title    string
	Lang     lang.Lang
	Date     time.Time // the document's own date; zero where none was found
	Ingested time.Time
	Passages int
	Parallel string // Source of the other language's version, where one is named
}

// Access says who may see a document, and from when.
type Access struct {
	Audience Audience
	Embargo  time.Time // zero: none
}

// A Filter is what a query may see; it is applied inside the store's query, never after.
type Filter struct {
	Event     string    // empty: every event
	Kind      string    // empty: every kind
	From, To  time.Time // days of the documents' dates, both counted in; zero: no bound. A bound leaves out what has no date
	Audiences []Audience
	Now       time.Time // embargoes after it hide a document from all but staff
}

// Permits reports whether f lets a document be seen: what the store's queries say in SQL, for
// a second look at what they found. Default deny.
func (f Filter) Permits(a Access) bool {
	staff := slices.Contains(f.Audiences, Staff)
	return slices.Contains(f.Audiences, a.Audience) && (staff || a.Embargo.IsZero() || !a.Embargo.After(f.Now))
}

// A Query is a question put to the passages.
type Query struct {
	Text   string
	Lang   lang.Lang // of the question; empty: detected
	Filter Filter
	Limit  int // hits wanted; 0: DefaultLimit
}

// A Hit is a passage found, with what each arm said of it.
type Hit struct {
	Passage
	Source  string  // the document's
	Access          // the document's
	Score   float64 // fused; comparable within one result only
	Dense   float64 // calibrated similarity, in standard deviations; 0 where the dense arm was down
	Lexical float64 // BM25 over the idf mass of the question: how much of its words the passage covers
	Names   float64 // how well the question's names of people are met by the passage's, 0…1; 0 where it names nobody
	Arms    []string
	Same    []Hit // passages that say the same, of parallel versions or reprints; they have no Same of their own

	event     string
	parallel  string // source of the document's version in the other language
	length    int    // bytes of the version's text
	sentences []SentenceVector
}

// The names of the arms, as they stand in Hit.Arms and Result.Degraded.
const (
	ArmDense      = "dense"
	ArmTerms      = "terms"      // same-language lexical
	ArmDictionary = "dictionary" // across languages
	ArmNames      = "names"      // people, in any script and spelling
	ArmSound      = "sound"      // foreign names by their sound, across languages
)

// A Result is what a search found, best first.
type Result struct {
	Lang     lang.Lang // of the question
	Hits     []Hit
	Degraded []string // arms that could not be asked, by name
	Named    []string // the names of people in the question, as it writes them
	Embed    time.Duration
	Search   time.Duration

	signals  signals
	words    questionWords
	question []float32 // its vector as the model gave it; nil where the embedder was down
}

// ForgetVectors lets go of the vectors that hits hold of their sentences, for those that nothing more is asked of. An answer
// that a model writes is under way for long.
func ForgetVectors(hits []Hit) {
	for i := range hits {
		hits[i].sentences = nil
		ForgetVectors(hits[i].Same)
	}
}

// A Quote is one sentence of a hit, chosen because it answers.
type Quote struct {
	Hit   int // index into the hits it was chosen from
	Start int // bytes into the version's text
	End   int
	Text  string
	Score float64
}
