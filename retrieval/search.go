package retrieval

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"

	"osmanthus/retrieval/lang"
)

const (
	// DefaultLimit is how many hits a query gets that does not say.
	DefaultLimit = 10
	// denseCandidates and lexicalCandidates bound what is scored in full: a language of the dense arm, a query of the
	// lexical ones. The right passage was within the first 50 of some arm in every measured set; what two arms agree on
	// is taken from twice as deep. Scoring a candidate means reading and cutting its text, half of what a search costs.
	denseCandidates   = 100
	lexicalCandidates = 100
	aloneCandidates   = 50
	// maxGroups bounds the words of a question that are looked up: the rarest ones stay.
	maxGroups = 64
)

// A Searcher finds the passages for a question. It is safe for concurrent use.
type Searcher struct {
	index    Index
	spaces   SpaceStore
	embedder Embedder
	dict     *lang.Dictionary
	bags     *bags
	log      *slog.Logger
	now      func() time.Time

	mu    sync.Mutex
	space Space
}

// NewSearcher returns a searcher in a space of the embedder's model. A nil dictionary leaves the dictionary arm with
// Latin words and numbers.
func NewSearcher(index Index, space Space, spaces SpaceStore, embedder Embedder, dict *lang.Dictionary, log *slog.Logger, now func() time.Time) (*Searcher, error) {
	if index == nil || spaces == nil || embedder == nil || log == nil || now == nil {
		return nil, fmt.Errorf("searcher needs an index, a store of spaces, an embedder, a logger and a clock")
	}
	if space.Model != embedder.Model() {
		return nil, fmt.Errorf("searcher: space is of model %q, embedder of %q", space.Model, embedder.Model())
	}
	remembered, err := newBags(dict)
	if err != nil {
		return nil, fmt.Errorf("searcher: %w", err)
	}
	return &Searcher{
		index: index, spaces: spaces, embedder: embedder, dict: dict, bags: remembered, log: log, now: now, space: space,
	}, nil
}

func (s *Searcher) currentSpace() Space {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.space
}

