package pgstore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"osmanthus/ingest/facts"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// said is the part of a session that is kept as its document writes it.
type said struct {
	Titles     []retrieval.Value `json:"titles"`
	When       retrieval.Value   `json:"when"`
	Room       retrieval.Value   `json:"room"`
	Track      retrieval.Value   `json:"track"`
	Conference retrieval.Value   `json:"conference"`
	Language   retrieval.Value   `json:"language"`
}

// insertFacts stores what a version says of sessions and people.
func insertFacts(ctx context.Context, tx pgx.Tx, document, version int64, text string, f facts.Facts) error {
	people, err := insertPeople(ctx, tx, document, version, text, f.People)
	if err != nil {
		return fmt.Errorf("insert people: %w", err)
	}
	sessions, err := insertSessions(ctx, tx, document, version, text, f.Sessions)
	if err != nil {
		return fmt.Errorf("insert sessions: %w", err)
	}
	batch := &pgx.Batch{}
	for i, p := range f.People {
		for n, t := range p.Titles {
			at := facts.Quotable(text, t.Span)
			batch.Queue(`
				INSERT INTO person_titles (person_id, ordinal, title, organisation, start_byte, end_byte)
				VALUES ($1, $2, $3, $4, $5, $6)`, people[i], n, t.Title, t.Organisation, at.Start, at.End)
		}
	}
	for i, s := range f.Sessions {
		for n, sp := range s.Speakers {
			at := facts.Quotable(text, sp.Span)
			batch.Queue(`
				INSERT INTO session_speakers (session_id, ordinal, person_id, name, start_byte, end_byte)
				VALUES ($1, $2, $3, $4, $5, $6)`, sessions[i], n, people[sp.Person], sp.Text, at.Start, at.End)
		}
	}
	if batch.Len() == 0 {
		return nil
	}
	if err := tx.SendBatch(ctx, batch).Close(); err != nil {
		return fmt.Errorf("insert titles and speakers: %w", err)
	}
	return nil
}

func insertPeople(ctx context.Context, tx pgx.Tx, document, version int64, text string, people []facts.Person) ([]int64, error) {
	batch := &pgx.Batch{}
	for i, p := range people {
		at := facts.Quotable(text, p.Span)
		batch.Queue(`
			INSERT INTO people (version_id, document_id, ordinal, name, forms, played, keys, leads, start_byte, end_byte, about_start, about_end)
			VALUES (@version, @document, @ordinal, @name, @forms, @played, @keys, @leads, @start, @end, @about_start, @about_end)
			RETURNING id`, pgx.StrictNamedArgs{
			"version": version, "document": document, "ordinal": i, "name": p.Text, "forms": p.Forms, "played": p.Generic,
			"keys": nameKeys(p.Forms), "leads": leads(p.Forms), "start": at.Start, "end": at.End,
			"about_start": p.About.Start, "about_end": p.About.End,
		})
	}
	return ids(ctx, tx, batch)
}

// nameKeys are the keys of every form of a name.
func nameKeys(forms []string) []string {
	keys := []string{}
	for _, f := range forms {
		keys = append(keys, lang.NameKeys(f)...)
	}
	return keys
}

// leads are what a form's key begins with: two characters, or the one there is.
func leads(forms []string) []string {
	out := []string{}
	for _, f := range forms {
		if runes := []rune(retrieval.Key(f)); len(runes) > 0 {
			out = append(out, string(runes[:min(2, len(runes))]))
		}
	}
	return out
}

func insertSessions(ctx context.Context, tx pgx.Tx, document, version int64, text string, sessions []facts.Session) ([]int64, error) {
	batch := &pgx.Batch{}
	for i, s := range sessions {
		words := said{
			When: valueOf(text, s.When), Room: valueOf(text, s.Room), Track: valueOf(text, s.Track),
			Conference: valueOf(text, s.Conference), Language: valueOf(text, s.Language),
		}
		keys, terms := []string{}, []string{}
		for _, t := range s.Titles {
			v := valueOf(text, t)
			if v.Start == v.End { // a title that the text does not hold is the document's: its place is the session's
				at := facts.Quotable(text, s.Span)
				v.Start, v.End = at.Start, at.End
			}
			words.Titles = append(words.Titles, v)
			keys = append(keys, retrieval.Keys(t.Text)...)
			terms = append(terms, lang.Terms(t.Text)...)
		}
		encoded, err := json.Marshal(words)
		if err != nil {
			return nil, fmt.Errorf("encode session: %w", err)
		}
		_, offset := s.Begins.Zone()
		batch.Queue(`
			INSERT INTO sessions (version_id, document_id, ordinal, kind, title_keys, terms, day, begins, ends, utc_offset, zoned,
				room_keys, track_keys, conference_keys, said)
			VALUES (@version, @document, @ordinal, @kind, @keys, @terms, @day, @begins, @ends, @offset, @zoned, @room, @track, @conference, @said)
			RETURNING id`, pgx.StrictNamedArgs{
			"version": version, "document": document, "ordinal": i, "kind": string(s.Kind), "keys": keys, "terms": lexemes(terms),
			"day": orNull(s.Day), "begins": orNull(s.Begins), "ends": orNull(s.Ends), "offset": offset, "zoned": s.Zoned,
			"room": retrieval.Keys(s.Room.Text), "track": retrieval.Keys(s.Track.Text), "conference": retrieval.Keys(s.Conference.Text),
			"said": encoded,
		})
	}
	return ids(ctx, tx, batch)
}

// ids sends inserts that return an id each.
func ids(ctx context.Context, tx pgx.Tx, batch *pgx.Batch) ([]int64, error) {
	out := make([]int64, batch.Len())
	if len(out) == 0 {
		return out, nil
	}
	results := tx.SendBatch(ctx, batch)
	for i := range out {
		if err := results.QueryRow().Scan(&out[i]); err != nil {
			_ = results.Close()
			return nil, err
		}
	}
	return out, results.Close()
}

func valueOf(text string, v facts.Value) retrieval.Value {
	if v.Text == "" {
		return retrieval.Value{}
	}
	at := facts.Quotable(text, v.Span)
	return retrieval.Value{Text: v.Text, Place: retrieval.Place{Start: at.Start, End: at.End}}
}

func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}
