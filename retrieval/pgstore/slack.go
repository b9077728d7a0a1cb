package pgstore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// AcceptDelivery stores a delivery and reports whether it is new and concerns us: not one that is known by one of its
// keys, nor one that follows a lane nobody has joined. Once it returns, some process will deal with it.
func (s *Store) AcceptDelivery(ctx context.Context, d retrieval.Delivery) (bool, error) {
	keys := slices.Sorted(slices.Values(d.Keys)) // in one order: two processes at once must not wait for each other
	var id int64
	err := s.pool.QueryRow(ctx, `
		WITH concerns AS (SELECT WHERE @follows = '' OR EXISTS (SELECT FROM slack_lanes WHERE lane = @follows)),
		fresh AS (
			INSERT INTO slack_keys (key) SELECT unnest(@keys::text[]) FROM concerns ON CONFLICT DO NOTHING RETURNING key),
		joined AS (
			INSERT INTO slack_lanes (lane) SELECT @joins FROM concerns WHERE @joins <> ''
			ON CONFLICT (lane) DO UPDATE SET used_at = now())
		INSERT INTO slack_deliveries (lane, place, payload)
		SELECT @lane, @place, @payload::jsonb WHERE (SELECT count(*) FROM fresh) = cardinality(@keys::text[])
		RETURNING id`, pgx.NamedArgs{
		"keys": keys, "lane": d.Lane, "place": d.Place, "payload": d.Payload, "follows": d.Follows, "joins": d.Joins,
	}).Scan(&id)
	if errors.Is(err, pgx.ErrNoRows) {
		return false, nil
	}
	if err != nil {
		return false, unavailable(fmt.Errorf("store what Slack delivered: %w", err))
	}
	s.wakeSlack()
	return true, nil
}

// wakeSlack has this process look for deliveries at once.
func (s *Store) wakeSlack() {
	select {
	case s.slackWake <- struct{}{}:
	default:
	}
}

// StopLane has the deliveries of a lane that are open stopped, in whichever process they are.
func (s *Store) StopLane(ctx context.Context, lane string) error {
	if _, err := s.pool.Exec(ctx, `UPDATE slack_deliveries SET stopped = true WHERE lane = $1 AND done_at IS NULL`, lane); err != nil {
		return fmt.Errorf("stop what is under way: %w", err)
	}
	s.wakeSlack()
	return nil
}

// NotePosted keeps which messages were posted for a delivery, so that another process edits them rather than post again.
func (s *Store) NotePosted(ctx context.Context, id int64, posted []string) error {
	if _, err := s.pool.Exec(ctx, `UPDATE slack_deliveries SET posted = $2 WHERE id = $1`, id, posted); err != nil {
		return fmt.Errorf("keep what was posted: %w", err)
	}
	return nil
}

// KnownPosts returns those of the messages that were posted for a delivery of the lane other than id.
func (s *Store) KnownPosts(ctx context.Context, lane string, id int64, posts []string) ([]string, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT DISTINCT p FROM slack_deliveries d, unnest(d.posted) AS p WHERE d.lane = $1 AND d.id <> $2 AND p = ANY($3)`, lane, id, posts)
	if err != nil {
		return nil, fmt.Errorf("look for what was posted: %w", err)
	}
	known, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return nil, fmt.Errorf("look for what was posted: %w", err)
	}
	return known, nil
}

// KeepConversation keeps the conversation of a lane.
func (s *Store) KeepConversation(ctx context.Context, lane, conversation string) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO slack_lanes (lane, conversation) VALUES ($1, $2)
		ON CONFLICT (lane) DO UPDATE SET conversation = excluded.conversation, used_at = now()`, lane, conversation)
	if err != nil {
		return fmt.Errorf("keep the thread's conversation: %w", err)
	}
	return nil
}

// NoteWait keeps, for all processes, that Slack has asked not to be called by key for a time.
func (s *Store) NoteWait(ctx context.Context, key string, wait time.Duration) error {
	_, err := s.pool.Exec(ctx, `
		INSERT INTO slack_waits (key, until) VALUES ($1, now() + $2)
		ON CONFLICT (key) DO UPDATE SET until = greatest(slack_waits.until, excluded.until)`, key, wait)
	if err != nil {
		return fmt.Errorf("keep how long Slack asks to wait: %w", err)
	}
	return nil
}

