package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"text/tabwriter"

	"osmanthus/bot"
	"osmanthus/ingest"
	"osmanthus/retrieval"
)

// evalAnswersCommand takes documents into a schema of its own and asks every question.
type evalAnswersCommand struct {
	Docs     string `required:"" help:"Folder of documents, or a corpus as JSON lines."`
	Queries  string `required:"" help:"Questions, JSON lines of id, lang, type, text, answer, relevant."`
	Refusals string `help:"Questions that the documents do not answer, JSON lines of id, lang, text."`
	JSON     bool   `name:"json" help:"Print one JSON object."`

	cacheFlag
}

// Run measures and prints.
func (c *evalAnswersCommand) Run(ctx context.Context, p *program) error {
	queries, err := readRows[bot.LookupRow](c.Queries)
	if err != nil {
		return err
	}
	var refusals []bot.LookupRow
	if c.Refusals != "" {
		if refusals, err = readRows[bot.LookupRow](c.Refusals); err != nil {
			return err
		}
	}
	return p.inScratch(ctx, func(a *app) error {
		if err := c.takeDocuments(ctx, a); err != nil {
			return err
		}
		searcher, err := a.searcher()
		if err != nil {
			return err
		}
		assistant, err := a.assistant(searcher, nil)
		if err != nil {
			return err
		}
		ask := func(ctx context.Context, row bot.LookupRow) (bot.Answer, error) {
			return assistant.Ask(ctx, bot.Question{Text: row.Text, Lang: row.Lang, Audiences: publicOnly()}, nil)
		}
		e, err := bot.EvaluateAnswers(ctx, ask, queries, refusals)
		if err != nil {
			return err
		}
		e.Set = setName(c.Queries)
		if c.JSON {
			return json.NewEncoder(p.stdout).Encode(e)
		}
		return printAnswers(p.stdout, e)
	})
}

func (c *evalAnswersCommand) takeDocuments(ctx context.Context, a *app) error {
	if filepath.Ext(c.Docs) == ".jsonl" {
		rows, err := readRows[retrieval.CorpusRow](c.Docs)
		if err != nil {
			return err
		}
		return a.takeRows(ctx, rows, c.cacheFlag)
	}
	summary, err := a.takeIn(ctx, []string{c.Docs}, ingest.Options{})
	if err != nil {
		return err
	}
	if len(summary.Failed) > 0 {
		return fmt.Errorf("%d documents could not be taken in, the first is %s", len(summary.Failed), summary.Failed[0].Source)
	}
	return nil
}

func printAnswers(w io.Writer, e bot.AnswerEvaluation) error {
	fmt.Fprintln(w, e.Set)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "type\tlanguage\tqueries\tright\twrongly refused\tcited\t")
	for _, r := range e.Results {
		fmt.Fprintf(table, "%s\t%s\t%d\t%.3f\t%.3f\t%.3f\t\n", r.Type, r.Lang, r.Queries, r.Right, r.WronglyRefused, r.Cited)
	}
	for _, r := range e.Refusals {
		fmt.Fprintf(table, "must refuse\t%s\t%d\trefused %.3f\t\t\t\n", r.Lang, r.Queries, r.Refused)
	}
	return table.Flush()
}
