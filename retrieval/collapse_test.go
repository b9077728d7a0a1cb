package retrieval

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"osmanthus/retrieval/lang"
)

func TestCollapse(t *testing.T) {
	t.Parallel()
	const report = "The seminar opened in the Osmanthus Hall at nine and more than a hundred guests attended the three keynotes."
	const other = "Volunteers handed out headphones at the door before lunch was served."
	hit := func(document int64, l lang.Lang, text string) Hit {
		id := document * 100
		return Hit{
			Passage: Passage{ID: id, Document: document, Lang: l, Text: text, End: len(text)},
			Source:  fmt.Sprintf("%d.md", document), length: len(text),
		}
	}
	parallel := func(h Hit, to int64) Hit {
		h.parallel = fmt.Sprintf("%d.md", to)
		return h
	}
	at := func(h Hit, start, length int) Hit {
		h.ID += int64(start)
		h.Start, h.End, h.length = start, start+len(h.Text), length
		return h
	}
	elsewhere := func(h Hit, event string) Hit {
		h.event = event
		return h
	}
	for _, tt := range []struct {
		name  string
		hits  []Hit
		limit int
		want  []string // passages, what is folded into one in brackets
	}{
		{"nothing", nil, 5, nil},
		{"parallel versions, the question's language leads", []Hit{parallel(hit(1, lang.Chinese, "研讨会在桂花厅开幕。"), 2), hit(3, lang.English, other), hit(2, lang.English, report)}, 5, []string{"200(100)", "300"}},
		{"named by the other side only", []Hit{hit(1, lang.English, report), parallel(hit(2, lang.Chinese, "研讨会在桂花厅开幕。"), 1)}, 5, []string{"100(200)"}},
		{"another event's document of that name", []Hit{elsewhere(hit(1, lang.English, report), "spring"), elsewhere(parallel(hit(2, lang.Chinese, "研讨会。"), 1), "autumn")}, 5, []string{"100", "200"}},
		{"parallel versions at different places", []Hit{at(hit(1, lang.English, report), 0, 4*len(report)), at(parallel(hit(2, lang.Chinese, "结束。"), 1), 90, 100)}, 5, []string{"100", "290"}},
		{"a reprint", []Hit{hit(1, lang.English, report), hit(2, lang.English, report+"\n")}, 5, []string{"100(200)"}},
		{"a report on the same event", []Hit{hit(1, lang.English, report), hit(2, lang.English, strings.Replace(report, "more than a hundred guests", "eighty invited experts", 1)+" "+other)}, 5, []string{"100", "200"}},
		{"one document's own repeats stay", []Hit{hit(1, lang.English, report), at(hit(1, lang.English, report), 1, 500)}, 5, []string{"100", "101"}},
		{
			"a long document waits after its share",
			[]Hit{
				at(hit(1, lang.English, "one"), 1, 500), at(hit(1, lang.English, "two"), 2, 500), at(hit(1, lang.English, "three"), 3, 500),
				at(hit(1, lang.English, "four"), 4, 500), hit(2, lang.English, other),
			}, 5, []string{"101", "102", "103", "200", "104"},
		},
		{"no more than asked for", []Hit{hit(1, lang.English, "one"), hit(2, lang.English, "two"), hit(3, lang.English, "three")}, 2, []string{"100", "200"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, h := range collapse(lang.English, tt.hits, tt.limit) {
				name := fmt.Sprint(h.ID)
				for _, s := range h.Same {
					name += fmt.Sprintf("(%d)", s.ID)
				}
				got = append(got, name)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
