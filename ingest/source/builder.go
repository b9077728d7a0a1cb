package source

import (
	"path"
	"strings"
	"unicode"

	"osmanthus/retrieval/lang"
)

// A builder writes a document's text and blocks, cleaned and kept in step.
type builder struct {
	text     strings.Builder
	blocks   []Block
	titles   [4]string // by how much they are trusted, see below
	date     dateFinder
	meta     map[string]string
	warnings []string
	details  map[string]string // see Document
	last     BlockKind
	page     int // of what is added
	limits   Limits
	cells    int // added so far
}

// The sources of a title, the best first.
const (
	titleFrontMatter = iota
	titleHeading
	titlePage
	titleFirstLine
)

func (b *builder) warn(key string) {
	for _, w := range b.warnings {
		if w == key {
			return
		}
	}
	b.warnings = append(b.warnings, key)
}

// warnOf is warn with what the warning names.
func (b *builder) warnOf(key, detail string) {
	b.warn(key)
	if b.details == nil {
		b.details = map[string]string{}
	}
	b.details[key] = detail
}

// clean is lang.Clean with a warning. Readers clean what they are given and builders what they write, because an
// entity or a reference can spell a character that the first cleaning could not see.
func (b *builder) clean(s string) string {
	clean, suspicious := lang.CleanFlagged(s)
	if suspicious {
		b.warn(WarnHidden)
	}
	return clean
}

// add writes one block; a block without a visible character is left out.
func (b *builder) add(kind BlockKind, level int, text string) {
	text = trim(b.clean(text), kind == Code)
	if text == "" {
		return
	}
	start := b.open(kind)
	b.text.WriteString(text)
	b.blocks = append(b.blocks, Block{Kind: kind, Level: level, Start: start, End: b.text.Len(), Page: b.page})
	if kind == Heading && b.titles[titleHeading] == "" {
		b.titles[titleHeading] = text
	}
}

func trim(s string, code bool) string {
	if code {
		if strings.TrimFunc(s, blank) == "" {
			return ""
		}
		return strings.Trim(strings.TrimRightFunc(s, blank), "\n")
	}
	return strings.TrimFunc(s, blank)
}

// blank is white space, and the filler that lone characters of some writers leave behind.
func blank(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }

// open writes what parts a block of this kind from the last one, and returns where it starts.
func (b *builder) open(kind BlockKind) int {
	if b.text.Len() > 0 {
		tight := kind == Item && b.last == Item || kind == Row && (b.last == Row || b.last == Header)
		if b.text.WriteByte('\n'); !tight {
			b.text.WriteByte('\n')
		}
	}
	b.last = kind
	return b.text.Len()
}

// full reports a document that outgrows its limits; readers whose input may swell ask it as they go.
func (b *builder) full() error {
	switch limits := b.limits.WithDefaults(); {
	case int64(b.text.Len()) > limits.Text:
		return &Fault{Code: TooLong, Limit: limits.Text}
	case b.cells > limits.Cells:
		return &Fault{Code: TooManyCells, Limit: int64(limits.Cells)}
	}
	return nil
}

// document finishes. A document without a letter or figure is none.
func (b *builder) document(name string) (Document, error) {
	b.turns()
	doc := Document{Text: b.text.String(), Blocks: b.blocks, Meta: b.meta, Warnings: b.warnings, Details: b.details}
	if err := b.full(); err != nil {
		return Document{}, err
	}
	if !strings.ContainsFunc(doc.Text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return Document{}, &Fault{Code: NoText}
	}
	doc.Lang = lang.DetectText(doc.Text)
	if l := lang.Lang(languageOf(b.meta["lang"])); l.Valid() {
		doc.Lang = l
	}
	doc.Title, doc.Untitled = b.title(name)
	doc.Date = b.date.of(doc)
	return doc, nil
}

// languageOf returns the primary part of a language tag.
func languageOf(tag string) string {
	primary, _, _ := strings.Cut(strings.ToLower(strings.ReplaceAll(tag, "_", "-")), "-")
	return primary
}

// titleCharacters is the longest title that is kept; a longer one is a paragraph that was marked as a heading.
const titleCharacters = 200

func (b *builder) title(name string) (title string, untitled bool) {
	for _, t := range b.titles {
		if t = oneLine(b.clean(t)); t != "" {
			return lang.Truncate(t, titleCharacters), false
		}
	}
	base := path.Base(strings.ReplaceAll(name, `\`, "/"))
	base = strings.TrimSuffix(base, path.Ext(base))
	base = oneLine(strings.Map(func(r rune) rune {
		if r == '_' || r == '+' {
			return ' '
		}
		return r
	}, b.clean(base)))
	if base == "" {
		return "?", true
	}
	return lang.Truncate(base, titleCharacters), true
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
