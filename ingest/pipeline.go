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
const PipelineVersion = 4

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
	// ahead is how many documents are read before the embedder comes to them.
	ahead = 8
	// maxFailures in a row of the embedder or the store mean that it is down, not that a document is odd.
	maxFailures = 3
	// saveTime and refreshTime bound what is finished even when the run was cancelled.
	saveTime    = time.Minute
	refreshTime = 2 * time.Minute
)

// Store is where documents are kept.
type Store interface {
	// Hashes returns the content hash of every current document of the event, by source.
	Hashes(ctx context.Context, event string) (map[string][]byte, error)
	// Save makes v the current version of its document, in one step. retrieval.ErrStaleSpace means that the passages
	// must be indexed anew.
	Save(ctx context.Context, v Version) error
	// Remove takes documents out of the answers and says how many there were.
	Remove(ctx context.Context, event string, sources []string) (int, error)
}

// Indexer makes passages ready for the store. It is called from several goroutines.
type Indexer interface {
	// Index returns one indexed passage a draft, in order.
	Index(ctx context.Context, drafts []retrieval.Draft) ([]retrieval.IndexedPassage, error)
	// Renew takes up a calibration made since; a Save that returned retrieval.ErrStaleSpace asks for it.
	Renew(ctx context.Context) error
}

// Reader turns a file's bytes into a document. It is called from several goroutines.
type Reader interface {
	// Read returns a *source.Fault where the file is at fault.
	Read(ctx context.Context, name string, content []byte, limits source.Limits) (source.Document, error)
}

// Fetcher takes documents from addresses.
type Fetcher interface {
	// Pages returns the addresses of the documents at an address: its own, or those its sitemap names. Both those and a
	// *source.Fault are returned where the sitemap names too many.
	Pages(ctx context.Context, address string) ([]string, error)
	// Fetch returns what is at an address. Its error is a *source.Fault.
	Fetch(ctx context.Context, address string, limits source.Limits) ([]byte, error)
}

// Finisher is called once after a run that changed something.
type Finisher interface {
	// Refresh brings what is derived from all documents up to date.
	Refresh(ctx context.Context) error
}

// Options of a run. The zero value takes everything in as public, under no event.
type Options struct {
	Event    string             // of all documents of the run; what front matter says of it is not asked
	Kind     string             // of documents that do not say theirs
	Audience retrieval.Audience // empty: public; a document for which either this or its front matter says staff is for staff
	Prune    bool               // what has gone from a folder goes from the answers
	// Fingerprint is part of every content hash: what else decides a row, such as the name of the embedding model.
	Fingerprint string
	Limits      source.Limits
	Reader      Reader         // nil: in this process, all but PDFs
	Fetcher     Fetcher        // nil: addresses are refused
	Zone        *time.Location // of embargoes and sessions that name none; nil: the machine's
	// Names finds the likely names of persons in a sentence; nil: lang.NamesIn. It is called from several goroutines.
	Names    func(string) []lang.NameSpan
	Batch    int            // passages a call of the indexer; 0: DefaultBatch
	Calls    int            // calls of the indexer at a time; 0: DefaultCalls
	Readers  int            // files read at a time; 0: DefaultReaders
	Progress func(Progress) // called by one goroutine at a time; may be nil
}

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		field *int
		value int
	}{{&o.Batch, DefaultBatch}, {&o.Calls, DefaultCalls}, {&o.Readers, DefaultReaders}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if o.Reader == nil {
		o.Reader = inProcess{}
	}
	if o.Zone == nil {
		o.Zone = time.Local
	}
	return o
}

type inProcess struct{}

func (inProcess) Read(_ context.Context, name string, content []byte, limits source.Limits) (source.Document, error) {
	return source.Read(name, content, limits)
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

// A Pipeline takes documents in. It is safe for concurrent use.
type Pipeline struct {
	store    Store
	indexer  Indexer
	finisher Finisher
	log      *slog.Logger
	now      func() time.Time
}

// NewPipeline returns a pipeline.
func NewPipeline(store Store, indexer Indexer, finisher Finisher, log *slog.Logger, now func() time.Time) (*Pipeline, error) {
	if store == nil || indexer == nil || finisher == nil || log == nil || now == nil {
		return nil, errors.New("pipeline needs a store, an indexer, a finisher, a logger and a clock")
	}
	return &Pipeline{store, indexer, finisher, log, now}, nil
}

// The errors that end a run early, beside a cancelled context.
var (
	ErrEmbedderDown = errors.New("the embedder failed three times in a row")
	ErrStoreDown    = errors.New("the store failed three times in a row")
)
