package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"osmanthus/bot/locale"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

const (
	// suggestionsKept is how long the questions of an empty page are offered before the documents are looked at again: what is withdrawn
	// is gone from them within a minute, and a hall that opens the page at once costs a few queries.
	suggestionsKept = 30 * time.Second
	// suggestionsTime is how long that look may take; the page opens without them rather than late.
	suggestionsTime = time.Second
	// suggestionRows bounds what is looked at for a kind of question.
	suggestionRows = 50
	// mostKept bounds the events that questions are kept for: their names come from the address.
	mostKept = 64
	// longestEvent is how many bytes the name of an event may have.
	longestEvent = 200
	// longestTitle is how many characters a title may have to stand in a question of one or two lines.
	longestTitle = 60
	// slightTitle is under how many letters, or half as many Han characters, a title is rather that of a break: 签到, 午餐, "Lunch".
	slightTitle = 7
)

// A role is someone who asks, with questions that the documents answer.
type role struct {
	Name      string
	Questions []suggestion
}

type suggestion struct {
	Text string
	Tag  string
}

// suggestions makes questions of what is in, and keeps them a while. It is safe for concurrent use.
type suggestions struct {
	mu   sync.Mutex
	kept map[suggestionKey]keptSuggestions
}

type suggestionKey struct {
	lang  lang.Lang
	event string
}

type keptSuggestions struct {
	roles []role
	at    time.Time
}

// roles are the questions to offer for an event; none where there is nothing to ask of or it could not be looked at.
func (s *server) roles(r *http.Request, words locale.Printer, event string) []role {
	if len(event) > longestEvent {
		return nil
	}
	key, now := suggestionKey{words.Lang(), event}, s.Now()
	s.suggested.mu.Lock()
	found, ok := s.suggested.kept[key]
	s.suggested.mu.Unlock()
	if ok && now.Sub(found.at) < suggestionsKept {
		return found.roles
	}
	ctx, cancel := context.WithTimeout(r.Context(), suggestionsTime)
	defer cancel()
	roles, err := s.suggest(ctx, words, retrieval.Filter{Event: event, Audiences: publicOnly(), Now: now})
	if err != nil {
		s.Log.WarnContext(r.Context(), "no questions to suggest", "request", visitOf(r).id, "error", err)
		return nil
	}
	s.suggested.mu.Lock()
	defer s.suggested.mu.Unlock()
	if s.suggested.kept == nil || len(s.suggested.kept) >= mostKept {
		s.suggested.kept = map[suggestionKey]keptSuggestions{}
	}
	s.suggested.kept[key] = keptSuggestions{roles, now}
	return roles
}

func (s *server) suggest(ctx context.Context, words locale.Printer, f retrieval.Filter) ([]role, error) {
	sessions, err := s.Facts.Sessions(ctx, retrieval.SessionQuery{Filter: f, Kind: retrieval.Talk, From: f.Now, To: f.Now.AddDate(1, 0, 0), Limit: suggestionRows})
	if err == nil && len(sessions) == 0 { // the event is over
		sessions, err = s.Facts.Sessions(ctx, retrieval.SessionQuery{Filter: f, Kind: retrieval.Talk, Limit: suggestionRows})
	}
	people, errPeople := s.Facts.People(ctx, retrieval.PersonQuery{Filter: f, Limit: suggestionRows})
	documents, errDocuments := s.Library.Documents(ctx, f, 0, suggestionRows)
	if err := errors.Join(err, errPeople, errDocuments); err != nil {
		return nil, err
	}
	a := asker{words: words}
	var out []role
	for _, r := range []struct {
		key       string
		questions []string
	}{
		{"web.role.guest", a.ofSessions(sessions)},
		{"web.role.staff", a.ofPeople(people)},
		{"web.role.media", a.ofDocuments(documents)},
	} {
		if len(r.questions) == 0 {
			continue
		}
		role := role{Name: words.T(r.key)}
		for _, q := range r.questions {
			role.Questions = append(role.Questions, suggestion{Text: q, Tag: tag(words.Lang(), q)})
		}
		out = append(out, role)
	}
	return out, nil
}

