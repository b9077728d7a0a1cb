package pdf

import (
	"math"
	"strings"
	"unicode"
	"unicode/utf16"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/structs"

	"osmanthus/ingest/source"
)

const (
	// wideGap, in sizes of the font, parts two cells of a line; the spaces of justified text stay below.
	wideGap = 2.0
	// hyphen is what pdfium gives for a hyphen at a line's end, and for the end.
	hyphen = 0x02
	// mapSample: of so many characters one is asked whether the file gives it a meaning.
	mapSample = 4
	// maxObjects is how many of a page's objects are looked at to find a picture.
	maxObjects = 200
)

// A pager reads one page.
type pager struct {
	pdf  pdfium.Pdfium
	size int64 // bytes of text so far

	lines    []source.Line
	line     source.Line
	words    strings.Builder
	segment  source.Segment
	unmapped int
	last     int // the last visible character
}

func (p *pager) page(document references.FPDF_DOCUMENT, index int) (source.Page, error) {
	loaded, err := p.pdf.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: document, Index: index})
	if err != nil {
		return source.Page{}, err
	}
	byReference := requests.Page{ByReference: &loaded.Page}
	var page source.Page
	if width, err := p.pdf.FPDF_GetPageWidth(&requests.FPDF_GetPageWidth{Page: byReference}); err == nil {
		page.Width = width.Width
	}
	if height, err := p.pdf.FPDF_GetPageHeight(&requests.FPDF_GetPageHeight{Page: byReference}); err == nil {
		page.Height = height.Height
	}
	text, err := p.pdf.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: byReference})
	if err != nil {
		return source.Page{}, err
	}
	if err := p.read(text.TextPage); err != nil {
		return source.Page{}, err
	}
	page.Lines, page.Unmapped = p.lines, p.unmapped
	if len(p.lines) == 0 {
		page.Pictures = p.pictures(byReference)
	}
	if _, err := p.pdf.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: text.TextPage}); err != nil {
		return source.Page{}, err
	}
	_, err = p.pdf.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page})
	return page, err
}

// read goes through the characters in pdfium's order, which is that of the file and puts lines together.
func (p *pager) read(text references.FPDF_TEXTPAGE) error {
	counted, err := p.pdf.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: text})
	if err != nil {
		return err
	}
	var high rune // the first half of a character beyond the first plane
	for i := range counted.Count {
		got, err := p.pdf.FPDFText_GetUnicode(&requests.FPDFText_GetUnicode{TextPage: text, Index: i})
		if err != nil {
			return err
		}
		r := rune(got.Unicode)
		switch {
		case utf16.IsSurrogate(r) && high == 0:
			high = r
			continue
		case high != 0:
			r, high = utf16.DecodeRune(high, r), 0
		}
		switch {
		case r == '\r' || r == '\n':
			if err := p.endLine(text); err != nil {
				return err
			}
			continue
		case r == hyphen || r == '\u00AD':
			p.words.WriteRune('\u00AD')
			if err := p.endLine(text); err != nil {
				return err
			}
			continue
		case r == 0 || r == 0xFFFE || r == 0xFFFF || !unicode.IsSpace(r) && unicode.IsControl(r):
			r = unicode.ReplacementChar
		case unicode.IsSpace(r):
			p.words.WriteByte(' ')
			continue
		}
		if err := p.character(text, i, r); err != nil {
			return err
		}
	}
	return p.endLine(text)
}

