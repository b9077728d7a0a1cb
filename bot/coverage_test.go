package bot

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"osmanthus/retrieval"
)

func TestTitledWith(t *testing.T) {
	t.Parallel()
	all := []retrieval.Document{
		{Title: "Report on the Tech for Social Good seminar"}, {Title: "Agenda of the Tech for Social Good seminar"},
		{Title: "數字公益工作坊日程"}, {Title: "数字公益报告"},
	}
	for _, tt := range []struct {
		name, subject string
		want          []string
	}{
		{"the words in another order", "the seminar's report", []string{all[0].Title}},
		{"several titles", "social good seminar", []string{all[0].Title, all[1].Title}},
		{"Chinese, in the other script", "數字公益報告", []string{all[3].Title}},
		{"Chinese words that stand apart in the title", "数字公益日程", nil},
		{"one word says too little", "seminar", nil},
		{"a word that no title has", "seminar hotel", nil},
		{"nothing", "", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, d := range titledWith(tt.subject, all) {
				got = append(got, d.Title)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
