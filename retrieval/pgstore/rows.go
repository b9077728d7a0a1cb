package pgstore

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"osmanthus/retrieval"
)

// current is the filter on rows r of document d: visible, for what has a version of its own.
const current = `d.version = r.version_id AND ` + permitted

// rowSource are the columns of a retrieval.RowSource, of row r, document d and version v.
const rowSource = `r.document_id, r.version_id, d.source, v.title, v.lang, v.date, d.event, d.parallel`

func sourceInto(s *retrieval.RowSource, date **time.Time) []any {
	return []any{&s.Document, &s.Version, &s.Source, &s.Title, &s.Lang, date, &s.Event, &s.Parallel}
}

// Sessions returns the sessions that q asks for, those with a matching title first and the best of them first, else in
// the order of their times.
func (s *Store) Sessions(ctx context.Context, q retrieval.SessionQuery) ([]retrieval.Session, error) {
	args := filterArgs(q.Filter)
	where := current
	and := func(condition, name string, value any) {
		where += " AND " + condition
		args[name] = value
	}
	order := "r.begins NULLS LAST, r.day NULLS LAST, r.document_id, r.ordinal"
	if q.Kind != "" {
		and("r.kind = @session_kind", "session_kind", string(q.Kind))
	}
	if len(q.Titles)+len(q.Terms) > 0 {
		and("(r.title_keys && @titles OR r.terms && @terms)", "titles", append([]string{}, q.Titles...))
		args["terms"] = append([]string{}, q.Terms...)
		// The exact titles, then those that share the most of their words.
		order = `r.title_keys && @titles DESC,
			(SELECT count(DISTINCT t) FROM unnest(r.terms) AS t WHERE t = ANY(@terms))::float8 / greatest(cardinality(r.terms), 1) DESC, ` + order
	}
	for _, c := range []struct {
		condition, name string
		values          []string
	}{
		{"to_char(r.day, 'YYYY-MM-DD') = ANY(@days)", "days", q.Days},
		{"r.room_keys && @rooms", "rooms", q.Rooms},
		{"r.track_keys && @tracks", "tracks", q.Tracks},
		{"r.conference_keys && @conferences", "conferences", q.Conferences},
	} {
		if len(c.values) > 0 {
			and(c.condition, c.name, c.values)
		}
	}
	if q.People != nil {
		and("EXISTS (SELECT 1 FROM session_speakers x WHERE x.session_id = r.id AND x.person_id = ANY(@people))", "people", q.People)
	}
	if q.IDs != nil {
		and("r.id = ANY(@ids)", "ids", q.IDs)
	}
	if q.Documents != nil {
		and("r.document_id = ANY(@documents)", "documents", q.Documents)
	}
	if !q.From.IsZero() {
		and("coalesce(r.ends, r.begins + interval '1 minute') > @under_way_from", "under_way_from", q.From)
	}
	if !q.To.IsZero() {
		and("r.begins < @begins_before", "begins_before", q.To)
	}
	limit := ""
	if q.Limit > 0 {
		limit, args["limit"] = " LIMIT @limit", q.Limit
	}
	rows, err := s.pool.Query(ctx, `
		SELECT `+rowSource+`, r.id, r.kind, r.day, r.begins, r.ends, r.utc_offset, r.zoned, r.said
		FROM sessions r JOIN documents d ON d.id = r.document_id JOIN versions v ON v.id = r.version_id
		WHERE `+where+` ORDER BY `+order+limit, args)
	if err != nil {
		return nil, fmt.Errorf("select sessions: %w", err)
	}
	sessions, err := pgx.CollectRows(rows, scanSession)
	if err != nil {
		return nil, fmt.Errorf("select sessions: %w", err)
	}
	return sessions, s.fillSpeakers(ctx, sessions)
}

func scanSession(row pgx.CollectableRow) (retrieval.Session, error) {
	var s retrieval.Session
	var date, day, begins, ends *time.Time
	var offset int
	var encoded []byte
	err := row.Scan(append(sourceInto(&s.RowSource, &date), &s.ID, &s.Kind, &day, &begins, &ends, &offset, &s.Zoned, &encoded)...)
	if err != nil {
		return s, err
	}
	var words said
	if err := json.Unmarshal(encoded, &words); err != nil {
		return s, fmt.Errorf("read session %d: %w", s.ID, err)
	}
	s.Titles, s.When, s.Room, s.Track, s.Conference, s.Language = words.Titles, words.When, words.Room, words.Track, words.Conference, words.Language
	for _, v := range []*retrieval.Value{&s.When, &s.Room, &s.Track, &s.Conference, &s.Language} {
		v.Version = s.Version
	}
	for i := range s.Titles {
		s.Titles[i].Version = s.Version
	}
	zone := time.FixedZone("", offset)
	for _, t := range []struct {
		from *time.Time
		to   *time.Time
		in   *time.Location
	}{{date, &s.Date, time.UTC}, {day, &s.Day, time.UTC}, {begins, &s.Begins, zone}, {ends, &s.Ends, zone}} {
		if t.from != nil {
			*t.to = t.from.In(t.in)
		}
	}
	return s, nil
}