// An asker words questions in a language.
type asker struct{ words locale.Printer }

// fits reports whether a text can stand in quotation marks in a question: one that has some itself would end them.
func fits(text string) bool {
	return text != "" && !strings.ContainsAny(text, "“”\"「」『』《》\n") && lang.Graphemes(text) <= longestTitle
}

// own puts what is written in the page's language first, and keeps the order otherwise.
func own[T any](a asker, all []T, text func(T) string) []T {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(x, y T) int {
		return cmp.Compare(a.foreign(text(x)), a.foreign(text(y)))
	})
	return out
}

func (a asker) foreign(text string) int {
	if lang.DetectText(text) == a.words.Lang() {
		return 0
	}
	return 1
}

// ofSessions asks where and when one takes place, and who speaks in another.
func (a asker) ofSessions(all []retrieval.Session) []string {
	all = slices.DeleteFunc(own(a, all, titleOf), func(s retrieval.Session) bool { return !fits(titleOf(s)) })
	slices.SortStableFunc(all, func(x, y retrieval.Session) int { return cmp.Compare(slightness(x), slightness(y)) })
	var out []string
	asked := ""
	for _, s := range all {
		key := ""
		switch timed := !s.Begins.IsZero(); {
		case timed && s.Room.Text != "":
			key = "web.suggest.when_where"
		case s.Room.Text != "":
			key = "web.suggest.where"
		case timed:
			key = "web.suggest.when"
		default:
			continue
		}
		asked = titleOf(s)
		out = append(out, a.words.T(key, "title", asked))
		break
	}
	for _, s := range all {
		named := slices.ContainsFunc(s.Speakers, func(p retrieval.Speaker) bool { return p.Person != 0 && !p.Played })
		if named && titleOf(s) != asked {
			return append(out, a.words.T("web.suggest.speakers", "title", titleOf(s)))
		}
	}
	return out
}

// slightness puts registration, meals and breaks last: their names are short, and nobody speaks in them.
func slightness(s retrieval.Session) int {
	width := lang.Graphemes(titleOf(s))
	if lang.DetectText(titleOf(s)) == lang.Chinese {
		width *= 2
	}
	n := 0
	if width < slightTitle {
		n += 2
	}
	if len(s.Speakers) == 0 {
		n++
	}
	return n
}

func titleOf(s retrieval.Session) string {
	if len(s.Titles) == 0 {
		return ""
	}
	return s.Titles[0].Text
}

// ofPeople asks who one is and what another does.
func (a asker) ofPeople(all []retrieval.Person) []string {
	name := func(p retrieval.Person) string { return p.Name.Text }
	var out []string
	seen := ""
	for _, p := range own(a, all, name) {
		if len(p.Titles) == 0 || !fits(name(p)) || name(p) == seen {
			continue
		}
		key := "web.suggest.who"
		if len(out) > 0 {
			key = "web.suggest.position"
		}
		seen = name(p)
		if out = append(out, a.words.T(key, "name", seen)); len(out) == 2 {
			break
		}
	}
	return out
}

// kindsToSum are kinds of document in the order in which a summary of one is of use; the rest come after.
var kindsToSum = [...]string{"report", "transcript", "case"}

// ofDocuments asks for a summary of one and for the main points of another.
func (a asker) ofDocuments(all []retrieval.Document) []string {
	all = slices.DeleteFunc(slices.Clone(all), func(d retrieval.Document) bool { return !fits(d.Title) || d.Kind == "agenda" })
	slices.SortStableFunc(all, func(x, y retrieval.Document) int {
		return cmp.Or(cmp.Compare(usefulness(x), usefulness(y)), y.Date.Compare(x.Date))
	})
	var out []string
	for i, d := range own(a, all, func(d retrieval.Document) string { return d.Title }) {
		out = append(out, a.words.T([...]string{"web.suggest.summary", "web.suggest.points"}[i], "title", d.Title))
		if len(out) == 2 {
			break
		}
	}
	return out
}

func usefulness(d retrieval.Document) int {
	if i := slices.Index(kindsToSum[:], d.Kind); i >= 0 {
		return i
	}
	return len(kindsToSum)
}
