package pgstore

import (
	"context"
	"fmt"
	"time"
)

// Spend adds tokens and what they cost, in millionths, to a day's and returns the day's sums with them.
func (s *Store) Spend(ctx context.Context, day time.Time, tokens, micros int64) (allTokens, allMicros int64, err error) {
	err = s.pool.QueryRow(ctx, `
		INSERT INTO spend (day, tokens, micros) VALUES ($1, $2, $3)
		ON CONFLICT (day) DO UPDATE SET tokens = spend.tokens + excluded.tokens, micros = spend.micros + excluded.micros
		RETURNING tokens, micros`, day, tokens, micros).Scan(&allTokens, &allMicros)
	if err != nil {
		return 0, 0, fmt.Errorf("count tokens: %w", err)
	}
	return allTokens, allMicros, nil
}
