package bot

import (
	"context"
	"errors"
	"slices"
	"strings"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// Rows are what documents say of sessions and people, read out of them when they were taken in. Every method shows only
// what its filter permits.
type Rows interface {
	Sessions(ctx context.Context, q retrieval.SessionQuery) ([]retrieval.Session, error)
	People(ctx context.Context, q retrieval.PersonQuery) ([]retrieval.Person, error)
	// Known lists the rooms, tracks and conferences there are.
	Known(ctx context.Context, f retrieval.Filter) (retrieval.Known, error)
}

// Quoter gives the words that rows were read from.
type Quoter interface {
	// Quote returns a hit for each place that the filter permits, in order: Text is what stands there, Start and End are
	// the place's.
	Quote(ctx context.Context, f retrieval.Filter, places []retrieval.Place) ([]retrieval.Hit, error)
	// Holding returns up to limit passages that hold all of the terms.
	Holding(ctx context.Context, f retrieval.Filter, terms []string, limit int) ([]retrieval.Passage, error)
}

// Facts answer look-ups.
type Facts interface {
	Rows
	Quoter
}

const (
	// titleCandidates is how many sessions, those sharing the most words with a title first, are compared with it.
	titleCandidates = 60
	// heldPassages is how many passages with all words of a title or name are looked through for it.
	heldPassages = 20
)

// lookUp answers a question that rows answer, and reports whether it is done with: answered, or refused because what
// it names is in no row and no document.
func (r *request) lookUp(ctx context.Context) (handled bool, err error) {
	if r.config.Facts == nil {
		return false, nil
	}
	handled, err = r.fromRows(ctx)
	var e *Error
	if err != nil && !errors.As(err, &e) {
		err = &Error{Code: CodeSearchDown, Err: err}
	}
	return handled, err
}

func (r *request) fromRows(ctx context.Context) (bool, error) {
	known, err := r.config.Facts.Known(ctx, r.query.Filter)
	if err != nil {
		return false, err
	}
	q := routeOf(r.query.Text, known)
	if r.question.Mode == modePeople {
		if q.kind != whoIs || q.subject == "" && len(q.titles) == 0 {
			q.kind, q.subject = whoIs, strings.TrimSpace(r.query.Text)
		}
		q.certain = true
	}
	switch q.kind {
	case noLookup:
		return false, nil
	case whoIs:
		return r.person(ctx, q)
	case sessionsOf, meetingsOf:
		return r.sessionsOf(ctx, q, known)
	case listOf:
		return r.list(ctx, q, known)
	}
	return r.session(ctx, q, known)
}

// session answers who, when and where of a session, a meeting, or somebody's sessions.
func (r *request) session(ctx context.Context, q route, known retrieval.Known) (bool, error) {
	named, err := r.findSessions(ctx, q)
	if err != nil {
		return false, err
	}
	if found := r.fitting(q, named); len(found) > 0 && q.foreign == "" {
		return r.tellSessions(ctx, q, found)
	}
	if len(named) > 0 && len(q.titles) > 0 {
		return r.unsaid(ctx, named) // of another day or conference
	}
	if len(q.titles) > 0 {
		if q.kind != speakersOf && looksLikeName(q.titles[0]) {
			// A quoted name: When does "Gobby Chen" speak?
			if handled, err := r.theirSessions(ctx, q, q.titles[0], known); handled || err != nil {
				return handled, err
			}
		}
		return r.unknown(ctx, q.titles[0], true)
	}
	if q.kind == speakersOf || !q.sole && !asksOfSpeaking(r.query.Text) {
		return false, nil
	}
	return r.theirSessions(ctx, q, "", known)
}

// findSessions returns the sessions that a title of the question names: quoted, or standing whole in the question.
func (r *request) findSessions(ctx context.Context, q route) ([]retrieval.Session, error) {
	if q.foreign != "" && len(q.titles) == 0 {
		return nil, nil
	}
	whole := newAligned(r.query.Text)
	for _, title := range q.titles {
		found, err := r.config.Facts.Sessions(ctx, retrieval.SessionQuery{
			Filter: r.query.Filter, Titles: append(retrieval.Keys(title), titleKey(title)), Terms: lang.Terms(title), Limit: titleCandidates,
		})
		if err != nil {
			return nil, err
		}
		best := bestTitles(found, func(s retrieval.Session) float64 {
			for _, t := range s.Titles { // the marks may be part of the title: 「甲」團隊來訪
				if from, _ := whole.find(t.Text); from >= 0 && len(t.Text) > len(title) && strings.Contains(retrieval.Key(t.Text), retrieval.Key(title)) {
					return sameTitle
				}
			}
			return titleMatch(title, s.Titles)
		})
		if len(best) > 0 {
			return best, nil
		}
	}
	if len(q.titles) > 0 || strings.TrimSpace(q.rest) == "" {
		return nil, nil
	}
	terms := lang.Terms(q.rest)
	if len(terms) == 0 {
		return r.acrossTitles(ctx, q.rest)
	}
	found, err := r.config.Facts.Sessions(ctx, retrieval.SessionQuery{
		Filter: r.query.Filter, Titles: retrieval.Keys(q.subject), Terms: terms, Limit: titleCandidates,
	})
	if err != nil {
		return nil, err
	}
	rest := newAligned(q.rest)
	best := bestTitles(found, func(s retrieval.Session) float64 {
		if m := titleMatch(q.subject, s.Titles); m >= nearTitle {
			return m
		}
		for _, t := range s.Titles {
			if from, to := rest.find(t.Text); from >= 0 && longEnough(retrieval.Key(rest.flat[from:to])) && rest.littleBut(from, to) {
				return headTitle + 0.0001*float64(min(to-from, 400)) // of two titles the longer
			}
		}
		return 0
	})
	if len(best) == 0 {
		return r.acrossTitles(ctx, q.rest)
	}
	return best, nil
}

// bestTitles keeps the sessions that match best, where they match at all.
func bestTitles(sessions []retrieval.Session, match func(retrieval.Session) float64) []retrieval.Session {
	best := nearTitle
	var out []retrieval.Session
	for _, s := range sessions {
		switch m := match(s); {
		case m < best:
		case m > best:
			best, out = m, []retrieval.Session{s}
		default:
			out = append(out, s)
		}
	}
	return out
}

// fitting keeps the sessions of the conference, day, room and track that the question names.
func (r *request) fitting(q route, sessions []retrieval.Session) []retrieval.Session {
	var out []retrieval.Session
	for _, s := range sessions {
		if fits(s.Conference, q.events) && fits(s.Room, q.rooms) && fits(s.Track, q.tracks) && q.when.allows(s, r.start) {
			out = append(out, s)
		}
	}
	return out
}

// fits reports whether a row's value is one of those named, where any is named and the row has one.
func fits(v retrieval.Value, named []string) bool {
	if len(named) == 0 || v.Text == "" {
		return true
	}
	return slices.ContainsFunc(named, func(n string) bool {
		return slices.ContainsFunc(retrieval.Keys(n), func(k string) bool { return slices.Contains(retrieval.Keys(v.Text), k) })
	})
}

// unknown refuses where no document holds the title or name that the question names, and leaves the question to the
// passages where one does.
func (r *request) unknown(ctx context.Context, name string, title bool) (bool, error) {
	held, err := r.holds(ctx, name)
	if err != nil || held {
		return false, err
	}
	if !title {
		return true, r.refuse(nil)
	}
	near, err := r.config.Facts.Sessions(ctx, retrieval.SessionQuery{Filter: r.query.Filter, Terms: lang.Terms(name), Limit: maxNearest})
	if err != nil {
		return false, err
	}
	return r.unsaid(ctx, near)
}

// holds reports whether a document holds a title or name word by word.
func (r *request) holds(ctx context.Context, name string) (bool, error) {
	passages, err := r.config.Facts.Holding(ctx, r.query.Filter, lang.Terms(name), heldPassages)
	if err != nil {
		return false, err
	}
	key := retrieval.Key(name)
	for _, p := range passages {
		if strings.Contains(retrieval.Key(p.Text), key) {
			return true, nil
		}
	}
	return false, nil
}
