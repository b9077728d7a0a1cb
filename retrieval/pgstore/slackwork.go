package pgstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"osmanthus/retrieval"
)

const (
	// Each process that deals with deliveries holds the advisory lock of its number, in this class; see lockWorkers.
	lockSlack int32 = 0x05a2

	// slackPoll is how often a process looks for deliveries that another accepted, and whether its own were stopped: a
	// stop is obeyed within it.
	slackPoll = 400 * time.Millisecond
	// slackRescue is how often it looks for deliveries of dead processes: an asker waits that long at most.
	slackRescue = 2 * time.Second
	// slackRetry is how long a delivery that could not be dealt with waits; twice as long each time, up to slackRetryMost.
	slackRetry     = 2 * time.Second
	slackRetryMost = 5 * time.Minute
	// slackDrain is how long what is under way may take once the process is told to stop; less than what `serve` allows.
	slackDrain = 15 * time.Second
)

// A slackforce is one process's part in dealing with deliveries.
type slackforce struct {
	store  *Store
	number uint32
	handle func(context.Context, retrieval.Delivery) error

	mu     sync.Mutex
	active map[int64]context.CancelCauseFunc
	free   chan struct{} // a token a delivery that may be taken up
	work   sync.WaitGroup
	said   time.Time // when it was last logged that the database fails
}

// Deliveries deals with deliveries, up to workers at once and of one lane one at a time, until ctx ends. One for which
// handle returns an error comes again later; one whose process dies comes again, within seconds, in another. When ctx ends,
// what is under way has slackDrain to end by itself and is then given back. The cause of the context that handle is given
// is retrieval.ErrStopped or ErrTakenOver where it ends for that.
func (s *Store) Deliveries(ctx context.Context, workers int, handle func(context.Context, retrieval.Delivery) error) error {
	f := &slackforce{
		store: s, number: rand.Uint32(), handle: handle,
		active: map[int64]context.CancelCauseFunc{}, free: make(chan struct{}, workers),
	}
	life, err := s.holdLock(ctx, lockSlack, f.number)
	if err != nil {
		return unavailable(err)
	}
	defer func() { life.Close(context.WithoutCancel(ctx)) }()
	base, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	poll, rescue := time.NewTicker(slackPoll), time.NewTicker(slackRescue)
	defer poll.Stop()
	defer rescue.Stop()
	f.report(ctx, "nothing rescued", f.rescue(ctx))
	for {
		f.report(ctx, "no deliveries taken up", f.take(ctx, base))
		select {
		case <-ctx.Done():
			defer time.AfterFunc(slackDrain, end).Stop()
			f.work.Wait() // the lock is held until all is given back
			return nil
		case <-s.slackWake:
		case <-poll.C:
			f.report(ctx, "stops not seen", f.watch(ctx))
		case <-rescue.C:
			if err := life.Ping(ctx); err != nil && ctx.Err() == nil {
				s.log.WarnContext(ctx, "the process's lock was lost", "error", err)
				life.Close(context.WithoutCancel(ctx))
				if again, err := s.holdLock(ctx, lockSlack, f.number); err == nil {
					life = again
				}
				continue
			}
			f.report(ctx, "nothing rescued", f.rescue(ctx))
		}
	}
}

// slackSaid is how often a database that stays away is logged.
const slackSaid = 30 * time.Second

func (f *slackforce) report(ctx context.Context, what string, err error) {
	if err != nil && ctx.Err() == nil && time.Since(f.said) > slackSaid {
		f.said = time.Now()
		f.store.log.WarnContext(ctx, what, slog.Any("error", err))
	}
}

// take takes up as many deliveries as may be dealt with at once.
func (f *slackforce) take(ctx, base context.Context) error {
	room := cap(f.free) - len(f.free)
	if room == 0 || ctx.Err() != nil {
		return nil
	}
	rows, err := f.store.pool.Query(ctx, `
		WITH free AS (
			SELECT c.id FROM slack_deliveries c
			WHERE c.done_at IS NULL AND c.worker IS NULL AND c.due_at <= now() AND NOT EXISTS (
				SELECT FROM slack_deliveries e WHERE e.lane = c.lane AND e.done_at IS NULL
					AND (e.worker IS NOT NULL OR (e.place, e.id) < (c.place, c.id)))
			ORDER BY c.id LIMIT $2 FOR UPDATE SKIP LOCKED)
		UPDATE slack_deliveries d SET worker = $1, tries = d.tries + 1 FROM free WHERE d.id = free.id
		RETURNING d.id, d.lane, d.place, d.payload, d.tries, d.deaths, d.posted, coalesce((SELECT l.conversation FROM slack_lanes l WHERE l.lane = d.lane), '')`,
		int64(f.number), room)
	if err != nil {
		return err
	}
	taken, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (d retrieval.Delivery, err error) {
		return d, row.Scan(&d.ID, &d.Lane, &d.Place, &d.Payload, &d.Tries, &d.Deaths, &d.Posted, &d.Conversation)
	})
	if err != nil {
		return err
	}
	for _, d := range taken {
		f.free <- struct{}{}
		dealing, cancel := context.WithCancelCause(base)
		f.mu.Lock()
		f.active[d.ID] = cancel
		f.mu.Unlock()
		f.work.Go(func() { f.deal(dealing, base, d) })
	}
	return nil
}