func (s *Store) fillSpeakers(ctx context.Context, sessions []retrieval.Session) error {
	if len(sessions) == 0 {
		return nil
	}
	at := make(map[int64]int, len(sessions))
	wanted := make([]int64, len(sessions))
	for i, session := range sessions {
		at[session.ID], wanted[i] = i, session.ID
	}
	rows, err := s.pool.Query(ctx, `
		SELECT x.session_id, x.person_id, x.name, x.start_byte, x.end_byte, p.played
		FROM session_speakers x JOIN people p ON p.id = x.person_id
		WHERE x.session_id = ANY($1) ORDER BY x.session_id, x.ordinal`, wanted)
	if err != nil {
		return fmt.Errorf("select speakers: %w", err)
	}
	var id int64
	var sp retrieval.Speaker
	_, err = pgx.ForEachRow(rows, []any{&id, &sp.Person, &sp.Text, &sp.Start, &sp.End, &sp.Played}, func() error {
		session := &sessions[at[id]]
		sp.Version = session.Version
		session.Speakers = append(session.Speakers, sp)
		return nil
	})
	if err != nil {
		return fmt.Errorf("select speakers: %w", err)
	}
	return nil
}

// People returns what documents say of people, a row a name and document, without the parts that are no names.
func (s *Store) People(ctx context.Context, q retrieval.PersonQuery) ([]retrieval.Person, error) {
	args := filterArgs(q.Filter)
	where := current + " AND NOT r.played"
	if q.Keys != nil {
		where += " AND r.keys && @keys"
		args["keys"] = q.Keys
	}
	if q.Within != "" {
		where += " AND r.leads && @pairs"
		args["pairs"] = pairsOf(q.Within)
	}
	if q.Documents != nil {
		where += " AND r.document_id = ANY(@documents)"
		args["documents"] = q.Documents
	}
	if q.IDs != nil {
		where += " AND r.id = ANY(@ids)"
		args["ids"] = q.IDs
	}
	limit := ""
	if q.Limit > 0 {
		limit, args["limit"] = " LIMIT @limit", q.Limit
	}
	rows, err := s.pool.Query(ctx, `
		SELECT `+rowSource+`, r.id, r.name, r.start_byte, r.end_byte, r.forms, r.about_start, r.about_end
		FROM people r JOIN documents d ON d.id = r.document_id JOIN versions v ON v.id = r.version_id
		WHERE `+where+` ORDER BY v.date DESC NULLS LAST, r.document_id, r.ordinal`+limit, args)
	if err != nil {
		return nil, fmt.Errorf("select people: %w", err)
	}
	people, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (retrieval.Person, error) {
		var p retrieval.Person
		var date *time.Time
		err := row.Scan(append(sourceInto(&p.RowSource, &date), &p.ID, &p.Name.Text, &p.Name.Start, &p.Name.End, &p.Forms, &p.About.Start, &p.About.End)...)
		p.Name.Version, p.About.Version = p.Version, p.Version
		if date != nil {
			p.Date = date.UTC()
		}
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("select people: %w", err)
	}
	return people, s.fillTitles(ctx, people)
}

