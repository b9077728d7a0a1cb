package bot

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"osmanthus/retrieval/lang"
)

// ErrSpent is what a Model returns, wrapped, where it was not asked because the day's allowance is used up.
var ErrSpent = errors.New("the day's allowance of tokens is used up")

// Ledger counts what all processes together have spent.
type Ledger interface {
	// Spend adds tokens to a day's and returns the day's sum with them.
	Spend(ctx context.Context, day time.Time, tokens int) (int64, error)
}

// An Allowance is how many tokens, of prompts and texts together, a model may be given and write in a day (UTC), as
// lang.Tokens estimates them; 0 is no limit.
type Allowance struct {
	PerDay    int64 // of all processes; what it costs at the most is this times the price of a token written
	PerClient int64 // of each Question.Client, in this process
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
	asked := lang.Tokens(p.System) + lang.Tokens(p.User)
	if err := a.spend(ctx, day, client, asked, true); err != nil {
		return err
	}
	written := 0
	err := a.Model.Stream(ctx, p, func(piece string) error {
		written += lang.Tokens(piece)
		return delta(piece)
	})
	// Counted even where the asker has gone meanwhile.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	return errors.Join(err, a.spend(ctx, day, client, written, false))
}

// spend counts tokens; with check, an allowance that they would exceed is an error and they are not counted.
func (a *allowed) spend(ctx context.Context, day time.Time, client string, tokens int, check bool) error {
	if !a.ofClient(day, client, int64(tokens), check) {
		return fmt.Errorf("%w: of one client", ErrSpent)
	}
	if a.limit.PerDay <= 0 {
		return nil
	}
	sum, err := a.ledger.Spend(ctx, day, tokens)
	if err != nil && check {
		return fmt.Errorf("%w: not known: %w", ErrSpent, err)
	}
	if err == nil && check && sum > a.limit.PerDay {
		_, err = a.ledger.Spend(ctx, day, -tokens)
		return errors.Join(fmt.Errorf("%w: of all clients", ErrSpent), err)
	}
	return nil
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
