package web

import (
	"context"
	"errors"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"osmanthus/ingest/source"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// archive is a store of rows and documents.
type archive struct {
	sessions  []retrieval.Session
	people    []retrieval.Person
	documents []retrieval.Document
	err       error
	looked    *atomic.Int64
}

func (a archive) Sessions(_ context.Context, q retrieval.SessionQuery) ([]retrieval.Session, error) {
	if a.looked != nil {
		a.looked.Add(1)
	}
	var out []retrieval.Session
	for _, s := range a.sessions {
		if (q.Filter.Event == "" || s.Event == q.Filter.Event) && (q.From.IsZero() || s.Ends.After(q.From) && s.Begins.Before(q.To)) {
			out = append(out, s)
		}
	}
	return out, errors.Join(a.err, strangers(q.Filter))
}

func (a archive) People(_ context.Context, q retrieval.PersonQuery) ([]retrieval.Person, error) {
	return a.people, errors.Join(a.err, strangers(q.Filter))
}

func (a archive) Known(_ context.Context, f retrieval.Filter) (retrieval.Known, error) {
	return retrieval.Known{}, errors.Join(a.err, strangers(f))
}

func (a archive) Documents(_ context.Context, f retrieval.Filter, _ int64, _ int) ([]retrieval.Document, error) {
	return a.documents, errors.Join(a.err, strangers(f))
}

func (a archive) Document(context.Context, retrieval.Filter, int64, int64) (retrieval.Document, string, []source.Block, error) {
	return retrieval.Document{}, "", nil, retrieval.ErrNotFound
}

func talk(title, room string, begins time.Time, speakers ...retrieval.Speaker) retrieval.Session {
	s := retrieval.Session{Titles: []retrieval.Value{{Text: title}}, Room: retrieval.Value{Text: room}, Speakers: speakers, Kind: retrieval.Talk}
	if !begins.IsZero() {
		s.Begins, s.Ends = begins, begins.Add(time.Hour)
	}
	return s
}

func speaker(name string) retrieval.Speaker {
	return retrieval.Speaker{Value: retrieval.Value{Text: name}, Person: 1}
}

func person(name string, titles ...string) retrieval.Person {
	p := retrieval.Person{Name: retrieval.Value{Text: name}}
	for _, t := range titles {
		p.Titles = append(p.Titles, retrieval.Title{Title: t})
	}
	return p
}

func titled(title, kind string, l lang.Lang, year int) retrieval.Document {
	return retrieval.Document{Title: title, Kind: kind, Lang: l, Date: time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC)}
}

// suggested are the questions that a page offers.
func suggested(t *testing.T, page string) []string {
	t.Helper()
	var out []string
	for _, m := range regexp.MustCompile(`name="question" value="([^"]*)"`).FindAllStringSubmatch(page, -1) {
		out = append(out, m[1])
	}
	return out
}

func TestSuggestionsAreOfWhatIsIn(t *testing.T) {
	t.Parallel()
	before, after := now().Add(-24*time.Hour), now().Add(24*time.Hour)
	played := retrieval.Speaker{Value: retrieval.Value{Text: "Moderator"}, Played: true}
	for _, tt := range []struct {
		name, query string
		in          archive
		want        []string
	}{
		{"nothing", "?lang=en", archive{}, nil},
		{"where it cannot be looked", "?lang=en", archive{err: errors.New("down")}, nil},
		{"what is still to come", "?lang=en", archive{sessions: []retrieval.Session{talk("Past", "A", before), talk("The next talk", "B", after), talk("Later", "", after, speaker("LI Na"))}},
			[]string{"When and where is “The next talk”?", "Who speaks in “Later”?"}},
		{"all is over", "?lang=zh", archive{sessions: []retrieval.Session{talk("开幕", "301室", before, speaker("李娜"))}}, []string{"“开幕”在什么时候、什么地方？"}},
		{"a break is slight", "?lang=zh", archive{sessions: []retrieval.Session{talk("午餐", "A", after), talk("数据治理入门", "B", after, played)}}, []string{"“数据治理入门”在什么时候、什么地方？"}},
		{"only a room", "?lang=en", archive{sessions: []retrieval.Session{talk("Talk", "B", time.Time{})}}, []string{"Where is “Talk”?"}},
		{"only a time", "?lang=en", archive{sessions: []retrieval.Session{talk("Talk", "", after)}}, []string{"When is “Talk”?"}},
		{"a part that somebody plays is nobody", "?lang=en", archive{sessions: []retrieval.Session{talk("Talk", "", time.Time{}, played)}}, nil},
		{"the page's language first", "?lang=zh", archive{sessions: []retrieval.Session{talk("Talk", "B", after), talk("讲座", "B", after)}}, []string{"“讲座”在什么时候、什么地方？"}},
		{"a title with quotation marks", "?lang=en", archive{sessions: []retrieval.Session{talk("The “talk”", "B", after)}, documents: []retrieval.Document{titled(`"`, "report", lang.English, 2023)}}, nil},
		{"people with a position", "?lang=en", archive{people: []retrieval.Person{person("A Name"), person("李娜", "主任"), person("WANG Yi", "Director"), person("WANG Yi", "Chair")}},
			[]string{"Who is WANG Yi?", "What is the position of 李娜?"}},
		{"documents, no agenda, reports and new ones first", "?lang=en", archive{documents: []retrieval.Document{
			titled("Agenda", "agenda", lang.English, 2025), titled("Case", "case", lang.English, 2025), titled("Old", "report", lang.English, 2020), titled("New", "report", lang.English, 2024)}},
			[]string{"Summarise “New” in 200 words", "What are the main points of “Old”?"}},
		{"script in a title", "?lang=en", archive{documents: []retrieval.Document{titled("<script>alert(1)</script>", "report", lang.English, 2024)}},
			[]string{"Summarise “&lt;script&gt;alert(1)&lt;/script&gt;” in 200 words"}},
		{"of one event", "?lang=en&event=b", archive{sessions: []retrieval.Session{talk("Talk", "B", after)}}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			c.Facts, c.Library = tt.in, tt.in
			res := request{path: "/" + tt.query}.send(t, start(t, c))
			if res.StatusCode != 200 {
				t.Errorf("status %d", res.StatusCode)
			}
			if diff := cmp.Diff(tt.want, suggested(t, read(t, res)), cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("suggested (-want +got):\n%s", diff)
			}
		})
	}
}

// TestSuggestionsAreKeptAWhile: a hall that opens the page at once does not ask the database each time.
func TestSuggestionsAreKeptAWhile(t *testing.T) {
	t.Parallel()
	c := config(t)
	var looked, later atomic.Int64
	in := archive{documents: []retrieval.Document{titled("Report", "report", lang.English, 2024)}, sessions: []retrieval.Session{talk("Talk", "B", now().Add(time.Hour))}, looked: &looked}
	c.Facts, c.Library, c.Now = in, in, func() time.Time { return now().Add(time.Duration(later.Load())) }
	s := start(t, c)
	for _, tt := range []struct {
		path  string
		after time.Duration
		want  int64
	}{{"/?lang=en", 0, 1}, {"/?lang=en", suggestionsKept - 1, 1}, {"/?lang=zh", 0, 2}, {"/?lang=en", 2, 3}} {
		later.Add(int64(tt.after))
		if n := len(suggested(t, read(t, request{path: tt.path}.send(t, s)))); n != 2 || looked.Load() != tt.want {
			t.Errorf("%s after %v: %d questions, looked %d times, want %d", tt.path, tt.after, n, looked.Load(), tt.want)
		}
	}
}
