package web

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

const (
	// pressDocuments is how many documents, the newest first, can be chosen on the press page itself; others are chosen
	// from the list of documents.
	pressDocuments = 100
	// pressQuotations, pressNumbers and pressPeople bound a press kit to two pages or so.
	pressQuotations = 12
	pressNumbers    = 6
	pressPeople     = 30
	pressSessions   = 12
	pressTitles     = 3
	pressHeld       = 2
	// pressPassages bounds the passages that quotations are looked for in: as many as a summary goes through.
	pressPassages = 250
)

// pressLengths are the lengths of a summary that are offered, short, middle and long: Chinese characters or English words,
// the latter about half as many, as both are read in the same time then.
func pressLengths(l lang.Lang) []int {
	if l == lang.Chinese {
		return []int{300, 600, 1000}
	}
	return []int{150, 300, 500}
}

// A pressPage is the data of the template "press".
type pressPage struct {
	frame
	Documents []pressChoice
	More      bool // than can be chosen here
	Event     string
	Events    []choice
	Lengths   []choice
	Failure   *failure
}

type pressChoice struct {
	tagged
	ID      int64
	Date    string
	Checked bool
}

// press answers GET /press: the form that asks for a press kit.
func (s *server) press(w http.ResponseWriter, r *http.Request) error {
	s.rememberLang(w, r)
	values := r.URL.Query()
	filter, err := s.eventFilter(values)
	if err != nil {
		return err
	}
	id, err := number(values, "document", 0, 1, math.MaxInt64)
	if err != nil {
		return err
	}
	p, err := s.pressForm(r, filter, id, 0)
	if err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "press", p)
}

func (s *server) pressForm(r *http.Request, f retrieval.Filter, chosen int64, length int) (pressPage, error) {
	words := visitOf(r).words
	p := pressPage{frame: s.frame(r, words.T("web.press.title")), Event: f.Event}
	documents, all, err := s.Shelf.DocumentPage(r.Context(), retrieval.DocumentPage{Filter: f, Limit: pressDocuments})
	if err != nil {
		return p, fmt.Errorf("list documents for the press: %w", err)
	}
	if chosen > 0 && !slices.ContainsFunc(documents, func(d retrieval.Document) bool { return d.ID == chosen }) {
		d, _, _, err := s.Library.Document(r.Context(), f, chosen, 0)
		if err != nil {
			return p, fmt.Errorf("open document %d: %w", chosen, err)
		}
		documents = append([]retrieval.Document{d}, documents...)
	}
	p.More = all > pressDocuments
	for _, d := range documents {
		c := pressChoice{tagged: tagOf(d.Title), ID: d.ID, Checked: d.ID == chosen}
		if !d.Date.IsZero() {
			c.Date = dateText(words, d.Date)
		}
		p.Documents = append(p.Documents, c)
	}
	if p.Events, err = s.eventChoices(r.Context(), words, "/press", f.Event); err != nil {
		return p, err
	}
	for i, n := range pressLengths(words.Lang()) {
		p.Lengths = append(p.Lengths, choice{Name: words.T("web.press.length", "count", n), Count: n, Current: n == length || length == 0 && i == 0})
	}
	return p, nil
}

// makePress answers POST /press: it has the summary made and leads to the kit, whose address stays.
func (s *server) makePress(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return err
		}
		return &fault{kind: faultBody, err: fmt.Errorf("read form: %w", err)}
	}
	filter, err := s.eventFilter(r.PostForm)
	if err != nil {
		return err
	}
	id, err := number(r.PostForm, "document", 0, 1, math.MaxInt64)
	if err != nil {
		return err
	}
	words := visitOf(r).words
	lengths := pressLengths(words.Lang())
	length, err := number(r.PostForm, "length", int64(lengths[0]), 1, int64(lengths[len(lengths)-1]))
	if err != nil {
		return err
	}
	q := bot.Question{Lang: words.Lang(), Event: filter.Event, Mode: "summary", Choice: &bot.SummaryChoice{Length: int(length)}, Audiences: publicOnly(), Client: s.client(r).String()}
	title := words.T("web.press.everything")
	if id > 0 {
		d, _, _, err := s.Library.Document(r.Context(), filter, id, 0)
		if err != nil {
			return fmt.Errorf("open document %d: %w", id, err)
		}
		title, q.Choice.Documents = d.Title, []int64{id}
	} else if filter.Event != "" {
		title = filter.Event
	}
	q.Text = words.T("web.press.question", "title", lang.Truncate(title, maxEventName), "count", length)
	answer, err := s.answer(r, q, nil)
	visitOf(r).words = words // the question's title may be in the other language
	if err == nil && answer.Kind == bot.KindSummary {
		http.Redirect(w, r, s.base.link("/press/"+url.PathEscape(answer.ID)), http.StatusSeeOther)
		return nil
	}
	if err != nil {
		return err
	}
	p, err := s.pressForm(r, filter, id, int(length))
	if err != nil {
		return err
	}
	p.Failure = &failure{Message: words.T("web.press.nothing"), RequestID: visitOf(r).id}
	return s.render(w, r, http.StatusOK, "press", p)
}

