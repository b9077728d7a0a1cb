package pgstore_test

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/ingest"
	"osmanthus/ingest/source"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

const dim = 8

func newSpace(t *testing.T, s pgstoretest.Instance) retrieval.Space {
	t.Helper()
	zero := make([]float32, dim)
	space, err := s.CreateSpace(t.Context(), retrieval.Space{Model: "test", Dim: dim, Calibration: retrieval.Calibration{
		PassageMean: map[lang.Lang][]float32{lang.English: zero, lang.Chinese: zero},
		QueryMean:   map[lang.Lang][]float32{lang.English: zero, lang.Chinese: zero},
		Spread:      map[lang.Lang]retrieval.PairSpread{lang.English: {lang.English: 1, lang.Chinese: 1}, lang.Chinese: {lang.English: 1, lang.Chinese: 1}},
		Prior: retrieval.Means{
			Passage: map[lang.Lang][]float32{lang.English: zero, lang.Chinese: zero},
			Query:   map[lang.Lang][]float32{lang.English: zero, lang.Chinese: zero}, Count: 10,
		},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return space
}

func unit(r *rand.Rand) []float32 {
	v := make([]float32, dim)
	var n float32
	for i := range v {
		v[i] = float32(r.NormFloat64())
		n += v[i] * v[i]
	}
	u, _ := retrieval.Space{Dim: dim, Calibration: retrieval.Calibration{PassageMean: map[lang.Lang][]float32{
		lang.English: make([]float32, dim), lang.Chinese: make([]float32, dim),
	}}}.Centre(v, 0, false)
	return u
}

// version is a document of one passage a term, each passage holding that term.
func version(space retrieval.Space, name, hash string, r *rand.Rand, terms ...string) ingest.Version {
	v := ingest.Version{
		Source: name, Audience: retrieval.Public, Hash: []byte(hash),
		Document: source.Document{Title: name, Lang: lang.English, Text: fmt.Sprint(terms), Blocks: []source.Block{{Kind: source.Paragraph, End: 2}}},
	}
	for i, term := range terms {
		v.Passages = append(v.Passages, retrieval.IndexedPassage{
			Passage: retrieval.Passage{Ordinal: i, Lang: lang.English, Text: term},
			Terms:   []string{term}, Length: 1, Vector: unit(r), Norm: 1, Space: space.ID, Revision: space.Revision,
		})
	}
	return v
}

func everything() retrieval.Filter {
	return retrieval.Filter{Audiences: []retrieval.Audience{retrieval.Public, retrieval.Staff}, Now: time.Now()}
}

// found lists what a search for the term returns, as "source/text".
func found(t *testing.T, s pgstoretest.Instance, space retrieval.Space, term string, f retrieval.Filter) []string {
	t.Helper()
	candidates, err := s.Candidates(t.Context(), retrieval.CandidateQuery{
		Space: space.ID, Filter: f, LexicalLimit: 50,
		Lexical: []retrieval.LexicalQuery{{Field: retrieval.FieldTerms, Lang: lang.English, Terms: []retrieval.WeightedTerm{{Term: term, Weight: 1}}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, c := range candidates {
		names = append(names, c.Source+"/"+c.Text)
	}
	return names
}

func TestSaveReplacesAndKeepsTheRecord(t *testing.T) {
	t.Parallel()
	s, r := pgstoretest.New(t), rand.New(rand.NewPCG(1, 2))
	space := newSpace(t, s)
	save := func(v ingest.Version) {
		t.Helper()
		if err := s.Save(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	save(version(space, "a.md", "1", r, "hall", "table"))
	first, _, _, err := s.Document(t.Context(), everything(), 1, 0)
	if err != nil {
		t.Fatal(err)
	}
	save(version(space, "a.md", "1", r, "never stored: the hash is the same"))
	if diff := cmp.Diff([]string{"a.md/hall"}, found(t, s, space, "hall", everything())); diff != "" {
		t.Errorf("after saving the same again (-want +got):\n%s", diff)
	}
	save(version(space, "a.md", "2", r, "garden"))
	if got := found(t, s, space, "hall", everything()); got != nil {
		t.Errorf("the old version still answers: %v", got)
	}
	if diff := cmp.Diff([]string{"a.md/garden"}, found(t, s, space, "garden", everything())); diff != "" {
		t.Errorf("the new version (-want +got):\n%s", diff)
	}
	old, text, _, err := s.Document(t.Context(), everything(), 1, first.Version)
	if err != nil || text != "[hall table]" || old.Passages != 2 {
		t.Errorf("the record of the old version: %q, %d passages, %v", text, old.Passages, err)
	}

	if n, err := s.Remove(t.Context(), "", []string{"a.md", "never.md"}); n != 1 || err != nil {
		t.Errorf("Remove = %d, %v", n, err)
	}
	if got := found(t, s, space, "garden", everything()); got != nil {
		t.Errorf("a removed document still answers: %v", got)
	}
	if _, _, _, err := s.Document(t.Context(), everything(), 1, 0); err != retrieval.ErrNotFound {
		t.Errorf("a removed document is opened: %v", err)
	}
	save(version(space, "a.md", "2", r, "garden"))
	if diff := cmp.Diff([]string{"a.md/garden"}, found(t, s, space, "garden", everything())); diff != "" {
		t.Errorf("brought back (-want +got):\n%s", diff)
	}
	hashes, err := s.Hashes(t.Context(), "")
	if diff := cmp.Diff(map[string][]byte{"a.md": []byte("2")}, hashes); diff != "" || err != nil {
		t.Errorf("hashes (-want +got):\n%s%v", diff, err)
	}
}

func TestSaveAtOnceLeavesOneCurrentVersion(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	space := newSpace(t, s)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			r := rand.New(rand.NewPCG(uint64(i), 1))
			if err := s.Save(t.Context(), version(space, "a.md", fmt.Sprint(i), r, "hall", "hall")); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got := found(t, s, space, "hall", everything()); len(got) != 2 {
		t.Errorf("%d passages answer, want the two of one version", len(got))
	}
	counts, err := s.Counts(t.Context())
	if err != nil || counts.Documents != 1 || counts.Passages["en"] != 2 {
		t.Errorf("counts %+v, %v", counts, err)
	}
}

func TestSaveRefusesVectorsOfAnOldCalibration(t *testing.T) {
	t.Parallel()
	s, r := pgstoretest.New(t), rand.New(rand.NewPCG(1, 2))
	space := newSpace(t, s)
	space.Revision--
	if err := s.Save(t.Context(), version(space, "a.md", "1", r, "hall")); err == nil {
		t.Error("vectors of another calibration are stored")
	}
	if got := found(t, s, space, "hall", everything()); got != nil {
		t.Errorf("half a document is left: %v", got)
	}
}
