package source

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

var (
	htmlStart = regexp.MustCompile(`(?i)\A\s*(?:<\?xml[^>]*>\s*)?(?:<!--(?s:.*?)-->\s*)*<(?:!doctype\s+html|html|head|body)\b`)
	htmlTag   = regexp.MustCompile(`(?i)</?(?:p|div|h[1-6]|table|ul|ol|br|span|article|main|section|title|meta)\b[^>]*>`)
)

// claimsHTML goes by how the content begins; a page without that beginning must have the name and tags.
func claimsHTML(text string, hinted bool) bool {
	head := text[:min(len(text), 4096)]
	return htmlStart.MatchString(head) || hinted && htmlTag.MatchString(head)
}

// maxHTMLDepth is how deep the parser follows elements; it refuses a page that goes deeper.
const maxHTMLDepth = 512

// readHTML reads a page: its main part where it has one, without navigation, scripts and what is not shown.
func readHTML(b *builder, page string) error {
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		return &Fault{Code: TooNested, Limit: maxHTMLDepth, Err: err}
	}
	h := htmlReader{builder: b}
	h.head(root)
	warnings := slices.Clone(b.warnings)
	candidates := mainParts(root)
	found, published := article(root)
	if b.date.marked.IsZero() {
		b.date.marked = published
	}
	if len(candidates) == 1 && found != nil {
		candidates = []*html.Node{found, root}
	}
	for i, part := range candidates {
		for _, forms := range []bool{false, true} {
			try := &htmlReader{builder: &builder{titles: b.titles, date: b.date, meta: b.meta, limits: b.limits, warnings: slices.Clone(warnings)}, forms: forms}
			if h1 := headline(root); part == found && h1 != nil && !hasHeadline(found) {
				try.add(Heading, 1, oneLine(try.words(h1)))
			}
			try.blocks(part, Paragraph, 0)
			try.flush(Paragraph, 0)
			// Some pages are one big form, and some fill an empty main part by script: the first part with words
			// counts, and a form where it holds most of them.
			if n := try.text.Len(); n > 3*b.text.Len() {
				*b = *try.builder
			}
		}
		if b.text.Len() > 0 || i == len(candidates)-1 {
			break
		}
	}
	return nil
}

// mainParts lists where a page's content may be, the likeliest first.
func mainParts(root *html.Node) []*html.Node {
	var parts []*html.Node
	var articles []*html.Node
	for n := range root.Descendants() {
		switch {
		case n.Type != html.ElementNode:
		case n.DataAtom == atom.Main || attribute(n, "role") == "main":
			parts = append(parts, n)
		case n.DataAtom == atom.Article && !within(n, atom.Article) && !hidden(n):
			articles = append(articles, n)
		}
	}
	if len(articles) == 1 { // several are a list of teasers
		parts = append(parts, articles[0])
	}
	return append(parts, root)
}

func within(n *html.Node, a atom.Atom) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.DataAtom == a {
			return true
		}
	}
	return false
}

type htmlReader struct {
	*builder
	line  strings.Builder // words not yet added
	forms bool            // take what stands in forms too
}

// head collects what the page says of itself.
func (r *htmlReader) head(root *html.Node) {
	var title, ogTitle string
	for n := range root.Descendants() {
		switch n.DataAtom {
		case atom.Title:
			if title == "" && n.FirstChild != nil && !within(n, atom.Svg) {
				title = n.FirstChild.Data
			}
		case atom.Link:
			if to := attribute(n, "href"); strings.EqualFold(attribute(n, "rel"), "canonical") && strings.Contains(to, "://") && r.meta["canonical"] == "" {
				r.setMeta("canonical", to)
			}
		case atom.Meta:
			content := attribute(n, "content")
			switch strings.ToLower(attribute(n, "property") + attribute(n, "name") + attribute(n, "itemprop")) {
			case "og:title":
				ogTitle = content
			case "article:published_time", "datepublished", "publishdate", "pubdate", "dc.date", "dcterms.date", "date":
				if t := stamp(content); r.date.marked.IsZero() {
					r.date.marked = t
				}
			}
		}
	}
	r.titles[titlePage] = title
	if strings.TrimSpace(ogTitle) != "" {
		r.titles[titlePage] = ogTitle
	}
	for n := range root.Descendants() {
		if n.DataAtom == atom.Time && r.date.marked.IsZero() && !within(n, atom.Aside) && !within(n, atom.Footer) && !within(n, atom.Td) {
			r.date.marked = stamp(attribute(n, "datetime"))
		}
	}
}

func (r *htmlReader) setMeta(key, value string) {
	if r.meta == nil {
		r.meta = map[string]string{}
	}
	r.meta[key] = oneLine(r.clean(value))
}