// pairsOf are the runs of two characters of a text and its single ones, which the leads of names are compared with.
func pairsOf(text string) []string {
	runes := []rune(text)
	var out []string
	for i := range runes {
		out = append(out, string(runes[i:i+1]), string(runes[i:min(i+2, len(runes))]))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

func (s *Store) fillTitles(ctx context.Context, people []retrieval.Person) error {
	if len(people) == 0 {
		return nil
	}
	at := make(map[int64]int, len(people))
	wanted := make([]int64, len(people))
	for i, p := range people {
		at[p.ID], wanted[i] = i, p.ID
	}
	rows, err := s.pool.Query(ctx, `
		SELECT person_id, title, organisation, start_byte, end_byte FROM person_titles
		WHERE person_id = ANY($1) ORDER BY person_id, ordinal`, wanted)
	if err != nil {
		return fmt.Errorf("select titles: %w", err)
	}
	var id int64
	var t retrieval.Title
	_, err = pgx.ForEachRow(rows, []any{&id, &t.Title, &t.Organisation, &t.Start, &t.End}, func() error {
		p := &people[at[id]]
		t.Version = p.Version
		p.Titles = append(p.Titles, t)
		return nil
	})
	if err != nil {
		return fmt.Errorf("select titles: %w", err)
	}
	return nil
}

// Known lists the rooms, tracks and conferences of the sessions that f permits, as they are written.
func (s *Store) Known(ctx context.Context, f retrieval.Filter) (retrieval.Known, error) {
	var k retrieval.Known
	err := s.pool.QueryRow(ctx, `
		WITH permitted AS (SELECT r.kind, r.said FROM sessions r JOIN documents d ON d.id = r.document_id WHERE `+current+`)
		SELECT array(SELECT DISTINCT said #>> '{room,text}' FROM permitted WHERE said #>> '{room,text}' <> '' ORDER BY 1),
			array(SELECT DISTINCT said #>> '{track,text}' FROM permitted WHERE said #>> '{track,text}' <> '' ORDER BY 1),
			array(SELECT DISTINCT said #>> '{conference,text}' FROM permitted WHERE said #>> '{conference,text}' <> '' ORDER BY 1),
			(SELECT count(*) FROM permitted WHERE kind = 'session'), (SELECT count(*) FROM permitted WHERE kind = 'meeting')`,
		filterArgs(f)).Scan(&k.Rooms, &k.Tracks, &k.Conferences, &k.Sessions, &k.Meetings)
	if err != nil {
		return k, fmt.Errorf("list rooms and tracks: %w", err)
	}
	return k, nil
}

// Quote returns, for each place, the passage that holds its beginning or comes nearest, as a hit whose Text is what
// stands at the place and whose Start and End are the place's. What the filter does not permit is left out.
func (s *Store) Quote(ctx context.Context, f retrieval.Filter, places []retrieval.Place) ([]retrieval.Hit, error) {
	args := filterArgs(f)
	versions, starts, ends := make([]int64, len(places)), make([]int32, len(places)), make([]int32, len(places))
	for i, p := range places {
		versions[i], starts[i], ends[i] = p.Version, int32(p.Start), int32(p.End)
	}
	args["versions"], args["starts"], args["ends"] = versions, starts, ends
	rows, err := s.pool.Query(ctx, `
		SELECT p.id, p.document_id, p.version_id, p.ordinal, p.lang, v.title, p.heading, p.page, q.start_byte, q.end_byte, d.source, d.audience, d.embargo,
			convert_from(substring(convert_to(v.text, 'UTF8') FROM q.start_byte + 1 FOR q.end_byte - q.start_byte), 'UTF8')
		FROM unnest(@versions::bigint[], @starts::int[], @ends::int[]) WITH ORDINALITY AS q (version_id, start_byte, end_byte, n)
		JOIN versions v ON v.id = q.version_id
		JOIN documents d ON d.id = v.document_id
		JOIN LATERAL (
			SELECT * FROM passages WHERE version_id = q.version_id
			ORDER BY greatest(start_byte - q.start_byte, q.start_byte - end_byte + 1, 0), ordinal LIMIT 1) AS p ON true
		WHERE `+visible+` ORDER BY q.n`, args)
	if err != nil {
		return nil, fmt.Errorf("quote rows: %w", err)
	}
	hits, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (retrieval.Hit, error) {
		var h retrieval.Hit
		var embargo *time.Time
		err := row.Scan(&h.ID, &h.Document, &h.Version, &h.Ordinal, &h.Lang, &h.Title, &h.Heading, &h.Page, &h.Start, &h.End, &h.Source, &h.Audience, &embargo, &h.Text)
		if embargo != nil {
			h.Embargo = *embargo
		}
		return h, err
	})
	if err != nil {
		return nil, fmt.Errorf("quote rows: %w", err)
	}
	return hits, nil
}

// Holding returns up to limit passages that hold all of the terms.
func (s *Store) Holding(ctx context.Context, f retrieval.Filter, terms []string, limit int) ([]retrieval.Passage, error) {
	args := filterArgs(f)
	quoted := make([]string, 0, len(terms))
	for _, t := range lexemes(terms) {
		quoted = append(quoted, quotedLexeme(t))
	}
	if len(quoted) == 0 {
		return nil, nil
	}
	args["terms"], args["limit"] = quoted, limit
	rows, err := s.pool.Query(ctx, `
		SELECT p.id, p.document_id, p.version_id, p.lang, v.title, p.text, p.start_byte, p.end_byte
		FROM passages p JOIN documents d ON d.id = p.document_id JOIN versions v ON v.id = p.version_id
		WHERE p.terms @@ array_to_string(@terms::text[], ' & ')::tsquery AND `+visible+` ORDER BY p.id LIMIT @limit`, args)
	if err != nil {
		return nil, fmt.Errorf("select passages by words: %w", err)
	}
	passages, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (retrieval.Passage, error) {
		var p retrieval.Passage
		err := row.Scan(&p.ID, &p.Document, &p.Version, &p.Lang, &p.Title, &p.Text, &p.Start, &p.End)
		return p, err
	})
	if err != nil {
		return nil, fmt.Errorf("select passages by words: %w", err)
	}
	return passages, nil
}
