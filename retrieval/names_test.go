package retrieval

import (
	"encoding/json"
	"errors"
	"log/slog"
	"slices"
	"testing"
	"time"

	"osmanthus/retrieval/lang"
)

// TestNamesArm: the embedder is down and no word is shared, so only the names can find what is found.
func TestNamesArm(t *testing.T) {
	t.Parallel()
	embedder := biasedEmbedder{dim: 64, bias: 5}
	space, err := Calibrate(t.Context(), embedder)
	if err != nil {
		t.Fatal(err)
	}
	index := &memoryIndex{space: space}
	for _, p := range []struct {
		lang lang.Lang
		text string
	}{
		{lang.English, "The opening speech was given by YANG Haobo."},
		{lang.Chinese, "楊浩勃主任介紹了基金會。"},
		{lang.Chinese, "杨浩波老师主持会议。"},
		{lang.English, "Then Donald Tsang Yam-kuen spoke."},
		{lang.Chinese, "随后曾荫权发表讲话。"},
		{lang.Chinese, "志愿者发放耳机。"},
		{lang.English, "Volunteers hand out headphones."},
		{lang.English, "Prof. Wang closed the day."},
		{lang.Chinese, "王教授作了总结。"},
	} {
		index.add(t, embedder, p.lang, p.text)
	}
	embedder.fail = errors.New("down")
	s, err := NewSearcher(index, space, index, embedder, nil, slog.New(slog.DiscardHandler), time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, question string
		named          []string
		met            []int64 // passages in which the name is met, in any order
		alike          []int64 // in which it is only alike
	}{
		{"hanzi finds pinyin", "谁是杨浩勃？", []string{"杨浩勃"}, []int64{1, 2}, []int64{3}},
		{"the other script", "楊浩勃是誰？", []string{"楊浩勃"}, []int64{1, 2}, []int64{3}},
		{"pinyin finds hanzi", "Who is Haobo Yang?", []string{"Haobo Yang"}, []int64{1, 2, 3}, nil},
		{"Wade-Giles", "Who is Yang Hao-po?", []string{"Yang Hao-po"}, []int64{1, 2, 3}, nil},
		{"Cantonese", "曾蔭權是誰？", []string{"曾蔭權"}, []int64{4, 5}, nil},
		{"pinyin finds Cantonese", "Who was Zeng Yinquan?", []string{"Zeng Yinquan"}, []int64{4, 5}, nil},
		{"surname and title", "What did 王教授 say?", []string{"王教授"}, []int64{9}, []int64{8}},
		{"nobody", "Who hands out headphones?", nil, nil, nil},
		{"somebody else", "谁是李文斌？", []string{"李文斌"}, nil, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r, err := s.Search(t.Context(), Query{Text: tt.question})
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(r.Named, tt.named) {
				t.Errorf("named %q, want %q", r.Named, tt.named)
			}
			var met, alike []int64
			for _, h := range r.Hits {
				switch {
				case h.Names >= lang.SameName:
					met = append(met, h.ID)
				case h.Names > 0:
					alike = append(alike, h.ID)
				}
				if h.Names > 0 != slices.Contains(h.Arms, ArmNames) {
					t.Errorf("passage %d: names %.2f, arms %v", h.ID, h.Names, h.Arms)
				}
			}
			slices.Sort(met)
			slices.Sort(alike)
			if !slices.Equal(met, tt.met) || !slices.Equal(alike, tt.alike) {
				t.Errorf("met in %v, alike in %v, want %v and %v", met, alike, tt.met, tt.alike)
			}
			if len(tt.met) > 0 && !slices.Contains(tt.met, r.Hits[0].ID) {
				t.Errorf("passage %d is first", r.Hits[0].ID)
			}
		})
	}
}

func TestEvaluateNames(t *testing.T) {
	t.Parallel()
	e := EvaluateNames([]NameRow{
		{Query: "Yang Haobo", Person: "杨浩勃", Class: "heard"},
		{Query: "Yang Haobo", Person: "杨浩波", Class: "heard"},
		{Query: "Nobody Here", Person: "李明", Class: "none"},
		{Speakers: json.RawMessage(`[{"name": {"zh": "徐湘芸", "en": "Hsu Hsiang-Yun"}}, {"name": "Ken Thompson"}, "王一凡"]`)},
		{Speakers: json.RawMessage(`"not a list"`)},
	})
	if e.People != 6 {
		t.Errorf("%d people, want 6", e.People)
	}
	of := map[string]NameResult{}
	for _, r := range e.Results {
		of[r.Class] = r
	}
	if r := of["heard"]; r.First != 1 || r.Homophone != 1 || r.Queries != 2 {
		t.Errorf("heard: %+v", r)
	}
	if r := of["none"]; r.First != 0 || r.Queries != 1 {
		t.Errorf("none: %+v", r)
	}
	if r := of["other language"]; r.First != 1 || r.Queries != 1 {
		t.Errorf("other language: %+v", r)
	}
	if len(e.Missed) != 1 || e.Missed[0].Want != "李明" {
		t.Errorf("missed %+v", e.Missed)
	}
}
