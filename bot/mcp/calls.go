package mcp

import (
	"context"
	"fmt"
	"strings"
	"time"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// A hit is one passage of a search.
type hit struct {
	N        int       `json:"n"`
	Document int64     `json:"document"`
	Title    string    `json:"title"`
	Source   string    `json:"source"`
	Lang     lang.Lang `json:"lang"`
	Heading  string    `json:"heading,omitempty"`
	Page     int       `json:"page,omitempty"`
	Text     string    `json:"text"` // verbatim
	URL      string    `json:"url"`
}

type searchOutput struct {
	Lang     lang.Lang `json:"lang"` // of the query
	Hits     []hit     `json:"hits"`
	Degraded []string  `json:"degraded"` // arms of the search that were down
}

func (s *Server) search(ctx context.Context, in searchInput) (string, searchOutput, error) {
	words, out := s.words(in.Query), searchOutput{Hits: []hit{}}
	q := retrieval.Query{Text: lang.Clean(in.Query), Filter: s.filter(in.Event), Limit: in.Limit}
	if len(lang.Terms(q.Text)) == 0 {
		return "", out, &failure{&bot.Error{Code: bot.CodeQuestionEmpty}, words}
	}
	result, err := s.Searcher.Search(ctx, q)
	if err != nil {
		return "", out, &failure{&bot.Error{Code: bot.CodeSearchDown, Err: err}, words}
	}
	out.Lang, out.Degraded = result.Lang, append([]string{}, result.Degraded...)
	link := s.linkFor(ctx)
	var said []string
	for _, h := range result.Hits {
		if !q.Filter.Permits(h.Access) { // the store's query is the first look
			s.Log.ErrorContext(ctx, "search found what the asker may not see", "passage", h.ID)
			continue
		}
		n := len(out.Hits) + 1
		found := hit{
			N: n, Document: h.Document, Title: h.Title, Source: h.Source, Lang: h.Lang, Heading: h.Heading, Page: h.Page, Text: h.Text,
			URL: link(bot.PassageURL(h.Passage, h.Start, h.End)),
		}
		out.Hits = append(out.Hits, found)
		said = append(said, source(words, n, found.Title, found.Heading, found.Page, found.URL)+"\n"+bot.Escape(found.Text))
	}
	if len(said) == 0 {
		said = []string{words.T("answer.not_found")}
	}
	return strings.Join(said, "\n\n"), out, nil
}

func (s *Server) ask(ctx context.Context, in askInput) (string, bot.Answer, error) {
	q := bot.Question{
		Text: in.Question, Lang: lang.Lang(in.Lang), Event: in.Event, Mode: in.Mode, Conversation: in.Conversation,
		Client: s.Client, Audiences: s.Audiences,
	}
	answer, err := s.Assistant.Ask(ctx, q, nil)
	if err != nil {
		return "", bot.Answer{}, &failure{err, bot.WordsFor(s.Catalog, q)}
	}
	answer = answer.Linked(s.linkFor(ctx))
	words := s.Catalog.For(answer.Lang)
	said := []string{answer.Text}
	if answer.Notice != "" {
		said = append(said, answer.Notice)
	}
	if len(answer.Citations) > 0 {
		sources := []string{words.T("cli.sources")}
		for _, c := range answer.Citations {
			sources = append(sources, source(words, c.N, c.Title, c.Heading, c.Page, c.URL))
		}
		said = append(said, strings.Join(sources, "\n"))
	}
	return strings.Join(said, "\n\n"), answer, nil
}

// source is a line of a list of sources.
func source(words locale.Printer, n int, title, heading string, page int, url string) string {
	line := fmt.Sprintf("[%d] %s", n, bot.Escape(title))
	if heading != "" {
		line += " › " + bot.Escape(heading)
	}
	if page > 0 {
		line += " " + words.T("cli.page", "page", page)
	}
	return line + " " + url
}

type personOutput struct {
	People []bot.Person `json:"people"`
	More   bool         `json:"more"` // there are more than limit
}

func (s *Server) person(ctx context.Context, in personInput) (string, personOutput, error) {
	words := s.words(in.Name)
	out := personOutput{People: []bot.Person{}}
	name := lang.Clean(in.Name)
	if retrieval.Key(name) == "" {
		return "", out, &failure{&bot.Error{Code: bot.CodeQuestionEmpty}, words}
	}
	found, err := bot.People(ctx, s.Rows, s.filter(in.Event), name, in.Limit+1)
	if err != nil {
		return "", out, &failure{&bot.Error{Code: bot.CodeSearchDown, Err: err}, words}
	}
	if out.More = len(found) > in.Limit; out.More {
		found = found[:in.Limit]
	}
	var said []string
	for _, p := range bot.LinkedPeople(found, s.linkFor(ctx)) {
		out.People = append(out.People, p)
		said = append(said, personText(p))
	}
	return list(words, said, "\n\n", out.More), out, nil
}

func personText(p bot.Person) string {
	lines := []string{"**" + bot.Escape(strings.Join(p.Names, " / ")) + "**"}
	for _, t := range p.Titles {
		position := t.Title
		if t.Organisation != "" && position != "" {
			position += ", "
		}
		given := bot.Escape(t.DocumentTitle)
		if t.Date != "" {
			given += ", " + t.Date
		}
		lines = append(lines, fmt.Sprintf("- %s (%s) %s", bot.Escape(position+t.Organisation), given, t.URL))
	}
	for _, x := range p.Sessions {
		lines = append(lines, sessionText(x))
	}
	return strings.Join(lines, "\n")
}

type sessionOutput struct {
	Sessions []bot.Session `json:"sessions"`
	More     bool          `json:"more"` // there are more than limit
}

func (s *Server) session(ctx context.Context, in sessionInput) (string, sessionOutput, error) {
	words := s.words(in.Title + " " + in.Speaker + " " + in.Room)
	out := sessionOutput{Sessions: []bot.Session{}}
	q := bot.SessionSearch{
		Filter: s.filter(in.Event), Title: lang.Clean(in.Title), Speaker: lang.Clean(in.Speaker), Room: lang.Clean(in.Room), Day: in.Day, Limit: in.Limit + 1,
	}
	for given, cleaned := range map[string]string{in.Title: q.Title, in.Speaker: q.Speaker, in.Room: q.Room} {
		if given != "" && retrieval.Key(cleaned) == "" { // would otherwise ask for all
			return "", out, &failure{&bot.Error{Code: bot.CodeQuestionEmpty}, words}
		}
	}
	if _, err := time.Parse(time.DateOnly, in.Day); in.Day != "" && err != nil {
		return "", out, refusal(words.T("mcp.day"))
	}
	if in.Now {
		q.At = s.Now()
	}
	found, err := bot.Sessions(ctx, s.Rows, q)
	if err != nil {
		return "", out, &failure{&bot.Error{Code: bot.CodeSearchDown, Err: err}, words}
	}
	if out.More = len(found) > in.Limit; out.More {
		found = found[:in.Limit]
	}
	var said []string
	for _, x := range bot.LinkedSessions(found, s.linkFor(ctx)) {
		out.Sessions = append(out.Sessions, x)
		said = append(said, sessionText(x))
	}
	return list(words, said, "\n", out.More), out, nil
}

func sessionText(x bot.Session) string {
	details := []string{}
	switch {
	case x.Begins != "" && x.Ends != "":
		details = append(details, x.Begins+" – "+x.Ends)
	case x.Begins != "":
		details = append(details, x.Begins)
	case x.Day != "":
		details = append(details, x.Day)
	}
	for _, d := range []string{x.Room, strings.Join(x.Speakers, ", ")} {
		if d != "" {
			details = append(details, bot.Escape(d))
		}
	}
	line := "- " + bot.Escape(strings.Join(x.Titles, " / "))
	if len(details) > 0 {
		line += " — " + strings.Join(details, " · ")
	}
	return line + " " + x.URL
}

// list joins what was found, and says where nothing was or there is more.
func list(words locale.Printer, said []string, separator string, more bool) string {
	if len(said) == 0 {
		return words.T("answer.not_found")
	}
	text := strings.Join(said, separator)
	if more {
		text += "\n\n" + words.T("mcp.more")
	}
	return text
}
