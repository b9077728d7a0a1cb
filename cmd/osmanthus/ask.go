package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"osmanthus/bot"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// askCommand answers one question on the terminal.
type askCommand struct {
	Question []string  `arg:"" help:"The question, in Chinese or English."`
	Lang     lang.Lang `help:"Language of the answer: zh or en. Without it, the question's own." enum:",en,zh" default:""`
	Event    string    `help:"Only documents of this event."`
	JSON     bool      `name:"json" help:"Print the answer as the API gives it."`
}

// Run asks and prints.
func (c *askCommand) Run(ctx context.Context, p *program) error {
	a, searcher, err := p.openSearch(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	assistant, err := a.assistant(searcher, nil)
	if err != nil {
		return err
	}
	question := bot.Question{Text: strings.Join(c.Question, " "), Lang: c.Lang, Event: c.Event, Audiences: everyone()}
	answer, err := assistant.Ask(ctx, question, nil)
	if err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(p.stdout)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(answer)
	}
	a.printAnswer(p.stdout, answer)
	return nil
}

// printAnswer shows the answer, then its sources as the reader would look them up.
func (a *app) printAnswer(w io.Writer, answer bot.Answer) {
	words := a.catalog.For(answer.Lang)
	fmt.Fprintln(w, bot.Plain(answer.Text))
	if answer.Notice != "" {
		fmt.Fprintf(w, "\n%s\n", answer.Notice)
	}
	if len(answer.Citations) > 0 {
		fmt.Fprintf(w, "\n%s\n", words.T("cli.sources"))
	}
	for _, c := range answer.Citations {
		place := c.Title
		if c.Heading != "" {
			place += " › " + c.Heading
		}
		if c.Page > 0 {
			place += " " + words.T("cli.page", "page", c.Page)
		}
		fmt.Fprintf(w, "  [%d] %s (%s)\n", c.N, place, c.Source)
	}
}

// searchCommand shows the passages behind an answer.
type searchCommand struct {
	Question []string `arg:"" help:"The question, in Chinese or English."`
	Event    string   `help:"Only documents of this event."`
	Limit    int      `default:"10" help:"How many passages."`
	JSON     bool     `name:"json" help:"Print one JSON object."`
}

// A searchOutput is what search --json prints.
type searchOutput struct {
	Lang     lang.Lang   `json:"lang"`
	Evidence float64     `json:"evidence"`
	Degraded []string    `json:"degraded"`
	EmbedMS  float64     `json:"embed_ms"`
	SearchMS float64     `json:"search_ms"`
	Hits     []searchHit `json:"hits"`
}

type searchHit struct {
	N        int       `json:"n"`
	Passage  int64     `json:"passage"`
	Document int64     `json:"document"`
	Source   string    `json:"source"`
	Title    string    `json:"title"`
	Heading  string    `json:"heading,omitempty"`
	Lang     lang.Lang `json:"lang"`
	Score    float64   `json:"score"`
	Dense    float64   `json:"dense"`
	Lexical  float64   `json:"lexical"`
	Names    float64   `json:"names"`
	Arms     []string  `json:"arms"`
	Text     string    `json:"text"`
}

// Run searches and prints.
func (c *searchCommand) Run(ctx context.Context, p *program) error {
	a, searcher, err := p.openSearch(ctx)
	if err != nil {
		return err
	}
	defer a.Close()
	query := retrieval.Query{
		Text: strings.Join(c.Question, " "), Limit: c.Limit,
		Filter: retrieval.Filter{Event: c.Event, Audiences: everyone()},
	}
	result, err := searcher.Search(ctx, query)
	if err != nil {
		return err
	}
	judged, err := searcher.Judge(ctx, query, result)
	if err != nil {
		return err
	}
	if c.JSON {
		encoder := json.NewEncoder(p.stdout)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(newSearchOutput(result, judged))
	}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "n\tscore\tdense\tlexical\tarms\tlang\tdocument\tpassage")
	for i, h := range result.Hits {
		text := lang.Truncate(strings.Join(strings.Fields(h.Text), " "), 60)
		fmt.Fprintf(table, "%d\t%.2f\t%.2f\t%.2f\t%s\t%s\t%s\t%s\n", i+1, h.Score, h.Dense, h.Lexical, strings.Join(h.Arms, "+"), h.Lang, h.Source, text)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	words := p.catalog.For(p.language())
	evidence := fmt.Sprintf("%.2f", judged.Evidence)
	if judged.Answerable() {
		fmt.Fprintln(p.stdout, words.T("cli.answerable", "evidence", evidence))
	} else {
		fmt.Fprintln(p.stdout, words.T("cli.not_answerable", "evidence", evidence))
	}
	return nil
}

func newSearchOutput(r retrieval.Result, j retrieval.Judgement) searchOutput {
	out := searchOutput{
		Lang: r.Lang, Evidence: j.Evidence, Degraded: append([]string{}, r.Degraded...), Hits: []searchHit{},
		EmbedMS: float64(r.Embed.Microseconds()) / 1000, SearchMS: float64(r.Search.Microseconds()) / 1000,
	}
	for i, h := range r.Hits {
		out.Hits = append(out.Hits, searchHit{
			N: i + 1, Passage: h.ID, Document: h.Document, Source: h.Source, Title: h.Title, Heading: h.Heading,
			Lang: h.Lang, Score: h.Score, Dense: h.Dense, Lexical: h.Lexical, Names: h.Names, Arms: h.Arms, Text: h.Text,
		})
	}
	return out
}
