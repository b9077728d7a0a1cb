package source

import (
	"net/url"
	"strings"
	"time"
	"unicode/utf8"

	"codeberg.org/readeck/go-readability/v2"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

const (
	// articleCharacters is the shortest text that is taken for an article; below it, to choose is to guess.
	articleCharacters = 500
	// articleShare of the page's words an article must hold: where it is less, the choice is not trusted and the whole page
	// is read, menus and all.
	articleShare = 0.35
)

// article finds the part of a page that is its text, where its markup does not say which is, and what the page says of
// its date in data for machines. It is nil where the page is none or the choice would lose rows of a table.
func article(root *html.Node) (part *html.Node, published time.Time) {
	defer func() {
		if recover() != nil { // it is a help, not a need
			part = nil
		}
	}()
	found, err := readability.FromDocument(root, &url.URL{})
	if err != nil {
		return nil, time.Time{}
	}
	if t, err := found.PublishedTime(); err == nil {
		published = time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC) // the day as written
	}
	if found.Node == nil {
		return nil, published
	}
	all, own := visible(root), visible(found.Node)
	if own < articleCharacters || float64(own) < articleShare*float64(all) || rowsIn(found.Node) < rowsIn(root) {
		return nil, published
	}
	return found.Node, published
}

// visible counts the characters that a page shows below n.
func visible(n *html.Node) int {
	r := &htmlReader{builder: &builder{}}
	count := 0
	for line := range strings.SplitSeq(r.words(n), "\n") {
		count += utf8.RuneCountInString(oneLine(line))
	}
	return count
}

// rowsIn counts the rows of tables that have several cells.
func rowsIn(n *html.Node) int {
	count := 0
	for row := range n.Descendants() {
		if row.DataAtom != atom.Tr {
			continue
		}
		cells := 0
		for c := range row.ChildNodes() {
			if c.DataAtom == atom.Td || c.DataAtom == atom.Th {
				cells++
			}
		}
		if cells > 1 {
			count++
		}
	}
	return count
}

// headline is the page's own first-level heading, which an article is often found without.
func headline(root *html.Node) *html.Node {
	for n := range root.Descendants() {
		if n.DataAtom == atom.H1 && !hidden(n) && !within(n, atom.Nav) && !within(n, atom.Footer) {
			return n
		}
	}
	return nil
}

func hasHeadline(part *html.Node) bool {
	for n := range part.Descendants() {
		if n.DataAtom == atom.H1 {
			return true
		}
	}
	return false
}
