package bot

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"osmanthus/bot/locale"
	"osmanthus/prompts"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

const (
	// MaxQuestion is how many characters a question may have, as a reader counts them.
	MaxQuestion = 2000
	// searchedHits is how many hits a question gets: as many as a prompt can hold, and the nearest titles of a refusal.
	searchedHits = 10
	// maxNearest is how many titles a refusal names.
	maxNearest = 3
	// saveTime is how long keeping an answer may take.
	saveTime = 2 * time.Second
)

// Searcher finds the evidence for a question.
type Searcher interface {
	// Search returns the best passages, best first. An error means that the documents could not be asked at all.
	Search(ctx context.Context, q retrieval.Query) (retrieval.Result, error)
	// Judge says whether what was found answers q, and with which sentences.
	Judge(ctx context.Context, q retrieval.Query, r retrieval.Result) (retrieval.Judgement, error)
	// Quotes returns the one to three sentences of hits that answer q best.
	Quotes(ctx context.Context, q retrieval.Query, hits []retrieval.Hit) ([]retrieval.Quote, error)
}

// A Prompt is what a model is asked.
type Prompt struct {
	System string
	User   string
}

// Model writes text.
type Model interface {
	Name() string
	// Stream calls delta with each piece of the text. It returns nil only where the text is whole, an error that wraps
	// ErrTruncated where the end is missing, and the error of delta, wrapped, where that returned one.
	Stream(ctx context.Context, p Prompt, delta func(string) error) error
}

// Answers keeps the answers given.
type Answers interface {
	// SaveAnswer keeps an answer as it was given.
	SaveAnswer(ctx context.Context, a retrieval.KeptAnswer) error
}

// Config is what an Assistant is made of.
type Config struct {
	Searcher   Searcher
	Model      Model // nil: answers quote
	Prompts    *prompts.Set
	Catalog    *locale.Catalog
	Answers    Answers          // nil: answers are not kept
	Corpus     Corpus           // nil: no answer is given a second time
	Documents  Documents        // nil: no summaries
	Weigher    Weigher          // nil: no summaries
	Dictionary *lang.Dictionary // nil: names across languages are checked without it
	Facts      Facts            // nil: every question goes to the passages
	// Conversations keep what was asked before; nil: every question stands alone.
	Conversations Conversations
	Curated       Curated // nil: the organisers wrote nothing themselves
	Clock         func() time.Time
	NewID         func() string // nil: random and unguessable
	// NewConversation makes the id of a conversation; nil: random and unguessable.
	NewConversation func() string
	Log             *slog.Logger
	Contact         string       // whom to ask where the documents do not answer; may be empty
	Observe         func(Record) // called once an answer or failure, for metrics; may be nil
}

// An Assistant answers questions. It is safe for concurrent use.
type Assistant struct {
	config Config
	cache  *cache
}

// New returns an assistant.
func New(c Config) (*Assistant, error) {
	switch {
	case c.Searcher == nil:
		return nil, errors.New("assistant needs a searcher")
	case c.Catalog == nil:
		return nil, errors.New("assistant needs a catalogue")
	case c.Model != nil && c.Prompts == nil:
		return nil, errors.New("assistant with a model needs prompts")
	case c.Clock == nil || c.Log == nil:
		return nil, errors.New("assistant needs a clock and a logger")
	}
	if c.NewID == nil {
		c.NewID = rand.Text
	}
	if c.NewConversation == nil {
		c.NewConversation = rand.Text
	}
	if c.Observe == nil {
		c.Observe = func(Record) {}
	}
	if c.Model != nil {
		c.Model = tallied{c.Model}
	}
	c.Contact = strings.TrimSpace(c.Contact)
	return &Assistant{config: c, cache: newCache(maxCached)}, nil
}

// A request is one question under way.
type request struct {
	*Assistant
	question Question
	whole    string  // the question as a conversation completed it; empty where it did not
	sources  []int64 // the documents that the answer may have been made from
	query    retrieval.Query
	words    locale.Printer    // in the answer's language
	quotes   []retrieval.Quote // the sentences that answer
	answer   Answer
	record   Record
	start    time.Time
	emit     func(Event) error
}

