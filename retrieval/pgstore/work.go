package pgstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"

	"osmanthus/ingest"
	"osmanthus/ingest/source"
)

const (
	// Each worker holds the advisory lock of its number for as long as it lives, in this class of locks. Postgres lets go of
	// it when the worker's connection ends, so a killed worker is known to be dead at once.
	lockWorkers int32 = 0x05a1

	// rescueEvery is how often a worker looks for jobs of dead ones, and whether its own lock still stands.
	rescueEvery = 5 * time.Second
	// The server finds out about a machine that has vanished by these, in idle + interval × count = 35 s.
	keepalive = `SET tcp_keepalives_idle = 15; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 4`

	// jobTime bounds a job. It is for what hangs: the longest document makes headway that is kept between its tries.
	jobTime = 20 * time.Minute
	// fetchCooldown is the least time between two fetches: with 32 documents in work it allows 1,000 documents a second.
	fetchCooldown = 30 * time.Millisecond
	// postponed is how long a job waits that could not be done for a reason that is not its own. Up to 5 s, River needs no
	// leader to wake it.
	postponed = 4 * time.Second
	// firstRetry is how long a job waits for its second try; the wait for the third is four times as long.
	firstRetry = time.Second
	// stopTime bounds the end of a worker.
	stopTime = 10 * time.Second
)

// A workforce is one worker process's part in the queue.
type workforce struct {
	river.WorkerDefaults[documentArgs]
	store  *Store
	number uint32 // of its lock, and in its name
	handle func(context.Context, ingest.Job) error
	alone  sync.RWMutex // held for writing by a document whose workers have died

	mu     sync.Mutex
	active map[int64]bool // jobs in work
	missed map[int64]bool // jobs the queue says are in work here and that were not, at the last look
}

// Work works the queue until ctx ends; see ingest.Queue. Jobs under way then go back to it as they were.
func (s *Store) Work(ctx context.Context, documents int, handle func(context.Context, ingest.Job) error) error {
	w := &workforce{store: s, number: rand.Uint32(), handle: handle, active: map[int64]bool{}, missed: map[int64]bool{}}
	life, err := w.live(ctx)
	if err != nil {
		return unavailable(err)
	}
	if err := w.rescue(ctx); err != nil {
		life.Close(context.WithoutCancel(ctx))
		return unavailable(err)
	}
	var watch sync.WaitGroup
	watching, stop := context.WithCancel(ctx)
	watch.Go(func() { w.watch(watching, life) })
	defer watch.Wait()
	defer stop()
	client, err := w.client(documents)
	if err != nil {
		return err
	}
	if err := client.Start(context.WithoutCancel(ctx)); err != nil {
		return unavailable(fmt.Errorf("start working the queue: %w", err))
	}
	<-ctx.Done()
	stopping, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTime)
	defer cancel()
	if err := client.StopAndCancel(stopping); err != nil {
		return fmt.Errorf("stop working the queue: %w", err)
	}
	return nil
}

func (w *workforce) client(documents int) (*riverClient, error) {
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, w); err != nil {
		return nil, fmt.Errorf("open the queue: %w", err)
	}
	client, err := river.NewClient(riverpgxv5.New(w.store.pool), &river.Config{
		ID: fmt.Sprintf("worker-%08x", w.number), Schema: w.store.schema, Workers: workers,
		Queues:        map[string]river.QueueConfig{queueName: {MaxWorkers: documents}},
		FetchCooldown: fetchCooldown, JobTimeout: jobTime, RescueStuckJobsAfter: jobTime + time.Minute,
		// What is parked stays until someone looks.
		CancelledJobRetentionPeriod: -1, DiscardedJobRetentionPeriod: -1,
		RetryPolicy: retries{}, Logger: slog.New(quieter{w.store.log.Handler()}),
	})
	if err != nil {
		return nil, fmt.Errorf("open the queue: %w", err)
	}
	return client, nil
}

// retries is River's policy for jobs that failed.
type retries struct{}

// NextRetry says when a job that failed is tried again.
func (retries) NextRetry(job *rivertype.JobRow) time.Time {
	wait := firstRetry
	for range len(job.Errors) {
		wait *= 4
	}
	return time.Now().Add(min(wait, postponed))
}

