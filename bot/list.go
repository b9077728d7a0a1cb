package bot

import (
	"cmp"
	"context"
	"regexp"
	"slices"
	"strings"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// tellSessions answers what is asked of sessions that a title names.
func (r *request) tellSessions(ctx context.Context, q route, sessions []retrieval.Session) (bool, error) {
	if q.kind == speakersOf && asksModerator.MatchString(flat(r.query.Text)) {
		moderated := slices.DeleteFunc(slices.Clone(sessions), func(s retrieval.Session) bool { return !asksModerator.MatchString(flat(s.Titles[0].Text)) })
		if len(moderated) == 0 && len(q.titles) == 0 {
			return false, nil // who speaks need not be who moderates
		}
		if len(moderated) > 0 {
			sessions = moderated
		}
	}
	t := telling{kind: KindAnswer}
	for _, s := range merged(sessions) {
		title, when := Escape(r.titleText(s, append(q.titles, q.subject))), whenText(s)
		switch {
		case q.kind == speakersOf:
			if len(s.Speakers) == 0 {
				continue
			}
			key := "answer.row.speakers"
			if s.Kind == retrieval.Meeting {
				key = "answer.row.participants"
			}
			names, places, err := r.bothScripts(ctx, s)
			if err != nil {
				return false, err
			}
			t.say(r.words.T(key, "title", title, "people", r.names(names), "marks", t.mark(places...)))
		case q.kind == whenWhere && when != "" && s.Room.Text != "":
			t.say(r.words.T("answer.row.when_where", "title", title, "when", when, "room", Escape(s.Room.Text), "marks", t.mark(whenPlace(s), s.Room.Place)))
		case q.kind != whereIs && when != "":
			t.say(r.words.T("answer.row.when", "title", title, "when", when, "marks", t.mark(whenPlace(s))))
		case q.kind != whenIs && s.Room.Text != "":
			t.say(r.words.T("answer.row.where", "title", title, "room", Escape(s.Room.Text), "marks", t.mark(s.Room.Place)))
		default:
			continue
		}
		t.sessions = append(t.sessions, SessionOf(s))
	}
	if len(t.lines) == 0 {
		if len(q.titles) == 0 {
			return false, nil // the text may say what the rows do not
		}
		return r.unsaid(ctx, sessions)
	}
	return r.tell(ctx, t)
}

// asksModerator is in questions, and in the titles of a programme's rows, that are of who moderates.
var asksModerator = regexp.MustCompile(`主持|\bmoderat`)

// whenPlace is where a session's time stands; a table's or a transcript's day may stand in its title only.
func whenPlace(s retrieval.Session) retrieval.Place {
	if s.When.Text != "" {
		return s.When.Place
	}
	return s.Titles[0].Place
}

// unsaid refuses, naming the documents of sessions that come near but do not say it.
func (r *request) unsaid(ctx context.Context, sessions []retrieval.Session) (bool, error) {
	var places []retrieval.Place
	for _, s := range sessions[:min(len(sessions), maxNearest)] {
		places = append(places, s.Titles[0].Place)
	}
	if len(places) == 0 {
		return true, r.refuse(nil)
	}
	hits, err := r.quoted(ctx, places)
	if err != nil {
		return false, err
	}
	return true, r.refuse(hits)
}

// merged keeps one of the rows that say the same of the same session.
func merged(sessions []retrieval.Session) []retrieval.Session {
	seen := map[string]bool{}
	var out []retrieval.Session
	for _, s := range sessions {
		key := retrieval.Key(s.Titles[0].Text) + whenText(s) + retrieval.Key(s.Room.Text) + retrieval.Key(strings.Join(speakerNames(s), " "))
		if !seen[key] {
			seen[key] = true
			out = append(out, s)
		}
	}
	return out
}

// Distinct keeps one of the rows that say the same of the same session.
func Distinct(sessions []retrieval.Session) []retrieval.Session { return merged(sessions) }

// sessionsOf lists the sessions or meetings of a person.
func (r *request) sessionsOf(ctx context.Context, q route, known retrieval.Known) (bool, error) {
	given := ""
	if len(q.titles) > 0 {
		given = q.titles[0]
	}
	return r.theirSessions(ctx, q, given, known)
}

// theirSessions answers with the sessions of a person whom the question names.
func (r *request) theirSessions(ctx context.Context, q route, given string, known retrieval.Known) (bool, error) {
	if known.Sessions+known.Meetings == 0 {
		return false, nil
	}
	people, err := r.people(ctx, q, given)
	if err != nil {
		return false, err
	}
	if q.kind != sessionsOf && q.kind != meetingsOf && given == "" && !asksOfSpeaking(r.query.Text) && !sameForm(allForms(people), []string{q.subject}) {
		return false, nil // Where was she born?
	}
	if len(people) == 0 {
		if given != "" {
			return false, nil
		}
		switch {
		case !q.certain || !looksLikeName(q.subject) && !namesSomebody(q.rest):
			return false, nil
		case q.kind == sessionsOf || q.kind == meetingsOf:
			return true, r.refuse(nil)
		case q.sole:
			return r.unknown(ctx, q.subject, false)
		}
		return false, nil // When did somebody present something?
	}
	sessions, err := r.config.Facts.Sessions(ctx, retrieval.SessionQuery{Filter: r.query.Filter, People: personIDs(people)})
	if err != nil {
		return false, err
	}
	if sessions = r.fitting(q, ofKind(sessions, q.kind)); q.foreign != "" || len(sessions) == 0 {
		return r.notTheirs(ctx, q, people)
	}
	sessions = merged(sessions)
	t := telling{kind: KindAnswer}
	if q.kind != sessionsOf && q.kind != meetingsOf && len(sessions) == 1 {
		return r.tellSessions(ctx, q, sessions)
	}
	key := "answer.row.sessions"
	if sessions[0].Kind == retrieval.Meeting {
		key = "answer.row.meetings"
	}
	t.say(r.words.T(key, "people", Escape(nameOf(people, r.answer.Lang)), "count", len(sessions)))
	var lines []string
	for _, s := range sessions[:min(len(sessions), maxListed)] {
		lines = append(lines, r.line(&t, s, false))
		t.sessions = append(t.sessions, SessionOf(s))
	}
	t.say(strings.Join(lines, "\n"))
	if more := len(sessions) - maxListed; more > 0 {
		t.say(r.words.T("answer.row.more", "count", more))
	}
	return r.tell(ctx, t)
}

// asksOfSpeaking reports whether a question of when or where is about somebody's sessions and not another thing.
func asksOfSpeaking(question string) bool {
	asked := flat(question)
	return speaks.MatchString(asked) || wants.MatchString(asked) || sessionNoun.MatchString(asked)
}

func allForms(people []retrieval.Person) []string {
	var out []string
	for _, p := range people {
		out = append(out, p.Forms...)
	}
	return out
}

// sureName is how sure the finder of names must be that a question names somebody, for it to be refused where nobody
// of that name is known.
const sureName = 0.7

func namesSomebody(question string) bool {
	return slices.ContainsFunc(lang.NamesIn(question), func(n lang.NameSpan) bool { return n.Sure >= sureName })
}

// notTheirs is for a person without a session that fits: where the documents that name the person are programmes or
// transcripts, their rows have told; else the text may.
func (r *request) notTheirs(ctx context.Context, q route, people []retrieval.Person) (bool, error) {
	if q.foreign != "" || len(q.events) > 0 || q.when.dated() {
		return true, r.refuse(nil)
	}
	var documents []int64
	for _, p := range people {
		if !slices.Contains(documents, p.Document) {
			documents = append(documents, p.Document)
		}
	}
	sessions, err := r.config.Facts.Sessions(ctx, retrieval.SessionQuery{Filter: r.query.Filter, Documents: documents})
	if err != nil {
		return false, err
	}
	for _, s := range sessions {
		documents = slices.DeleteFunc(documents, func(d int64) bool { return d == s.Document })
	}
	if len(documents) > 0 {
		return false, nil
	}
	return true, r.refuse(nil)
}

func personIDs(people []retrieval.Person) []int64 {
	ids := make([]int64, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	return ids
}

// ofKind keeps what a question about sessions or meetings means, where there is any of it.
func ofKind(sessions []retrieval.Session, kind lookup) []retrieval.Session {
	wanted := retrieval.Talk
	switch kind {
	case meetingsOf:
		wanted = retrieval.Meeting
	case sessionsOf:
	default:
		return sessions
	}
	var out []retrieval.Session
	for _, s := range sessions {
		if s.Kind == wanted {
			out = append(out, s)
		}
	}
	if len(out) == 0 {
		return sessions
	}
	return out
}

// nameOf is the name that a list is headed by, in the answer's language where there is one.
func nameOf(people []retrieval.Person, l lang.Lang) string {
	for _, p := range people {
		if lang.DetectText(p.Name.Text) == l {
			return p.Name.Text
		}
	}
	return people[0].Name.Text
}

// list answers with all sessions of a room, track, day, time or topic.
func (r *request) list(ctx context.Context, q route, known retrieval.Known) (bool, error) {
	if known.Sessions+known.Meetings == 0 {
		return false, nil
	}
	if q.foreign != "" {
		return true, r.refuse(nil)
	}
	sq := retrieval.SessionQuery{Filter: r.query.Filter, Days: q.when.days}
	for _, part := range []struct {
		named []string
		keys  *[]string
	}{{q.rooms, &sq.Rooms}, {q.tracks, &sq.Tracks}, {q.events, &sq.Conferences}} {
		for _, n := range part.named {
			*part.keys = append(*part.keys, retrieval.Keys(n)...)
		}
	}
	if q.meetings {
		sq.Kind = retrieval.Meeting
	}
	topic := cmp.Or(q.topic, q.subject)
	if len(q.rooms)+len(q.tracks) > 0 || len(lang.Terms(topic)) == 0 {
		topic = ""
	}
	bare := topic == "" && len(q.rooms)+len(q.tracks)+len(q.events) == 0 && !q.when.given()
	if bare && q.subject != "" {
		return false, nil
	}
	if topic != "" {
		sq.Terms = lang.Terms(topic)
	}
	sessions, err := r.config.Facts.Sessions(ctx, sq)
	if err != nil {
		return false, err
	}
	if topic != "" {
		sessions = slices.DeleteFunc(sessions, func(s retrieval.Session) bool { return !concerns(s, topic) })
	}
	sessions = merged(q.when.ofDay(r.fitting(q, sessions)))
	slices.SortStableFunc(sessions, func(a, b retrieval.Session) int {
		return cmp.Or(boolCompare(a.Begins.IsZero(), b.Begins.IsZero()), a.Begins.Compare(b.Begins), a.Day.Compare(b.Day))
	})
	if q.when.next && len(sessions) > 0 {
		first := sessions[0].Begins
		sessions = slices.DeleteFunc(sessions, func(s retrieval.Session) bool { return !s.Begins.Equal(first) })
	}
	switch {
	case len(sessions) > 0:
	case topic != "":
		return false, nil // no title says it; a text may
	case len(q.titles) > 0:
		return r.unknown(ctx, q.titles[0], true)
	default:
		return true, r.refuse(nil)
	}
	t := telling{kind: KindAnswer}
	t.say(r.words.T("answer.row.list", "count", len(sessions)))
	var lines []string
	for _, s := range sessions[:min(len(sessions), maxListed)] {
		lines = append(lines, r.line(&t, s, true))
		t.sessions = append(t.sessions, SessionOf(s))
	}
	t.say(strings.Join(lines, "\n"))
	if more := len(sessions) - maxListed; more > 0 {
		t.say(r.words.T("answer.row.more", "count", more))
	}
	return r.tell(ctx, t)
}

// maxListed bounds an answer; a conference's whole programme is within it.
const maxListed = 500

func boolCompare(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// concerns reports whether a session's title or track holds every word of a topic.
func concerns(s retrieval.Session, topic string) bool {
	words := lang.Terms(s.Track.Text)
	for _, t := range s.Titles {
		words = append(words, lang.Terms(t.Text)...)
	}
	for _, w := range lang.Terms(topic) {
		if !slices.Contains(words, w) {
			return false
		}
	}
	return true
}
