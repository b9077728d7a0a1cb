package source

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTurns(t *testing.T) {
	t.Parallel()
	talk := func(a, b, colon, mark string) string {
		return strings.Repeat(a+colon+"The words of the first speaker go on here."+mark+b+colon+"And here is what the second answers to it."+mark, 3)
	}
	records := strings.Repeat("Time: 09:00 to 10:00 in the morning of the day\nRoom: the hall on the sixth floor of the house\nSpeaker: somebody who has been named there\n\n", 4)
	for _, tt := range []struct {
		name, file, content string
		speakers            []string
	}{
		{"paragraphs in English", "a.txt", "Interview of May\n\n" + talk("Ms Lee", "Host", ": ", "\n\n"), []string{"Ms Lee:", "Host:"}},
		{"lines without empty ones between", "a.txt", talk("Ms Lee", "Host", ": ", "\n"), []string{"Ms Lee:", "Host:"}},
		{"Chinese", "a.txt", strings.ReplaceAll(strings.ReplaceAll(talk("王芳", "主持人甲", "：", "\n\n"), "The words of the first speaker go on here.", "第一位发言人的话就在这里继续下去。"), "And here is what the second answers to it.", "这是第二位对此给出的一个回答。"), []string{"王芳：", "主持人甲："}},
		{"times before the names", "a.txt", talk("[00:01:02] A. Lee", "(01:05) B. Wu", ": ", "\n\n"), []string{"[00:01:02] A. Lee:", "(01:05) B. Wu:"}},
		{"bold in Markdown", "a.md", "# Interview\n\n" + talk("**Ms Lee:** ", "**Host:** ", "", "\n\n"), []string{"Ms Lee:", "Host:"}},
		{"in HTML", "a.html", "<html><body><p>" + talk("Ms Lee", "Host", ": ", "</p><p>") + "</body></html>", []string{"Ms Lee:", "Host:"}},
		{"records of labelled lines are none", "a.txt", records, nil},
		{"people once each are none", "a.txt", "A. Lee: head of the office of the foundation\nB. Wu: head of another office of it\nC. Ho: head of a third office of the same\nD. Xu: somebody who has no office there\nE. Ma: she has one\nF. Li: he has none at all\nG. Bo: unknown\n", nil},
		{"two quotations are none", "a.txt", "She asked: why was it so?  He did not know.\n\nA long story follows here.\n\nShe asked: why not?\n\nAnd so on.\n", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := Read(tt.file, []byte(tt.content), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			check(t, d)
			var speakers []string
			for i, b := range d.Blocks {
				if text := d.Text[b.Start:b.End]; b.Kind == Heading && strings.ContainsAny(text, ":：") {
					if speakers = append(speakers, text); d.Blocks[i+1].Kind != Paragraph {
						t.Errorf("after %q comes a %s", text, d.Blocks[i+1].Kind)
					}
				}
			}
			var want []string
			if tt.speakers != nil {
				for range 3 {
					want = append(want, tt.speakers...)
				}
			}
			if diff := cmp.Diff(want, speakers); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