// A pressKit is what a journalist takes away: a summary as it was made, and what its documents say now in facts,
// quotations and numbers.
type pressKit struct {
	ID      string
	Words   locale.Printer // in the summary's language
	Tag     string
	Titles  []tagged // of the documents it covers, the first of them
	Others  int      // how many more it covers
	Answer  bot.Answer
	Summary []paragraph
	Given   time.Time
	Dates   []pressFact
	Places  []pressFact
	Held    []quotation // sentences that say where, where no session does
	People  []pressPerson
	Quotes  []quotation
	Numbers []quotation
	Sources []pressSource
	host    string
	link    func(path string) string // what makes a path one that a browser finds
}

// A pressSource is a document that the summary cites, with the numbers under which it does.
type pressSource struct {
	Title tagged
	Cites []pressCite
}

type pressCite struct {
	N   int
	URL string
}

type pressFact struct {
	tagged
	URL      string
	Document tagged
}

type pressPerson struct {
	Name      tagged
	URL       string
	Positions []tagged
	Source    string
	Document  tagged
}

// A kitPage is the data of the template "kit".
type kitPage struct {
	frame
	Kit  pressKit
	Made string
}

// kit answers GET /press/{id}.
func (s *server) kit(w http.ResponseWriter, r *http.Request) error {
	kit, err := s.openKit(r)
	if err != nil {
		return err
	}
	s.rememberLang(w, r)
	w.Header().Set("X-Robots-Tag", "noindex")
	words := visitOf(r).words
	return s.render(w, r, http.StatusOK, "kit", kitPage{frame: s.frame(r, words.T("web.press.title")), Kit: kit, Made: kit.made(words)})
}

