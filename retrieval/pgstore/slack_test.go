package pgstore_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
	"osmanthus/retrieval/pgstore"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

func delivery(lane, place string, keys ...string) retrieval.Delivery {
	return retrieval.Delivery{Keys: keys, Lane: lane, Place: place, Payload: []byte(`{"text": "Where?"}`)}
}

// dealing has handle deal with deliveries until the function it returns is called.
func dealing(t *testing.T, s *pgstore.Store, workers int, handle func(context.Context, retrieval.Delivery) error) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		if err := s.Deliveries(ctx, workers, handle); err != nil {
			t.Error(err)
		}
	}()
	var once sync.Once
	stop = func() { once.Do(func() { cancel(); <-ended }) }
	t.Cleanup(stop)
	return stop
}

func accept(t *testing.T, s pgstoretest.Instance, d retrieval.Delivery) bool {
	t.Helper()
	fresh, err := s.AcceptDelivery(t.Context(), d)
	if err != nil {
		t.Fatal(err)
	}
	return fresh
}

func eventually(t *testing.T, what string, happened func() bool) {
	t.Helper()
	look, end := time.NewTicker(2*time.Millisecond), time.After(time.Minute)
	defer look.Stop()
	for !happened() {
		select {
		case <-look.C:
		case <-end:
			t.Fatalf("never: %s", what)
		}
	}
}

func none(t *testing.T, s pgstoretest.Instance) func() bool {
	return func() bool {
		n, err := s.OpenDeliveries(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return n == 0
	}
}

func TestDeliveriesAreTakenOnce(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	var fresh sync.Map
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			if accept(t, s, delivery("a", "1.1", fmt.Sprint("e:", n%2), "m:a/1.1")) {
				fresh.Store(n, true)
			}
		})
	}
	all.Wait()
	n := 0
	fresh.Range(func(any, any) bool { n++; return true })
	if n != 1 {
		t.Errorf("taken %d times", n)
	}
	for _, d := range []retrieval.Delivery{delivery("a", "1.1", "e:9", "m:a/1.1"), delivery("b", "2.1", "e:1")} {
		if d.Keys[0] == "e:1" { // whichever of the two was first took both its keys
			continue
		}
		if accept(t, s, d) {
			t.Errorf("%v was taken again", d.Keys)
		}
	}
	follows := delivery("c", "3.1", "m:c/3.1")
	follows.Follows = "c"
	if accept(t, s, follows) {
		t.Error("taken in a lane that nobody joined")
	}
	joins := delivery("c", "2.9", "m:c/2.9")
	joins.Joins = "c"
	if !accept(t, s, joins) || !accept(t, s, follows) {
		t.Error("not taken in a lane that was joined")
	}
}

// Of one lane one at a time, in the order of their places; several lanes at once; what fails comes again.
func TestDeliveriesInOrder(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	for _, place := range []string{"1.3", "1.1", "1.2"} {
		for _, lane := range []string{"a", "b"} {
			accept(t, s, delivery(lane, place, lane+place))
		}
	}
	var mu sync.Mutex
	got, busy, tries := map[string]string{}, map[string]bool{}, map[string]int{}
	dealing(t, s.Store, 4, func(_ context.Context, d retrieval.Delivery) error {
		mu.Lock()
		defer mu.Unlock()
		if busy[d.Lane] {
			t.Errorf("two of lane %s at once", d.Lane)
		}
		if tries[d.Lane+d.Place]++; d.Lane+d.Place == "a1.2" && d.Tries == 1 {
			return errors.New("once")
		}
		got[d.Lane] += d.Place + " "
		return nil
	})
	eventually(t, "all are dealt with", none(t, s))
	if got["a"] != "1.1 1.2 1.3 " || got["b"] != "1.1 1.2 1.3 " || tries["a1.2"] != 2 {
		t.Errorf("%v %v", got, tries)
	}
}

// What a process had in work that is dead is taken up by another within seconds, with what it had posted; a panic costs one
// try.
func TestDeliveriesOfTheDead(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	accept(t, s, delivery("a", "1.1", "a"))
	conn, err := pgx.Connect(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	table := pgx.Identifier{s.Schema, "slack_deliveries"}.Sanitize()
	// A process that holds no lock had it.
	if _, err := conn.Exec(t.Context(), `UPDATE `+table+` SET worker = 4000000000, tries = 1, posted = '{9.1}'`); err != nil {
		t.Fatal(err)
	}
	done := make(chan retrieval.Delivery, 1)
	panicked := false
	dealing(t, s.Store, 1, func(_ context.Context, d retrieval.Delivery) error {
		if !panicked {
			panicked = true
			panic("once")
		}
		done <- d
		return nil
	})
	select {
	case d := <-done:
		if d.Tries != 3 || d.Deaths != 2 || len(d.Posted) != 1 || d.Posted[0] != "9.1" {
			t.Errorf("taken up as %+v", d)
		}
	case <-time.After(time.Minute):
		t.Fatal("never taken up")
	}
	eventually(t, "it is dealt with", none(t, s))
}

// A process whose delivery another has taken up, because it was believed dead, is told so.
func TestDeliveryTakenOver(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	accept(t, s, delivery("a", "1.1", "a"))
	taken, cause := make(chan struct{}, 1), make(chan error, 1)
	dealing(t, s.Store, 1, func(ctx context.Context, d retrieval.Delivery) error {
		taken <- struct{}{}
		<-ctx.Done()
		cause <- context.Cause(ctx)
		return ctx.Err()
	})
	<-taken
	conn, err := pgx.Connect(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), `UPDATE `+pgx.Identifier{s.Schema, "slack_deliveries"}.Sanitize()+` SET worker = NULL, done_at = now()`); err != nil {
		t.Fatal(err)
	}
	if err := <-cause; !errors.Is(err, retrieval.ErrTakenOver) {
		t.Errorf("ended by %v", err)
	}
}

