package web

import (
	"net/http"
	"net/url"
	"time"

	"osmanthus/bot"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

type peopleBody struct {
	People []bot.Person `json:"people"`
	More   bool         `json:"more"` // there are more than limit
}

type sessionsBody struct {
	Sessions []bot.Session `json:"sessions"`
	More     bool          `json:"more"`
}

const (
	peopleGiven   = 20
	maxPeople     = 100
	sessionsGiven = 100
	maxSessions   = 500
)

// people answers GET /api/people: who bears a name, or everybody.
func (s *server) people(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	limit, err := number(values, "limit", peopleGiven, 1, maxPeople)
	if err != nil {
		return err
	}
	name, err := words(values, "q")
	if err != nil {
		return err
	}
	filter, err := s.filter(values)
	if err != nil {
		return err
	}
	found, err := bot.People(r.Context(), s.Facts, filter, name, int(limit)+1)
	if err != nil {
		return &fault{kind: faultSearchDown, err: err}
	}
	body := peopleBody{People: bot.LinkedPeople(found, s.base.link), More: len(found) > int(limit)}
	if body.More {
		body.People = body.People[:limit]
	}
	return writeJSON(w, http.StatusOK, body)
}

// sessions answers GET /api/sessions, in the order of their times.
func (s *server) sessions(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	limit, err := number(values, "limit", sessionsGiven, 1, maxSessions)
	if err != nil {
		return err
	}
	filter, err := s.filter(values)
	if err != nil {
		return err
	}
	q := bot.SessionSearch{Filter: filter, Limit: int(limit) + 1}
	for name, into := range map[string]*string{"q": &q.Title, "room": &q.Room, "speaker": &q.Speaker} {
		if *into, err = words(values, name); err != nil {
			return err
		}
	}
	if day := values.Get("day"); day != "" {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			return &fault{kind: faultParameter, args: []any{"name", "day"}}
		}
		q.Day = day
	}
	switch now := values.Get("now"); now {
	case "":
	case "true":
		q.At = s.Now()
	default:
		if q.At, err = time.Parse(time.RFC3339, now); err != nil {
			return &fault{kind: faultParameter, args: []any{"name", "now"}}
		}
	}
	found, err := bot.Sessions(r.Context(), s.Facts, q)
	if err != nil {
		return &fault{kind: faultSearchDown, err: err}
	}
	body := sessionsBody{Sessions: bot.LinkedSessions(found, s.base.link), More: len(found) > int(limit)}
	if body.More {
		body.Sessions = body.Sessions[:limit]
	}
	return writeJSON(w, http.StatusOK, body)
}

// words is a parameter that people type.
func words(values url.Values, name string) (string, error) {
	text := lang.Clean(values.Get(name))
	if n := lang.Graphemes(text); n > bot.MaxQuestion {
		return "", &bot.Error{Code: bot.CodeQuestionLong, Args: []any{"count", n, "limit", bot.MaxQuestion}}
	}
	if text != "" && retrieval.Key(text) == "" {
		return "", &bot.Error{Code: bot.CodeQuestionEmpty}
	}
	return text, nil
}