// character adds a visible character. Places are asked for only where a line or, after a space, perhaps a cell begins:
// pdfium puts a space into every gap, and each question costs as much as the character.
func (p *pager) character(text references.FPDF_TEXTPAGE, i int, r rune) error {
	failed := r == unicode.ReplacementChar || unicode.Is(unicode.Co, r)
	if !failed && i%mapSample == 0 {
		asked, err := p.pdf.FPDFText_HasUnicodeMapError(&requests.FPDFText_HasUnicodeMapError{TextPage: text, Index: i})
		if err != nil {
			return err
		}
		if asked.HasUnicodeMapError {
			p.unmapped += mapSample - 1
			failed = true
		}
	}
	if failed {
		p.unmapped++
	}
	spaced := strings.HasSuffix(p.words.String(), " ")
	if p.words.Len() == 0 || spaced {
		box, err := p.box(text, i)
		if err != nil {
			return err
		}
		if p.line.Size == 0 {
			if p.line.Size, err = p.fontSize(text, i); err != nil {
				return err
			}
			p.line.Top, p.line.Bottom = float64(box.Top), float64(box.Bottom)
		}
		if spaced && strings.TrimSpace(p.words.String()) != "" {
			if err := p.close(text); err != nil {
				return err
			}
			if float64(box.Left)-p.segment.Right > wideGap*p.line.Size {
				p.endSegment()
			}
		}
		if p.words.Len() == 0 || strings.TrimSpace(p.words.String()) == "" {
			p.segment.Left = float64(box.Left)
		}
	}
	p.last = i
	n, _ := p.words.WriteRune(r)
	p.size += int64(n)
	return nil
}

func (p *pager) box(text references.FPDF_TEXTPAGE, i int) (structs.FPDF_FS_RECTF, error) {
	box, err := p.pdf.FPDFText_GetLooseCharBox(&requests.FPDFText_GetLooseCharBox{TextPage: text, Index: i})
	if err != nil {
		return structs.FPDF_FS_RECTF{}, err
	}
	return box.Rect, nil
}

// close notes where the open segment ends.
func (p *pager) close(text references.FPDF_TEXTPAGE) error {
	if strings.TrimSpace(p.words.String()) == "" {
		return nil
	}
	box, err := p.box(text, p.last)
	p.segment.Right = float64(box.Right)
	return err
}

// fontSize is the size that is seen: many programs write at one size and scale. Heights of boxes will not do, for
// fonts of Chinese are higher than Latin ones of the same size.
func (p *pager) fontSize(text references.FPDF_TEXTPAGE, i int) (float64, error) {
	size, err := p.pdf.FPDFText_GetFontSize(&requests.FPDFText_GetFontSize{TextPage: text, Index: i})
	if err != nil {
		return 0, err
	}
	scale := 1.0
	if m, err := p.pdf.FPDFText_GetMatrix(&requests.FPDFText_GetMatrix{TextPage: text, Index: i}); err == nil {
		scale = math.Hypot(float64(m.Matrix.C), float64(m.Matrix.D))
	}
	if seen := size.FontSize * scale; seen >= 1 && !math.IsInf(seen, 0) {
		return seen, nil
	}
	return 1, nil
}

func (p *pager) endSegment() {
	if p.segment.Text = strings.TrimSpace(p.words.String()); p.segment.Text != "" {
		p.line.Segments = append(p.line.Segments, p.segment)
	}
	p.words.Reset()
	p.segment = source.Segment{}
}

func (p *pager) endLine(text references.FPDF_TEXTPAGE) error {
	if err := p.close(text); err != nil {
		return err
	}
	p.endSegment()
	if len(p.line.Segments) > 0 {
		p.lines = append(p.lines, p.line)
	}
	p.line = source.Line{}
	return nil
}

// pictures reports whether a page shows any.
func (p *pager) pictures(page requests.Page) bool {
	counted, err := p.pdf.FPDFPage_CountObjects(&requests.FPDFPage_CountObjects{Page: page})
	if err != nil {
		return false
	}
	for i := range min(counted.Count, maxObjects) {
		object, err := p.pdf.FPDFPage_GetObject(&requests.FPDFPage_GetObject{Page: page, Index: i})
		if err != nil {
			return false
		}
		kind, err := p.pdf.FPDFPageObj_GetType(&requests.FPDFPageObj_GetType{PageObject: object.PageObject})
		if err != nil {
			return false
		}
		if kind.Type == enums.FPDF_PAGEOBJ_IMAGE || kind.Type == enums.FPDF_PAGEOBJ_FORM {
			return true
		}
	}
	return false
}
