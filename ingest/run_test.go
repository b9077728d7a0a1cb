package ingest

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"osmanthus/ingest/source"
	"osmanthus/retrieval"
)

// folder makes a folder named docs of files.
func folder(t *testing.T, files map[string]string) string {
	t.Helper()
	root := filepath.Join(t.TempDir(), "docs")
	if err := os.MkdirAll(root, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		write(t, filepath.Join(root, name), content)
	}
	return root
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func ran(t *testing.T, p *Pipeline, o Options, paths ...string) Summary {
	t.Helper()
	s, err := p.Run(t.Context(), paths, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// figures leaves the time, and the wording of failures, out of a summary.
var figures = cmp.Options{
	cmpopts.IgnoreFields(Summary{}, "Seconds", "EmbedderBusy", "Batch", "Warnings"), cmpopts.IgnoreFields(Failure{}, "Reason", "Fault"), cmpopts.EquateEmpty(),
}

func TestRunTwiceAndChange(t *testing.T) {
	t.Parallel()
	root := folder(t, map[string]string{"a.md": "# A\n\nWords.\n", "sub/b.txt": "Title of B\n\nWords.\n", "c.html": "<html><body><p>词语。</p></body></html>"})
	m, x := newMemory(), &packer{}
	p := newPipeline(t, m, x)
	if diff := cmp.Diff(Summary{Added: 3, Passages: 3}, ran(t, p, Options{}, root), figures); diff != "" {
		t.Fatalf("first (-want +got):\n%s", diff)
	}
	m.checkWhole(t)
	if diff := cmp.Diff([]string{":docs/a.md", ":docs/c.html", ":docs/sub/b.txt"}, m.holds()); diff != "" {
		t.Fatal(diff)
	}
	calls, saves, refreshes := len(x.calls), len(m.saves), m.refreshes
	if diff := cmp.Diff(Summary{Unchanged: 3}, ran(t, p, Options{}, root), figures); diff != "" {
		t.Errorf("second (-want +got):\n%s", diff)
	}
	if len(x.calls) != calls || len(m.saves) != saves || m.refreshes != refreshes {
		t.Errorf("the second run made %d calls, %d saves, %d refreshes", len(x.calls)-calls, len(m.saves)-saves, m.refreshes-refreshes)
	}
	write(t, filepath.Join(root, "a.md"), "# A\n\nOther words.\n")
	if diff := cmp.Diff(Summary{Changed: 1, Unchanged: 2, Passages: 1}, ran(t, p, Options{}, root), figures); diff != "" {
		t.Errorf("third (-want +got):\n%s", diff)
	}
	if m.refreshes != refreshes+1 {
		t.Errorf("%d refreshes after a change", m.refreshes-refreshes)
	}
	for name, o := range map[string]Options{
		"kind": {Kind: "report"}, "audience": {Audience: retrieval.Staff}, "embargo": {Embargo: time.Unix(1e9, 0)},
	} {
		for _, o := range []Options{o, {}} { // and back
			if diff := cmp.Diff(Summary{Changed: 3, Passages: 3}, ran(t, p, o, root), figures); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	}
	// The same folder elsewhere is the same documents.
	moved := filepath.Join(t.TempDir(), "docs")
	if err := os.Rename(root, moved); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Summary{Unchanged: 3}, ran(t, p, Options{}, moved), figures); diff != "" {
		t.Errorf("moved (-want +got):\n%s", diff)
	}
	// A file that is named itself is the same document too.
	if diff := cmp.Diff(Summary{Unchanged: 1}, ran(t, p, Options{}, filepath.Join(moved, "a.md")), figures); diff != "" {
		t.Errorf("named (-want +got):\n%s", diff)
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 8*3600)
	type row struct {
		Kind     string
		Audience retrieval.Audience
		Embargo  time.Time
		Parallel string
		Warnings []string
	}
	for _, tt := range []struct {
		name, front string
		options     Options
		want        row
	}{
		{"nothing said", "", Options{}, row{Audience: retrieval.Public}},
		{"options", "", Options{Kind: "case", Audience: retrieval.Staff}, row{Kind: "case", Audience: retrieval.Staff}},
		{"the document knows its kind", "kind: Report", Options{Kind: "case"}, row{Kind: "report", Audience: retrieval.Public}},
		{"a document may be for fewer", "audience: staff", Options{Audience: retrieval.Public}, row{Audience: retrieval.Staff}},
		{"not for more", "audience: public", Options{Audience: retrieval.Staff}, row{Audience: retrieval.Staff}},
		{"audience not understood", "audience: friends", Options{}, row{Audience: retrieval.Staff, Warnings: []string{source.WarnAudience}}},
		{"embargo", "embargo: 2024-06-01", Options{}, row{Audience: retrieval.Public, Embargo: time.Date(2024, 6, 1, 0, 0, 0, 0, zone)}},
		{"embargo with a zone", "embargo: 2024-06-01T09:00:00Z", Options{}, row{Audience: retrieval.Public, Embargo: time.Date(2024, 6, 1, 9, 0, 0, 0, time.UTC)}},
		{"embargo not understood", "embargo: soon", Options{}, row{Audience: retrieval.Staff, Warnings: []string{source.WarnEmbargo}}},
		{"parallel beside it", "parallel: ../zh/b.md", Options{}, row{Audience: retrieval.Public, Parallel: "docs/zh/b.md"}},
		{"another event", "event: other", Options{Event: "ccf10"}, row{Audience: retrieval.Public, Warnings: []string{source.WarnEvent}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			root := folder(t, map[string]string{"en/a.md": "---\n" + tt.front + "\n---\n\nWords.\n"})
			m := newMemory()
			tt.options.Zone = zone
			ran(t, newPipeline(t, m, &packer{}), tt.options, root)
			v, ok := m.versions[[2]string{tt.options.Event, "docs/en/a.md"}]
			if !ok {
				t.Fatalf("holds %v", m.holds())
			}
			got := row{v.Kind, v.Audience, v.Embargo, v.Document.Meta["parallel"], v.Document.Warnings}
			if diff := cmp.Diff(tt.want, got, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestBadFilesCostOnlyThemselves(t *testing.T) {
	t.Parallel()
	root := folder(t, map[string]string{
		"good.md": "# Good\n\nWords.\n", "empty.md": "", "blank.txt": " \n", "binary.md": "\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00",
		"large.txt": strings.Repeat("x", 101), "pic.png": "x", ".hidden.md": "x", ".git/a.md": "x", "~$lock.md": "x", "dir.md/inner.md": "# Inner\n\nWords.\n",
	})
	for link, to := range map[string]string{"loop.md": "loop.md", "out.md": filepath.Join(t.TempDir(), "docs2", "x.md"), "in.md": "good.md", "linked": "dir.md"} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	outside, err := os.Readlink(filepath.Join(root, "out.md"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, outside, "secret")
	if err := syscall.Mkfifo(filepath.Join(root, "pipe.md"), 0o644); err != nil {
		t.Fatal(err)
	}
	m := newMemory()
	got := ran(t, newPipeline(t, m, &packer{}), Options{Limits: source.Limits{Bytes: 100}}, root,
		"https://example.org/a.html", filepath.Join(root, "absent.md"), filepath.Join(root, "pic.png"), filepath.Join(root, "pipe.md"), os.DevNull)
	want := Summary{Added: 4, Passages: 4, Skipped: 4, SkippedReasons: map[string]int{"unsupported": 1, "hidden": 2, "link": 1}, Failed: []Failure{
		{Source: "dev/null", Code: source.NotAFile},
		{Source: "docs/absent.md", Code: source.Missing},
		{Source: "docs/binary.md", Code: source.Binary},
		{Source: "docs/blank.txt", Code: source.Empty},
		{Source: "docs/empty.md", Code: source.Empty},
		{Source: "docs/large.txt", Code: source.TooLarge},
		{Source: "docs/loop.md", Code: source.Unreadable},
		{Source: "docs/out.md", Code: source.OutsideFolder},
		{Source: "docs/pipe.md", Code: source.NotAFile},
		{Source: "https://example.org/a.html", Code: source.URLUnsupported},
	}}
	if diff := cmp.Diff(want, got, figures); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{":docs/dir.md/inner.md", ":docs/good.md", ":docs/in.md", ":docs/pic.png"}, m.holds()); diff != "" {
		t.Error(diff)
	}
}

// A file of 200 MB, which is all hole, is refused by its size before it is opened.
func TestHugeFileIsNotRead(t *testing.T) {
	t.Parallel()
	root := folder(t, map[string]string{"huge.md": "x"})
	if err := os.Truncate(filepath.Join(root, "huge.md"), 200<<20); err != nil {
		t.Fatal(err)
	}
	var fault *source.Fault
	if err := fit(hugeInfo{}, source.Limits{}); !errors.As(err, &fault) || fault.Code != source.TooLarge {
		t.Errorf("got %v", err)
	}
	got := ran(t, newPipeline(t, newMemory(), &packer{}), Options{}, root)
	if len(got.Failed) != 1 || !errors.As(got.Failed[0].Fault, &fault) || fault.Code != source.TooLarge || fault.Limit != source.DefaultBytes {
		t.Errorf("got %+v", got.Failed)
	}
}

type hugeInfo struct{ fs.FileInfo }

func (hugeInfo) Size() int64       { return 200 << 20 }
func (hugeInfo) Mode() fs.FileMode { return 0o644 }

func TestTwoFoldersOfOneName(t *testing.T) {
	t.Parallel()
	one, other := folder(t, map[string]string{"a.md": "# A\n\nOne.\n"}), folder(t, map[string]string{"a.md": "# A\n\nOther.\n"})
	got := ran(t, newPipeline(t, newMemory(), &packer{}), Options{}, one, one, other)
	want := Summary{Added: 1, Passages: 1, Failed: []Failure{{Source: "docs/a.md", Code: source.Duplicate}}}
	if diff := cmp.Diff(want, got, figures); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestPoisonCostsOnlyItsDocument(t *testing.T) {
	t.Parallel()
	root := folder(t, map[string]string{"a.md": "# A\n\nWords.\n", "b.md": "# B\n\nPOISON\n", "c.md": "# C\n\nWords.\n", "d.md": long("D", 4)})
	m, x := newMemory(), &packer{failing: func(text string) error {
		if strings.Contains(text, "POISON") {
			return errDown
		}
		return nil
	}}
	got := ran(t, newPipeline(t, m, x), Options{}, root)
	want := Summary{Added: 3, Passages: got.Passages, Failed: []Failure{{Source: "docs/b.md", Code: source.IndexFailed}}}
	if diff := cmp.Diff(want, got, figures); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	m.checkWhole(t)
}

func TestEmbedderDown(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 40 {
		files[fmt.Sprintf("%02d.md", i)] = long(fmt.Sprint("Title ", i), 3)
	}
	root := folder(t, files)
	m := newMemory()
	left := 20 // passages, then the embedder dies
	x := &packer{}
	x.failing = func(string) error {
		if left--; left < 0 {
			return errDown
		}
		return nil
	}
	got, err := newPipeline(t, m, x).Run(t.Context(), []string{root}, Options{Calls: 1, Documents: 4})
	if !errors.Is(err, ErrEmbedderDown) || !errors.Is(err, errDown) {
		t.Fatalf("got %v", err)
	}
	if got.Added == 0 || got.Added > 7 || len(got.Failed) > 0 || got.Unfinished != 40-got.Added {
		t.Errorf("got %+v", got)
	}
	if m.refreshes != 1 {
		t.Errorf("%d refreshes", m.refreshes)
	}
	m.checkWhole(t)
	before := x.passages()
	x.failing = nil
	again := ran(t, newPipeline(t, m, x), Options{}, root)
	if again.Unchanged != got.Added || again.Added != 40-got.Added || x.passages()-before != again.Passages {
		t.Errorf("then %+v after %d passages", again, x.passages()-before)
	}
}

func TestStore(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 20 {
		files[fmt.Sprintf("%02d.md", i)] = "# T\n\nWords.\n"
	}
	for _, tt := range []struct {
		name   string
		err    error         // of what is stored from 05.md on
		passes time.Duration // at each
		want   error
		failed int
	}{
		{"refuses some", errDown, 0, nil, 15},
		{"is away for too long", ErrUnavailable, patience, ErrStoreDown, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m, x, c := newMemory(), &packer{}, &clock{now: time.Unix(1e9, 0)}
			m.failing = func(name string) error {
				if name >= "docs/05.md" {
					c.advance(tt.passes)
					return tt.err
				}
				return nil
			}
			p, err := NewPipeline(m.config(x, c))
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Run(t.Context(), []string{folder(t, files)}, Options{Documents: 1, Readers: 1})
			if !errors.Is(err, tt.want) || got.Added != 5 || len(got.Failed) != tt.failed || got.Unfinished != 15-tt.failed {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// A short absence of the store costs nothing but time.
func TestStoreComesBack(t *testing.T) {
	t.Parallel()
	m := newMemory()
	away := 5
	m.failing = func(string) error {
		if away--; away >= 0 {
			return ErrUnavailable
		}
		return nil
	}
	got := ran(t, newPipeline(t, m, &packer{}), Options{}, folder(t, map[string]string{"a.md": "# A\n\nWords.\n", "b.md": "# B\n\nWords.\n"}))
	if diff := cmp.Diff(Summary{Added: 2, Passages: 2}, got, figures); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestStaleSpaceIsIndexedAgain(t *testing.T) {
	t.Parallel()
	m, x := newMemory(), &packer{}
	m.stale = 1
	got := ran(t, newPipeline(t, m, x), Options{Batch: 2}, folder(t, map[string]string{"a.md": long("A", 5)}))
	if got.Added != 1 || len(got.Failed) != 0 {
		t.Fatalf("got %+v", got)
	}
	for _, p := range m.versions[[2]string{"", "docs/a.md"}].Passages {
		if p.Revision != 1 {
			t.Errorf("passage %d is of revision %d", p.Ordinal, p.Revision)
		}
	}
	m.checkWhole(t)
}

func TestCancel(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 20 {
		files[fmt.Sprintf("%02d.md", i)] = long(fmt.Sprint("Title ", i), 5)
	}
	root := folder(t, files)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	m, x := newMemory(), &packer{}
	calls := 0
	x.during = func(ctx context.Context, _ []retrieval.Draft) error {
		if calls++; calls == 6 {
			cancel()
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	got, err := newPipeline(t, m, x).Run(ctx, []string{root}, Options{Batch: 4, Calls: 1, Documents: 1, Readers: 1})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
	// Five calls of up to four passages of one document are done: the documents that fit into them are stored.
	whole, used := 0, 0
	for i := 0; ; i++ {
		n := len(Split(read(t, "x.md", files[fmt.Sprintf("%02d.md", i)])))
		if used += (n + 3) / 4; used > 5 {
			break
		}
		whole++
	}
	if whole == 0 || got.Added != whole || len(m.holds()) != whole || got.Unfinished != 20-whole || len(got.Failed) != 0 || m.refreshes != 1 {
		t.Errorf("got %+v, want %d whole documents; %d refreshes", got, whole, m.refreshes)
	}
	m.checkWhole(t)
}

// The embedder takes a second a passage by the injected clock and everything else the time it has while a call is
// waiting: if reading, splitting or storing held up the calls, the clock would move between them.
func TestEmbedderBusy(t *testing.T) {
	t.Parallel()
	files := map[string]string{}
	for i := range 30 {
		files[fmt.Sprintf("%02d.md", i)] = long(fmt.Sprint("Title ", i), 3)
	}
	root := folder(t, files)
	m := newMemory()
	c := &clock{now: time.Date(2024, 5, 1, 9, 0, 0, 0, time.UTC)}
	x := &packer{during: func(_ context.Context, drafts []retrieval.Draft) error {
		c.advance(time.Duration(len(drafts)) * time.Second)
		return nil
	}}
	m.failing = func(string) error { c.advance(50 * time.Millisecond); return nil } // saving takes time too
	p, err := NewPipeline(m.config(x, c))
	if err != nil {
		t.Fatal(err)
	}
	got := ran(t, p, Options{}, root)
	if got.Added != 30 || got.EmbedderBusy < 0.9 || got.EmbedderBusy > 1 || got.Seconds < float64(got.Passages) {
		t.Errorf("got %+v", got)
	}
}

func TestMeter(t *testing.T) {
	t.Parallel()
	c := &clock{now: time.Unix(0, 0)}
	m := meter{now: c.Now}
	if m.share() != 0 {
		t.Error("busy before the first call")
	}
	m.begin()
	c.advance(2 * time.Second)
	m.begin() // overlaps
	c.advance(time.Second)
	m.end()
	c.advance(time.Second)
	m.end()
	c.advance(4 * time.Second)
	m.begin()
	c.advance(2 * time.Second)
	m.end()
	c.advance(time.Hour)
	if got := m.share(); got != 0.6 {
		t.Errorf("got %v", got)
	}
}

func TestNewPipelineRefusesNil(t *testing.T) {
	t.Parallel()
	if _, err := NewPipeline(Config{Indexer: &packer{}}); err == nil {
		t.Error("no error")
	}
}
