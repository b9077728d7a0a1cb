package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// Conversations keep what was asked before, for the questions that follow on it.
type Conversations interface {
	// Turns returns the last turns of a conversation that was used since a time, up to limit, the oldest first, without
	// those that the filter does not permit now. One that does not exist or has expired is retrieval.ErrNotFound.
	Turns(ctx context.Context, f retrieval.Filter, conversation string, since time.Time, limit int) ([][]byte, error)
	// SaveTurn adds a turn and forgets all but the last keep. audiences are what the asker could see, documents what the
	// answer was made from.
	SaveTurn(ctx context.Context, conversation string, turn []byte, audiences []retrieval.Audience, documents []int64, now time.Time, keep int) error
}

const (
	// ConversationTime is how long after its last question a conversation can be gone on with: a day of a seminar with the
	// evening after it.
	ConversationTime = 24 * time.Hour
	// maxTurns is how many turns are kept and looked back on: who or what "she" and "there" mean was named just before.
	maxTurns = 6
	// turnAnswer is how much of an answer a turn keeps, in characters: its first sentences, where what was asked for stands.
	turnAnswer = 400
	// turnNames bounds the people, and the sessions, that a turn names; of more than a few no pronoun can mean one.
	turnNames = 12
)

// A turn is what a conversation keeps of one question and its answer.
type turn struct {
	Asked  string    `json:"asked"` // as it was written
	Whole  string    `json:"whole"` // as it was understood
	Answer string    `json:"answer"`
	Lang   lang.Lang `json:"lang"` // of the question
	// About are the people that the question names, each by their names in every script; Told are others whom the answer
	// names.
	About [][]string `json:"about,omitempty"`
	Told  [][]string `json:"told,omitempty"`
	// Sessions are the titles of the sessions that the answer is about, each in every language.
	Sessions [][]string `json:"sessions,omitempty"`
	Document string     `json:"document,omitempty"` // the title of the only one that is cited
}

// recall reads the conversation that the question goes on with; a new one gets its id. Where it cannot be read, the
// question stands alone.
func (r *request) recall(ctx context.Context) []turn {
	if r.question.History != nil {
		return r.retold(ctx)
	}
	if r.config.Conversations == nil {
		return nil
	}
	id := r.question.Conversation
	r.answer.Conversation = r.config.NewConversation()
	if id == "" {
		return nil
	}
	kept, err := r.config.Conversations.Turns(ctx, r.query.Filter, id, r.start.Add(-ConversationTime), maxTurns)
	if errors.Is(err, retrieval.ErrNotFound) {
		return nil // expired or deleted: never taken up again under the id that its asker chose
	}
	r.answer.Conversation = id
	turns, err := readTurns(kept, err)
	if err != nil {
		r.config.Log.WarnContext(ctx, "conversation not read, the question stands alone", "id", r.answer.ID, "error", err)
	}
	return turns
}

func readTurns(kept [][]byte, err error) ([]turn, error) {
	if err != nil {
		return nil, err
	}
	turns := make([]turn, len(kept))
	for i, raw := range kept {
		if err := json.Unmarshal(raw, &turns[i]); err != nil {
			return nil, fmt.Errorf("read turn: %w", err)
		}
	}
	return turns, nil
}

// follow completes a question that follows on others: by rules, and by the model where the rules are not sure. A first
// question stays as it is.
func (r *request) follow(ctx context.Context, turns []turn) {
	if len(turns) == 0 {
		return
	}
	f := followUpOf(r.question.Text, turns)
	if f.follows && !f.sure && r.config.Model != nil {
		whole, err := r.rewrite(ctx, turns)
		if err == nil {
			f.whole = whole
		} else if ctx.Err() == nil {
			r.config.Log.WarnContext(ctx, "question not completed by the model, rules instead", "id", r.answer.ID, "error", err)
		}
	}
	if f.whole == r.question.Text || lang.Graphemes(f.whole) > MaxQuestion {
		return
	}
	r.whole = f.whole
	sought := searchText(f.whole)
	r.query.Text, r.query.Lang = sought, lang.Detect(sought)
}

