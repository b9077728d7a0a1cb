package retrieval

import (
	"cmp"
	"hash/fnv"
	"io"
	"math"
	"slices"

	lru "github.com/hashicorp/golang-lru/v2"

	"osmanthus/retrieval/lang"
)

// A termBag is a text cut into terms with their (possibly fractional) frequencies, small enough to be remembered: terms
// by their hashes, sorted. Two terms of one text and one question that share a hash of 32 bits are met once in millions
// of texts.
type termBag struct {
	hashes  []uint32
	weights []float32
	length  float64
}

func newTermBag(counts map[string]float64, length float64) termBag {
	type entry struct {
		hash   uint32
		weight float32
	}
	entries := make([]entry, 0, len(counts))
	for t, w := range counts {
		entries = append(entries, entry{hash(t), float32(math.Round(w/weightUnit) * weightUnit)})
	}
	slices.SortFunc(entries, func(a, b entry) int { return cmp.Compare(a.hash, b.hash) })
	bag := termBag{make([]uint32, len(entries)), make([]float32, len(entries)), length}
	for i, e := range entries {
		bag.hashes[i], bag.weights[i] = e.hash, e.weight
	}
	return bag
}

// weight is the frequency of a term.
func (b termBag) weight(hash uint32) float64 {
	if i, ok := slices.BinarySearch(b.hashes, hash); ok {
		return float64(b.weights[i])
	}
	return 0
}

func hash(term string) uint32 {
	h := fnv.New32a()
	io.WriteString(h, term)
	return h.Sum32()
}

func hashes(terms []string) []uint32 {
	hs := make([]uint32, len(terms))
	for i, t := range terms {
		hs[i] = hash(t)
	}
	return hs
}

// fieldCounts cuts text as field does, the same at ingest and at query: each term's frequency, and the length in terms.
func fieldCounts(field Field, dict *lang.Dictionary, text string) (counts map[string]float64, length float64) {
	if field == FieldGloss {
		groups := dict.Groups(text)
		counts = make(map[string]float64, 4*len(groups))
		for _, g := range groups {
			// A word of many translations says less of each.
			w := 1 / math.Sqrt(float64(len(g)))
			for _, t := range g {
				counts[t] += w
			}
		}
		return counts, float64(len(groups))
	}
	terms := lang.Terms(text)
	counts = make(map[string]float64, len(terms))
	for _, t := range terms {
		counts[t]++
	}
	return counts, float64(len(terms))
}

// fieldBag is fieldCounts as a bag.
func fieldBag(field Field, dict *lang.Dictionary, text string) termBag {
	return newTermBag(fieldCounts(field, dict, text))
}

// What is cut is remembered: an event's questions are about few passages. A bag takes 1 to 5 kB, a passage's sentences
// twice that.
const (
	rememberedPassages  = 8192
	rememberedSentences = 2048
)

// bags cuts passages into terms and remembers those it has cut: a passage never changes. It is safe for concurrent use.
type bags struct {
	dict      *lang.Dictionary
	passages  *lru.Cache[bagKey, termBag]
	sentences *lru.Cache[bagKey, []termBag]
}

type bagKey struct {
	passage int64
	field   Field
}

func newBags(dict *lang.Dictionary) (*bags, error) {
	passages, err := lru.New[bagKey, termBag](rememberedPassages)
	if err != nil {
		return nil, err
	}
	sentences, err := lru.New[bagKey, []termBag](rememberedSentences)
	if err != nil {
		return nil, err
	}
	return &bags{dict, passages, sentences}, nil
}

// passage returns the bag of a passage with its context, as it was stored or cut anew.
func (b *bags) passage(field Field, c Candidate) termBag {
	key := bagKey{c.ID, field}
	bag, ok := b.passages.Get(key)
	if !ok {
		if bag, ok = decodeBag(c.Bags, storedBag(field)); !ok {
			bag = fieldBag(field, b.dict, indexedText(c.Context, c.Text))
		}
		b.passages.Add(key, bag)
	}
	return bag
}

// sentencesOf returns the bags of the title and then of each sentence of a passage.
func (b *bags) sentencesOf(field Field, p Passage) []termBag {
	key := bagKey{p.ID, field}
	cut, ok := b.sentences.Get(key)
	if !ok {
		cut = append(cut, fieldBag(field, b.dict, p.Title))
		for _, span := range sentenceSpans(p.Text) {
			cut = append(cut, fieldBag(field, b.dict, p.Text[span.Start:span.End]))
		}
		b.sentences.Add(key, cut)
	}
	return cut
}
