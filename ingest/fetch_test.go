package ingest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"osmanthus/ingest/source"
)

// A site is pages by address.
type site map[string]string

func (s site) Pages(_ context.Context, address string) (pages []string, err error) {
	for page := range s {
		pages = append(pages, page)
	}
	if len(pages) > 3 {
		return pages, &source.Fault{Code: source.TooLarge, Limit: 3}
	}
	return pages, nil
}

func (s site) Fetch(_ context.Context, address string, _ source.Limits) ([]byte, error) {
	content, ok := s[address]
	if !ok {
		return nil, &source.Fault{Code: source.Missing}
	}
	return []byte(content), nil
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	const at = "https://example.org/seminar/"
	page := func(words string) string { return "<html><body><h1>Page</h1><p>" + words + "</p></body></html>" }
	s := site{at + "staff/a": page("The hall is open."), at + "b": page("The garden is not."), at + "c": page("Nor is the tower.")}
	m := newMemory()
	config := m.config(&packer{}, &clock{})
	config.Fetcher = s
	p, err := NewPipeline(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name    string
		changes func()
		want    Summary
	}{
		{"a site", func() {}, Summary{Added: 3, Passages: 3}},
		{"again", func() {}, Summary{Unchanged: 3}},
		{"a page changes, one goes", func() { s[at+"b"] = page("The garden is open."); delete(s, at+"c") }, Summary{Changed: 1, Unchanged: 1, Removed: 1, Passages: 1}},
		{"too many pages: nothing is pruned", func() {
			delete(s, at+"b")
			for _, name := range []string{"x", "y", "z"} {
				s[at+name] = page("Page " + name)
			}
		}, Summary{Added: 3, Unchanged: 1, Passages: 3, Failed: []Failure{
			{Source: "https://example.org/seminar", Code: source.PruneRefused}, {Source: at, Code: source.TooLarge},
		}}},
	} {
		tt.changes()
		if diff := cmp.Diff(tt.want, ran(t, p, Options{Prune: true}, at), figures); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
	if got := m.versions[[2]string{"", at + "staff/a"}].Audience; got != "public" {
		t.Errorf("a page of the world is for %s", got)
	}
}
