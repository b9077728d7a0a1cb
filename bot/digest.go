package bot

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"osmanthus/prompts"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

const (
	// maxNotes bounds the steps in which a model takes notes, and notesAtOnce how many run at a time: no endpoint minds
	// so few, and the longest summary is done in six rounds.
	maxNotes    = 24
	notesAtOnce = 4
	// notesTime and writeTime are how long one step may take. Notes that are late are replaced by quoted sentences.
	notesTime = 45 * time.Second
	writeTime = 90 * time.Second
	// noteLength is how long the notes of one step may be, in words or characters, and maxNoteText in bytes what is
	// kept of a model that does not keep to it: with maxNotes steps, the notes fit a context of 8,000 tokens.
	noteLength  = 120
	maxNoteText = 1200
	// quotedNotes is how many sentences stand for a step without notes.
	quotedNotes = 3
)

// digest makes a summary with the model: notes on every passage, then one text from all notes. It is not done where the
// model fails or nothing of its text stands in the passages; the answer says so then, and is quoted.
func (r *request) digest(ctx context.Context, b brief, hits []retrieval.Hit, quotes []retrieval.Quote) (done bool, err error) {
	if err := r.emit(Event{EventStatus, Status{StageWriting}}); err != nil {
		return true, err
	}
	steps := stepsOf(hits)
	if len(steps) > maxNotes {
		return false, r.lacking(ctx, FallbackLong, "answer.notice.too_long", fmt.Errorf("%d steps", len(steps)))
	}
	v := newVerifier(r.config.Dictionary, hits)
	notes, removed := r.notes(ctx, b, hits, quotes, steps, v)
	r.record.Unfaithful += removed
	request := prompts.SummaryRequest{
		Traditional: r.answer.Script == Traditional,
		Subject:     b.subject, Length: b.lengthIn(r.answer.Lang), BySpeaker: b.bySpeaker, Notes: strings.Join(notes, "\n"), Boundary: rand.Text(),
	}
	text, dropped, err := r.complete(ctx, request, len(hits), writeTime)
	r.record.Dropped += dropped
	if ctx.Err() != nil {
		return true, &Error{Code: CodeStopped, Err: ctx.Err()}
	}
	if err != nil {
		reason, key := FallbackFailed, "answer.notice.model_failed"
		switch {
		case errors.Is(err, errLeaked):
			reason = FallbackLeak
		case errors.Is(err, ErrSpent):
			reason, key = FallbackSpent, "answer.notice.spent"
		}
		return false, r.lacking(ctx, reason, key, err)
	}
	kept, removed, cited := v.faithful(text)
	if r.record.Unfaithful += removed; len(cited) == 0 {
		return false, r.lacking(ctx, FallbackUnfaithful, "answer.notice.model_unsourced", nil)
	}
	if removed > 0 {
		r.notice("answer.notice.removed")
	}
	used := make([]retrieval.Hit, len(cited))
	sources := make([]Source, len(cited))
	numbers := map[int]int{}
	for i, n := range cited {
		used[i], numbers[n] = hits[n-1], i+1
		sources[i] = source(i+1, hits[n-1], hits[n-1].Start, hits[n-1].End)
	}
	kept = renumbered(kept, numbers)
	r.answer.Kind, r.answer.GeneratedBy = KindSummary, r.config.Model.Name()
	r.answer.Text = kept + "\n\n" + r.answer.Coverage.told(r.words)
	if err := r.emit(Event{EventSources, Sources{sources}}); err != nil {
		return true, err
	}
	if err := r.emit(Event{EventDelta, Delta{r.answer.Text}}); err != nil {
		return true, err
	}
	all := make([]int, len(used))
	for i := range all {
		all[i] = i + 1
	}
	return true, r.cite(ctx, all, used)
}

// lacking notes why the model's text is not given.
func (r *request) lacking(ctx context.Context, reason, key string, err error) error {
	r.config.Log.WarnContext(ctx, "model's summary not used, quoting instead", "id", r.answer.ID, "reason", reason, "error", err)
	r.record.Fallback = reason
	r.notice(key)
	return nil
}

// A step is a run of passages of one document that a prompt has room for: hits[from:to].
type step struct{ from, to int }