// Work does one job and tells River what to make of its end.
func (w *workforce) Work(ctx context.Context, job *river.Job[documentArgs]) error {
	w.mark(job.ID, true)
	defer w.mark(job.ID, false)
	if err := w.guard(ctx, job); err != nil {
		return river.JobSnooze(postponed)
	}
	if w.last(job.JobRow) {
		defer w.alone.Unlock()
	} else {
		defer w.alone.RUnlock()
	}
	err := w.handle(ctx, &queuedJob{w.store, job})
	stopped := errors.Is(err, context.Canceled) || ctx.Err() != nil && !errors.Is(ctx.Err(), context.DeadlineExceeded)
	switch {
	case err == nil, errors.Is(err, ingest.ErrObsolete):
		return nil
	case stopped:
		return river.JobSnooze(0)
	case ingest.Postponed(err):
		return river.JobSnooze(postponed)
	}
	if e := river.RecordOutput(ctx, ingest.FailedWith(err)); e != nil {
		return e
	}
	if ingest.Permanent(err) {
		return river.JobCancel(err)
	}
	return err
}

// last reports whether all workers that had the job so far have died and this is its last try.
func (w *workforce) last(job *rivertype.JobRow) bool {
	return job.Attempt >= job.MaxAttempts && len(job.Errors) > 0 && job.Errors[len(job.Errors)-1].Error == string(source.Crashed)
}

// guard has a document that may kill its worker in work alone, and notes that it is. Should the worker die again, it is
// known which document did it, and those that only waited beside it keep their tries.
func (w *workforce) guard(ctx context.Context, job *river.Job[documentArgs]) error {
	if !w.last(job.JobRow) {
		w.alone.RLock()
		return nil
	}
	w.alone.Lock()
	_, err := w.store.pool.Exec(ctx, `UPDATE river_job SET metadata = metadata || '{"alone": true}' WHERE id = $1`, job.ID)
	if err != nil {
		w.alone.Unlock()
	}
	return err
}

func (w *workforce) mark(job int64, active bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if active {
		w.active[job] = true
	} else {
		delete(w.active, job)
	}
}

// live opens a connection of its own that holds the worker's lock.
func (w *workforce) live(ctx context.Context) (*pgx.Conn, error) {
	return w.store.holdLock(ctx, lockWorkers, w.number)
}

// holdLock opens a connection of its own that holds a process's lock for as long as it is open.
func (s *Store) holdLock(ctx context.Context, class int32, number uint32) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, s.pool.Config().ConnConfig)
	if err != nil {
		return nil, fmt.Errorf("connect to the database: %w", err)
	}
	_, err = conn.Exec(ctx, keepalive)
	if err == nil {
		_, err = conn.Exec(ctx, `SELECT pg_advisory_lock($1, $2)`, class, int32(number))
	}
	if err != nil {
		conn.Close(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("take the process's lock: %w", err)
	}
	return conn, nil
}

// watch keeps the lock and rescues jobs until ctx ends.
func (w *workforce) watch(ctx context.Context, life *pgx.Conn) {
	tick := time.NewTicker(rescueEvery)
	defer tick.Stop()
	defer func() { life.Close(context.WithoutCancel(ctx)) }()
	for {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
		if err := life.Ping(ctx); err != nil && ctx.Err() == nil {
			w.store.log.WarnContext(ctx, "the worker's lock was lost", "error", err)
			life.Close(context.WithoutCancel(ctx))
			if again, err := w.live(ctx); err == nil {
				life = again
			}
			continue // what this worker does not hold, another may have taken in the meantime: look the next time
		}
		if err := w.rescue(ctx); err != nil && ctx.Err() == nil {
			w.store.log.WarnContext(ctx, "no jobs rescued", "error", err)
		}
	}
}

