package pdf

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf16"
)

// A built is a PDF in the making: objects 1 and 2 are the catalogue and the tree of pages, 3 to 8 fonts and a picture.
type built struct {
	pages   []string // contents
	title   string
	trailer string // more entries
}

// The fonts of a built PDF.
const (
	latin    = "F1" // a standard font
	adobeGB  = "F2" // a CID font by a predefined map from UCS-2, not embedded, as old word processors leave it
	identity = "F3" // a CID font by glyph numbers with a map to Unicode: number n is the character U+4E00 + n - 1
	nameless = "F4" // the same without the map
)

// at writes text at a place.
func at(font string, size, x, y float64, text string) string {
	var s strings.Builder
	fmt.Fprintf(&s, "BT /%s %g Tf %g %g Td ", font, size, x, y)
	switch font {
	case latin:
		fmt.Fprintf(&s, "(%s) Tj ET\n", strings.NewReplacer("(", `\(`, ")", `\)`).Replace(text))
		return s.String()
	case adobeGB:
		s.WriteByte('<')
		for _, u := range utf16.Encode([]rune(text)) {
			fmt.Fprintf(&s, "%04X", u)
		}
	default:
		s.WriteByte('<')
		for _, r := range text {
			fmt.Fprintf(&s, "%04X", r-0x4E00+1)
		}
	}
	s.WriteString("> Tj ET\n")
	return s.String()
}

// picture fills a page.
const picture = "q 500 0 0 700 40 70 cm /Im Do Q\n"

func (d built) bytes() []byte {
	var b bytes.Buffer
	var offsets []int
	object := func(s string) {
		offsets = append(offsets, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(offsets), s)
	}
	stream := func(dict, s string) { object(fmt.Sprintf("<<%s/Length %d>>stream\n%s\nendstream", dict, len(s), s)) }
	b.WriteString("%PDF-1.5\n%\xE2\xE3\xCF\xD3\n")
	object("<</Type/Catalog/Pages 2 0 R>>")
	const first = 13
	var kids strings.Builder
	for i := range d.pages {
		fmt.Fprintf(&kids, "%d 0 R ", first+2*i)
	}
	object(fmt.Sprintf("<</Type/Pages/Kids[%s]/Count %d>>", kids.String(), len(d.pages)))
	object("<</Type/Font/Subtype/Type1/BaseFont/Helvetica/Encoding/WinAnsiEncoding>>")
	object("<</Type/Font/Subtype/Type0/BaseFont/STSong-Light/Encoding/UniGB-UCS2-H/DescendantFonts[5 0 R]>>")
	object("<</Type/Font/Subtype/CIDFontType0/BaseFont/STSong-Light/CIDSystemInfo<</Registry(Adobe)/Ordering(GB1)/Supplement 4>>/FontDescriptor 10 0 R/DW 1000>>")
	object("<</Type/Font/Subtype/Type0/BaseFont/Own/Encoding/Identity-H/DescendantFonts[8 0 R]/ToUnicode 9 0 R>>")
	object("<</Type/Font/Subtype/Type0/BaseFont/Own/Encoding/Identity-H/DescendantFonts[8 0 R]>>")
	object("<</Type/Font/Subtype/CIDFontType2/BaseFont/Own/CIDSystemInfo<</Registry(Adobe)/Ordering(Identity)/Supplement 0>>/FontDescriptor 10 0 R/DW 1000/CIDToGIDMap/Identity>>")
	stream("", "/CIDInit /ProcSet findresource begin 12 dict begin begincmap /CMapType 2 def\n1 begincodespacerange <0000> <FFFF> endcodespacerange\n"+
		ranges()+"endcmap CMapName currentdict /CMap defineresource pop end end")
	object("<</Type/FontDescriptor/FontName/STSong-Light/Flags 6/FontBBox[-25 -254 1000 880]/ItalicAngle 0/Ascent 880/Descent -120/CapHeight 880/StemV 93>>")
	stream("/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8", "\x80")
	object(fmt.Sprintf("<</Title(%s)>>", d.title))
	for i, content := range d.pages {
		object(fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Resources<</Font<</F1 3 0 R/F2 4 0 R/F3 6 0 R/F4 7 0 R>>/XObject<</Im 11 0 R>>>>/Contents %d 0 R>>", first+1+2*i))
		stream("", content)
	}
	start := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(offsets)+1)
	for _, o := range offsets {
		fmt.Fprintf(&b, "%010d 00000 n \n", o)
	}
	fmt.Fprintf(&b, "trailer<</Size %d/Root 1 0 R/Info 12 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", len(offsets)+1, d.trailer, start)
	return b.Bytes()
}

// ranges maps glyph numbers from 1 on to the characters from U+4E00 on: within a range only the last byte may count up,
// and a section has at most 100.
func ranges() string {
	var s strings.Builder
	for high := range 0x52 {
		fmt.Fprintf(&s, "2 beginbfrange\n<%04X> <%04X> <%04X>\n", high*256+1, high*256+255, 0x4E00+high*256)
		fmt.Fprintf(&s, "<%04X> <%04X> <%04X>\nendbfrange\n", high*256+256, high*256+256, 0x4E00+high*256+255)
	}
	return s.String()
}
