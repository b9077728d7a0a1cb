package pgstore_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"osmanthus/ingest"
	"osmanthus/ingest/source"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// named is a document with the names that decide what supersedes what.
type named struct{ source, hash, id, supersedes, date string }

func (n named) version(t *testing.T, make func(name, hash string) ingest.Version) ingest.Version {
	t.Helper()
	v := make(n.source, n.hash)
	v.Canonical, v.Supersedes = n.id, n.supersedes
	if n.date != "" {
		date, err := time.Parse(time.DateOnly, n.date)
		if err != nil {
			t.Fatal(err)
		}
		v.Document.Date = date
	}
	return v
}

func TestSupersede(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		saves  []named
		remove string
		want   []string // sources that answer
		known  []string // sources whose hash is known, so that they are not embedded again
	}{
		{"one names the other", []named{{"old.md", "1", "", "", ""}, {"new.md", "1", "", "old.md", ""}}, "", []string{"new.md"}, []string{"new.md", "old.md"}},
		{"the other comes later", []named{{"new.md", "1", "", "old.md", ""}, {"old.md", "1", "", "", ""}}, "", []string{"new.md"}, []string{"new.md", "old.md"}},
		{"the other changes", []named{{"new.md", "1", "", "old.md", ""}, {"old.md", "1", "", "", ""}, {"old.md", "2", "", "", ""}}, "", []string{"new.md"}, []string{"new.md", "old.md"}},
		{"the newer of one id", []named{{"a.md", "1", "agenda", "", "2024-05-01"}, {"b.md", "1", "agenda", "", "2024-06-01"}}, "", []string{"b.md"}, []string{"a.md", "b.md"}},
		{"whichever comes first", []named{{"b.md", "1", "agenda", "", "2024-06-01"}, {"a.md", "1", "agenda", "", "2024-05-01"}}, "", []string{"b.md"}, []string{"a.md", "b.md"}},
		{"no date decides", []named{{"a.md", "1", "agenda", "", ""}, {"b.md", "1", "agenda", "", "2024-06-01"}}, "", []string{"a.md", "b.md"}, []string{"a.md", "b.md"}},
		{"other ids", []named{{"a.md", "1", "agenda", "", "2024-05-01"}, {"b.md", "1", "report", "", "2024-06-01"}}, "", []string{"a.md", "b.md"}, []string{"a.md", "b.md"}},
		{"the newer one is removed", []named{{"old.md", "1", "", "", ""}, {"new.md", "1", "", "old.md", ""}}, "new.md", nil, nil},
		{"and the old one taken in again", []named{{"old.md", "1", "", "", ""}, {"new.md", "1", "", "old.md", ""}, {"old.md", "1", "", "", ""}}, "", []string{"new.md"}, []string{"new.md", "old.md"}},
		{"it says so no more", []named{{"old.md", "1", "", "", ""}, {"new.md", "1", "", "old.md", ""}, {"new.md", "2", "", "", ""}}, "", []string{"new.md"}, []string{"new.md"}},
		{"the old one is removed", []named{{"old.md", "1", "", "", ""}, {"new.md", "1", "", "old.md", ""}}, "old.md", []string{"new.md"}, []string{"new.md"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s, r := pgstoretest.New(t), rand.New(rand.NewPCG(1, 2))
			space := newSpace(t, s)
			for _, n := range tt.saves {
				if err := s.Save(t.Context(), n.version(t, func(name, hash string) ingest.Version { return version(space, name, hash, r, "hall") })); err != nil {
					t.Fatal(err)
				}
			}
			if tt.remove != "" {
				if _, err := s.Remove(t.Context(), "", []string{tt.remove}); err != nil {
					t.Fatal(err)
				}
			}
			var want []string
			for _, name := range tt.want {
				want = append(want, name+"/hall")
			}
			sorted := cmpopts.SortSlices(func(a, b string) bool { return a < b })
			if diff := cmp.Diff(want, found(t, s, space, "hall", everything()), sorted, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("answers (-want +got):\n%s", diff)
			}
			hashes, err := s.Hashes(t.Context(), "")
			var known []string
			for name := range hashes {
				known = append(known, name)
			}
			if diff := cmp.Diff(tt.known, known, sorted, cmpopts.EquateEmpty()); diff != "" || err != nil {
				t.Errorf("known (-want +got):\n%s%v", diff, err)
			}
			counts, err := s.Counts(t.Context())
			if err != nil || counts.Documents != len(tt.want) || counts.Passages["en"] != len(tt.want) {
				t.Errorf("counts %+v, %v", counts, err)
			}
		})
	}
}

