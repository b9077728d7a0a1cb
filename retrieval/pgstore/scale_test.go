package pgstore_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"osmanthus/ingest"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
	"osmanthus/retrieval/pgstore"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// open opens another store on the test's schema.
func open(t *testing.T, s pgstoretest.Instance, exactUpTo int) *pgstore.Store {
	t.Helper()
	store, err := pgstore.Open(t.Context(), s.URL, pgstore.Options{Schema: s.Schema, MaxConns: 4, ExactUpTo: exactUpTo, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	return store
}

// figures reads what Refresh keeps, or what a recount gives.
func figures(t *testing.T, s pgstoretest.Instance, sql string) map[string]string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "SET search_path TO "+s.Schema+", public"); err != nil {
		t.Fatal(err)
	}
	rows, err := conn.Query(t.Context(), sql)
	if err != nil {
		t.Fatal(err)
	}
	out := make(map[string]string)
	var key, value string
	if _, err := pgx.ForEachRow(rows, []any{&key, &value}, func() error { out[key] = value; return nil }); err != nil {
		t.Fatal(err)
	}
	return out
}

const (
	kept = `
		SELECT field || ' ' || lang || ' ' || term, documents::text FROM term_stats WHERE documents <> 0
		UNION ALL SELECT field || ' ' || lang, passages || ' ' || length FROM field_stats WHERE passages <> 0`
	recounted = `
		SELECT 'terms en ' || word, ndoc::text FROM ts_stat('SELECT terms FROM passages WHERE terms IS NOT NULL AND lang = ''en''')
		UNION ALL SELECT 'terms zh ' || word, ndoc::text FROM ts_stat('SELECT terms FROM passages WHERE terms IS NOT NULL AND lang = ''zh''')
		UNION ALL SELECT 'gloss zh ' || word, ndoc::text FROM ts_stat('SELECT gloss FROM passages WHERE terms IS NOT NULL AND lang = ''zh''')
		UNION ALL SELECT 'terms ' || lang, count(*) || ' ' || sum(length) FROM passages WHERE terms IS NOT NULL GROUP BY lang
		UNION ALL SELECT 'gloss zh', count(*) || ' ' || sum(gloss_length) FROM passages WHERE terms IS NOT NULL AND lang = 'zh' HAVING count(*) > 0
		UNION ALL SELECT 'names en ' || word, ndoc::text FROM ts_stat('SELECT names FROM passages WHERE terms IS NOT NULL AND lang = ''en''')
		UNION ALL SELECT 'names zh ' || word, ndoc::text FROM ts_stat('SELECT names FROM passages WHERE terms IS NOT NULL AND lang = ''zh''')
		UNION ALL SELECT 'names ' || lang, count(*) || ' ' || sum(length(names)) FROM passages WHERE terms IS NOT NULL GROUP BY lang`
	// keptWords leaves out the field that came after them.
	keptWords = "SELECT * FROM (" + kept + ") AS f (key, value) WHERE key NOT LIKE 'names %'"
)

// mixed is a version of n passages of both languages with words of a small vocabulary.
func mixed(space retrieval.Space, name, hash string, r *rand.Rand, n int) ingest.Version {
	v := version(space, name, hash, r, make([]string, n)...)
	for i := range v.Passages {
		p := &v.Passages[i]
		p.Terms, p.Names, p.Length = words(r), words(r), 3+r.IntN(9)
		if r.IntN(2) == 0 {
			p.Lang, p.Gloss, p.GlossLength = lang.Chinese, words(r), 2
		}
	}
	return v
}

func words(r *rand.Rand) []string {
	var out []string
	for i := range 20 {
		if r.IntN(4) == 0 {
			out = append(out, fmt.Sprintf("w%02d", i))
		}
	}
	return out
}

