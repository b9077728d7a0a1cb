package bot

import (
	"bytes"
	"strings"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"golang.org/x/net/html"
)

// render shows Markdown with everything switched on that could make more of it than text.
func render(t *testing.T, markdown string) string {
	t.Helper()
	var out bytes.Buffer
	md := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote))
	if err := md.Convert([]byte(markdown), &out); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// tags returns the elements of an HTML text and the text itself.
func tags(t *testing.T, source string) (names map[string]int, text string) {
	t.Helper()
	names = map[string]int{}
	var b strings.Builder
	for z := html.NewTokenizer(strings.NewReader(source)); ; {
		switch z.Next() {
		case html.ErrorToken:
			return names, b.String()
		case html.StartTagToken, html.SelfClosingTagToken:
			name, _ := z.TagName()
			names[string(name)]++
		case html.TextToken:
			b.Write(z.Text())
		}
	}
}

// hostile are texts that mean to become more than text.
var hostile = []string{
	"![x](https://evil.example/?q=secret)", "[click](https://evil.example)", "[1](https://evil.example)", "[1]: https://evil.example",
	"[x]: https://evil.example\n[x]", "![x][1]\n\n[1]: https://evil.example", "<https://evil.example>", "https://evil.example", "www.evil.example",
	"WWW.evil.example", "a@evil.example", "<img src=https://evil.example>", "<script>alert(1)</script>", "<svg/onload=alert(1)>", "<!-- x -->",
	"`code`", "```\nfence", "~~~\nfence", "**bold**", "*x*", "__x__", "_x_", "~~gone~~", "# heading", "- item", "+ item", "* item", "1. one", "12) twelve",
	"> quote", "===\n", "a\n===", "a\n---", "---", "| a | b |\n|---|---|\n| c | d |", "a | b\n--|--\nc | d", "    indented code", "\tindented", "[^1]\n\n[^1]: note",
	"term\n: definition", "&lt;script&gt;", "&#60;script>", `\[x](https://evil.example)`, `\\[x](https://evil.example)`, `\<img src=x>`, `\`, `a\`,
	"ftp://evil.example", "mailto:a@evil.example", "javascript:alert(1)", "[ ] task", "桂花[2]香", "！[图](https://evil.example)", "9:00~10:30~11:00",
}

func TestEscapeShowsTextAsItIs(t *testing.T) {
	t.Parallel()
	plain := []string{"", "桂花飘香。", "R&D 与 snake_case，第1.2节（2）", "emoji 👩‍🔬 #1", "C:\\dir", "2 > 1 & 3"}
	for _, text := range append(append([]string{}, hostile...), plain...) {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			page := render(t, Escape(text))
			names, got := tags(t, page)
			for name, n := range names {
				if name != "p" && name != "br" {
					t.Errorf("%d times <%s> in %s", n, name, page)
				}
			}
			if squeeze(got) != squeeze(text) {
				t.Errorf("shown as %q", got)
			}
			if squeeze(Plain(Escape(text))) != squeeze(text) {
				t.Errorf("plain: %q", Plain(Escape(text)))
			}
		})
	}
}

// squeeze leaves white space out: Markdown does not keep it.
func squeeze(s string) string { return strings.Join(strings.Fields(s), "") }

func TestEscapeIsSparing(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"时间：09:00 · 内容：开幕致辞（第1.2节）", "R&D in snake_case, No. 1 - 2 (e.g. 3) + 4 = 7!", "桂花。"} {
		if got := Escape(text); got != text {
			t.Errorf("got %q, want it untouched", got)
		}
	}
}

func TestBlockquote(t *testing.T) {
	t.Parallel()
	if got, want := blockquote(" 甲。\n\n> 乙 ", 3), "> 甲。\n> \\> 乙 [3]"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
