package retrieval

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"osmanthus/retrieval/lang"
)

func TestStoredBagsAreThoseCutAnew(t *testing.T) {
	t.Parallel()
	terms := newTermBag(map[string]float64{"a": 1, "seminar": 3, "桂花": 1000}, 1004)
	gloss := newTermBag(map[string]float64{"osmanthus": 0.70710678, "hall": 2.1213203, "rare": 1.0 / 64}, 17)
	empty := newTermBag(nil, 0)
	stored := encodeBags(terms, gloss, empty)
	for i, want := range []termBag{terms, gloss, empty} {
		got, ok := decodeBag(stored, i)
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(termBag{})); !ok || diff != "" {
			t.Errorf("bag %d: %t (-want +got):\n%s", i, ok, diff)
		}
	}
	if _, ok := decodeBag(stored, 3); ok {
		t.Error("a fourth bag of three")
	}
	for n := range stored {
		if got, ok := decodeBag(stored[:n], 2); ok {
			t.Errorf("of %d bytes of %d: %+v", n, len(stored), got)
		}
	}
}

// FuzzDecodeBag: what stands in the database may be anything.
func FuzzDecodeBag(f *testing.F) {
	f.Add(encodeBags(newTermBag(map[string]float64{"a": 1, "b": 2}, 3)), 0)
	f.Fuzz(func(t *testing.T, b []byte, n int) {
		if bag, ok := decodeBag(b, n&3); ok && len(bag.hashes) > len(b) {
			t.Fatalf("%d terms of %d bytes", len(bag.hashes), len(b))
		}
	})
}

// A search reads of a passage what the indexer stored of it, and cuts the same where nothing is stored.
func TestIndexedBags(t *testing.T) {
	t.Parallel()
	embedder := biasedEmbedder{dim: 128, bias: 3}
	space, err := Calibrate(t.Context(), embedder)
	if err != nil {
		t.Fatal(err)
	}
	dict := dictionaryOf(t, "研討會 研讨会 [yan2 tao3 hui4] /seminar/\n桂花 桂花 [gui4 hua1] /osmanthus/sweet olive/\n")
	indexer, err := NewIndexer(space, &memoryIndex{space: space}, embedder, dict)
	if err != nil {
		t.Fatal(err)
	}
	indexed, err := indexer.Index(t.Context(), []Draft{
		{Passage: Passage{ID: 1, Lang: lang.Chinese, Text: "研讨会在桂花厅举行，研讨会九点开始。"}, Context: "议程"},
		{Passage: Passage{ID: 2, Lang: lang.English, Text: "The seminar begins at nine in the Osmanthus Hall."}, Context: "Programme"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range indexed {
		for _, field := range []Field{FieldTerms, FieldGloss} {
			if field == FieldGloss && p.Lang == lang.English {
				continue
			}
			var got [2]termBag
			for i, bags := range [][]byte{p.Bags, nil} {
				cut, err := newBags(dict)
				if err != nil {
					t.Fatal(err)
				}
				got[i] = cut.passage(field, Candidate{Passage: p.Passage, Context: p.Context, Bags: bags})
			}
			if diff := cmp.Diff(got[1], got[0], cmp.AllowUnexported(termBag{})); diff != "" || len(got[0].hashes) == 0 {
				t.Errorf("%s of passage %d (-cut +stored):\n%s", field, p.ID, diff)
			}
		}
	}
}