// TestFiguresEqualARecount: documents come, change and go from many sides at once, while others refresh.
func TestFiguresEqualARecount(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	space := newSpace(t, s)
	var group sync.WaitGroup
	for g := range 4 {
		group.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 5))
			for i := range 30 {
				name := fmt.Sprintf("%d.md", r.IntN(12))
				var err error
				switch r.IntN(5) {
				case 0:
					_, err = s.Remove(t.Context(), "", []string{name})
				case 1:
					err = s.Refresh(t.Context())
				default:
					err = s.Save(t.Context(), mixed(space, name, fmt.Sprint(g, i), r, r.IntN(6)))
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	loaded := rand.New(rand.NewPCG(9, 9))
	if err := s.Load(t.Context(), []ingest.Version{mixed(space, "x.md", "1", loaded, 5), mixed(space, "y.md", "1", loaded, 0), mixed(space, "z.md", "1", loaded, 7)}); err != nil {
		t.Fatal(err)
	}
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := figures(t, s, recounted)
	if len(want) < 30 {
		t.Fatalf("only %d figures: the test proves nothing", len(want))
	}
	if diff := gocmp.Diff(want, figures(t, s, kept)); diff != "" {
		t.Errorf("(-recounted +kept):\n%s", diff)
	}
}

// TestMigrateCountsWhatIsThere: a database of the first version gets the same figures and the new columns.
func TestMigrateCountsWhatIsThere(t *testing.T) {
	t.Parallel()
	s, r := pgstoretest.New(t), rand.New(rand.NewPCG(1, 2))
	space := newSpace(t, s)
	for i := range 5 {
		v := mixed(space, fmt.Sprintf("%d.md", i), "1", r, 4)
		v.Document.Date = day(i)
		if err := s.Save(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	const columns = `
		SELECT d.source, concat_ws(' ', d.passages, d.date, (SELECT count(*) FROM embeddings e WHERE e.document_id = d.id)) FROM documents d`
	want, wantColumns := figures(t, s, keptWords), figures(t, s, columns)
	inSchema(t, s, `
		ALTER TABLE embeddings DROP CONSTRAINT embeddings_pkey, ADD PRIMARY KEY (space_id, passage_id);
		ALTER TABLE embeddings DROP COLUMN document_id;
		CREATE INDEX embeddings_passage_idx ON embeddings (passage_id);
		ALTER TABLE documents DROP COLUMN passages, DROP COLUMN date;
		DROP INDEX documents_kind_idx;
		DROP TABLE term_changes;
		ALTER TABLE term_stats DROP CONSTRAINT term_stats_pkey, ADD PRIMARY KEY (field, lang, term);
		ALTER TABLE field_stats DROP COLUMN length, ADD COLUMN mean_length real NOT NULL DEFAULT 0;
		DELETE FROM term_stats;
		DROP INDEX spaces_active_key, spaces_building_key;
		ALTER TABLE spaces DROP COLUMN state, ADD COLUMN active boolean NOT NULL DEFAULT true, ADD CONSTRAINT spaces_model_key UNIQUE (model);
		DELETE FROM goose_db_version WHERE version_id = 2`)
	if err := pgstore.Migrate(t.Context(), s.URL, s.Schema, quiet()); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, figures(t, s, keptWords)); diff != "" {
		t.Errorf("figures (-before +migrated):\n%s", diff)
	}
	if diff := gocmp.Diff(wantColumns, figures(t, s, columns)); diff != "" {
		t.Errorf("columns (-before +migrated):\n%s", diff)
	}
}

func inSchema(t *testing.T, s pgstoretest.Instance, sql string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), "SET search_path TO "+s.Schema+", public; "+sql); err != nil {
		t.Fatal(err)
	}
}

