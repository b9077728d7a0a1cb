package retrieval

import (
	"context"
	"fmt"
	"slices"
	"time"

	"osmanthus/retrieval/lang"
)

// Feedback is what somebody thought of an answer.
type Feedback struct {
	Answer  string // its id
	Surface string // where it was said: "web"
	Up      bool
	Reason  string // may be empty
}

// An UnansweredQuestion is one that the organisers may want to answer themselves.
type UnansweredQuestion struct {
	Answer  string // the id of the answer that was given
	Text    string
	Asked   time.Time
	Refused bool
	Down    bool // somebody thought badly of the answer
	Uncited bool // the answer has no source
	Reasons []string
}

// A QuestionGroup is questions that mean the same.
type QuestionGroup struct {
	Text     string    `json:"question"` // as it was asked last
	Count    int       `json:"count"`
	Refused  int       `json:"refused"`
	Down     int       `json:"down"`
	Uncited  int       `json:"uncited"`
	Last     time.Time `json:"last"`
	Wordings []string  `json:"wordings,omitempty"` // the others
	Reasons  []string  `json:"reasons,omitempty"`
	Answer   string    `json:"answer"` // the id of the last answer
	vector   []float32
	figures  questionFigures
}

// GroupQuestions puts questions together that mean the same, in whichever language, those asked most often first. The
// questions come the latest first. Without an embedder only those of the same words are the same.
func GroupQuestions(ctx context.Context, space Space, embedder Embedder, questions []UnansweredQuestion) ([]QuestionGroup, error) {
	vectors, err := questionVectors(ctx, space, embedder, questions)
	if err != nil {
		return nil, fmt.Errorf("group questions: %w", err)
	}
	var groups []*QuestionGroup
	byKey := map[string]*QuestionGroup{}
	for _, q := range questions {
		key := Key(q.Text)
		g := byKey[key]
		if g == nil {
			figures := figuresOf(q.Text)
			if g = nearestGroup(groups, vectors[key], figures); g == nil {
				g = &QuestionGroup{vector: vectors[key], figures: figures}
				groups = append(groups, g)
			}
			byKey[key] = g
		}
		g.add(q)
	}
	out := make([]QuestionGroup, len(groups))
	for i, g := range groups {
		out[i] = *g
	}
	slices.SortStableFunc(out, func(a, b QuestionGroup) int {
		if a.Count != b.Count {
			return b.Count - a.Count
		}
		return b.Last.Compare(a.Last)
	})
	return out, nil
}

// questionBatch is how many questions are embedded at a time.
const questionBatch = 32

// questionVectors returns the centred vectors of questions by Key; none without an embedder.
func questionVectors(ctx context.Context, space Space, embedder Embedder, questions []UnansweredQuestion) (map[string][]float32, error) {
	vectors := map[string][]float32{}
	if embedder == nil {
		return vectors, nil
	}
	var texts []string
	for _, q := range questions {
		if _, ok := vectors[Key(q.Text)]; !ok {
			vectors[Key(q.Text)] = nil
			texts = append(texts, q.Text)
		}
	}
	for batch := range slices.Chunk(texts, questionBatch) {
		raw, err := embedder.EmbedQueries(ctx, batch)
		if err != nil {
			return nil, err
		}
		if len(raw) != len(batch) {
			return nil, fmt.Errorf("%d vectors for %d questions", len(raw), len(batch))
		}
		for i, text := range batch {
			if len(raw[i]) != space.Dim {
				return nil, fmt.Errorf("vector of %d dimensions in a space of %d", len(raw[i]), space.Dim)
			}
			vectors[Key(text)] = space.CentreQuestion(raw[i], lang.HanShare(text), 1)
		}
	}
	return vectors, nil
}

// add counts a question into the group.
func (g *QuestionGroup) add(q UnansweredQuestion) {
	if g.Count++; g.Count == 1 {
		g.Text, g.Last, g.Answer = q.Text, q.Asked, q.Answer
	} else if q.Text != g.Text && !slices.Contains(g.Wordings, q.Text) {
		g.Wordings = append(g.Wordings, q.Text)
	}
	if q.Refused {
		g.Refused++
	}
	if q.Down {
		g.Down++
	}
	if q.Uncited {
		g.Uncited++
	}
	g.Reasons = append(g.Reasons, q.Reasons...)
}

// nearestGroup is the group of the most similar question, where that asks the same.
func nearestGroup(groups []*QuestionGroup, vector []float32, figures questionFigures) *QuestionGroup {
	var best *QuestionGroup
	most := 0.0
	for _, g := range groups {
		if len(g.vector) != len(vector) || len(vector) == 0 || !g.figures.agrees(figures) {
			continue
		}
		least := sameQuestion
		if g.figures.lang != figures.lang {
			least = sameQuestionAcross
		}
		// Across languages vectors are less near: what counts is how far beyond the threshold they are.
		if over := dot(g.vector, vector) - least; over >= most {
			best, most = g, over
		}
	}
	return best
}
