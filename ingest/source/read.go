package source

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gabriel-vasile/mimetype"

	"osmanthus/retrieval/lang"
)

// A format is what reads one kind of text.
type format struct {
	name       string
	extensions []string
	// claims reports whether the text is of this format; hinted is true when the file's name says so.
	claims func(text string, hinted bool) bool
	read   func(b *builder, text string) error
}

// formats in the order in which they are asked. The last takes any text.
func formats() []format {
	return []format{
		{"html", []string{".html", ".htm", ".xhtml"}, claimsHTML, readHTML},
		{"calendar", []string{".ics"}, claimsCalendar, readCalendar},
		{"json", []string{".json", ".jsonl", ".ndjson"}, claimsJSON, readJSON},
		{"csv", []string{".csv", ".tsv", ".tab"}, claimsCSV, readCSV},
		{"markdown", []string{".md", ".markdown"}, claimsMarkdown, readMarkdown},
		{"text", []string{".txt", ".text"}, func(string, bool) bool { return true }, readText},
	}
}

// binaryExtensions are those of the formats that are told by their magic.
var binaryExtensions = []string{".pdf", ".docx", ".docm", ".pptx", ".pptm", ".ppsx", ".xlsx", ".xlsm"}

// Known reports whether a file's name has an extension that a reader hints at; what a file is, its content says.
func Known(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	if slices.Contains(binaryExtensions, ext) {
		return true
	}
	for _, f := range formats() {
		if slices.Contains(f.extensions, ext) {
			return true
		}
	}
	return false
}

// A Reader reads files of every format; without PDF, all but PDFs.
type Reader struct {
	PDF PageReader
}

// Read turns a file's bytes into a document by a Reader that knows no PDFs.
func Read(name string, b []byte, limits Limits) (Document, error) {
	return Reader{}.Read(name, b, limits)
}

// Read turns a file's bytes into a document. What the file is, its content says; the name serves as a hint between
// formats of text and, where the document has no title of its own, as its title. An error is a *Fault. A parser that
// panics costs only its document; one that hangs or swells is for ingest/sandbox to end.
func (r Reader) Read(name string, b []byte, limits Limits) (doc Document, err error) {
	limits = limits.WithDefaults()
	name = pathOf(name)
	if int64(len(b)) > limits.Bytes {
		return Document{}, &Fault{Code: TooLarge, Limit: limits.Bytes}
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return Document{}, &Fault{Code: Empty}
	}
	defer func() {
		if failed := recover(); failed != nil {
			doc, err = Document{}, &Fault{Code: ReaderEnded, Detail: "panic", Err: fmt.Errorf("%v\n%s", failed, debug.Stack())}
		}
	}()
	out := &builder{limits: limits}
	if found, err := r.readBinary(out, b); found || err != nil {
		if err != nil {
			return Document{}, asFault(err)
		}
		return out.document(name)
	}
	text, older := mixedLines(b)
	var warnings []string
	if older != nil {
		out.warnOf(WarnMixed, Ranges(older))
	} else if text, warnings, err = decode(b); err != nil {
		return Document{}, whatElse(b, err)
	}
	if garbage := mojibakeLines(text); garbage != nil {
		out.warnOf(WarnMixed, Ranges(append(garbage, older...)))
	}
	if kind := documentType(b); kind != "" {
		return Document{}, &Fault{Code: Unsupported, Detail: kind}
	}
	if strings.TrimSpace(text) == "" {
		return Document{}, &Fault{Code: Empty}
	}
	for _, w := range warnings {
		out.warn(w)
	}
	text = out.clean(text)
	ext := strings.ToLower(path.Ext(name))
	for _, f := range formats() {
		if f.claims(text, slices.Contains(f.extensions, ext)) {
			if err := f.read(out, text); err != nil {
				return Document{}, asFault(err)
			}
			break
		}
	}
	return out.document(name)
}

// pathOf is the path of a name that is an address.
func pathOf(name string) string {
	if !strings.Contains(name, "://") {
		return name
	}
	at, err := url.Parse(name)
	if err != nil {
		return name
	}
	if strings.Trim(at.Path, "/") == "" {
		return at.Hostname() + "/" + at.Hostname() + ".html"
	}
	return strings.TrimRight(at.Path, "/")
}

// readBinary reads a format that is told by its magic, and reports whether it is one.
func (r Reader) readBinary(out *builder, b []byte) (found bool, err error) {
	switch {
	case isPDF(b):
		if r.PDF == nil {
			return false, nil
		}
		title, pages, err := r.PDF.Pages(b, out.limits)
		if err != nil {
			return true, err
		}
		return true, readPages(out, title, pages)
	case bytes.HasPrefix(b, []byte("PK\x03\x04")):
		return readOffice(out, b)
	case bytes.HasPrefix(b, []byte("\xD0\xCF\x11\xE0")) && bytes.Contains(b, encryptedPackage):
		return true, &Fault{Code: Encrypted}
	}
	return false, nil
}

// encryptedPackage is the name, in UTF-16, under which an encrypted office document lies in its envelope.
var encryptedPackage = []byte("E\x00n\x00c\x00r\x00y\x00p\x00t\x00e\x00d\x00P\x00a\x00c\x00k\x00a\x00g\x00e\x00")

// isPDF: the mark may stand within the first kilobyte, after what a mail program or a web server has left there; in a
// text that speaks of it, other words do.
func isPDF(b []byte) bool {
	i := bytes.Index(b[:min(len(b), 1024)], []byte("%PDF-"))
	return i == 0 || i > 0 && bytes.Contains(b, []byte("startxref")) && !utf8.Valid(b)
}

// asFault makes of what a parser says a fault.
func asFault(err error) error {
	var fault *Fault
	if errors.As(err, &fault) {
		return fault
	}
	return &Fault{Code: Damaged, Detail: oneLine(lang.Truncate(lang.Clean(err.Error()), 120)), Err: err}
}

// whatElse says what bytes are that are not text.
func whatElse(b []byte, err error) error {
	if kind := documentType(b); kind != "" {
		return &Fault{Code: Unsupported, Detail: kind}
	}
	if m := mimetype.Detect(b); !m.Is("application/octet-stream") && !isText(m) {
		return &Fault{Code: Binary, Detail: m.String()}
	}
	return err
}

func isText(m *mimetype.MIME) bool {
	for ; m != nil; m = m.Parent() {
		if m.Is("text/plain") {
			return true
		}
	}
	return false
}

// documentTypes are formats that hold a document, which a person would expect to be read; some of them may look like
// text to the byte.
var documentTypes = []string{
	"application/pdf", "application/postscript", "text/rtf", "application/msword", "application/vnd.ms-powerpoint",
	"application/vnd.ms-excel", "application/x-ole-storage", "application/epub+zip",
	"application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"application/vnd.oasis.opendocument.text", "application/vnd.oasis.opendocument.spreadsheet",
	"application/vnd.oasis.opendocument.presentation",
}

func documentType(b []byte) string {
	m := mimetype.Detect(b)
	for _, t := range documentTypes {
		if m.Is(t) {
			return t
		}
	}
	return ""
}
