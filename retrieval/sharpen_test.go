package retrieval

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"osmanthus/retrieval/lang"
)

// sentenceShelf is a store of sentences on a memoryIndex.
type sentenceShelf struct {
	*memoryIndex
	saves int
	fail  error // of the second save
}

func (s *sentenceShelf) WithoutSentences(_ context.Context, _ string, after int64, limit int) ([]Passage, error) {
	var without []Passage
	for _, p := range s.passages {
		if _, ok := s.sentences[p.ID]; !ok && p.ID > after && len(without) < limit {
			without = append(without, p.Passage)
		}
	}
	return without, nil
}

func (s *sentenceShelf) SaveSentences(_ context.Context, _ string, sentences map[int64][]SentenceVector) error {
	if s.saves++; s.saves == 2 && s.fail != nil {
		return s.fail
	}
	if s.sentences == nil {
		s.sentences = make(map[int64][]SentenceVector)
	}
	for id, of := range sentences {
		s.sentences[id] = of
	}
	return nil
}

func TestAddSentencesGoesOnWhereItWasCutOff(t *testing.T) {
	t.Parallel()
	embedder := biasedEmbedder{dim: 128, bias: 3}
	space, err := Calibrate(t.Context(), embedder)
	if err != nil {
		t.Fatal(err)
	}
	shelf := &sentenceShelf{memoryIndex: &memoryIndex{space: space}, fail: errors.New("cut off")}
	for range sentenceBatch + 3 {
		shelf.add(t, embedder, lang.English, "It begins at nine. It ends at noon.")
	}
	if err := AddSentences(t.Context(), shelf, space, embedder, nil); !errors.Is(err, shelf.fail) {
		t.Fatalf("cut off: %v", err)
	}
	if len(shelf.sentences) != sentenceBatch {
		t.Fatalf("%d passages kept of the first batch, want %d", len(shelf.sentences), sentenceBatch)
	}
	var told []int
	if err := AddSentences(t.Context(), shelf, space, embedder, func(n int) { told = append(told, n) }); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(told, []int{3}) {
		t.Errorf("the second time it did %v passages, want the 3 that were left", told)
	}
	for id, of := range shelf.sentences {
		if len(of) != 2 || of[1].Span != (lang.Span{Start: 19, End: 35}) || len(of[1].Vector) != space.Dim {
			t.Fatalf("passage %d has sentences %+v", id, of)
		}
	}
}

// refusing fails at texts that hold a word.
type refusing struct {
	biasedEmbedder
	word string
	fail error
}

func (e refusing) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	if slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, e.word) }) {
		return nil, e.fail
	}
	return e.biasedEmbedder.EmbedPassages(ctx, texts)
}

// What cannot be embedded keeps no other passage from its sentences.
func TestAddSentencesLeavesWhatFails(t *testing.T) {
	t.Parallel()
	plain := biasedEmbedder{dim: 128, bias: 3}
	space, err := Calibrate(t.Context(), plain)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, word string
		want       int // passages with sentences
	}{
		{"one passage", "seventh", sentenceBatch + 2},
		{"all of them: the embedder is down", "begins", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			shelf := &sentenceShelf{memoryIndex: &memoryIndex{space: space}}
			for i := range sentenceBatch + 3 {
				text := "It begins at nine."
				if i == 2 {
					text = "The seventh begins at nine."
				}
				shelf.add(t, plain, lang.English, text)
			}
			embedder := refusing{biasedEmbedder: plain, word: tt.word, fail: errors.New("not this")}
			if err := AddSentences(t.Context(), shelf, space, embedder, nil); !errors.Is(err, embedder.fail) {
				t.Errorf("got %v", err)
			}
			if len(shelf.sentences) != tt.want {
				t.Errorf("%d passages have sentences, want %d", len(shelf.sentences), tt.want)
			}
		})
	}
}

// The passage that has many of the question's words, spread over it, loses to the one that answers in one sentence.
func TestOneSentenceThatAnswersWins(t *testing.T) {
	t.Parallel()
	embedder := biasedEmbedder{dim: 512, bias: 3}
	space, err := Calibrate(t.Context(), embedder)
	if err != nil {
		t.Fatal(err)
	}
	index := &memoryIndex{space: space}
	index.add(t, embedder, lang.English, "The keynote is long. The hall was built of stone. Chairs were brought in. A moderator helped. The seminar pleased everyone who came.")
	index.add(t, embedder, lang.English, "The keynote hall of the seminar is on the sixth floor. "+strings.Repeat("Tea, fruit and bread were served to volunteers in the courtyard. ", 4))
	shelf := &sentenceShelf{memoryIndex: index}
	if err := AddSentences(t.Context(), shelf, space, embedder, nil); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, question string
		best           int64
	}{
		{"a short question looks at sentences", "keynote hall of the seminar", 2},
		{"a long one at passages", "keynote hall seminar moderator chairs stone built pleased everyone came long helped brought who were been said then most also only even", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, err := NewSearcher(index, space, index, embedder, nil, slog.New(slog.DiscardHandler), time.Now)
			if err != nil {
				t.Fatal(err)
			}
			r, err := s.Search(t.Context(), Query{Text: tt.question})
			if err != nil {
				t.Fatal(err)
			}
			if r.Hits[0].ID != tt.best {
				t.Errorf("passage %d is first, want %d: %+v", r.Hits[0].ID, tt.best, r.Hits)
			}
		})
	}
}

func TestFocusFadesWithTheQuestionsLength(t *testing.T) {
	t.Parallel()
	words := func(l lang.Lang, n int) questionWords {
		return questionWords{queries: map[lang.Lang]lexicalQuery{l: {groups: make([]termGroup, n)}}}
	}
	for _, tt := range []struct {
		name        string
		lang        lang.Lang
		words       int
		least, most float64
	}{
		{"a short English question", lang.English, 6, 0.95, 1},
		{"a short Chinese question", lang.Chinese, 10, 0.95, 1},
		{"English, half way", lang.English, focusWords, 0.49, 0.51},
		{"Chinese, half way", lang.Chinese, focusWords * pairsAWord, 0.49, 0.51},
		{"an English speech", lang.English, 60, 0, 0.01},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if f := words(tt.lang, tt.words).focus(tt.lang); f < tt.least || f > tt.most {
				t.Errorf("focus %.3f, want %.2f to %.2f", f, tt.least, tt.most)
			}
		})
	}
}
