package source

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	utf "golang.org/x/text/encoding/unicode"
)

// zipped packs parts, given as names and contents by turns.
func zipped(t testing.TB, parts ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i+1 < len(parts); i += 2 {
		f, err := w.Create(parts[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(parts[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func mainPart(target string) string {
	return `<Relationships xmlns="r"><Relationship Id="rId1" Type="http://x/relationships/officeDocument" Target="` + target + `"/></Relationships>`
}

// word is a document with styles, notes and a body.
func word(t testing.TB, body string) []byte {
	t.Helper()
	return zipped(t, "_rels/.rels", mainPart("word/document.xml"),
		"word/_rels/document.xml.rels", `<Relationships><Relationship Id="s" Type="x/styles" Target="styles.xml"/><Relationship Id="f" Type="x/footnotes" Target="/word/footnotes.xml"/>`+
			`<Relationship Id="h" Type="x/hyperlink" Target="http://169.254.169.254/" TargetMode="External"/></Relationships>`,
		"word/styles.xml", `<w:styles xmlns:w="w"><w:style w:styleId="1"><w:name w:val="heading 1"/></w:style><w:style w:styleId="a3"><w:name w:val="标题 2"/></w:style>`+
			`<w:style w:styleId="own"><w:name w:val="Own"/><w:basedOn w:val="a3"/></w:style><w:style w:styleId="T"><w:name w:val="Title"/></w:style></w:styles>`,
		"word/footnotes.xml", `<w:footnotes xmlns:w="w"><w:footnote w:type="separator" w:id="0"><w:p/></w:footnote><w:footnote w:id="2"><w:p><w:r><w:t>A note.</w:t></w:r></w:p></w:footnote></w:footnotes>`,
		"docProps/core.xml", `<cp:coreProperties xmlns:dc="dc"><dc:title>Seminar of the foundations</dc:title></cp:coreProperties>`,
		"word/document.xml", `<?xml version="1.0" encoding="UTF-8"?><w:document xmlns:w="w"><w:body>`+body+`</w:body></w:document>`)
}

func para(style, text string) string {
	properties := ""
	if style != "" {
		properties = `<w:pPr><w:pStyle w:val="` + style + `"/></w:pPr>`
	}
	return `<w:p>` + properties + `<w:r><w:t xml:space="preserve">` + text + `</w:t></w:r></w:p>`
}

func cell(properties, text string) string {
	return `<w:tc><w:tcPr>` + properties + `</w:tcPr>` + para("", text) + `</w:tc>`
}

// deck is a presentation of slides.
func deck(t testing.TB, slides ...string) []byte {
	t.Helper()
	parts := []string{"_rels/.rels", mainPart("ppt/presentation.xml")}
	list, relations := "", ""
	for i := range slides {
		// The file's names run against the order of showing.
		list += fmt.Sprintf(`<p:sldId id="%d" r:id="rId%d"/>`, 256+i, i)
		relations += fmt.Sprintf(`<Relationship Id="rId%d" Type="x/slide" Target="slides/slide%d.xml"/>`, i, len(slides)-i)
	}
	parts = append(parts, "ppt/presentation.xml", `<p:presentation xmlns:p="p" xmlns:r="r"><p:sldIdLst>`+list+`</p:sldIdLst></p:presentation>`,
		"ppt/_rels/presentation.xml.rels", `<Relationships>`+relations+`</Relationships>`,
		"ppt/notesSlides/notesSlide1.xml", `<p:notes xmlns:p="p" xmlns:a="a">`+shape("sldNum", "7")+shape("body", "Say this slowly.")+`</p:notes>`,
		"ppt/slides/_rels/slide"+fmt.Sprint(len(slides))+".xml.rels", `<Relationships><Relationship Id="n" Type="x/notesSlide" Target="../notesSlides/notesSlide1.xml"/></Relationships>`)
	for i, s := range slides {
		parts = append(parts, fmt.Sprintf("ppt/slides/slide%d.xml", len(slides)-i), s)
	}
	return zipped(t, parts...)
}

func shape(kind string, paragraphs ...string) string {
	ph := ""
	if kind != "" {
		ph = `<p:ph type="` + kind + `"/>`
	}
	s := `<p:sp><p:nvSpPr><p:cNvPr id="1" name="x"/><p:nvPr>` + ph + `</p:nvPr></p:nvSpPr><p:txBody>`
	for _, p := range paragraphs {
		s += `<a:p>` + p + `</a:p>`
		if !strings.HasPrefix(p, "<") {
			s = strings.TrimSuffix(s, p+`</a:p>`) + `<a:r><a:t>` + p + `</a:t></a:r></a:p>`
		}
	}
	return s + `</p:txBody></p:sp>`
}

func slide(attributes, shapes string) string {
	return `<p:sld xmlns:p="p" xmlns:a="a" ` + attributes + `><p:cSld><p:spTree>` + shapes + `</p:spTree></p:cSld></p:sld>`
}

func workbook(t testing.TB, fill func(f *excelize.File) error) []byte {
	t.Helper()
	f := excelize.NewFile()
	defer f.Close()
	if err := fill(f); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := f.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func rowsOf(f *excelize.File, sheet string, rows ...[]any) error {
	for i, r := range rows {
		at, err := excelize.CoordinatesToCellName(1, i+1)
		if err != nil {
			return err
		}
		if err := f.SetSheetRow(sheet, at, &r); err != nil {
			return err
		}
	}
	return nil
}

func encoded(t testing.TB, e encoding.Encoding, s string) []byte {
	t.Helper()
	b, err := e.NewEncoder().Bytes([]byte(s))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

const speakers = "姓名,职务,机构\n某甲,秘书长,公益基金会\n某乙,\"主任,研究员\",大学社会发展研究所\n"

var speakerBlocks = []shown{
	{Header, 0, "姓名 · 职务 · 机构", []string{"姓名", "职务", "机构"}},
	{Row, 0, "姓名：某甲 · 职务：秘书长 · 机构：公益基金会", []string{"某甲", "秘书长", "公益基金会"}},
	{Row, 0, "姓名：某乙 · 职务：主任,研究员 · 机构：大学社会发展研究所", []string{"某乙", "主任,研究员", "大学社会发展研究所"}},
}

func TestReadOffice(t *testing.T) {
	t.Parallel()
	type want struct {
		Title  string
		Blocks []shown
	}
	for _, tt := range []struct {
		name, file string
		content    []byte
		want       want
	}{
		{"DOCX with headings, lists, notes and what is not shown", "a.docx", word(t,
			para("T", "Report of the seminar")+para("own", "一、背景")+
				`<w:p><w:r><w:t>The words</w:t></w:r><w:r><w:footnoteReference w:id="2"/></w:r><w:del><w:r><w:delText>never</w:delText></w:r></w:del>`+
				`<w:ins><w:r><w:t xml:space="preserve"> were</w:t><w:tab/><w:t>kept.</w:t></w:r></w:ins><w:r><w:rPr><w:vanish/></w:rPr><w:t>secret</w:t></w:r>`+
				`<w:r><w:instrText>PAGE</w:instrText></w:r><mc:AlternateContent><mc:Choice><w:txbxContent>`+para("", "In a box.")+`</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>`+para("", "In a box.")+`</w:txbxContent></mc:Fallback></mc:AlternateContent></w:p>`+
				`<w:p><w:pPr><w:numPr><w:ilvl w:val="0"/><w:numId w:val="3"/></w:numPr></w:pPr><w:r><w:t>one</w:t></w:r></w:p>`+
				`<w:p><w:pPr><w:numPr><w:ilvl w:val="1"/><w:numId w:val="3"/></w:numPr></w:pPr><w:hyperlink><w:r><w:t>two</w:t></w:r></w:hyperlink></w:p>`+
				`<w:sdt><w:sdtContent>`+para("1", "In a control")+`</w:sdtContent></w:sdt>`),
			want{"Report of the seminar", []shown{
				{Heading, 1, "Report of the seminar", nil}, {Heading, 2, "一、背景", nil},
				{Paragraph, 0, "The words[1] were kept.", nil}, {Paragraph, 0, "In a box.", nil},
				{Item, 1, "one", nil}, {Item, 2, "two", nil}, {Heading, 1, "In a control", nil}, {Paragraph, 0, "[1] A note.", nil},
			}}},
		{"DOCX tables with a header row, spans and a frame", "a.docx", word(t,
			`<w:tbl><w:tr><w:trPr><w:tblHeader/></w:trPr>`+cell("", "Time")+cell("", "Session")+cell("", "2023")+`</w:tr>`+
				`<w:tr>`+cell(`<w:vMerge w:val="restart"/>`, "09:00")+cell("", "Opening")+`<w:tc>`+para("", "A. Lee")+para("", "B. Wu")+`</w:tc></w:tr>`+
				`<w:tr>`+cell(`<w:vMerge/>`, "")+cell(`<w:gridSpan w:val="2"/>`, "Keynote")+`</w:tr></w:tbl>`+para("", "")+
				`<w:tbl><w:tr>`+cell("", "姓名")+cell("", "职务")+`</w:tr><w:tr>`+cell("", "某甲")+cell("", "秘书长")+`</w:tr></w:tbl>`+
				`<w:tbl><w:tr>`+cell("", "A frame.")+`</w:tr></w:tbl>`),
			want{"Seminar of the foundations", []shown{
				{Header, 0, "Time · Session · 2023", []string{"Time", "Session", "2023"}},
				{Row, 0, "Time: 09:00 · Session: Opening · 2023: A. Lee; B. Wu", []string{"09:00", "Opening", "A. Lee; B. Wu"}},
				{Row, 0, "Time: 09:00 · Session: Keynote", []string{"09:00", "Keynote", ""}},
				{Header, 0, "姓名 · 职务", []string{"姓名", "职务"}}, {Row, 0, "姓名：某甲 · 职务：秘书长", []string{"某甲", "秘书长"}},
				{Paragraph, 0, "A frame.", nil},
			}}},
		{"DOCX that calls itself text", "a.txt", word(t, para("", "Words.")), want{"Seminar of the foundations", []shown{{Paragraph, 0, "Words.", nil}}}},
		{"PPTX with notes, lists, a table and a hidden slide", "a.pptx", deck(t,
			slide("", shape("body", "first", `<a:pPr lvl="1"/><a:r><a:t>inner</a:t></a:r>`)+shape("title", "Opening")+shape("sldNum", "1")+shape("", "Free text")),
			slide(`show="0"`, shape("title", "Hidden")),
			slide("", shape("ctrTitle", "议程")+`<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tblPr firstRow="1"/>`+
				`<a:tr><a:tc><a:txBody><a:p><a:r><a:t>时间</a:t></a:r></a:p></a:txBody></a:tc><a:tc><a:txBody><a:p><a:r><a:t>环节</a:t></a:r></a:p></a:txBody></a:tc></a:tr>`+
				`<a:tr><a:tc><a:txBody><a:p><a:r><a:t>09:00</a:t></a:r></a:p></a:txBody></a:tc><a:tc><a:txBody><a:p><a:r><a:t>开幕</a:t></a:r></a:p></a:txBody></a:tc></a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>`)),
			want{"Opening", []shown{
				{Heading, 1, "Opening", nil}, {Item, 1, "first", nil}, {Item, 2, "inner", nil}, {Paragraph, 0, "Free text", nil}, {Quote, 0, "Say this slowly.", nil},
				{Heading, 1, "议程", nil}, {Header, 0, "时间 · 环节", []string{"时间", "环节"}}, {Row, 0, "时间：09:00 · 环节：开幕", []string{"09:00", "开幕"}},
			}}},
		{"XLSX with a title, a part of the day, a merged cell, dates and a hidden sheet", "agenda of May.xlsx", workbook(t, func(f *excelize.File) error {
			if err := f.SetSheetName("Sheet1", "Day 1"); err != nil {
				return err
			}
			style, err := f.NewStyle(&excelize.Style{NumFmt: 14})
			if err != nil {
				return err
			}
			if _, err := f.NewSheet("Notes"); err != nil {
				return err
			}
			return errors.Join(rowsOf(f, "Day 1",
				[]any{"Programme of the seminar"},
				[]any{"Time", "Session", "Speaker", "Date"},
				[]any{"Morning"},
				[]any{"09:00", "Opening", "A. Lee", 45185},
				[]any{nil, "Keynote", "C. Ho"},
				[]any{},
				[]any{"Contact", "The office"},
			), f.MergeCell("Day 1", "A1", "D1"), f.MergeCell("Day 1", "A3", "D3"), f.MergeCell("Day 1", "A4", "A5"), f.SetCellStyle("Day 1", "D4", "D4", style),
				rowsOf(f, "Notes", []any{"secret"}), f.SetSheetVisible("Notes", false))
		}), want{"agenda of May", []shown{
			{Heading, 1, "Day 1", nil}, {Paragraph, 0, "Programme of the seminar", nil},
			{Header, 0, "Time · Session · Speaker · Date", []string{"Time", "Session", "Speaker", "Date"}},
			{Paragraph, 0, "Morning", nil},
			{Row, 0, "Time: 09:00 · Session: Opening · Speaker: A. Lee · Date: 2023-09-16", []string{"09:00", "Opening", "A. Lee", "2023-09-16"}},
			{Row, 0, "Time: 09:00 · Session: Keynote · Speaker: C. Ho", []string{"09:00", "Keynote", "C. Ho", ""}},
			{Row, 0, "Contact · The office", []string{"Contact", "The office"}},
		}}},
		{"CSV", "speakers.csv", []byte(speakers), want{"speakers", speakerBlocks}},
		{"CSV with a mark", "speakers.csv", []byte("\uFEFF" + speakers), want{"speakers", speakerBlocks}},
		{"CSV in GB18030", "speakers.csv", encoded(t, simplifiedchinese.GB18030, speakers), want{"speakers", speakerBlocks}},
		{"CSV in UTF-16", "speakers.csv", encoded(t, utf.UTF16(utf.LittleEndian, utf.UseBOM), speakers), want{"speakers", speakerBlocks}},
		{"CSV in Big5", "講者.csv", encoded(t, traditionalchinese.Big5, "姓名;職稱;單位\n某甲;秘書長;公益基金會\n某乙;主任;大學社會發展研究所\n"), want{"講者", []shown{
			{Header, 0, "姓名 · 職稱 · 單位", []string{"姓名", "職稱", "單位"}},
			{Row, 0, "姓名：某甲 · 職稱：秘書長 · 單位：公益基金會", []string{"某甲", "秘書長", "公益基金會"}},
			{Row, 0, "姓名：某乙 · 職稱：主任 · 單位：大學社會發展研究所", []string{"某乙", "主任", "大學社會發展研究所"}},
		}}},
		{"TSV by tabs with quoted lines", "a.tsv", []byte("Time\tSession\n09:00\t\"Opening\nand welcome\"\n\nRoom\tHall A\n"), want{"a", []shown{
			{Header, 0, "Time · Session", []string{"Time", "Session"}}, {Row, 0, "Time: 09:00 · Session: Opening; and welcome", []string{"09:00", "Opening; and welcome"}},
			{Row, 0, "Room · Hall A", []string{"Room", "Hall A"}},
		}}},
		{"CSV of figures has no header", "a.csv", []byte("1,2\n3,4\n"), want{"a", []shown{{Row, 0, "1 · 2", []string{"1", "2"}}, {Row, 0, "3 · 4", []string{"3", "4"}}}}},
		{"a table that calls itself text", "a.txt", []byte("id;name;room\n1;Opening;A\n2;Keynote;B\n3;Break;C\n"), want{"a", []shown{
			{Header, 0, "id · name · room", []string{"id", "name", "room"}}, {Row, 0, "id: 1 · name: Opening · room: A", []string{"1", "Opening", "A"}},
			{Row, 0, "id: 2 · name: Keynote · room: B", []string{"2", "Keynote", "B"}}, {Row, 0, "id: 3 · name: Break · room: C", []string{"3", "Break", "C"}},
		}}},
		{"prose with commas is none", "a.txt", []byte("One, two, three.\nFour, five.\nSix, seven, eight, nine.\nTen, eleven, twelve.\n"), want{"a", []shown{
			{Paragraph, 0, "One, two, three.\nFour, five.\nSix, seven, eight, nine.\nTen, eleven, twelve.", nil},
		}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := Read(tt.file, tt.content, Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, want{d.Title, show(t, d)}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestSlidesArePages(t *testing.T) {
	t.Parallel()
	d, err := Read("a.pptx", deck(t, slide("", shape("title", "One")), slide("", shape("title", "Two"))), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	var pages []int
	for _, b := range d.Blocks {
		pages = append(pages, b.Page)
	}
	if diff := cmp.Diff([]int{1, 1, 2}, pages); diff != "" { // the first has notes
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// lying makes an archive whose directory states another size than its files have.
func lying(t testing.TB, name string, content []byte, stated uint64) []byte {
	t.Helper()
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	raw, err := z.CreateRaw(&zip.FileHeader{Name: name, Method: zip.Deflate, CRC32: crc32.ChecksumIEEE(content), CompressedSize64: uint64(packed.Len()), UncompressedSize64: stated})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Write(packed.Bytes()); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestOfficeLimits(t *testing.T) {
	t.Parallel()
	zeros := strings.Repeat("\x00", 8<<20)
	nested := zipped(t, "inner.zip", string(zipped(t, "inner.zip", string(zipped(t, "zeros", zeros)))))
	many := []string{}
	for i := range 50 {
		many = append(many, fmt.Sprintf("word/%d.xml", i), "x")
	}
	encryptedEnvelope := append([]byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"), bytes.Repeat([]byte{0}, 600)...)
	encryptedEnvelope = append(encryptedEnvelope, encryptedPackage...)
	truncated := word(t, para("", strings.Repeat("Words. ", 500)))
	protected := zipped(t, "word/document.xml", "<w:document/>")
	for i := 0; i+10 < len(protected); i++ { // the flag of encryption in the directory
		if binary.LittleEndian.Uint32(protected[i:]) == 0x02014b50 {
			protected[i+8] |= 1
		}
	}
	for _, tt := range []struct {
		name, file string
		content    []byte
		limits     Limits
		want       Fault
	}{
		{"a zip of zips of zeros is not opened", "a.docx", nested, Limits{}, Fault{Code: Binary, Detail: "application/zip"}},
		{"a part that swells", "a.docx", zipped(t, "word/document.xml", zeros), Limits{}, Fault{Code: TooCompressed, Limit: DefaultRatio, Detail: "document.xml"}},
		{"a part that lies about its size", "a.docx", lying(t, "word/document.xml", []byte("<w:document>"+strings.Repeat("<w:p><w:r><w:t>x</w:t></w:r></w:p>", 50_000)), 64), Limits{}, Fault{Code: Damaged, Detail: "document.xml"}},
		{"a part that states more than is allowed", "a.xlsx", lying(t, "xl/workbook.xml", []byte("<workbook/>"), 1<<40), Limits{}, Fault{Code: TooMuchUnzipped, Limit: DefaultUnzipped}},
		{"parts that are too much together", "a.docx", zipped(t, "word/document.xml", "0123456789", "word/b.xml", "0123456789"), Limits{Unzipped: 15}, Fault{Code: TooMuchUnzipped, Limit: 15}},
		{"too many parts", "a.docx", zipped(t, many...), Limits{Entries: 49}, Fault{Code: TooManyEntries, Limit: 49}},
		{"XML too deep", "a.docx", word(t, strings.Repeat("<w:p>", 400)+strings.Repeat("</w:p>", 400)), Limits{}, Fault{Code: TooNested, Limit: DefaultDepth}},
		{"XML too deep in a spreadsheet's neighbour", "a.pptx", deck(t, slide("", strings.Repeat("<p:grpSp>", 300)+strings.Repeat("</p:grpSp>", 300))), Limits{}, Fault{Code: TooNested, Limit: DefaultDepth}},
		{"entities that multiply", "a.docx", zipped(t, "word/document.xml", `<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><w:document><w:p><w:r><w:t>&b;</w:t></w:r></w:p></w:document>`), Limits{}, Fault{Code: Damaged, Detail: "document.xml"}},
		{"XML cut off", "a.docx", zipped(t, "word/document.xml", "<w:document><w:body>"+para("", "Words.")), Limits{}, Fault{Code: Damaged, Detail: "document.xml"}},
		{"an archive cut off", "a.docx", truncated[:len(truncated)-40], Limits{}, Fault{Code: Damaged, Detail: "zip"}},
		{"too many slides", "a.pptx", deck(t, slide("", ""), slide("", "")), Limits{Pages: 1}, Fault{Code: TooManyPages, Limit: 1}},
		{"too much text", "a.docx", word(t, para("", "0123456789")), Limits{Text: 5}, Fault{Code: TooLong, Limit: 5}},
		{"too many cells of a spreadsheet", "a.xlsx", workbook(t, func(f *excelize.File) error { return rowsOf(f, "Sheet1", []any{"a", "b"}, []any{1, 2}) }), Limits{Cells: 3}, Fault{Code: TooManyCells, Limit: 3}},
		{"a cell at the sheet's far end", "a.xlsx", workbook(t, func(f *excelize.File) error { return f.SetCellValue("Sheet1", "XFD900000", "x") }), Limits{Cells: 1000}, Fault{Code: TooManyCells, Limit: 1000}},
		{"too many fields of a CSV", "a.csv", []byte("a,b\n1,2\n"), Limits{Cells: 3}, Fault{Code: TooManyCells, Limit: 3}},
		{"a password by the envelope", "a.docx", encryptedEnvelope, Limits{}, Fault{Code: Encrypted}},
		{"a password by the archive", "a.docx", protected, Limits{}, Fault{Code: Encrypted}},
		{"a spreadsheet that is none", "a.xlsx", zipped(t, "xl/workbook.xml", "<nothing"), Limits{}, Fault{Code: Damaged, Detail: "XLSX"}},
		{"an empty document", "a.docx", word(t, ""), Limits{}, Fault{Code: NoText}},
		{"an empty spreadsheet", "a.xlsx", workbook(t, func(*excelize.File) error { return nil }), Limits{}, Fault{Code: NoText}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Read(tt.file, tt.content, tt.limits)
			var got *Fault
			if !errors.As(err, &got) {
				t.Fatalf("got %v, want a fault", err)
			}
			got.Err = nil
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
