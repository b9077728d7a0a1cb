package bot

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"osmanthus/retrieval/lang"
)

// A memoryLedger counts by day.
type memoryLedger struct {
	err  error
	mu   sync.Mutex
	days map[time.Time]int64
}

func (m *memoryLedger) Spend(_ context.Context, day time.Time, tokens int) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return 0, m.err
	}
	if m.days == nil {
		m.days = map[time.Time]int64{}
	}
	m.days[day] += int64(tokens)
	return m.days[day], nil
}

// TestAllowance: of prompts of one size, what is asked beyond the allowance is not asked.
func TestAllowance(t *testing.T) {
	t.Parallel()
	prompt := Prompt{User: strings.Repeat("桂花 ", 50)}
	n := int64(lang.Tokens(prompt.User))
	day := time.Date(2026, 3, 1, 23, 0, 0, 0, time.UTC)
	type call struct {
		client string
		at     time.Time
		spent  bool
	}
	for _, tt := range []struct {
		name  string
		limit Allowance
		err   error
		calls []call
	}{
		{"no limit", Allowance{}, errDown, []call{{"a", day, false}, {"a", day, false}, {"", day, false}}},
		{"a day's", Allowance{PerDay: n * 5 / 2}, nil, []call{{"a", day, false}, {"b", day, false}, {"c", day, true}, {"c", day.Add(2 * time.Hour), false}}},
		{"a client's", Allowance{PerClient: n * 3 / 2}, nil, []call{{"a", day, false}, {"a", day, true}, {"b", day, false}, {"", day, false}, {"", day, false}, {"a", day.Add(2 * time.Hour), false}}},
		{"a refused prompt costs nothing", Allowance{PerDay: n * 7 / 2, PerClient: n * 3 / 2}, nil, []call{{"a", day, false}, {"a", day, true}, {"a", day, true}, {"b", day, false}, {"c", day, false}, {"d", day, true}}},
		{"a ledger that is down", Allowance{PerDay: 10 * n}, errDown, []call{{"a", day, true}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			model := &scriptedModel{pieces: []string{"Yes."}}
			now := day
			m := WithAllowance(model, tt.limit, &memoryLedger{err: tt.err}, func() time.Time { return now })
			asked := 0
			for i, c := range tt.calls {
				now = c.at
				err := m.Stream(context.WithValue(t.Context(), clientKey{}, c.client), prompt, func(string) error { return nil })
				if errors.Is(err, ErrSpent) != c.spent || !c.spent && err != nil {
					t.Errorf("call %d: %v, want spent %t", i, err, c.spent)
				}
				if !c.spent {
					asked++
				}
			}
			if len(model.prompts) != asked {
				t.Errorf("asked %d times, want %d", len(model.prompts), asked)
			}
		})
	}
}

// TestAllowanceUsedUp: the answer quotes then, and says why.
func TestAllowanceUsedUp(t *testing.T) {
	t.Parallel()
	model := &scriptedModel{pieces: []string{"In the Garden Hall [1]."}}
	var record Record
	a := newAssistant(t, Config{
		Model:   WithAllowance(model, Allowance{PerClient: 1}, &memoryLedger{}, time.Now),
		Observe: func(r Record) { record = r },
	})
	got, err := a.Ask(t.Context(), Question{Text: "Where did the seminar take place in the hall?", Client: "192.0.2.1/32"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if len(model.prompts) != 0 || got.Text != hallQuoted || record.Fallback != FallbackSpent ||
		got.Notice != "Today’s allowance for the writing model is used up, so this answer quotes the documents directly." {
		t.Errorf("%+v, %+v", got, record)
	}
}
