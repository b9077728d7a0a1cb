package source

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A page that does not mark its text is read without its menus, a page whose table would be lost whole.
func TestArticle(t *testing.T) {
	t.Parallel()
	paragraph := strings.Repeat("The seminar brought together representatives of foundations, universities and companies, who spoke of data. ", 3)
	menu := `<div class="menu">` + strings.Repeat(`<div class="link"><a href="/x">A link of the menu</a></div>`, 12) + `</div>`
	story := `<div class="content"><p>` + strings.Join([]string{paragraph, paragraph, paragraph}, "</p><p>") + `</p></div>`
	head := `<html><head><title>Site - News</title><link rel="canonical" href="https://example.org/news/1">` +
		`<script type="application/ld+json">{"@context":"https://schema.org","@type":"NewsArticle","headline":"Seminar opens","datePublished":"2023-09-16T22:00:00+08:00"}</script></head><body>`
	for _, tt := range []struct {
		name, page string
		menu       bool
		headline   string
	}{
		{"an article among menus", head + menu + "<div><h1>Seminar opens</h1></div>" + story + menu + "</body></html>", false, "Seminar opens"},
		{"a table outside it", head + menu + story + "<div><table><tr><td>09:00</td><td>Opening</td></tr><tr><td>10:00</td><td>Break</td></tr></table></div></body></html>", true, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := Read("a.html", []byte(tt.page), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			check(t, d)
			if n := strings.Count(d.Text, strings.TrimSpace(paragraph)); n != 3 {
				t.Errorf("%d of 3 paragraphs", n)
			}
			if strings.Contains(d.Text, "A link of the menu") != tt.menu {
				t.Errorf("menu %t, want %t", !tt.menu, tt.menu)
			}
			if tt.menu && !strings.Contains(d.Text, "Opening") {
				t.Error("the table is lost")
			}
			if tt.headline != "" && (d.Blocks[0].Kind != Heading || d.Text[d.Blocks[0].Start:d.Blocks[0].End] != tt.headline || d.Title != tt.headline) {
				t.Errorf("begins with %q, title %q", d.Text[d.Blocks[0].Start:d.Blocks[0].End], d.Title)
			}
			if !d.Date.Equal(day(2023, 9, 16)) {
				t.Errorf("date %v", d.Date)
			}
			if diff := cmp.Diff(map[string]string{"canonical": "https://example.org/news/1"}, d.Meta); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
