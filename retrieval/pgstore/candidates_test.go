package pgstore_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"osmanthus/ingest"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

func TestLexemesAreTakenAsTheyAre(t *testing.T) {
	t.Parallel()
	s, r := pgstoretest.New(t), rand.New(rand.NewPCG(1, 2))
	space := newSpace(t, s)
	terms := []string{"o'neil", "c++", `a\b`, "two words", "桂花", "🎉", "a & b | !c", ":*", "''", `\`, "d:09-16"}
	if err := s.Save(t.Context(), version(space, "a.md", "1", r, terms...)); err != nil {
		t.Fatal(err)
	}
	for _, term := range terms {
		if diff := gocmp.Diff([]string{"a.md/" + term}, found(t, s, space, term, everything())); diff != "" {
			t.Errorf("%q (-want +got):\n%s", term, diff)
		}
	}
}

// corpus saves documents of every audience, event, kind and language.
func corpus(t *testing.T, s pgstoretest.Instance, space retrieval.Space, r *rand.Rand, now time.Time) []ingest.Version {
	t.Helper()
	var versions []ingest.Version
	for i := range 60 {
		v := version(space, fmt.Sprintf("%d.md", i), "1", r, "all", "even")
		v.Event = []string{"", "spring", "autumn"}[i%3]
		v.Kind = []string{"report", "case"}[i%2]
		v.Audience = []retrieval.Audience{retrieval.Public, retrieval.Staff}[i/2%2]
		if i%4 != 0 {
			v.Document.Date = day(i % 10)
		}
		if i%5 == 0 {
			v.Embargo = now.Add(time.Duration(i-30) * time.Hour)
		}
		for j := range v.Passages {
			v.Passages[j].Lang = []lang.Lang{lang.English, lang.Chinese}[(i+j)%2]
		}
		if err := s.Save(t.Context(), v); err != nil {
			t.Fatal(err)
		}
		versions = append(versions, v)
	}
	return versions
}

// day is the n-th of a month.
func day(n int) time.Time { return time.Date(2026, 3, 1+n, 0, 0, 0, 0, time.UTC) }

func visibleTo(v ingest.Version, f retrieval.Filter) bool {
	date := v.Document.Date
	if !f.From.IsZero() && (date.IsZero() || date.Before(f.From)) || !f.To.IsZero() && (date.IsZero() || date.After(f.To)) {
		return false
	}
	return slices.Contains(f.Audiences, v.Audience) &&
		(v.Embargo.IsZero() || !v.Embargo.After(f.Now) || slices.Contains(f.Audiences, retrieval.Staff)) &&
		(f.Event == "" || f.Event == v.Event) && (f.Kind == "" || f.Kind == v.Kind)
}

func TestDenseArmAgainstBruteForce(t *testing.T) {
	t.Parallel()
	s, r := pgstoretest.New(t), rand.New(rand.NewPCG(3, 4))
	space := newSpace(t, s)
	now := time.Now().Truncate(time.Microsecond)
	versions := corpus(t, s, space, r, now)
	for range 200 {
		f := retrieval.Filter{
			Event: []string{"", "spring", "autumn", "none"}[r.IntN(4)], Kind: []string{"", "report", "case"}[r.IntN(3)],
			Audiences: [][]retrieval.Audience{nil, {retrieval.Public}, {retrieval.Staff}, {retrieval.Public, retrieval.Staff}}[r.IntN(4)],
			Now:       now.Add(time.Duration(r.IntN(80)-40) * time.Hour),
		}
		if r.IntN(2) == 0 {
			f.From = day(r.IntN(10))
		}
		if r.IntN(2) == 0 {
			f.To = day(r.IntN(10))
		}
		limit := 1 + r.IntN(20)
		question := unit(r)
		got, err := s.Candidates(t.Context(), retrieval.CandidateQuery{Space: space.ID, Vector: question, Filter: f, DenseLimit: limit})
		if err != nil {
			t.Fatal(err)
		}
		for _, l := range []lang.Lang{lang.English, lang.Chinese} {
			var want, have []float64
			for _, v := range versions {
				for _, p := range v.Passages {
					if p.Lang == l && visibleTo(v, f) {
						want = append(want, dot(question, p.Vector))
					}
				}
			}
			slices.SortFunc(want, func(a, b float64) int { return cmp.Compare(b, a) })
			want = want[:min(len(want), limit)]
			for _, c := range got {
				if c.Lang == l {
					have = append(have, c.Similarity)
				}
			}
			slices.SortFunc(have, func(a, b float64) int { return cmp.Compare(b, a) })
			if len(have) != len(want) {
				t.Fatalf("%+v, %s: %d candidates, want %d", f, l, len(have), len(want))
			}
			for i := range want {
				if math.Abs(want[i]-have[i]) > 2e-3 { // halfvec
					t.Fatalf("%+v, %s: similarity %d is %v, want %v", f, l, i, have[i], want[i])
				}
			}
		}
	}
}

func dot(a, b []float32) (sum float64) {
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func TestNoArmSeesAnotherAudience(t *testing.T) {
	t.Parallel()
	s, r := pgstoretest.New(t), rand.New(rand.NewPCG(5, 6))
	space := newSpace(t, s)
	now := time.Now()
	bySource := make(map[string]ingest.Version)
	for _, v := range corpus(t, s, space, r, now) {
		bySource[v.Event+v.Source] = v
	}
	for range 300 {
		f := retrieval.Filter{Audiences: [][]retrieval.Audience{nil, {retrieval.Public}}[r.IntN(2)], Now: now}
		f.Event = []string{"spring", "autumn"}[r.IntN(2)]
		got, err := s.Candidates(t.Context(), retrieval.CandidateQuery{
			Space: space.ID, Vector: unit(r), Filter: f, DenseLimit: 30, LexicalLimit: 30,
			Lexical: []retrieval.LexicalQuery{
				{Field: retrieval.FieldTerms, Lang: lang.English, Terms: []retrieval.WeightedTerm{{Term: "all", Weight: 1}, {Term: "even", Weight: 2}}},
				{Field: retrieval.FieldTerms, Lang: lang.Chinese, Terms: []retrieval.WeightedTerm{{Term: "all", Weight: 1}}},
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range got {
			if v := bySource[f.Event+c.Source]; !visibleTo(v, f) {
				t.Fatalf("%+v sees %s of %s, embargo %v", f, c.Source, v.Audience, v.Embargo)
			}
		}
		if f.Audiences != nil && len(got) == 0 {
			t.Fatal("nothing is found: the test proves nothing")
		}
	}
}

func TestHeaviestLexicalCandidatesComeFirst(t *testing.T) {
	t.Parallel()
	s, r := pgstoretest.New(t), rand.New(rand.NewPCG(7, 8))
	space := newSpace(t, s)
	v := version(space, "a.md", "1", r, "common", "common", "rare", "common")
	v.Passages[1].Terms = []string{"common", "rare"}
	if err := s.Save(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	got, err := s.Candidates(t.Context(), retrieval.CandidateQuery{
		Space: space.ID, Filter: everything(), LexicalLimit: 2,
		Lexical: []retrieval.LexicalQuery{{Field: retrieval.FieldTerms, Lang: lang.English, Terms: []retrieval.WeightedTerm{
			{Term: "common", Weight: 1}, {Term: "rare", Weight: 5}, {Term: "", Weight: 9},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	var ordinals []int
	for _, c := range got {
		ordinals = append(ordinals, c.Ordinal)
		if !math.IsNaN(c.Similarity) {
			t.Errorf("similarity %v without a question's vector, want NaN", c.Similarity)
		}
	}
	slices.Sort(ordinals)
	if diff := gocmp.Diff([]int{1, 2}, ordinals); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStatsFollowRefresh(t *testing.T) {
	t.Parallel()
	s, r := pgstoretest.New(t), rand.New(rand.NewPCG(9, 10))
	space := newSpace(t, s)
	v := version(space, "a.md", "1", r, "hall", "hall", "garden")
	v.Passages[0].Names = []string{"h:杨浩勃", "w:yang haopo"}
	v.Passages[2].Names = []string{"w:yang haopo"}
	if err := s.Save(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	key := retrieval.FieldKey{Field: retrieval.FieldTerms, Lang: lang.English}
	names := retrieval.FieldKey{Field: retrieval.FieldNames, Lang: lang.English}
	for range 2 { // twice: it replaces, it does not add
		if err := s.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Stats(t.Context(), []string{"hall", "absent", "w:yang haopo"})
	if err != nil {
		t.Fatal(err)
	}
	want := retrieval.Stats{
		Fields:    map[retrieval.FieldKey]retrieval.FieldStats{key: {Passages: 3, MeanLength: 1}, names: {Passages: 3, MeanLength: 1}},
		Documents: map[retrieval.TermKey]int{{FieldKey: key, Term: "hall"}: 2, {FieldKey: names, Term: "w:yang haopo"}: 2},
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestNamesField: a passage is found by its names' keys, and no longer once it is replaced.
func TestNamesField(t *testing.T) {
	t.Parallel()
	s, r := pgstoretest.New(t), rand.New(rand.NewPCG(11, 12))
	space := newSpace(t, s)
	v := version(space, "a.md", "1", r, "hall", "garden")
	v.Passages[1].Names = []string{"b:yang h", "h:杨浩勃", "w:yang haopo"}
	if err := s.Save(t.Context(), v); err != nil {
		t.Fatal(err)
	}
	byName := func() (texts []string) {
		candidates, err := s.Candidates(t.Context(), retrieval.CandidateQuery{
			Space: space.ID, Filter: everything(), LexicalLimit: 50,
			Lexical: []retrieval.LexicalQuery{{Field: retrieval.FieldNames, Lang: lang.English, Terms: []retrieval.WeightedTerm{{Term: "w:yang haopo", Weight: 1}}}},
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range candidates {
			texts = append(texts, c.Text)
		}
		return texts
	}
	if diff := gocmp.Diff([]string{"garden"}, byName()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if err := s.Save(t.Context(), version(space, "a.md", "2", r, "hall")); err != nil {
		t.Fatal(err)
	}
	if got := byName(); got != nil {
		t.Errorf("found %q in a version that was replaced", got)
	}
}

// TestFrequentWordsAreLookedUpTogether: words in more passages than may be visited are asked for in combination, a rare
// one still by itself.
func TestFrequentWordsAreLookedUpTogether(t *testing.T) {
	t.Parallel()
	s, r := pgstoretest.New(t), rand.New(rand.NewPCG(31, 32))
	space := newSpace(t, s)
	v := version(space, "a.md", "1", r, make([]string, 4000)...)
	for i := range v.Passages {
		v.Passages[i].Terms = nil
		if i < 2003 {
			v.Passages[i].Terms = append(v.Passages[i].Terms, "hall")
		}
		if i >= 2000 {
			v.Passages[i].Terms = append(v.Passages[i].Terms, "seminar")
		}
	}
	v.Passages[3999].Terms = []string{"osmanthus", "seminar"}
	if err := s.Load(t.Context(), []ingest.Version{v}); err != nil {
		t.Fatal(err)
	}
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name  string
		terms []retrieval.WeightedTerm
		want  []int // ordinals; nil: as many as are asked for
	}{
		{"two frequent words", []retrieval.WeightedTerm{{Term: "hall", Weight: 1}, {Term: "seminar", Weight: 1}}, []int{2000, 2001, 2002}},
		{"and a rare one", []retrieval.WeightedTerm{{Term: "hall", Weight: 1}, {Term: "osmanthus", Weight: 7}, {Term: "seminar", Weight: 1}}, []int{2000, 2001, 2002, 3999}},
		{"a frequent one alone", []retrieval.WeightedTerm{{Term: "hall", Weight: 1}}, nil},
		{"a frequent one and none", []retrieval.WeightedTerm{{Term: "hall", Weight: 1}, {Term: "unknown", Weight: 9}}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := s.Candidates(t.Context(), retrieval.CandidateQuery{
				Space: space.ID, Filter: everything(), LexicalLimit: 10,
				Lexical: []retrieval.LexicalQuery{{Field: retrieval.FieldTerms, Lang: lang.English, Terms: tt.terms}},
			})
			if err != nil {
				t.Fatal(err)
			}
			var ordinals []int
			for _, c := range got {
				ordinals = append(ordinals, c.Ordinal)
			}
			slices.Sort(ordinals)
			if tt.want == nil {
				if len(ordinals) != 10 {
					t.Errorf("%d found, want 10", len(ordinals))
				}
				return
			}
			if diff := gocmp.Diff(tt.want, ordinals); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
