package web

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

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
