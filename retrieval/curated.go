package retrieval

import (
	"context"
	"fmt"
	"time"

	"osmanthus/retrieval/lang"
)

// A CuratedAnswer is one that the organisers wrote for a question.
type CuratedAnswer struct {
	ID       int64
	Question string
	Answer   string // Markdown
	Lang     lang.Lang
	Source   string // where the organisers have it from, in words
	Audience Audience
	Until    time.Time // zero: it does not expire
	Written  time.Time
	Space    int64     // of Vector
	Vector   []float32 // of the question, as the model gave it
}

// CuratedStore keeps the organisers' answers.
type CuratedStore interface {
	// CuratedAnswers returns those that the filter permits and that have not expired, the latest first.
	CuratedAnswers(ctx context.Context, f Filter) ([]CuratedAnswer, error)
}

// How similar the centred vectors of a question and of a curated one must be for the organisers' answer to be given, in
// one language and across two, beside asking for the same kind of thing with the same numbers and names. Chosen on the 790 questions of XQuAD with multilingual-e5-small, for an answer that passes for the
// organisers' own must not be another question's: of some 155,000 pairs in one language 31 are beyond the first, most of
// them the same question asked twice; across languages none that differ are beyond the second, and a tenth of the
// translations. Who wants an answer given to more wordings writes it for them: the same words always match.
const (
	surelySame       = 0.9
	surelySameAcross = 0.7
)

// A Curator finds the organisers' answers to questions. It is safe for concurrent use.
type Curator struct {
	store    CuratedStore
	space    Space
	embedder Embedder
}

// NewCurator returns one for questions embedded in a space.
func NewCurator(store CuratedStore, space Space, embedder Embedder) *Curator {
	return &Curator{store, space, embedder}
}

// Curated returns the organisers' answer to a question: one for the same words, else for the same meaning; of several the
// one in l, else the latest. An embedder that is down leaves the words.
func (c *Curator) Curated(ctx context.Context, f Filter, question string, l lang.Lang) (CuratedAnswer, bool, error) {
	written, err := c.store.CuratedAnswers(ctx, f)
	if err != nil || len(written) == 0 {
		return CuratedAnswer{}, false, err
	}
	var vector []float32
	asked, key := figuresOf(question), Key(question)
	var best CuratedAnswer
	most := -1.0
	for _, a := range written {
		over := -1.0
		if Key(a.Question) == key {
			over = 1
		} else if figures := figuresOf(a.Question); a.Space == c.space.ID && len(a.Vector) == c.space.Dim && figures.agrees(asked) {
			if vector == nil {
				raw, err := c.embedder.EmbedQueries(ctx, []string{question})
				if err != nil || len(raw) != 1 || len(raw[0]) != c.space.Dim {
					err = fmt.Errorf("compare with the organisers' questions: %w", err)
					return best, most >= 0, err
				}
				vector = c.space.CentreQuestion(raw[0], lang.HanShare(question), 1)
			}
			least := surelySame
			if figures.lang != asked.lang {
				least = surelySameAcross
			}
			over = dot(c.space.CentreQuestion(a.Vector, lang.HanShare(a.Question), 1), vector) - least
		}
		if over < 0 {
			continue
		}
		if better := over > most; most < 0 || a.Lang == l && best.Lang != l || better && (a.Lang == l) == (best.Lang == l) {
			best, most = a, over
		}
	}
	return best, most >= 0, nil
}
