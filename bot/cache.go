package bot

import (
	"container/list"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"osmanthus/retrieval/lang"
)

// maxCached is how many answers are kept to be given again; of some kilobytes each, they take a few megabytes.
const maxCached = 1000

// Corpus tells one state of the documents from another.
type Corpus interface {
	// CorpusVersion names the state that the documents are in for an asker at a time.
	CorpusVersion(ctx context.Context, now time.Time) (string, error)
}

// A cache keeps the last answers by all that they depend on. It is safe for concurrent use.
type cache struct {
	mu    sync.Mutex
	limit int
	order *list.List // of cached, the last used first
	byKey map[string]*list.Element
}

type cached struct {
	key     string
	answer  Answer
	sources []int64 // the documents it was made from, cited or not
}

func newCache(limit int) *cache {
	return &cache{limit: limit, order: list.New(), byKey: map[string]*list.Element{}}
}

func (c *cache) get(key string) (cached, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e, ok := c.byKey[key]
	if !ok { // "" is never kept
		return cached{}, false
	}
	c.order.MoveToFront(e)
	return e.Value.(cached), true
}

func (c *cache) put(a cached) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e, ok := c.byKey[a.key]; ok {
		e.Value = a
		c.order.MoveToFront(e)
		return
	}
	c.byKey[a.key] = c.order.PushFront(a)
	if c.order.Len() > c.limit {
		last := c.order.Back()
		delete(c.byKey, c.order.Remove(last).(cached).key)
	}
}

// cacheKey is all that an answer from passages depends on; empty where it cannot be told. The version is read before
// the search, so that an answer made while the documents changed is kept under the state that is over.
func (r *request) cacheKey(ctx context.Context) string {
	if r.config.Corpus == nil {
		return ""
	}
	version, err := r.config.Corpus.CorpusVersion(ctx, r.query.Filter.Now)
	if err != nil {
		r.config.Log.WarnContext(ctx, "answers not cached", "error", err)
		return ""
	}
	model := GeneratedByQuotes
	if r.config.Model != nil {
		model = "model " + r.config.Model.Name()
	}
	var audiences []string
	for _, a := range r.question.Audiences {
		audiences = append(audiences, string(a))
	}
	slices.Sort(audiences)
	q := r.question
	choice := ""
	if q.Choice != nil {
		choice = fmt.Sprint(*q.Choice)
	}
	return strings.Join([]string{
		version, model, string(r.answer.Lang), string(r.answer.Script), q.Event, q.Mode, strings.Join(slices.Compact(audiences), ","), lang.Fold(q.Text), lang.Fold(r.understood()), lang.Fold(r.query.Text),
		choice,
	}, "\x00")
}

// again gives an answer that was given before, under an id of its own.
func (r *request) again(c cached) error {
	a := c.answer
	a.ID, a.Conversation, a.Timings = r.answer.ID, r.answer.Conversation, Timings{}
	r.sources = append(r.sources, c.sources...)
	r.answer = a
	r.record.Cached = true
	if len(a.Citations) > 0 {
		sources := make([]Source, len(a.Citations))
		for i, c := range a.Citations {
			sources[i] = Source{N: c.N, Document: c.Document, Title: c.Title, Lang: c.Lang, Heading: c.Heading, Page: c.Page, URL: c.URL}
		}
		if err := r.emit(Event{EventSources, Sources{sources}}); err != nil {
			return err
		}
	}
	if err := r.emit(Event{EventDelta, Delta{a.Text}}); err != nil {
		return err
	}
	for _, c := range a.Citations {
		if err := r.emit(Event{EventCitation, c}); err != nil {
			return err
		}
	}
	return nil
}

// remember keeps the answer, unless something was down when it was made.
func (r *request) remember(key string) {
	if key != "" && r.record.Fallback == "" && len(r.record.Degraded) == 0 && r.record.Withheld == 0 {
		r.cache.put(cached{key, r.answer, slices.Clone(r.sources)})
	}
}
