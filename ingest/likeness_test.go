package ingest

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"osmanthus/ingest/source"
)

// essay is 400 words that follow each other in no order.
func essay(seed uint64) string {
	words := strings.Fields("hall guest report table record founder village school letter harvest bridge window market season river lantern paper council garden winter answer story figure method village promise teacher question measure public")
	r := rand.New(rand.NewPCG(seed, 7))
	out := make([]string, 400)
	for i := range out {
		out[i] = words[r.IntN(len(words))]
	}
	return strings.Join(out, " ")
}

func TestLikeness(t *testing.T) {
	t.Parallel()
	english := essay(1)
	chinese := strings.Repeat("基金会公布了年度报告，其中列出了全部捐赠的来源与去向。", 1) + "各地志愿者协会在报告后面写下了自己的意见，编者把它们分成七类，并附上每一类的例子。读者可以在网站上查到全文。"
	for _, tt := range []struct {
		name, a, b string
		alike      bool
	}{
		{"the same", english, english, true},
		{"the same in other case and spacing", english, strings.ToUpper(strings.ReplaceAll(english, " ", "\n")), true},
		{"one word changed in a long text", english, strings.Replace(english, strings.Fields(english)[40], "otherwise", 1), true},
		{"another text", english, essay(2), false},
		{"half the text", english, english[:len(english)/2], false},
		{"Chinese, the same", chinese, "　" + chinese, true},
		{"Chinese, another", chinese, strings.Repeat("会议日程将在开幕前一周公布", 6) + "请留意通知", false},
		{"too short to tell", "Welcome to all.", "Welcome to all.", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			a, b := Bands(tt.a), Bands(tt.b)
			shared := slices.ContainsFunc(a, func(key int64) bool { return slices.Contains(b, key) })
			if got := shared && Alike(tt.a, tt.b) > AlikeFrom; got != tt.alike {
				t.Errorf("got %t: bands shared %t, alike %.3f", got, shared, Alike(tt.a, tt.b))
			}
		})
	}
	if got, want := Bands(english)[0], Bands(english)[0]; got != want {
		t.Error("bands differ from call to call")
	}
}

// Of all pairs that are named, those that are alike in truth are told, each document once.
func TestAlike(t *testing.T) {
	t.Parallel()
	text := essay(1)
	got := alike([]Pair{{"a", "b", text, essay(2), false}, {"a", "c", text, text, false}, {"a", "d", text, text, false}, {"e", "a", text, text, false}, {Source: "f", Other: "g", SameID: true}})
	want := []Warning{{Source: "a", Code: source.WarnSame, Detail: "c"}, {Source: "e", Code: source.WarnSame, Detail: "a"},
		{Source: "f", Code: source.WarnSameID, Detail: "g"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
