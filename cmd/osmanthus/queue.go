package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"osmanthus/ingest"
	"osmanthus/ingest/source"
	"osmanthus/retrieval/lang"
)

const (
	// settleEvery is how often a worker brings the figures of all documents up to date, if any has changed.
	settleEvery = 15 * time.Second
	// dueEvery is how often a process looks for schedules that are due.
	dueEvery = 20 * time.Second
)

// workerCommand works the queue.
type workerCommand struct {
	Documents int `default:"32" help:"Documents in work at a time."`

	limitFlags `embed:""`
}

// Run works until it is told to stop.
func (c *workerCommand) Run(ctx context.Context, p *program) (err error) {
	a, err := p.open(ctx, needs{database: true, embedder: true, batch: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	in, err := a.intake(c.limitFlags)
	if err != nil {
		return err
	}
	defer in.Close()
	var schedules sync.WaitGroup
	defer schedules.Wait()
	working, end := context.WithCancel(ctx)
	defer end()
	schedules.Go(func() { in.runSchedules(working, c.limits()) })
	tick := time.NewTicker(settleEvery)
	defer tick.Stop()
	return in.Work(ctx, ingest.WorkOptions{Documents: c.Documents, Tick: tick.C, Rest: in.rest})
}

// rest adds sentences while the queue has nothing to do, and stops when it has.
func (in *intake) rest(ctx context.Context) {
	resting, wake := context.WithCancel(ctx)
	defer wake()
	a := in.app
	look := func(int) {
		if idle, err := a.store.Idle(resting); err != nil || !idle {
			wake()
		}
	}
	if look(0); resting.Err() == nil {
		if err := a.store.IndexVectors(resting); err != nil && resting.Err() == nil {
			a.log.Warn("vectors not indexed", "error", err)
		}
		a.addSentences(resting, a.embedder, look)
	}
}

// runSchedules takes in again what is due, until ctx ends.
func (in *intake) runSchedules(ctx context.Context, limits source.Limits) {
	tick := time.NewTicker(dueEvery)
	defer tick.Stop()
	for {
		if _, err := in.RunDue(ctx, in.app.store, reachable, limits); err != nil && ctx.Err() == nil {
			in.app.log.Error("a schedule could not be run", "error", err)
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// reachable reports whether this machine has all the places: a folder of another is left to that one, and what has gone
// from everywhere is shown by status as overdue.
func reachable(places []string) bool {
	for _, place := range places {
		if strings.Contains(place, "://") {
			continue
		}
		if _, err := os.Stat(place); err != nil {
			return false
		}
	}
	return true
}

// statusCommand shows the queue.
type statusCommand struct {
	JSON bool `name:"json" help:"Print one JSON object."`
}

// Run prints.
func (c *statusCommand) Run(ctx context.Context, p *program) error {
	return p.onStore(ctx, func(a *app) error {
		status, err := a.store.QueueStatus(ctx)
		if err != nil {
			return err
		}
		if c.JSON {
			return json.NewEncoder(p.stdout).Encode(status)
		}
		words := p.catalog.For(p.language())
		fmt.Fprintln(p.stdout, words.T("ingest.queue.figures", "queued", status.Queued, "running", status.Running, "parked", status.Parked))
		for _, d := range status.Documents {
			fmt.Fprintln(p.stdout, words.T("ingest.queue.parked", "source", lang.Clean(d.Source), "reason", ingest.Explain(d.Fault, words.T), "tries", d.Tries))
		}
		for _, s := range status.Schedules {
			key := "ingest.queue.schedule"
			if s.LastError != "" {
				key = "ingest.queue.schedule_failed"
			}
			fmt.Fprintln(p.stdout, words.T(key, "id", s.ID, "places", lang.Clean(strings.Join(s.Places, ", ")),
				"every", s.Every.String(), "due", s.Due.Local().Format("2006-01-02 15:04"), "reason", lang.Clean(s.LastError)))
		}
		return nil
	})
}

// onStore opens the database alone for use.
func (p *program) onStore(ctx context.Context, use func(*app) error) (err error) {
	a, err := p.open(ctx, needs{database: true})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	return use(a)
}

// retryCommand gives parked documents their tries anew.
type retryCommand struct {
	Sources []string `arg:"" optional:"" name:"source" help:"Documents, as status names them; all where none is named."`
	Event   string   `help:"Event of the documents named."`
}

// Run queues them.
func (c *retryCommand) Run(ctx context.Context, p *program) error {
	return p.onStore(ctx, func(a *app) error {
		n, err := a.store.Retry(ctx, c.Event, c.Sources)
		if err != nil {
			return err
		}
		fmt.Fprintln(p.stdout, p.catalog.For(p.language()).T("ingest.queue.retried", "number", n))
		return nil
	})
}

// removeCommand takes documents out of the answers.
type removeCommand struct {
	Sources []string `arg:"" name:"source" help:"Documents, as ingest and search name them."`
	Event   string   `help:"Event of the documents."`
}

// Run removes, at once: what is asked right after is answered without them.
func (c *removeCommand) Run(ctx context.Context, p *program) error {
	return p.changing(ctx, "ingest.queue.removed", func(a *app) (int, error) { return a.store.Remove(ctx, c.Event, c.Sources) })
}

// purgeCommand deletes a batch.
type purgeCommand struct {
	Batch string `required:"" help:"Batch, as ingest printed it."`
}

// Run deletes.
func (c *purgeCommand) Run(ctx context.Context, p *program) error {
	return p.changing(ctx, "ingest.queue.purged", func(a *app) (int, error) { return a.store.Purge(ctx, c.Batch) })
}

// changing makes a change, brings the figures up to date and says how many documents it was. None is an exit status.
func (p *program) changing(ctx context.Context, key string, change func(*app) (int, error)) error {
	return p.onStore(ctx, func(a *app) error {
		n, err := change(a)
		if err != nil {
			return err
		}
		if err := a.store.Settle(ctx, a.store.Refresh); err != nil {
			return err
		}
		fmt.Fprintln(p.stdout, p.catalog.For(p.language()).T(key, "number", n))
		if n == 0 {
			return exitError(1)
		}
		return nil
	})
}

// forgetCommand ends a schedule.
type forgetCommand struct {
	ID int64 `arg:"" help:"Schedule, as status numbers it."`
}

// Run ends it.
func (c *forgetCommand) Run(ctx context.Context, p *program) error {
	return p.onStore(ctx, func(a *app) error {
		there, err := a.store.RemoveSchedule(ctx, c.ID)
		if err != nil {
			return err
		}
		if !there {
			return errors.New(p.catalog.For(p.language()).T("ingest.queue.no_schedule", "id", c.ID))
		}
		fmt.Fprintln(p.stdout, p.catalog.For(p.language()).T("ingest.queue.forgotten", "id", c.ID))
		return nil
	})
}
