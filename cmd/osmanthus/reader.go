package main

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"osmanthus/ingest"
	"osmanthus/ingest/fetch"
	"osmanthus/ingest/pdf"
	"osmanthus/ingest/sandbox"
	"osmanthus/ingest/source"
)

// limitFlags bound what the readers of documents take on and where pages are fetched from. Their defaults are those of source.Limits, which a test holds.
type limitFlags struct {
	MaxBytes    int64          `hidden:"" default:"33554432" setting:"OSMANTHUS_MAX_BYTES" help:"Bytes of a file."`
	MaxText     int64          `hidden:"" default:"16777216" setting:"OSMANTHUS_MAX_TEXT" help:"Bytes of the text read out of a file."`
	MaxPages    int            `hidden:"" default:"5000" setting:"OSMANTHUS_MAX_PAGES" help:"Pages of a PDF, slides of a presentation."`
	MaxEntries  int            `hidden:"" default:"10000" setting:"OSMANTHUS_MAX_ENTRIES" help:"Files in an archive."`
	MaxUnzipped int64          `hidden:"" default:"268435456" setting:"OSMANTHUS_MAX_UNZIPPED" help:"Bytes of an archive's files together."`
	MaxRatio    int64          `hidden:"" default:"200" setting:"OSMANTHUS_MAX_RATIO" help:"An archived file's size to its compressed size."`
	MaxDepth    int            `hidden:"" default:"256" setting:"OSMANTHUS_MAX_DEPTH" help:"Nesting of XML and JSON."`
	MaxCells    int            `hidden:"" default:"500000" setting:"OSMANTHUS_MAX_CELLS" help:"Cells of a document's tables."`
	MaxReadTime time.Duration  `hidden:"" default:"2m" setting:"OSMANTHUS_MAX_READ_TIME" help:"Time to read one document."`
	FetchPorts  []uint16       `hidden:"" default:"80,443" setting:"OSMANTHUS_FETCH_PORTS" help:"Ports that pages are fetched from."`
	FetchAllow  []netip.Prefix `hidden:"" setting:"OSMANTHUS_FETCH_ALLOW" help:"Ranges of the own network that pages may be fetched from."`
	MaxMemory   int64          `hidden:"" default:"1073741824" setting:"OSMANTHUS_MAX_MEMORY" help:"Bytes of memory of a process that reads."`
}

func (f limitFlags) limits() source.Limits {
	return source.Limits{
		Bytes: f.MaxBytes, Text: f.MaxText, Pages: f.MaxPages, Entries: f.MaxEntries, Unzipped: f.MaxUnzipped,
		Ratio: f.MaxRatio, Depth: f.MaxDepth, Cells: f.MaxCells, Time: f.MaxReadTime, Memory: f.MaxMemory,
	}
}

// fetcher returns a client for the addresses that are taken in.
func (f limitFlags) fetcher() *fetch.Client {
	return fetch.New(fetch.Options{Bytes: f.MaxBytes, Ports: f.FetchPorts, Allow: f.FetchAllow})
}

// newReader returns the pool of processes that read documents, each our own program with the command read-file. They are
// told the folder of our parts and nothing else.
func (p *program) newReader(limits source.Limits) (*sandbox.Pool, error) {
	executable, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find the program's own file: %w", err)
	}
	return sandbox.New(sandbox.Options{
		Executable: executable, Arguments: []string{"read-file", "--home", p.config.Home},
		Children: ingest.DefaultReaders, Memory: limits.Memory, Log: p.log,
	})
}

// readFileCommand reads documents for a parent of the same program; see ingest/sandbox.
type readFileCommand struct{}

// Run reads what comes on standard input until it ends.
func (c *readFileCommand) Run(_ context.Context, p *program) error {
	reader := pdf.New(filepath.Join(p.config.Home, "cache", "pdfium"))
	err := sandbox.Serve(p.stdin, p.stdout, source.Reader{PDF: reader}, os.Exit)
	return errors.Join(err, reader.Close())
}
