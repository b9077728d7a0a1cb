package web

import (
	"context"
	"fmt"
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

// A personPage is the data of the template "person".
type personPage struct {
	frame
	Cards  []personCard
	Script map[string]string
}

// A personCard is what the documents say of one person.
type personCard struct {
	Names     []tagged
	Pinyin    string // of a name in Han, where no document writes it in letters
	URL       string
	Conflict  bool
	Positions []shownPosition
	About     []quotation
	Sessions  []item
	Said      []quotation
}

type shownPosition struct {
	tagged
	Sources []quotation // each with the sentence that says it
}

// A quotation is the words of a document, to the letter.
type quotation struct {
	tagged
	URL      string
	Document tagged
	Page     int
	Date     string
	Speaker  []tagged
	Reported bool // the document's words about what the speaker said
}

// person answers GET /people/{name}.
func (s *server) person(w http.ResponseWriter, r *http.Request) error {
	values := url.Values{"q": {r.PathValue("name")}}
	name, err := words(values, "q")
	if err != nil || name == "" {
		return retrieval.ErrNotFound
	}
	filter, err := s.eventFilter(r.URL.Query())
	if err != nil {
		return err
	}
	said := visitOf(r).words
	cards, err := s.cards(r.Context(), said, filter, name, true)
	if err != nil {
		return err
	}
	if len(cards) == 0 {
		return retrieval.ErrNotFound
	}
	s.rememberLang(w, r)
	return s.render(w, r, http.StatusOK, "person", personPage{frame: s.frame(r, cards[0].Names[0].Text), Cards: cards, Script: said.Prefix("web.programme.script.")})
}

// cards are the persons who bear a name, in whatever script; full ones have what the documents say in words.
func (s *server) cards(ctx context.Context, words locale.Printer, f retrieval.Filter, name string, full bool) ([]personCard, error) {
	rows, err := bot.Everything(ctx, s.Facts, f, name)
	if err != nil {
		return nil, &fault{kind: faultSearchDown, err: err}
	}
	groups := bot.GroupPeople(rows)
	var out []personCard
	for _, group := range groups[:min(len(groups), maxFound)] {
		card, err := s.card(ctx, words, f, group, full)
		if err != nil {
			return nil, &fault{kind: faultSearchDown, err: err}
		}
		out = append(out, card)
	}
	return out, nil
}

func (s *server) card(ctx context.Context, words locale.Printer, f retrieval.Filter, rows []retrieval.Person, full bool) (personCard, error) {
	ids := make([]int64, len(rows))
	for i, p := range rows {
		ids[i] = p.ID
	}
	sessions, err := s.Facts.Sessions(ctx, retrieval.SessionQuery{Filter: f, People: ids, Limit: maxProgramme})
	if err != nil {
		return personCard{}, err
	}
	person := bot.PersonOf(rows, sessions)
	card := personCard{Conflict: person.Conflict, Sessions: s.items(words, sessions)}
	var names []tagged
	for _, n := range person.Names {
		names = append(names, tagOf(n))
	}
	card.Names = inOrder(names, words.Lang())
	card.URL = personURL(card.Names[0].Text)
	if latin := slices.ContainsFunc(card.Names, func(n tagged) bool { return n.Tag == "en" }); !latin {
		card.Pinyin = lang.Pinyin(card.Names[0].Text)
	}
	card.Positions = positions(words, rows)
	if !full {
		return card, nil
	}
	if err := s.quoteCard(ctx, words, f, &card, rows); err != nil {
		return card, err
	}
	mentions, err := bot.Mentions(ctx, s.Texts, f, person.Names, maxMentions)
	if err != nil {
		return card, err
	}
	for _, m := range mentions {
		if !card.quotes(m.Quote) {
			card.Said = append(card.Said, quotationOf(m))
		}
	}
	return card, nil
}

func quotationOf(c bot.Citation) quotation {
	return quotation{tagged: tagged{c.Quote, tag(c.Lang, c.Quote)}, URL: c.URL, Document: tagOf(c.Title), Page: c.Page}
}

// quotes reports whether the card quotes a sentence already.
func (c personCard) quotes(text string) bool {
	key := retrieval.Key(text)
	for _, p := range c.Positions {
		if slices.ContainsFunc(p.Sources, func(q quotation) bool { return strings.Contains(retrieval.Key(q.Text), key) }) {
			return true
		}
	}
	return slices.ContainsFunc(c.About, func(q quotation) bool { return strings.Contains(retrieval.Key(q.Text), key) })
}

// positions are each position once, with every document that gives it.
func positions(words locale.Printer, rows []retrieval.Person) []shownPosition {
	var out []shownPosition
	for _, p := range rows {
		for _, t := range p.Titles {
			text := positionText(t.Title, t.Organisation)
			source := quotation{URL: readerURL(p.Document, t.Version, t.Start, t.End), Document: tagOf(p.Title), Date: words.T("web.people.undated")}
			if !p.Date.IsZero() {
				source.Date = dateText(words, p.Date)
			}
			i := slices.IndexFunc(out, func(o shownPosition) bool { return retrieval.Key(o.Text) == retrieval.Key(text) })
			if i < 0 {
				out = append(out, shownPosition{tagged: tagOf(text)})
				i = len(out) - 1
			}
			if !slices.ContainsFunc(out[i].Sources, func(o quotation) bool { return o.URL == source.URL }) {
				out[i].Sources = append(out[i].Sources, source)
			}
		}
	}
	return out
}

// quoteCard adds the sentences behind the positions, and what documents say of the person in sections of their own.
func (s *server) quoteCard(ctx context.Context, words locale.Printer, f retrieval.Filter, card *personCard, rows []retrieval.Person) error {
	var places []retrieval.Place
	for _, p := range rows {
		for _, t := range p.Titles {
			places = append(places, t.Place)
		}
		if p.About.Start < p.About.End {
			places = append(places, p.About)
		}
	}
	if len(places) == 0 {
		return nil
	}
	const most = 60 // sentences of one person: as many as a page shows
	hits, err := s.Texts.Quote(ctx, f, places[:min(len(places), most)])
	if err != nil {
		return fmt.Errorf("quote positions: %w", err)
	}
	said, shown := map[string]retrieval.Hit{}, map[string]bool{}
	for _, h := range hits {
		said[readerURL(h.Document, h.Version, h.Start, h.End)] = h
	}
	for i := range card.Positions {
		for j := range card.Positions[i].Sources {
			q := &card.Positions[i].Sources[j]
			if h, ok := said[q.URL]; ok && !shown[q.URL] {
				shown[q.URL] = true // one sentence may give several positions: it is quoted under the first
				q.tagged, q.Page = tagged{h.Text, tag(h.Lang, h.Text)}, h.Page
			}
		}
	}
	for _, p := range rows {
		h, ok := said[readerURL(p.Document, p.About.Version, p.About.Start, p.About.End)]
		if !ok || p.About.Start >= p.About.End {
			continue
		}
		q := quotation{tagged: tagged{h.Text, tag(h.Lang, h.Text)}, URL: readerURL(p.Document, p.About.Version, p.About.Start, p.About.End), Document: tagOf(p.Title), Page: h.Page}
		if !p.Date.IsZero() {
			q.Date = dateText(words, p.Date)
		}
		if !slices.ContainsFunc(card.About, func(o quotation) bool { return retrieval.Key(o.Text) == retrieval.Key(q.Text) }) {
			card.About = append(card.About, q)
		}
	}
	return nil
}
