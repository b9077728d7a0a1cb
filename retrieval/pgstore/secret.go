package pgstore

import (
	"context"
	"crypto/rand"
	"fmt"
)

// secretBytes are as many as the key of an HMAC-SHA256 has use for.
const secretBytes = 32

// Secret returns the installation's secret of a name: 32 random bytes, made by whichever process asks first and the same
// for all of them.
func (s *Store) Secret(ctx context.Context, name string) ([]byte, error) {
	fresh := make([]byte, secretBytes)
	rand.Read(fresh)
	var secret []byte
	// The update changes nothing, but waits for a process that inserts at this moment and gives what it inserted.
	err := s.pool.QueryRow(ctx, `
		INSERT INTO secrets (name, value) VALUES ($1, $2)
		ON CONFLICT (name) DO UPDATE SET name = excluded.name RETURNING value`, name, fresh).Scan(&secret)
	if err != nil {
		return nil, fmt.Errorf("read secret %s: %w", name, err)
	}
	return secret, nil
}
