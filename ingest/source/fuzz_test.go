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
		d, err := Read(name, b, Limits{Bytes: 1 << 20})
		if err != nil {
			var fault *Fault
			if !errors.As(err, &fault) {
				t.Fatalf("%v is no fault", err)
			}
			return
		}
		check(t, d)
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