// deal has one delivery dealt with and writes down its end.
func (f *slackforce) deal(dealing, process context.Context, d retrieval.Delivery) {
	defer f.store.wakeSlack() // the next of its lane may be waiting
	defer func() { <-f.free }()
	err := f.guarded(dealing, d)
	f.mu.Lock()
	cancel := f.active[d.ID]
	delete(f.active, d.ID)
	f.mu.Unlock()
	cancel(nil)
	ending, end := context.WithTimeout(context.WithoutCancel(process), rollbackTime)
	defer end()
	sql, args := `UPDATE slack_deliveries SET done_at = now(), worker = NULL, payload = NULL WHERE id = $1 AND worker = $2`, []any{d.ID, int64(f.number)}
	switch {
	case err == nil:
	case process.Err() != nil: // given back as it was
		sql = `UPDATE slack_deliveries SET worker = NULL, tries = greatest(tries - 1, 0), due_at = now() WHERE id = $1 AND worker = $2`
	default:
		wait := min(slackRetry<<min(d.Tries-1, 16), slackRetryMost)
		f.store.log.WarnContext(process, "a delivery comes again later", "delivery", d.ID, "tries", d.Tries, "seconds", wait.Seconds(), "error", err)
		sql = `UPDATE slack_deliveries SET worker = NULL, due_at = now() + $3, deaths = deaths + $4 WHERE id = $1 AND worker = $2`
		deaths := 0
		if errors.Is(err, errPanic) {
			deaths = 1
		}
		args = append(args, wait, deaths)
	}
	if _, err := f.store.pool.Exec(ending, sql, args...); err != nil {
		f.store.log.WarnContext(process, "the end of a delivery was not written down", "delivery", d.ID, "error", err)
	}
}

var errPanic = errors.New("panic")

// guarded makes an error of a panic: it costs one try of one delivery.
func (f *slackforce) guarded(ctx context.Context, d retrieval.Delivery) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%w: %v", errPanic, p)
		}
	}()
	return f.handle(ctx, d)
}

// watch ends what was stopped or taken over.
func (f *slackforce) watch(ctx context.Context) error {
	f.mu.Lock()
	n := len(f.active)
	f.mu.Unlock()
	if n == 0 {
		return nil
	}
	rows, err := f.store.pool.Query(ctx, `SELECT id, stopped FROM slack_deliveries WHERE worker = $1 AND done_at IS NULL`, int64(f.number))
	if err != nil {
		return err
	}
	stopped := map[int64]bool{}
	var id int64
	var stop bool
	if _, err := pgx.ForEachRow(rows, []any{&id, &stop}, func() error { stopped[id] = stop; return nil }); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for id, cancel := range f.active {
		switch stop, ours := stopped[id]; {
		case !ours:
			cancel(retrieval.ErrTakenOver)
		case stop:
			cancel(retrieval.ErrStopped)
		}
	}
	return nil
}

// rescue gives back what a dead process had in work, and what this one believes to have ended although that could not be
// written down.
func (f *slackforce) rescue(ctx context.Context) error {
	f.mu.Lock()
	active := make([]int64, 0, len(f.active))
	for id := range f.active {
		active = append(active, id)
	}
	f.mu.Unlock()
	tag, err := f.store.pool.Exec(ctx, `
		UPDATE slack_deliveries d SET worker = NULL, due_at = now(), deaths = deaths + 1
		WHERE d.done_at IS NULL AND d.worker IS NOT NULL AND (d.worker = $2 AND d.id <> ALL($3) OR NOT EXISTS (
			SELECT FROM pg_locks l WHERE l.locktype = 'advisory' AND l.classid = $1::bigint::oid AND l.objsubid = 2 AND l.granted
				AND l.objid = d.worker::oid))`, int64(lockSlack), int64(f.number), active)
	if err != nil {
		return err
	}
	if n := tag.RowsAffected(); n > 0 {
		f.store.log.InfoContext(ctx, "took up the deliveries of dead processes", "deliveries", n)
		f.store.wakeSlack()
	}
	return nil
}
