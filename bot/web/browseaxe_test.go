package web

import (
	"testing"

	"osmanthus/retrieval"
)

// TestPagesAreAccessible holds the pages beside the chat to axe, in both languages and themes.
func TestPagesAreAccessible(t *testing.T) {
	t.Parallel()
	chromium := browser(t)
	g := garden{
		sessions: []retrieval.Session{held(1, "Living Soil / 活土", venue(1, 19, 0), 120), held(2, "Rain", venue(1, 21, 0), 0), held(3, "Tomorrow", venue(2, 9, 0), 60)},
		people:   []retrieval.Person{named(1, "王小明", "局长"), named(2, "WANG Xiaoming", "Director"), named(3, "Ann Sample")},
	}
	g.sessions[0].Speakers = []retrieval.Speaker{{Value: retrieval.Value{Text: "WANG Xiaoming"}, Person: 2}}
	s := start(t, browsing(t, g))
	for _, path := range []string{"/programme", "/people", "/people?q=xiaoming+wang", "/people/WANG%20Xiaoming", "/documents", "/press"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			accessibleEverywhere(t, chromium, s.URL+path, nil)
		})
	}
}
