package web

import (
	"regexp"
	"strconv"
	"strings"

	"osmanthus/retrieval/lang"
)

// The Markdown of answers is a small part of Markdown: paragraphs, quotations, lists, headings, code, emphasis and the
// numbers of sources. Images, links and HTML are no part of it and stay text, so that nothing in a document or a
// model's answer can make a browser fetch or run anything. page/markdown.ts does the same in the browser; both are
// held to testdata/markdown.json.

// A node is a piece of an answer's text, rendered by the template "nodes", which escapes it.
type node struct {
	Kind     string // p, h, quote, ul, ol, li, pre, hr; text, strong, em, code, cite, br, link
	Text     string // of text, code, pre and cite
	Start    int    // the first number of an ol
	URL      string // of cite and link; only ever an address of the reader
	Title    string // of cite: the source's
	Lang     string // of quote: its tag
	Children []node
}

// A cited is what a number in the text stands for.
type cited struct {
	Title string
	URL   string
}

// maxDepth bounds how deep quotations and emphasis nest.
const maxDepth = 4

var (
	fenceLine   = regexp.MustCompile("^[ \t]{0,3}```")
	quoteLine   = regexp.MustCompile(`^[ \t]{0,3}>[ ]?`)
	headingLine = regexp.MustCompile(`^[ \t]{0,3}#{1,6}[ \t]+`)
	ruleLine    = regexp.MustCompile(`^[ \t]{0,3}(?:-{3,}|\*{3,}|_{3,})[ \t]*$`)
	bulletLine  = regexp.MustCompile(`^[ \t]*[-*+][ \t]+`)
	orderedLine = regexp.MustCompile(`^[ \t]*(\d{1,9})[.)][ \t]+`)
	blankLine   = regexp.MustCompile(`^[ \t]*$`)
	citeMark    = regexp.MustCompile(`^\[(\d{1,4})\]`)
)

// parseMarkdown reads an answer's text. A number that cites does not know stays text.
func parseMarkdown(text string, cites map[int]cited) []node {
	return blocks(strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n"), cites, 0)
}

func blocks(lines []string, cites map[int]cited, depth int) []node {
	var out []node
	for i := 0; i < len(lines); {
		line := lines[i]
		switch {
		case blankLine.MatchString(line):
			i++
		case fenceLine.MatchString(line):
			var code []string
			for i++; i < len(lines) && !fenceLine.MatchString(lines[i]); i++ {
				code = append(code, lines[i])
			}
			i++
			out = append(out, node{Kind: "pre", Text: strings.Join(code, "\n")})
		case ruleLine.MatchString(line):
			i++
			out = append(out, node{Kind: "hr"})
		case headingLine.MatchString(line):
			i++
			out = append(out, node{Kind: "h", Children: inline(headingLine.ReplaceAllString(line, ""), cites, 0)})
		case quoteLine.MatchString(line) && depth < maxDepth:
			var inner []string
			for ; i < len(lines) && quoteLine.MatchString(lines[i]); i++ {
				inner = append(inner, quoteLine.ReplaceAllString(lines[i], ""))
			}
			quoted := node{Kind: "quote", Children: blocks(inner, cites, depth+1)}
			text := plainText(quoted.Children)
			quoted.Lang = tag(lang.DetectText(text), text) // an answer quotes in the language of the document
			out = append(out, quoted)
		case bulletLine.MatchString(line) || orderedLine.MatchString(line):
			var list node
			list, i = parseList(lines, i, cites)
			out = append(out, list)
		default:
			from := i
			for i++; i < len(lines) && !startsBlock(lines[i], depth); i++ {
			}
			out = append(out, node{Kind: "p", Children: inline(strings.Join(lines[from:i], "\n"), cites, 0)})
		}
	}
	return out
}

// startsBlock reports whether a line ends the paragraph before it.
func startsBlock(line string, depth int) bool {
	return blankLine.MatchString(line) || fenceLine.MatchString(line) || ruleLine.MatchString(line) || headingLine.MatchString(line) ||
		quoteLine.MatchString(line) && depth < maxDepth || bulletLine.MatchString(line) || orderedLine.MatchString(line)
}

// parseList reads the items from line i on. Deeper items count as items of the one list; blank lines between items do
// not end it.
func parseList(lines []string, i int, cites map[int]cited) (node, int) {
	marker, list := bulletLine, node{Kind: "ul"}
	if m := orderedLine.FindStringSubmatch(lines[i]); m != nil {
		marker, list.Kind = orderedLine, "ol"
		list.Start, _ = strconv.Atoi(m[1])
	}
	for i < len(lines) && marker.MatchString(lines[i]) && !ruleLine.MatchString(lines[i]) {
		item := []string{marker.ReplaceAllString(lines[i], "")}
		for i++; i < len(lines) && !startsBlock(lines[i], maxDepth); i++ {
			item = append(item, strings.TrimLeft(lines[i], " \t"))
		}
		list.Children = append(list.Children, node{Kind: "li", Children: inline(strings.Join(item, "\n"), cites, 0)})
		next := i
		for next < len(lines) && blankLine.MatchString(lines[next]) {
			next++
		}
		if next < len(lines) && marker.MatchString(lines[next]) {
			i = next
		}
	}
	return list, i
}

// inline reads the marks within a block.
func inline(s string, cites map[int]cited, depth int) []node {
	var out []node
	var plain strings.Builder
	flush := func() {
		if plain.Len() > 0 {
			out = append(out, node{Kind: "text", Text: plain.String()})
			plain.Reset()
		}
	}
	put := func(n node) { flush(); out = append(out, n) }
	unclosed := map[string]bool{} // what was looked for in vain: the rest of s need not be searched again
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '\\' && i+1 < len(s) && punctuation(s[i+1]):
			plain.WriteByte(s[i+1])
			i += 2
			continue
		case c == '\n':
			put(node{Kind: "br"})
			i++
			continue
		case c == '`' && !unclosed["`"]:
			if n := strings.IndexByte(s[i+1:], '`'); n > 0 {
				put(node{Kind: "code", Text: s[i+1 : i+1+n]})
				i += n + 2
				continue
			}
			unclosed["`"] = true
		case c == '*' && depth < maxDepth:
			run := "*"
			if strings.HasPrefix(s[i:], "**") {
				run = "**"
			}
			inner := i + len(run)
			if end := closing(s, inner, run); !unclosed[run] && end > 0 {
				kind := map[string]string{"*": "em", "**": "strong"}[run]
				put(node{Kind: kind, Children: inline(s[inner:end], cites, depth+1)})
				i = end + len(run)
				continue
			}
			if inner < len(s) && !space(s, inner) {
				unclosed[run] = true
			}
			plain.WriteString(run)
			i = inner
			continue
		case c == '[':
			if m := citeMark.FindStringSubmatch(s[i:]); m != nil {
				n, _ := strconv.Atoi(m[1])
				if source, ok := cites[n]; ok {
					if before, ok := strings.CutSuffix(plain.String(), " "); ok { // a number does not begin a line
						plain.Reset()
						plain.WriteString(before + noBreakSpace)
					}
					put(node{Kind: "cite", Text: m[1], URL: source.URL, Title: source.Title})
					i += len(m[0])
					continue
				}
			}
		}
		plain.WriteByte(s[i])
		i++
	}
	flush()
	return out
}

