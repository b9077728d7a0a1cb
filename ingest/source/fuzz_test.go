package source

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"osmanthus/retrieval/lang"
)

// check holds what every document must.
func check(t *testing.T, d Document) {
	t.Helper()
	if !utf8.ValidString(d.Text) || lang.Clean(d.Text) != d.Text {
		t.Errorf("the text is not clean: %q", d.Text)
	}
	if d.Title == "" || lang.Clean(d.Title) != d.Title || strings.Contains(d.Title, "\n") {
		t.Errorf("title %q", d.Title)
	}
	if !d.Lang.Valid() {
		t.Errorf("language %q", d.Lang)
	}
	end := 0
	for _, b := range d.Blocks {
		if b.Start < end || b.End <= b.Start || b.End > len(d.Text) {
			t.Fatalf("block %+v after %d in %d bytes", b, end, len(d.Text))
		}
		if strings.TrimSpace(d.Text[end:b.Start]) != "" {
			t.Errorf("%q is in no block", d.Text[end:b.Start])
		}
		end = b.End
		text := d.Text[b.Start:b.End]
		if !utf8.ValidString(text) || strings.TrimSpace(text) == "" {
			t.Errorf("block %q", text)
		}
		at := b.Start
		for _, c := range b.Cells {
			if c.Start < at || c.End < c.Start || c.End > b.End || !utf8.ValidString(d.Text[c.Start:c.End]) {
				t.Fatalf("cell %+v in %+v", c, b)
			}
			at = c.End
		}
	}
	if strings.TrimSpace(d.Text[end:]) != "" {
		t.Errorf("%q is in no block", d.Text[end:])
	}
}

func fuzzReader(f *testing.F, name string, seeds ...string) {
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		fuzzed(t, name, b)
	})
}

func FuzzMarkdown(f *testing.F) {
	fuzzReader(f, "x.md", "# A\n\n| a | b |\n|--|--|\n| 1 | 2 |\n", "---\ntitle: x\n---\n\n- a\n  - b\n\n> q\n", "<div>\n\n**x**&#x200b;\n\n</div>", "a  \nb\\\nc[^1]\n\n[^1]: note", "中文\n換行")
}

func FuzzHTML(f *testing.F) {
	fuzzReader(f, "x.html", "<html><body><table><tr><th>a<th>b<tr><td rowspan=3>1<td colspan=9>2</table><p>x", "<p>中\n文<br><br>b<ul><li>c<ul><li>d</ul></ul>", "<main><form><pre> x\n y</pre></form></main>", "<table><thead><tr><td>a</td></tr></thead><caption>c</caption></table>")
}

func FuzzText(f *testing.F) {
	fuzzReader(f, "x.txt", "Title\n\nA line\n- b\n", "a\tb\n1\t2\n", "\xFF\xFEa\x00b\x00", "\xb5\xb1\xc7\xb0", "一、背景\n\n　　段落\u200b。")
}

func FuzzCSV(f *testing.F) {
	fuzzReader(f, "x.csv", "a,b\n1,2\n", "姓名;职务\n某甲;\"秘书\n长\"\n", "sep=|\na|b\n", "a\tb\n\n1\t2\n", "\"")
}

func FuzzCalendar(f *testing.F) {
	fuzzReader(f, "x.ics", calendar, "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY;X=\":\":a\\,b\nDTSTART:20230101\nDURATION:P1W\nEND:VEVENT\nEND:VCALENDAR\n")
}

func FuzzSchedule(f *testing.F) {
	fuzzReader(f, "x.json", pretalx, sessionLines, `{"sessions": [{"title": {"zh": "x"}, "start": "2023-01-01", "speakers": ["a", 1, {"name": {"zh": 1}}]}]}`)
}

// The parts of an office document are fuzzed as what they are, not through the zip that wraps them.
func FuzzWord(f *testing.F) {
	for _, body := range []string{
		para("1", "x") + `<w:tbl><w:tr>` + cell(`<w:gridSpan w:val="3"/>`, "a") + `</w:tr><w:tr>` + cell(`<w:vMerge/>`, "b") + cell("", "c") + `</w:tr></w:tbl>`,
		`<w:p><w:pPr><w:numPr><w:ilvl w:val="9"/></w:numPr></w:pPr><w:r><w:footnoteReference w:id="2"/></w:r></w:p>`,
	} {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) { fuzzed(t, "x.docx", word(t, body)) })
}

func FuzzSlides(f *testing.F) {
	f.Add(shape("title", "x") + shape("body", "a", "b") + `<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tr><a:tc vMerge="1"/></a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>`)
	f.Fuzz(func(t *testing.T, shapes string) { fuzzed(t, "x.pptx", deck(t, slide("", shapes))) })
}

func FuzzSheet(f *testing.F) {
	f.Add(`<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>`, `<mergeCell ref="A1:C2"/>`)
	f.Fuzz(func(t *testing.T, rows, merged string) {
		fuzzed(t, "x.xlsx", zipped(t, "_rels/.rels", mainPart("xl/workbook.xml"),
			"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
			"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="A" sheetId="1" r:id="rId1"/></sheets></workbook>`,
			"xl/_rels/workbook.xml.rels", `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
			"xl/worksheets/sheet1.xml", `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`+rows+`</sheetData><mergeCells>`+merged+`</mergeCells></worksheet>`))
	})
}

func fuzzed(t *testing.T, name string, content []byte) {
	t.Helper()
	d, err := Read(name, content, Limits{Bytes: 1 << 20, Cells: 5000})
	var fault *Fault
	switch {
	case err == nil:
		check(t, d)
	case !errors.As(err, &fault):
		t.Fatalf("%v is no fault", err)
	case fault.Code == ReaderEnded:
		t.Fatalf("a panic: %v", fault.Err)
	}
}
