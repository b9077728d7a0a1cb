package bot

import (
	"os"
	"strings"
	"testing"

	"osmanthus/retrieval/lang"
)

// before are the conversations that the dialogues go on with.
func before() map[string][]turn {
	ann := turn{Whole: "Who is Ann Sample?", Lang: lang.English, About: [][]string{{"Ann Sample"}}}
	wang := turn{Whole: "王小明是谁？", Lang: lang.Chinese, About: [][]string{{"王小明", "WANG Xiaoming"}}}
	soil := turn{Whole: "Where is “Living Soil”?", Lang: lang.English, Sessions: [][]string{{"Living Soil"}}, Told: [][]string{{"Ann Sample"}}}
	return map[string][]turn{
		"none": nil,
		"ann":  {ann},
		"wang": {wang},
		"soil": {soil},
		"compost": {{
			Whole: "「堆肥的学问」在哪里？", Lang: lang.Chinese, Sessions: [][]string{{"堆肥的学问"}}, Told: [][]string{{"王小明"}},
		}},
		"brewing": {{
			Whole: "Who speaks in “Brewing with Osmanthus”?", Lang: lang.English, Sessions: [][]string{{"桂花釀造入門", "Brewing with Osmanthus"}},
			Told: [][]string{{"李小紅", "Reed Lee"}, {"Ann Sample"}},
		}},
		"talks": {{
			Whole: "When does Ann Sample speak?", Lang: lang.English, About: [][]string{{"Ann Sample"}},
			Sessions: [][]string{{"Living Soil"}, {"Brewing with Osmanthus"}},
		}},
		"place":    {{Whole: "Where did the seminar take place?", Lang: lang.English, Document: "Report on the seminar"}},
		"place-zh": {{Whole: "研讨会在哪里举行？", Lang: lang.Chinese, Document: "研讨会报告"}},
		"who":      {{Whole: "Who moderated the round table?", Lang: lang.English, Told: [][]string{{"FU Changbo"}}, Document: "Report on the seminar"}},
		"day":      {{Whole: "Which talks are there on 2031-03-04?", Lang: lang.English, Sessions: [][]string{{"Living Soil"}, {"Brewing with Osmanthus"}}}},
		"day-zh":   {{Whole: "明天有哪些演讲？", Lang: lang.Chinese, Sessions: [][]string{{"堆肥的学问"}, {"修剪果树"}}}},
		"ann then place": {ann, {
			Whole: "Where did the seminar take place?", Lang: lang.English, Document: "Report on the seminar",
		}},
		"ann then soil": {ann, soil},
		"ann then wang": {ann, wang},
	}
}

// Each line of dialogues.tsv is a conversation, a question, and the question as it is understood: "=" as it stands, "?" as
// it stands but not sure, "~ " before what rules are not sure of.
func TestDialogues(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile("testdata/dialogues.tsv")
	if err != nil {
		t.Fatal(err)
	}
	conversations, count := before(), 0
	for line := range strings.Lines(string(raw)) {
		fields := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(fields) != 3 {
			t.Fatalf("not three fields: %q", line)
		}
		count++
		t.Run(fields[0]+": "+fields[1], func(t *testing.T) {
			t.Parallel()
			turns, ok := conversations[fields[0]]
			if !ok {
				t.Fatalf("no conversation %q", fields[0])
			}
			f := followUpOf(fields[1], turns)
			got := f.whole
			switch {
			case f.whole == fields[1] && f.sure && !f.follows:
				got = "="
			case f.whole == fields[1] && !f.sure:
				got = "?"
			case !f.sure:
				got = "~ " + got
			}
			if got != fields[2] {
				t.Errorf("understood as %q, want %q", got, fields[2])
			}
		})
	}
	if count < 60 {
		t.Errorf("only %d dialogues", count)
	}
}

func FuzzFollowUp(f *testing.F) {
	f.Add("what about her second project?")
	f.Add("那几点开始？")
	f.Add("and “the")
	f.Fuzz(func(t *testing.T, question string) {
		for name, turns := range before() {
			if got := followUpOf(question, turns); got.whole == "" && strings.TrimSpace(question) != "" {
				t.Errorf("after %s nothing is left of %q", name, question)
			}
		}
	})
}
