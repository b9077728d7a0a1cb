package ingest

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"osmanthus/ingest/source"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// PipelineVersion is part of every content hash: raising it takes every document in anew.
const PipelineVersion = 5

// The defaults of Options.
const (
	// DefaultBatch is how many passages go to the indexer in one call: enough to keep an embedder busy, few enough that
	// a question is not kept waiting behind one.
	DefaultBatch = 8
	// DefaultCalls is how many such calls are under way, so that the embedder has work while an answer travels.
	DefaultCalls = 2
	// DefaultReaders is how many files are read and split at the same time.
	DefaultReaders = 2
)

const (
	// maxFailures in a row of the embedder mean that it is down, not that a document is odd.
	maxFailures = 3
	// patience is how long the store may be away before a run gives up: a restart of Postgres is over by then.
	patience = 45 * time.Second
	// saveTime and refreshTime bound what is finished even when the run was cancelled.
	saveTime    = time.Minute
	refreshTime = 2 * time.Minute
)

// Store is where documents are kept.
type Store interface {
	// Hashes returns the content hash of every current document of the event, by source; nil for one that is only queued.
	// A document that another has superseded counts with the version it had.
	Hashes(ctx context.Context, event string) (map[string][]byte, error)
	// Remove takes documents out of the answers, and out of the queue, and says how many there were in the answers.
	Remove(ctx context.Context, event string, sources []string) (int, error)
	// Settle calls refresh if a document has changed since it was last called with success.
	Settle(ctx context.Context, refresh func(context.Context) error) error
}

// Indexer makes passages ready for the store. It is called from several goroutines.
type Indexer interface {
	// Index returns one indexed passage a draft, in order.
	Index(ctx context.Context, drafts []retrieval.Draft) ([]retrieval.IndexedPassage, error)
	// Renew takes up a calibration made since; a Finish that returned retrieval.ErrStaleSpace asks for it.
	Renew(ctx context.Context) error
}

// Finisher is called once after a run that changed something.
type Finisher interface {
	// Refresh brings what is derived from all documents up to date.
	Refresh(ctx context.Context) error
}

// Comparer finds documents that may be copies.
type Comparer interface {
	// Lookalikes returns up to limit pairs of a document of the batch with another current one of its event that has a band
	// in common with it or the same id.
	Lookalikes(ctx context.Context, batch string, limit int) ([]Pair, error)
}

// Reader turns a file's bytes into a document. It is called from several goroutines.
type Reader interface {
	// Read returns a *source.Fault where the file is at fault.
	Read(ctx context.Context, name string, content []byte, limits source.Limits) (source.Document, error)
}

type inProcess struct{}

func (inProcess) Read(_ context.Context, name string, content []byte, limits source.Limits) (source.Document, error) {
	return source.Read(name, content, limits)
}

// Fetcher takes documents from addresses.
type Fetcher interface {
	// Pages returns the addresses of the documents at an address: its own, or those its sitemap names. Both those and a
	// *source.Fault are returned where the sitemap names too many.
	Pages(ctx context.Context, address string) ([]string, error)
	// Fetch returns what is at an address, with what the server gave to ask by the next time, empty where it gave nothing.
	// Content is nil where it is still what it was when the server gave known. Its error is a *source.Fault.
	Fetch(ctx context.Context, address, known string, limits source.Limits) (content []byte, mark string, err error)
}

// A Mark is what a server gave to ask later whether a page has changed, and of which bytes it gave it.
type Mark struct {
	Text   string
	Digest []byte // SHA-256
}

// Marks keeps the marks of pages.
type Marks interface {
	// Marks returns those of the event's pages, by address.
	Marks(ctx context.Context, event string) (map[string]Mark, error)
	// KeepMark keeps one in place of the page's last.
	KeepMark(ctx context.Context, event, address string, m Mark) error
}