// understood is the question as it was completed, or as it was asked.
func (r *request) understood() string {
	if r.whole != "" {
		return r.whole
	}
	return r.question.Text
}

// turn is what the conversation keeps of this question.
func (r *request) turn() turn {
	t := turn{
		Asked: r.question.Text, Whole: r.understood(), Lang: lang.Detect(r.question.Text),
		Answer: lang.Truncate(Plain(r.answer.Text), turnAnswer),
	}
	for _, p := range r.answer.People {
		t.About = addPerson(t.About, p.Names...)
	}
	if len(t.About) == 0 {
		for _, name := range questionNames(t.Whole) {
			t.About = addPerson(t.About, name)
		}
	}
	if r.answer.Kind == KindNotFound {
		return t // what a refusal names is not what was asked about
	}
	for _, s := range r.answer.Sessions {
		if len(t.Sessions) < turnNames && !slices.ContainsFunc(t.Sessions, func(o []string) bool { return o[0] == s.Titles[0] }) {
			t.Sessions = append(t.Sessions, s.Titles)
		}
	}
	told := func(names ...string) {
		if !known(t.About, names) {
			t.Told = addPerson(t.Told, names...)
		}
	}
	document := int64(0)
	for i, c := range r.answer.Citations {
		if document = c.Document; i > 0 && document != r.answer.Citations[0].Document {
			document = 0
			break
		}
	}
	if document != 0 {
		t.Document = r.answer.Citations[0].Title
	}
	if len(t.Sessions) == 1 {
		for _, sp := range r.answer.Sessions[0].Speakers {
			told(sp)
		}
	}
	if len(t.Sessions)+len(r.answer.People) == 0 {
		for _, c := range r.answer.Citations {
			for _, n := range lang.NamesIn(c.Quote) {
				if n.Sure >= sureName {
					told(c.Quote[n.Start:n.End])
				}
			}
		}
	}
	return t
}

// addPerson adds somebody by their names, unless one of these is there. "李小紅 (Reed Lee)" is a name in each script.
func addPerson(people [][]string, names ...string) [][]string {
	var apart []string
	for _, n := range names {
		for _, part := range strings.FieldsFunc(n, func(r rune) bool { return strings.ContainsRune("()（）/", r) }) {
			if part = strings.TrimSpace(part); part != "" && !slices.Contains(apart, part) {
				apart = append(apart, part)
			}
		}
	}
	if len(apart) == 0 || len(people) == turnNames || known(people, apart) {
		return people
	}
	return append(people, apart)
}

// known reports whether one of the people bears one of the names.
func known(people [][]string, names []string) bool {
	return slices.ContainsFunc(people, func(p []string) bool {
		return slices.ContainsFunc(p, func(a string) bool {
			return slices.ContainsFunc(names, func(b string) bool { return a == b || lang.MatchNames(a, b) >= lang.SameName })
		})
	})
}

// keepTurn adds the question to its conversation.
func (r *request) keepTurn(ctx context.Context) error {
	if r.config.Conversations == nil || r.question.History != nil {
		return nil
	}
	raw, err := json.Marshal(r.turn())
	if err != nil {
		return fmt.Errorf("write turn as JSON: %w", err)
	}
	return r.config.Conversations.SaveTurn(ctx, r.answer.Conversation, raw, r.question.Audiences, r.madeFrom(), r.start, maxTurns)
}

// madeFrom are the documents that the answer was made from, and those that it names.
func (r *request) madeFrom() []int64 {
	out := slices.Clone(r.sources)
	for _, c := range r.answer.Citations {
		out = append(out, c.Document)
	}
	for _, s := range r.answer.Sessions {
		out = append(out, s.Document)
	}
	for _, p := range r.answer.People {
		for _, t := range p.Titles {
			out = append(out, t.Document)
		}
		for _, a := range p.About {
			out = append(out, a.Document)
		}
		for _, s := range p.Sessions {
			out = append(out, s.Document)
		}
	}
	for _, n := range r.answer.Nearest {
		out = append(out, n.Document)
	}
	slices.Sort(out)
	return slices.Compact(out)
}