// blocks adds the blocks below n; kind is what a paragraph counts as there.
func (r *htmlReader) blocks(n *html.Node, kind BlockKind, level int) {
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		if c.Type == html.TextNode {
			r.line.WriteString(flow(c.Data))
			continue
		}
		if c.Type != html.ElementNode || r.skipped(c) {
			continue
		}
		switch c.DataAtom {
		case atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6:
			r.flush(kind, level)
			r.add(Heading, int(c.Data[1]-'0'), oneLine(r.words(c)))
		case atom.Table:
			r.flush(kind, level)
			r.htmlTable(c, kind, level)
		case atom.Pre:
			r.flush(kind, level)
			r.add(Code, 0, raw(c))
		case atom.Ul, atom.Ol:
			r.flush(kind, level)
			inner := 1
			if kind == Item {
				inner = level + 1
			} else {
				r.last = ""
			}
			r.blocks(c, Item, inner)
			r.flush(Item, inner)
		case atom.Blockquote:
			r.flush(kind, level)
			r.blocks(c, Quote, 0)
			r.flush(Quote, 0)
		case atom.Br:
			r.line.WriteByte('\n')
		case atom.Img:
			if alt := attribute(c, "alt"); alt != "" {
				r.line.WriteString(" " + oneLine(alt) + " ")
			}
		default:
			if inlineElement(c) {
				r.blocks(c, kind, level)
				continue
			}
			r.flush(kind, level)
			r.blocks(c, kind, level)
			r.flush(kind, level)
		}
	}
}

// flush adds the words collected so far: lines parted by one break are one block, by two breaks several.
func (r *htmlReader) flush(kind BlockKind, level int) {
	words := r.line.String()
	r.line.Reset()
	var block []string
	add := func() {
		r.add(kind, level, strings.Join(block, "\n"))
		block = nil
	}
	for line := range strings.SplitSeq(words, "\n") {
		if line = oneLine(line); line == "" {
			add()
			continue
		}
		block = append(block, line)
	}
	add()
}

// flow writes white space as a browser does: a run of it is one space, and none where a line ends between Chinese
// characters. "\n" is left for <br>.
func flow(s string) string {
	if !strings.ContainsAny(s, "\n\t\r\f") {
		return s
	}
	var b strings.Builder
	for len(s) > 0 {
		i := strings.IndexFunc(s, unicode.IsSpace)
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		rest := strings.TrimLeftFunc(s[i:], unicode.IsSpace)
		space := s[i : len(s)-len(rest)]
		switch {
		case !strings.Contains(space, "\n") || i == 0 || rest == "":
			b.WriteByte(' ')
		default:
			b.WriteString(joint(s[:i], rest))
		}
		s = rest
	}
	return b.String()
}

// words is all that is shown below n, with "\n" where a line ends.
func (r *htmlReader) words(n *html.Node) string {
	inner := &htmlReader{builder: &builder{}, forms: r.forms}
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			switch {
			case c.Type == html.TextNode:
				inner.line.WriteString(flow(c.Data))
			case c.Type != html.ElementNode || inner.skipped(c):
			case c.DataAtom == atom.Br:
				inner.line.WriteByte('\n')
			case c.DataAtom == atom.Img:
				inner.line.WriteString(" " + oneLine(attribute(c, "alt")) + " ")
			case inlineElement(c):
				walk(c)
			default:
				inner.line.WriteByte('\n')
				walk(c)
				inner.line.WriteByte('\n')
			}
		}
	}
	walk(n)
	return inner.line.String()
}

// raw is the text below a <pre>, white space kept.
func raw(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		} else if c.DataAtom == atom.Br {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

func inlineElement(n *html.Node) bool {
	switch n.DataAtom {
	case atom.A, atom.Abbr, atom.B, atom.Bdi, atom.Bdo, atom.Big, atom.Cite, atom.Code, atom.Data, atom.Del, atom.Dfn, atom.Em,
		atom.Font, atom.I, atom.Ins, atom.Kbd, atom.Label, atom.Mark, atom.Q, atom.Ruby, atom.Rb, atom.S, atom.Samp, atom.Small,
		atom.Span, atom.Strong, atom.Strike, atom.Sub, atom.Sup, atom.Time, atom.Tt, atom.U, atom.Var, atom.Wbr, atom.Picture:
		return true
	}
	return strings.Contains(n.Data, "-") || strings.Contains(n.Data, ":") // a page's own elements
}

// skipped elements hold no words of the document, or words that are not shown.
func (r *htmlReader) skipped(n *html.Node) bool {
	switch n.DataAtom {
	case atom.Form:
		return !r.forms
	case atom.Script, atom.Style, atom.Noscript, atom.Template, atom.Nav, atom.Footer, atom.Aside, atom.Head, atom.Iframe,
		atom.Object, atom.Embed, atom.Svg, atom.Math, atom.Canvas, atom.Audio, atom.Video, atom.Button, atom.Select, atom.Input,
		atom.Textarea, atom.Dialog, atom.Datalist, atom.Rt, atom.Rp, atom.Noframes, atom.Noembed:
		return true
	}
	role := attribute(n, "role")
	return hidden(n) || role == "navigation" || role == "banner" || role == "contentinfo" || role == "complementary" || role == "search"
}

var hidingStyle = regexp.MustCompile(`(?i)(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse)|(?:font-size|opacity)\s*:\s*0(?:\.0+)?(?:px|pt|em|rem|%)?\s*(?:;|!|$))`)

func hidden(n *html.Node) bool {
	for _, a := range n.Attr {
		switch a.Key {
		case "hidden":
			return true
		case "aria-hidden":
			if strings.EqualFold(a.Val, "true") {
				return true
			}
		case "style":
			if hidingStyle.MatchString(a.Val) {
				return true
			}
		}
	}
	return false
}

func attribute(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}
