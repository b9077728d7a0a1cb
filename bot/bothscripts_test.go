package bot

import (
	"testing"

	"osmanthus/retrieval"
)

func TestNameInTheOtherScript(t *testing.T) {
	t.Parallel()
	rows := func(names ...string) (out []retrieval.Person) {
		for _, n := range names {
			out = append(out, retrieval.Person{Name: retrieval.Value{Text: n}, Forms: []string{n}})
		}
		return out
	}
	for _, tt := range []struct {
		name string
		rows []retrieval.Person
		want string
	}{
		{"王小明", rows("王小明", "WANG Xiaoming"), "WANG Xiaoming"},
		{"Xiaoming Wang", rows("王小明"), "王小明"},
		{"王小明", rows("WANG Xiaoming", "Wang Xiaoming"), "WANG Xiaoming"},
		{"Xiaoming Wang", rows("王小明", "王晓明"), ""}, // two people sound like that
		{"王小明", rows("王小明", "陈小强"), ""},
		{"王小明", rows("CHEN Xiaoqiang"), ""},
		{"王小明", rows("王小明 (WANG Xiaoming)"), ""}, // it is written so where it stands
	} {
		got, _, ok := inOtherScript(tt.name, tt.rows)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("%s among %v: %q", tt.name, tt.rows, got)
		}
	}
}
