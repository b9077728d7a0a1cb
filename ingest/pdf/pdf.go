// Package pdf takes the lines of a PDF's pages, with their places and sizes, by pdfium compiled to WebAssembly. It makes
// no sense of them: ingest/source does. It is meant for the process that ingest/sandbox watches over, because pdfium
// takes memory and may hang; it must not be imported by what serves. It reads no file and no network.
package pdf

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/klippa-app/go-pdfium"
	pdferrors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/webassembly"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"osmanthus/ingest/source"
)

const (
	// startTime bounds the instantiation, not the compilation before it.
	startTime = time.Minute
	// wasmPage is the unit in which a module's memory grows.
	wasmPage = 64 << 10
)

// A Reader reads PDFs, one at a time. It is started by its first PDF: some seconds where the cache folder is empty, a
// tenth of one where it is not.
type Reader struct {
	cache string
	mu    sync.Mutex
	pool  pdfium.Pool
}

// New returns a reader that keeps pdfium's compiled form in the folder cache; where it is empty or cannot be written,
// it is compiled anew.
func New(cache string) *Reader { return &Reader{cache: cache} }

// Close frees what the reader holds.
func (r *Reader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.pool == nil {
		return nil
	}
	return r.pool.Close()
}

func (r *Reader) start(limits source.Limits) error {
	if r.pool != nil {
		return nil
	}
	config := wazero.NewRuntimeConfig().
		WithCoreFeatures(api.CoreFeaturesV2 | experimental.CoreFeaturesExceptionHandling). // as the module was compiled for
		WithMemoryLimitPages(uint32(min(limits.Memory/wasmPage, 1<<16)))
	if r.cache != "" && os.MkdirAll(r.cache, 0o700) == nil {
		if cache, err := wazero.NewCompilationCacheWithDir(r.cache); err == nil {
			config = config.WithCompilationCache(cache)
		}
	}
	pool, err := webassembly.Init(webassembly.Config{
		Context: context.Background(), MaxTotal: 1, MaxIdle: 1,
		FSConfig:      wazero.NewFSConfig(), // the default shows the module the whole disk
		RuntimeConfig: config,
		Stdout:        io.Discard, Stderr: io.Discard,
	})
	if err != nil {
		return fmt.Errorf("start pdfium: %w", err)
	}
	r.pool = pool
	return nil
}

// Pages returns the pages of a PDF and the title that its properties state. An error is a *source.Fault where the file
// is at fault.
func (r *Reader) Pages(b []byte, limits source.Limits) (title string, pages []source.Page, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	limits = limits.WithDefaults()
	if err := r.start(limits); err != nil {
		return "", nil, err
	}
	instance, err := r.pool.GetInstance(startTime)
	if err != nil {
		return "", nil, fmt.Errorf("start pdfium: %w", err)
	}
	defer func() { // an instance serves one document, so that none can spoil the next
		if failed := recover(); failed != nil {
			err = &source.Fault{Code: source.Damaged, Detail: "pdfium", Err: fmt.Errorf("pdfium: %v", failed)}
		}
		_ = instance.Close()
	}()
	opened, err := instance.OpenDocument(&requests.OpenDocument{File: &b})
	if err != nil {
		return "", nil, openFault(err)
	}
	counted, err := instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: opened.Document})
	if err != nil {
		return "", nil, openFault(err)
	}
	if counted.PageCount > limits.Pages {
		return "", nil, &source.Fault{Code: source.TooManyPages, Limit: int64(limits.Pages)}
	}
	if meta, err := instance.FPDF_GetMetaText(&requests.FPDF_GetMetaText{Document: opened.Document, Tag: "Title"}); err == nil {
		title = meta.Value
	}
	var size int64
	for i := range counted.PageCount {
		p := pager{pdf: instance}
		page, err := p.page(opened.Document, i)
		if err != nil {
			return "", nil, &source.Fault{Code: source.Damaged, Detail: fmt.Sprintf("page %d", i+1), Err: err}
		}
		if size += p.size; size > limits.Text {
			return "", nil, &source.Fault{Code: source.TooLong, Limit: limits.Text}
		}
		pages = append(pages, page)
	}
	return title, pages, nil
}

func openFault(err error) error {
	if errors.Is(err, pdferrors.ErrPassword) || errors.Is(err, pdferrors.ErrSecurity) {
		return &source.Fault{Code: source.Encrypted, Err: err}
	}
	return &source.Fault{Code: source.Damaged, Detail: "PDF", Err: err}
}
