// Package pgstoretest gives tests a store on the true database, each in a schema of its own.
package pgstoretest

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

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

// Database makes an empty database beside the test's and returns its address; it is dropped when the test ends.
func Database(t testing.TB) string {
	t.Helper()
	address, err := DatabaseWith(t, "")
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// DatabaseWith is Database with options of CREATE DATABASE; an error is the server's, that it does not take them.
func DatabaseWith(t testing.TB, options string) (string, error) {
	t.Helper()
	address, name := URL(t), "test_"+strings.ToLower(rand.Text()[:16])
	if err := exec(t.Context(), address, "CREATE DATABASE "+name+" "+options); err != nil {
		return "", err
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		if err := exec(ctx, address, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Error(err)
		}
	})
	made, err := url.Parse(address)
	if err != nil {
		t.Fatalf("TEST_DATABASE_URL must be an address: %v", err)
	}
	made.Path = "/" + name
	return made.String(), nil
}

// Schemas lists the schemas of a database whose names begin with prefix.
func Schemas(t testing.TB, address, prefix string) []string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	defer conn.Close(context.Background())
	rows, err := conn.Query(t.Context(), "SELECT nspname::text FROM pg_namespace WHERE starts_with(nspname, $1) ORDER BY 1", prefix)
	if err != nil {
		t.Fatalf("list schemas: %v", err)
	}
	names, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		t.Fatalf("list schemas: %v", err)
	}
	return names
}

func exec(ctx context.Context, address, sql string) error {
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, sql); err != nil {
		return fmt.Errorf("%s: %w", sql, err)
	}
	return nil
}
