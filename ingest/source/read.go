package source

import (
	"bytes"
	"path"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// DefaultBytes is the largest file that is read where no limit is set.
const DefaultBytes = 32 << 20

// Limits bound what a reader takes on. A zero field means its default.
type Limits struct {
	Bytes int64 // of the file as it lies there
}

// MaxBytes is the largest file that may be read.
func (l Limits) MaxBytes() int64 {
	if l.Bytes <= 0 {
		return DefaultBytes
	}
	return l.Bytes
}

// A format is what reads one kind of text. Formats that are not text will be told by their magic and join the registry
// beside these.
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
		{"markdown", []string{".md", ".markdown"}, claimsMarkdown, readMarkdown},
		{"text", []string{".txt", ".text"}, func(string, bool) bool { return true }, readText},
	}
}

// Known reports whether a file's name has an extension that a reader hints at; what a file is, its content says.
func Known(name string) bool {
	ext := strings.ToLower(path.Ext(name))
	for _, f := range formats() {
		for _, e := range f.extensions {
			if e == ext {
				return true
			}
		}
	}
	return false
}

// Read turns a file's bytes into a document. The name serves as a hint of the format and, where the document has no
// title of its own, as its title. An error is a *Fault.
func Read(name string, b []byte, limits Limits) (Document, error) {
	if limit := limits.MaxBytes(); int64(len(b)) > limit {
		return Document{}, &Fault{Code: TooLarge, Limit: limit}
	}
	if len(bytes.TrimSpace(b)) == 0 {
		return Document{}, &Fault{Code: Empty}
	}
	text, warnings, err := decode(b)
	if err != nil {
		return Document{}, whatElse(b, err)
	}
	if kind := documentType(b); kind != "" {
		return Document{}, &Fault{Code: Unsupported, Detail: kind}
	}
	if strings.TrimSpace(text) == "" {
		return Document{}, &Fault{Code: Empty}
	}
	out := &builder{warnings: warnings}
	text = out.clean(text)
	ext := strings.ToLower(path.Ext(name))
	for _, f := range formats() {
		hinted := false
		for _, e := range f.extensions {
			hinted = hinted || e == ext
		}
		if f.claims(text, hinted) {
			if err := f.read(out, text); err != nil {
				return Document{}, err
			}
			break
		}
	}
	return out.document(name)
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
