package pgstore

import (
	"bytes"
	"context"
	"encoding/gob"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"osmanthus/ingest"
	"osmanthus/retrieval"
)

// A queuedJob is ingest.Job on a row of River's and one of the inbox.
type queuedJob struct {
	store *Store
	job   *river.Job[documentArgs]
}

// Task is what the job says.
func (q *queuedJob) Task() ingest.Task { return q.job.Args.Task }

// Load returns the document's bytes and its current hash.
func (q *queuedJob) Load(ctx context.Context) (content, current []byte, err error) {
	t := q.job.Args.Task
	err = q.store.pool.QueryRow(ctx, `
		SELECT i.content, v.hash FROM inbox i
		LEFT JOIN documents d ON d.event = i.event AND d.source = i.source
		LEFT JOIN versions v ON v.id = coalesce(d.version, d.withdrawn)
		WHERE i.event = $1 AND i.source = $2 AND i.hash = $3`, t.Event, t.Source, t.Hash).Scan(&content, &current)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, nil, ingest.ErrObsolete
	}
	if err != nil {
		return nil, nil, unavailable(fmt.Errorf("load %s: %w", t.Source, err))
	}
	return content, current, nil
}

// Finish stores the version, clears the way behind it and ends the job, in one transaction.
func (q *queuedJob) Finish(ctx context.Context, v *ingest.Version, o ingest.Outcome) error {
	t := q.job.Args.Task
	if err := river.RecordOutput(ctx, o); err != nil {
		return fmt.Errorf("note the outcome: %w", err)
	}
	err := q.store.inTx(ctx, func(tx pgx.Tx) error {
		// The disk is not waited for: should the server die, the document, its place in the queue and its job are all as they
		// were before, and it is done again. A run's last step, which waits, makes all before it lasting.
		batch := &pgx.Batch{}
		batch.Queue(`SET LOCAL synchronous_commit = off`)
		batch.Queue(`DELETE FROM staged WHERE hash = $1`, t.Hash)
		batch.Queue(`DELETE FROM inbox WHERE event = $1 AND source = $2 AND hash = $3`, t.Event, t.Source, t.Hash)
		results := tx.SendBatch(ctx, batch)
		_, _ = results.Exec()
		_, _ = results.Exec()
		tag, err := results.Exec() // fails where one of those before it did
		if err := errors.Join(err, results.Close()); err != nil {
			return err
		}
		if tag.RowsAffected() == 0 {
			return ingest.ErrObsolete
		}
		if v != nil {
			if err := save(ctx, tx, *v); err != nil {
				return err
			}
		}
		_, err = river.JobCompleteTx[*riverpgxv5.Driver](ctx, tx, q.job)
		return err
	})
	if err != nil {
		return unavailable(fmt.Errorf("store %s: %w", t.Source, err))
	}
	return nil
}

// Staged calls use with what was kept of a version; see ingest.Stage.
func (s *Store) Staged(ctx context.Context, hash []byte, model string, use func(int, []retrieval.IndexedPassage)) error {
	rows, err := s.pool.Query(ctx, `
		SELECT s.first, s.passages FROM staged s JOIN spaces m ON m.model = s.model AND m.revision = s.revision AND m.state = 'active'
		WHERE s.hash = $1 AND s.model = $2 ORDER BY s.first`, hash, model)
	if err != nil {
		return unavailable(fmt.Errorf("read the stage: %w", err))
	}
	var first int
	var encoded []byte
	_, err = pgx.ForEachRow(rows, []any{&first, &encoded}, func() error {
		var passages []retrieval.IndexedPassage
		if err := gob.NewDecoder(bytes.NewReader(encoded)).Decode(&passages); err != nil {
			s.log.WarnContext(ctx, "a row of the stage cannot be read and is done without", "error", err)
			return nil
		}
		use(first, passages)
		return nil
	})
	if err != nil {
		return unavailable(fmt.Errorf("read the stage: %w", err))
	}
	return nil
}

// Stage keeps a run of embedded passages.
func (s *Store) Stage(ctx context.Context, hash []byte, model string, first int, passages []retrieval.IndexedPassage) error {
	var encoded bytes.Buffer
	if err := gob.NewEncoder(&encoded).Encode(passages); err != nil {
		return fmt.Errorf("stage passages: %w", err)
	}
	_, err := s.pool.Exec(ctx, `
		INSERT INTO staged (hash, model, revision, first, passages) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (hash, model, revision, first) DO UPDATE SET passages = excluded.passages`,
		hash, model, passages[0].Revision, first, encoded.Bytes())
	if err != nil {
		return unavailable(fmt.Errorf("stage passages: %w", err))
	}
	return nil
}

// maxCompared bounds how much of a text is compared, in characters.
const maxCompared = 1 << 20

// Lookalikes returns pairs of documents with a band in common or of one id; see ingest.Comparer.
func (s *Store) Lookalikes(ctx context.Context, batch string, limit int) ([]ingest.Pair, error) {
	rows, err := s.pool.Query(ctx, `
		WITH own AS (SELECT d.id, d.event, d.source, d.canonical, d.bands, v.text FROM versions v JOIN documents d ON d.version = v.id WHERE v.batch = $1),
		named AS (
			SELECT d.id, o.id AS other, true AS same_id FROM own d
			JOIN documents o ON o.event = d.event AND o.canonical = d.canonical AND o.id <> d.id AND o.version IS NOT NULL
			WHERE d.canonical <> '' LIMIT $2),
		banded AS (
			SELECT d.id, o.id AS other, false AS same_id FROM own d
			JOIN documents o ON o.bands && d.bands AND o.event = d.event AND o.id <> d.id AND o.version IS NOT NULL
			WHERE cardinality(d.bands) > 0 LIMIT $2)
		SELECT d.source, o.source, left(d.text, $3), left(ov.text, $3), p.same_id
		FROM (SELECT * FROM named UNION ALL SELECT * FROM banded) AS p
		JOIN own d ON d.id = p.id JOIN documents o ON o.id = p.other JOIN versions ov ON ov.id = o.version
		WHERE ov.batch <> $1 OR o.id < d.id ORDER BY p.same_id, d.id, o.id`, batch, limit, maxCompared)
	if err != nil {
		return nil, fmt.Errorf("look for copies: %w", err)
	}
	pairs, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (p ingest.Pair, err error) {
		return p, row.Scan(&p.Source, &p.Other, &p.SourceText, &p.OtherText, &p.SameID)
	})
	if err != nil {
		return nil, fmt.Errorf("look for copies: %w", err)
	}
	return pairs, nil
}
