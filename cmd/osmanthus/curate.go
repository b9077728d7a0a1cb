package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"osmanthus/bot"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// curateCommand is about the answers that the organisers write themselves.
type curateCommand struct {
	Add    curateAddCommand    `cmd:"" default:"withargs" help:"Write the answer to a question."`
	List   curateListCommand   `cmd:"" help:"List the answers written."`
	Remove curateRemoveCommand `cmd:"" help:"Take an answer back."`
}

type curateAddCommand struct {
	Question string             `arg:"" help:"The question, in Chinese or English."`
	Answer   string             `required:"" help:"File with the answer; - is standard input."`
	Lang     lang.Lang          `help:"Language of the answer: zh or en. Without it, the answer's own." enum:",en,zh" default:""`
	Source   string             `help:"Where the answer comes from, in words."`
	Until    time.Time          `format:"2006-01-02" help:"Last day of the answer, as 2031-03-04."`
	Audience retrieval.Audience `help:"Who may have it: public or staff." enum:"public,staff" default:"public"`
}

// longestCurated is how many bytes an answer may have: two pages.
const longestCurated = 8 << 10

// Run keeps an answer.
func (c *curateAddCommand) Run(ctx context.Context, p *program) error {
	question := strings.TrimSpace(lang.Clean(c.Question))
	if len(lang.Terms(question)) == 0 {
		return &bot.Error{Code: bot.CodeQuestionEmpty}
	}
	if n := lang.Graphemes(question); n > bot.MaxQuestion {
		return &bot.Error{Code: bot.CodeQuestionLong, Args: []any{"count", n, "limit", bot.MaxQuestion}}
	}
	in := p.stdin
	if c.Answer != "-" {
		file, err := os.Open(c.Answer)
		if err != nil {
			return fmt.Errorf("read the answer: %w", err)
		}
		defer file.Close()
		in = file
	}
	raw, err := io.ReadAll(io.LimitReader(in, longestCurated+1))
	if err != nil {
		return fmt.Errorf("read the answer: %w", err)
	}
	answer := strings.TrimSpace(lang.Clean(string(raw)))
	if answer == "" || len(raw) > longestCurated {
		return fmt.Errorf("the answer is empty or longer than %d KB", longestCurated>>10)
	}
	if c.Lang == "" {
		c.Lang = lang.DetectText(answer)
	}
	a, err := p.open(ctx, needs{database: true, embedder: true})
	if err != nil {
		return err
	}
	defer a.Close()
	vectors, err := a.embedder.EmbedQueries(ctx, []string{question})
	if err != nil {
		return fmt.Errorf("embed the question: %w", err)
	}
	curated := retrieval.CuratedAnswer{
		Question: question, Answer: answer, Lang: c.Lang, Source: strings.TrimSpace(lang.Clean(c.Source)), Audience: c.Audience, Written: time.Now(),
		Space: a.space.ID, Vector: vectors[0],
	}
	if !c.Until.IsZero() {
		curated.Until = c.Until.AddDate(0, 0, 1) // the last day is whole
	}
	id, err := a.store.SaveCurated(ctx, curated)
	if err != nil {
		return err
	}
	fmt.Fprintln(p.stdout, p.catalog.For(p.language()).T("cli.curate.kept", "id", id))
	return nil
}

type curateListCommand struct{}

// Run lists what has not expired.
func (c *curateListCommand) Run(ctx context.Context, p *program) error {
	a, err := p.open(ctx, needs{database: true})
	if err != nil {
		return err
	}
	defer a.Close()
	answers, err := a.store.CuratedAnswers(ctx, retrieval.Filter{Audiences: everyone()})
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, p.catalog.For(p.language()).T("cli.curate.head"))
	for _, c := range answers {
		until := "-"
		if !c.Until.IsZero() {
			until = c.Until.AddDate(0, 0, -1).Format(time.DateOnly)
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\t%s\t%s\n", c.ID, c.Lang, c.Audience, c.Written.Format(time.DateOnly), until, oneLine(c.Question))
	}
	return table.Flush()
}

type curateRemoveCommand struct {
	ID int64 `arg:"" help:"The answer's number, as list shows it."`
}

// Run takes an answer back.
func (c *curateRemoveCommand) Run(ctx context.Context, p *program) error {
	a, err := p.open(ctx, needs{database: true})
	if err != nil {
		return err
	}
	defer a.Close()
	words := p.catalog.For(p.language())
	err = a.store.RemoveCurated(ctx, c.ID)
	if errors.Is(err, retrieval.ErrNotFound) {
		return errors.New(words.T("cli.curate.none", "id", c.ID))
	}
	if err == nil {
		fmt.Fprintln(p.stdout, words.T("cli.curate.removed", "id", c.ID))
	}
	return err
}
