package pgstore

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"osmanthus/retrieval/lang"
)

const (
	// indexLinks and indexWidth are HNSW's m and ef_construction. Of the ten nearest among 50,000 vectors, a search of
	// width 200 finds 0.93 with pgvector's own 16 and 64, 0.975 with 16 and 200, 0.987 with 24 and 128, 0.992 with these.
	indexLinks = 32
	indexWidth = 128
	// indexMemory bounds what building may take, in MB. An index that does not fit in is finished on disk, ten times
	// slower; one of a million vectors of 384 dimensions takes a good gigabyte.
	indexMemory = 1536
	// indexBytes is what a vector takes in an index being built besides its dimensions: links to neighbours.
	indexBytes = 768
)

// IndexVectors makes the indexes that the active space has grown large enough for, one a language. It takes seconds
// for ten thousand vectors and minutes for a million, while others search and save; where another process is at it, it
// returns at once.
func (s *Store) IndexVectors(ctx context.Context) error {
	return s.indexSpaces(ctx, `state = 'active'`)
}

func (s *Store) indexSpaces(ctx context.Context, condition string, args ...any) error {
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		var mine bool
		// The simple protocol leaves no portal behind, whose snapshot the building would wait for.
		err := tx.QueryRow(ctx, `SELECT pg_try_advisory_xact_lock($1::int, hashtext(current_schema()))`, pgx.QueryExecModeSimpleProtocol, lockIndex).Scan(&mine)
		if err != nil || !mine {
			return err
		}
		rows, err := s.pool.Query(ctx, `
			SELECT s.id, s.dim, f.lang, f.passages FROM spaces s JOIN field_stats f ON f.field = 'terms'
			WHERE `+condition+` AND f.passages > `+fmt.Sprint(s.exactUpTo)+` ORDER BY 1, 3`, args...)
		if err != nil {
			return err
		}
		wanted, err := pgx.CollectRows(rows, pgx.RowToStructByPos[wantedIndex])
		if err != nil {
			return err
		}
		for _, w := range wanted {
			if err := s.indexVectors(ctx, w); err != nil {
				return fmt.Errorf("language %s: %w", w.Lang, err)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("index vectors: %w", err)
	}
	return nil
}

type wantedIndex struct {
	Space    int64
	Dim      int
	Lang     lang.Lang
	Passages int
}

// indexVectors makes one index unless it is there. What a killed build has left is removed first.
func (s *Store) indexVectors(ctx context.Context, w wantedIndex) error {
	name := vectorIndex(w.Space, w.Lang)
	var valid bool
	err := s.pool.QueryRow(ctx, `
		SELECT i.indisvalid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		WHERE i.indrelid = 'embeddings'::regclass AND c.relname = $1`, name).Scan(&valid)
	if err == nil && valid {
		return nil
	}
	left := err == nil
	if err != nil && !errors.Is(err, pgx.ErrNoRows) {
		return err
	}
	memory := min(indexMemory, 64+w.Passages*(2*w.Dim+indexBytes)>>20)
	conn, err := s.connectToBuild(ctx, memory)
	if err != nil {
		return err
	}
	defer conn.Close(context.WithoutCancel(ctx))
	if left {
		if _, err := conn.Exec(ctx, `DROP INDEX CONCURRENTLY `+name); err != nil {
			return err
		}
	}
	// Not within a transaction, and not prepared: neither goes with CONCURRENTLY.
	create := fmt.Sprintf(`CREATE INDEX CONCURRENTLY %s ON embeddings USING hnsw ((embedding::halfvec(%d)) halfvec_ip_ops)
		WITH (m = %d, ef_construction = %d) WHERE space_id = %d AND lang = '%s'`, name, w.Dim, indexLinks, indexWidth, w.Space, w.Lang)
	_, err = conn.Exec(ctx, create, pgx.QueryExecModeSimpleProtocol)
	if noSharedMemory(err) {
		// A container's small /dev/shm: one process builds it all.
		s.log.InfoContext(ctx, "no shared memory to build the vector index in parallel", "index", name)
		for _, statement := range []string{`DROP INDEX CONCURRENTLY IF EXISTS ` + name, `SET max_parallel_maintenance_workers = 0`, create} {
			if _, err = conn.Exec(ctx, statement, pgx.QueryExecModeSimpleProtocol); err != nil {
				break
			}
		}
	}
	if err != nil {
		return err
	}
	// What the planner knows of the tables decides between the index and what a filter leaves.
	_, err = conn.Exec(ctx, `ANALYZE documents, passages, embeddings`)
	return err
}

// connectToBuild opens a connection with memory for an index, in MB. A pooler hands on no such wish; then the server's
// own settings hold.
func (s *Store) connectToBuild(ctx context.Context, memory int) (*pgx.Conn, error) {
	config := s.pool.Config().ConnConfig
	config.RuntimeParams["maintenance_work_mem"] = fmt.Sprintf("%dMB", memory)
	config.RuntimeParams["statement_timeout"] = "0"
	conn, err := pgx.ConnectConfig(ctx, config)
	if isPooler(err) {
		delete(config.RuntimeParams, "maintenance_work_mem")
		delete(config.RuntimeParams, "statement_timeout")
		conn, err = pgx.ConnectConfig(ctx, config)
	}
	return conn, err
}

func noSharedMemory(err error) bool {
	var pgErr *pgconn.PgError
	return errors.As(err, &pgErr) && strings.Contains(pgErr.Message, "shared memory")
}
