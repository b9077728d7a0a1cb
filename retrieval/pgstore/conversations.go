package pgstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"osmanthus/retrieval"
)

// allPermitted holds for a row whose documents are all there still and permitted, and whose asker could see no more than
// the filter does: default deny. %s is the row.
const allPermitted = `%[1]s.audiences <@ @audiences::text[] AND NOT EXISTS (
	SELECT 1 FROM unnest(%[1]s.documents) AS made (document) WHERE NOT EXISTS (
		SELECT 1 FROM documents d WHERE d.id = made.document AND d.version IS NOT NULL AND ` + permitted + `))`

// Turns returns the last turns of a conversation that was used since a time, up to limit, the oldest first, each as
// SaveTurn was given it, without those that the filter does not permit. A conversation that does not exist or has expired
// is retrieval.ErrNotFound.
func (s *Store) Turns(ctx context.Context, f retrieval.Filter, conversation string, since time.Time, limit int) ([][]byte, error) {
	f.Event, f.Kind = "", ""
	args := filterArgs(f)
	args["conversation"], args["since"], args["limit"] = conversation, since, limit
	var turns [][]byte
	err := s.pool.QueryRow(ctx, `
		SELECT coalesce((SELECT array_agg(last.turn::text ORDER BY last.id) FROM (
			SELECT t.id, t.turn FROM turns t
			WHERE t.conversation_id = c.id AND `+fmt.Sprintf(allPermitted, "t")+`
			ORDER BY t.id DESC LIMIT @limit) AS last), '{}')
		FROM conversations c WHERE c.id = @conversation AND c.used_at >= @since`, args).Scan(&turns)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, retrieval.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read turns of a conversation: %w", err)
	}
	return turns, nil
}

// SaveTurn adds a turn, JSON, to a conversation, which is made where it does not exist, and forgets its turns but for the
// last keep. audiences are what the asker could see, documents what the answer was made from.
func (s *Store) SaveTurn(ctx context.Context, conversation string, turn []byte, audiences []retrieval.Audience, documents []int64, now time.Time, keep int) error {
	args := filterArgs(retrieval.Filter{Audiences: audiences, Now: now})
	args["conversation"], args["turn"], args["documents"], args["keep"] = conversation, turn, append([]int64{}, documents...), keep
	return s.inTx(ctx, func(tx pgx.Tx) error {
		for _, sql := range []string{
			`INSERT INTO conversations (id, used_at) VALUES (@conversation, @now) ON CONFLICT (id) DO UPDATE SET used_at = @now`,
			`INSERT INTO turns (conversation_id, turn, audiences, documents) VALUES (@conversation, @turn, @audiences, @documents)`,
			`DELETE FROM turns WHERE conversation_id = @conversation AND id <= (
				SELECT id FROM turns WHERE conversation_id = @conversation ORDER BY id DESC OFFSET @keep LIMIT 1)`,
		} {
			if _, err := tx.Exec(ctx, sql, args); err != nil {
				return fmt.Errorf("keep turn of a conversation: %w", err)
			}
		}
		return nil
	})
}

// DeleteConversation forgets a conversation; that there is none is no error.
func (s *Store) DeleteConversation(ctx context.Context, id string) error {
	if _, err := s.pool.Exec(ctx, "DELETE FROM conversations WHERE id = $1", id); err != nil {
		return fmt.Errorf("delete conversation: %w", err)
	}
	return nil
}

// SweepConversations forgets the conversations not used since a time and returns how many there were.
func (s *Store) SweepConversations(ctx context.Context, since time.Time) (int64, error) {
	tag, err := s.pool.Exec(ctx, "DELETE FROM conversations WHERE used_at < $1", since)
	if err != nil {
		return 0, fmt.Errorf("sweep conversations: %w", err)
	}
	return tag.RowsAffected(), nil
}
