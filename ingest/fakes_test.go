package ingest

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"osmanthus/retrieval"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A memory is a store that keeps versions by event and source, and what was done to it.
type memory struct {
	mu        sync.Mutex
	versions  map[[2]string]Version
	saves     []string
	refreshes int
	dirty     bool
	stale     int // saves that are still refused as stale
	failing   func(source string) error
	queued    []string // sources that are said to be queued, of any event
	removed   []string // sources
	// supersedes says what goes with a document that is removed, to be taken in again.
	supersedes map[string]string

	jobs   []*memoryJob  // by id, from 1
	fresh  chan struct{} // closed and made anew when a job may be taken
	staged map[string][]stagedRun
	marks  map[[2]string]Mark
}

type stagedRun struct {
	first    int
	passages []retrieval.IndexedPassage
}

// A memoryJob is a job of the memory's own queue.
type memoryJob struct {
	memory  *memory
	parcel  Parcel
	tries   int
	taken   bool
	outcome *Outcome
}

func newMemory() *memory {
	return &memory{versions: map[[2]string]Version{}, fresh: make(chan struct{}), staged: map[string][]stagedRun{}, marks: map[[2]string]Mark{}}
}

func (m *memory) Marks(_ context.Context, event string) (map[string]Mark, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	marks := map[string]Mark{}
	for key, mark := range m.marks {
		if key[0] == event {
			marks[key[1]] = mark
		}
	}
	return marks, nil
}

func (m *memory) KeepMark(_ context.Context, event, address string, mark Mark) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.marks[[2]string{event, address}] = mark
	return nil
}

func (m *memory) Submit(_ context.Context, parcels []Parcel, _ Urgency) (ids []int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, p := range parcels {
		id := 1 + slices.IndexFunc(m.jobs, func(j *memoryJob) bool {
			return j.outcome == nil && j.parcel.Event == p.Event && j.parcel.Source == p.Source && string(j.parcel.Hash) == string(p.Hash)
		})
		if id == 0 {
			m.jobs = append(m.jobs, &memoryJob{memory: m, parcel: p})
			id = len(m.jobs)
		}
		ids = append(ids, int64(id))
	}
	m.wake()
	return ids, nil
}

// wake is called with the lock held.
func (m *memory) wake() {
	close(m.fresh)
	m.fresh = make(chan struct{})
}

func (m *memory) Outcomes(_ context.Context, jobs []int64) (map[int64]Outcome, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	out := map[int64]Outcome{}
	for _, id := range jobs {
		if o := m.jobs[id-1].outcome; o != nil {
			out[id] = *o
		}
	}
	return out, nil
}

// Work does what the queue's contract asks: three tries, none counted that was postponed or stopped.
func (m *memory) Work(ctx context.Context, documents int, handle func(context.Context, Job) error) error {
	var group sync.WaitGroup
	for range documents {
		group.Go(func() {
			for ctx.Err() == nil {
				m.mu.Lock()
				var job *memoryJob
				for _, j := range m.jobs {
					if !j.taken && j.outcome == nil {
						job = j
						break
					}
				}
				fresh := m.fresh
				if job != nil {
					job.taken = true
				}
				m.mu.Unlock()
				if job == nil {
					select {
					case <-fresh:
					case <-ctx.Done():
					}
					continue
				}
				err := handle(ctx, job)
				m.mu.Lock()
				job.taken = false
				if err != nil && ctx.Err() == nil && !Postponed(err) && !errors.Is(err, context.Canceled) {
					if job.tries++; job.tries == 3 || Permanent(err) {
						o := FailedWith(err)
						job.outcome = &o
					}
				}
				m.wake()
				m.mu.Unlock()
			}
		})
	}
	group.Wait()
	return nil
}

func (j *memoryJob) Task() Task { return j.parcel.Task }

func (j *memoryJob) Load(context.Context) (content, current []byte, err error) {
	j.memory.mu.Lock()
	defer j.memory.mu.Unlock()
	return j.parcel.Content, j.memory.versions[[2]string{j.parcel.Event, j.parcel.Source}].Hash, nil
}

func (j *memoryJob) Finish(ctx context.Context, v *Version, o Outcome) error {
	if v != nil {
		if err := j.memory.save(ctx, *v); err != nil {
			return err
		}
	}
	j.memory.mu.Lock()
	defer j.memory.mu.Unlock()
	j.outcome = &o
	return nil
}

func (m *memory) Staged(_ context.Context, hash []byte, _ string, use func(int, []retrieval.IndexedPassage)) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, s := range m.staged[string(hash)] {
		use(s.first, s.passages)
	}
	return nil
}

func (m *memory) Stage(_ context.Context, hash []byte, _ string, first int, passages []retrieval.IndexedPassage) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.staged[string(hash)] = append(m.staged[string(hash)], stagedRun{first, slices.Clone(passages)})
	return nil
}

