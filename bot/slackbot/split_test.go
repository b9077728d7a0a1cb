package slackbot

import (
	"fmt"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// S17: no part is longer than the limit, nothing is lost, and nothing is torn.
func TestSplit(t *testing.T) {
	t.Parallel()
	sentences := map[string]string{
		"Chinese":  "会场在**六楼（大厅）**，《数据治理》圆桌会议由主办方主持。[1]",
		"English":  "The round table was held in the **Osmanthus Hall** on the sixth floor. [12] ",
		"emoji":    "👨‍👩‍👧‍👦完成👍🏽🇨🇳",
		"one word": "会",
		"letters":  "x",
	}
	for name, sentence := range sentences {
		for _, n := range []int{1, 2999, 3000, 3001, 12001, 50000} {
			t.Run(fmt.Sprintf("%s %d", name, n), func(t *testing.T) {
				t.Parallel()
				var b strings.Builder
				for i := 0; i*utf8.RuneCountInString(sentence) < n; i++ {
					b.WriteString(sentence)
					if i%7 == 6 && len(sentence) > 8 {
						b.WriteString("\n\n")
					}
				}
				check(t, b.String(), 3000)
			})
		}
	}
}

func check(t *testing.T, text string, limit int) []string {
	t.Helper()
	parts := split(text, limit)
	squeezed := func(s string) string { return strings.NewReplacer("\n", "", " ", "").Replace(s) }
	if squeezed(strings.Join(parts, "")) != squeezed(text) {
		t.Error("something was lost or added")
	}
	for i, p := range parts {
		if n := utf8.RuneCountInString(p); n > limit || n == 0 {
			t.Errorf("part %d has %d characters", i, n)
		}
		if strings.Count(p, "**")%2 != 0 || strings.Count(p, "[") != strings.Count(p, "]") || strings.HasPrefix(p, "[") {
			t.Errorf("part %d is torn: …%q", i, tail(p))
		}
		if i+1 < len(parts) && !border(p, parts[i+1]) {
			t.Errorf("a character is torn between %q and %q", tail(p), parts[i+1][:min(20, len(parts[i+1]))])
		}
	}
	if most := utf8.RuneCountInString(text)/(limit/2) + 1; len(parts) > most {
		t.Errorf("%d parts, of which %d would do", len(parts), most)
	}
	return parts
}

// tail is the end of s, some hundred bytes from the border of a character on.
func tail(s string) string {
	at := max(0, len(s)-120)
	for at > 0 && !utf8.RuneStart(s[at]) {
		at--
	}
	return s[at:]
}

// border reports whether one character ends where a ends and b begins.
func border(a, b string) bool {
	at := 0
	a, b = tail(a), b[:min(40, len(b))]
	for it := graphemes.FromString(a + b); it.Next(); {
		if at = it.End(); at >= len(a) {
			break
		}
	}
	return at == len(a)
}

func TestSplitKeepsCodeTogether(t *testing.T) {
	t.Parallel()
	text := "Before.\n\n```\n" + strings.Repeat("line of code\n", 60) + "```\n\nAfter."
	parts := split(text, 200)
	lines := 0
	for _, p := range parts {
		if utf8.RuneCountInString(p) > 200 || strings.Count(p, "```")%2 != 0 {
			t.Errorf("%d characters: %q", utf8.RuneCountInString(p), p)
		}
		lines += strings.Count(p, "line of code")
	}
	if lines != 60 {
		t.Errorf("%d lines of 60", lines)
	}
}

// However a text is made, cutting it ends, loses nothing but white space and fences, and keeps the limit.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{
		strings.Repeat("x", 300), "```\n" + strings.Repeat("x", 300) + "\n```", "a\n\n```\n" + strings.Repeat("会场\n", 60) + "```\nb", strings.Repeat("**会场（六楼）。**[1] ", 30),
		strings.Repeat("👨‍👩‍👧", 60), "```\n```\n```\n" + strings.Repeat("y ", 90), strings.Repeat("\n", 99), strings.Repeat("[12345", 50), strings.Repeat("e\u0301\u0301", 99),
	} {
		f.Add(s)
	}
	letters := func(s string) string {
		return strings.Map(func(r rune) rune {
			if unicode.IsSpace(r) || r == '`' {
				return -1
			}
			return r
		}, s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) {
			t.Skip()
		}
		const limit = 60
		parts := split(s, limit)
		for _, p := range parts {
			if n := utf8.RuneCountInString(p); n > limit {
				t.Errorf("a part has %d characters: %q", n, p)
			}
		}
		if got, want := letters(strings.Join(parts, "")), letters(s); got != want {
			t.Errorf("%q became %q", s, parts)
		}
	})
}

// What is shown for good of a text under way is how the whole text is rendered, wherever it is cut.
func TestSettled(t *testing.T) {
	t.Parallel()
	text := "会场在**六楼（大厅）。**主持人是*《报告》*的作者。[1] The hall is `here`. It is **not there** either. [2]\n\n- 一\n- **二**（三）\n\n```\nx\ny\n```\n\n> 引文。 [3]\n\n1. one\n2. two\n\n完。"
	want := render(text)
	for step := 1; step < 30; step++ {
		sent, shown, mid := 0, "", false
		for end := step; end < len(text); end += step {
			for end < len(text) && !utf8.RuneStart(text[end]) {
				end++
			}
			n := settled(text[:end], sent)
			if n == 0 {
				continue
			}
			chunk := text[sent : sent+n]
			shown += renderFrom(chunk, mid)
			sent, mid = sent+n, !strings.HasSuffix(chunk, "\n")
		}
		if !strings.HasPrefix(want, shown) {
			t.Fatalf("in steps of %d, shown is\n%q\nof\n%q", step, shown, want)
		}
		if len(shown) < len(want)/2 {
			t.Errorf("in steps of %d, only %d of %d bytes are shown before the end", step, len(shown), len(want))
		}
	}
}
