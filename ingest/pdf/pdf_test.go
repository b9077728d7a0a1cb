package pdf

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/ingest/source"
)

// reader is one for all tests: to compile pdfium takes seconds, with the race detector more.
var reader = sync.OnceValue(func() source.Reader {
	return source.Reader{PDF: New(filepath.Join(os.TempDir(), "osmanthus-test-pdfium"))}
})

type shown struct {
	Kind  source.BlockKind
	Level int
	Page  int
	Text  string
}

func show(d source.Document) []shown {
	var out []shown
	for _, b := range d.Blocks {
		out = append(out, shown{b.Kind, b.Level, b.Page, d.Text[b.Start:b.End]})
	}
	return out
}

// lines writes text from y down, one line each 16 points.
func lines(font string, y float64, texts ...string) string {
	var s strings.Builder
	for i, t := range texts {
		s.WriteString(at(font, 11, 60, y-16*float64(i), t))
	}
	return s.String()
}

func TestPages(t *testing.T) {
	t.Parallel()
	const report = "研讨会在深圳举行，来自各地的一百二十名代表参加了会议，围绕公益慈善与数"
	long := "The representatives of foundations and of companies met to discuss how the data of"
	type want struct {
		Title    string
		Warnings []string
		Details  map[string]string
		Blocks   []shown
	}
	for _, tt := range []struct {
		name string
		pdf  built
		want want
	}{
		{"Chinese by a predefined map", built{pages: []string{
			at(adobeGB, 18, 60, 700, "第十届研讨会报告") + lines(adobeGB, 660, report, "字技术展开讨论。", "第二段从这里开始，另起一行。"),
		}}, want{"第十届研讨会报告", nil, nil, []shown{
			{source.Heading, 1, 1, "第十届研讨会报告"},
			{source.Paragraph, 0, 1, report + "字技术展开讨论。"},
			{source.Paragraph, 0, 1, "第二段从这里开始，另起一行。"},
		}}},
		{"Chinese by glyph numbers and a map to Unicode", built{pages: []string{
			lines(identity, 660, "研讨会在深圳举行"),
		}}, want{"研讨会在深圳举行", nil, nil, []shown{{source.Paragraph, 0, 1, "研讨会在深圳举行"}}}},
		{"a paragraph that goes on overleaf, headers, footers and page numbers", built{title: "Microsoft Word - x.doc", pages: []string{
			at(latin, 9, 60, 820, "Annual report 2023") + at(latin, 20, 60, 740, "Opening") + lines(latin, 700, long, long) + at(latin, 9, 290, 20, "1"),
			at(latin, 9, 60, 820, "Annual report 2023") + lines(latin, 700, "people who gave may be kept.", "A new one.") + at(latin, 9, 290, 20, "2"),
			at(latin, 9, 60, 820, "Annual report 2023") + lines(latin, 700, "The end.") + at(latin, 9, 290, 20, "- 3 -"),
		}}, want{"Opening", nil, nil, []shown{
			{source.Paragraph, 0, 1, "Annual report 2023"}, // once: nothing is lost
			{source.Heading, 1, 1, "Opening"},
			{source.Paragraph, 0, 1, long + " " + long + " people who gave may be kept."},
			{source.Paragraph, 0, 2, "A new one."},
			{source.Paragraph, 0, 3, "The end."},
		}}},
		{"hyphens at the lines' ends", built{pages: []string{
			lines(latin, 700, long+" many found-", "ations of well-", "known people is kept; a well-known case."),
		}}, want{"x", nil, nil, []shown{{source.Paragraph, 0, 1, long + " many foundations of well-known people is kept; a well-known case."}}}},
		{"an agenda by columns", built{pages: []string{
			at(latin, 11, 60, 700, "Time") + at(latin, 11, 160, 700, "Session") + at(latin, 11, 400, 700, "Speaker") +
				at(latin, 11, 60, 680, "09:00") + at(latin, 11, 160, 680, "Opening of the seminar") + at(latin, 11, 400, 680, "A. Lee") +
				at(latin, 11, 160, 667, "and welcome") +
				at(latin, 11, 60, 640, "10:30") + at(latin, 11, 160, 640, "Tea break") +
				lines(latin, 560, "The words that follow the table are no part of it, as anybody can see from the place."),
		}}, want{"x", nil, nil, []shown{
			{source.Header, 0, 1, "Time · Session · Speaker"},
			{source.Row, 0, 1, "Time: 09:00 · Session: Opening of the seminar and welcome · Speaker: A. Lee"},
			{source.Row, 0, 1, "Time: 10:30 · Session: Tea break"},
			{source.Paragraph, 0, 1, "The words that follow the table are no part of it, as anybody can see from the place."},
		}}},
		{"items", built{pages: []string{
			lines(latin, 700, "We decided:", "1. to meet again", "2. to write it down"),
		}}, want{"x", nil, nil, []shown{
			{source.Paragraph, 0, 1, "We decided:"}, {source.Item, 1, 1, "1. to meet again"}, {source.Item, 1, 1, "2. to write it down"},
		}}},
		{"some pages are pictures", built{pages: []string{
			lines(latin, 700, "Words on the first page."), picture, picture, lines(latin, 700, "Words on the fourth."), picture,
		}}, want{"x", []string{source.WarnScanned}, map[string]string{source.WarnScanned: "2–3, 5"}, []shown{
			{source.Paragraph, 0, 1, "Words on the first page."}, {source.Paragraph, 0, 4, "Words on the fourth."},
		}}},
		{"a page whose characters have no meaning", built{pages: []string{
			lines(latin, 700, "Words on the first page."), lines(nameless, 700, report, report),
		}}, want{"x", []string{source.WarnGarbled}, map[string]string{source.WarnGarbled: "2"}, []shown{
			{source.Paragraph, 0, 1, "Words on the first page."},
		}}},
		{"radicals in place of characters", built{pages: []string{
			lines(adobeGB, 700, "⽅案与⼈⼝"),
		}}, want{"方案与人口", nil, nil, []shown{{source.Paragraph, 0, 1, "方案与人口"}}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := reader().Read("x.pdf", tt.pdf.bytes(), source.Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, want{d.Title, d.Warnings, d.Details, show(d)}); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	whole := built{pages: []string{lines(latin, 700, "Words."), lines(latin, 700, "More.")}}.bytes()
	locked := built{pages: []string{lines(latin, 700, "Words.")}, trailer: "/ID[<00><00>]/Encrypt<</Filter/Standard/V 1/R 2/P -4/O<" +
		strings.Repeat("11", 32) + ">/U<" + strings.Repeat("22", 32) + ">>>"}.bytes()
	for _, tt := range []struct {
		name, file string
		content    []byte
		limits     source.Limits
		want       source.Fault
	}{
		{"pictures only", "a.pdf", built{pages: []string{picture, picture}}.bytes(), source.Limits{}, source.Fault{Code: source.Scanned, Detail: "1–2"}},
		{"no meaning at all", "a.pdf", built{pages: []string{lines(nameless, 700, strings.Repeat("研讨会在深圳举行", 4))}}.bytes(), source.Limits{}, source.Fault{Code: source.Garbled, Detail: "1"}},
		{"empty pages", "a.pdf", built{pages: []string{"", ""}}.bytes(), source.Limits{}, source.Fault{Code: source.NoText}},
		{"a password", "a.pdf", locked, source.Limits{}, source.Fault{Code: source.Encrypted}},
		{"cut off within the first object", "a.pdf", whole[:40], source.Limits{}, source.Fault{Code: source.Damaged, Detail: "PDF"}},
		{"only the mark", "a.pdf", []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj\n"), source.Limits{}, source.Fault{Code: source.Damaged, Detail: "PDF"}},
		{"named as text", "a.txt", built{pages: []string{picture}}.bytes(), source.Limits{}, source.Fault{Code: source.Scanned, Detail: "1"}},
		{"too many pages", "a.pdf", whole, source.Limits{Pages: 1}, source.Fault{Code: source.TooManyPages, Limit: 1}},
		{"a hundred thousand pages", "a.pdf", bytes.Replace(whole, []byte("/Count 2"), []byte("/Count 100000"), 1), source.Limits{}, source.Fault{Code: source.TooManyPages, Limit: source.DefaultPages}},
		{"too much text", "a.pdf", whole, source.Limits{Text: 8}, source.Fault{Code: source.TooLong, Limit: 8}},
		{"too many bytes", "a.pdf", whole, source.Limits{Bytes: 100}, source.Fault{Code: source.TooLarge, Limit: 100}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := reader().Read(tt.file, tt.content, tt.limits)
			var got *source.Fault
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

// A document whose table of objects is cut off is mended where it can be, and its reader serves the next one.
func TestTruncated(t *testing.T) {
	t.Parallel()
	whole := built{pages: []string{lines(latin, 700, "Words."), lines(latin, 700, "More.")}}.bytes()
	for end := len(whole) - 1; end > len("%PDF-1.5"); end -= len(whole) / 25 {
		d, err := reader().Read("a.pdf", whole[:end], source.Limits{})
		var fault *source.Fault
		if err != nil && !errors.As(err, &fault) {
			t.Errorf("%d bytes: %v is no fault", end, err)
		}
		if err == nil && !strings.Contains(d.Text, "Words.") {
			t.Errorf("%d bytes: %q", end, d.Text)
		}
	}
	if _, err := reader().Read("a.pdf", whole, source.Limits{}); err != nil {
		t.Error(err)
	}
}

// Three hundred pages of Chinese: all is there, each at its page.
func TestManyPages(t *testing.T) {
	t.Parallel()
	d, err := reader().Read("a.pdf", manyPages(300), source.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	for page := 1; page <= 300; page++ {
		want := fmt.Sprintf("第%d页的结论", page)
		found := false
		for _, b := range d.Blocks {
			found = found || strings.Contains(d.Text[b.Start:b.End], want) && b.Page == page
		}
		if !found {
			t.Errorf("no %q on page %d", want, page)
		}
	}
}

func manyPages(n int) []byte {
	var d built
	for page := range n {
		var s strings.Builder
		for i := range 34 {
			s.WriteString(at(adobeGB, 11, 60, 700-18*float64(i), fmt.Sprintf("研讨会在深圳举行，共有%d人参加，慈善与公益基金会合作发展，第%d次会议。", 100+page, i*page)))
		}
		s.WriteString(at(adobeGB, 11, 60, 80, fmt.Sprintf("第%d页的结论。", page+1)))
		d.pages = append(d.pages, s.String())
	}
	return d.bytes()
}

// The speed that is promised is 300 pages a second.
func BenchmarkPages(b *testing.B) {
	content := manyPages(300)
	if _, err := reader().Read("a.pdf", content, source.Limits{}); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	start := time.Now()
	n := 0
	for b.Loop() {
		if _, err := reader().Read("a.pdf", content, source.Limits{}); err != nil {
			b.Fatal(err)
		}
		n += 300
	}
	b.ReportMetric(float64(n)/time.Since(start).Seconds(), "pages/s")
}

func FuzzPDF(f *testing.F) {
	f.Add(built{pages: []string{lines(latin, 700, "Words."), lines(adobeGB, 700, "会议")}}.bytes())
	f.Add(built{pages: []string{picture}}.bytes())
	f.Fuzz(func(t *testing.T, b []byte) {
		_, err := reader().Read("x.pdf", b, source.Limits{Bytes: 1 << 20})
		var fault *source.Fault
		if err != nil && !errors.As(err, &fault) {
			t.Fatalf("%v is no fault", err)
		}
	})
}
