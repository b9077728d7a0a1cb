package retrieval

import (
	"time"

	"osmanthus/retrieval/lang"
)

// A KeptAnswer is an answer as it was given, kept under its id.
type KeptAnswer struct {
	ID        string
	Question  string // as it was asked
	Whole     string // as it was understood, where a conversation completed it; empty elsewhere
	Lang      lang.Lang
	Kind      string
	JSON      []byte     // the answer
	Audiences []Audience // what its asker could see
	Documents []int64    // what it was made from
	Given     time.Time
}
