package pgstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// ErrSchemaOld and ErrSchemaNew are what CheckSchema returns.
var (
	ErrSchemaOld = errors.New("the database's schema is older than this program")
	ErrSchemaNew = errors.New("the database's schema is newer than this program")
)

// minVector is the least pgvector whose index goes on searching until a filter is satisfied.
const minVector = "0.8"

// Migrate brings the schema up to date. Two processes at once end in one migration: the second waits for the first.
func Migrate(ctx context.Context, address, schema string, log *slog.Logger) error {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return redacted("read DATABASE_URL", err, address)
	}
	prepare(config, schema)
	unlock, err := lockMigration(ctx, config)
	if isPooler(err) {
		return errPoolerSchema
	}
	if err != nil {
		return redacted("prepare the database", err, address)
	}
	defer unlock()
	if err := createExtension(ctx, config, schema); err != nil {
		return redacted("prepare the database", err, address)
	}
	db := stdlib.OpenDB(*config)
	defer db.Close()
	provider, err := newProvider(db)
	if err != nil {
		return err
	}
	results, err := provider.Up(ctx)
	if err != nil {
		return fmt.Errorf("migrate the database: %w", err)
	}
	for _, r := range results {
		log.InfoContext(ctx, "migrated", "migration", r.Source.Path, "seconds", r.Duration.Seconds())
	}
	return migrateQueue(ctx, address, schema, log)
}

func newProvider(db *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	// Numbers are given out before branches are merged, so one may arrive after a later one.
	return goose.NewProvider(goose.DialectPostgres, db, files, goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true))
}

// lockMigration waits until no other process migrates. The lock is a transaction's, on a connection of its own: one of
// the session, which goose would take, may be given back in another session behind a pooler.
func lockMigration(ctx context.Context, config *pgx.ConnConfig) (unlock func(), err error) {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	unlock = func() { conn.Close(context.WithoutCancel(ctx)) }
	for _, statement := range []string{
		"BEGIN",
		"SET LOCAL idle_in_transaction_session_timeout = 0",
		fmt.Sprintf("SELECT pg_advisory_xact_lock(%d)", lockExtension),
	} {
		if _, err := conn.Exec(ctx, statement); err != nil {
			unlock()
			return nil, err
		}
	}
	return unlock, nil
}

// createExtension makes what the migrations build on. It must not wait for them: register types only after it.
func createExtension(ctx context.Context, config *pgx.ConnConfig, schema string) error {
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if schema != "" {
		if _, err := conn.Exec(ctx, "CREATE SCHEMA IF NOT EXISTS "+pgx.Identifier{schema}.Sanitize()); err != nil {
			return err
		}
	}
	if _, err := conn.Exec(ctx, "CREATE EXTENSION IF NOT EXISTS vector SCHEMA public"); err != nil {
		var pgErr *pgconn.PgError
		if errors.As(err, &pgErr) {
			switch pgErr.Code {
			case "0A000", "58P01":
				return fmt.Errorf("pgvector is not installed on the database server: install it (version %s or newer), or use a server that has it", minVector)
			case "42501":
				return fmt.Errorf("this database user may not create the extension vector: have an administrator run CREATE EXTENSION vector in this database")
			}
		}
		return err
	}
	var version string
	if err := conn.QueryRow(ctx, "SELECT extversion FROM pg_extension WHERE extname = 'vector'").Scan(&version); err != nil {
		return err
	}
	if !atLeast(version, minVector) {
		return fmt.Errorf("pgvector %s is too old: this program needs %s or newer (ALTER EXTENSION vector UPDATE after installing it)", version, minVector)
	}
	return nil
}

// atLeast compares dotted numbers.
func atLeast(version, least string) bool {
	a, b := strings.Split(version, "."), strings.Split(least, ".")
	for i := range b {
		have := 0
		if i < len(a) {
			have, _ = strconv.Atoi(a[i])
		}
		want, _ := strconv.Atoi(b[i])
		if have != want {
			return have > want
		}
	}
	return true
}

// CheckSchema returns nil where the schema is the one this program was built for.
func (s *Store) CheckSchema(ctx context.Context) error {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return err
	}
	newest, err := strconv.ParseInt(strings.SplitN(strings.TrimPrefix(files[len(files)-1], "migrations/"), "_", 2)[0], 10, 64)
	if err != nil {
		return fmt.Errorf("read the number of migration %s: %w", files[len(files)-1], err)
	}
	have, err := s.SchemaVersion(ctx)
	switch {
	case err != nil:
		return err
	case have < newest:
		return fmt.Errorf("%w (version %d of %d)", ErrSchemaOld, have, newest)
	case have > newest:
		return fmt.Errorf("%w (version %d, it knows %d)", ErrSchemaNew, have, newest)
	}
	return s.checkQueue(ctx)
}

// SchemaVersion is the number of the last migration, 0 on an empty database. The table is looked for in the store's own
// schema only: public, which stands in the search path for the vector type, may belong to another installation.
func (s *Store) SchemaVersion(ctx context.Context) (int64, error) {
	var there bool
	var version int64
	err := s.pool.QueryRow(ctx, `
		SELECT EXISTS (SELECT FROM pg_tables
			WHERE tablename = 'goose_db_version' AND schemaname = coalesce(nullif($1, ''), current_schema()))`, s.schema).Scan(&there)
	if err == nil && there {
		err = s.pool.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&version)
	}
	if err != nil {
		return 0, fmt.Errorf("read the schema's version: %w", err)
	}
	return version, nil
}

// DropSchema removes a schema with all that is in it.
func DropSchema(ctx context.Context, address, schema string) error {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return redacted("read DATABASE_URL", err, address)
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return redacted("connect to the database", err, address)
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if _, err := conn.Exec(ctx, "DROP SCHEMA IF EXISTS "+pgx.Identifier{schema}.Sanitize()+" CASCADE"); err != nil {
		return fmt.Errorf("drop schema %s: %w", schema, err)
	}
	return nil
}
