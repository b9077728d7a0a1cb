package bot

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"osmanthus/retrieval/lang"
)

// A memoryLedger counts by day.
type memoryLedger struct {
	err  error
	mu   sync.Mutex
	days map[time.Time]spending
}

func (m *memoryLedger) Spend(_ context.Context, day time.Time, tokens, micros int64) (int64, int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return 0, 0, m.err
	}
	if m.days == nil {
		m.days = map[time.Time]spending{}
	}
	sum := spending{m.days[day].tokens + tokens, m.days[day].micros + micros}
	m.days[day] = sum
	return sum.tokens, sum.micros, nil
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
		{"what a day may cost", Allowance{CostPerDay: float64(n) * 5 / 2 * 3 / 1e6, PromptPrice: 3}, nil, []call{{"a", day, false}, {"b", day, false}, {"c", day, true}, {"c", day.Add(2 * time.Hour), false}}},
		{"what texts cost", Allowance{CostPerDay: float64(n)/1e6 + 0.005, PromptPrice: 1, TextPrice: 5000}, nil, []call{{"a", day, false}, {"a", day, true}}},
		{"a day's cost refused costs nothing", Allowance{CostPerDay: float64(n) * 7 / 2 / 1e6, PerClient: n * 3 / 2, PromptPrice: 1}, nil, []call{{"a", day, false}, {"a", day, true}, {"b", day, false}, {"c", day, false}, {"d", day, true}, {"d", day, true}}},
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

// A countingModel says what its server counted: the thinking too.
type countingModel struct {
	scriptedModel
	usage Usage
}

func (m *countingModel) Stream(ctx context.Context, p Prompt, delta func(string) error) error {
	err := m.scriptedModel.Stream(ctx, p, delta)
	Counted(ctx, m.usage)
	return err
}

// TestWhatTheServerCounts: it is put in the place of the estimate.
func TestWhatTheServerCounts(t *testing.T) {
	t.Parallel()
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	ledger := &memoryLedger{}
	model := &countingModel{scriptedModel{pieces: []string{"Yes."}}, Usage{Prompt: 7, Completion: 900}}
	m := WithAllowance(model, Allowance{PerDay: 10_000, PromptPrice: 0.5, TextPrice: 2}, ledger, func() time.Time { return day })
	for range 2 {
		if err := m.Stream(t.Context(), Prompt{User: "桂花"}, func(string) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if got := ledger.days[day]; got.tokens != 2*907 || got.micros < 2*1803 || got.micros > 2*1804 {
		t.Errorf("counted %+v", got)
	}
}

// TestUsage: an answer has what its texts took, where all of it was counted.
func TestUsage(t *testing.T) {
	t.Parallel()
	counting := &countingModel{scriptedModel{pieces: []string{"In the Garden Hall [1]."}}, Usage{Prompt: 70, Completion: 9}}
	for _, tt := range []struct {
		name  string
		model Model
		want  *Usage
	}{
		{"no model", nil, &Usage{}},
		{"one that counts", counting, &Usage{70, 9}},
		{"one that counts, with an allowance", WithAllowance(counting, Allowance{PerDay: 1e6}, &memoryLedger{}, time.Now), &Usage{70, 9}},
		{"one that does not", &scriptedModel{pieces: []string{"In the Garden Hall [1]."}}, nil},
		{"an allowance used up", WithAllowance(counting, Allowance{PerDay: 1}, &memoryLedger{}, time.Now), &Usage{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := newAssistant(t, Config{Model: tt.model}).Ask(t.Context(), Question{Text: "Where did the seminar take place in the hall?"}, nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := gocmp.Diff(tt.want, got.Usage); diff != "" {
				t.Errorf("usage (-want +got):\n%s", diff)
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
