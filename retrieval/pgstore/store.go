// Package pgstore keeps everything in Postgres with pgvector: documents with their versions and passages, embedding
// spaces, term figures, answers. It is the only user of pgx and pgvector-go; their errors become sentinels here. It must
// not import bot or cmd.
package pgstore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	pgvector "github.com/pgvector/pgvector-go/pgx"
)

// Options of a store.
type Options struct {
	Schema    string // empty: the database's default
	MaxConns  int32  // 0: pgx's default
	ExactUpTo int    // passages up to which all are compared with the question; 0: a measured figure, math.MaxInt: always
	Log       *slog.Logger
}

// A Store is a pool of connections. It is safe for concurrent use.
type Store struct {
	pool      *pgxpool.Pool
	schema    string // empty: the connection's own
	exactUpTo int
	log       *slog.Logger
	slackWake chan struct{} // holds something where there may be deliveries to take up
}

const (
	connectTime   = 5 * time.Second
	statementTime = 60 * time.Second
	rollbackTime  = 5 * time.Second
)

// Open connects to a database whose schema Migrate has made.
func Open(ctx context.Context, address string, o Options) (*Store, error) {
	config, err := pgxpool.ParseConfig(address)
	if err != nil {
		return nil, redacted("read DATABASE_URL", err, address)
	}
	prepare(config.ConnConfig, o.Schema)
	config.ConnConfig.RuntimeParams["statement_timeout"] = fmt.Sprint(statementTime.Milliseconds())
	if o.MaxConns > 0 {
		config.MaxConns = o.MaxConns
	}
	config.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		if err := checkPath(ctx, conn, o.Schema); err != nil {
			return err
		}
		return registerVector(ctx, conn)
	}
	store := &Store{schema: o.Schema, log: o.Log, exactUpTo: cmp.Or(o.ExactUpTo, exactPassages), slackWake: make(chan struct{}, 1)}
	if store.pool, err = connectPool(ctx, config); isPooler(err) {
		delete(config.ConnConfig.RuntimeParams, "statement_timeout")
		store.pool, err = connectPool(ctx, config)
	}
	switch {
	case isPooler(err):
		return nil, errPoolerSchema
	case errors.Is(err, ErrSchemaOld), errors.Is(err, errPoolerSchema):
		return nil, err
	case err != nil:
		return nil, redacted("connect to the database", err, address)
	}
	return store, nil
}

func connectPool(ctx context.Context, config *pgxpool.Config) (*pgxpool.Pool, error) {
	pool, err := pgxpool.NewWithConfig(ctx, config.Copy())
	if err != nil {
		return nil, err
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, err
	}
	return pool, nil
}

// errPoolerSchema is returned where a schema of its own is asked of a pooler: connections of others go through the same
// sessions, so a search path cannot be kept.
var errPoolerSchema = errors.New("this address is of a pooler, which cannot keep a schema apart: name the database server itself for this command")

// isPooler says whether a connection was refused for a parameter that PgBouncer does not know how to hand on. Then there
// is no statement_timeout, and the deadlines of contexts must do.
func isPooler(err error) bool {
	return err != nil && strings.Contains(err.Error(), "unsupported startup parameter")
}

// checkPath makes sure of the schema: a pooler may have been told to ignore the search path.
func checkPath(ctx context.Context, conn *pgx.Conn, schema string) error {
	if schema == "" {
		return nil
	}
	var there bool
	if err := conn.QueryRow(ctx, "SELECT current_schemas(false) @> ARRAY[$1]::name[] OR to_regnamespace($1) IS NULL", schema).Scan(&there); err != nil {
		return err
	}
	if !there {
		return errPoolerSchema
	}
	return nil
}

// registerVector teaches a connection pgvector's types. A database without them has not been migrated.
func registerVector(ctx context.Context, conn *pgx.Conn) error {
	var there bool
	if err := conn.QueryRow(ctx, "SELECT to_regtype('vector') IS NOT NULL").Scan(&there); err != nil {
		return err
	}
	if !there {
		return fmt.Errorf("%w (it has no vector type)", ErrSchemaOld)
	}
	return pgvector.RegisterTypes(ctx, conn)
}

// prepare sets what every connection needs. public stays in the path: the vector type lives there. No statement is
// prepared under a name: a pooler may run the next one in another session, and a plan kept for every space and language
// could not use the indexes, each of which is of one.
func prepare(c *pgx.ConnConfig, schema string) {
	c.ConnectTimeout = connectTime
	c.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = "osmanthus"
	}
	if schema != "" {
		c.RuntimeParams["search_path"] = pgx.Identifier{schema}.Sanitize() + ", public"
	}
}

// Close closes every connection.
func (s *Store) Close() { s.pool.Close() }

// Ping asks the database for a sign of life.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.pool.Ping(ctx); err != nil {
		return fmt.Errorf("ping the database: %w", err)
	}
	return nil
}

// inTx calls use in a transaction, committed when it returns nil. The rollback outlives a cancelled ctx.
func (s *Store) inTx(ctx context.Context, use func(pgx.Tx) error) error {
	tx, err := s.pool.Begin(ctx)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	defer func() {
		rollback, cancel := context.WithTimeout(context.WithoutCancel(ctx), rollbackTime)
		defer cancel()
		if err := tx.Rollback(rollback); err != nil && !errors.Is(err, pgx.ErrTxClosed) {
			s.log.WarnContext(ctx, "rollback failed", "error", err)
		}
	}()
	if err := use(tx); err != nil {
		return err
	}
	if err := tx.Commit(ctx); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return nil
}

// redacted wraps err without the address's password, which pgx's parse errors may show.
func redacted(operation string, err error, address string) error {
	text := err.Error()
	if u, parseErr := url.Parse(address); parseErr == nil && u.User != nil {
		if password, ok := u.User.Password(); ok && password != "" {
			text = strings.ReplaceAll(text, password, "***")
			text = strings.ReplaceAll(text, url.QueryEscape(password), "***")
		}
	}
	text = regexp.MustCompile(`password=\S+`).ReplaceAllString(text, "password=***")
	text = regexp.MustCompile(`://([^:/@\s]*):[^@\s]*@`).ReplaceAllString(text, "://$1:***@")
	return fmt.Errorf("%s: %s", operation, text)
}
