package pgstore

import (
	"context"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"
)

// migrateQueue brings River's tables up to date in our schema. River takes no lock for that: Migrate's is held meanwhile.
func migrateQueue(ctx context.Context, address, schema string, log *slog.Logger) error {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return redacted("read DATABASE_URL", err, address)
	}
	prepare(config.ConnConfig, schema)
	config.MaxConns = 1
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return redacted("connect to the database", err, address)
	}
	defer pool.Close()
	migrator, err := newQueueMigrator(pool, schema, log)
	if err != nil {
		return err
	}
	result, err := migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	if err != nil {
		return fmt.Errorf("migrate the queue's tables: %w", err)
	}
	for _, v := range result.Versions {
		log.InfoContext(ctx, "migrated", "queue", v.Name, "seconds", v.Duration.Seconds())
	}
	return nil
}

func newQueueMigrator(pool *pgxpool.Pool, schema string, log *slog.Logger) (*rivermigrate.Migrator[pgx.Tx], error) {
	migrator, err := rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{Schema: schema, Logger: log})
	if err != nil {
		return nil, fmt.Errorf("prepare the queue's tables: %w", err)
	}
	return migrator, nil
}

// checkQueue returns ErrSchemaOld or ErrSchemaNew where River's tables are not those this program was built for.
func (s *Store) checkQueue(ctx context.Context) error {
	migrator, err := newQueueMigrator(s.pool, s.schema, s.log)
	if err != nil {
		return err
	}
	existing, err := migrator.ExistingVersions(ctx)
	if err != nil {
		return fmt.Errorf("read the version of the queue's tables: %w", err)
	}
	all, have := migrator.AllVersions(), 0
	newest := all[len(all)-1].Version
	for _, v := range existing {
		have = max(have, v.Version)
	}
	switch {
	case have < newest:
		return fmt.Errorf("%w (queue's version %d of %d)", ErrSchemaOld, have, newest)
	case have > newest:
		return fmt.Errorf("%w (queue's version %d, it knows %d)", ErrSchemaNew, have, newest)
	}
	return nil
}
