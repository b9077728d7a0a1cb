package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"osmanthus/ingest"
	"osmanthus/ingest/source"
	"osmanthus/retrieval"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

func parcel(name, content string) ingest.Parcel {
	return ingest.Parcel{
		Task: ingest.Task{
			Source: name, Hash: []byte("hash of " + content), Size: int64(len(content)), Audience: retrieval.Public,
			Origin: ingest.Origin{Batch: "b1", Ingester: "ingest", Pipeline: ingest.PipelineVersion, Model: "test"},
		},
		Content: []byte(content),
	}
}

func submit(t *testing.T, s pgstoretest.Instance, parcels ...ingest.Parcel) []int64 {
	t.Helper()
	jobs, err := s.Submit(t.Context(), parcels, ingest.Waiting)
	if err != nil || len(jobs) != len(parcels) {
		t.Fatalf("Submit: %v, %v", jobs, err)
	}
	return jobs
}

// work has handle do jobs until all have ended.
func work(t *testing.T, s pgstoretest.Instance, jobs []int64, handle func(context.Context, ingest.Job) error) map[int64]ingest.Outcome {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	worked := make(chan error, 1)
	go func() { worked <- s.Work(ctx, 4, handle) }()
	var outcomes map[int64]ingest.Outcome
	for len(outcomes) < len(jobs) {
		var err error
		if outcomes, err = s.Outcomes(t.Context(), jobs); err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if err := <-worked; err != nil {
		t.Errorf("Work: %v", err)
	}
	return outcomes
}

// storing makes a document of each job's bytes and finishes it.
func storing(space retrieval.Space) func(context.Context, ingest.Job) error {
	return storingAfter(space, func() {})
}

// storingAfter does the same, with something that happens while the document is in work.
func storingAfter(space retrieval.Space, happens func()) func(context.Context, ingest.Job) error {
	return func(ctx context.Context, j ingest.Job) error {
		content, current, err := j.Load(ctx)
		if err != nil {
			return err
		}
		happens()
		v := version(space, j.Task().Source, string(j.Task().Hash), rand.New(rand.NewPCG(1, uint64(len(content)))), string(content))
		v.Origin = j.Task().Origin
		o := ingest.Outcome{Status: ingest.Added, Passages: 1, Warnings: []string{source.WarnNoDate}}
		if current != nil {
			o.Status = ingest.Changed
		}
		return j.Finish(ctx, &v, o)
	}
}

func TestQueue(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	space := newSpace(t, s)
	jobs := submit(t, s, parcel("a.md", "hall"), parcel("b.md", "table"))
	outcomes := work(t, s, jobs, storing(space))
	added := ingest.Outcome{Status: ingest.Added, Passages: 1, Warnings: []string{source.WarnNoDate}}
	if diff := cmp.Diff(map[int64]ingest.Outcome{jobs[0]: added, jobs[1]: added}, outcomes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"a.md/hall"}, found(t, s, space, "hall", everything())); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	changed := submit(t, s, parcel("a.md", "garden"))
	if got := work(t, s, changed, storing(space))[changed[0]].Status; got != ingest.Changed {
		t.Errorf("changed: %s", got)
	}
}

// Of a document that is handed in twice while it waits, the newest is stored, in whatever order workers come to it.
func TestQueueTheNewestWins(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	space := newSpace(t, s)
	old := submit(t, s, parcel("a.md", "hall"))
	same := submit(t, s, parcel("a.md", "hall"))
	if same[0] != old[0] {
		t.Errorf("the same document has jobs %d and %d", old[0], same[0])
	}
	newer := submit(t, s, parcel("a.md", "garden"))
	outcomes := work(t, s, append(old, newer...), storing(space))
	if outcomes[newer[0]].Status != ingest.Added || outcomes[old[0]].Status != ingest.Unchanged {
		t.Errorf("outcomes %+v", outcomes)
	}
	// One that is replaced or withdrawn while it is in work is not stored.
	for _, then := range []string{"replaced", "withdrawn"} {
		first := submit(t, s, parcel(then+".md", "lantern"))
		var once sync.Once
		work(t, s, first, storingAfter(space, func() {
			once.Do(func() {
				if then == "replaced" {
					submit(t, s, parcel(then+".md", "harvest"))
				} else if _, err := s.Remove(t.Context(), "", []string{then + ".md"}); err != nil {
					t.Error(err)
				}
			})
		}))
		if got := found(t, s, space, "lantern", everything()); got != nil {
			t.Errorf("%s: %v", then, got)
		}
	}
}

