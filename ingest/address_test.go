package ingest

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"osmanthus/ingest/source"
)

// A site is a fetcher of pages by their addresses.
type site map[string]string

func (s site) Pages(_ context.Context, address string) ([]string, error) {
	if address == "https://example.org/sitemap.xml" {
		return []string{"https://example.org/a", "https://example.org/b"}, &source.Fault{Code: source.TooManyAddresses, Limit: 2}
	}
	return []string{address}, nil
}

func (s site) Fetch(_ context.Context, address string, _ source.Limits) ([]byte, error) {
	if content, ok := s[address]; ok {
		return []byte(content), nil
	}
	return nil, &source.Fault{Code: source.HTTPStatus, Detail: "404"}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	m := newMemory()
	pages := site{
		"https://example.org/a":                "<html><body><p>The hall is on the sixth floor.</p></body></html>",
		"https://example.org/b":                "# A talk\n\nWords.\n",
		"https://example.org/talks/data.html?": "Words of a talk.",
	}
	p := newPipeline(t, m, &packer{})
	got := ran(t, p, Options{Fetcher: pages}, "https://example.org/sitemap.xml", "https://example.org/gone", "https://example.org/talks/data.html?", "https://example.org/a")
	want := Summary{Added: 3, Passages: 3, Failed: []Failure{
		{Source: "https://example.org/gone", Code: source.HTTPStatus},
		{Source: "https://example.org/sitemap.xml", Code: source.TooManyAddresses},
	}}
	if diff := cmp.Diff(want, got, figures); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if title := m.versions[[2]string{"", "https://example.org/talks/data.html?"}].Document.Title; title != "data" {
		t.Errorf("title %q", title)
	}
	if again := ran(t, p, Options{Fetcher: pages}, "https://example.org/sitemap.xml"); again.Unchanged != 2 || again.Added+again.Changed != 0 {
		t.Errorf("got %+v", again)
	}
}
