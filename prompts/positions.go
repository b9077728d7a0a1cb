package prompts

import "osmanthus/retrieval/lang"

// A PositionsRequest is all that the prompt is made from which asks for the positions of people in one passage.
type PositionsRequest struct {
	Passage  Passage
	Boundary string // as in AnswerRequest
}

// Positions renders that prompt in l.
func (s *Set) Positions(l lang.Lang, r PositionsRequest) (system, user string, err error) {
	r.Passage = neutral([]Passage{r.Passage}, r.Boundary)[0]
	return s.render(l, "positions", r.Boundary, r)
}
