package retrieval

import (
	"log/slog"
	"testing"
	"time"

	"osmanthus/retrieval/lang"
)

// quietEmbedder fails the test where anything is embedded.
type quietEmbedder struct{ Embedder }

func (quietEmbedder) Model() string { return "quiet" }

// TestCentral: the sentence nearest to all leads, in whichever language, and what says nothing is left out; where a
// vector is missing, words tell.
func TestCentral(t *testing.T) {
	t.Parallel()
	zero := []float32{0, 0, 0}
	means := map[lang.Lang][]float32{lang.English: zero, lang.Chinese: zero}
	space := Space{ID: 1, Model: "quiet", Dim: 3, Calibration: Calibration{PassageMean: means, QueryMean: means}}
	texts := []string{
		"Okay. Maps help schools and villages find each other. Lunch was soup with bread and cheese.",
		"好的。地图帮助学校和村庄找到彼此，也帮助学校。",
	}
	vectors := [][]float32{{1, 0, 0}, {0.9, 0.1, 0}, {0, 0, 1}, {1, 0, 0}, {1, 0.2, 0}}
	var hits []Hit
	sentences := map[int64][]SentenceVector{}
	next := 0
	for i, text := range texts {
		h := Hit{Passage: Passage{ID: int64(i + 1), Text: text, Start: 100, End: 100 + len(text), Lang: lang.Detect(text)}}
		hits = append(hits, h)
		for _, span := range sentenceSpans(text) {
			sentences[h.ID] = append(sentences[h.ID], SentenceVector{Span: lang.Span{Start: 100 + span.Start, End: 100 + span.End}, Vector: vectors[next]})
			next++
		}
	}
	for _, tt := range []struct {
		name      string
		sentences map[int64][]SentenceVector
		first     bool // the second hit's sentence is nearer to the mean than the first's
	}{
		{"by vectors", sentences, true},
		{"by words", map[int64][]SentenceVector{1: sentences[1]}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			index := &memoryIndex{space: space, sentences: tt.sentences}
			s, err := NewSearcher(index, space, index, quietEmbedder{}, nil, slog.New(slog.DiscardHandler), time.Now)
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Central(t.Context(), hits)
			if err != nil || len(got) != 3 {
				t.Fatalf("%+v, %v", got, err)
			}
			for _, q := range got {
				if h := hits[q.Hit]; h.Text[q.Start-h.Start:q.End-h.Start] != q.Text {
					t.Errorf("%+v is not verbatim", q)
				}
			}
			maps, lunch, zh := got[0], got[1], got[2]
			if tt.first && (maps.Score <= lunch.Score || zh.Score <= lunch.Score) {
				t.Errorf("%+v", got)
			}
			if !tt.first && zh.Score <= lunch.Score { // 学校 is there twice
				t.Errorf("%+v", got)
			}
		})
	}
}
