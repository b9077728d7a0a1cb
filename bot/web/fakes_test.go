package web

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/ingest/source"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// The one document of these tests. The second sentence is the one that answers cite.
const (
	seminarID   = 7
	seminarText = "The seminar\nIt took place in the Osmanthus Hall. FU Changbo moderated the round table 圆桌会议. <script>alert(1)</script>\n" +
		"Time: 09:00 · Part: Opening\nTime: 10:00 · Part: Keynote"
)

func cite(t testing.TB, sentence string) (from, to int) {
	t.Helper()
	from = strings.Index(seminarText, sentence)
	if from < 0 {
		t.Fatalf("no %q in the document", sentence)
	}
	return from, from + len(sentence)
}

const moderated = "FU Changbo moderated the round table 圆桌会议."

func now() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }

// askFunc is an assistant.
type askFunc func(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error)

func (f askFunc) Ask(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
	return f(ctx, q, emit)
}

// answering streams text with one citation, the way the assistant does.
func answering(t testing.TB, text string) askFunc {
	t.Helper()
	from, to := cite(t, moderated)
	return func(_ context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
		l := bot.AnswerLang(q)
		url := readerURL(seminarID, 3, from, to)
		c := bot.Citation{N: 1, Passage: 5, Document: seminarID, Title: "The seminar", Source: "seminar.md", Lang: lang.English, Quote: moderated, URL: url}
		a := bot.Answer{
			ID: "a1", Lang: l, Kind: bot.KindAnswer, Text: text, GeneratedBy: bot.GeneratedByQuotes, Citations: []bot.Citation{c},
			Timings: bot.Timings{EmbedMS: 1, SearchMS: 2, TotalMS: 3},
		}
		if q.Mode == "summary" {
			of := bot.Covered{Document: seminarID, Title: "The seminar", Lang: lang.English, URL: url}
			left := of
			left.Reason = bot.SkippedLimit
			a.Kind, a.Coverage = bot.KindSummary, &bot.Coverage{Used: []bot.Covered{of}, Skipped: []bot.Covered{left}}
		}
		if emit == nil {
			return a, nil
		}
		half := len(text) / 2
		for half > 0 && text[half]&0xC0 == 0x80 {
			half--
		}
		for _, e := range []bot.Event{
			{Type: bot.EventMeta, Data: bot.Meta{ID: "a1", Lang: l}},
			{Type: bot.EventStatus, Data: bot.Status{Status: bot.StageSearching}},
			{Type: bot.EventSources, Data: bot.Sources{Sources: []bot.Source{{N: 1, Document: seminarID, Title: "The seminar", Lang: lang.English, URL: url}}}},
			{Type: bot.EventStatus, Data: bot.Status{Status: bot.StageWriting}},
			{Type: bot.EventDelta, Data: bot.Delta{Text: text[:half]}},
			{Type: bot.EventDelta, Data: bot.Delta{Text: text[half:]}},
			{Type: bot.EventCitation, Data: c},
			{Type: bot.EventDone, Data: a},
		} {
			if err := emit(e); err != nil {
				return a, err
			}
		}
		return a, nil
	}
}

// searchFunc is a searcher.
type searchFunc func(ctx context.Context, q retrieval.Query) (retrieval.Result, error)

func (f searchFunc) Search(ctx context.Context, q retrieval.Query) (retrieval.Result, error) {
	return f(ctx, q)
}

// shelf is a library of one document, in versions 2 and 3, the latter current.
type shelf struct{}

func document(version int64) retrieval.Document {
	return retrieval.Document{
		ID: seminarID, Source: "seminar.md", Version: version, Title: "The seminar", Lang: lang.English, Audience: retrieval.Public,
		Date: time.Date(2023, 9, 16, 0, 0, 0, 0, time.UTC), Ingested: now(), Passages: 2,
	}
}

