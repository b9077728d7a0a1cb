package source

import (
	"strings"
)

// readOffice reads an Office Open XML document, and reports whether the zip file is one. Which kind it is, its main part
// says.
func readOffice(b *builder, content []byte) (bool, error) {
	a, err := openArchive(content, b.limits)
	if err != nil {
		return true, err
	}
	top, err := a.relations("")
	if err != nil {
		return true, err
	}
	main := ""
	for _, r := range top {
		if r.kind == "officeDocument" && a.has(r.target) {
			main = r.target
		}
	}
	if main == "" {
		for _, usual := range []string{"word/document.xml", "ppt/presentation.xml", "xl/workbook.xml"} {
			if a.has(usual) {
				main = usual
			}
		}
	}
	switch {
	case strings.HasPrefix(main, "word/"):
		return true, b.finishOffice(a, readWord(b, a, main))
	case strings.HasPrefix(main, "ppt/"):
		return true, b.finishOffice(a, readSlides(b, a, main))
	case strings.HasPrefix(main, "xl/"):
		return true, b.finishOffice(a, readWorkbook(b, content))
	}
	return false, nil
}

// finishOffice takes the title that the document's properties state.
func (b *builder) finishOffice(a *archive, err error) error {
	if err != nil {
		return err
	}
	return a.walk("docProps/core.xml", is("title"), func(e *element) error {
		b.titles[titlePage] = propertyTitle(e.text)
		return nil
	})
}
