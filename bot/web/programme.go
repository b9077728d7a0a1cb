package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"osmanthus/bot/locale"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// A Shelf is what there is to browse.
type Shelf interface {
	// Shelf lists the events, the kinds and the programme's days.
	Shelf(ctx context.Context, f retrieval.Filter) (retrieval.Shelf, error)
	// DocumentPage returns a page of the documents and how many there are in all.
	DocumentPage(ctx context.Context, q retrieval.DocumentPage) ([]retrieval.Document, int, error)
	// Parallel returns the version of a document in the other language, or retrieval.ErrNotFound.
	Parallel(ctx context.Context, f retrieval.Filter, id int64) (retrieval.Document, error)
}

const (
	// maxProgramme bounds a day of the programme, and the whole of it in a calendar file.
	maxProgramme = 500
	// maxUpcoming is among how many items those that begin next are looked for.
	maxUpcoming = 100
)

// A choice is one of several ways to see a page.
type choice struct {
	Name    string
	Tag     string // of the name's language; empty: the page's
	Count   int
	URL     string
	Current bool
}

// A programmePage is the data of the template "programme".
type programmePage struct {
	frame
	Events   []choice
	Days     []choice
	Ways     []choice // by time, by room
	Day      string
	Now      []item
	Next     []item
	Groups   []itemGroup
	More     bool // than are shown
	Calendar string
	Script   map[string]string
}

type itemGroup struct {
	Heading tagged // of a room; empty by time
	Items   []item
}

// personURL is the page of a person, by a name.
func personURL(name string) string { return "/people/" + url.PathEscape(name) }

// programmeFilter reads what pages beside the chat are filtered by: the event alone.
func (s *server) eventFilter(values url.Values) (retrieval.Filter, error) {
	event := lang.Clean(values.Get("event"))
	if lang.Graphemes(event) > maxEventName {
		return retrieval.Filter{}, &fault{kind: faultParameter, args: []any{"name", "event"}}
	}
	return retrieval.Filter{Event: event, Audiences: publicOnly(), Now: s.Now()}, nil
}

// maxEventName is longer than any event's name, in characters.
const maxEventName = 200

// programme answers GET /programme: a day of it, by time or by room.
func (s *server) programme(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	filter, err := s.eventFilter(values)
	if err != nil {
		return err
	}
	asked, err := day(values, "day")
	if err != nil {
		return err
	}
	shelf, err := s.Shelf.Shelf(r.Context(), filter)
	if err != nil {
		return fmt.Errorf("open programme: %w", err)
	}
	now, next, err := s.aroundNow(r.Context(), filter)
	if err != nil {
		return err
	}
	if asked.IsZero() {
		asked = chosenDay(shelf.Days, next, now, s.Now())
	}
	s.rememberLang(w, r)
	p := programmePage{}
	words := s.Catalog.For(negotiate(r))
	p.frame = s.frame(r, words.T("web.programme.title"))
	p.Script = words.Prefix("web.programme.script.")
	p.Now, p.Next = s.items(words, now), s.items(words, next)
	query := retrieval.SessionQuery{Filter: filter, Kind: retrieval.Talk, Limit: maxProgramme + 1}
	byRoom := values.Get("by") == "room"
	at := func(day time.Time, by string) string {
		v := url.Values{}
		if filter.Event != "" {
			v.Set("event", filter.Event)
		}
		if !day.IsZero() {
			v.Set("day", day.Format(time.DateOnly))
		}
		if by != "" {
			v.Set("by", by)
		}
		return address("/programme", v)
	}
	by := ""
	if byRoom {
		by = "room"
	}
	if !asked.IsZero() {
		query.Days = []string{asked.Format(time.DateOnly)}
		p.Day = dayText(words, asked)
	}
	for _, d := range shelf.Days {
		p.Days = append(p.Days, choice{Name: dayText(words, d.Date), URL: at(d.Date, by), Current: d.Date.Equal(asked)})
	}
	p.Ways = []choice{
		{Name: words.T("web.programme.by_time"), URL: at(asked, ""), Current: !byRoom},
		{Name: words.T("web.programme.by_room"), URL: at(asked, "room"), Current: byRoom},
	}
	if p.Events, err = s.eventChoices(r.Context(), words, "/programme", filter.Event); err != nil {
		return err
	}
	found, err := s.Facts.Sessions(r.Context(), query)
	if err != nil {
		return &fault{kind: faultSearchDown, err: err}
	}
	if p.More = len(found) > maxProgramme; p.More {
		found = found[:maxProgramme]
	}
	items := s.items(words, found)
	for i := range items {
		if slices.ContainsFunc(p.Next, func(n item) bool { return n.ID == items[i].ID }) {
			items[i].State = itemNext
		}
	}
	p.Groups = grouped(items, byRoom, words)
	p.Calendar = calendarURL(filter.Event, "", 0)
	return s.render(w, r, http.StatusOK, "programme", p)
}

