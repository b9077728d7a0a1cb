package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"osmanthus/ingest"
	"osmanthus/retrieval"
)

// ingestCommand is all that has to do with taking documents in.
type ingestCommand struct {
	Take   takeCommand   `cmd:"" default:"withargs" help:"Take files, folders and addresses in (the default)."`
	Worker workerCommand `cmd:"" help:"Work what others have queued, until stopped."`
	Status statusCommand `cmd:"" help:"Print what is queued, in work and parked, with reasons, and what is scheduled."`
	Retry  retryCommand  `cmd:"" help:"Give parked documents their tries anew."`
	Remove removeCommand `cmd:"" help:"Take documents out of the answers."`
	Purge  purgeCommand  `cmd:"" help:"Delete all that one batch brought in, the record included."`
	Forget forgetCommand `cmd:"" help:"End a schedule made with --every."`
}

// takeCommand takes documents in.
type takeCommand struct {
	Paths     []string           `arg:"" name:"path" help:"Files, folders, addresses of pages and of sitemaps. One named like a command is written ./status."`
	Event     string             `help:"Event the documents belong to."`
	Kind      string             `help:"Kind of the documents that do not say theirs: report, case, agenda, biography, transcript."`
	Audience  retrieval.Audience `default:"public" enum:"public,staff" help:"Who may see them: ${enum}. What lies in a folder named staff, or says so itself, is for staff in any case."`
	Embargo   string             `help:"Until then they are for staff only: a date, or a time such as 2026-05-01T09:00."`
	Prune     bool               `help:"What has gone from a folder goes from the answers."`
	QueueOnly bool               `help:"Queue the documents for workers and leave."`
	Watch     bool               `help:"Stay and take in what changes, until stopped."`
	Every     time.Duration      `help:"Have serve and the workers take them in again so often (1h)."`
	JSON      bool               `name:"json" help:"Print a summary as one JSON object; progress goes to standard error."`

	limitFlags `embed:""`
}

// minEvery is the shortest interval of a schedule: a shorter one is --watch.
const minEvery = time.Minute

// options are the run's.
func (c *takeCommand) options() (ingest.Options, error) {
	o := ingest.Options{Event: c.Event, Kind: c.Kind, Audience: c.Audience, Prune: c.Prune, QueueOnly: c.QueueOnly, Limits: c.limits()}
	if c.Embargo != "" {
		until, ok := ingest.ParseTime(c.Embargo, time.Local)
		if !ok {
			return o, fmt.Errorf("--embargo %s is no time: write it like 2026-05-01 or 2026-05-01T09:00", c.Embargo)
		}
		o.Embargo = until
	}
	if c.Every != 0 && c.Every < minEvery {
		return o, fmt.Errorf("--every %s is too often: at least %s, or use --watch", c.Every, minEvery)
	}
	return o, nil
}

// Run takes the documents in. Where some could not be, its error is an exit status: they have been named.
func (c *takeCommand) Run(ctx context.Context, p *program) (err error) {
	options, err := c.options()
	if err != nil {
		return err
	}
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
	if c.Every > 0 {
		if err := c.schedule(ctx, a, options); err != nil {
			return err
		}
	}
	if !c.Watch {
		return c.once(ctx, in, options)
	}
	tick := time.NewTicker(ingest.WatchEvery)
	defer tick.Stop()
	in.Watch(ctx, c.Paths, tick.C, func(ctx context.Context) error {
		err := c.once(ctx, in, options)
		if exit := exitError(0); errors.As(err, &exit) {
			return nil // what could not be taken in has been named
		}
		return err
	})
	return nil
}

func (c *takeCommand) once(ctx context.Context, in *intake, o ingest.Options) error {
	a := in.app
	out := a.stdout
	if c.JSON {
		out = a.stderr
	}
	reporter := ingest.NewReporter(out, isTerminal(out), a.catalog.For(a.language()).T)
	o.Progress = reporter.Show
	summary, err := in.Run(ctx, c.Paths, o)
	reporter.Finish(summary)
	if c.JSON {
		if e := json.NewEncoder(a.stdout).Encode(summary); e != nil {
			return errors.Join(err, e)
		}
	}
	if err == nil && !o.QueueOnly {
		err = a.store.IndexVectors(ctx)
	}
	if err == nil && len(summary.Failed) > 0 {
		return exitError(1)
	}
	return err
}

// schedule keeps what is to be taken in again. Paths are kept whole: whoever runs the schedule has another working folder.
func (c *takeCommand) schedule(ctx context.Context, a *app, o ingest.Options) error {
	places := make([]string, len(c.Paths))
	for i, path := range c.Paths {
		places[i] = path
		if !strings.Contains(path, "://") {
			absolute, err := filepath.Abs(path)
			if err != nil {
				return fmt.Errorf("find %s: %w", path, err)
			}
			places[i] = absolute
		}
	}
	slices.Sort(places)
	return a.store.AddSchedule(ctx, ingest.Schedule{
		Places: places, Every: c.Every, Due: time.Now().Add(c.Every),
		Options: ingest.ScheduleOptions{Event: o.Event, Kind: o.Kind, Audience: o.Audience, Embargo: o.Embargo, Prune: o.Prune, Limits: o.Limits},
	})
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