// Ask answers q. It calls emit, which may be nil, with what happens on the way, never from two goroutines at once; an
// error of emit ends the answer. An error of Ask is, or wraps, an *Error; with CodeStopped the answer is returned as
// far as it had come.
func (a *Assistant) Ask(ctx context.Context, q Question, emit func(Event) error) (Answer, error) {
	if emit == nil {
		emit = func(Event) error { return nil }
	}
	spent := &tally{}
	ctx = context.WithValue(context.WithValue(ctx, clientKey{}, q.Client), tallyKey{}, spent)
	r := &request{Assistant: a, question: q, start: a.config.Clock()}
	r.emit = func(e Event) error {
		if sources, ok := e.Data.(Sources); ok {
			for _, s := range sources.Sources {
				r.sources = append(r.sources, s.Document)
			}
		}
		if err := emit(e); err != nil {
			return &Error{Code: CodeStopped, Err: err}
		}
		return nil
	}
	err := r.check()
	if err == nil {
		err = r.run(ctx)
	}
	r.answer.Timings.TotalMS, r.answer.Usage = r.since(r.start), spent.usage()
	if err != nil {
		err = r.failed(ctx, err)
		r.finish(ctx, err)
		return r.answer, err
	}
	r.finish(ctx, nil)
	// An answer stands even where the asker left just before it was complete.
	_ = r.emit(Event{EventDone, r.answer})
	if err := r.keep(ctx); err != nil {
		a.config.Log.ErrorContext(ctx, "answer not kept", "id", r.answer.ID, "error", err)
	}
	return r.answer, nil
}

// keep stores the answer and the turn of its conversation, even where the asker has gone meanwhile.
func (r *request) keep(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer cancel()
	return errors.Join(r.keepAnswer(ctx), r.keepTurn(ctx))
}

func (r *request) keepAnswer(ctx context.Context) error {
	if r.config.Answers == nil {
		return nil
	}
	answer := r.answer
	answer.Conversation = "" // who has a link to the answer must not go on with the conversation
	raw, err := json.Marshal(answer)
	if err != nil {
		return fmt.Errorf("write answer as JSON: %w", err)
	}
	return r.config.Answers.SaveAnswer(ctx, retrieval.KeptAnswer{
		ID: r.answer.ID, Question: r.question.Text, Whole: r.whole, Lang: r.answer.Lang, Kind: string(r.answer.Kind), JSON: raw,
		Audiences: r.question.Audiences, Documents: r.madeFrom(), Given: r.start,
	})
}

// check refuses what is no question and fills in what q left open.
func (r *request) check() error {
	q := &r.question
	if q.Lang != "" && !q.Lang.Valid() {
		return &Error{Code: CodeLangUnknown}
	}
	if q.Mode != "" && q.Mode != "answer" && q.Mode != modePeople && (q.Mode != modeSummary || r.config.Documents == nil) {
		return &Error{Code: CodeModeUnknown}
	}
	if n := lang.Graphemes(q.Text); n > MaxQuestion {
		return &Error{Code: CodeQuestionLong, Args: []any{"count", n, "limit", MaxQuestion}}
	}
	q.Text = strings.TrimSpace(lang.Clean(q.Text))
	if q.Text == "" {
		return &Error{Code: CodeQuestionEmpty}
	}
	if len(q.Audiences) == 0 {
		q.Audiences = []retrieval.Audience{retrieval.Public}
	}
	r.answer = Answer{ID: r.config.NewID(), Lang: AnswerLang(*q), Citations: []Citation{}}
	r.answer.Script = scriptOf(*q, r.answer.Lang)
	r.words = WordsFor(r.config.Catalog, *q)
	sought := searchText(q.Text)
	r.query = retrieval.Query{
		Text: sought, Lang: lang.Detect(sought), Limit: searchedHits,
		Filter: retrieval.Filter{Event: q.Event, Audiences: q.Audiences, Now: r.start},
	}
	return nil
}

