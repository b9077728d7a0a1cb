package lang_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"osmanthus/retrieval/lang"
)

func TestSentences(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("数据治理需要各方一起努力，", 7)
	tests := []struct {
		name, in string
		want     []string
	}{
		{"empty", "", nil},
		{"blank", " \n\t ", nil},
		{"no stop", "a heading", []string{"a heading"}},
		{"English", "They met. They spoke! Did they agree?", []string{"They met.", "They spoke!", "Did they agree?"}},
		{"Chinese", "会议开始了。谁主持？好！", []string{"会议开始了。", "谁主持？", "好！"}},
		{"two stops", "真的？！是。", []string{"真的？！", "是。"}},
		{"titles with names", "Mr. Li met Ms. Wang. They spoke.", []string{"Mr. Li met Ms. Wang.", "They spoke."}},
		{"decimal", "It rose 6.5 percent. It fell 0.3.", []string{"It rose 6.5 percent.", "It fell 0.3."}},
		{"version", "Version 1.2.3 is out. Take it.", []string{"Version 1.2.3 is out.", "Take it."}},
		{"country", "The U.S. Congress met. It is in the U.S. The end.", []string{"The U.S. Congress met.", "It is in the U.S.", "The end."}},
		{"number", "No. 5 won. No. I lost.", []string{"No. 5 won.", "No.", "I lost."}},
		{"figure and pages", "See Fig. 3 and pp. 12. It shows.", []string{"See Fig. 3 and pp. 12.", "It shows."}},
		{"e.g.", "Some, e.g. this, i.e. that. Done.", []string{"Some, e.g. this, i.e. that.", "Done."}},
		{"versus", "Kafka vs. Pulsar. Go.", []string{"Kafka vs. Pulsar.", "Go."}},
		{"company", "Sample Co., Ltd. was founded. It grew.", []string{"Sample Co., Ltd. was founded.", "It grew."}},
		{"initials", "J. K. Lee wrote it. We read it.", []string{"J. K. Lee wrote it.", "We read it."}},
		{"afternoon", "It starts at 3 p.m. Ms Wang speaks. Come at 9 a.m. Monday.", []string{"It starts at 3 p.m.", "Ms Wang speaks.", "Come at 9 a.m. Monday."}},
		{"month", "On Sept. 16 we met. Fine.", []string{"On Sept. 16 we met.", "Fine."}},
		{"degree", "She has a Ph.D. The rest do not.", []string{"She has a Ph.D.", "The rest do not."}},
		{"address", "See https://example.org/a?b=1.html. It works.", []string{"See https://example.org/a?b=1.html.", "It works."}},
		{"domain", "Visit example.org now. Mail a.b@example.org.", []string{"Visit example.org now.", "Mail a.b@example.org."}},
		{"numbered item", "3. Results of it. More.", []string{"3. Results of it.", "More."}},
		{"lines", "Heading\n- item one\n- item two\n| a | b |", []string{"Heading", "- item one", "- item two", "| a | b |"}},
		{"Windows lines", "one\r\ntwo", []string{"one", "two"}},
		{"ellipsis goes on", "Yes... maybe. Wait... What?", []string{"Yes... maybe.", "Wait...", "What?"}},
		{"Chinese ellipsis", "嗯……好吧。", []string{"嗯……好吧。"}},
		{"closing quote", "他说：“很好。”然后走了。", []string{"他说：“很好。”", "然后走了。"}},
		{"corner quote", "他說：「很好。」然後走了。", []string{"他說：「很好。」", "然後走了。"}},
		{"asked, then who", "“你好吗？”他问道。走了。", []string{"“你好吗？”他问道。", "走了。"}},
		{"English quote", "\"Why?\" he asked. \"Go!\" She went.", []string{"\"Why?\" he asked.", "\"Go!\"", "She went."}},
		{"quote closes", "He said \"Stop.\" Then left.", []string{"He said \"Stop.\"", "Then left."}},
		{"brackets inside", "他（是谁？）来了。He left (it was late. Really.) and slept.", []string{"他（是谁？）来了。", "He left (it was late. Really.) and slept."}},
		{"brackets alone", "(This is a note.) Next. （注释。）下一句。", []string{"(This is a note.)", "Next.", "（注释。）", "下一句。"}},
		{"title with a mark", "《谁动了它？》是一本书。", []string{"《谁动了它？》是一本书。"}},
		{"bracket never closed", "He said (no. Then he left.", []string{"He said (no.", "Then he left."}},
		{"ASCII stop between Han", "第一句.第二句。", []string{"第一句.", "第二句。"}},
		{"mixed", "OpenAI 的 GPT-4.5 在会上怎么说？Dr. Wang回答：“很好。”谢谢！", []string{"OpenAI 的 GPT-4.5 在会上怎么说？", "Dr. Wang回答：“很好。”", "谢谢！"}},
		{"emoji", "Great! 🎉 Next. 好的！👍下一句", []string{"Great!", "🎉 Next.", "好的！👍", "下一句"}},
		{"semicolon of a short sentence", "一是人才；二是资金。", []string{"一是人才；二是资金。"}},
		{"semicolon of a long sentence", long + "这是前半；这是后半。", []string{long + "这是前半；", "这是后半。"}},
		{"stop before a lower-case word", "the iso. standard holds.", []string{"the iso. standard holds."}},
		{"emphasis", "This is **bold.** And more.", []string{"This is **bold.**", "And more."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, s := range lang.Sentences(tt.in) {
				got = append(got, tt.in[s.Start:s.End])
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Sentences (-want +got):\n%s", diff)
			}
		})
	}
}

// checkSentences holds what is true of the sentences of any text.
func checkSentences(t *testing.T, s string) {
	t.Helper()
	at := 0
	for _, span := range lang.Sentences(s) {
		switch {
		case span.Start < at, span.End <= span.Start, span.End > len(s):
			t.Fatalf("%q: span %v after byte %d", s, span, at)
		case strings.TrimSpace(s[at:span.Start]) != "":
			t.Fatalf("%q: %q lies between sentences", s, s[at:span.Start])
		case strings.TrimSpace(s[span.Start:span.End]) != s[span.Start:span.End]:
			t.Fatalf("%q: %q is not trimmed", s, s[span.Start:span.End])
		case utf8.ValidString(s) && !utf8.ValidString(s[span.Start:span.End]):
			t.Fatalf("%q: %q cuts a character", s, s[span.Start:span.End])
		case utf8.ValidString(s) && strings.ContainsRune(s[span.Start:span.End], '\n'):
			t.Fatalf("%q: %q goes over a line end", s, s[span.Start:span.End])
		}
		at = span.End
	}
	if strings.TrimFunc(s[at:], unicode.IsSpace) != "" {
		t.Fatalf("%q: %q is in no sentence", s, s[at:])
	}
}

func TestSentencesCoverAnyText(t *testing.T) {
	t.Parallel()
	pieces := []string{"a", "B", "研", "会", "。", ".", "!", "？", "；", "…", " ", "\n", "\r", "(", ")", "（", "）", "《", "》", "“", "”", "\"", "'",
		"1", "9.5", "Mr.", "U.S.", "No.", "👍", "\u200D", "\uFE0F", "*", ",", "，", "：", "\u3000", "\u2028", "說", "é", "-", "#"}
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		var b strings.Builder
		for range random.IntN(24) {
			b.WriteString(pieces[random.IntN(len(pieces))])
		}
		checkSentences(t, b.String())
	}
}

func FuzzSentences(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) { checkSentences(t, s) })
}
