package bot

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"osmanthus/retrieval/lang"
)

// ErrSpent is what a Model returns, wrapped, where it was not asked because the day's allowance is used up.
var ErrSpent = errors.New("the day's allowance of tokens is used up")

// Ledger counts what all processes together have spent.
type Ledger interface {
	// Spend adds tokens and what they cost, in millionths of the prices' currency, to a day's, and returns the day's sums
	// with them.
	Spend(ctx context.Context, day time.Time, tokens, micros int64) (allTokens, allMicros int64, err error)
}

// A spending is what prompts and texts took.
type spending struct{ tokens, micros int64 }

// An Allowance is how many tokens, of prompts and texts together, a model may be given and write in a day (UTC), and what
// they may cost; 0 is no limit. Tokens are those that the model's server counted, and until it has, or where it does not
// count, those that lang.Tokens estimates.
type Allowance struct {
	PerDay    int64 // of all processes
	PerClient int64 // of each Question.Client, in this process
	// CostPerDay is of all processes, in the currency of the prices.
	CostPerDay float64
	// PromptPrice and TextPrice are those of a million tokens given and written.
	PromptPrice, TextPrice float64
}

// of is what tokens given and written take. A price of 1 for a million tokens is a millionth for each.
func (a Allowance) of(given, written int) spending {
	return spending{int64(given + written), int64(math.Ceil(float64(given)*a.PromptPrice + float64(written)*a.TextPrice))}
}

// maxClients bounds how many clients' sums are kept; those that come later in the day share one.
const maxClients = 10_000

// An allowed model stops being asked when the day's allowance is used up. Texts under way are let end, so a day may
// exceed its limit by as many texts as are written at once.
type allowed struct {
	Model
	limit  Allowance
	ledger Ledger
	now    func() time.Time

	mu      sync.Mutex
	day     time.Time
	clients map[string]int64
}

// WithAllowance returns m with a hard stop. Where the ledger cannot be asked, m is not asked either.
func WithAllowance(m Model, limit Allowance, ledger Ledger, now func() time.Time) Model {
	return &allowed{Model: m, limit: limit, ledger: ledger, now: now, clients: map[string]int64{}}
}

type clientKey struct{}

// Stream asks the model, or returns ErrSpent.
func (a *allowed) Stream(ctx context.Context, p Prompt, delta func(string) error) error {
	client, _ := ctx.Value(clientKey{}).(string)
	day := a.now().UTC().Truncate(24 * time.Hour)
	given, written := lang.Tokens(p.System)+lang.Tokens(p.User), 0
	asked := a.limit.of(given, 0)
	if err := a.spend(ctx, day, client, asked, true); err != nil {
		return err
	}
	counted := false
	err := a.Model.Stream(Listening(ctx, func(u Usage) { given, written, counted = u.Prompt, u.Completion, true }), p, func(piece string) error {
		if !counted {
			written += lang.Tokens(piece)
		}
		return delta(piece)
	})
	took := a.limit.of(given, written)
	// Counted even where the asker has gone meanwhile.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	return errors.Join(err, a.spend(ctx, day, client, spending{took.tokens - asked.tokens, took.micros - asked.micros}, false))
}

// spend counts s; with check, an allowance that it would exceed is an error and it is not counted.
func (a *allowed) spend(ctx context.Context, day time.Time, client string, s spending, check bool) error {
	if !a.ofClient(day, client, s.tokens, check) {
		return fmt.Errorf("%w: of one client", ErrSpent)
	}
	if a.limit.PerDay <= 0 && a.limit.CostPerDay <= 0 {
		return nil
	}
	tokens, micros, err := a.ledger.Spend(ctx, day, s.tokens, s.micros)
	if err != nil && check {
		return fmt.Errorf("%w: not known: %w", ErrSpent, err)
	}
	if err == nil && check && a.exceeded(tokens, micros) {
		_, _, err = a.ledger.Spend(ctx, day, -s.tokens, -s.micros)
		return errors.Join(fmt.Errorf("%w: of all clients", ErrSpent), err)
	}
	return nil
}

func (a *allowed) exceeded(tokens, micros int64) bool {
	return a.limit.PerDay > 0 && tokens > a.limit.PerDay || a.limit.CostPerDay > 0 && float64(micros) > a.limit.CostPerDay*1e6
}

func (a *allowed) ofClient(day time.Time, client string, tokens int64, check bool) bool {
	if a.limit.PerClient <= 0 || client == "" {
		return true
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if !day.Equal(a.day) {
		a.day, a.clients = day, map[string]int64{}
	}
	if _, known := a.clients[client]; !known && len(a.clients) >= maxClients {
		client = ""
	}
	if check && a.clients[client]+tokens > a.limit.PerClient {
		return false
	}
	a.clients[client] += tokens
	return true
}
