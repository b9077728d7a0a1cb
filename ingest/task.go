package ingest

import (
	"context"
	"errors"
	"time"

	"osmanthus/ingest/source"
	"osmanthus/retrieval"
)

// A Task is what a job says of its document; the bytes lie beside it in the queue.
type Task struct {
	Event    string             `json:"event"`
	Source   string             `json:"source"`
	Hash     []byte             `json:"hash"` // as in Version
	Size     int64              `json:"size"` // bytes
	Kind     string             `json:"kind,omitempty"`
	Audience retrieval.Audience `json:"audience"`
	Embargo  time.Time          `json:"embargo,omitzero"`
	Zone     Zone               `json:"zone"` // of embargoes and sessions that name none
	Limits   source.Limits      `json:"limits,omitzero"`
	Origin   Origin             `json:"origin"`
}

// A Zone is a time zone that travels to other machines.
type Zone struct {
	Name   string `json:"name,omitempty"` // as time.LoadLocation knows it; "Local" is the machine's own
	Offset int    `json:"offset"`         // seconds east of UTC when the task was handed in
}

// location is the zone by its name, so that another season has its own offset, where this machine knows it by the same
// offset; else that offset.
func (z Zone) location(now time.Time) *time.Location {
	if place, err := time.LoadLocation(z.Name); err == nil && z.Name != "" {
		if _, offset := now.In(place).Zone(); offset == z.Offset {
			return place
		}
	}
	return time.FixedZone("", z.Offset)
}

// A Parcel is a task with its bytes.
type Parcel struct {
	Task
	Content []byte
}

// An Outcome is what became of a task.
type Outcome struct {
	Status   Status            `json:"status"`
	Passages int               `json:"passages,omitempty"`
	Warnings []string          `json:"warnings,omitempty"` // catalogue keys
	Details  map[string]string `json:"details,omitempty"`  // of the warnings that name something, by key
	Code     source.FaultCode  `json:"code,omitempty"`     // of a failure
	Limit    int64             `json:"limit,omitempty"`
	Detail   string            `json:"detail,omitempty"`
	Reason   string            `json:"reason,omitempty"` // for logs and JSON
}

// Err is why the task failed, nil where it did not.
func (o Outcome) Err() error {
	if o.Status != Failed {
		return nil
	}
	f := &source.Fault{Code: o.Code, Limit: o.Limit, Detail: o.Detail}
	if o.Reason != "" && o.Reason != f.Error() {
		f.Err = errors.New(o.Reason)
	}
	return f
}

// FailedWith is the outcome of a task that ended with err.
func FailedWith(err error) Outcome {
	o := Outcome{Status: Failed, Code: source.StoreFailed, Reason: err.Error()}
	var fault *source.Fault
	if errors.As(err, &fault) {
		o.Code, o.Limit, o.Detail = fault.Code, fault.Limit, fault.Detail
	}
	return o
}

// Urgency says whose jobs are done first.
type Urgency int

// The urgencies.
const (
	Waiting  Urgency = iota // someone waits for the run
	Whenever                // queued for workers
)

// Queue is where tasks wait. Any number of processes share one.
type Queue interface {
	// Submit queues parcels of one event and returns a job for each, in order. A document of the same hash that is queued
	// already keeps its job; an older version that is still queued is forgotten.
	Submit(ctx context.Context, parcels []Parcel, u Urgency) ([]int64, error)
	// Outcomes returns what became of those of the jobs that have ended.
	Outcomes(ctx context.Context, jobs []int64) (map[int64]Outcome, error)
	// Work gives up to documents jobs at a time to handle, its own and others', until ctx ends. Jobs of workers that have
	// died are taken up again.
	Work(ctx context.Context, documents int, handle func(context.Context, Job) error) error
}

// A Job is a task that a worker has taken. Its worker returns an error of the job as it is: the queue tries again what
// Permanent does not rule out.
type Job interface {
	Task() Task
	// Load returns the task's bytes and the hash of the document's current version, nil where there is none. ErrObsolete
	// means that the document was withdrawn or handed in anew.
	Load(ctx context.Context) (content, current []byte, err error)
	// Finish stores v, unless it is nil, and ends the job with the outcome, in one step. It may return ErrObsolete and
	// retrieval.ErrStaleSpace.
	Finish(ctx context.Context, v *Version, o Outcome) error
}

// Stage keeps the embedded passages of long documents until the document is complete.
type Stage interface {
	// Staged calls use with each run of passages kept for the version of this hash that is of the model's present calibration.
	Staged(ctx context.Context, hash []byte, model string, use func(first int, passages []retrieval.IndexedPassage)) error
	// Stage keeps a run of passages; first is the ordinal of its first.
	Stage(ctx context.Context, hash []byte, model string, first int, passages []retrieval.IndexedPassage) error
}

// ErrObsolete ends a job whose document has been withdrawn or handed in anew since.
var ErrObsolete = errors.New("the document was withdrawn or handed in anew")

// ErrUnavailable is wrapped where the store cannot work just now: gone, restarting, full. It says nothing of a document.
var ErrUnavailable = errors.New("the store is not available")

// Permanent reports whether trying again cannot help: the document itself cannot be read.
func Permanent(err error) bool {
	var fault *source.Fault
	return errors.As(err, &fault) && fault.Code != source.IndexFailed && fault.Code != source.StoreFailed && fault.Code != source.Crashed
}

// Postponed reports whether an error says nothing of the document, so that the try does not count.
func Postponed(err error) bool {
	return errors.Is(err, ErrUnavailable) || errors.Is(err, ErrEmbedderDown)
}