// Where the database cuts every connection, what was in work is dealt with all the same, and what comes after it.
func TestDeliveriesAfterACut(t *testing.T) {
	t.Parallel()
	address := pgstoretest.Database(t)
	if err := pgstore.Migrate(t.Context(), address, "", quiet()); err != nil {
		t.Fatal(err)
	}
	store, err := pgstore.Open(t.Context(), address, pgstore.Options{MaxConns: 4, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(store.Close)
	s := pgstoretest.Instance{Store: store, URL: address}
	accept(t, s, delivery("a", "1.1", "a"))
	var mu sync.Mutex
	dealt := map[string]int{}
	taken, release := make(chan struct{}, 8), make(chan struct{})
	dealing(t, store, 2, func(ctx context.Context, d retrieval.Delivery) error {
		taken <- struct{}{}
		<-release
		mu.Lock()
		defer mu.Unlock()
		dealt[d.Lane]++
		return nil
	})
	<-taken
	conn, err := pgx.Connect(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(t.Context(), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()`); err != nil {
		t.Fatal(err)
	}
	close(release)
	eventually(t, "it can be stored again", func() bool {
		fresh, err := store.AcceptDelivery(t.Context(), delivery("b", "1.1", "b"))
		return err == nil && fresh
	})
	eventually(t, "both are dealt with", func() bool {
		n, err := store.OpenDeliveries(t.Context())
		return err == nil && n == 0
	})
	mu.Lock()
	defer mu.Unlock()
	if dealt["a"] < 1 || dealt["b"] != 1 {
		t.Errorf("dealt with %v", dealt)
	}
}

// Stop ends what is under way in another process, and tells why.
func TestStopLane(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	accept(t, s, delivery("a", "1.1", "a"))
	accept(t, s, delivery("b", "1.1", "b"))
	taken, causes := make(chan struct{}, 2), make(chan error, 2)
	release := make(chan struct{})
	dealing(t, s.Store, 2, func(ctx context.Context, d retrieval.Delivery) error {
		taken <- struct{}{}
		select {
		case <-ctx.Done():
			causes <- context.Cause(ctx)
		case <-release:
		}
		return nil
	})
	<-taken
	<-taken
	other, err := pgstore.Open(t.Context(), s.URL, pgstore.Options{Schema: s.Schema, MaxConns: 2, Log: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(other.Close)
	if err := other.StopLane(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	if cause := <-causes; !errors.Is(cause, retrieval.ErrStopped) {
		t.Errorf("ended by %v", cause)
	}
	close(release)
	eventually(t, "both are dealt with", none(t, s))
	if len(causes) > 0 {
		t.Error("another lane was stopped too")
	}
}

func TestSlackIsForgotten(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	d := delivery("a", "1.1", "a")
	d.Joins = "a"
	accept(t, s, d)
	dealing(t, s.Store, 1, func(ctx context.Context, d retrieval.Delivery) error {
		return errors.Join(s.NotePosted(ctx, d.ID, []string{"1.2"}), s.KeepConversation(ctx, "a", "talk"))
	})
	eventually(t, "it is dealt with", none(t, s))
	if known, err := s.KnownPosts(t.Context(), "a", 0, []string{"1.2", "1.3"}); err != nil || len(known) != 1 || known[0] != "1.2" {
		t.Errorf("known: %v %v", known, err)
	}
	later := time.Now().Add(time.Hour)
	if n, err := s.SweepSlack(t.Context(), time.Now().Add(-time.Hour), time.Now().Add(-time.Hour)); err != nil || n != 0 {
		t.Errorf("swept %d, %v", n, err)
	}
	if accept(t, s, d) {
		t.Error("taken again")
	}
	if n, err := s.SweepSlack(t.Context(), later, later); err != nil || n != 1 {
		t.Errorf("swept %d, %v", n, err)
	}
	d.Follows, d.Joins = "a", ""
	if accept(t, s, d) {
		t.Error("the lane is not forgotten")
	}
}

func TestPersonLang(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	for _, l := range []string{"zh", "en", ""} {
		if err := s.SetPersonLang(t.Context(), "T/U", lang.Lang(l)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.PersonLang(t.Context(), "T/U"); err != nil || string(got) != l {
			t.Errorf("%q, %v; want %q", got, err, l)
		}
	}
	if got, err := s.PersonLang(t.Context(), "T/V"); err != nil || got != "" {
		t.Errorf("%q, %v", got, err)
	}
}

func TestWaits(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	for _, w := range []struct {
		key  string
		wait time.Duration
	}{{"chat.update", time.Hour}, {"chat.update", time.Minute}, {"over", -time.Second}} { // a shorter one takes nothing back
		if err := s.NoteWait(t.Context(), w.key, w.wait); err != nil {
			t.Fatal(err)
		}
	}
	waits, err := s.Waits(t.Context())
	if got := waits["chat.update"]; err != nil || len(waits) != 1 || got > time.Hour || got < 10*time.Minute {
		t.Errorf("%v, %v", waits, err)
	}
}
