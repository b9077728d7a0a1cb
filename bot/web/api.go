package web

import (
	"context"
	_ "embed" // the description
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"osmanthus/bot"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

//go:embed openapi.json
var description []byte

func (s *server) openAPI(w http.ResponseWriter, _ *http.Request) error {
	return writeBody(w, http.StatusOK, "application/json; charset=utf-8", s.openapi)
}

// A number is a parameter of the address, with its range and what stands for its absence.
func number(values url.Values, name string, absent, least, most int64) (int64, error) {
	text := values.Get(name)
	if text == "" {
		return absent, nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < least || n > most {
		return 0, &fault{kind: faultParameter, args: []any{"name", name}}
	}
	return n, nil
}

// pathID reads {id}. What is no id names nothing.
func pathID(r *http.Request) (int64, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || id <= 0 {
		return 0, retrieval.ErrNotFound
	}
	return id, nil
}

// day reads an optional parameter of the form 2006-01-02.
func day(values url.Values, name string) (time.Time, error) {
	text := values.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, &fault{kind: faultParameter, args: []any{"name", name}}
	}
	return t, nil
}

// filter is what the visitor may see of what the address asks for.
func (s *server) filter(values url.Values) (f retrieval.Filter, err error) {
	f = retrieval.Filter{Event: values.Get("event"), Kind: values.Get("kind"), Audiences: publicOnly(), Now: s.Now()}
	if f.From, err = day(values, "from"); err == nil {
		f.To, err = day(values, "to")
	}
	return f, err
}

// readerURL opens the very version that was read, at bytes start to end of its text.
func readerURL(document, version int64, start, end int) string {
	return fmt.Sprintf("/d/%d?v=%d&from=%d&to=%d#s", document, version, start, end)
}

type searchBody struct {
	Lang     lang.Lang   `json:"lang"` // of the question
	Hits     []searchHit `json:"hits"`
	Degraded []string    `json:"degraded"`
	Timings  struct {
		EmbedMS  int64 `json:"embed_ms"`
		SearchMS int64 `json:"search_ms"`
	} `json:"timings"`
}

type searchHit struct {
	N        int       `json:"n"`
	Passage  int64     `json:"passage"`
	Document int64     `json:"document"`
	Title    string    `json:"title"`
	Lang     lang.Lang `json:"lang"`
	Heading  string    `json:"heading"`
	Text     string    `json:"text"`
	// Score is the reciprocal of the rank. Similarities are not given: they would let a stranger probe the vectors.
	Score float64  `json:"score"`
	Arms  []string `json:"arms"`
	URL   string   `json:"url"`
}

const maxHits = 50

// search answers GET /api/search.
func (s *server) search(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	limit, err := number(values, "limit", retrieval.DefaultLimit, 1, maxHits)
	if err != nil {
		return err
	}
	filter, err := s.filter(values)
	if err != nil {
		return err
	}
	q := retrieval.Query{Text: lang.Clean(values.Get("q")), Filter: filter, Limit: int(limit)}
	if l := lang.Lang(values.Get("lang")); l.Valid() {
		q.Lang = l
	} else if l != "" {
		return &bot.Error{Code: bot.CodeLangUnknown}
	}
	switch n := lang.Graphemes(q.Text); {
	case len(lang.Terms(q.Text)) == 0:
		return &bot.Error{Code: bot.CodeQuestionEmpty}
	case n > bot.MaxQuestion:
		return &bot.Error{Code: bot.CodeQuestionLong, Args: []any{"count", n, "limit", bot.MaxQuestion}}
	}
	result, err := s.Searcher.Search(r.Context(), q)
	if err != nil {
		if r.Context().Err() != nil {
			return &fault{kind: faultGone, err: err}
		}
		return &fault{kind: faultSearchDown, err: err}
	}
	body := searchBody{Lang: result.Lang, Hits: make([]searchHit, len(result.Hits)), Degraded: append([]string{}, result.Degraded...)}
	body.Timings.EmbedMS, body.Timings.SearchMS = result.Embed.Milliseconds(), result.Search.Milliseconds()
	for i, h := range result.Hits {
		body.Hits[i] = searchHit{
			N: i + 1, Passage: h.ID, Document: h.Document, Title: h.Title, Lang: h.Lang, Heading: h.Heading, Text: h.Text,
			Score: math.Round(1000/float64(i+1)) / 1000, Arms: append([]string{}, h.Arms...),
			URL: s.base.link(readerURL(h.Document, h.Version, h.Start, h.End)),
		}
	}
	return writeJSON(w, http.StatusOK, body)
}

type documentBody struct {
	ID       int64     `json:"id"`
	Title    string    `json:"title"`
	Lang     lang.Lang `json:"lang"`
	Kind     string    `json:"kind,omitempty"`
	Event    string    `json:"event,omitempty"`
	Source   string    `json:"source"`
	Date     string    `json:"date,omitempty"` // YYYY-MM-DD
	Ingested time.Time `json:"ingested"`
	Version  int64     `json:"version"`
	Passages int       `json:"passages"`
	Parallel string    `json:"parallel,omitempty"`
	URL      string    `json:"url"`
}

type documentsBody struct {
	Documents []documentBody `json:"documents"`
	Next      int64          `json:"next,omitempty"` // after, for the page that follows; absent on the last
}

type documentTextBody struct {
	documentBody
	Current bool   `json:"current"`
	Text    string `json:"text"`
}

func (s *server) bodyOf(d retrieval.Document) documentBody {
	b := documentBody{
		ID: d.ID, Title: d.Title, Lang: d.Lang, Kind: d.Kind, Event: d.Event, Source: d.Source, Ingested: d.Ingested.UTC(),
		Version: d.Version, Passages: d.Passages, Parallel: d.Parallel, URL: s.base.link(fmt.Sprintf("/d/%d", d.ID)),
	}
	if !d.Date.IsZero() {
		b.Date = d.Date.Format(time.DateOnly)
	}
	return b
}

const (
	pageOfDocuments = 50
	maxDocuments    = 200
)

// documents answers GET /api/documents, a page at a time.
func (s *server) documents(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	after, err := number(values, "after", 0, 0, math.MaxInt64)
	if err != nil {
		return err
	}
	limit, err := number(values, "limit", pageOfDocuments, 1, maxDocuments)
	if err != nil {
		return err
	}
	filter, err := s.filter(values)
	if err != nil {
		return err
	}
	found, err := s.Library.Documents(r.Context(), filter, after, int(limit)+1)
	if err != nil {
		return fmt.Errorf("list documents: %w", err)
	}
	body := documentsBody{Documents: []documentBody{}}
	for i, d := range found {
		if i == int(limit) {
			body.Next = found[i-1].ID
			break
		}
		body.Documents = append(body.Documents, s.bodyOf(d))
	}
	return writeJSON(w, http.StatusOK, body)
}

// document answers GET /api/documents/{id}.
func (s *server) document(w http.ResponseWriter, r *http.Request) error {
	id, err := pathID(r)
	if err != nil {
		return err
	}
	version, err := number(r.URL.Query(), "version", 0, 1, math.MaxInt64)
	if err != nil {
		return err
	}
	opened, err := s.open(r.Context(), id, version)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, documentTextBody{documentBody: s.bodyOf(opened.document), Current: opened.current, Text: opened.text})
}

// readyTime is how long the store may take to say that it is there.
const readyTime = 2 * time.Second

type healthBody struct {
	Status string `json:"status"`
}

// healthy tells that the process runs.
func (s *server) healthy(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusOK, healthBody{"ok"})
}

// ready tells whether questions can be answered.
func (s *server) ready(w http.ResponseWriter, r *http.Request) error {
	w.Header().Set("Cache-Control", "no-store")
	if s.Stopping.Err() != nil {
		return &fault{kind: faultStopping}
	}
	ctx, cancel := context.WithTimeout(r.Context(), readyTime)
	defer cancel()
	if err := s.Health.Ping(ctx); err != nil {
		if errors.Is(r.Context().Err(), context.Canceled) {
			return &fault{kind: faultGone, err: err}
		}
		return &fault{kind: faultNotReady, err: err}
	}
	return writeJSON(w, http.StatusOK, healthBody{"ready"})
}
