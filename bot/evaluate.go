package bot

import (
	"cmp"
	"context"
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"

	"osmanthus/retrieval/lang"
)

// A LookupRow is one question of an evaluation set with what a right answer holds.
type LookupRow struct {
	ID       string     `json:"id"`
	Lang     lang.Lang  `json:"lang"`
	Type     string     `json:"type"`
	Text     string     `json:"text"`
	Answer   [][]string `json:"answer"`  // every inner list must be met by one of its spellings
	Answers  []string   `json:"answers"` // of sets with one answer: its spellings
	Match    string     `json:"match"`
	Relevant []string   `json:"relevant"`
	Expect   string     `json:"expect"`
}

// An AnswerEvaluation is the outcome of asking every question of a set.
type AnswerEvaluation struct {
	Set      string          `json:"set"`
	Results  []LookupResult  `json:"results"`
	Refusals []RefusalResult `json:"refusals"`
}

// A LookupResult counts the answerable questions of a type and language, shares from 0 to 1.
type LookupResult struct {
	Type           string    `json:"type"`
	Lang           lang.Lang `json:"lang"`
	Queries        int       `json:"queries"`
	Right          float64   `json:"right"`
	WronglyRefused float64   `json:"wrongly_refused"`
	Cited          float64   `json:"cited"`
}

// A RefusalResult counts the questions that must be refused.
type RefusalResult struct {
	Lang    lang.Lang `json:"lang"`
	Queries int       `json:"queries"`
	Refused float64   `json:"refused"`
}

// matchReference marks rows whose answer is free text to judge by eye; they are not scored.
const matchReference = "reference"

// EvaluateAnswers asks every question and scores the answers.
func EvaluateAnswers(ctx context.Context, ask func(context.Context, LookupRow) (Answer, error), lookups, refusals []LookupRow) (AnswerEvaluation, error) {
	type group struct {
		kind string
		lang lang.Lang
	}
	results := make(map[group]*LookupResult)
	for _, row := range lookups {
		if row.Match == matchReference {
			continue
		}
		answer, err := ask(ctx, row)
		if err != nil {
			return AnswerEvaluation{}, fmt.Errorf("ask %s: %w", row.ID, err)
		}
		g := group{cmp.Or(row.Type, "question"), row.Lang}
		r := results[g]
		if r == nil {
			r = &LookupResult{Type: g.kind, Lang: g.lang}
			results[g] = r
		}
		r.Queries++
		r.Right += row.right(answer)
		if answer.Kind == KindNotFound {
			r.WronglyRefused++
		}
		if slices.ContainsFunc(answer.Citations, func(c Citation) bool { return slices.Contains(row.Relevant, baseName(c.Source)) }) {
			r.Cited++
		}
	}
	e := AnswerEvaluation{Results: []LookupResult{}, Refusals: []RefusalResult{}}
	for _, r := range results {
		n := float64(r.Queries)
		r.Right, r.WronglyRefused, r.Cited = r.Right/n, r.WronglyRefused/n, r.Cited/n
		e.Results = append(e.Results, *r)
	}
	slices.SortFunc(e.Results, func(a, b LookupResult) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Lang, b.Lang))
	})
	for _, l := range []lang.Lang{lang.English, lang.Chinese} {
		r := RefusalResult{Lang: l}
		for _, row := range refusals {
			if row.Lang != l {
				continue
			}
			answer, err := ask(ctx, row)
			if err != nil {
				return AnswerEvaluation{}, fmt.Errorf("ask %s: %w", row.ID, err)
			}
			r.Queries++
			if answer.Kind == KindNotFound {
				r.Refused++
			}
		}
		if r.Queries > 0 {
			r.Refused /= float64(r.Queries)
			e.Refusals = append(e.Refusals, r)
		}
	}
	return e, nil
}

// right is 1 where the answer holds all that is asked, of lists the share it holds.
func (row LookupRow) right(a Answer) float64 {
	groups := row.Answer
	if len(groups) == 0 && len(row.Answers) > 0 {
		groups = [][]string{row.Answers}
	}
	if len(groups) == 0 || a.Kind == KindNotFound {
		return 0
	}
	text := squeezed(a.Text)
	met := 0
	for _, spellings := range groups {
		if slices.ContainsFunc(spellings, func(s string) bool { return strings.Contains(text, squeezed(s)) }) {
			met++
		}
	}
	share := float64(met) / float64(len(groups))
	if row.list() || met == len(groups) {
		return share
	}
	return 0
}

// list says whether the question asks for a list, which is scored by its share.
func (row LookupRow) list() bool {
	return strings.HasPrefix(row.Type, "list_") || slices.Contains([]string{"sessions_of", "meetings_of", "speakers_of"}, row.Type)
}

// squeezed folds case, width and script and drops white space and the escapes of Markdown.
func squeezed(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '\\' {
			return -1
		}
		return r
	}, lang.Fold(s))
}

// baseName is a source's file name without its ending.
func baseName(source string) string {
	base := path.Base(source)
	return strings.TrimSuffix(base, path.Ext(base))
}
