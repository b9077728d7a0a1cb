package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// Texts are the words of documents.
type Texts interface {
	// Whole returns the first limit passages of documents in their order.
	Whole(ctx context.Context, f retrieval.Filter, documents []int64, limit int) ([]retrieval.Hit, error)
	bot.Quoter
}

const (
	// indexedRows bounds the rows that the index of people is made of: a name and document each.
	indexedRows = 2000
	// wholeIndex is up to how many people the index is one page; a longer one has a page a letter or number of strokes.
	wholeIndex = 400
	// maxFound bounds the people that a name leads to: so many share the name of a common surname at most.
	maxFound = 20
	// maxMentions is how many sentences a person's page quotes beside the positions.
	maxMentions = 12
)

// A peoplePage is the data of the template "people".
type peoplePage struct {
	frame
	Query  string
	Events []choice
	Event  string
	Ways   []choice // by pinyin, by strokes
	Index  []choice // letters or numbers of strokes
	Groups []nameGroup
	Found  []personCard // of a search
	Missed bool         // the search found nobody
	Count  int
	More   bool // than the index is made of
}

type nameGroup struct {
	Heading string
	Anchor  string
	People  []indexedPerson
}

type indexedPerson struct {
	Names  []tagged
	URL    string
	Titles string
	Tag    string // of the titles
	order  lang.NameOrder
}

// peoplePage answers GET /people: the index, or who bears a name.
func (s *server) peoplePage(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	filter, err := s.eventFilter(values)
	if err != nil {
		return err
	}
	query, err := words(values, "q")
	if err != nil {
		return err
	}
	said := visitOf(r).words
	s.rememberLang(w, r)
	p := peoplePage{frame: s.frame(r, said.T("web.people.title")), Query: query, Event: filter.Event}
	if p.Events, err = s.eventChoices(r.Context(), said, "/people", filter.Event); err != nil {
		return err
	}
	if query != "" {
		if p.Found, err = s.cards(r.Context(), said, filter, query, false); err != nil {
			return err
		}
		p.Missed = len(p.Found) == 0
		return s.render(w, r, http.StatusOK, "people", p)
	}
	if err := s.index(r.Context(), &p, filter, values); err != nil {
		return err
	}
	return s.render(w, r, http.StatusOK, "people", p)
}

// index fills in the index of everybody.
func (s *server) index(ctx context.Context, p *peoplePage, filter retrieval.Filter, values url.Values) error {
	rows, err := s.Facts.People(ctx, retrieval.PersonQuery{Filter: filter, Limit: indexedRows})
	if err != nil {
		return &fault{kind: faultSearchDown, err: err}
	}
	p.More = len(rows) == indexedRows
	var people []indexedPerson
	for _, group := range bot.GroupPeople(rows) {
		people = append(people, indexed(p.Words, group))
	}
	p.Count = len(people)
	byStrokes := values.Get("by") == "strokes"
	compare, heading := lang.NameOrder.ByPinyin, func(o lang.NameOrder) string { return o.Letter }
	if byStrokes {
		compare, heading = lang.NameOrder.ByStrokes, func(o lang.NameOrder) string { return strconv.Itoa(o.Strokes) }
	}
	slices.SortStableFunc(people, func(a, b indexedPerson) int { return compare(a.order, b.order) })
	for _, person := range people {
		h := heading(person.order)
		if n := len(p.Groups) - 1; n < 0 || p.Groups[n].Anchor != "i-"+h {
			p.Groups = append(p.Groups, nameGroup{Heading: headingText(p.Words, h, byStrokes), Anchor: "i-" + h})
		}
		last := &p.Groups[len(p.Groups)-1]
		last.People = append(last.People, person)
	}
	at := func(by, part string) string {
		v := url.Values{}
		if filter.Event != "" {
			v.Set("event", filter.Event)
		}
		if by != "" {
			v.Set("by", by)
		}
		if part != "" {
			v.Set("part", part)
		}
		return address("/people", v)
	}
	by := ""
	if byStrokes {
		by = "strokes"
	}
	p.Ways = []choice{
		{Name: p.Words.T("web.people.by_pinyin"), URL: at("", ""), Current: !byStrokes},
		{Name: p.Words.T("web.people.by_strokes"), URL: at("strokes", ""), Current: byStrokes},
	}
	whole, part := len(people) <= wholeIndex, values.Get("part")
	if !whole && !slices.ContainsFunc(p.Groups, func(g nameGroup) bool { return g.Anchor == "i-"+part }) {
		part = strings.TrimPrefix(p.Groups[0].Anchor, "i-")
	}
	for _, g := range p.Groups {
		c := choice{Name: g.Heading, Count: len(g.People), URL: "#" + g.Anchor}
		if !whole {
			name := strings.TrimPrefix(g.Anchor, "i-")
			c.URL, c.Current = at(by, name), name == part
		}
		p.Index = append(p.Index, c)
	}
	if !whole {
		p.Groups = slices.DeleteFunc(p.Groups, func(g nameGroup) bool { return g.Anchor != "i-"+part })
	}
	return nil
}

func headingText(words locale.Printer, heading string, strokes bool) string {
	switch {
	case !strokes:
		return heading
	case heading == "0":
		return words.T("web.people.no_strokes")
	}
	n, _ := strconv.Atoi(heading)
	return words.T("web.people.strokes", "count", n)
}

// indexed is a person's line of the index: every writing of the name, and a position.
func indexed(words locale.Printer, rows []retrieval.Person) indexedPerson {
	var p indexedPerson
	var runs []tagged
	for _, row := range rows {
		if !slices.ContainsFunc(runs, func(o tagged) bool { return retrieval.Key(o.Text) == retrieval.Key(row.Name.Text) }) {
			runs = append(runs, tagOf(row.Name.Text))
		}
	}
	p.Names = inOrder(runs, words.Lang())
	p.URL = personURL(p.Names[0].Text)
	p.order = lang.OrderOf(p.Names[0].Text)
	for _, n := range p.Names { // a name in Han says how it is read
		if o := lang.OrderOf(n.Text); o.Strokes > 0 {
			p.order = o
			break
		}
	}
	for _, row := range rows {
		for _, t := range row.Titles {
			text := positionText(t.Title, t.Organisation)
			if own := lang.DetectText(text) == words.Lang(); p.Titles == "" || own && !strings.HasPrefix(p.Tag, string(words.Lang())) {
				p.Titles, p.Tag = text, tagOf(text).Tag
			}
		}
	}
	return p
}

// positionText is a position in the order of its own language.
func positionText(title, organisation string) string {
	switch {
	case organisation == "":
		return title
	case title == "":
		return organisation
	case lang.DetectText(title) == lang.Chinese:
		return organisation + title
	}
	return title + ", " + organisation
}
