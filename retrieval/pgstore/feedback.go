package pgstore

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"osmanthus/retrieval"
)

// SaveFeedback keeps what somebody thought of an answer, in the place of what was said of it before on the same surface.
// An answer that the filter does not permit is retrieval.ErrNotFound, as one that does not exist.
func (s *Store) SaveFeedback(ctx context.Context, f retrieval.Filter, fb retrieval.Feedback) error {
	f.Event, f.Kind = "", ""
	args := filterArgs(f)
	args["id"], args["surface"], args["reason"], args["value"] = fb.Answer, fb.Surface, fb.Reason, "down"
	if fb.Up {
		args["value"] = "up"
	}
	tag, err := s.pool.Exec(ctx, `
		INSERT INTO feedback (answer_id, surface, value, reason, given_at)
		SELECT a.id, @surface, @value, @reason, @now FROM answers a WHERE a.id = @id AND `+fmt.Sprintf(allPermitted, "a")+`
		ON CONFLICT (answer_id, surface) DO UPDATE SET value = excluded.value, reason = excluded.reason, given_at = excluded.given_at`, args)
	if err != nil {
		return fmt.Errorf("keep feedback: %w", err)
	}
	if tag.RowsAffected() == 0 {
		return retrieval.ErrNotFound
	}
	return nil
}

// Unanswered returns up to limit questions asked since a time that were refused, answered without a source or thought
// badly of, the latest first. It is for the organisers: it filters nothing.
func (s *Store) Unanswered(ctx context.Context, since time.Time, limit int) ([]retrieval.UnansweredQuestion, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT a.id, CASE WHEN a.whole = '' THEN a.question ELSE a.whole END, a.created_at,
			a.kind = 'not_found', coalesce(bad.count, 0) > 0, a.kind <> 'not_found' AND sources.uncited,
			coalesce(bad.reasons, '{}')
		FROM answers a LEFT JOIN LATERAL (
			SELECT count(*), array_agg(f.reason) FILTER (WHERE f.reason <> '') AS reasons
			FROM feedback f WHERE f.answer_id = a.id AND f.value = 'down') AS bad ON true
		CROSS JOIN LATERAL (SELECT jsonb_array_length(coalesce(nullif(a.answer -> 'citations', 'null'), '[]')) = 0
			AND a.answer ->> 'generated_by' IS DISTINCT FROM 'organisers' AS uncited) AS sources
		WHERE a.created_at >= $1 AND (a.kind = 'not_found' OR bad.count > 0
			OR sources.uncited)
		ORDER BY a.created_at DESC, a.id LIMIT $2`, since, limit)
	if err != nil {
		return nil, fmt.Errorf("list unanswered questions: %w", err)
	}
	questions, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (retrieval.UnansweredQuestion, error) {
		var q retrieval.UnansweredQuestion
		err := row.Scan(&q.Answer, &q.Text, &q.Asked, &q.Refused, &q.Down, &q.Uncited, &q.Reasons)
		return q, err
	})
	if err != nil {
		return nil, fmt.Errorf("list unanswered questions: %w", err)
	}
	return questions, nil
}
