// Package ingest owns the way of a document into the store: found, read (by a reader of ingest/source), its facts
// read (by ingest/facts), split into passages, embedded, stored. It declares what it needs of the store and of the indexer; it must not import bot,
// pgx or go-openai.
package ingest

import (
	"time"

	"osmanthus/ingest/facts"
	"osmanthus/ingest/source"
	"osmanthus/retrieval"
)

// A Version is a document ready to be stored: what its reader found and the passages it was split into.
type Version struct {
	Source   string // identity within the event; see find
	Event    string
	Kind     string
	Audience retrieval.Audience
	Embargo  time.Time // zero: none
	Hash     []byte    // SHA-256 of the bytes, of PipelineVersion and of the options that decide a row
	Document source.Document
	Facts    facts.Facts // what the document says of sessions and people
	Passages []retrieval.IndexedPassage
}