func (m *memory) Settle(ctx context.Context, refresh func(context.Context) error) error {
	m.mu.Lock()
	dirty := m.dirty
	m.dirty = false
	m.mu.Unlock()
	if !dirty {
		return nil
	}
	return refresh(ctx)
}

func (m *memory) Hashes(_ context.Context, event string) (map[string][]byte, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	hashes := map[string][]byte{}
	for _, name := range m.queued {
		hashes[name] = nil
	}
	for key, v := range m.versions {
		if key[0] == event {
			hashes[key[1]] = v.Hash
		}
	}
	return hashes, nil
}

func (m *memory) save(ctx context.Context, v Version) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return err
	}
	if m.failing != nil {
		if err := m.failing(v.Source); err != nil {
			return err
		}
	}
	if m.stale > 0 {
		m.stale--
		return retrieval.ErrStaleSpace
	}
	m.versions[[2]string{v.Event, v.Source}] = v
	m.saves = append(m.saves, v.Source)
	m.dirty = true
	return nil
}

func (m *memory) Remove(_ context.Context, event string, sources []string) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	before := len(m.versions)
	m.removed = append(m.removed, sources...)
	for _, s := range sources {
		delete(m.versions, [2]string{event, s})
		if other, ok := m.supersedes[s]; ok {
			delete(m.versions, [2]string{event, other})
			before--
		}
	}
	m.dirty = m.dirty || len(m.versions) < before
	return before - len(m.versions), nil
}

func (m *memory) Refresh(ctx context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.refreshes++
	return ctx.Err()
}

// holds lists "event:source" of all current documents.
func (m *memory) holds() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	var out []string
	for key := range maps.Keys(m.versions) {
		out = append(out, key[0]+":"+key[1])
	}
	slices.Sort(out)
	return out
}

// A packer is an indexer whose vectors hold the passage's own bytes, so that a test can read back what was embedded.
type packer struct {
	mu       sync.Mutex
	calls    [][]string // titles of each call's passages
	revision int
	failing  func(text string) error
	during   func(ctx context.Context, drafts []retrieval.Draft) error // may block; nil: nothing
}

func (p *packer) Index(ctx context.Context, drafts []retrieval.Draft) ([]retrieval.IndexedPassage, error) {
	if p.during != nil {
		if err := p.during(ctx, drafts); err != nil {
			return nil, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var titles []string
	var out []retrieval.IndexedPassage
	for _, d := range drafts {
		titles = append(titles, d.Title)
		if p.failing != nil {
			if err := p.failing(d.Text); err != nil {
				p.calls = append(p.calls, titles)
				return nil, err
			}
		}
		out = append(out, retrieval.IndexedPassage{Passage: d.Passage, Context: d.Context, Vector: pack(d.Context + "\n" + d.Text), Revision: p.revision})
	}
	p.calls = append(p.calls, titles)
	return out, nil
}

func (p *packer) Renew(context.Context) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.revision++
	return nil
}

func (p *packer) passages() (n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range p.calls {
		n += len(c)
	}
	return n
}

func pack(s string) []float32 {
	v := make([]float32, len(s))
	for i := range len(s) {
		v[i] = float32(s[i])
	}
	return v
}

func unpack(v []float32) string {
	b := make([]byte, len(v))
	for i := range v {
		b[i] = byte(v[i])
	}
	return string(b)
}

// checkWhole holds that every stored document is complete: its passages in order, each with its own text embedded.
func (m *memory) checkWhole(t *testing.T) {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	for key, v := range m.versions {
		if len(v.Passages) == 0 {
			t.Errorf("%s has no passages", key)
		}
		for i, p := range v.Passages {
			if p.Ordinal != i || p.Text != v.Document.Text[p.Start:p.End] || unpack(p.Vector) != p.Context+"\n"+p.Text {
				t.Errorf("%s: passage %d is %+v", key, i, p.Passage)
			}
		}
	}
}

// A clock is moved by hand.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (m *memory) config(p *packer, c *clock) Config {
	return Config{Store: m, Queue: m, Stage: m, Indexer: p, Finisher: m, Model: "test", Log: slog.New(slog.DiscardHandler), Now: c.Now}
}

func newPipeline(t *testing.T, m *memory, p *packer) *Pipeline {
	t.Helper()
	c := &clock{now: time.Date(2024, 5, 1, 9, 0, 0, 0, time.UTC)}
	pipeline, err := NewPipeline(m.config(p, c))
	if err != nil {
		t.Fatal(err)
	}
	return pipeline
}

var errDown = errors.New("down")

// long is a document of about n passages.
func long(title string, n int) string {
	return "# " + title + "\n\n" + strings.Repeat(prose(0, 14)+"\n\n", n)
}
