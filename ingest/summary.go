package ingest

import (
	"cmp"
	"errors"
	"slices"

	"osmanthus/ingest/source"
)

// A Summary says what a run did; its JSON is what --json prints.
type Summary struct {
	Added          int            `json:"added"`
	Changed        int            `json:"changed"`
	Unchanged      int            `json:"unchanged"`
	Removed        int            `json:"removed"`
	Failed         []Failure      `json:"failed"`
	Skipped        int            `json:"skipped"` // files in folders that were passed over
	SkippedReasons map[string]int `json:"skipped_reasons,omitempty"`
	Queued         int            `json:"queued,omitempty"`     // documents left to workers, because the run was to queue only
	Unfinished     int            `json:"unfinished,omitempty"` // documents that the run did not come to
	Warnings       []Warning      `json:"warnings"`
	Passages       int            `json:"passages"` // of the documents added or changed
	Seconds        float64        `json:"seconds"`
	EmbedderBusy   float64        `json:"embedder_busy"` // share of the time from the first embedding to the last
	Batch          string         `json:"batch"`         // of this run's versions, for the record and for purge
}

// A Failure is a document that was not taken in.
type Failure struct {
	Source string           `json:"source"`
	Code   source.FaultCode `json:"code"`
	Reason string           `json:"reason"` // in no person's language; Explain gives a sentence
	Fault  error            `json:"-"`
}

// A Warning is something that looks wrong in a document that was taken in. Its code is a catalogue key, whose placeholder
// is {detail}.
type Warning struct {
	Source string `json:"source"`
	Code   string `json:"code"`
	Detail string `json:"detail,omitempty"`
}

// Translate gives the text of a catalogue key, with pairs of names and values for its placeholders.
type Translate func(key string, args ...any) string

const megabyte = 1 << 20

// Explain says in a person's language why a document was not taken in.
func Explain(err error, t Translate) string {
	var fault *source.Fault
	if !errors.As(err, &fault) {
		fault = &source.Fault{Code: source.StoreFailed}
	}
	limit := fault.Limit
	switch fault.Code {
	case source.TooLarge, source.TooLong, source.TooMuchUnzipped, source.TooMuchMemory:
		limit = max(1, limit/megabyte)
	}
	return t(fault.Key(), "limit", limit, "detail", plain(fault.Detail))
}

// failure gives an error its code.
func failure(name string, err error) Failure {
	f := Failure{Source: name, Code: source.StoreFailed, Reason: err.Error(), Fault: err}
	var fault *source.Fault
	if errors.As(err, &fault) {
		f.Code = fault.Code
	}
	return f
}

func (s *Summary) skip(reasons map[string]int) {
	if len(reasons) > 0 {
		s.SkippedReasons = reasons
	}
	for _, n := range reasons {
		s.Skipped += n
	}
}

// finish makes the summary the same for the same folder, whatever was ready first.
func (s *Summary) finish() {
	if s.Failed == nil {
		s.Failed = []Failure{}
	}
	if s.Warnings == nil {
		s.Warnings = []Warning{}
	}
	slices.SortStableFunc(s.Failed, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Code, b.Code))
	})
	slices.SortStableFunc(s.Warnings, func(a, b Warning) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Code, b.Code))
	})
}
