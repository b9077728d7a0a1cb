// Package pgstoretest gives tests a store on the true database, each in a schema of its own.
package pgstoretest

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"osmanthus/retrieval/pgstore"
)

// An Instance is a migrated schema with a store on it.
type Instance struct {
	*pgstore.Store
	URL    string
	Schema string
}

// New returns an instance that is dropped when the test ends. It fails the test where TEST_DATABASE_URL is not set:
// `make test` sets it.
func New(t testing.TB) Instance {
	t.Helper()
	i := Instance{URL: URL(t), Schema: "test_" + strings.ToLower(rand.Text()[:16])}
	log := slog.New(slog.NewTextHandler(io.Discard, nil))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := pgstore.DropSchema(ctx, i.URL, i.Schema); err != nil {
			t.Errorf("drop the test's schema: %v", err)
		}
	})
	if err := pgstore.Migrate(t.Context(), i.URL, i.Schema, log); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	store, err := pgstore.Open(t.Context(), i.URL, pgstore.Options{Schema: i.Schema, MaxConns: 4, Log: log})
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(store.Close)
	i.Store = store
	return i
}

// URL is the test database's address.
func URL(t testing.TB) string {
	t.Helper()
	address, ok := os.LookupEnv("TEST_DATABASE_URL")
	if !ok || address == "" {
		t.Fatal("TEST_DATABASE_URL is not set: run `make test`, which starts a database, or name a Postgres with pgvector")
	}
	return address
}