// renew takes up a calibration that another process has made.
func (s *Searcher) renew(ctx context.Context) (Space, error) {
	space, err := s.spaces.Space(ctx, s.embedder.Model())
	if err != nil {
		return space, fmt.Errorf("renew the space: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.space = space
	return space, nil
}

// Search returns the best passages for q, best first. When the embedder fails the lexical arms answer alone and the
// result says so; an error means the index could not be asked.
func (s *Searcher) Search(ctx context.Context, q Query) (Result, error) {
	if !q.Lang.Valid() {
		q.Lang = lang.Detect(q.Text)
	}
	if q.Limit <= 0 {
		q.Limit = DefaultLimit
	}
	if q.Filter.Now.IsZero() {
		q.Filter.Now = s.now()
	}
	result := Result{Lang: q.Lang}

	start := time.Now()
	raw, err := s.embed(ctx, q.Text)
	if err != nil {
		if ctx.Err() != nil {
			return result, fmt.Errorf("embed question: %w", ctx.Err())
		}
		s.log.WarnContext(ctx, "question not embedded, searching by words only", "error", err)
		result.Degraded = append(result.Degraded, ArmDense)
	}
	result.Embed = time.Since(start)

	start = time.Now()
	words, err := s.words(ctx, q)
	if err != nil {
		return result, err
	}
	if raw == nil && words.empty() {
		result.Search = time.Since(start)
		return result, nil
	}
	space := s.currentSpace()
	candidates, err := s.candidates(ctx, q, space, raw, words)
	if errors.Is(err, ErrStaleSpace) {
		if space, err = s.renew(ctx); err == nil {
			candidates, err = s.candidates(ctx, q, space, raw, words)
		}
	}
	if err != nil {
		return result, fmt.Errorf("find candidates: %w", err)
	}
	hits := s.scoreAll(q.Lang, space, words, candidates)
	slices.SortFunc(hits, better)
	if err := s.sharpen(ctx, q, space, words, raw, hits); err != nil {
		return result, err
	}
	if len(hits) > 0 {
		result.signals = words.signals(q.Lang, hits)
	}
	result.words, result.question, result.Named = words, raw, words.names.texts()
	result.Hits = collapse(q.Lang, hits, q.Limit)
	result.Search = time.Since(start)
	return result, nil
}

// candidates asks the index in a space.
func (s *Searcher) candidates(ctx context.Context, q Query, space Space, raw []float32, words questionWords) ([]Candidate, error) {
	cq := CandidateQuery{
		Space: space.ID, Revision: space.Revision, Filter: q.Filter, DenseLimit: denseCandidates, LexicalLimit: lexicalCandidates,
		Alone: aloneCandidates,
	}
	if raw != nil {
		cq.Vector = space.CentreQuestion(raw, lang.HanShare(q.Text), words.focus(q.Lang))
	}
	for _, lq := range words.queries {
		if terms := lq.candidateTerms(); len(terms) > 0 && lq.stats.Passages > 0 {
			cq.Lexical = append(cq.Lexical, LexicalQuery{Field: lq.key.Field, Lang: lq.key.Lang, Terms: terms})
		}
	}
	cq.Lexical = append(cq.Lexical, words.people...)
	return s.index.Candidates(ctx, cq)
}

// embed returns the question's vector as the model gives it, nil for a question without letters or digits.
func (s *Searcher) embed(ctx context.Context, question string) ([]float32, error) {
	if !strings.ContainsFunc(question, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return nil, nil
	}
	vectors, err := s.embedder.EmbedQueries(ctx, embedded([]string{question}))
	if err != nil {
		return nil, err
	}
	dim := s.currentSpace().Dim
	if len(vectors) != 1 || len(vectors[0]) != dim {
		return nil, fmt.Errorf("embedder %s returned no vector of %d dimensions", s.embedder.Model(), dim)
	}
	return vectors[0], nil
}

// The words of a question, one query a language of passages, and the mass that coverage is measured against.
type questionWords struct {
	queries map[lang.Lang]lexicalQuery
	mass    float64
	names   nameQuery
	people  []LexicalQuery // the names' keys
}

func (w questionWords) empty() bool {
	for _, q := range w.queries {
		if len(q.groups) > 0 {
			return false
		}
	}
	return len(w.people) == 0
}

// crossField is where the words of one language are looked up in passages of the other: Chinese words as their English
// stems in the English passages' terms, English stems in the Chinese passages' glosses.
func crossField(question lang.Lang) FieldKey {
	if question == lang.Chinese {
		return FieldKey{FieldTerms, lang.English}
	}
	return FieldKey{FieldGloss, lang.Chinese}
}

func (s *Searcher) words(ctx context.Context, q Query) (questionWords, error) {
	own := FieldKey{FieldTerms, q.Lang}
	cross := crossField(q.Lang)
	same := singles(lang.Terms(q.Text))
	other := same
	if q.Lang == lang.Chinese {
		other = s.dict.Groups(q.Text)
	}
	var terms []string
	for _, groups := range [][][]string{same, other} {
		for _, g := range groups {
			terms = append(terms, g...)
		}
	}
	names := newNameQuery(s.dict, q.Text)
	terms = append(terms, names.keys()...)
	slices.Sort(terms)
	stats, err := s.index.Stats(ctx, slices.Compact(terms))
	if err != nil {
		return questionWords{}, fmt.Errorf("look up words: %w", err)
	}
	w := questionWords{names: names, people: names.weigh(stats), queries: map[lang.Lang]lexicalQuery{
		q.Lang:         bounded(newLexicalQuery(own, same, stats)),
		q.Lang.Other(): bounded(newLexicalQuery(cross, other, stats)),
	}}
	w.mass = w.queries[q.Lang].mass()
	if stats.Fields[own].Passages == 0 {
		w.mass = w.queries[q.Lang.Other()].mass()
	}
	return w, nil
}

// signals reads the evidence off hits, best first; there is at least one.
func (w questionWords) signals(question lang.Lang, hits []Hit) signals {
	best := hits[0]
	s := signals{similarity: best.Dense, lead: lead(hits)}
	if w.mass > 0 {
		bm25 := best.Lexical * w.mass
		s.words = bm25 / math.Sqrt(w.mass) / lexicalSpread(question, best.Lang)
		if mass := w.queries[best.Lang].mass(); mass > 0 {
			s.coverage = bm25 / mass
		}
	}
	return s
}

func bounded(q lexicalQuery) lexicalQuery {
	if len(q.groups) > maxGroups {
		slices.SortStableFunc(q.groups, func(a, b termGroup) int { return cmp.Compare(b.idf, a.idf) })
		q.groups = q.groups[:maxGroups]
	}
	return q
}
