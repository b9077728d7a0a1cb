// Package ingest owns the way of a document into the store: found, read (by a reader of ingest/source), split into
// passages, embedded, stored. It declares what it needs of the store and of the indexer; it must not import bot,
// pgx or go-openai.
package ingest

import (
	"osmanthus/ingest/source"
	"osmanthus/retrieval"
)

// A Version is a document ready to be stored: what its reader found and the passages it was split into.
type Version struct {
	Source   string
	Event    string
	Kind     string
	Audience retrieval.Audience
	Hash     []byte // SHA-256 of the bytes and of PipelineVersion
	Document source.Document
	Passages []retrieval.IndexedPassage
}
