package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"osmanthus/prompts"
	"osmanthus/retrieval/lang"
)

const (
	// rewriteTime is how long the model may take to complete a question: somebody waits who has seen nothing yet.
	rewriteTime = 5 * time.Second
	// historyLength bounds what of the turns before is sent, in characters; the last ones first.
	historyLength = 3000
)

// rewrite asks the model for the question as it can stand alone.
func (r *request) rewrite(ctx context.Context, turns []turn) (string, error) {
	history, length := []prompts.Turn{}, 0
	for i := len(turns) - 1; i >= 0; i-- {
		if length += lang.Graphemes(turns[i].Whole) + lang.Graphemes(turns[i].Answer); length > historyLength && len(history) > 0 {
			break
		}
		history = append([]prompts.Turn{{Question: lang.Truncate(turns[i].Whole, historyLength), Answer: turns[i].Answer}}, history...)
	}
	system, user, err := r.config.Prompts.FollowUp(lang.Detect(r.question.Text), prompts.FollowUpRequest{
		Question: r.question.Text, Turns: history, Boundary: rand.Text(),
	})
	if err != nil {
		return "", fmt.Errorf("make prompt: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, rewriteTime)
	defer cancel()
	leak := newLeakDetector(system)
	var text strings.Builder
	err = r.config.Model.Stream(ctx, Prompt{System: system, User: user}, func(piece string) error {
		text.WriteString(piece)
		if leak.write(piece) || text.Len() > MaxQuestion*4 {
			return errEnough
		}
		return nil
	})
	if err != nil {
		return "", fmt.Errorf("complete the question: %w", err)
	}
	whole := strings.TrimSpace(lang.Clean(text.String()))
	switch {
	case leak.check():
		return "", errors.New("complete the question: the text repeats its instructions")
	case strings.Contains(whole, "\n") || len(lang.Terms(whole)) == 0:
		return "", errors.New("complete the question: the text is not one line")
	}
	return whole, nil
}
