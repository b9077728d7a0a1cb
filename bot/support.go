package bot

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// marks are the numbers of sources in an answer's text.
var marks = regexp.MustCompile(`(?:\[\d{1,4}\])+`)

// citingSentence returns the sentence of text that first cites n, without its numbers. They stand before the full stop
// as often as after it, so the text is cut at the number and the last sentence taken.
func citingSentence(text string, n int) string {
	at := strings.Index(text, fmt.Sprintf("[%d]", n))
	if at < 0 {
		return ""
	}
	before := strings.TrimSpace(marks.ReplaceAllString(text[:at], " "))
	spans := lang.Sentences(before)
	if len(spans) == 0 {
		return before
	}
	last := spans[len(spans)-1]
	return before[last.Start:last.End]
}

// supporting returns the sentence of h, as bytes into the version's text, that claim rests on: the one that shares most
// terms with it, or, where none does because the two are in different languages, the one that answers it best. Where
// neither tells, the first.
func (r *request) supporting(ctx context.Context, claim string, h retrieval.Hit) lang.Span {
	wanted := map[string]bool{}
	for _, t := range lang.Terms(claim) {
		wanted[t] = true
	}
	sentences := lang.Sentences(h.Text)
	best, bestScore := -1, 0
	for i, s := range sentences {
		found := map[string]bool{}
		for _, t := range lang.Terms(h.Text[s.Start:s.End]) {
			if wanted[t] {
				found[t] = true
			}
		}
		if len(found) > bestScore {
			best, bestScore = i, len(found)
		}
	}
	if foreign := h.Lang != r.answer.Lang; best < 0 || foreign && bestScore < clearlyShared {
		query := r.query
		query.Text, query.Lang = claim, r.answer.Lang
		quotes, err := r.config.Searcher.Quotes(ctx, query, []retrieval.Hit{h})
		if err != nil {
			r.config.Log.WarnContext(ctx, "no sentence found for a citation", "id", r.answer.ID, "error", err)
		}
		if spans := mergeQuotes(quotes[:min(1, len(quotes))], []retrieval.Hit{h}); len(spans) > 0 {
			return lang.Span{Start: spans[0].start, End: spans[0].end}
		}
	}
	switch {
	case best >= 0:
		return lang.Span{Start: h.Start + sentences[best].Start, End: h.Start + sentences[best].End}
	case len(sentences) > 0:
		return lang.Span{Start: h.Start + sentences[0].Start, End: h.Start + sentences[0].End}
	}
	return lang.Span{Start: h.Start, End: h.End}
}

// clearlyShared is how many terms (names, numbers) a claim and a sentence of another language must share to belong
// together by these alone.
const clearlyShared = 3

// citedAs is the number of a source as it stands in a text.
func citedAs(n int) string { return fmt.Sprintf("[%d]", n) }

// numbersIn returns the numbers of sources in a text, in order.
func numbersIn(text string) []int {
	var out []int
	for _, m := range marks.FindAllString(text, -1) {
		for _, digits := range number.FindAllString(m, -1) {
			n, err := strconv.Atoi(digits)
			if err == nil {
				out = append(out, n)
			}
		}
	}
	return out
}
