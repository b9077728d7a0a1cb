package retrieval

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"

	"osmanthus/retrieval/lang"
)

// An Indexer makes passages ready for the store: embedded, centred, cut into terms.
type Indexer struct {
	spaces   SpaceStore
	embedder Embedder
	dict     *lang.Dictionary

	mu    sync.Mutex
	space Space
}

// NewIndexer returns an indexer for a space of the embedder's model. A nil dictionary leaves the gloss field with the
// Latin words only.
func NewIndexer(space Space, spaces SpaceStore, embedder Embedder, dict *lang.Dictionary) (*Indexer, error) {
	if embedder == nil || spaces == nil {
		return nil, fmt.Errorf("indexer needs an embedder and a store of spaces")
	}
	if space.Model != embedder.Model() {
		return nil, fmt.Errorf("indexer: space is of model %q, embedder of %q", space.Model, embedder.Model())
	}
	return &Indexer{spaces: spaces, embedder: embedder, dict: dict, space: space}, nil
}

// Renew takes up a calibration made since.
func (x *Indexer) Renew(ctx context.Context) error {
	space, err := x.spaces.Space(ctx, x.embedder.Model())
	if err != nil {
		return fmt.Errorf("renew the space: %w", err)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.space = space
	return nil
}

func (x *Indexer) current() Space {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.space
}

// Index returns one indexed passage a draft, in order.
func (x *Indexer) Index(ctx context.Context, drafts []Draft) ([]IndexedPassage, error) {
	space := x.current()
	texts := make([]string, len(drafts))
	for i, d := range drafts {
		texts[i] = indexedText(d.Context, d.Text)
	}
	vectors, err := x.embedder.EmbedPassages(ctx, embedded(texts))
	if err != nil {
		return nil, fmt.Errorf("embed %d passages: %w", len(texts), err)
	}
	if len(vectors) != len(drafts) {
		return nil, fmt.Errorf("embed %d passages: got %d vectors", len(texts), len(vectors))
	}
	indexed := make([]IndexedPassage, len(drafts))
	for i, d := range drafts {
		if len(vectors[i]) != space.Dim {
			return nil, fmt.Errorf("embed passages: vector of %d dimensions in a space of %d", len(vectors[i]), space.Dim)
		}
		p := IndexedPassage{Passage: d.Passage, Context: d.Context, Space: space.ID, Revision: space.Revision}
		p.Han = lang.HanShare(texts[i])
		p.Vector, p.Norm = space.Centre(vectors[i], p.Han, false)
		counts, length := fieldCounts(FieldTerms, x.dict, texts[i])
		p.Terms, p.Length = slices.Sorted(maps.Keys(counts)), int(length)
		bags := []termBag{newTermBag(counts, length)}
		if d.Lang == lang.Chinese {
			counts, length := fieldCounts(FieldGloss, x.dict, texts[i])
			p.Gloss, p.GlossLength = slices.Sorted(maps.Keys(counts)), int(length)
			bags = append(bags, newTermBag(counts, length))
		}
		p.Bags = encodeBags(bags...)
		p.Names = nameKeys(x.dict, texts[i])
		indexed[i] = p
	}
	return indexed, nil
}

// indexedText is what is embedded and cut into terms, at ingest and again at query.
func indexedText(context, text string) string {
	if context == "" {
		return text
	}
	return context + "\n" + text
}

// embedded is what the model is given: Chinese in Simplified characters, which it was taught on most. On Traditional
// interviews that raised hit@5 from 0.29 to 0.36 across languages, and makes a question's script no matter.
func embedded(texts []string) []string {
	simplified := make([]string, len(texts))
	for i, t := range texts {
		simplified[i] = lang.Simplify(t)
	}
	return simplified
}
