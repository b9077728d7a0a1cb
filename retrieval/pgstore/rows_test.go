package pgstore_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/ingest"
	"osmanthus/ingest/facts"
	"osmanthus/ingest/source"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

const gardenTalk = `# 桂花酿造入门 / Brewing with Osmanthus

- Conference: Garden Days 2031
- Track / 议程轨: 厨房 / Kitchen
- Time: 2031-03-04 14:40–15:40 (UTC+8)
- Room: Hall B
- Speakers: Sample One, 样例二 (Sample Two)

SAMPLE Alpha, Deputy Director of the Garden Bureau, came too.
`

// programme is a version made of a Markdown text, with its facts, as one passage.
func programme(t *testing.T, space retrieval.Space, name, text string) ingest.Version {
	t.Helper()
	doc, err := source.Read(name, []byte(text), source.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	v := version(space, name, text, rand.New(rand.NewPCG(1, 2)), "garden")
	v.Document, v.Facts = doc, facts.Extract(doc, facts.Options{})
	v.Passages[0].Text, v.Passages[0].Start, v.Passages[0].End = doc.Text, 0, len(doc.Text)
	return v
}

func public() retrieval.Filter {
	return retrieval.Filter{Audiences: []retrieval.Audience{retrieval.Public}, Now: time.Date(2031, 3, 1, 0, 0, 0, 0, time.UTC)}
}

func titlesOf(t *testing.T, s pgstoretest.Instance, q retrieval.SessionQuery) []string {
	t.Helper()
	sessions, err := s.Sessions(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	var titles []string
	for _, s := range sessions {
		titles = append(titles, s.Titles[0].Text)
	}
	return titles
}

func TestRowsAreFoundAndQuoted(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	space := newSpace(t, s)
	if err := s.Save(t.Context(), programme(t, space, "talk.md", gardenTalk)); err != nil {
		t.Fatal(err)
	}
	const title = "桂花酿造入门 / Brewing with Osmanthus"
	people, err := s.People(t.Context(), retrieval.PersonQuery{Filter: public(), Keys: lang.NameKeys("Sample Two")})
	if err != nil || len(people) != 1 || people[0].Name.Text != "样例二 (Sample Two)" {
		t.Fatalf("people %+v, %v", people, err)
	}
	begins := time.Date(2031, 3, 4, 14, 40, 0, 0, time.FixedZone("", 8*3600))
	for name, q := range map[string]retrieval.SessionQuery{
		"all":                {},
		"by title":           {Titles: []string{retrieval.Key("brewing WITH osmanthus")}},
		"by words":           {Terms: lang.Terms("osmanthus brews")},
		"by speaker":         {People: []int64{people[0].ID}},
		"by day and room":    {Days: []string{"2031-03-04"}, Rooms: []string{"hallb"}},
		"by track":           {Tracks: []string{"kitchen"}},
		"by conference":      {Conferences: []string{"gardendays2031"}},
		"under way":          {From: begins.Add(time.Minute), To: begins.Add(2 * time.Minute)},
		"of the kind":        {Kind: retrieval.Talk},
		"of one event":       {Filter: retrieval.Filter{Event: ""}},
		"beginning tomorrow": {From: begins.Add(-time.Hour)},
	} {
		q.Filter = public()
		if diff := cmp.Diff([]string{title}, titlesOf(t, s, q)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for name, q := range map[string]retrieval.SessionQuery{
		"another title": {Titles: []string{"roots"}}, "another room": {Rooms: []string{"halla"}}, "another day": {Days: []string{"2031-03-05"}},
		"over": {From: begins.Add(2 * time.Hour)}, "nobody's": {People: []int64{}}, "a meeting": {Kind: retrieval.Meeting},
	} {
		q.Filter = public()
		if got := titlesOf(t, s, q); got != nil {
			t.Errorf("%s finds %v", name, got)
		}
	}
	sessions, err := s.Sessions(t.Context(), retrieval.SessionQuery{Filter: public()})
	if err != nil {
		t.Fatal(err)
	}
	got := sessions[0]
	if !got.Begins.Equal(begins) || got.Begins.Format("15:04 -0700") != "14:40 +0800" || !got.Zoned || got.Speakers[1].Text != "样例二 (Sample Two)" {
		t.Errorf("session %+v", got)
	}
	hits, err := s.Quote(t.Context(), public(), []retrieval.Place{got.Room.Place, got.Speakers[0].Place})
	if err != nil || len(hits) != 2 || hits[0].Text != "Room: Hall B" || hits[1].Text != "Speakers: Sample One, 样例二 (Sample Two)" || hits[0].ID == 0 {
		t.Errorf("quoted %+v, %v", hits, err)
	}
	known, err := s.Known(t.Context(), public())
	want := retrieval.Known{Rooms: []string{"Hall B"}, Tracks: []string{"厨房 / Kitchen"}, Conferences: []string{"Garden Days 2031"}, Sessions: 1}
	if diff := cmp.Diff(want, known); diff != "" || err != nil {
		t.Errorf("known (-want +got):\n%s%v", diff, err)
	}
	people, err = s.People(t.Context(), retrieval.PersonQuery{Filter: public(), Within: retrieval.Key("Where is Sample Alpha from?")})
	if err != nil || len(people) != 3 { // the leads of all three are in the question; which name is, the caller looks
		t.Fatalf("people %+v, %v", people, err)
	}
	alpha := people[2]
	if diff := cmp.Diff([]retrieval.Title{{Title: "Deputy Director", Organisation: "Garden Bureau", Place: alpha.Titles[0].Place}}, alpha.Titles); diff != "" {
		t.Errorf("titles (-want +got):\n%s", diff)
	}
	passages, err := s.Holding(t.Context(), public(), []string{"garden"}, 5)
	if err != nil || len(passages) != 1 || !strings.Contains(passages[0].Text, "SAMPLE Alpha") {
		t.Errorf("holding %+v, %v", passages, err)
	}
}

// Rows show what their document's audience may see, in the version that is current, and nothing of one that is gone.
func TestRowsAreHiddenWithTheirDocument(t *testing.T) {
	t.Parallel()
	s := pgstoretest.New(t)
	space := newSpace(t, s)
	everything := func(f retrieval.Filter) (sessions, people, quotes, words, rooms int) {
		t.Helper()
		found, err := s.Sessions(t.Context(), retrieval.SessionQuery{Filter: f})
		if err != nil {
			t.Fatal(err)
		}
		who, err := s.People(t.Context(), retrieval.PersonQuery{Filter: f})
		if err != nil {
			t.Fatal(err)
		}
		var places []retrieval.Place
		for version := range int64(4) {
			places = append(places, retrieval.Place{Version: version, Start: 0, End: len("桂花")})
		}
		hits, err := s.Quote(t.Context(), f, places)
		if err != nil {
			t.Fatal(err)
		}
		held, err := s.Holding(t.Context(), f, []string{"garden"}, 9)
		if err != nil {
			t.Fatal(err)
		}
		known, err := s.Known(t.Context(), f)
		if err != nil {
			t.Fatal(err)
		}
		return len(found), len(who), len(hits), len(held), len(known.Rooms)
	}
	check := func(what string, f retrieval.Filter, sessions, people, one int) {
		t.Helper()
		gotSessions, gotPeople, quotes, words, rooms := everything(f)
		if gotSessions != sessions || gotPeople != people || quotes != one || words != one || rooms != one {
			t.Errorf("%s: %d sessions, %d people, %d quotes, %d passages, %d rooms; want %d, %d, %d", what, gotSessions, gotPeople, quotes, words, rooms, sessions, people, one)
		}
	}
	v := programme(t, space, "talk.md", gardenTalk)
	v.Audience = retrieval.Staff
	save := func(v ingest.Version) {
		t.Helper()
		if err := s.Save(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	staff := public()
	staff.Audiences = append(staff.Audiences, retrieval.Staff)
	save(v)
	check("staff's, to the public", public(), 0, 0, 0)
	check("staff's, to nobody named", retrieval.Filter{}, 0, 0, 0)
	check("staff's, to staff", staff, 1, 3, 1)

	v = programme(t, space, "talk.md", strings.Replace(gardenTalk, "Sample One, ", "", 1))
	v.Embargo = public().Now.Add(time.Hour)
	save(v)
	check("under embargo", public(), 0, 0, 0)
	later := public()
	later.Now = later.Now.Add(2 * time.Hour)
	check("after it, in the new version", later, 1, 2, 1)
	other := later
	other.Event = "elsewhere"
	check("of another event", other, 0, 0, 0)

	if _, err := s.Remove(t.Context(), "", []string{"talk.md"}); err != nil {
		t.Fatal(err)
	}
	check("pruned", later, 0, 0, 0)
}
