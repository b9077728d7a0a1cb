// Package source reads one format each into plain text with its structure and metadata. A reader gets bytes and
// returns a Document or an error that names the limit or fault; it never touches the store or the network.
package source

import (
	"time"

	"osmanthus/retrieval/lang"
)

// A Document is a file's content as plain text (UTF-8, "\n" line ends, no markup) with its structure beside it.
type Document struct {
	Title    string
	Untitled bool // Title is the file's name: the document has none of its own
	Lang     lang.Lang
	Date     time.Time // zero where none was found
	Text     string
	Blocks   []Block           // in order, not overlapping, each on character borders
	Meta     map[string]string // front matter or meta tags that a later step may want: event, kind, audience, parallel
	Warnings []string          // what looks wrong but did not stop the reading, as catalogue keys
	Details  map[string]string // of warnings that name something, by key: the {detail} of its sentence, such as pages
}

// A BlockKind says what a block is.
type BlockKind string

// The kinds of block.
const (
	Heading   BlockKind = "heading"
	Paragraph BlockKind = "paragraph"
	Item      BlockKind = "item"   // of a list
	Header    BlockKind = "header" // a table's header row; the rows that follow belong to it
	Row       BlockKind = "row"    // of a table, each cell written with its column's name: "Time: 09:00 · Speaker: YANG Haobo"
	Quote     BlockKind = "quote"
	Code      BlockKind = "code"
)

// A Block is a run of the text: Text[Start:End].
type Block struct {
	Kind  BlockKind   `json:"kind"`
	Level int         `json:"level,omitempty"` // of a heading, from 1; of an item, its depth from 1
	Start int         `json:"start"`
	End   int         `json:"end"`
	Page  int         `json:"page,omitempty"`  // from 1, of a PDF or presentation; where a paragraph goes on overleaf, its first
	Cells []lang.Span `json:"cells,omitempty"` // of a header or row: where each cell's own words stand in the text
}
