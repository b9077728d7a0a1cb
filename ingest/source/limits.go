package source

import "time"

// The limits where none is set. They are far above what organisers publish and far below what harms the machine.
const (
	DefaultBytes    = 32 << 20
	DefaultText     = 16 << 20
	DefaultPages    = 5000
	DefaultEntries  = 10_000
	DefaultUnzipped = 256 << 20
	// DefaultRatio: DEFLATE reaches 1,032; the most even parts of real spreadsheets stay below 100.
	DefaultRatio  = 200
	DefaultDepth  = 256
	DefaultCells  = 500_000
	DefaultTime   = 2 * time.Minute
	DefaultMemory = 1 << 30
)

// Limits bound what a reader takes on. A zero field means its default. What breaks one is told by a Fault whose code
// and Limit name it.
type Limits struct {
	Bytes    int64         // of the file as it lies there: TooLarge
	Text     int64         // bytes of text read out of it: TooLong
	Pages    int           // of a PDF, slides of a presentation: TooManyPages
	Entries  int           // files in an archive: TooManyEntries
	Unzipped int64         // bytes of an archive's files together: TooMuchUnzipped
	Ratio    int64         // of an archived file's size to its compressed size: TooCompressed
	Depth    int           // of XML and JSON: TooNested
	Cells    int           // of a document's tables together: TooManyCells
	Time     time.Duration // to read one document: TooSlow; held by ingest/sandbox
	Memory   int64         // bytes a process that reads may hold: TooMuchMemory; held by ingest/sandbox
}

// WithDefaults fills in what is not set.
func (l Limits) WithDefaults() Limits {
	for _, d := range []struct {
		field *int64
		value int64
	}{{&l.Bytes, DefaultBytes}, {&l.Text, DefaultText}, {&l.Unzipped, DefaultUnzipped}, {&l.Ratio, DefaultRatio}, {&l.Memory, DefaultMemory}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	for _, d := range []struct {
		field *int
		value int
	}{{&l.Pages, DefaultPages}, {&l.Entries, DefaultEntries}, {&l.Depth, DefaultDepth}, {&l.Cells, DefaultCells}} {
		if *d.field <= 0 {
			*d.field = d.value
		}
	}
	if l.Time <= 0 {
		l.Time = DefaultTime
	}
	return l
}

// MaxBytes is the largest file that may be read.
func (l Limits) MaxBytes() int64 { return l.WithDefaults().Bytes }
