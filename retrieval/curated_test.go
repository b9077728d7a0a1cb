package retrieval

import (
	"context"
	"errors"
	"testing"
	"time"

	"osmanthus/retrieval/lang"
)

// written are the organisers' answers, all of them for everybody.
type written []CuratedAnswer

func (w written) CuratedAnswers(context.Context, Filter) ([]CuratedAnswer, error) { return w, nil }

func TestCurated(t *testing.T) {
	t.Parallel()
	zero := map[lang.Lang][]float32{lang.English: {0, 0, 0}, lang.Chinese: {0, 0, 0}}
	space := Space{ID: 4, Dim: 3, Calibration: Calibration{PassageMean: zero, QueryMean: zero}}
	answer := func(id int64, question string, l lang.Lang, vector ...float32) CuratedAnswer {
		return CuratedAnswer{ID: id, Question: question, Lang: l, Space: 4, Vector: vector, Written: time.Unix(id, 0)}
	}
	pond := answer(1, "Where is the pond?", lang.English, 1, 0, 0)
	teich := answer(2, "池塘在哪里？", lang.Chinese, 1, 0, 0)
	other := answer(3, "Where is the pond?", lang.English, 1, 0, 0)
	other.Space = 9
	for _, tt := range []struct {
		name     string
		written  written
		question string
		l        lang.Lang
		err      error // of the embedder
		want     int64 // 0: none
		fails    bool
	}{
		{"nothing written", nil, "Where is the pond?", lang.English, errors.New("never asked"), 0, false},
		{"the same words", written{pond}, "where is the POND", lang.English, nil, 1, false},
		{"the same words, the embedder down", written{pond}, "Where is the pond?!", lang.English, errors.New("down"), 1, false},
		{"other words, the embedder down", written{pond}, "Where do I find the pond?", lang.English, errors.New("down"), 0, true},
		{"the same meaning", written{pond}, "Where do I find the pond?", lang.English, nil, 1, false},
		{"across languages", written{pond}, "池塘在什么地方？", lang.Chinese, nil, 1, false},
		{"across languages, the other way", written{teich}, "Where do I find the pond?", lang.English, nil, 2, false},
		{"the one in the answer's language", written{pond, teich}, "Where do I find the pond?", lang.Chinese, nil, 2, false},
		{"and the other way", written{teich, pond}, "Where is the pond?", lang.English, nil, 1, false},
		{"another meaning", written{pond}, "Where is the cat?", lang.English, nil, 0, false},
		{"another kind of thing", written{pond}, "When is the pond open?", lang.English, nil, 0, false},
		{"another year", written{pond}, "Where is the pond of 2029?", lang.English, nil, 0, false},
		{"of another space", written{other}, "Where do I find the pond?", lang.English, nil, 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, ok, err := NewCurator(tt.written, space, byTopic{tt.err}).Curated(t.Context(), Filter{}, tt.question, tt.l)
			if ok != (tt.want != 0) || ok && got.ID != tt.want || (err != nil) != tt.fails {
				t.Errorf("answer %d, %t, %v", got.ID, ok, err)
			}
		})
	}
}
