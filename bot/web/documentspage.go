package web

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"osmanthus/bot/locale"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

const (
	// listedDocuments is how many documents a page lists.
	listedDocuments = 50
	// lastPage bounds how far one can turn the pages: further on, a search finds better.
	lastPage = 400
)

// A documentsPage is the data of the template "documents".
type documentsPage struct {
	frame
	Events    []choice
	Kinds     []choice
	Langs     []choice
	Documents []listedDocument
	All       int
	Before    string // address of the page before; empty on the first
	After     string
	Page      int
}

type listedDocument struct {
	Title tagged
	URL   string
	Kind  string
	Event tagged
	Lang  lang.Lang
	Date  string
	Day   string // for machines
	File  string
}

// documentsPage answers GET /documents: the documents, the newest first.
func (s *server) documentsPage(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	filter, err := s.eventFilter(values)
	if err != nil {
		return err
	}
	page, err := number(values, "page", 1, 1, lastPage)
	if err != nil {
		return err
	}
	filter.Kind = lang.Clean(values.Get("kind"))
	if lang.Graphemes(filter.Kind) > maxEventName {
		return &fault{kind: faultParameter, args: []any{"name", "kind"}}
	}
	in := lang.Lang(values.Get("in"))
	if in != "" && !in.Valid() {
		return &fault{kind: faultParameter, args: []any{"name", "in"}}
	}
	found, all, err := s.Shelf.DocumentPage(r.Context(), retrieval.DocumentPage{Filter: filter, Lang: in, Offset: (int(page) - 1) * listedDocuments, Limit: listedDocuments})
	if err != nil {
		return fmt.Errorf("list documents: %w", err)
	}
	words := visitOf(r).words
	s.rememberLang(w, r)
	p := documentsPage{frame: s.frame(r, words.T("web.documents.title")), All: all, Page: int(page)}
	at := func(name, value string) string {
		v := url.Values{}
		for _, n := range []string{"event", "kind", "in"} {
			if got := values.Get(n); got != "" && n != name {
				v.Set(n, got)
			}
		}
		if value != "" {
			v.Set(name, value)
		}
		return address("/documents", v)
	}
	if page > 1 {
		p.Before = at("page", strconv.FormatInt(page-1, 10))
	}
	if int(page)*listedDocuments < all && page < lastPage {
		p.After = at("page", strconv.FormatInt(page+1, 10))
	}
	shelf, err := s.Shelf.Shelf(r.Context(), retrieval.Filter{Audiences: publicOnly(), Now: s.Now()})
	if err != nil {
		return fmt.Errorf("list what documents there are: %w", err)
	}
	p.Events = filterChoices(shelf.Events, filter.Event, words.T("web.events.all"), func(n string) (string, string) { return n, at("event", n) })
	p.Kinds = filterChoices(shelf.Kinds, filter.Kind, words.T("web.documents.all_kinds"), func(n string) (string, string) { return kindText(words, n), at("kind", n) })
	p.Langs = []choice{
		{Name: words.T("web.documents.all_langs"), URL: at("in", ""), Current: in == ""},
		{Name: words.T("web.chat.in_zh"), URL: at("in", string(lang.Chinese)), Current: in == lang.Chinese},
		{Name: words.T("web.chat.in_en"), URL: at("in", string(lang.English)), Current: in == lang.English},
	}
	for _, d := range found {
		one := listedDocument{Title: tagOf(d.Title), URL: fmt.Sprintf("/d/%d", d.ID), Kind: kindText(words, d.Kind), Lang: d.Lang, File: d.Source}
		if d.Event != "" {
			one.Event = tagOf(d.Event)
		}
		if !d.Date.IsZero() {
			one.Date, one.Day = dateText(words, d.Date), d.Date.Format(time.DateOnly)
		}
		p.Documents = append(p.Documents, one)
	}
	return s.render(w, r, http.StatusOK, "documents", p)
}

// filterChoices are what a list can be narrowed to; none where all of it is alike.
func filterChoices(of []retrieval.Counted, current, all string, told func(name string) (text, url string)) []choice {
	_, whole := told("")
	out := []choice{{Name: all, URL: whole, Current: current == ""}}
	for _, c := range of {
		if c.Name == "" {
			continue
		}
		text, url := told(c.Name)
		out = append(out, choice{Name: text, Tag: tagOf(text).Tag, Count: c.Documents, URL: url, Current: c.Name == current})
	}
	if len(out) == 1 || len(out) == 2 && len(of) == 1 {
		return nil
	}
	return out
}

// kindText is a kind of document in the reader's language; one that the catalogue does not know stays as it is written.
func kindText(words locale.Printer, kind string) string {
	key := "web.documents.kind." + kind
	if text := words.T(key); text != key {
		return text
	}
	return kind
}
