package retrieval

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"osmanthus/retrieval/lang"
)

// byTopic is an embedder that knows three topics, in both languages.
type byTopic struct{ err error }

func (byTopic) Model() string { return "topics" }

func (b byTopic) EmbedQueries(_ context.Context, texts []string) ([][]float32, error) {
	out := make([][]float32, len(texts))
	for i, t := range texts {
		switch {
		case strings.Contains(t, "pond"), strings.Contains(t, "池塘"):
			out[i] = []float32{1, 0, 0}
		case strings.Contains(t, "cat"):
			out[i] = []float32{0, 1, 0}
		default:
			out[i] = []float32{0, 0, 1}
		}
	}
	return out, b.err
}

func (b byTopic) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	return b.EmbedQueries(ctx, texts)
}

func TestGroupQuestions(t *testing.T) {
	t.Parallel()
	zero := map[lang.Lang][]float32{lang.English: {0, 0, 0}, lang.Chinese: {0, 0, 0}}
	space := Space{Dim: 3, Calibration: Calibration{PassageMean: zero, QueryMean: zero}}
	at := time.Date(2031, 3, 1, 0, 0, 0, 0, time.UTC)
	asked := func(id, text string, refused bool) UnansweredQuestion {
		return UnansweredQuestion{Answer: id, Text: text, Asked: at, Refused: refused, Down: !refused}
	}
	questions := []UnansweredQuestion{
		asked("1", "Who feeds the cat?", true),
		asked("2", "Where is the pond?", true),
		asked("3", "池塘在哪里？", false),
		asked("4", "where is the POND", true),
		asked("5", "When is the pond open?", true),     // another kind of thing
		asked("6", "Where is the pond of 2029?", true), // another number
		asked("7", "Who is Ann Sample?", true),         // somebody
		asked("8", "Who is Max Other?", true),          // somebody else
		asked("9", "What is in the pond?", true),       // nothing of the kinds
		asked("10", "What does the pond hold?", true),
	}
	group := func(text, answer string, count, refused, down int, wordings ...string) QuestionGroup {
		return QuestionGroup{Text: text, Answer: answer, Count: count, Refused: refused, Down: down, Last: at, Wordings: wordings}
	}
	want := []QuestionGroup{
		group("Where is the pond?", "2", 3, 2, 1, "池塘在哪里？", "where is the POND"),
		group("What is in the pond?", "9", 2, 2, 0, "What does the pond hold?"),
		group("Who feeds the cat?", "1", 1, 1, 0),
		group("When is the pond open?", "5", 1, 1, 0),
		group("Where is the pond of 2029?", "6", 1, 1, 0),
		group("Who is Ann Sample?", "7", 1, 1, 0),
		group("Who is Max Other?", "8", 1, 1, 0),
	}
	options := []cmp.Option{cmpopts.IgnoreUnexported(QuestionGroup{}), cmpopts.EquateEmpty()}
	got, err := GroupQuestions(t.Context(), space, byTopic{}, questions)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, options...); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	byWords, err := GroupQuestions(t.Context(), space, nil, questions)
	if err != nil || len(byWords) != 9 || byWords[0].Text != "Where is the pond?" || byWords[0].Count != 2 {
		t.Errorf("by words: %+v, %v", byWords, err)
	}
	if _, err := GroupQuestions(t.Context(), space, byTopic{errors.New("down")}, questions); err == nil {
		t.Error("an embedder that is down groups")
	}
	if _, err := GroupQuestions(t.Context(), Space{Dim: 4, Calibration: space.Calibration}, byTopic{}, questions); err == nil {
		t.Error("vectors of another space group")
	}
}