// rescue takes up jobs whose worker is dead, and jobs that the queue believes to be in work here although they are not,
// because their end could not be written down. A dead worker's jobs are tried again at once. One that has been tried out is
// parked, unless it had only waited beside the one that was in work alone.
func (w *workforce) rescue(ctx context.Context) error {
	if err := w.recover(ctx); err != nil {
		return err
	}
	tag, err := w.store.pool.Exec(ctx, `
		WITH dead AS (
			SELECT id, attempt >= max_attempts AS out, metadata ? 'alone' AS alone FROM river_job j
			WHERE state = 'running' AND queue = $1 AND attempted_by[array_upper(attempted_by, 1)] LIKE 'worker-%' AND NOT EXISTS (
				SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = $2::bigint::oid AND l.objsubid = 2 AND l.granted
					AND l.objid = ('x' || right(j.attempted_by[array_upper(j.attempted_by, 1)], 8))::bit(32)::bigint::oid)
			FOR UPDATE SKIP LOCKED)
		UPDATE river_job j SET
			state = (CASE WHEN out AND alone THEN 'discarded' ELSE 'available' END)::river_job_state,
			finalized_at = CASE WHEN out AND alone THEN now() END,
			attempt = CASE WHEN out AND NOT alone THEN attempt - 1 ELSE attempt END,
			scheduled_at = now(),
			errors = array_append(errors, jsonb_build_object('at', now(), 'attempt', attempt, 'error', $3::text, 'trace', ''))
		FROM dead d WHERE j.id = d.id`, queueName, int64(lockWorkers), string(source.Crashed))
	if err != nil {
		return fmt.Errorf("rescue jobs: %w", err)
	}
	if n := tag.RowsAffected(); n > 0 {
		w.store.log.InfoContext(ctx, "took up the jobs of dead workers", "jobs", n)
	}
	_, err = w.store.pool.Exec(ctx, `
		DELETE FROM staged s WHERE created_at < now() - interval '1 hour' AND NOT EXISTS (SELECT FROM inbox i WHERE i.hash = s.hash)`)
	if err != nil {
		return fmt.Errorf("clear the stage: %w", err)
	}
	return nil
}

// recover gives back jobs that were seen twice in a row as in work here without being so.
func (w *workforce) recover(ctx context.Context) error {
	rows, err := w.store.pool.Query(ctx, `
		SELECT id FROM river_job WHERE state = 'running' AND queue = $1 AND attempted_by[array_upper(attempted_by, 1)] = $2`,
		queueName, fmt.Sprintf("worker-%08x", w.number))
	if err != nil {
		return fmt.Errorf("list jobs in work: %w", err)
	}
	running, err := pgx.CollectRows(rows, pgx.RowTo[int64])
	if err != nil {
		return fmt.Errorf("list jobs in work: %w", err)
	}
	w.mu.Lock()
	missed := map[int64]bool{}
	var lost []int64
	for _, id := range running {
		if !w.active[id] {
			if missed[id] = true; w.missed[id] {
				lost = append(lost, id)
			}
		}
	}
	w.missed = missed
	w.mu.Unlock()
	if len(lost) == 0 {
		return nil
	}
	_, err = w.store.pool.Exec(ctx, `
		UPDATE river_job SET state = 'available', scheduled_at = now(), attempt = greatest(attempt - 1, 0)
		WHERE id = ANY($1) AND state = 'running'`, lost)
	if err != nil {
		return fmt.Errorf("give jobs back: %w", err)
	}
	w.store.log.InfoContext(ctx, "gave back jobs whose end could not be written down", "jobs", len(lost))
	return nil
}

// isNetwork reports whether a connection failed on its way.
func isNetwork(err error) bool {
	var network net.Error
	var op *net.OpError
	return errors.As(err, &op) || errors.As(err, &network) && !errors.Is(err, context.DeadlineExceeded)
}

// quieter passes on what River has to say as an error; that a job failed is for the run or for status to tell.
type quieter struct{ slog.Handler }

// Enabled leaves out what is below an error.
func (q quieter) Enabled(ctx context.Context, level slog.Level) bool {
	return level >= slog.LevelError && q.Handler.Enabled(ctx, level)
}

// WithAttrs keeps the attributes.
func (q quieter) WithAttrs(attrs []slog.Attr) slog.Handler {
	return quieter{q.Handler.WithAttrs(attrs)}
}

// WithGroup opens a group.
func (q quieter) WithGroup(name string) slog.Handler { return quieter{q.Handler.WithGroup(name)} }
