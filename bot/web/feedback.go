package web

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// Feedback keeps what readers think of answers.
type Feedback interface {
	// SaveFeedback replaces what was said of the answer before on the same surface. An answer that the filter does not
	// permit, or that does not exist, is retrieval.ErrNotFound.
	SaveFeedback(ctx context.Context, f retrieval.Filter, fb retrieval.Feedback) error
}

// longestReason is how many characters a reason may have: a few sentences.
const longestReason = 1000

// A feedbackBody is what POST /api/feedback takes.
type feedbackBody struct {
	Answer string `json:"answer"`
	Value  string `json:"value"` // "up" or "down"
	Reason string `json:"reason"`
}

// feedback answers POST /api/feedback.
func (s *server) feedback(w http.ResponseWriter, r *http.Request) error {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return &fault{kind: faultBody, err: fmt.Errorf("read body: %w", err)}
	}
	var body feedbackBody
	if err := json.Unmarshal(raw, &body); err != nil {
		return &fault{kind: faultBody, err: fmt.Errorf("read body as JSON: %w", err)}
	}
	reason := strings.TrimSpace(lang.Clean(body.Reason))
	switch {
	case body.Value != "up" && body.Value != "down":
		return &fault{kind: faultField, args: []any{"name", "value"}}
	case lang.Graphemes(reason) > longestReason:
		return &fault{kind: faultField, args: []any{"name", "reason"}}
	case s.Feedback == nil || body.Answer == "" || len(body.Answer) > longestID:
		return retrieval.ErrNotFound
	}
	filter := retrieval.Filter{Audiences: publicOnly(), Now: s.Now()}
	if err := s.Feedback.SaveFeedback(r.Context(), filter, retrieval.Feedback{Answer: body.Answer, Surface: "web", Up: body.Value == "up", Reason: reason}); err != nil {
		return fmt.Errorf("keep feedback: %w", err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
