package bot

import (
	"context"
	"fmt"
	"slices"

	"osmanthus/retrieval/lang"
)

// A MeetingRow is a transcript of an evaluation set with a summary that somebody wrote of it.
type MeetingRow struct {
	ID      string    `json:"id"`
	Lang    lang.Lang `json:"lang"`
	Title   string    `json:"title"`
	Summary string    `json:"summary"`
	Turns   []struct {
		Speaker string `json:"speaker"`
		Text    string `json:"text"`
	} `json:"turns"`
}

// A SummaryEvaluation says how much of the reference summaries stands in ours: the mean shares, from 0 to 1, of their
// names, figures and content stems (in Chinese, pairs of characters).
type SummaryEvaluation struct {
	Set      string    `json:"set"`
	Lang     lang.Lang `json:"lang"`
	Meetings int       `json:"meetings"`
	Units    float64   `json:"units"` // mean length of our summaries, words or characters
	Names    float64   `json:"names"`
	Figures  float64   `json:"figures"`
	Stems    float64   `json:"stems"`
	Named    int       `json:"named"`   // references that have names
	Figured  int       `json:"figured"` // references that have figures
}

// EvaluateSummaries asks for the summary of every meeting.
func EvaluateSummaries(ctx context.Context, ask func(context.Context, MeetingRow) (Answer, error), meetings []MeetingRow) (SummaryEvaluation, error) {
	var e SummaryEvaluation
	for _, m := range meetings {
		a, err := ask(ctx, m)
		if err != nil {
			return e, fmt.Errorf("summarise %s: %w", m.ID, err)
		}
		text := Plain(a.Text)
		e.Lang = m.Lang
		e.Meetings++
		e.Units += float64(units(text))
		e.Stems += shareHeld(contentStems(m.Summary), lang.Terms(text))
		if figures := lang.Figures(m.Summary); len(figures) > 0 {
			e.Figured++
			e.Figures += 1 - float64(len(lang.FiguresMissing(m.Summary, text)))/float64(len(figures))
		}
		if held, all := namesHeld(m.Summary, text); all > 0 {
			e.Named++
			e.Names += float64(held) / float64(all)
		}
	}
	e.Units, e.Stems = e.Units/float64(max(1, e.Meetings)), e.Stems/float64(max(1, e.Meetings))
	e.Figures, e.Names = e.Figures/float64(max(1, e.Figured)), e.Names/float64(max(1, e.Named))
	return e, nil
}

// contentStems are the distinct terms of a text that are no figures.
func contentStems(text string) []string {
	terms := lang.Terms(text)
	figures := lang.Figures(text)
	slices.Sort(terms)
	return slices.DeleteFunc(slices.Compact(terms), func(t string) bool { return slices.Contains(figures, t) })
}

// shareHeld is the share of wanted that is among held.
func shareHeld(wanted, held []string) float64 {
	there := map[string]bool{}
	for _, t := range held {
		there[t] = true
	}
	n := 0
	for _, t := range wanted {
		if there[t] {
			n++
		}
	}
	return float64(n) / float64(max(1, len(wanted)))
}

// namesHeld counts the names of a reference and those of them that a text holds.
func namesHeld(reference, text string) (held, all int) {
	s := &sourceText{text: text}
	s.readBy(nil)
	v := &verifier{}
	seen := map[string]bool{}
	for _, span := range lang.NamesIn(reference) {
		name := reference[span.Start:span.End]
		if span.Sure < surelyNamed || seen[name] {
			continue
		}
		seen[name] = true
		if all++; v.holds(s, name) {
			held++
		}
	}
	return held, all
}
