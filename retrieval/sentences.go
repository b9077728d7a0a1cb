package retrieval

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"osmanthus/retrieval/lang"
)

// sentenceBatch is how many passages' sentences are embedded and stored at a time: little is lost when it is cut off.
const sentenceBatch = 8

// SentenceStore is what giving passages their sentence vectors needs of the store.
type SentenceStore interface {
	// WithoutSentences returns up to limit current passages with ids above after that have no sentence vectors of the
	// model, by id. Only ID, Text, Start, Lang and Title of each are set.
	WithoutSentences(ctx context.Context, model string, after int64, limit int) ([]Passage, error)
	// SaveSentences stores sentence vectors by passage; what another process stored first stays.
	SaveSentences(ctx context.Context, model string, sentences map[int64][]SentenceVector) error
}

// AddSentences gives every passage that has none of the space's model yet its sentence vectors, and tells progress, which may
// be nil, how many passages it has done. Passages are found without them; with them the best of those found come first
// more often, and their sentences need not be embedded while someone waits. It may be cut off at any time and go on
// later, and several processes may do it at once. A passage that the embedder fails at costs its neighbours nothing: the
// rest is done, and the first such is the error at the end. Where it fails at all of a batch, the embedder is at fault, and that ends it.
func AddSentences(ctx context.Context, store SentenceStore, space Space, embedder Embedder, progress func(passages int)) error {
	done, after := 0, int64(0)
	var left error
	for {
		passages, err := store.WithoutSentences(ctx, space.Model, after, sentenceBatch)
		if err != nil {
			return fmt.Errorf("add sentences: %w", err)
		}
		if len(passages) == 0 {
			return left
		}
		sentences, err := embedSentences(ctx, embedder, space.Dim, passages)
		if err != nil && ctx.Err() == nil {
			sentences, err = embedEach(ctx, embedder, space.Dim, passages)
		}
		if len(sentences) == 0 && err != nil {
			return fmt.Errorf("add sentences: %w", err)
		}
		if err != nil && left == nil {
			left = fmt.Errorf("add sentences: %w", err)
		}
		if err := store.SaveSentences(ctx, space.Model, sentences); err != nil {
			return fmt.Errorf("add sentences: %w", err)
		}
		after = passages[len(passages)-1].ID
		if done += len(sentences); progress != nil {
			progress(done)
		}
	}
}

// embedEach is embedSentences of each passage by itself. It returns those that it had no error for, with the errors of
// the others.
func embedEach(ctx context.Context, embedder Embedder, dim int, passages []Passage) (map[int64][]SentenceVector, error) {
	all := make(map[int64][]SentenceVector, len(passages))
	var failed error
	for _, p := range passages {
		one, err := embedSentences(ctx, embedder, dim, []Passage{p})
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("passage %d: %w", p.ID, err))
		}
		maps.Copy(all, one)
	}
	return all, failed
}

// embedSentences returns the sentence vectors of passages.
func embedSentences(ctx context.Context, embedder Embedder, dim int, passages []Passage) (map[int64][]SentenceVector, error) {
	var texts []string
	sentences := make(map[int64][]SentenceVector, len(passages))
	for _, p := range passages {
		for _, span := range sentenceSpans(p.Text) {
			texts = append(texts, sentenceText(p.Title, p.Text[span.Start:span.End]))
			sentences[p.ID] = append(sentences[p.ID], SentenceVector{Span: lang.Span{Start: p.Start + span.Start, End: p.Start + span.End}})
		}
	}
	vectors, err := embedder.EmbedPassages(ctx, embedded(texts))
	if err != nil {
		return nil, fmt.Errorf("embed %d sentences: %w", len(texts), err)
	}
	if len(vectors) != len(texts) {
		return nil, fmt.Errorf("embed %d sentences: got %d vectors", len(texts), len(vectors))
	}
	n := 0
	for _, p := range passages {
		for i := range sentences[p.ID] {
			if len(vectors[n]) != dim {
				return nil, fmt.Errorf("embed sentences: vector of %d dimensions in a space of %d", len(vectors[n]), dim)
			}
			sentences[p.ID][i].Vector = vectors[n]
			n++
		}
	}
	return sentences, nil
}

// sentenceSpans cuts a passage into its sentences; a passage of none is one.
func sentenceSpans(passage string) []lang.Span {
	if spans := lang.Sentences(passage); len(spans) > 0 || passage == "" {
		return spans
	}
	return []lang.Span{{Start: 0, End: len(passage)}}
}

// sentenceText is what of a sentence is embedded and cut into terms: a sentence alone often does not say what it speaks
// of, its document's title does.
func sentenceText(title, sentence string) string { return indexedText(title, sentence) }
