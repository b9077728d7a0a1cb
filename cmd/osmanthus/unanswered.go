package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"osmanthus/retrieval"
)

// unansweredCommand lists what was asked that the documents did not answer.
type unansweredCommand struct {
	Days  int  `default:"7" help:"How many days back."`
	Limit int  `default:"2000" help:"How many questions to look at, the latest first."`
	JSON  bool `name:"json" help:"Print one JSON object."`
}

// An unansweredOutput is what unanswered --json prints.
type unansweredOutput struct {
	Since     time.Time                 `json:"since"`
	Questions []retrieval.QuestionGroup `json:"questions"`
}

// Run lists.
func (c *unansweredCommand) Run(ctx context.Context, p *program) error {
	if c.Days < 1 || c.Limit < 1 {
		return fmt.Errorf("--days and --limit must be at least 1")
	}
	a, err := p.open(ctx, needs{database: true, embedder: true, batch: true})
	if err != nil {
		return err
	}
	defer a.Close()
	out := unansweredOutput{Since: time.Now().AddDate(0, 0, -c.Days).UTC(), Questions: []retrieval.QuestionGroup{}}
	questions, err := a.store.Unanswered(ctx, out.Since, c.Limit)
	if err != nil {
		return err
	}
	groups, err := retrieval.GroupQuestions(ctx, a.space, a.embedder, questions)
	if err != nil {
		// The list is worth having without the embedder: then only the same words are one question.
		a.log.Warn("questions grouped by their words only", "error", err)
		if groups, err = retrieval.GroupQuestions(ctx, a.space, nil, questions); err != nil {
			return err
		}
	}
	out.Questions = append(out.Questions, groups...)
	if c.JSON {
		encoder := json.NewEncoder(p.stdout)
		encoder.SetEscapeHTML(false)
		return encoder.Encode(out)
	}
	words := p.catalog.For(p.language())
	if len(groups) == 0 {
		fmt.Fprintln(p.stdout, words.T("cli.unanswered.none", "days", c.Days))
		return nil
	}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, words.T("cli.unanswered.head"))
	for _, g := range groups {
		fmt.Fprintf(table, "%d\t%d\t%d\t%d\t%s\t%s\n", g.Count, g.Refused, g.Down, g.Uncited, g.Last.Format(time.DateOnly), oneLine(g.Text))
		for _, w := range g.Wordings {
			fmt.Fprintf(table, "\t\t\t\t\t= %s\n", oneLine(w))
		}
		for _, r := range g.Reasons {
			fmt.Fprintf(table, "\t\t\t\t\t! %s\n", oneLine(r))
		}
	}
	return table.Flush()
}

// oneLine keeps what people wrote from reaching over the line, or the terminal's controls.
func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
