package bot

import (
	"context"
	"errors"
	"log/slog"

	"osmanthus/retrieval/lang"
)

// A Record is what is kept of an answer for logs and metrics: nothing of what was asked or said.
type Record struct {
	ID          string
	Lang        lang.Lang
	Kind        Kind   // empty where the answer failed
	GeneratedBy string // the model's name or GeneratedByQuotes
	Failure     Code   // why there is no answer; empty where there is one
	Fallback    string // why the model's text was not given; empty where it was, or where there is no model
	Degraded    []string
	Hits        int
	Citations   int
	Dropped     int  // numbers in the model's text that no source has
	Cached      bool // given again as it was
	Unfaithful  int  // sentences of the model taken out because their passages do not say it
	Withheld    int  // passages that the search found and the asker may not see; more than 0 is a defect
	Timings     Timings
}

// The reasons in Record.Fallback.
const (
	FallbackFailed     = "failed"     // the model did not answer, or not to the end
	FallbackUnsourced  = "unsourced"  // the text cites nothing
	FallbackLeak       = "leak"       // the text repeats its instructions
	FallbackSpent      = "spent"      // the day's allowance of tokens is used up
	FallbackLong       = "long"       // a summary would take more steps than a model may be asked for
	FallbackUnfaithful = "unfaithful" // no sentence of the text stands in the passages it cites
)

func (r *request) finish(ctx context.Context, err error) {
	rec := &r.record
	rec.ID, rec.Lang, rec.Kind, rec.GeneratedBy = r.answer.ID, r.answer.Lang, r.answer.Kind, r.answer.GeneratedBy
	rec.Citations, rec.Timings = len(r.answer.Citations), r.answer.Timings
	level, message := slog.LevelInfo, "answered"
	attrs := []slog.Attr{
		slog.String("id", rec.ID), slog.String("lang", string(rec.Lang)), slog.String("kind", string(rec.Kind)),
		slog.String("generated_by", rec.GeneratedBy), slog.Int("hits", rec.Hits), slog.Int("citations", rec.Citations),
		slog.Int("dropped_citations", rec.Dropped), slog.Bool("cached", rec.Cached), slog.Int("unfaithful", rec.Unfaithful), slog.Int("withheld", rec.Withheld), slog.String("fallback", rec.Fallback), slog.Any("degraded", rec.Degraded),
		slog.Int64("embed_ms", rec.Timings.EmbedMS), slog.Int64("search_ms", rec.Timings.SearchMS),
		slog.Int64("first_token_ms", rec.Timings.FirstTokenMS), slog.Int64("total_ms", rec.Timings.TotalMS),
	}
	var e *Error
	if errors.As(err, &e) {
		rec.Failure, message = e.Code, "not answered"
		attrs = append(attrs, slog.String("failure", string(e.Code)))
		if e.Code == CodeSearchDown || e.Code == CodeInternal {
			level = slog.LevelError
			attrs = append(attrs, slog.Any("error", e.Err))
		}
	}
	r.config.Log.LogAttrs(ctx, level, message, attrs...)
	r.config.Observe(*rec)
}