func (r *request) run(ctx context.Context) error {
	turns := r.recall(ctx)
	if err := r.emit(Event{EventMeta, Meta{ID: r.answer.ID, Lang: r.answer.Lang, Script: r.answer.Script, Conversation: r.answer.Conversation}}); err != nil {
		return err
	}
	if len(turns) == 0 && len(lang.Terms(r.question.Text)) == 0 {
		return r.refuse(nil) // punctuation or emoji: nothing that could be looked for
	}
	if err := r.emit(Event{EventStatus, Status{StageSearching}}); err != nil {
		return err
	}
	if r.follow(ctx, turns); len(turns) > 0 && len(lang.Terms(r.understood())) == 0 {
		return r.refuse(nil)
	}
	if handled, err := r.fromOrganisers(ctx); handled || err != nil {
		return err
	}
	brief, summary := r.summaryAsked()
	if !summary {
		// Look-ups ask the clock and cost little, so they are made anew each time.
		if handled, err := r.lookUp(ctx); handled || err != nil {
			return err
		}
	}
	key := r.cacheKey(ctx)
	if a, ok := r.cache.get(key); ok && !r.question.Fresh {
		return r.again(a)
	}
	var err error
	if summary {
		err = r.summarise(ctx, brief)
	} else {
		err = r.fromPassages(ctx)
	}
	if err == nil {
		r.remember(key)
	}
	return err
}

// fromPassages answers from the passages that a search finds, or refuses.
func (r *request) fromPassages(ctx context.Context) error {
	result, err := r.config.Searcher.Search(ctx, r.query)
	r.answer.Timings.EmbedMS = result.Embed.Milliseconds()
	r.answer.Timings.SearchMS = result.Search.Milliseconds()
	if err != nil {
		return &Error{Code: CodeSearchDown, Err: err}
	}
	r.record.Hits, r.record.Degraded = len(result.Hits), result.Degraded
	if len(result.Degraded) > 0 {
		r.notice("answer.notice.words_only")
	}
	result.Hits = r.permitted(ctx, result.Hits)
	hits := result.Hits
	judged, err := r.config.Searcher.Judge(ctx, r.query, result)
	if err != nil {
		return &Error{Code: CodeSearchDown, Err: err}
	}
	if !judged.Answerable() {
		return r.refuse(hits)
	}
	r.quotes = judged.Quotes
	if r.config.Model == nil {
		return r.quote(hits)
	}
	return r.write(ctx, hits)
}

// notice adds a sentence on what was degraded.
func (r *request) notice(key string) {
	if r.answer.Notice != "" && r.answer.Lang == lang.English {
		r.answer.Notice += " "
	}
	r.answer.Notice += r.words.T(key)
}

// refuse makes the answer say that the documents do not tell.
func (r *request) refuse(hits []retrieval.Hit) error {
	r.answer.Kind, r.answer.GeneratedBy = KindNotFound, GeneratedByQuotes
	r.answer.Citations = []Citation{}
	parts := []string{r.words.T("answer.not_found")}
	if r.config.Contact != "" {
		parts = append(parts, r.words.T("answer.contact", "contact", Escape(r.config.Contact)))
	}
	r.answer.Nearest = nearest(hits)
	if len(r.answer.Nearest) > 0 {
		titles := make([]string, len(r.answer.Nearest))
		for i, n := range r.answer.Nearest {
			titles[i] = "- " + Escape(n.Title)
		}
		parts = append(parts, r.words.T("answer.nearest"), strings.Join(titles, "\n"))
	}
	r.answer.Text = strings.Join(parts, "\n\n")
	return r.emit(Event{EventDelta, Delta{r.answer.Text}})
}

// nearest names the documents of the best hits, each once.
func nearest(hits []retrieval.Hit) []Nearest {
	var out []Nearest
	seen := map[int64]bool{}
	for _, h := range hits {
		if seen[h.Document] || len(out) == maxNearest {
			continue
		}
		seen[h.Document] = true
		out = append(out, Nearest{Document: h.Document, Title: h.Title, Lang: h.Lang, URL: readerURL(h.Passage, h.Start, h.End)})
	}
	return out
}

// failed gives err a code where it has none; a request that was cancelled is stopped, whatever broke of it.
func (r *request) failed(ctx context.Context, err error) error {
	var e *Error
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		if errors.As(err, &e) && e.Code == CodeStopped {
			return err
		}
		return &Error{Code: CodeStopped, Err: err}
	case errors.As(err, &e):
		return err
	}
	return &Error{Code: CodeInternal, Err: err}
}

func (r *request) since(t time.Time) int64 { return r.config.Clock().Sub(t).Milliseconds() }