// Options of a run. The zero value takes everything in as public, under no event.
type Options struct {
	Event     string             // of all documents of the run; what front matter says of it is not asked
	Kind      string             // of documents that do not say theirs
	Audience  retrieval.Audience // empty: public; a document for which this, its folder or its front matter says staff is for staff
	Embargo   time.Time          // of all documents that name no later one; zero: none
	Prune     bool               // what has gone from a folder goes from the answers
	QueueOnly bool               // leave the work to workers
	Ingester  string             // the command, for the record
	Limits    source.Limits
	Zone      *time.Location // of embargoes and sessions that name none; nil: the machine's
	Batch     int            // passages a call of the indexer; 0: DefaultBatch
	Calls     int            // calls of the indexer at a time; 0: DefaultCalls
	Readers   int            // files read at a time; 0: DefaultReaders
	Documents int            // documents in work at a time; 0: DefaultDocuments
	Progress  func(Progress) // called by one goroutine at a time; may be nil

	fingerprint string // is part of every content hash: the name of the embedding model
}

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		field *int
		value int
	}{{&o.Batch, DefaultBatch}, {&o.Calls, DefaultCalls}, {&o.Readers, DefaultReaders}, {&o.Documents, DefaultDocuments}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	if o.Ingester == "" {
		o.Ingester = "ingest"
	}
	return o
}

// A Status says what became of a document.
type Status string

// What may become of a document.
const (
	Added     Status = "added"
	Changed   Status = "changed"
	Unchanged Status = "unchanged"
	Failed    Status = "failed"
)

// Progress is where a run stands, after a document was finished or a batch embedded.
type Progress struct {
	Done, Total int    // documents
	Passages    int    // embedded so far
	Source      string // the document just finished; empty after a batch
	Status      Status // of it
	Fault       error  // why it failed; often a *source.Fault
}

// Config is what a pipeline is made of. Three may be nil: a Fetcher, and addresses are refused; a Comparer, and copies are
// not told; a Reader, and files are read in this process.
type Config struct {
	Store    Store
	Queue    Queue
	Stage    Stage
	Indexer  Indexer
	Finisher Finisher
	Comparer Comparer
	Reader   Reader  // nil: in this process, all but PDFs
	Fetcher  Fetcher // nil: addresses are refused
	Marks    Marks   // nil: pages are always fetched whole
	Model    string  // of the embedding: part of every content hash
	// Names finds the likely names of persons in a sentence; nil: lang.NamesIn. It is called from several goroutines.
	Names func(string) []lang.NameSpan
	// Second reads for positions that the rules do not see; nil: the rules read alone.
	Second SecondReader
	Log    *slog.Logger
	Now    func() time.Time
}

// A Pipeline takes documents in. It is safe for concurrent use.
type Pipeline struct {
	store    Store
	queue    Queue
	stage    Stage
	indexer  Indexer
	finisher Finisher
	comparer Comparer
	reader   Reader
	fetcher  Fetcher
	marks    Marks
	model    string
	names    func(string) []lang.NameSpan
	second   SecondReader
	log      *slog.Logger
	now      func() time.Time
}

// NewPipeline returns a pipeline.
func NewPipeline(c Config) (*Pipeline, error) {
	if c.Store == nil || c.Queue == nil || c.Stage == nil || c.Indexer == nil || c.Finisher == nil || c.Log == nil || c.Now == nil {
		return nil, errors.New("pipeline needs a store, a queue, a stage, an indexer, a finisher, a logger and a clock")
	}
	if c.Reader == nil {
		c.Reader = inProcess{}
	}
	return &Pipeline{
		store: c.Store, queue: c.Queue, stage: c.Stage, indexer: c.Indexer, finisher: c.Finisher, comparer: c.Comparer,
		reader: c.Reader, fetcher: c.Fetcher, marks: c.Marks, model: c.Model, names: c.Names, second: c.Second, log: c.Log, now: c.Now,
	}, nil
}

// The errors that end a run early, beside a cancelled context.
var (
	ErrEmbedderDown = errors.New("the embedder failed three times in a row")
	ErrStoreDown    = errors.New("the store has been away for too long")
)