// address is a path with its parameters, where there are any.
func address(path string, v url.Values) string {
	if len(v) == 0 {
		return path
	}
	return path + "?" + v.Encode()
}

// eventChoices are the events that a page can be narrowed to; none where there is but one.
func (s *server) eventChoices(ctx context.Context, words locale.Printer, path, current string) ([]choice, error) {
	all, err := s.Shelf.Shelf(ctx, retrieval.Filter{Audiences: publicOnly(), Now: s.Now()})
	if err != nil {
		return nil, fmt.Errorf("list events: %w", err)
	}
	out := []choice{{Name: words.T("web.events.all"), URL: path, Current: current == ""}}
	for _, e := range all.Events {
		if e.Name != "" {
			out = append(out, choice{Name: e.Name, Tag: tagOf(e.Name).Tag, URL: address(path, url.Values{"event": {e.Name}}), Current: e.Name == current})
		}
	}
	if len(out) < 2 || len(out) == 2 && len(all.Events) == 1 {
		return nil, nil
	}
	return out, nil
}

// aroundNow returns what is under way by the clock and what begins next. A session whose document does not say in which
// zone it is held cannot be compared with the clock and is neither.
func (s *server) aroundNow(ctx context.Context, f retrieval.Filter) (now, next []retrieval.Session, err error) {
	found, err := s.Facts.Sessions(ctx, retrieval.SessionQuery{Filter: f, Kind: retrieval.Talk, From: s.Now(), Limit: maxUpcoming})
	if err != nil {
		return nil, nil, &fault{kind: faultSearchDown, err: err}
	}
	for _, session := range found {
		switch {
		case !session.Zoned || session.Begins.IsZero():
		case !session.Begins.After(s.Now()):
			now = append(now, session)
		case len(next) == 0 || session.Begins.Equal(next[0].Begins):
			next = append(next, session)
		}
	}
	return now, next, nil
}

// chosenDay is the day that is opened where none is asked for: today, else the next one, else the last.
func chosenDay(days []retrieval.Day, next, under []retrieval.Session, now time.Time) time.Time {
	for _, s := range append(slices.Clone(under), next...) {
		if !s.Day.IsZero() {
			return s.Day
		}
	}
	today := now.UTC().Truncate(24 * time.Hour)
	for _, d := range days {
		if !d.Date.Before(today) {
			return d.Date
		}
	}
	if len(days) == 0 {
		return time.Time{}
	}
	return days[len(days)-1].Date
}

// calendarURL is the address of a calendar file: of an event, of a day or of one session.
func calendarURL(event, day string, session int64) string {
	v := url.Values{}
	if event != "" {
		v.Set("event", event)
	}
	if day != "" {
		v.Set("day", day)
	}
	if session > 0 {
		v.Set("session", strconv.FormatInt(session, 10))
	}
	return address("/programme.ics", v)
}
