package pgstore

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"osmanthus/ingest"
	"osmanthus/ingest/source"
)

const (
	// queueName is the one queue of River that ingest uses.
	queueName = "ingest"
	// maxAttempts is how often a document is tried before it is parked.
	maxAttempts = 3
)

// documentArgs are a job's arguments.
type documentArgs struct{ ingest.Task }

// Kind names the job to River.
func (documentArgs) Kind() string { return "document" }

// riverClient is River on the store's own connections.
type riverClient = river.Client[pgx.Tx]

// inserter is a client that only inserts.
func (s *Store) inserter() (*riverClient, error) {
	client, err := river.NewClient(riverpgxv5.New(s.pool), &river.Config{Schema: s.schema, Logger: s.log, SkipUnknownJobCheck: true})
	if err != nil {
		return nil, fmt.Errorf("open the queue: %w", err)
	}
	return client, nil
}

// A waiting is a row of the inbox with the state of its job.
type waiting struct {
	source string
	hash   []byte
	job    int64
	state  string // empty: the job is gone
	error  string // the last attempt's
}

// live jobs will still be done, or are being done.
func (w waiting) live() bool {
	return slices.Contains([]string{"available", "pending", "retryable", "running", "scheduled"}, w.state)
}

// Submit queues parcels in one transaction; see ingest.Queue. Two commands that hand in the same documents at once are
// served one after the other, and the second is given the first one's jobs.
func (s *Store) Submit(ctx context.Context, parcels []ingest.Parcel, u ingest.Urgency) ([]int64, error) {
	client, err := s.inserter()
	if err != nil {
		return nil, err
	}
	jobs := make([]int64, len(parcels))
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lockSubmit); err != nil {
			return err
		}
		queued, err := inboxOf(ctx, tx, parcels)
		if err != nil {
			return err
		}
		var again, replaced []int64
		var fresh []int
		for i, p := range parcels {
			w, known := queued[p.Source]
			switch {
			case known && bytes.Equal(w.hash, p.Hash) && (w.live() || w.error == string(source.Crashed)):
				// What kills its workers is not tried again unasked; `ingest retry` asks.
				jobs[i] = w.job
				again = append(again, w.job)
				continue
			case known:
				replaced = append(replaced, w.job)
			}
			fresh = append(fresh, i)
		}
		if err := hasten(ctx, tx, again, priority(u)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM river_job WHERE id = ANY($1) AND state <> 'running'`, replaced); err != nil {
			return fmt.Errorf("drop replaced jobs: %w", err)
		}
		return insertJobs(ctx, tx, client, parcels, fresh, jobs, priority(u))
	})
	if err != nil {
		return nil, unavailable(fmt.Errorf("queue %d documents: %w", len(parcels), err))
	}
	return jobs, nil
}

func priority(u ingest.Urgency) int {
	if u == ingest.Waiting {
		return 1
	}
	return 3
}

func inboxOf(ctx context.Context, tx pgx.Tx, parcels []ingest.Parcel) (map[string]waiting, error) {
	sources := make([]string, len(parcels))
	for i, p := range parcels {
		sources[i] = p.Source
	}
	rows, err := tx.Query(ctx, `
		SELECT i.source, i.hash, i.job, coalesce(j.state::text, ''), coalesce(j.errors[array_upper(j.errors, 1)] ->> 'error', '')
		FROM inbox i LEFT JOIN river_job j ON j.id = i.job WHERE i.event = $1 AND i.source = ANY($2) ORDER BY i.source FOR UPDATE OF i`,
		parcels[0].Event, sources)
	if err != nil {
		return nil, fmt.Errorf("read the inbox: %w", err)
	}
	queued := make(map[string]waiting)
	found, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (w waiting, err error) {
		return w, row.Scan(&w.source, &w.hash, &w.job, &w.state, &w.error)
	})
	if err != nil {
		return nil, fmt.Errorf("read the inbox: %w", err)
	}
	for _, w := range found {
		queued[w.source] = w
	}
	return queued, nil
}

// hasten has jobs done at once that wait for another try or for someone less in a hurry.
func hasten(ctx context.Context, tx pgx.Tx, jobs []int64, priority int) error {
	_, err := tx.Exec(ctx, `
		UPDATE river_job SET state = 'available', scheduled_at = now(), priority = least(priority, $2)
		WHERE id = ANY($1) AND state IN ('available', 'retryable', 'scheduled')`, jobs, priority)
	if err != nil {
		return fmt.Errorf("hasten jobs: %w", err)
	}
	return nil
}

func insertJobs(ctx context.Context, tx pgx.Tx, client *riverClient, parcels []ingest.Parcel, fresh []int, jobs []int64, priority int) error {
	if len(fresh) == 0 {
		return nil
	}
	params := make([]river.InsertManyParams, len(fresh))
	for n, i := range fresh {
		params[n] = river.InsertManyParams{Args: documentArgs{parcels[i].Task}, InsertOpts: &river.InsertOpts{
			MaxAttempts: maxAttempts, Queue: queueName, Priority: priority,
		}}
	}
	inserted, err := client.InsertManyTx(ctx, tx, params)
	if err != nil {
		return fmt.Errorf("insert jobs: %w", err)
	}
	batch := &pgx.Batch{}
	origin := parcels[fresh[0]].Origin
	batch.Queue(`INSERT INTO batches (id, ingester) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, origin.Batch, origin.Ingester)
	for n, i := range fresh {
		jobs[i] = inserted[n].Job.ID
		p := parcels[i]
		batch.Queue(`
			INSERT INTO inbox (event, source, hash, job, batch, content) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (event, source) DO UPDATE
			SET hash = excluded.hash, job = excluded.job, batch = excluded.batch, content = excluded.content, queued_at = now()`,
			p.Event, p.Source, p.Hash, jobs[i], p.Origin.Batch, p.Content)
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("fill the inbox: %w", err)
	}
	return nil
}