// What fails for good is parked after the tries it deserves, stays for status, and is tried again when handed in anew.
func TestQueueParks(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	space := newSpace(t, s)
	jobs := submit(t, s, parcel("empty.md", "x"), parcel("odd.md", "y"), parcel("late.md", "lantern"))
	var mu sync.Mutex
	tries := map[string]int{}
	fails := func(ctx context.Context, j ingest.Job) error {
		name := j.Task().Source
		mu.Lock()
		tries[name]++
		n := tries[name]
		mu.Unlock()
		switch {
		case name == "empty.md":
			return &source.Fault{Code: source.Empty}
		case name == "odd.md":
			return &source.Fault{Code: source.IndexFailed, Err: errors.New("no vector")}
		case n == 1: // the store was away: not the document's fault, so its tries are not counted
			return fmt.Errorf("save: %w", ingest.ErrUnavailable)
		}
		return storing(space)(ctx, j)
	}
	work(t, s, jobs, fails)
	if diff := cmp.Diff(map[string]int{"empty.md": 1, "odd.md": 3, "late.md": 2}, tries); diff != "" {
		t.Errorf("tries (-want +got):\n%s", diff)
	}
	status, err := s.QueueStatus(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var parked []string
	for _, d := range status.Documents {
		parked = append(parked, fmt.Sprint(d.Source, " ", d.Code, " ", d.Tries, " ", d.Fault))
	}
	if diff := cmp.Diff([]string{"empty.md empty 1 empty", "odd.md embedder 3 embedder: embedder: no vector"}, parked); diff != "" || status.Parked != 2 {
		t.Errorf("parked (-want +got):\n%s", diff)
	}
	hashes, err := s.Hashes(t.Context(), "")
	if diff := cmp.Diff(map[string][]byte{"empty.md": nil, "odd.md": nil, "late.md": []byte("hash of lantern")}, hashes); diff != "" || err != nil {
		t.Errorf("hashes (-want +got):\n%s", diff)
	}
	again := submit(t, s, parcel("odd.md", "y"))
	if got := work(t, s, again, storing(space))[again[0]].Status; got != ingest.Added {
		t.Errorf("handed in anew: %s", got)
	}
	if n, err := s.Remove(t.Context(), "", []string{"empty.md"}); n != 0 || err != nil {
		t.Errorf("Remove of a parked one: %d, %v", n, err)
	}
	if status, err = s.QueueStatus(t.Context()); err != nil || status.Parked != 0 {
		t.Errorf("then %+v, %v", status, err)
	}
}

func TestStage(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	space := newSpace(t, s)
	passages := version(space, "a.md", "1", rand.New(rand.NewPCG(1, 2)), "hall", "table", "garden").Passages
	for _, first := range []int{0, 2, 2} { // the same run twice is one
		if err := s.Stage(t.Context(), []byte("h"), "test", first, passages[first:min(first+2, 3)]); err != nil {
			t.Fatal(err)
		}
	}
	staged := func(hash, model string) map[int][]retrieval.IndexedPassage {
		got := map[int][]retrieval.IndexedPassage{}
		if err := s.Staged(t.Context(), []byte(hash), model, func(first int, p []retrieval.IndexedPassage) { got[first] = p }); err != nil {
			t.Fatal(err)
		}
		return got
	}
	if diff := cmp.Diff(map[int][]retrieval.IndexedPassage{0: passages[:2], 2: passages[2:]}, staged("h", "test")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := staged("other", "test"); len(got) != 0 {
		t.Errorf("another version: %v", got)
	}
	to := space
	to.Revision++
	if _, err := s.Recalibrate(t.Context(), space, to); err != nil {
		t.Fatal(err)
	}
	if got := staged("h", "test"); len(got) != 0 {
		t.Errorf("vectors of an old calibration: %v", got)
	}
}
