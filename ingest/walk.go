package ingest

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"golang.org/x/text/unicode/norm"

	"osmanthus/ingest/source"
)

// A file is one to take in.
type file struct {
	folder string // the file is opened below it and nowhere else; empty for a file that was named itself
	path   string // below folder, else as it was named
	source string // its identity

	address string // it is fetched from there; empty for a file
}

// place is where the file lies.
func (f file) place() string { return filepath.Join(f.folder, f.path) + f.address }

type fileFault struct {
	source string
	err    error
}

// findings are what lies at the paths given.
type findings struct {
	files   []file
	faults  []fileFault
	skipped map[string]int  // files in folders that are no documents, by reason
	present map[string]bool // sources that exist, readable or not
	folders []string        // identities of the folders that were walked whole
	broken  []string        // identities of those that were not
}

// The reasons for passing over a file in a folder.
const (
	skipUnsupported = "unsupported"
	skipHidden      = "hidden"
	skipLink        = "link" // to a folder
)

// find lists the files at paths. A file that is named is always tried; in a folder, in the order of names, hidden files
// and those of no known format are passed over.
//
// A document's identity is the name of the folder that was given and the path below it, "documents/cases/a.md" for
// a.md under /srv/checkout/documents; of a file that was named itself, its folder's name and its own. So it is the same
// wherever a checkout lies and whatever the working folder is; two folders of one name share identities, and --prune of
// one then removes the other's documents unless they are of different events.
//
// A page's identity is its address. A site is pruned like a folder: what lies beside or below its sitemap and is not among
// its pages any more has gone. A sitemap of no page or one prunes nothing.
func (r *run) find(ctx context.Context, paths []string) findings {
	found := findings{skipped: map[string]int{}, present: map[string]bool{}}
	for _, p := range paths {
		if isAddress(p) {
			r.findPages(ctx, p, &found)
			continue
		}
		absolute, err := filepath.Abs(p)
		if err != nil {
			found.fault(clean(p), unreadable(err))
			continue
		}
		info, err := os.Stat(absolute)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			found.fault(named(absolute), &source.Fault{Code: source.Missing, Detail: clean(p)})
		case err != nil:
			found.fault(named(absolute), unreadable(err))
		case info.IsDir():
			found.walk(absolute)
		default:
			found.add(file{path: absolute, source: named(absolute)})
		}
	}
	return found
}

func isAddress(path string) bool { return strings.Contains(path, "://") }

func (r *run) findPages(ctx context.Context, address string, found *findings) {
	if r.fetcher == nil {
		found.fault(address, &source.Fault{Code: source.URLUnsupported})
		return
	}
	site := siteOf(address)
	pages, err := r.fetcher.Pages(ctx, address)
	if err != nil {
		found.fault(address, err)
		found.broken = append(found.broken, site)
	}
	for _, page := range pages {
		found.add(file{source: page, address: page})
	}
	if err == nil && len(pages) > 1 {
		found.folders = append(found.folders, site)
	}
}

// siteOf is the folder of an address, without the slash at its end.
func siteOf(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return address
	}
	folder := u.Path[:max(strings.LastIndexByte(u.Path, '/'), 0)]
	return strings.ToLower(u.Scheme+"://"+u.Host) + (&url.URL{Path: folder}).EscapedPath()
}

// named is the identity of a file that was named itself.
func named(absolute string) string {
	return clean(filepath.Base(filepath.Dir(absolute)) + "/" + filepath.Base(absolute))
}

// clean makes a path an identity: slashes, and one form for names that some systems store decomposed.
func clean(path string) string {
	path = strings.ToValidUTF8(filepath.ToSlash(path), "\uFFFD")
	return norm.NFC.String(strings.TrimLeft(path, "/"))
}

func (f *findings) walk(root string) {
	whole := true
	base := clean(filepath.Base(root))
	_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		below, relErr := filepath.Rel(root, path)
		id := clean(base + "/" + filepath.ToSlash(below))
		switch {
		case err != nil || relErr != nil:
			whole = false
			f.fault(id, unreadable(errors.Join(err, relErr)))
			if entry != nil && entry.IsDir() {
				return fs.SkipDir
			}
		case path == root:
		case ignored(entry.Name()):
			if entry.IsDir() {
				return fs.SkipDir
			}
			f.skipped[skipHidden]++
		case entry.IsDir():
		case entry.Type()&fs.ModeSymlink != 0 && folderLink(path):
			f.skipped[skipLink]++
		case !source.Known(entry.Name()):
			f.skipped[skipUnsupported]++
		default:
			f.add(file{folder: root, path: below, source: id})
		}
		return nil
	})
	if whole {
		f.folders = append(f.folders, base)
	} else {
		f.broken = append(f.broken, base)
	}
}

// ignored are hidden files and what systems and editors leave in folders.
func ignored(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~$") || strings.HasSuffix(name, "~") ||
		slices.Contains([]string{"thumbs.db", "desktop.ini", "__macosx", "node_modules"}, strings.ToLower(name))
}

func folderLink(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func (f *findings) add(added file) {
	if f.present[added.source] {
		for _, other := range f.files {
			if other.source == added.source && other.place() != added.place() {
				f.faults = append(f.faults, fileFault{added.source, &source.Fault{Code: source.Duplicate, Detail: other.source}})
				return
			}
		}
		return // named twice
	}
	f.present[added.source] = true
	f.files = append(f.files, added)
}

func (f *findings) fault(name string, err error) {
	f.present[name] = true
	f.faults = append(f.faults, fileFault{name, err})
}

// unreadable keeps of a system's error what it says, not the path it says it of.
func unreadable(err error) error {
	fault := &source.Fault{Code: source.Unreadable, Detail: err.Error(), Err: err}
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		fault.Detail = pathErr.Err.Error()
	}
	return fault
}

// read returns the file's bytes. Its kind and size are looked at before it is opened and again after, and it is opened
// so that nothing, not even a pipe put there in between, can block.
func (f file) read(limits source.Limits) ([]byte, error) {
	stat, open := os.Stat, func(name string) (*os.File, error) { return os.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0) }
	if f.folder != "" {
		root, err := os.OpenRoot(f.folder)
		if err != nil {
			return nil, unreadable(err)
		}
		defer root.Close()
		stat, open = root.Stat, func(name string) (*os.File, error) {
			return root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		}
	}
	info, err := stat(f.path)
	if err != nil {
		if _, e := os.Stat(filepath.Join(f.folder, f.path)); f.folder != "" && e == nil {
			return nil, &source.Fault{Code: source.OutsideFolder, Err: err}
		}
		return nil, unreadable(err)
	}
	if err := fit(info, limits); err != nil {
		return nil, err
	}
	opened, err := open(f.path)
	if err != nil {
		return nil, unreadable(err)
	}
	defer opened.Close()
	if info, err = opened.Stat(); err != nil {
		return nil, unreadable(err)
	}
	if err := fit(info, limits); err != nil {
		return nil, err
	}
	content, err := io.ReadAll(io.LimitReader(opened, limits.MaxBytes()+1)) // one byte too many is told by the reader
	if err != nil {
		return nil, unreadable(err)
	}
	return content, nil
}

func fit(info fs.FileInfo, limits source.Limits) error {
	switch limit := limits.MaxBytes(); {
	case !info.Mode().IsRegular():
		return &source.Fault{Code: source.NotAFile}
	case info.Size() > limit:
		return &source.Fault{Code: source.TooLarge, Limit: limit}
	}
	return nil
}