// Two documents that decide between them which one answers are saved at the same time.
func TestSupersedeAtOnce(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	space := newSpace(t, s)
	for n := range 20 {
		id := fmt.Sprint("agenda", n)
		var group sync.WaitGroup
		for i, named := range []named{{id + "a.md", "1", id, "", "2024-05-01"}, {id + "b.md", "1", id, id + "a.md", "2024-06-01"}} {
			group.Go(func() {
				r := rand.New(rand.NewPCG(uint64(n), uint64(i)))
				if err := s.Save(t.Context(), named.version(t, func(name, hash string) ingest.Version { return version(space, name, hash, r, id) })); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if diff := cmp.Diff([]string{id + "b.md/" + id}, found(t, s, space, id, everything())); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
	}
}

func TestPurge(t *testing.T) {
	t.Parallel()
	s, r := pgstoretest.New(t), rand.New(rand.NewPCG(1, 2))
	space := newSpace(t, s)
	save := func(name, hash, batch, term string) {
		t.Helper()
		v := version(space, name, hash, r, term)
		v.Origin = ingest.Origin{Batch: batch, Ingester: "ingest", Pipeline: 2, Model: "test"}
		if err := s.Save(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	save("kept.md", "1", "good", "hall")
	save("changed.md", "1", "good", "hall")
	save("changed.md", "2", "bad", "venom")
	save("added.md", "1", "bad", "venom")
	all, err := s.Documents(t.Context(), everything(), 0, 10)
	if err != nil || len(all) != 3 || all[2].Source != "added.md" {
		t.Fatalf("%v, %v", all, err)
	}
	bad := all[2]
	if n, err := s.Purge(t.Context(), "bad"); n != 2 || err != nil {
		t.Errorf("Purge = %d, %v", n, err)
	}
	if got := found(t, s, space, "venom", everything()); got != nil {
		t.Errorf("still answers: %v", got)
	}
	if diff := cmp.Diff([]string{"kept.md/hall"}, found(t, s, space, "hall", everything())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, _, _, err := s.Document(t.Context(), everything(), bad.ID, bad.Version); err == nil {
		t.Error("the record of it is still read")
	}
	if n, err := s.Purge(t.Context(), "bad"); n != 0 || err != nil {
		t.Errorf("again: %d, %v", n, err)
	}
	save("changed.md", "1", "good2", "hall")
	if got := found(t, s, space, "hall", everything()); len(got) != 2 {
		t.Errorf("taken in again: %v", got)
	}
}

func TestSettle(t *testing.T) {
	t.Parallel()
	s, r := pgstoretest.New(t), rand.New(rand.NewPCG(1, 2))
	space := newSpace(t, s)
	refreshes := 0
	settle := func(fails error) error {
		return s.Settle(t.Context(), func(context.Context) error { refreshes++; return fails })
	}
	want := func(n int) {
		t.Helper()
		if refreshes != n {
			t.Errorf("%d refreshes, want %d", refreshes, n)
		}
	}
	if err := settle(nil); err != nil {
		t.Fatal(err)
	}
	want(0)
	if err := s.Save(t.Context(), version(space, "a.md", "1", r, "hall")); err != nil {
		t.Fatal(err)
	}
	if err := settle(context.DeadlineExceeded); err == nil {
		t.Error("a refresh that failed is no error")
	}
	want(1)
	for range 2 {
		if err := settle(nil); err != nil {
			t.Fatal(err)
		}
	}
	want(2)
	if _, err := s.Remove(t.Context(), "", []string{"a.md"}); err != nil {
		t.Fatal(err)
	}
	if err := settle(nil); err != nil {
		t.Fatal(err)
	}
	want(3)
}

func TestSchedules(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	now := time.Date(2026, 5, 1, 9, 0, 0, 0, time.UTC)
	anywhere := func([]string) bool { return true }
	add := func(every time.Duration, places ...string) {
		t.Helper()
		err := s.AddSchedule(t.Context(), ingest.Schedule{Places: places, Every: every, Due: now.Add(every), Options: ingest.ScheduleOptions{Event: "e", Prune: true, Limits: source.Limits{Pages: 7}}})
		if err != nil {
			t.Fatal(err)
		}
	}
	add(time.Minute, "/a")
	add(time.Hour, "/a")
	add(2*time.Hour, "/b", "/c")
	if _, due, err := s.Due(t.Context(), now.Add(59*time.Minute), anywhere); due || err != nil {
		t.Errorf("due too early: %v", err)
	}
	if _, due, err := s.Due(t.Context(), now.Add(time.Hour), func(places []string) bool { return places[0] != "/a" }); due || err != nil {
		t.Errorf("given to a process that cannot reach it: %v", err)
	}
	var group sync.WaitGroup
	var mu sync.Mutex
	var given []ingest.Schedule
	for range 4 {
		group.Go(func() {
			sc, due, err := s.Due(t.Context(), now.Add(time.Hour), anywhere)
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			if due {
				given = append(given, sc)
			}
		})
	}
	group.Wait()
	if len(given) != 1 || given[0].Places[0] != "/a" || given[0].Every != time.Hour || !given[0].Options.Prune || given[0].Options.Event != "e" || given[0].Options.Limits != (source.Limits{Pages: 7}) {
		t.Fatalf("given: %+v", given)
	}
	if err := s.Ran(t.Context(), given[0].ID, context.DeadlineExceeded); err != nil {
		t.Fatal(err)
	}
	status, err := s.QueueStatus(t.Context())
	if err != nil || len(status.Schedules) != 2 || status.Schedules[0].LastError == "" || !status.Schedules[0].Due.Equal(now.Add(2*time.Hour)) {
		t.Errorf("status %+v, %v", status, err)
	}
	for _, want := range []bool{true, false} {
		if there, err := s.RemoveSchedule(t.Context(), given[0].ID); there != want || err != nil {
			t.Errorf("forgotten: %t, %v", there, err)
		}
	}
}
