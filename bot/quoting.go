package bot

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// quote makes the answer of the documents' own sentences, in a frame in the asker's language.
func (r *request) quote(hits []retrieval.Hit) error {
	spans := mergeQuotes(r.quotes, hits)
	if len(spans) == 0 {
		return r.refuse(hits)
	}
	r.answer.Kind, r.answer.GeneratedBy = KindAnswer, GeneratedByQuotes
	r.answer.Citations = make([]Citation, len(spans))
	sources := make([]Source, len(spans))
	parts := []string{r.words.T(frameKey(r.answer.Lang, spans))}
	for i, s := range spans {
		r.answer.Citations[i] = citation(i+1, s.hit, s.start, s.end)
		sources[i] = source(i+1, s.hit, s.start, s.end)
		parts = append(parts, blockquote(s.text(), i+1))
	}
	r.answer.Text = strings.Join(parts, "\n\n")
	if err := r.emit(Event{EventSources, Sources{sources}}); err != nil {
		return err
	}
	if err := r.emit(Event{EventDelta, Delta{r.answer.Text}}); err != nil {
		return err
	}
	for _, c := range r.answer.Citations {
		if err := r.emit(Event{EventCitation, c}); err != nil {
			return err
		}
	}
	return nil
}

// frameKey chooses the sentence above the quotations by whether they are in the asker's language.
func frameKey(l lang.Lang, spans []quotedSpan) string {
	foreign := 0
	for _, s := range spans {
		if s.hit.Lang != l {
			foreign++
		}
	}
	switch foreign {
	case 0:
		return "answer.quotes.same"
	case len(spans):
		return "answer.quotes.foreign"
	}
	return "answer.quotes.mixed"
}

// A quotedSpan is a run of whole sentences of one hit, as bytes into the version's text.
type quotedSpan struct {
	hit        retrieval.Hit
	start, end int
	rank       int // of its best sentence
}

func (s quotedSpan) text() string { return s.hit.Text[s.start-s.hit.Start : s.end-s.hit.Start] }

// mergeQuotes joins sentences that follow each other and orders the runs by their best sentence. A quote that does not
// stand in its hit is left out: what is quoted must be verbatim.
func mergeQuotes(quotes []retrieval.Quote, hits []retrieval.Hit) []quotedSpan {
	var spans []quotedSpan
	for rank, q := range quotes {
		if q.Hit < 0 || q.Hit >= len(hits) {
			continue
		}
		h := hits[q.Hit]
		if q.Start < h.Start || q.End > h.Start+len(h.Text) || q.Start >= q.End {
			continue
		}
		spans = append(spans, quotedSpan{hit: h, start: q.Start, end: q.End, rank: rank})
	}
	slices.SortFunc(spans, func(a, b quotedSpan) int {
		return cmp.Or(cmp.Compare(a.hit.ID, b.hit.ID), cmp.Compare(a.start, b.start))
	})
	merged := spans[:0]
	for _, s := range spans {
		if n := len(merged); n > 0 && merged[n-1].hit.ID == s.hit.ID && adjacent(merged[n-1], s) {
			merged[n-1].end = max(merged[n-1].end, s.end)
			merged[n-1].rank = min(merged[n-1].rank, s.rank)
			continue
		}
		merged = append(merged, s)
	}
	slices.SortFunc(merged, func(a, b quotedSpan) int { return cmp.Compare(a.rank, b.rank) })
	return merged
}

// adjacent reports whether b begins where a ends, but for white space.
func adjacent(a, b quotedSpan) bool {
	if b.start <= a.end {
		return true
	}
	return strings.TrimSpace(a.hit.Text[a.end-a.hit.Start:b.start-a.hit.Start]) == ""
}

func citation(n int, h retrieval.Hit, start, end int) Citation {
	return Citation{
		N: n, Passage: h.ID, Document: h.Document, Title: h.Title, Source: h.Source, Lang: h.Lang, Page: h.Page,
		Heading: h.Heading, Quote: h.Text[start-h.Start : end-h.Start], URL: readerURL(h.Passage, start, end),
	}
}

func source(n int, h retrieval.Hit, start, end int) Source {
	return Source{
		N: n, Document: h.Document, Title: h.Title, Lang: h.Lang, Heading: h.Heading, Page: h.Page,
		URL: readerURL(h.Passage, start, end),
	}
}

// readerURL opens the very version that was read, at bytes start to end of its text.
func readerURL(p retrieval.Passage, start, end int) string {
	return fmt.Sprintf("/d/%d?v=%d&from=%d&to=%d#s", p.Document, p.Version, start, end)
}
