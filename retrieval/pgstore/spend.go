package pgstore

import (
	"context"
	"fmt"
	"time"
)

// Spend adds tokens to a day's and returns the day's sum with them.
func (s *Store) Spend(ctx context.Context, day time.Time, tokens int) (int64, error) {
	var sum int64
	err := s.pool.QueryRow(ctx, `
		INSERT INTO spend (day, tokens) VALUES ($1, $2)
		ON CONFLICT (day) DO UPDATE SET tokens = spend.tokens + excluded.tokens RETURNING tokens`, day, tokens).Scan(&sum)
	if err != nil {
		return 0, fmt.Errorf("count tokens: %w", err)
	}
	return sum, nil
}
