package retrieval

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/retrieval/lang"
)

func TestFramingIsNotQuoted(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, text string
		want       []string
	}{
		{"a heading", "Getting there\n\nTake exit C.", []string{"Take exit C."}},
		{"a Chinese heading", "地点\n\n会场在六楼。\n\n时间\n\n九点开始。", []string{"会场在六楼。", "九点开始。"}},
		{"a heading that asks", "Where is it?\n\nOn the 6th floor.", []string{"Where is it?", "On the 6th floor."}},
		{"the introduction of a list", "Four guests sat there:\n\nHUANG Qingwei, Ant Foundation\nCHEN Lan", []string{"HUANG Qingwei, Ant Foundation", "CHEN Lan"}},
		{"a header row", "Time · Speaker\nTime: 9:00 · Speaker: YANG Haobo", []string{"Time: 9:00 · Speaker: YANG Haobo"}},
		{"the last line without a mark", "One sentence.\n\nthe end", []string{"One sentence.", "the end"}},
		{"nothing but a heading", "Programme\n\n", []string{"Programme"}},
		{"nothing", "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, s := range split([]Hit{{Passage: Passage{Text: tt.text}}}) {
				got = append(got, s.text)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestJudge(t *testing.T) {
	t.Parallel()
	embedder := biasedEmbedder{dim: 512, bias: 3, dictionary: map[string]string{"桂花": "osmanthus", "大厅": "hall", "研讨会": "seminar"}}
	space, err := Calibrate(t.Context(), embedder)
	if err != nil {
		t.Fatal(err)
	}
	index := &memoryIndex{space: space}
	index.add(t, embedder, lang.English, "The seminar took place in the Osmanthus Hall. Lunch was served at noon.")
	index.add(t, embedder, lang.English, "Bicycles can be left in the courtyard. The cloakroom is beside the lift.")
	index.add(t, embedder, lang.Chinese, "志愿者在门口发放耳机。")
	searcher, err := NewSearcher(index, space, index, embedder, nil, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	judge := func(t *testing.T, s *Searcher, question string) Judgement {
		t.Helper()
		q := Query{Text: question}
		r, err := s.Search(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		j, err := s.Judge(t.Context(), q, r)
		if err != nil {
			t.Fatal(err)
		}
		return j
	}
	good := judge(t, searcher, "Where did the seminar take place?")
	if len(good.Quotes) == 0 || good.Quotes[0].Text != "The seminar took place in the Osmanthus Hall." {
		t.Fatalf("quoted %+v", good.Quotes)
	}
	q := good.Quotes[0]
	if q.Start != 0 || q.End != len(q.Text) || q.Hit != 0 {
		t.Errorf("the quote stands at %d to %d of hit %d", q.Start, q.End, q.Hit)
	}
	bad := judge(t, searcher, "Which comet was discovered yesterday?")
	if bad.Evidence >= good.Evidence || bad.Answerable() {
		t.Errorf("evidence: answerable %.3f, not answerable %.3f", good.Evidence, bad.Evidence)
	}
	embedder.fail = errors.New("down")
	blind, err := NewSearcher(index, space, index, embedder, nil, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if j := judge(t, blind, "seminar Osmanthus Hall"); !j.Answerable() || j.Quotes[0].Text != "The seminar took place in the Osmanthus Hall." {
		t.Errorf("without the embedder: %+v", j)
	}
	if j := judge(t, blind, "comet discovered yesterday"); j.Answerable() {
		t.Errorf("without the embedder, of nothing: %+v", j)
	}
	if j, err := searcher.Judge(context.Background(), Query{Text: "x"}, Result{}); err != nil || j.Answerable() {
		t.Errorf("of no hits: %+v, %v", j, err)
	}
}
