package bot

import (
	"context"

	"osmanthus/retrieval"
)

// permitted looks a second time at who may see what was found, before anything of it is quoted or sent to a model. The
// store's query is the first look; where this one takes anything out, that one is broken, which is logged as an error
// and counted.
func (r *request) permitted(ctx context.Context, hits []retrieval.Hit) []retrieval.Hit {
	var kept []retrieval.Hit
	withheld := 0
	for _, h := range hits {
		if !r.query.Filter.Permits(h.Access) {
			withheld++
			continue
		}
		var same []retrieval.Hit
		for _, s := range h.Same {
			if r.query.Filter.Permits(s.Access) {
				same = append(same, s)
			} else {
				withheld++
			}
		}
		h.Same = same
		kept = append(kept, h)
	}
	if withheld > 0 {
		r.record.Withheld += withheld
		r.config.Log.ErrorContext(ctx, "search found what the asker may not see", "id", r.answer.ID, "passages", withheld)
	}
	return kept
}

// quoted returns what stands at places, as far as the asker may see it.
func (r *request) quoted(ctx context.Context, places []retrieval.Place) ([]retrieval.Hit, error) {
	hits, err := r.config.Facts.Quote(ctx, r.query.Filter, places)
	return r.permitted(ctx, hits), err
}