func (shelf) Documents(_ context.Context, f retrieval.Filter, after int64, limit int) ([]retrieval.Document, error) {
	if len(f.Audiences) != 1 || f.Audiences[0] != retrieval.Public {
		return nil, errors.New("a stranger sees more than what is public")
	}
	if after >= seminarID || f.Event == "elsewhere" {
		return nil, nil
	}
	other := document(3)
	other.ID = seminarID + 1
	return []retrieval.Document{document(3), other}[:min(2, limit)], nil
}

func (shelf) Document(_ context.Context, f retrieval.Filter, id, version int64) (retrieval.Document, string, []source.Block, error) {
	if len(f.Audiences) != 1 || f.Audiences[0] != retrieval.Public {
		return retrieval.Document{}, "", nil, errors.New("a stranger sees more than what is public")
	}
	if id != seminarID || version != 0 && version != 2 && version != 3 {
		return retrieval.Document{}, "", nil, retrieval.ErrNotFound
	}
	if version == 0 {
		version = 3
	}
	at := func(s string) lang.Span {
		i := strings.Index(seminarText, s)
		return lang.Span{Start: i, End: i + len(s)}
	}
	row1, row2 := at("Time: 09:00 · Part: Opening"), at("Time: 10:00 · Part: Keynote")
	blocks := []source.Block{
		{Kind: source.Heading, Level: 1, Start: 0, End: len("The seminar")},
		{Kind: source.Paragraph, Start: len("The seminar\n"), End: row1.Start - 1},
		{Kind: source.Row, Start: row1.Start, End: row1.End, Cells: []lang.Span{at("09:00"), at("Opening")}},
		{Kind: source.Row, Start: row2.Start, End: row2.End, Cells: []lang.Span{at("10:00"), at("Keynote")}},
	}
	return document(version), seminarText, blocks, nil
}

// programme is the rows of the one document: two parts, one speaker.
type programme struct{}

func (programme) Sessions(_ context.Context, q retrieval.SessionQuery) ([]retrieval.Session, error) {
	if err := strangers(q.Filter); err != nil || q.Filter.Event == "elsewhere" || q.People != nil && !slices.Contains(q.People, 5) {
		return nil, err
	}
	place := retrieval.Place{Version: 3, Start: 105, End: 133}
	var out []retrieval.Session
	for i, title := range []string{"Opening", "Keynote"} {
		begins := time.Date(2026, 5, 1, 12+i, 0, 0, 0, time.FixedZone("", 8*3600))
		s := retrieval.Session{
			ID: int64(i), Kind: retrieval.Talk, Titles: []retrieval.Value{{Text: title, Place: place}}, When: retrieval.Value{Text: "12:00", Place: place},
			Day: begins, Begins: begins, Ends: begins.Add(time.Hour), Zoned: true, Room: retrieval.Value{Text: "Hall B", Place: place},
			Speakers:  []retrieval.Speaker{{Value: retrieval.Value{Text: "FU Changbo", Place: place}, Person: 5}},
			RowSource: retrieval.RowSource{Document: seminarID, Version: 3, Source: "seminar.md", Title: "The seminar", Lang: lang.English, Date: begins},
		}
		if len(q.Days) > 0 && !slices.Contains(q.Days, "2026-05-01") || len(q.Rooms) > 0 && !slices.Contains(q.Rooms, "hallb") ||
			!q.From.IsZero() && (!s.Ends.After(q.From) || !s.Begins.Before(q.To)) {
			continue
		}
		if out = append(out, s); len(out) == q.Limit {
			break
		}
	}
	return out, nil
}

func (programme) People(_ context.Context, q retrieval.PersonQuery) ([]retrieval.Person, error) {
	if err := strangers(q.Filter); err != nil || q.Keys != nil && !slices.ContainsFunc(lang.NameKeys("FU Changbo"), func(k string) bool { return slices.Contains(q.Keys, k) }) {
		return nil, err
	}
	return []retrieval.Person{{
		ID: 5, Name: retrieval.Value{Text: "FU Changbo"}, Forms: []string{"FU Changbo"},
		Titles:    []retrieval.Title{{Title: "Moderator", Organisation: "The seminar", Place: retrieval.Place{Version: 3, Start: 12, End: 60}}},
		RowSource: retrieval.RowSource{Document: seminarID, Version: 3, Source: "seminar.md", Title: "The seminar", Lang: lang.English},
	}}, nil
}

