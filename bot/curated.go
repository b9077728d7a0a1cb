package bot

import (
	"context"
	"strings"
	"time"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// Curated finds the answers that the organisers wrote themselves.
type Curated interface {
	// Curated returns the one for a question of the same words or the same meaning, in l where there is one.
	Curated(ctx context.Context, f retrieval.Filter, question string, l lang.Lang) (retrieval.CuratedAnswer, bool, error)
}

// GeneratedByOrganisers is Answer.GeneratedBy where the organisers wrote the text.
const GeneratedByOrganisers = "organisers"

// fromOrganisers gives the organisers' own answer, where they wrote one. That it cannot be looked for leaves the question
// to the documents.
func (r *request) fromOrganisers(ctx context.Context) (bool, error) {
	if r.config.Curated == nil || r.question.Mode == modePeople {
		return false, nil
	}
	found, ok, err := r.config.Curated.Curated(ctx, r.query.Filter, r.query.Text, r.answer.Lang)
	if err != nil {
		r.config.Log.WarnContext(ctx, "organisers' answers not compared by meaning", "id", r.answer.ID, "error", err)
	}
	if !ok || ctx.Err() != nil {
		return false, nil
	}
	r.answer.Kind, r.answer.GeneratedBy, r.answer.Citations = KindAnswer, GeneratedByOrganisers, []Citation{}
	key := "answer.curated"
	if found.Source != "" {
		key = "answer.curated_source"
	}
	said := r.words.T(key, "date", found.Written.Format(time.DateOnly), "source", Escape(found.Source))
	r.answer.Text = strings.TrimSpace(found.Answer) + "\n\n" + said
	return true, r.emit(Event{EventDelta, Delta{r.answer.Text}})
}
