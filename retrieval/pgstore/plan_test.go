package pgstore

import (
	"testing"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// The index has given enough when its arm is full, however few of its finds are chosen afterwards: asking again by looking
// at all passages costs four times the search.
func TestFullArmIsNotShort(t *testing.T) {
	t.Parallel()
	plan := searchPlan{indexed: []lang.Lang{lang.English}}
	q := retrieval.CandidateQuery{DenseLimit: 3, Alone: 1}
	full := []place{{1, 1, lang.English}, {2, 2, lang.English}, {3, 3, lang.English}, {2, 1, ""}}
	for _, tt := range []struct {
		name   string
		places []place
		few    bool
		want   bool
	}{
		{"full", full, false, false},
		{"one is missing, though a lexical arm found one more", append(full[:2:2], full[3]), false, true},
		{"all were looked at already", full[:1], true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := plan
			p.few = tt.few
			if got := p.short(q, tt.places); got != tt.want {
				t.Errorf("got %t", got)
			}
		})
	}
	if got := chosen(full, q.Alone); len(got) != 2 {
		t.Errorf("chosen %v, want the first and the one that two arms found", got)
	}
}