// Outcomes returns what became of those of the jobs that have ended. A job that is there no more was replaced by one for a
// newer version of its document.
func (s *Store) Outcomes(ctx context.Context, jobs []int64) (map[int64]ingest.Outcome, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT asked.id, coalesce(j.state::text, ''), j.metadata -> 'output', coalesce(j.errors[array_upper(j.errors, 1)] ->> 'error', '')
		FROM unnest($1::bigint[]) AS asked (id) LEFT JOIN river_job j ON j.id = asked.id
		WHERE j.id IS NULL OR j.finalized_at IS NOT NULL`, jobs)
	if err != nil {
		return nil, unavailable(fmt.Errorf("read outcomes: %w", err))
	}
	outcomes := make(map[int64]ingest.Outcome)
	var job int64
	var state, last string
	var output []byte
	_, err = pgx.ForEachRow(rows, []any{&job, &state, &output, &last}, func() error {
		outcomes[job], err = outcome(rivertype.JobState(state), output, last)
		return err
	})
	if err != nil {
		return nil, unavailable(fmt.Errorf("read outcomes: %w", err))
	}
	return outcomes, nil
}

// outcome reads what a job left behind: its worker's word, or the reason it was given up for.
func outcome(state rivertype.JobState, output []byte, last string) (o ingest.Outcome, err error) {
	if last == string(source.Crashed) && state == rivertype.JobStateDiscarded {
		return ingest.FailedWith(&source.Fault{Code: source.Crashed, Limit: maxAttempts}), nil
	}
	if len(output) == 0 {
		if state == rivertype.JobStateCompleted || state == "" {
			return ingest.Outcome{Status: ingest.Unchanged}, nil // obsolete: a newer version is on its way, or none is wanted
		}
		return ingest.FailedWith(errors.New(last)), nil
	}
	if err := json.Unmarshal(output, &o); err != nil {
		return o, fmt.Errorf("read a job's outcome: %w", err)
	}
	return o, nil
}

// unavailable marks an error that says that the database cannot work just now: no connection, shutting down, or out of
// disk, memory or connections. Classes are those of the manual's Appendix A.
func unavailable(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	var pgErr *pgconn.PgError
	var connect *pgconn.ConnectError
	away := errors.As(err, &connect) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || pgconn.SafeToRetry(err) ||
		strings.Contains(err.Error(), "conn closed") || isNetwork(err)
	if errors.As(err, &pgErr) {
		away = slices.Contains([]string{"08", "53", "57", "58"}, pgErr.Code[:2]) && pgErr.Code != "57014" || // 57014: the statement took too long
			pgErr.Code == "25006" // read only: a standby
	}
	if away {
		return fmt.Errorf("%w: %w", ingest.ErrUnavailable, err)
	}
	return err
}
