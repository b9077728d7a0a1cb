package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river/rivertype"

	"osmanthus/ingest"
)

// maxParked is how many parked documents are listed.
const maxParked = 200

// QueueStatus says where the queue stands. Documents are listed oldest first, up to a bound; the figures count all.
func (s *Store) QueueStatus(ctx context.Context) (ingest.QueueStatus, error) {
	status := ingest.QueueStatus{Documents: []ingest.Parked{}, Schedules: []ingest.Schedule{}}
	err := s.pool.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE j.state IN ('available', 'pending', 'retryable', 'scheduled')),
			count(*) FILTER (WHERE j.state = 'running'), count(*) FILTER (WHERE j.state IN ('cancelled', 'discarded'))
		FROM inbox i JOIN river_job j ON j.id = i.job`).Scan(&status.Queued, &status.Running, &status.Parked)
	if err != nil {
		return status, fmt.Errorf("count jobs: %w", err)
	}
	rows, err := s.pool.Query(ctx, `
		SELECT i.event, i.source, i.batch, j.attempt, j.finalized_at, j.state::text, j.metadata -> 'output',
			coalesce(j.errors[array_upper(j.errors, 1)] ->> 'error', '')
		FROM inbox i JOIN river_job j ON j.id = i.job WHERE j.state IN ('cancelled', 'discarded')
		ORDER BY j.finalized_at, i.event, i.source LIMIT $1`, maxParked)
	if err != nil {
		return status, fmt.Errorf("list parked documents: %w", err)
	}
	var p ingest.Parked
	var state, last string
	var output []byte
	_, err = pgx.ForEachRow(rows, []any{&p.Event, &p.Source, &p.Batch, &p.Tries, &p.Since, &state, &output, &last}, func() error {
		o, err := outcome(rivertype.JobState(state), output, last)
		p.Code, p.Reason, p.Fault = o.Code, o.Reason, o.Err()
		status.Documents = append(status.Documents, p)
		return err
	})
	if err != nil {
		return status, fmt.Errorf("list parked documents: %w", err)
	}
	if status.Schedules, err = s.schedules(ctx); err != nil {
		return status, err
	}
	return status, nil
}

// Idle reports whether no document waits for a worker or is in work.
func (s *Store) Idle(ctx context.Context) (bool, error) {
	var idle bool
	err := s.pool.QueryRow(ctx, `
		SELECT NOT EXISTS (SELECT FROM inbox i JOIN river_job j ON j.id = i.job WHERE j.state NOT IN ('completed', 'cancelled', 'discarded'))`).Scan(&idle)
	if err != nil {
		return false, fmt.Errorf("look for jobs: %w", err)
	}
	return idle, nil
}

// Retry gives parked documents their tries anew: those of the sources, or all where none is named. It returns how many.
func (s *Store) Retry(ctx context.Context, event string, sources []string) (int, error) {
	tag, err := s.pool.Exec(ctx, `
		UPDATE river_job j SET state = 'available', attempt = 0, finalized_at = NULL, scheduled_at = now(), metadata = metadata - 'alone' - 'output', errors = NULL
		FROM inbox i WHERE i.job = j.id AND j.state IN ('cancelled', 'discarded') AND (cardinality($2::text[]) = 0 OR i.event = $1 AND i.source = ANY($2))`,
		event, append([]string{}, sources...))
	if err != nil {
		return 0, fmt.Errorf("retry parked documents: %w", err)
	}
	return int(tag.RowsAffected()), nil
}

// AddSchedule keeps a schedule; one of the same event and places takes its new options and interval.
func (s *Store) AddSchedule(ctx context.Context, sc ingest.Schedule) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO schedules (event, places, options, every, due_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (event, places) DO UPDATE SET options = excluded.options, every = excluded.every, due_at = excluded.due_at`,
		sc.Options.Event, sc.Places, sc.Options, sc.Every, sc.Due)
	if err != nil {
		return fmt.Errorf("keep the schedule: %w", err)
	}
	return nil
}

// RemoveSchedule forgets a schedule and says whether there was one.
func (s *Store) RemoveSchedule(ctx context.Context, id int64) (bool, error) {
	tag, err := s.pool.Exec(ctx, `DELETE FROM schedules WHERE id = $1`, id)
	if err != nil {
		return false, fmt.Errorf("forget schedule %d: %w", id, err)
	}
	return tag.RowsAffected() > 0, nil
}

func (s *Store) schedules(ctx context.Context) ([]ingest.Schedule, error) {
	rows, err := s.pool.Query(ctx, `SELECT `+scheduleColumns+` FROM schedules ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	list, err := pgx.CollectRows(rows, scanSchedule)
	if err != nil {
		return nil, fmt.Errorf("list schedules: %w", err)
	}
	return list, nil
}

const scheduleColumns = `id, places, options, every, due_at, last_at, last_error`

func scanSchedule(row pgx.CollectableRow) (sc ingest.Schedule, err error) {
	var last *time.Time
	err = row.Scan(&sc.ID, &sc.Places, &sc.Options, &sc.Every, &sc.Due, &last, &sc.LastError)
	if last != nil {
		sc.Last = *last
	}
	return sc, err
}

// Due hands out a schedule that is due; see ingest.Schedules. The row's lock keeps two processes from being given one.
func (s *Store) Due(ctx context.Context, now time.Time, reach func([]string) bool) (due ingest.Schedule, found bool, err error) {
	err = s.inTx(ctx, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `SELECT `+scheduleColumns+` FROM schedules WHERE due_at <= $1 ORDER BY due_at, id FOR UPDATE SKIP LOCKED`, now)
		if err != nil {
			return err
		}
		list, err := pgx.CollectRows(rows, scanSchedule)
		if err != nil {
			return err
		}
		for _, sc := range list {
			if !reach(sc.Places) {
				continue
			}
			due, found = sc, true
			_, err := tx.Exec(ctx, `UPDATE schedules SET due_at = $2::timestamptz + every, last_at = $2 WHERE id = $1`, sc.ID, now)
			return err
		}
		return nil
	})
	if err != nil {
		return due, false, unavailable(fmt.Errorf("look for schedules that are due: %w", err))
	}
	return due, found, nil
}

// Ran notes how a run of a schedule ended.
func (s *Store) Ran(ctx context.Context, id int64, ended error) error {
	text := ""
	if ended != nil && !errors.Is(ended, context.Canceled) {
		text = ended.Error()
	}
	if _, err := s.pool.Exec(ctx, `UPDATE schedules SET last_error = $2 WHERE id = $1`, id, text); err != nil {
		return fmt.Errorf("note how schedule %d ended: %w", id, err)
	}
	return nil
}
