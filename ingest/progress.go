package ingest

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode"

	"github.com/schollz/progressbar/v3"

	"osmanthus/retrieval/lang"
)

// A Reporter shows a run's progress: a bar on a terminal, else a line a document that was changed or failed.
type Reporter struct {
	w         io.Writer
	translate Translate
	terminal  bool
	bar       *progressbar.ProgressBar
}

// NewReporter returns a reporter that writes to w.
func NewReporter(w io.Writer, terminal bool, t Translate) *Reporter {
	return &Reporter{w: w, translate: t, terminal: terminal}
}

// Show is for Options.Progress. What cannot be written must not stop a run, so errors of w are let go.
func (r *Reporter) Show(p Progress) {
	if r.terminal {
		if r.bar == nil {
			r.bar = progressbar.NewOptions(p.Total,
				progressbar.OptionSetWriter(r.w), progressbar.OptionSetDescription(r.translate("ingest.progress.bar")),
				progressbar.OptionShowCount(), progressbar.OptionSetPredictTime(true), progressbar.OptionSetWidth(24),
				progressbar.OptionClearOnFinish())
		}
		if p.Status == Failed {
			_ = r.bar.Clear()
			r.line(p)
		}
		_ = r.bar.Set(p.Done)
		return
	}
	if p.Source != "" && p.Status != Unchanged {
		r.line(p)
	}
}

func (r *Reporter) line(p Progress) {
	words := r.translate("ingest.status.added")
	switch {
	case p.Fault != nil:
		words = Explain(p.Fault, r.translate)
	case p.Status == Changed:
		words = r.translate("ingest.status.changed")
	}
	fmt.Fprintln(r.w, r.translate("ingest.progress.line", "done", p.Done, "total", p.Total, "source", plain(p.Source), "status", words))
}

// Finish clears the bar and writes what the run did: its figures, and what failed before its first document.
func (r *Reporter) Finish(s Summary) {
	if r.bar != nil {
		_ = r.bar.Clear()
	}
	for _, f := range s.Failed {
		fmt.Fprintln(r.w, r.translate("ingest.summary.failed", "source", plain(f.Source), "reason", Explain(f.Fault, r.translate)))
	}
	r.warnings(s.Warnings)
	fmt.Fprintln(r.w, r.translate("ingest.summary.figures", "added", s.Added, "changed", s.Changed, "unchanged", s.Unchanged,
		"removed", s.Removed, "failed", len(s.Failed), "skipped", s.Skipped, "passages", s.Passages,
		"seconds", fmt.Sprintf("%.1f", s.Seconds)))
	if s.Batch != "" && s.Added+s.Changed+s.Queued > 0 {
		fmt.Fprintln(r.w, r.translate("ingest.summary.batch", "batch", s.Batch))
	}
	if s.Queued > 0 {
		fmt.Fprintln(r.w, r.translate("ingest.summary.queued", "number", s.Queued))
	}
	if s.Unfinished > 0 {
		fmt.Fprintln(r.w, r.translate("ingest.summary.unfinished", "number", s.Unfinished))
	}
}

// maxNamed is how many documents are named for one kind of warning; JSON has them all.
const maxNamed = 5

// warnings writes what looks wrong, one kind after the other, because a folder without dates would fill the screen.
func (r *Reporter) warnings(all []Warning) {
	var codes []string
	of := map[string][]Warning{}
	for _, w := range all {
		if of[w.Code] == nil {
			codes = append(codes, w.Code)
		}
		of[w.Code] = append(of[w.Code], w)
	}
	slices.Sort(codes)
	for _, code := range codes {
		for _, w := range of[code][:min(len(of[code]), maxNamed)] {
			fmt.Fprintln(r.w, r.translate("ingest.summary.warning", "source", plain(w.Source), "reason", r.translate(code, "detail", plain(w.Detail))))
		}
		if more := len(of[code]) - maxNamed; more > 0 {
			fmt.Fprintln(r.w, r.translate("ingest.summary.more", "number", more, "reason", r.translate(code, "detail", "…")))
		}
	}
}

// plain makes a name fit for a terminal: a file's name may hold control characters.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, lang.Clean(s))
}