func stepsOf(hits []retrieval.Hit) []step {
	var out []step
	tokens := 0
	for i, h := range hits {
		n := lang.Tokens(h.Text)
		if last := len(out) - 1; last >= 0 && tokens+n <= passageTokens {
			out[last].to = i + 1
			tokens += n
			continue
		}
		out = append(out, step{i, i + 1})
		tokens = n
	}
	return out
}

// notes has the model take notes on every step. Where it fails, the step's most central sentences are its notes, so
// that no passage goes unread.
func (r *request) notes(ctx context.Context, b brief, hits []retrieval.Hit, quotes []retrieval.Quote, steps []step, v *verifier) (notes []string, removed int) {
	type result struct {
		text    string
		dropped int
		err     error
	}
	results := make([]result, len(steps))
	slots := make(chan struct{}, notesAtOnce)
	var wait sync.WaitGroup
	for i, s := range steps {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			request := prompts.SummaryRequest{Subject: b.subject, Traditional: r.answer.Script == Traditional, Length: noteLength, Boundary: rand.Text()}
			for n := s.from; n < s.to; n++ {
				h := hits[n]
				request.Passages = append(request.Passages, prompts.Passage{
					N: n + 1, Title: h.Title, Heading: h.Heading, Lang: h.Lang, Page: h.Page, Text: h.Text,
				})
			}
			res := &results[i]
			res.text, res.dropped, res.err = r.complete(ctx, request, len(hits), notesTime)
		})
	}
	wait.Wait()
	for i, res := range results {
		r.record.Dropped += res.dropped
		kept := ""
		if res.err == nil {
			var n int
			kept, n, _ = v.faithful(res.text)
			kept = wholeSentences(kept, maxNoteText)
			removed += n
		} else {
			r.config.Log.WarnContext(ctx, "no notes from the model, taking sentences", "id", r.answer.ID, "error", res.err)
		}
		if kept == "" {
			kept = quotedAsNotes(hits, quotes, steps[i])
		}
		notes = append(notes, kept)
	}
	return notes, removed
}

// wholeSentences keeps the first sentences of text within a size in bytes.
func wholeSentences(text string, size int) string {
	kept := ""
	for _, s := range statements(text) {
		if len(kept)+len(s.text) > size {
			break
		}
		kept += s.text
	}
	return strings.TrimSpace(kept)
}

func quotedAsNotes(hits []retrieval.Hit, quotes []retrieval.Quote, s step) string {
	var of []retrieval.Quote
	for _, q := range quotes {
		if q.Hit >= s.from && q.Hit < s.to {
			of = append(of, q)
		}
	}
	var lines []string
	for _, p := range pick([]section{{quotes: of}}, noteLength, 1) {
		for _, q := range p.quotes[:min(len(p.quotes), quotedNotes)] {
			lines = append(lines, oneLine(q.Text)+" "+citedAs(q.Hit+1))
		}
	}
	return strings.Join(lines, "\n")
}

// errLeaked is why a text that repeats its instructions is not used.
var errLeaked = errors.New("text repeats its instructions")

// complete runs one step of the model and returns its text, guarded, once it is whole.
func (r *request) complete(ctx context.Context, s prompts.SummaryRequest, sources int, limit time.Duration) (text string, dropped int, err error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	system, user, err := r.config.Prompts.Summary(r.answer.Lang, s)
	if err != nil {
		return "", 0, fmt.Errorf("make prompt: %w", err)
	}
	g, leak := &guard{sources: sources}, newLeakDetector(system)
	err = r.config.Model.Stream(ctx, Prompt{System: system, User: user}, func(piece string) error {
		if leak.write(piece) {
			return errLeaked
		}
		g.write(piece)
		return nil
	})
	if err != nil {
		return "", g.dropped, err
	}
	if leak.check() {
		return "", g.dropped, errLeaked
	}
	g.close()
	return strings.TrimSpace(g.text.String()), g.dropped, nil
}

// renumbered gives the sources of a text other numbers.
func renumbered(text string, numbers map[int]int) string {
	return marks.ReplaceAllStringFunc(text, func(m string) string {
		var b strings.Builder
		for _, n := range numbersIn(m) {
			b.WriteString(citedAs(numbers[n]))
		}
		return b.String()
	})
}
