package retrieval

import "errors"

// The causes for which the context of a delivery's handler ends early.
var (
	ErrStopped   = errors.New("stopped by its asker")
	ErrTakenOver = errors.New("taken over by another process") // which believes this one dead
)

// A Delivery is something that Slack handed over and that must be dealt with once, however often it comes and whichever
// process dies meanwhile.
type Delivery struct {
	ID int64 // given by the store
	// Keys name it: what has a key in common with one stored before is the same. An event has its own id, and the message
	// that it tells of, which two kinds of event may tell of.
	Keys    []string
	Lane    string // those of one lane are dealt with one at a time, in the order of Place
	Place   string // the time of the message, as Slack writes it: of fixed width, so that texts order as times do
	Payload []byte // JSON; forgotten once it is dealt with
	// Follows is a lane that must be known for the delivery to be taken: a message that does not name us concerns us only
	// in a thread that we are in. Empty: it is taken in any case.
	Follows string
	Joins   string // a lane that is known from now on; may be empty

	Tries  int      // how often it was taken up, this time included
	Deaths int      // how many processes died, or panicked, while they had it
	Posted []string // the messages of ours that were posted for it, as Slack names them
	// Conversation is the id of the lane's conversation with the assistant; empty where there is none yet.
	Conversation string
}
