package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"osmanthus/retrieval"
)

// SaveAnswer keeps an answer as it was given. What it was made from is a.Documents and every document that its JSON names.
func (s *Store) SaveAnswer(ctx context.Context, a retrieval.KeptAnswer) error {
	args := filterArgs(retrieval.Filter{Audiences: a.Audiences, Now: a.Given})
	args["id"], args["question"], args["whole"], args["lang"], args["kind"], args["answer"] = a.ID, a.Question, a.Whole, a.Lang, a.Kind, a.JSON
	args["documents"] = append([]int64{}, a.Documents...)
	_, err := s.pool.Exec(ctx, `
		INSERT INTO answers (id, question, whole, lang, kind, answer, audiences, created_at, documents)
		VALUES (@id, @question, @whole, @lang, @kind, @answer::jsonb, @audiences, @now, ARRAY(
			SELECT DISTINCT d FROM (
				SELECT unnest(@documents::bigint[]) AS d
				UNION ALL SELECT (named #>> '{}')::bigint FROM jsonb_path_query(@answer::jsonb, '$.**.document ? (@.type() == "number")') AS named) AS made))`, args)
	if err != nil {
		return fmt.Errorf("keep answer %s: %w", a.ID, err)
	}
	return nil
}

// Answer returns an answer as it was given, or retrieval.ErrNotFound: also where its asker could see more than the filter
// permits, or where a document that it was made from has been withdrawn, embargoed or pruned since.
func (s *Store) Answer(ctx context.Context, f retrieval.Filter, id string) (retrieval.KeptAnswer, error) {
	f.Event, f.Kind = "", ""
	args := filterArgs(f)
	args["id"] = id
	a := retrieval.KeptAnswer{ID: id}
	var given time.Time
	err := s.pool.QueryRow(ctx, `
		SELECT a.question, a.whole, a.lang, a.kind, a.answer, a.documents, a.created_at
		FROM answers a WHERE a.id = @id AND `+fmt.Sprintf(allPermitted, "a"), args).
		Scan(&a.Question, &a.Whole, &a.Lang, &a.Kind, &a.JSON, &a.Documents, &given)
	if errors.Is(err, pgx.ErrNoRows) {
		return a, retrieval.ErrNotFound
	}
	if err != nil {
		return a, fmt.Errorf("read answer: %w", err)
	}
	a.Given = given.UTC()
	return a, nil
}
