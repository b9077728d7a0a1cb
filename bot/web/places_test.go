package web

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"osmanthus/bot/locale"
	"osmanthus/retrieval/lang"
)

// TestPlacesAreThosePagesThatAre: the bar leads to the pages that this server has, and to nothing where the chat is the only one.
func TestPlacesAreThosePagesThatAre(t *testing.T) {
	t.Parallel()
	catalog, err := locale.New()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		routes []string
		open   string
		lang   lang.Lang
		want   []place
	}{
		{"only the chat", []string{"GET /{$}"}, "/", lang.English, nil},
		{"some", []string{"GET /{$}", "GET /people", "GET /press"}, "/people", lang.English, []place{{Path: "/", Name: "Chat"}, {Path: "/people", Name: "People", Current: true}, {Path: "/press", Name: "Press"}}},
		{"a page below one", []string{"GET /{$}", "GET /people"}, "/people/5", lang.Chinese, []place{{Path: "/", Name: "问答"}, {Path: "/people", Name: "人物", Within: true}}},
		{"a document is one of the documents", []string{"GET /{$}", "GET /documents"}, "/d/7", lang.Chinese, []place{{Path: "/", Name: "问答"}, {Path: "/documents", Name: "资料", Within: true}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &server{mux: http.NewServeMux()}
			for _, r := range tt.routes {
				s.mux.HandleFunc(r, http.NotFound)
			}
			got := s.places(&http.Request{URL: &url.URL{Path: tt.open}}, catalog.For(tt.lang))
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("places (-want +got):\n%s", diff)
			}
		})
	}
}