// kitFile answers GET /press/{id}/{file}: the kit as Markdown or as a word processor's document.
func (s *server) kitFile(w http.ResponseWriter, r *http.Request) error {
	file := r.PathValue("file")
	if file != "press.md" && file != "press.docx" {
		return retrieval.ErrNotFound
	}
	kit, err := s.openKit(r)
	if err != nil {
		return err
	}
	w.Header().Set("X-Robots-Tag", "noindex")
	w.Header().Set("Cache-Control", "private, no-cache")
	w.Header().Set("Content-Disposition", `attachment; filename="`+file+`"`)
	paper := kit.paper()
	if file == "press.md" {
		return writeBody(w, http.StatusOK, "text/markdown; charset=utf-8", []byte(paper.markdown()))
	}
	raw, err := paper.docx(kit.Given)
	if err != nil {
		return fmt.Errorf("write the press kit: %w", err)
	}
	return writeBody(w, http.StatusOK, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", raw)
}

// openKit finds the summary that the path names and puts the rest of the kit beside it. Any other answer is none.
func (s *server) openKit(r *http.Request) (pressKit, error) {
	given, err := s.givenAnswer(r)
	if err != nil {
		return pressKit{}, err
	}
	answer := given.Answer
	if answer.Kind != bot.KindSummary || answer.Coverage == nil {
		return pressKit{}, retrieval.ErrNotFound
	}
	k := pressKit{ID: answer.ID, Words: s.Catalog.For(answer.Lang), Tag: answerTag(answer), Answer: answer, Given: given.Given, host: s.hostOf(r), link: s.base.link}
	if answer.Script == bot.Traditional {
		k.Words = s.Catalog.Traditional()
	}
	ids := []int64{}
	for _, c := range answer.Coverage.Used {
		if ids = append(ids, c.Document); len(k.Titles) < pressTitles {
			k.Titles = append(k.Titles, tagOf(c.Title))
		}
	}
	k.Others = len(ids) - len(k.Titles)
	k.Summary = summaryParagraphs(turnOf(given.Question, answer).Text, k.host, k.Tag)
	for _, c := range answer.Citations {
		i := slices.IndexFunc(k.Sources, func(o pressSource) bool { return o.Title.Text == c.Title })
		if i < 0 {
			k.Sources = append(k.Sources, pressSource{Title: tagOf(c.Title)})
			i = len(k.Sources) - 1
		}
		k.Sources[i].Cites = append(k.Sources[i].Cites, pressCite{c.N, c.URL})
	}
	filter := retrieval.Filter{Audiences: publicOnly(), Now: s.Now()}
	if err := s.fillKit(r.Context(), &k, filter, ids); err != nil {
		return pressKit{}, &fault{kind: faultSearchDown, err: err}
	}
	return k, nil
}

func (s *server) fillKit(ctx context.Context, k *pressKit, f retrieval.Filter, ids []int64) error {
	hits, err := s.Texts.Whole(ctx, f, ids, pressPassages)
	if err != nil {
		return fmt.Errorf("read the kit's documents: %w", err)
	}
	people, err := s.Facts.People(ctx, retrieval.PersonQuery{Filter: f, Documents: ids, Limit: indexedRows})
	if err != nil {
		return fmt.Errorf("read the kit's people: %w", err)
	}
	sessions, err := s.Facts.Sessions(ctx, retrieval.SessionQuery{Filter: f, Documents: ids, Limit: maxProgramme})
	if err != nil {
		return fmt.Errorf("read the kit's sessions: %w", err)
	}
	for _, q := range bot.Quotations(hits, people, sessions, pressQuotations) {
		shown := quotationOf(q.Citation)
		shown.Speaker, shown.Reported = []tagged{tagOf(q.Speaker)}, q.Reported
		k.Quotes = append(k.Quotes, shown)
	}
	for _, c := range bot.NumberSentences(hits, pressNumbers) {
		k.Numbers = append(k.Numbers, quotationOf(c))
	}
	if k.facts(sessions); len(k.Places) == 0 {
		for _, c := range bot.HeldSentences(hits, pressHeld) {
			k.Held = append(k.Held, quotationOf(c))
		}
	}
	k.people(people)
	return s.documentDates(ctx, k, f, ids)
}

// facts are the days, the places and the items of the sessions.
func (k *pressKit) facts(sessions []retrieval.Session) {
	add := func(facts []pressFact, text string, s retrieval.Session, at retrieval.Place) []pressFact {
		if text == "" || len(facts) == pressSessions || slices.ContainsFunc(facts, func(o pressFact) bool { return retrieval.Key(o.Text) == retrieval.Key(text) }) {
			return facts
		}
		return append(facts, pressFact{tagged: tagOf(text), URL: readerURL(s.Document, s.Version, at.Start, at.End), Document: tagOf(s.Title)})
	}
	for _, s := range bot.Distinct(sessions) {
		at := s.When.Place
		if s.When.Text == "" {
			at = s.Titles[0].Place
		}
		if !s.Day.IsZero() {
			before := len(k.Dates)
			k.Dates = add(k.Dates, dayText(k.Words, s.Day), s, at)
			if len(k.Dates) > before {
				k.Dates[before].Tag = k.Tag // written by us
			}
		}
		k.Places = add(k.Places, s.Room.Text, s, s.Room.Place)
	}
}

// people are those of whom the documents give a position.
func (k *pressKit) people(rows []retrieval.Person) {
	for _, group := range bot.GroupPeople(rows) {
		if len(k.People) == pressPeople {
			return
		}
		var p pressPerson
		for _, row := range group {
			for _, t := range row.Titles {
				text := tagOf(positionText(t.Title, t.Organisation))
				if p.Source == "" {
					p.Source, p.Document = readerURL(row.Document, t.Version, t.Start, t.End), tagOf(row.Title)
				}
				if !slices.ContainsFunc(p.Positions, func(o tagged) bool { return retrieval.Key(o.Text) == retrieval.Key(text.Text) }) {
					p.Positions = append(p.Positions, text)
				}
			}
		}
		if len(p.Positions) > 0 {
			p.Name = tagOf(group[0].Name.Text)
			p.URL = personURL(p.Name.Text)
			k.People = append(k.People, p)
		}
	}
}

// documentDates give the days of the documents where no session gives one.
func (s *server) documentDates(ctx context.Context, k *pressKit, f retrieval.Filter, ids []int64) error {
	if len(k.Dates) > 0 {
		return nil
	}
	for _, id := range ids[:min(len(ids), pressSessions)] {
		d, _, _, err := s.Library.Document(ctx, f, id, 0)
		if errors.Is(err, retrieval.ErrNotFound) || err == nil && d.Date.IsZero() {
			continue
		}
		if err != nil {
			return fmt.Errorf("open document %d: %w", id, err)
		}
		k.Dates = append(k.Dates, pressFact{
			tagged: tagged{k.Words.T("web.press.document_date", "date", dateText(k.Words, d.Date)), k.Tag}, URL: "/d/" + strconv.FormatInt(id, 10), Document: tagOf(d.Title),
		})
	}
	return nil
}
