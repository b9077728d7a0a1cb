// Package ingest owns the way of a document into the store: found, queued as a job, read (by a reader of
// ingest/source), its facts read (by ingest/facts), split into passages, embedded, stored. It declares what it needs of the
// store, of the queue and of the indexer; it must not import bot, pgx, River or go-openai.
package ingest

import (
	"time"

	"osmanthus/ingest/facts"
	"osmanthus/ingest/source"
	"osmanthus/retrieval"
)

// A Version is a document ready to be stored: what its reader found and the passages it was split into.
type Version struct {
	Source     string // identity within the event; see find
	Event      string
	Kind       string
	Audience   retrieval.Audience
	Embargo    time.Time // zero: none
	Canonical  string    // id or address that the document gives itself; of two of one, the one with the later date answers
	Supersedes string    // source of the document whose place this one takes; may be empty
	Hash       []byte    // SHA-256 of the bytes, of PipelineVersion and of the options that decide a row
	Origin     Origin
	Bands      []int64 // of the text; see Bands
	Document   source.Document
	Facts      facts.Facts // what the document says of sessions and people
	Passages   []retrieval.IndexedPassage
}

// An Origin says where a version, and so each of its passages, came from. It names no person and no machine.
type Origin struct {
	Batch    string // of the run that handed it in
	Ingester string // the command
	Pipeline int    // PipelineVersion
	Model    string // of the embedding
}
