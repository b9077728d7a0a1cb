package ingest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"osmanthus/ingest/source"
	"osmanthus/retrieval"
)

// A QueueStatus is where the queue stands; its JSON is what `ingest status --json` prints.
type QueueStatus struct {
	Queued    int        `json:"queued"`  // waiting for a worker or for another try
	Running   int        `json:"running"` // in work
	Parked    int        `json:"parked"`  // given up until someone asks for another try
	Documents []Parked   `json:"parked_documents"`
	Schedules []Schedule `json:"schedules"`
}

// A Parked is a document that was given up, with the reason.
type Parked struct {
	Event  string           `json:"event"`
	Source string           `json:"source"`
	Batch  string           `json:"batch"`
	Code   source.FaultCode `json:"code"`
	Reason string           `json:"reason"` // in no person's language
	Tries  int              `json:"tries"`
	Since  time.Time        `json:"since"`
	Fault  error            `json:"-"`
}

// A Schedule is what is taken in again from time to time.
type Schedule struct {
	ID        int64           `json:"id"`
	Places    []string        `json:"places"` // absolute paths and addresses
	Every     time.Duration   `json:"-"`
	Options   ScheduleOptions `json:"options"`
	Due       time.Time       `json:"due"`
	Last      time.Time       `json:"last,omitzero"`
	LastError string          `json:"last_error,omitempty"`
}

// ScheduleOptions are the Options of a run that a schedule keeps.
type ScheduleOptions struct {
	Event    string             `json:"event,omitempty"`
	Kind     string             `json:"kind,omitempty"`
	Audience retrieval.Audience `json:"audience,omitempty"`
	Embargo  time.Time          `json:"embargo,omitzero"`
	Prune    bool               `json:"prune,omitempty"`
	Limits   source.Limits      `json:"limits,omitzero"` // none: those of whoever runs the schedule
}

// MarshalJSON writes the interval as people do.
func (s Schedule) MarshalJSON() ([]byte, error) {
	type plain Schedule
	return json.Marshal(struct {
		plain
		Every string `json:"every"`
	}{plain(s), s.Every.String()})
}

// options are those of a run of the schedule: it queues, and workers do the work.
func (s Schedule) options(limits source.Limits) Options {
	o := s.Options
	if o.Limits != (source.Limits{}) {
		limits = o.Limits
	}
	return Options{Event: o.Event, Kind: o.Kind, Audience: o.Audience, Embargo: o.Embargo, Prune: o.Prune, Limits: limits, QueueOnly: true, Ingester: "ingest --every"}
}

// Schedules is where schedules are kept.
type Schedules interface {
	// Due returns a schedule whose time has come and whose places this process can reach, and puts its next time off, so that
	// no other process is given it. The second result is false where there is none.
	Due(ctx context.Context, now time.Time, reach func(places []string) bool) (Schedule, bool, error)
	// Ran notes how a run of it ended; nil: well.
	Ran(ctx context.Context, id int64, err error) error
}

// RunDue runs every schedule that is due, within limits: what has changed is queued, what has gone is removed where the schedule prunes.
// It returns how many it ran.
func (p *Pipeline) RunDue(ctx context.Context, s Schedules, reach func(places []string) bool, limits source.Limits) (int, error) {
	for ran := 0; ; ran++ {
		schedule, due, err := s.Due(ctx, p.now(), reach)
		if err != nil || !due {
			if err != nil {
				err = fmt.Errorf("ingest: %w", err)
			}
			return ran, err
		}
		summary, err := p.Run(ctx, schedule.Places, schedule.options(limits))
		if err == nil && len(summary.Failed) > 0 {
			err = fmt.Errorf("%d documents could not be read, the first is %s: %s", len(summary.Failed), summary.Failed[0].Source, summary.Failed[0].Reason)
		}
		p.log.Info("taken in again", "schedule", schedule.ID, "queued", summary.Queued, "unchanged", summary.Unchanged, "removed", summary.Removed, "error", err)
		if e := s.Ran(context.WithoutCancel(ctx), schedule.ID, err); e != nil {
			return ran + 1, fmt.Errorf("ingest: %w", errors.Join(e, ctx.Err()))
		}
		if ctx.Err() != nil {
			return ran + 1, ctx.Err()
		}
	}
}
