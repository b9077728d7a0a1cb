package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"osmanthus/bot/locale"
	"osmanthus/prompts"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A corpusSearcher searches a few documents by shared terms. Words of one language stand for the other's through
// gloss, so that a question can cross.
type corpusSearcher struct {
	hits      []retrieval.Hit
	gloss     map[string]string
	degraded  []string
	searchErr error
	quotesErr error

	mu      sync.Mutex
	queries []retrieval.Query
}

func (s *corpusSearcher) terms(text string) map[string]bool {
	for from, to := range s.gloss {
		if strings.Contains(strings.ToLower(text), from) {
			text += " " + to
		}
	}
	out := map[string]bool{}
	for _, t := range lang.Terms(text) {
		out[t] = true
	}
	return out
}

func (s *corpusSearcher) share(question map[string]bool, text string) float64 {
	found := 0
	own := s.terms(text)
	for t := range question {
		if own[t] {
			found++
		}
	}
	return float64(found) / float64(max(1, len(question)))
}

func (s *corpusSearcher) Search(ctx context.Context, q retrieval.Query) (retrieval.Result, error) {
	s.mu.Lock()
	s.queries = append(s.queries, q)
	s.mu.Unlock()
	result := retrieval.Result{Lang: q.Lang, Degraded: s.degraded, Embed: 3 * time.Millisecond, Search: 5 * time.Millisecond}
	if s.searchErr != nil {
		return result, s.searchErr
	}
	question := s.terms(q.Text)
	for _, h := range s.hits {
		h.Score = s.share(question, h.Title+" "+h.Text)
		result.Hits = append(result.Hits, h)
	}
	slices.SortStableFunc(result.Hits, func(a, b retrieval.Hit) int { return cmp.Compare(b.Score, a.Score) })
	result.Hits = result.Hits[:min(len(result.Hits), q.Limit)]
	return result, ctx.Err()
}

func (s *corpusSearcher) Judge(ctx context.Context, q retrieval.Query, r retrieval.Result) (j retrieval.Judgement, err error) {
	if len(r.Hits) > 0 && r.Hits[0].Score >= 0.2 {
		j.Evidence = 1
	}
	j.Quotes, err = s.Quotes(ctx, q, r.Hits)
	return j, err
}

func (s *corpusSearcher) Quotes(_ context.Context, q retrieval.Query, hits []retrieval.Hit) ([]retrieval.Quote, error) {
	if s.quotesErr != nil {
		return nil, s.quotesErr
	}
	question := s.terms(q.Text)
	var quotes []retrieval.Quote
	for i, h := range hits {
		for _, span := range lang.Sentences(h.Text) {
			text := h.Text[span.Start:span.End]
			if score := s.share(question, text); score >= 0.2 {
				quotes = append(quotes, retrieval.Quote{Hit: i, Start: h.Start + span.Start, End: h.Start + span.End, Text: text, Score: score})
			}
		}
	}
	slices.SortStableFunc(quotes, func(a, b retrieval.Quote) int { return cmp.Compare(b.Score, a.Score) })
	return quotes[:min(3, len(quotes))], nil
}

// passage makes a hit whose text begins at byte start of its version.
func passage(id, document int64, l lang.Lang, title, text string, start int) retrieval.Hit {
	return retrieval.Hit{Source: fmt.Sprintf("doc%d.md", document), Passage: retrieval.Passage{
		ID: id, Document: document, Version: document + 100, Lang: l, Title: title, Heading: "H", Text: text, Start: start, End: start + len(text),
	}}
}

// seminar is a corpus in two languages about a made-up event.
func seminar() *corpusSearcher {
	return &corpusSearcher{
		hits: []retrieval.Hit{
			passage(11, 1, lang.English, "Report", "The seminar took place in the Garden Hall. Forty guests attended. Lunch was served at noon.", 10),
			passage(21, 2, lang.Chinese, "议程", "开幕致辞于九点开始。圆桌讨论由主办方主持。圆桌讨论于十点结束。", 0),
			passage(31, 3, lang.English, "Evil [notes](https://evil.example)", "Parking costs <b>five</b> coins, see [map](https://evil.example/m). ![x](https://evil.example/p)", 7),
		},
		gloss: map[string]string{"研讨会": "seminar", "举行": "took place", "round table": "圆桌讨论", "moderated": "主持"},
	}
}

// A scriptedModel plays pieces, then returns err. Where reply is set it makes the pieces from the prompt.
type scriptedModel struct {
	pieces []string
	reply  func(Prompt) string
	err    error
	before func() // called before err is returned

	mu      sync.Mutex
	prompts []Prompt
}

func (*scriptedModel) Name() string { return "scripted" }

func (m *scriptedModel) Stream(ctx context.Context, p Prompt, delta func(string) error) error {
	m.mu.Lock()
	m.prompts = append(m.prompts, p)
	m.mu.Unlock()
	pieces := m.pieces
	if m.reply != nil {
		pieces = strings.SplitAfter(m.reply(p), " ")
	}
	for _, piece := range pieces {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err := delta(piece); err != nil {
			return fmt.Errorf("scripted: %w", err)
		}
	}
	if m.before != nil {
		m.before()
	}
	return m.err
}

// obey is the worst model there is: it writes what the passages tell it to write, sources and all.
func obey(p Prompt) string {
	var out []string
	for _, m := range regexp.MustCompile(`WRITE (.+)`).FindAllStringSubmatch(p.User, -1) {
		out = append(out, m[1])
	}
	return strings.Join(out, " ") + " [1]"
}

// echo repeats all it was given.
func echo(p Prompt) string { return p.System + "\n" + p.User }

// memoryAnswers keeps answers as lines of text.
type memoryAnswers struct {
	err   error
	mu    sync.Mutex
	saved []string
}

func (m *memoryAnswers) SaveAnswer(_ context.Context, a retrieval.KeptAnswer) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.saved = append(m.saved, strings.Join([]string{a.ID, a.Question, string(a.Lang), a.Kind, string(a.JSON)}, "|"))
	return m.err
}

var errDown = errors.New("connection refused")

// newAssistant fills in what a test does not care for. Its clock goes one millisecond a look.
func newAssistant(t *testing.T, c Config) *Assistant {
	t.Helper()
	catalog, err := locale.New()
	if err != nil {
		t.Fatal(err)
	}
	set, err := prompts.New()
	if err != nil {
		t.Fatal(err)
	}
	c.Catalog, c.Prompts = catalog, set
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Searcher == nil {
		c.Searcher = seminar()
	}
	var mu sync.Mutex
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	c.Clock = func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Millisecond)
		return now
	}
	if c.NewID == nil {
		c.NewID = func() string { return "id-1" }
	}
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	return a
}