// Waits returns how long Slack has still asked not to be called, by key. The database's clock is the only one asked.
func (s *Store) Waits(ctx context.Context) (map[string]time.Duration, error) {
	rows, err := s.pool.Query(ctx, `SELECT key, until - now() FROM slack_waits WHERE until > now()`)
	if err != nil {
		return nil, fmt.Errorf("read how long Slack asks to wait: %w", err)
	}
	out := map[string]time.Duration{}
	var key string
	var wait time.Duration
	if _, err := pgx.ForEachRow(rows, []any{&key, &wait}, func() error { out[key] = wait; return nil }); err != nil {
		return nil, fmt.Errorf("read how long Slack asks to wait: %w", err)
	}
	return out, nil
}

// SetPersonLang keeps the language that a person chose; the empty one forgets it.
func (s *Store) SetPersonLang(ctx context.Context, person string, l lang.Lang) error {
	var err error
	if l == "" {
		_, err = s.pool.Exec(ctx, `DELETE FROM slack_people WHERE person = $1`, person)
	} else {
		_, err = s.pool.Exec(ctx, `
			INSERT INTO slack_people (person, lang) VALUES ($1, $2) ON CONFLICT (person) DO UPDATE SET lang = excluded.lang`, person, l)
	}
	if err != nil {
		return fmt.Errorf("keep a person's language: %w", err)
	}
	return nil
}

// PersonLang returns the language that a person chose; empty where they chose none.
func (s *Store) PersonLang(ctx context.Context, person string) (lang.Lang, error) {
	var l lang.Lang
	err := s.pool.QueryRow(ctx, `SELECT lang FROM slack_people WHERE person = $1`, person).Scan(&l)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read a person's language: %w", err)
	}
	return l, nil
}

// SweepSlack forgets what was dealt with and the keys of what was delivered before delivered, and the threads not used
// since lanes. It returns how many deliveries there were.
func (s *Store) SweepSlack(ctx context.Context, delivered, lanes time.Time) (int64, error) {
	var n int64
	err := s.inTx(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM slack_deliveries WHERE done_at < $1`, delivered)
		if err != nil {
			return err
		}
		n = tag.RowsAffected()
		if _, err := tx.Exec(ctx, `DELETE FROM slack_keys WHERE seen_at < $1`, delivered); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM slack_waits WHERE until < now()`); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `DELETE FROM slack_lanes WHERE used_at < $1`, lanes)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("sweep what Slack delivered: %w", err)
	}
	return n, nil
}

// NewestDocuments returns up to limit current documents, those taken in last first, and how many there are.
func (s *Store) NewestDocuments(ctx context.Context, f retrieval.Filter, limit int) ([]retrieval.Document, int, error) {
	args := filterArgs(f)
	args["limit"] = limit
	total := 0
	rows, err := s.pool.Query(ctx, `
		SELECT `+documentColumns+`, count(*) OVER () FROM documents d JOIN versions v ON v.id = d.version
		WHERE `+permitted+` ORDER BY v.ingested_at DESC, d.id DESC LIMIT @limit`, args)
	if err != nil {
		return nil, 0, fmt.Errorf("list the newest documents: %w", err)
	}
	documents, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (retrieval.Document, error) { return scanDocument(row, &total) })
	if err != nil {
		return nil, 0, fmt.Errorf("list the newest documents: %w", err)
	}
	return documents, total, nil
}

// OpenDeliveries is how many deliveries are not dealt with yet.
func (s *Store) OpenDeliveries(ctx context.Context) (n int, err error) {
	if err = s.pool.QueryRow(ctx, `SELECT count(*) FROM slack_deliveries WHERE done_at IS NULL`).Scan(&n); err != nil {
		return 0, fmt.Errorf("count deliveries: %w", err)
	}
	return n, nil
}
