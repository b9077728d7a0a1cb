package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// An otherVersion is the document in the other language.
type otherVersion struct {
	Title  tagged
	Lang   lang.Lang
	URL    string // of its own page
	Beside string // of both side by side; empty where they are
	Tag    string // of its text
}

// A besideRow is a stretch of a document with the stretch of its other version that stands at the same place.
type besideRow struct {
	Own, Other []group
}

// A heading is a line of the table of contents.
type heading struct {
	Text  string
	Level int // from 1
	Start int
}

const (
	// leastContents is from how many headings a document has a table of contents.
	leastContents = 3
	// mostContents bounds it.
	mostContents = 200
)

// stepped sets the levels of headings so that the highest come right below the page's title and none skips one: what a
// reader of the page by ear goes by.
func stepped(groups []group) {
	top, last := 6, 1
	for _, g := range groups {
		if g.Kind == "heading" {
			top = min(top, g.Level)
		}
	}
	for i := range groups {
		if g := &groups[i]; g.Kind == "heading" {
			g.Level = min(g.Level-top+2, last+1)
			last = g.Level
		}
	}
}

// contents fills in the table of contents and the pages.
func (p *readerPage) contents() {
	stepped(p.Groups)
	for _, g := range p.Groups {
		if g.Page > 0 && len(p.Pages) < mostContents {
			p.Pages = append(p.Pages, g.Page)
		}
		if g.Kind == "heading" && len(p.Contents) < mostContents {
			p.Contents = append(p.Contents, heading{Text: joined(g.Segments), Level: min(g.Level-1, 3), Start: g.Start})
		}
	}
	if len(p.Contents) < leastContents {
		p.Contents = nil
	}
	if len(p.Pages) < 2 {
		p.Pages = nil
	}
}

// besides looks for the version in the other language and puts it beside the document where the address asks for that.
func (s *server) besides(r *http.Request, o opened, page *readerPage) error {
	if s.Shelf == nil || !o.current {
		return nil
	}
	page.Press = address("/press", url.Values{"document": {strconv.FormatInt(o.document.ID, 10)}})
	other, err := s.Shelf.Parallel(r.Context(), retrieval.Filter{Audiences: publicOnly(), Now: s.Now()}, o.document.ID)
	if errors.Is(err, retrieval.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("look for the other version of document %d: %w", o.document.ID, err)
	}
	page.Other = &otherVersion{Title: tagOf(other.Title), Lang: other.Lang, URL: fmt.Sprintf("/d/%d", other.ID), Beside: fmt.Sprintf("/d/%d?beside=1", o.document.ID)}
	if r.URL.Query().Get("beside") == "" {
		return nil
	}
	second, err := s.open(r.Context(), other.ID, 0)
	if errors.Is(err, retrieval.ErrNotFound) {
		return nil // it has just gone
	}
	if err != nil {
		return err
	}
	page.Other.Beside = ""
	page.Other.Tag = tag(second.document.Lang, lang.Truncate(second.text, 2000))
	first, then := newLayout(o.text, lang.Span{}), newLayout(second.text, lang.Span{})
	own := first.groups(o.blocks)
	then.tables = first.tables
	others := then.groups(second.blocks)
	stepped(own)
	stepped(others)
	page.Beside = aligned(own, others)
	return nil
}

// aligned puts the parts of two versions side by side: part by part where they are built alike, else section by section
// where their headings are, else as wholes.
func aligned(own, other []group) []besideRow {
	if len(own) == len(other) {
		alike := true
		for i := range own {
			alike = alike && own[i].Kind == other[i].Kind && own[i].Level == other[i].Level
		}
		if alike {
			rows := make([]besideRow, len(own))
			for i := range own {
				rows[i] = besideRow{own[i : i+1], other[i : i+1]}
			}
			return rows
		}
	}
	a, b := sections(own), sections(other)
	alike := len(a) == len(b)
	for i := 0; alike && i < len(a); i++ {
		alike = (a[i][0].Kind == "heading") == (b[i][0].Kind == "heading") && (a[i][0].Kind != "heading" || a[i][0].Level == b[i][0].Level)
	}
	if !alike {
		return []besideRow{{own, other}}
	}
	rows := make([]besideRow, len(a))
	for i := range a {
		rows[i] = besideRow{a[i], b[i]}
	}
	return rows
}

// sections cuts groups before each heading.
func sections(groups []group) [][]group {
	var out [][]group
	for i, g := range groups {
		if g.Kind == "heading" || i == 0 {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], g)
	}
	return out
}
