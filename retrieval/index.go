package retrieval

import (
	"context"
	"errors"

	"osmanthus/retrieval/lang"
)

// Embedder turns texts into vectors of one fixed length. Both methods return one vector a text, in order, or an error.
type Embedder interface {
	Model() string
	EmbedQueries(ctx context.Context, texts []string) ([][]float32, error)
	EmbedPassages(ctx context.Context, texts []string) ([][]float32, error)
}

// Index is what a search needs of the store.
type Index interface {
	// Sentences returns a model's sentence vectors of passages, by passage; one that has none yet is absent.
	Sentences(ctx context.Context, model string, passages []int64) (map[int64][]SentenceVector, error)
	// Candidates returns, unordered and each once, the passages of q's filter that are among the q.DenseLimit
	// most similar of a language or among the q.LexicalLimit heaviest of a lexical query; those that one arm alone has
	// found may be left out where q.Alone others stand before them in it. ErrStaleSpace means that the question's
	// vector was centred by a calibration that has been replaced.
	Candidates(ctx context.Context, q CandidateQuery) ([]Candidate, error)
	// Stats returns the corpus's figures for the terms asked for; a term not in the corpus is absent from the map.
	Stats(ctx context.Context, terms []string) (Stats, error)
}

// ErrNotFound is what a store returns for a document, version or answer that does not exist or may not be seen.
var ErrNotFound = errors.New("not found")

// ErrStaleSpace is returned when vectors were made under a calibration that has been replaced since.
var ErrStaleSpace = errors.New("the space was calibrated anew in the meantime")

// ErrNoSpace is returned by SpaceStore.Space where the model has no space yet.
var ErrNoSpace = errors.New("no space for this model")

// ErrOtherModel is returned where the documents are embedded with another model: the model's own space is not there or
// not complete yet, or, when documents are saved, no longer the one that is written to.
var ErrOtherModel = errors.New("the documents are embedded with another model")

// SpaceStore keeps spaces.
type SpaceStore interface {
	// Space returns the model's space, ErrNoSpace, or ErrOtherModel while it is being built.
	Space(ctx context.Context, model string) (Space, error)
	// CreateSpace stores a space and returns it with its id; where another process was first, it returns that one's.
	// Where there are vectors of another model, it is ErrOtherModel.
	CreateSpace(ctx context.Context, s Space) (Space, error)
}

// A SentenceVector is the vector of one sentence of a passage, read after its document's title, as the model gave it.
type SentenceVector struct {
	lang.Span // bytes into the version's text
	Vector    []float32
}

// A Field is one of the lexical columns of a passage.
type Field string

// The lexical fields.
const (
	FieldTerms Field = "terms" // the passage's own terms
	FieldGloss Field = "gloss" // English stems of a Chinese passage's words
	FieldNames Field = "names" // keys of the names of people in it, see lang.NameKeys
)

// A WeightedTerm is a term and what finding it is worth when candidates are chosen.
type WeightedTerm struct {
	Term   string
	Weight float64
}

// A LexicalQuery asks one field of one language's passages.
type LexicalQuery struct {
	Field Field
	Lang  lang.Lang
	Terms []WeightedTerm
}

// A CandidateQuery asks all arms at once.
type CandidateQuery struct {
	Space        int64
	Revision     int       // of the space's calibration that centred Vector
	Vector       []float32 // the question's, centred, length 1; nil: no dense arm
	Lexical      []LexicalQuery
	Filter       Filter
	DenseLimit   int // a language
	LexicalLimit int // a lexical query
	Alone        int // of an arm's passages that no other has found; 0: no bound of its own
}

// A Candidate is a passage with what the store knows for its scoring.
type Candidate struct {
	Passage
	Source string
	Event  string
	Access
	Parallel   string // Source of the document's version in the other language
	Length     int    // bytes of the version's text
	Context    string
	Bags       []byte  // as in IndexedPassage; nil: its text is cut when it is scored
	Similarity float64 // cosine of the centred vectors; NaN where there is none
}

// Stats are the corpus's figures that BM25 needs.
type Stats struct {
	Fields    map[FieldKey]FieldStats
	Documents map[TermKey]int // passages that hold the term
}

// A FieldKey names a field of one language's passages.
type FieldKey struct {
	Field Field
	Lang  lang.Lang
}

// A TermKey names a term in a field of one language's passages.
type TermKey struct {
	FieldKey
	Term string
}

// FieldStats count the passages of a language and their mean length in terms.
type FieldStats struct {
	Passages   int
	MeanLength float64
}

// A Draft is a passage before it is indexed.
type Draft struct {
	Passage
	Context string // as in IndexedPassage
}

// An IndexedPassage is a passage with all that its row needs.
type IndexedPassage struct {
	Passage
	Context     string    // title and headings (and a table's header), embedded and indexed before the text
	Terms       []string  // distinct
	Length      int       // terms, repeated ones counted
	Gloss       []string  // distinct; Chinese passages only
	GlossLength int       // dictionary words
	Names       []string  // keys of the names of people, distinct
	Bags        []byte    // terms and glosses with their frequencies, to be stored as they are
	Han         float64   // share of Han, 0…1
	Vector      []float32 // centred, length 1
	Space       int64     // the vector's
	Revision    int       // of the calibration it was centred by
	Norm        float64   // the centred vector's length before that
}