func (programme) Known(_ context.Context, f retrieval.Filter) (retrieval.Known, error) {
	return retrieval.Known{}, strangers(f)
}

// strangers fails for a filter that shows a stranger more than what is public.
func strangers(f retrieval.Filter) error {
	if len(f.Audiences) != 1 || f.Audiences[0] != retrieval.Public {
		return errors.New("a stranger sees more than what is public")
	}
	return nil
}

// given are the answers kept: one.
type given struct{}

func (given) Answer(_ context.Context, f retrieval.Filter, id string) (retrieval.KeptAnswer, error) {
	if err := strangers(f); err != nil || id != "a1" {
		return retrieval.KeptAnswer{}, errors.Join(err, retrieval.ErrNotFound)
	}
	return retrieval.KeptAnswer{
		ID: id, Question: "And where?", Whole: "Where is it?", Lang: lang.English, Kind: "answer", Given: now(),
		JSON: []byte(`{"id":"a1","lang":"en","kind":"answer","text":"In the <b>hall</b>. [1]","generated_by":"quotes","timings":{"embed_ms":0,"search_ms":0,"first_token_ms":0,"total_ms":0},
			"citations":[{"n":1,"passage":5,"document":7,"title":"The seminar","source":"seminar.md","lang":"en","quote":"It took place in the Osmanthus Hall.","url":"/d/7?v=2&from=12&to=48#s"}]}`),
	}, nil
}

func (given) SaveFeedback(_ context.Context, f retrieval.Filter, fb retrieval.Feedback) error {
	if err := strangers(f); err != nil || fb.Answer != "a1" || fb.Surface != "web" {
		return errors.Join(err, retrieval.ErrNotFound)
	}
	return nil
}

// pingFunc is a health check.
type pingFunc func(context.Context) error

func (f pingFunc) Ping(ctx context.Context) error { return f(ctx) }

// config is what a server of these tests is made of; change it before use.
func config(t testing.TB) Config {
	t.Helper()
	catalog, err := locale.New()
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Assistant: answering(t, "The documents say:\n\n> FU Changbo moderated it. [1]"),
		Searcher: searchFunc(func(_ context.Context, q retrieval.Query) (retrieval.Result, error) {
			from, to := cite(t, moderated)
			return retrieval.Result{Lang: lang.Detect(q.Text), Embed: 4 * time.Millisecond, Search: 6 * time.Millisecond, Hits: []retrieval.Hit{{
				Passage: retrieval.Passage{ID: 5, Document: seminarID, Version: 3, Lang: lang.English, Title: "The seminar", Text: moderated, Start: from, End: to},
				Score:   4.2, Arms: []string{retrieval.ArmDense},
			}}}, nil
		}),
		Library: shelf{}, Facts: programme{}, Health: pingFunc(func(context.Context) error { return nil }),
		Answers: given{}, Feedback: given{}, Catalog: catalog, Registry: prometheus.NewRegistry(), Log: slog.New(slog.DiscardHandler), Now: now,
	}
}

// start serves c until the test ends.
func start(t testing.TB, c Config) *httptest.Server {
	t.Helper()
	h, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return startHandler(t, h)
}

func startHandler(t testing.TB, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// request is one request of a table.
type request struct {
	method, path, body string
	header             http.Header
}

func (r request) send(t testing.TB, s *httptest.Server) *http.Response {
	t.Helper()
	method := r.method
	if method == "" {
		method = http.MethodGet
	}
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL+r.path, strings.NewReader(r.body))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	res, err := s.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { res.Body.Close() })
	return res
}
