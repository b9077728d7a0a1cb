package source

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	extast "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"golang.org/x/net/html"
)

var markdownSign = regexp.MustCompile(`(?m)^(?:#{1,6} \S|\|.*\|[ \t]*\n\|[ \t:|-]+\|[ \t]*$)|\A---\n`)

// claimsMarkdown goes by the name where there is one, because all text is Markdown too, and else by signs that no
// plain text has by chance.
func claimsMarkdown(text string, hinted bool) bool {
	return hinted || markdownSign.MatchString(text[:min(len(text), sampled)]) && !strings.Contains(text[:min(len(text), 64)], "\t")
}

// maxNesting bounds what is followed by recursion; nobody writes as deep by hand.
const maxNesting = 100

// readMarkdown reads Markdown with tables: the words stay, the marks go; of a link its text, of a picture its
// description.
func readMarkdown(b *builder, input string) error {
	body := b.frontMatter(input)
	if limit, is := overwrought(body); is {
		return &Fault{Code: TooNested, Limit: int64(limit)}
	}
	r := markdownReader{builder: b, source: []byte(body)}
	md := goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.TaskList, extension.Footnote))
	return r.blocks(md.Parser().Parse(text.NewReader(r.source)), Paragraph, 0, 0)
}

// Bounds on what the parser takes more than linear time for; beyond them a file is an attack or no Markdown.
const (
	maxBrackets = 2000 // of a paragraph, as in links
	maxPipes    = 1000 // of a line, as in tables
)

// overwrought reports whether a text has more quotations, lists, links or columns in one place than the parser can be
// trusted with, and which limit it breaks.
func overwrought(body string) (limit int, is bool) {
	brackets := 0
	for line := range strings.SplitSeq(body, "\n") {
		rest := strings.TrimLeft(line, " \t")
		indent := len(line) - len(rest)
		if rest == "" {
			brackets = 0
			continue
		}
		if brackets += strings.Count(line, "["); brackets > maxBrackets {
			return maxBrackets, true
		}
		if strings.Count(line, "|") > maxPipes {
			return maxPipes, true
		}
		words := strings.TrimLeft(rest, ">-*+ \t")
		marks := strings.Count(rest[:len(rest)-len(words)], ">") // a row of the others is a rule
		if listMark.MatchString(rest) {
			marks += indent / 2
			marks += strings.Count(rest[:len(rest)-len(words)], "- ") + strings.Count(rest[:len(rest)-len(words)], "* ") + strings.Count(rest[:len(rest)-len(words)], "+ ")
		}
		if marks > maxNesting {
			return maxNesting, true
		}
	}
	return 0, false
}

var listMark = regexp.MustCompile(`^(?:[-*+>]|[0-9]{1,9}[.)])(?:[ \t]|$)`)

type markdownReader struct {
	*builder
	source []byte
}

// blocks adds the blocks below a node. kind is what a paragraph counts as there, lists how many lists it is in.
func (r *markdownReader) blocks(parent ast.Node, kind BlockKind, lists, depth int) error {
	if depth > maxNesting {
		return &Fault{Code: TooNested, Limit: maxNesting}
	}
	for n := parent.FirstChild(); n != nil; n = n.NextSibling() {
		var err error
		switch n := n.(type) {
		case *ast.Heading:
			r.add(Heading, n.Level, oneLine(r.inline(n, 0)))
		case *ast.Paragraph, *ast.TextBlock:
			r.add(kind, lists, r.inline(n, 0))
		case *ast.List:
			if lists == 0 {
				r.last = "" // two lists in a row stay two
			}
			err = r.blocks(n, Item, lists+1, depth+1)
		case *ast.Blockquote:
			if kind == Item {
				err = r.blocks(n, Item, lists, depth+1)
			} else {
				err = r.blocks(n, Quote, 0, depth+1)
			}
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			r.add(Code, 0, r.lines(n))
		case *ast.HTMLBlock:
			fragment := r.lines(n)
			if n.HasClosure() {
				fragment += string(n.ClosureLine.Value(r.source))
			}
			err = r.html(fragment, kind, lists)
		case *extast.Table:
			r.markdownTable(n)
		default:
			err = r.blocks(n, kind, lists, depth+1)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *markdownReader) lines(n ast.Node) string {
	var b strings.Builder
	for i := range n.Lines().Len() {
		segment := n.Lines().At(i)
		b.Write(segment.Value(r.source))
	}
	return b.String()
}

// html adds the words of a block of HTML that stands in Markdown.
func (r *markdownReader) html(fragment string, kind BlockKind, lists int) error {
	root, err := html.Parse(strings.NewReader(fragment))
	if err != nil {
		return &Fault{Code: TooNested, Limit: maxHTMLDepth, Err: err}
	}
	h := htmlReader{builder: r.builder}
	h.blocks(root, kind, lists)
	h.flush(kind, lists)
	return nil
}

func (r *markdownReader) markdownTable(t *extast.Table) {
	var header []string
	var rows [][]string
	for row := t.FirstChild(); row != nil; row = row.NextSibling() {
		var cells []string
		for cell := row.FirstChild(); cell != nil; cell = cell.NextSibling() {
			cells = append(cells, r.inline(cell, 0))
		}
		if _, ok := row.(*extast.TableHeader); ok {
			header = cells
		} else {
			rows = append(rows, cells)
		}
	}
	r.table(header, rows)
}

// inline returns the words of a node; a hard line break is a "\n".
func (r *markdownReader) inline(n ast.Node, depth int) string {
	var b strings.Builder
	for c := n.FirstChild(); c != nil && depth <= maxNesting; c = c.NextSibling() {
		switch c := c.(type) {
		case *ast.Text:
			if c.IsRaw() {
				b.Write(c.Segment.Value(r.source))
			} else {
				b.WriteString(unescape(string(c.Segment.Value(r.source))))
			}
			switch {
			case c.HardLineBreak():
				b.WriteByte('\n')
			case c.SoftLineBreak():
				b.WriteString(r.softBreak(c, b.String()))
			}
		case *ast.String:
			b.Write(c.Value)
		case *ast.AutoLink:
			b.Write(c.Label(r.source))
		case *extast.FootnoteLink:
			b.WriteString("[" + strconv.Itoa(c.Index) + "]")
		case *extast.FootnoteBacklink, *extast.TaskCheckBox:
		case *ast.RawHTML:
			var tag strings.Builder
			for i := range c.Segments.Len() {
				segment := c.Segments.At(i)
				tag.Write(segment.Value(r.source))
			}
			if strings.HasPrefix(strings.ToLower(tag.String()), "<br") {
				b.WriteByte('\n')
			}
		default:
			b.WriteString(r.inline(c, depth+1))
		}
	}
	return b.String()
}

// softBreak is what stands for a line's end inside a paragraph.
func (r *markdownReader) softBreak(t *ast.Text, before string) string {
	rest := r.source[min(len(r.source), t.Segment.Stop):]
	after := strings.TrimLeft(string(rest[:min(len(rest), 64)]), " \t\r\n>*_")
	return joint(before[max(0, len(before)-16):], after)
}

// unescape resolves backslash escapes and character references.
func unescape(s string) string {
	if !strings.ContainsAny(s, `\&`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s) && strings.IndexByte("!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", s[i+1]) >= 0:
			i++
			b.WriteByte(s[i])
		case s[i] == '&':
			end := strings.IndexByte(s[i:min(len(s), i+40)], ';')
			if end < 0 {
				b.WriteByte('&')
				continue
			}
			b.WriteString(html.UnescapeString(s[i : i+end+1]))
			i += end
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
