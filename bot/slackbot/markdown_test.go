package slackbot

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/yuin/goldmark"

	"osmanthus/bot"
	"osmanthus/retrieval/lang"
)

// asShown is what a reader of CommonMark sees of rendered Markdown, as HTML: Slack's reader is one.
func asShown(t testing.TB, rendered string) string {
	t.Helper()
	var b bytes.Buffer
	if err := goldmark.Convert([]byte(rendered), &b); err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(strings.ReplaceAll(b.String(), zeroWidth, ""))
}

// S20: what an answer may hold is shown as meant, in Chinese too; what a model or a document slipped in is text.
func TestRender(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"plain", "The hall is on the sixth floor.", "<p>The hall is on the sixth floor.</p>"},
		{"plain Chinese", "会场在六楼。", "<p>会场在六楼。</p>"},
		{"bold", "It is **here** now.", "<p>It is <strong>here</strong> now.</p>"},
		{"bold between characters", "会场在**六楼**大厅", "<p>会场在<strong>六楼</strong>大厅</p>"},
		{"bold that ends with a bracket", "**会场（六楼）**在这里", "<p><strong>会场（六楼）</strong>在这里</p>"},
		{"bold that ends with a full stop", "**中文（括号）。**这是", "<p><strong>中文（括号）。</strong>这是</p>"},
		{"bold of a title", "参加了**《数据治理》**论坛", "<p>参加了<strong>《数据治理》</strong>论坛</p>"},
		{"bold of a quotation", "他说**“好”**以后", "<p>他说<strong>“好”</strong>以后</p>"},
		{"italics of a title", "见*《报告》*一书", "<p>见<em>《报告》</em>一书</p>"},
		{"bold after a colon", "时间：**九点。**地点", "<p>时间：<strong>九点。</strong>地点</p>"},
		{"a quotation", "> 会场在六楼。 [1]", "<blockquote>\n<p>会场在六楼。 [1]</p>\n</blockquote>"},
		{"a list", "- 一\n- 二", "<ul>\n<li>一</li>\n<li>二</li>\n</ul>"},
		{"a numbered list", "1. one\n2. two", "<ol>\n<li>one</li>\n<li>two</li>\n</ol>"},
		{"a heading", "## 会场", "<h2>会场</h2>"},
		{"code", "the file `a*b_c`", "<p>the file <code>a*b_c</code></p>"},
		{"a fence", "```go\na *b*\n```", "<pre><code>a *b*\n</code></pre>"},
		{"a source", "在六楼[1][2]。", "<p>在六楼[1][2]。</p>"},
		{"a source before a bracket is no link", "founded [1](2023) there", "<p>founded [1](2023) there</p>"},
		{"a source before a colon is no definition", "[1]: https://evil.example", "<p>[1]: https://evil.example</p>"},
		{"a link is text", "see [this](https://evil.example/x)", "<p>see [this](https://evil.example/x)</p>"},
		{"an image is text", "![x](https://evil.example/x.png)", "<p>![x](https://evil.example/x.png)</p>"},
		{"an address in angles is text", "<https://evil.example>", "<p>&lt;https://evil.example&gt;</p>"},
		{"HTML is text", "<img src=x onerror=alert(1)>", "<p>&lt;img src=x onerror=alert(1)&gt;</p>"},
		{"an escaped star", `5 \* 3 \* 2`, "<p>5 * 3 * 2</p>"},
		{"an escaped bracket", `\[x\](y)`, "<p>[x](y)</p>"},
		{"an escaped underline", `\_x\_`, "<p>_x_</p>"},
		{"underlines are text", "_x_ and __y__", "<p>_x_ and __y__</p>"},
		{"a stroke is text", "~~x~~", "<p>~~x~~</p>"},
		{"an unclosed mark", "2 * 3 and **x", "<p>2 * 3 and **x</p>"},
		{"an unclosed tick", "a ` b", "<p>a ` b</p>"},
		{"an entity is text", "&lt;!channel&gt;", "<p>&amp;lt;!channel&amp;gt;</p>"},
		{"a document's number of a list", `1\. no list`, "<p>1. no list</p>"},
		{"an emoji", "**完成👍🏽**了", "<p><strong>完成👍🏽</strong>了</p>"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := asShown(t, render(tt.in)); got != tt.want {
				t.Errorf("%q is shown as\n%s, want\n%s", render(tt.in), got, tt.want)
			}
		})
	}
}

// slackMarkup is what Slack takes for a mention, a broadcast, a channel or a link, wherever it stands.
var slackMarkup = regexp.MustCompile(`<[!@#][^>]*>|<https?:[^>]*>|<mailto:|https?://|(?i:@(?:channel|here|everyone)\b)`)

func TestNobodyIsNamed(t *testing.T) {
	t.Parallel()
	for _, s := range []string{
		"<!channel>", "<!here|here>", "<!everyone>", "<@U0GUEST>", "<@U0GUEST|guest>", "<!subteam^S0STAFF>", "<#C0HALL|hall>", `\<!channel\>`, "a<!here>b",
		"@channel", "@here now", "@Everyone", "大家@channel好", "<https://evil.example|click>", "<mailto:x@y>", "https://evil.example/?q=secret",
		"http://evil.example", `https\://evil.example`, "**<!channel>**", "> <!channel>", "- <@U1>", "[<!channel>](x)", "*@here*",
	} {
		if got := slackMarkup.FindString(render(s)); got != "" {
			t.Errorf("%q is rendered as %q, where Slack reads %q", s, render(s), got)
		}
		if got := slackMarkup.FindString(mrkdwn(s)); got != "" && !strings.HasPrefix(got, "http") {
			t.Errorf("%q is escaped as %q, where Slack reads %q", s, mrkdwn(s), got)
		}
	}
}

// What documents say is escaped by bot.Escape and shown as it is.
func FuzzRenderEscaped(f *testing.F) {
	for _, s := range []string{"会场（六楼）。", "a*b_c[1](x) <!channel> `x` ~y~ | # - + 1. &lt; www.x.y http://z @here", "**x**这", "\\*", "[1]: x", "❤️👨‍👩‍👧"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.Join(strings.Fields(lang.Clean(s)), " ")
		if !utf8.ValidString(s) || s == "" {
			t.Skip()
		}
		rendered := render(bot.Escape(s))
		if m := slackMarkup.FindString(rendered); m != "" {
			t.Errorf("%q is rendered as %q, where Slack reads %q", s, rendered, m)
		}
		if shown := asShown(t, rendered); strings.Contains(shown, "<a ") || strings.Contains(shown, "<img") || strings.Contains(shown, "<strong>") || strings.Contains(shown, "<em>") {
			t.Errorf("%q is rendered as %q and shown as %s", s, rendered, shown)
		}
	})
}
