package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"osmanthus/bot"
	"osmanthus/ingest"
	"osmanthus/retrieval/lang"
)

// evalSummariesCommand takes transcripts into a schema of its own and has each summarised.
type evalSummariesCommand struct {
	Meetings string `required:"" help:"Transcripts, JSON lines of id, lang, title, turns, summary."`
	Sample   int    `default:"4" help:"How many of them, from the first on; 0: all."`
	Length   int    `default:"250" help:"Length asked for, in words or characters."`
	JSON     bool   `name:"json" help:"Print one JSON object."`
}

// Run measures and prints.
func (c *evalSummariesCommand) Run(ctx context.Context, p *program) error {
	meetings, err := readRows[bot.MeetingRow](c.Meetings)
	if err != nil {
		return err
	}
	if c.Sample > 0 {
		meetings = meetings[:min(len(meetings), c.Sample)]
	}
	return p.inScratch(ctx, func(a *app) error {
		folder, err := writeTranscripts(meetings)
		defer os.RemoveAll(folder)
		if err != nil {
			return err
		}
		summary, err := a.takeIn(ctx, []string{folder}, ingest.Options{})
		if err != nil {
			return err
		}
		if len(summary.Failed) > 0 {
			return fmt.Errorf("%d transcripts could not be taken in, the first is %s", len(summary.Failed), summary.Failed[0].Source)
		}
		searcher, err := a.searcher()
		if err != nil {
			return err
		}
		assistant, err := a.assistant(searcher, nil)
		if err != nil {
			return err
		}
		ask := func(ctx context.Context, m bot.MeetingRow) (bot.Answer, error) {
			text := fmt.Sprintf("Summarise “%s” in %d words", m.ID, c.Length)
			if m.Lang == lang.Chinese {
				text = fmt.Sprintf("用%d字总结“%s”", c.Length, m.ID)
			}
			return assistant.Ask(ctx, bot.Question{Text: text, Lang: m.Lang, Audiences: publicOnly()}, nil)
		}
		e, err := bot.EvaluateSummaries(ctx, ask, meetings)
		if err != nil {
			return err
		}
		e.Set = setName(c.Meetings)
		if c.JSON {
			return json.NewEncoder(p.stdout).Encode(e)
		}
		return printSummaries(p.stdout, e)
	})
}

// writeTranscripts writes each meeting as people keep one: a title, then who says what.
func writeTranscripts(meetings []bot.MeetingRow) (folder string, err error) {
	if folder, err = os.MkdirTemp("", "osmanthus-meetings-"); err != nil {
		return "", fmt.Errorf("make a folder for the transcripts: %w", err)
	}
	for _, m := range meetings {
		var b strings.Builder
		fmt.Fprintf(&b, "# %s\n\n", m.ID)
		for _, t := range m.Turns {
			fmt.Fprintf(&b, "%s: %s\n\n", t.Speaker, strings.Join(strings.Fields(t.Text), " "))
		}
		if err := os.WriteFile(filepath.Join(folder, m.ID+".md"), []byte(b.String()), 0o600); err != nil {
			return folder, fmt.Errorf("write transcript: %w", err)
		}
	}
	return folder, nil
}

func printSummaries(w io.Writer, e bot.SummaryEvaluation) error {
	_, err := fmt.Fprintf(w, "%s, %s: %d summaries of %.0f words or characters hold %.3f of the references' stems, %.3f of the names (%d), %.3f of the figures (%d)\n",
		e.Set, e.Lang, e.Meetings, e.Units, e.Stems, e.Names, e.Named, e.Figures, e.Figured)
	return err
}