// TestVectorIndexUnderFilters: with an index, every filter gets as many passages as there are, nearly the nearest ones,
// and the planner uses the index where the filter leaves many.
func TestVectorIndexUnderFilters(t *testing.T) {
	t.Parallel()
	s, r := pgstoretest.New(t), rand.New(rand.NewPCG(11, 12))
	space := newSpace(t, s)
	now := time.Now().Truncate(time.Microsecond)
	var versions []ingest.Version
	for i := range 600 {
		v := mixed(space, fmt.Sprintf("%d.md", i), "1", r, 8)
		v.Kind, v.Document.Date = "rest", day(i%20)
		switch {
		case i == 0:
			v.Event = "one"
		case i%100 == 1:
			v.Event = "hundredth"
		case i%10 == 2:
			v.Event = "tenth"
		}
		if i%3 == 0 {
			v.Audience = retrieval.Staff
		}
		versions = append(versions, v)
	}
	if err := s.Load(t.Context(), versions); err != nil {
		t.Fatal(err)
	}
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	indexing := open(t, s, 200)
	var building sync.WaitGroup
	for range 2 { // the second leaves it to the first
		building.Go(func() {
			if err := indexing.IndexVectors(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	// Meanwhile others save.
	for i := range 5 {
		if err := s.Save(t.Context(), mixed(space, fmt.Sprintf("later-%d.md", i), "1", r, 3)); err != nil {
			t.Fatal(err)
		}
	}
	building.Wait()
	exact := open(t, s, math.MaxInt)
	public := []retrieval.Audience{retrieval.Public}
	tests := []struct {
		name    string
		filter  retrieval.Filter
		byIndex string // yes, no, or as the planner likes
	}{
		{"all that is public", retrieval.Filter{Audiences: public}, "yes"},
		{"a tenth", retrieval.Filter{Audiences: public, Event: "tenth"}, ""},
		{"a hundredth", retrieval.Filter{Audiences: public, Event: "hundredth"}, "no"},
		{"one document, for staff", retrieval.Filter{Audiences: []retrieval.Audience{retrieval.Staff}, Event: "one"}, "no"},
		{"nothing", retrieval.Filter{Audiences: public, Event: "one"}, "no"},
		{"nobody", retrieval.Filter{}, "no"},
		{"some days", retrieval.Filter{Audiences: public, From: day(3), To: day(7)}, ""},
		{"more than there is", retrieval.Filter{Audiences: public, Kind: "rest", From: day(3), To: day(3)}, "no"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			tt.filter.Now = now
			found, wanted := 0, 0
			for range 30 {
				q := retrieval.CandidateQuery{Space: space.ID, Vector: unit(r2(tt.name, found)), Filter: tt.filter, DenseLimit: 100}
				plan, err := indexing.Explain(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if got := strings.Contains(plan, "embeddings_hnsw_"); tt.byIndex != "" && got != (tt.byIndex == "yes") {
					t.Fatalf("by index: %t, want %s\n%s", got, tt.byIndex, plan)
				}
				got, err := indexing.Candidates(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				want, err := exact.Candidates(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if len(got) != len(want) {
					t.Fatalf("%d candidates, looking at all gives %d", len(got), len(want))
				}
				for _, l := range []lang.Lang{lang.English, lang.Chinese} {
					have, all := nearestIDs(got, l), nearestIDs(want, l)
					wanted += len(all)
					for _, id := range all {
						if slices.Contains(have, id) {
							found++
						}
					}
				}
			}
			if recall := float64(found) / float64(max(1, wanted)); wanted > 0 && recall < 0.98 {
				t.Errorf("recall of the ten nearest %.3f", recall)
			}
			// The words are looked up in another order of steps beside an index, with the same finds.
			q := retrieval.CandidateQuery{
				Space: space.ID, Vector: unit(r2(tt.name, found)), Filter: tt.filter, LexicalLimit: 40,
				Lexical: []retrieval.LexicalQuery{{Field: retrieval.FieldTerms, Lang: lang.English, Terms: []retrieval.WeightedTerm{{Term: "w01", Weight: 2}, {Term: "w02", Weight: 1}}}},
			}
			got, err := indexing.Candidates(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			want, err := exact.Candidates(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(idsOf(want), idsOf(got)) {
				t.Errorf("by words %v, looking at all %v", idsOf(got), idsOf(want))
			}
		})
	}
}

func r2(name string, n int) *rand.Rand { return rand.New(rand.NewPCG(uint64(len(name)), uint64(n))) }

func nearestIDs(candidates []retrieval.Candidate, l lang.Lang) []int64 {
	of := slices.DeleteFunc(slices.Clone(candidates), func(c retrieval.Candidate) bool { return c.Lang != l })
	slices.SortFunc(of, func(a, b retrieval.Candidate) int { return cmp.Compare(b.Similarity, a.Similarity) })
	var ids []int64
	for _, c := range of[:min(10, len(of))] {
		ids = append(ids, c.ID)
	}
	return ids
}

// TestAnUnfinishedVectorIndexIsMadeAnew: a build that was killed leaves an index that is never valid.
func TestAnUnfinishedVectorIndexIsMadeAnew(t *testing.T) {
	t.Parallel()
	s, r := pgstoretest.New(t), rand.New(rand.NewPCG(13, 14))
	space := newSpace(t, s)
	if err := s.Load(t.Context(), []ingest.Version{mixed(space, "a.md", "1", r, 300)}); err != nil {
		t.Fatal(err)
	}
	if err := s.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	indexing := open(t, s, 20)
	if err := indexing.IndexVectors(t.Context()); err != nil {
		t.Fatal(err)
	}
	const valid = `
		SELECT c.relname::text, i.indisvalid::text FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
		WHERE i.indrelid = 'embeddings'::regclass AND c.relname LIKE 'embeddings_hnsw%'`
	want := map[string]string{fmt.Sprintf("embeddings_hnsw_%d_en", space.ID): "true", fmt.Sprintf("embeddings_hnsw_%d_zh", space.ID): "true"}
	if diff := gocmp.Diff(want, figures(t, s, valid)); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
	inSchema(t, s, `UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'embeddings_hnsw_`+fmt.Sprint(space.ID)+`_en'::regclass`)
	if err := indexing.IndexVectors(t.Context()); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, figures(t, s, valid)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestSwitchingSpaces: another model's space is built beside the active one while documents come and go, is not used
// before it is complete, and the old one is kept until it is dropped.
func TestSwitchingSpaces(t *testing.T) {
	t.Parallel()
	s, r := pgstoretest.New(t), rand.New(rand.NewPCG(15, 16))
	old := newSpace(t, s)
	for i := range 4 {
		if err := s.Save(t.Context(), mixed(old, fmt.Sprintf("%d.md", i), "1", r, 5)); err != nil {
			t.Fatal(err)
		}
	}
	other := old
	other.Model = "other"
	if _, err := s.CreateSpace(t.Context(), other); !errors.Is(err, retrieval.ErrOtherModel) {
		t.Fatalf("a second model beside vectors of the first: %v", err)
	}
	other, err := s.BuildSpace(t.Context(), other)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := s.BuildSpace(t.Context(), other); err != nil || again.ID != other.ID {
		t.Errorf("building it again is space %d, %v; want %d", again.ID, err, other.ID)
	}
	if _, err := s.Space(t.Context(), "other"); !errors.Is(err, retrieval.ErrOtherModel) {
		t.Errorf("a space that is being built is used: %v", err)
	}
	build := func() {
		t.Helper()
		drafts, err := s.Unembedded(t.Context(), other.ID, 0, 100)
		if err != nil {
			t.Fatal(err)
		}
		var vectors []pgstore.Vector
		for _, d := range drafts {
			vectors = append(vectors, pgstore.Vector{Passage: d.ID, Document: d.Document, Lang: d.Lang, Norm: 1, Unit: unit(r)})
		}
		if err := s.AddVectors(t.Context(), other.ID, vectors); err != nil {
			t.Fatal(err)
		}
	}
	build()
	if err := s.Save(t.Context(), mixed(old, "0.md", "2", r, 5)); err != nil { // replaced meanwhile
		t.Fatal(err)
	}
	if err := s.Switch(t.Context(), other, nil); !errors.Is(err, pgstore.ErrIncomplete) {
		t.Errorf("switched to a space without vectors of a new document: %v", err)
	}
	build()
	if err := s.Switch(t.Context(), other, nil); err != nil {
		t.Fatal(err)
	}
	for _, model := range []string{"test", "other"} {
		space, err := s.Space(t.Context(), model)
		if err != nil {
			t.Fatalf("space of %s: %v", model, err)
		}
		got, err := s.Candidates(t.Context(), retrieval.CandidateQuery{Space: space.ID, Vector: unit(r), Filter: everything(), DenseLimit: 100})
		if err != nil || len(got) != 20 {
			t.Errorf("%s finds %d of 20, %v", model, len(got), err)
		}
	}
	if err := s.Save(t.Context(), mixed(old, "5.md", "1", r, 5)); !errors.Is(err, retrieval.ErrOtherModel) {
		t.Errorf("vectors of the old model are stored: %v", err)
	}
	if err := s.Save(t.Context(), mixed(other, "5.md", "1", r, 5)); err != nil {
		t.Error(err)
	}
	if err := s.DropSpace(t.Context(), other.ID); !errors.Is(err, pgstore.ErrActive) {
		t.Errorf("the active space is dropped: %v", err)
	}
	if err := s.DropSpace(t.Context(), old.ID); err != nil {
		t.Fatal(err)
	}
	got, err := s.Spaces(t.Context())
	want := []pgstore.SpaceState{{ID: other.ID, Model: "other", State: "active", Dim: dim, Vectors: 25}}
	if diff := gocmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("spaces (-want +got):\n%s%v", diff, err)
	}
}

// TestRecalibrateBesideIngest: while every vector is made anew, documents are saved; none is lost and none is left in
// the old calibration.
func TestRecalibrateBesideIngest(t *testing.T) {
	t.Parallel()
	s, r := pgstoretest.New(t), rand.New(rand.NewPCG(17, 18))
	space := newSpace(t, s)
	if err := s.Load(t.Context(), []ingest.Version{mixed(space, "a.md", "1", r, 2500)}); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		_, _, err := retrieval.Adapt(t.Context(), s, space)
		done <- err
	}()
	saved, current := 0, space
	for finished := false; !finished; {
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			finished = true
		default:
		}
		err := s.Save(t.Context(), mixed(current, fmt.Sprintf("%d.md", saved), "1", r, 3))
		switch {
		case errors.Is(err, retrieval.ErrStaleSpace), errors.Is(err, retrieval.ErrOtherModel):
			if current, err = s.Space(t.Context(), space.Model); err != nil {
				t.Fatal(err)
			}
		case err != nil:
			t.Fatal(err)
		default:
			saved++
		}
	}
	states, err := s.Spaces(t.Context())
	if err != nil || len(states) != 1 || states[0].State != "active" || states[0].Missing != 0 || states[0].Vectors != 2500+3*saved {
		t.Errorf("after %d more documents: %+v, %v", saved, states, err)
	}
	if states[0].ID == space.ID {
		t.Error("nothing was recalibrated: the test proves nothing")
	}
}

func idsOf(candidates []retrieval.Candidate) []int64 {
	var ids []int64
	for _, c := range candidates {
		ids = append(ids, c.ID)
	}
	slices.Sort(ids)
	return ids
}
