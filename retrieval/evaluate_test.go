package retrieval

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestPoolSelect(t *testing.T) {
	t.Parallel()
	rows := []CorpusRow{
		{ID: "xquad-00-0-en", Lang: "en", Parallel: "xquad-00-0-zh"},
		{ID: "xquad-00-0-zh", Lang: "zh", Parallel: "xquad-00-0-en"},
		{ID: "b-en", Lang: "en", Parallel: "b-zh"},
		{ID: "b-zh", Lang: "zh", Parallel: "b-en"},
		{ID: "alone", Lang: "zh"},
	}
	tests := []struct {
		pool Pool
		want []string
	}{
		{PoolEnglish, []string{"xquad-00-0-en", "b-en"}},
		{PoolChinese, []string{"xquad-00-0-zh", "b-zh", "alone"}},
		{PoolBoth, []string{"xquad-00-0-en", "xquad-00-0-zh", "b-en", "b-zh", "alone"}},
		// FNV-1a 32 of "xquad-00-0-en" is 0x84e57ffa (even), of "b-en" 0x2601f2cb (odd).
		{PoolSplit, []string{"xquad-00-0-en", "b-zh", "alone"}},
	}
	for _, tt := range tests {
		got, err := tt.pool.Select(rows)
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, r := range got {
			ids = append(ids, r.ID)
		}
		if diff := cmp.Diff(tt.want, ids); diff != "" {
			t.Errorf("pool %s (-want +got):\n%s", tt.pool, diff)
		}
	}
	if _, err := Pool("half").Select(rows); err == nil {
		t.Error("an unknown pool is taken")
	}
}

func TestEvaluateScores(t *testing.T) {
	t.Parallel()
	documents := []CorpusRow{{ID: "e1", Lang: "en"}, {ID: "z1", Lang: "zh"}, {ID: "e2", Lang: "en"}}
	queries := []QueryRow{
		{ID: "q1", Lang: "en", Text: "first", Relevant: []string{"e1", "z1"}},
		{ID: "q2", Lang: "en", Text: "second", Relevant: []string{"e2"}},
		{ID: "q3", Lang: "zh", Text: "none", Relevant: []string{"e1"}},
		{ID: "q4", Lang: "zh", Text: "not in the pool", Relevant: []string{"gone"}},
	}
	rankings := map[string][]string{
		"first":  {"e2", "e1", "e1", "z1"}, // e1 second, z1 third: passages of one document count once
		"second": {"e2"},
		"none":   {"e2"},
	}
	search := func(_ context.Context, q Query) (Result, error) {
		var r Result
		for _, id := range rankings[q.Text] {
			r.Hits = append(r.Hits, Hit{Source: id})
		}
		return r, nil
	}
	got, _, _, err := Evaluate(t.Context(), search, Filter{}, documents, queries)
	if err != nil {
		t.Fatal(err)
	}
	want := []PairResult{
		{QueryLang: "en", DocumentLang: "en", Queries: 2, Hit1: 0.5, Hit5: 1, Hit10: 1, MRR10: 0.75},
		{QueryLang: "zh", DocumentLang: "en", Queries: 1},
		{QueryLang: "en", DocumentLang: "zh", Queries: 1, Hit5: 1, Hit10: 1, MRR10: 1.0 / 3},
	}
	if diff := cmp.Diff(want, got, cmpopts.EquateApprox(0, 1e-9)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestReadRowsNamesTheLine(t *testing.T) {
	t.Parallel()
	_, err := ReadRows[CorpusRow](strings.NewReader("{\"id\":\"a\"}\n\n{broken"))
	if err == nil || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("error %v does not name line 3", err)
	}
}
