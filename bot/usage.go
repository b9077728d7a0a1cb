package bot

import (
	"context"
	"errors"
	"sync"
)

// A Usage is how many tokens a model was given and wrote, as its server counted them.
type Usage struct {
	Prompt     int
	Completion int // its thinking among them
}

type usageKey struct{}

// Counted is for a Model to say of a text under way, before Stream returns, what its server counted. Not every server
// counts.
func Counted(ctx context.Context, u Usage) {
	if told, ok := ctx.Value(usageKey{}).(func(Usage)); ok {
		told(u)
	}
}

// Listening returns a context in which Counted calls told too.
func Listening(ctx context.Context, told func(Usage)) context.Context {
	before, _ := ctx.Value(usageKey{}).(func(Usage))
	return context.WithValue(ctx, usageKey{}, func(u Usage) {
		told(u)
		if before != nil {
			before(u)
		}
	})
}

// A tally adds up what the texts of one answer took. It is safe for concurrent use.
type tally struct {
	mu             sync.Mutex
	texts, counted int
	sum            Usage
}

type tallyKey struct{}

// usage is the sum, nil where not every text was counted. That no model was asked is known.
func (t *tally) usage() *Usage {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counted < t.texts {
		return nil
	}
	sum := t.sum
	return &sum
}

// A tallied model adds to the tally of the answer that it writes for.
type tallied struct{ Model }

// Stream asks the model. One whose allowance is used up is not asked, so it took nothing.
func (m tallied) Stream(ctx context.Context, p Prompt, delta func(string) error) error {
	t, ok := ctx.Value(tallyKey{}).(*tally)
	if !ok {
		return m.Model.Stream(ctx, p, delta)
	}
	var usage Usage
	counted := false
	err := m.Model.Stream(Listening(ctx, func(u Usage) { usage, counted = u, true }), p, delta)
	t.mu.Lock()
	defer t.mu.Unlock()
	if !errors.Is(err, ErrSpent) {
		t.texts++
	}
	if counted {
		t.counted++
		t.sum.Prompt += usage.Prompt
		t.sum.Completion += usage.Completion
	}
	return err
}
