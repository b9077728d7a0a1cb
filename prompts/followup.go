package prompts

import (
	"bytes"
	"fmt"
	"strings"

	"osmanthus/retrieval/lang"
)

// A Turn is a question asked before, with the beginning of its answer.
type Turn struct {
	Question string
	Answer   string
}

// A FollowUpRequest is what a model needs to complete a question that follows on others.
type FollowUpRequest struct {
	Question string
	Turns    []Turn // the oldest first
	Boundary string // see AnswerRequest
}

// FollowUp renders the prompt that asks for a question in l as it can stand alone.
func (s *Set) FollowUp(l lang.Lang, r FollowUpRequest) (system, user string, err error) {
	t, ok := s.templates[l]
	if !ok {
		return "", "", fmt.Errorf("no prompts in %q", l)
	}
	if !boundaryPattern.MatchString(r.Boundary) {
		return "", "", fmt.Errorf("boundary of the prompt is not 12 to 64 letters and digits")
	}
	turns := make([]Turn, len(r.Turns))
	for i, turn := range r.Turns {
		turns[i] = Turn{Question: block(turn.Question, r.Boundary), Answer: block(turn.Answer, r.Boundary)}
	}
	r.Turns, r.Question = turns, block(r.Question, r.Boundary)
	var out [2]bytes.Buffer
	for i, name := range []string{"followup.system.tmpl", "followup.user.tmpl"} {
		if err := t.ExecuteTemplate(&out[i], name, r); err != nil {
			return "", "", fmt.Errorf("render prompt %s in %s: %w", name, l, err)
		}
	}
	return strings.TrimSpace(out[0].String()), strings.TrimSpace(out[1].String()), nil
}