// closing returns where the run that opens before s[from] closes, 0 where it does not: emphasis begins and ends at
// other than white space. Whether letters or punctuation stand beside it does not matter, as it would in CommonMark,
// where Chinese text without spaces loses its emphasis.
func closing(s string, from int, run string) int {
	if from >= len(s) || space(s, from) {
		return 0
	}
	for i := from; i < len(s); {
		switch {
		case s[i] == '\\':
			i += 2
		case s[i] == '*':
			n := 1
			for i+n < len(s) && s[i+n] == '*' {
				n++
			}
			if n >= len(run) && (n == len(run) || n == 3) && i > from && !spaceBefore(s, i) {
				return i + n - len(run)
			}
			i += n
		default:
			i++
		}
	}
	return 0
}

const (
	wideSpace    = "\u3000"
	noBreakSpace = "\u00a0"
)

func space(s string, i int) bool {
	return strings.ContainsRune(" \t\n", rune(s[i])) || strings.HasPrefix(s[i:], wideSpace)
}

func spaceBefore(s string, i int) bool {
	return strings.ContainsRune(" \t\n", rune(s[i-1])) || strings.HasSuffix(s[:i], wideSpace)
}

// punctuation reports whether a backslash before c takes its meaning away.
func punctuation(c byte) bool {
	return c >= '!' && c <= '/' || c >= ':' && c <= '@' || c >= '[' && c <= '`' || c >= '{' && c <= '~'
}

// plainText is what a reader sees of nodes.
func plainText(nodes []node) string {
	var b strings.Builder
	for _, n := range nodes {
		b.WriteString(n.Text)
		b.WriteString(plainText(n.Children))
	}
	return b.String()
}

// linkItems makes a link of each item of a list that is the title of a document.
func linkItems(nodes []node, addresses map[string]string) {
	for i := range nodes {
		n := &nodes[i]
		if address, ok := addresses[plainText(n.Children)]; ok && n.Kind == "li" {
			n.Children = []node{{Kind: "link", URL: address, Children: n.Children}}
			continue
		}
		linkItems(n.Children, addresses)
	}
}
