package retrieval

import (
	"cmp"
	"context"
	"math"
	"slices"

	"osmanthus/retrieval/lang"
)

const (
	// quotedHits is how many of the best hits sentences are chosen from: the right passage is among the first three
	// nearly always, and more would let a stray sentence in.
	quotedHits = 3
	// maxQuotes is how many sentences an answer quotes at the most.
	maxQuotes = 3
	// maxSentences bounds what is embedded for one question.
	maxSentences = 48
	// quoteFloor is the share of the best sentence's score that another must reach to be quoted beside it.
	quoteFloor = 0.75
)

// A sentence of a hit, as a candidate for quoting.
type sentence struct {
	hit  int
	span lang.Span // bytes into the version's text
	text string
	bag  string // what is compared: the sentence with its heading
}

// Quotes chooses from the best hits the one to three sentences that answer q, best first. A sentence is judged as a
// passage is: similarity and coverage, and by the hit it stands in. Without the embedder, by coverage and hit alone.
func (s *Searcher) Quotes(ctx context.Context, q Query, hits []Hit) ([]Quote, error) {
	if len(hits) == 0 {
		return nil, nil
	}
	if !q.Lang.Valid() {
		q.Lang = lang.Detect(q.Text)
	}
	words, err := s.words(ctx, q)
	if err != nil {
		return nil, err
	}
	var sentences []sentence
	for i, h := range hits[:min(len(hits), quotedHits)] {
		for _, span := range lang.Sentences(h.Text) {
			text := h.Text[span.Start:span.End]
			sentences = append(sentences, sentence{
				hit: i, text: text, bag: indexedText(h.Title, text),
				span: lang.Span{Start: h.Start + span.Start, End: h.Start + span.End},
			})
		}
	}
	sentences = sentences[:min(len(sentences), maxSentences)]
	similarity := s.sentenceSimilarity(ctx, q, sentences)

	quotes := make([]Quote, len(sentences))
	for i, sent := range sentences {
		h := hits[sent.hit]
		lq := words.queries[h.Lang]
		score := hitWeight * h.Score
		if words.mass > 0 && len(lq.groups) > 0 {
			lq.stats.MeanLength = 0 // a sentence is not short for a passage
			bm25 := lq.score(fieldBag(lq.key.Field, s.dict, sent.text))
			score += lexicalWeight * bm25 / math.Sqrt(words.mass) / lexicalSpread(q.Lang, h.Lang)
		}
		if similarity != nil {
			score += denseWeight * similarity[i] / s.currentSpace().spread(q.Lang, h.Lang)
		}
		quotes[i] = Quote{Hit: sent.hit, Start: sent.span.Start, End: sent.span.End, Text: sent.text, Score: score}
	}
	slices.SortStableFunc(quotes, func(a, b Quote) int { return cmp.Compare(b.Score, a.Score) })
	n := 0
	for n < len(quotes) && n < maxQuotes && quotes[n].Score >= quoteFloor*quotes[0].Score {
		n++
	}
	return quotes[:n], nil
}

// hitWeight is how much the passage's own score counts for its sentences.
const hitWeight = 0.5

// sentenceSimilarity returns each sentence's centred cosine with the question, nil where the embedder is down.
func (s *Searcher) sentenceSimilarity(ctx context.Context, q Query, sentences []sentence) []float64 {
	raw, err := s.embed(ctx, q.Text)
	if err != nil || raw == nil {
		return nil
	}
	space := s.currentSpace()
	question, _ := space.Centre(raw, lang.HanShare(q.Text), true)
	texts := make([]string, len(sentences))
	for i, sent := range sentences {
		texts[i] = sent.bag
	}
	vectors, err := s.embedder.EmbedPassages(ctx, embedded(texts))
	if err != nil || len(vectors) != len(texts) {
		s.log.WarnContext(ctx, "sentences not embedded, quoting by words only", "error", err)
		return nil
	}
	similarity := make([]float64, len(sentences))
	for i, v := range vectors {
		if len(v) != space.Dim {
			return nil
		}
		unit, _ := space.Centre(v, lang.HanShare(texts[i]), false)
		for j := range unit {
			similarity[i] += float64(unit[j]) * float64(question[j])
		}
	}
	return similarity
}
