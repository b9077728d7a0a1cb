package pgstore_test

import (
	"context"
	"crypto/rand"
	"errors"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"osmanthus/retrieval"
	"osmanthus/retrieval/pgstore"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func TestMigrateTwiceAtOnce(t *testing.T) {
	t.Parallel()
	address, schema := pgstoretest.URL(t), "test_"+strings.ToLower(rand.Text()[:16])
	t.Cleanup(func() {
		if err := pgstore.DropSchema(context.Background(), address, schema); err != nil {
			t.Error(err)
		}
	})
	var group sync.WaitGroup
	for range 3 {
		group.Go(func() {
			if err := pgstore.Migrate(t.Context(), address, schema, quiet()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	store, err := pgstore.Open(t.Context(), address, pgstore.Options{Schema: schema, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.CheckSchema(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestCheckSchemaRefusesOtherVersions(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, change string
		want         error
	}{
		{"older", "DELETE FROM goose_db_version WHERE version_id > 0", pgstore.ErrSchemaOld},
		{"empty", "DROP TABLE goose_db_version", pgstore.ErrSchemaOld},
		{"newer", "INSERT INTO goose_db_version (version_id, is_applied) VALUES (999, true)", pgstore.ErrSchemaNew},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := pgstoretest.New(t)
			conn, err := pgx.Connect(t.Context(), s.URL)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close(context.Background())
			if _, err := conn.Exec(t.Context(), "SET search_path TO "+s.Schema+"; "+tt.change); err != nil {
				t.Fatal(err)
			}
			if err := s.CheckSchema(t.Context()); !errors.Is(err, tt.want) {
				t.Errorf("CheckSchema = %v, want %v", err, tt.want)
			}
		})
	}
}

// A migration of a lower number that arrives after the later ones is applied.
func TestMigrateFillsGaps(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	conn, err := pgx.Connect(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	// As a database that has never heard of names.
	if _, err := conn.Exec(t.Context(), "SET search_path TO "+s.Schema+`;
		ALTER TABLE passages DROP COLUMN names;
		DELETE FROM goose_db_version WHERE version_id = 3`); err != nil {
		t.Fatal(err)
	}
	if err := pgstore.Migrate(t.Context(), s.URL, s.Schema, quiet()); err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), "SELECT names FROM passages"); err != nil {
		t.Error(err)
	}
}

func TestErrorsHideThePassword(t *testing.T) {
	t.Parallel()
	for _, address := range []string{
		"postgres://u:s3cret@127.0.0.1:1/db?connect_timeout=1",
		"postgres://u:s3cret@127.0.0.1:notaport/db",
		"host=127.0.0.1 port=1 user=u password=s3cret connect_timeout=1",
		"postgres://u:s3c%20ret@127.0.0.1:1/db?sslmode=bogus",
	} {
		_, err := pgstore.Open(t.Context(), address, pgstore.Options{Log: quiet()})
		if err == nil || strings.Contains(err.Error(), "s3c") {
			t.Errorf("error %v shows the password, or is none", err)
		}
		if err := pgstore.Migrate(t.Context(), address, "", quiet()); err == nil || strings.Contains(err.Error(), "s3c") {
			t.Errorf("error %v shows the password, or is none", err)
		}
	}
}

func TestSpaceOfAnUnknownModel(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	if _, err := s.Space(t.Context(), "unknown"); !errors.Is(err, retrieval.ErrNoSpace) {
		t.Errorf("error %v, want ErrNoSpace", err)
	}
	first := newSpace(t, s)
	if second := newSpace(t, s); second.ID != first.ID {
		t.Errorf("the model has two spaces: %d and %d", first.ID, second.ID)
	}
}
