package bot

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"

	"osmanthus/retrieval"
)

// routed writes a route the way testdata/routes.tsv does.
func routed(r route) string {
	var out []string
	add := func(name string, values ...string) {
		if text := strings.Join(values, ";"); text != "" {
			out = append(out, name+"="+text)
		}
	}
	add("title", r.titles...)
	add("subject", r.subject)
	if r.certain {
		add("certain", "yes")
	}
	add("topic", r.topic)
	add("room", r.rooms...)
	add("track", r.tracks...)
	add("event", r.events...)
	add("foreign", r.foreign)
	add("day", append(r.when.days, r.when.monthDays...)...)
	if r.when.year > 0 {
		add("year", fmt.Sprint(r.when.year))
	}
	if r.when.month > 0 {
		add("month", fmt.Sprint(r.when.month))
	}
	if r.when.weekday > 0 {
		add("weekday", fmt.Sprint(r.when.weekday))
	}
	if r.when.offset != nil {
		add("offset", fmt.Sprint(*r.when.offset))
	}
	if r.when.nth != 0 {
		add("nth", fmt.Sprint(r.when.nth))
	}
	if r.when.part != (dayPart{}) {
		add("part", fmt.Sprintf("%d-%d", r.when.part.from, r.when.part.to))
	}
	if r.when.now {
		add("now", "yes")
	}
	if r.when.next {
		add("next", "yes")
	}
	return string(r.kind) + "\t" + strings.Join(out, " | ")
}

// leastRoutes is how many questions the file must have.
const leastRoutes = 150

// TestRoutes holds what each question of testdata/routes.tsv is taken for: the question, its kind, its slots.
func TestRoutes(t *testing.T) {
	t.Parallel()
	known := retrieval.Known{
		Rooms: []string{"Hall A", "Hall B", "Greenhouse", "温室"}, Tracks: []string{"厨房 / Kitchen", "开放土壤 / Open Soil"},
		Conferences: []string{"Garden Days 2030", "Garden Days 2031"}, Sessions: 9, Meetings: 3,
	}
	f, err := os.Open("testdata/routes.tsv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); {
		question, want, ok := strings.Cut(lines.Text(), "\t")
		if !ok {
			t.Fatalf("no tab in %q", lines.Text())
		}
		n++
		t.Run(question, func(t *testing.T) {
			t.Parallel()
			if got := routed(routeOf(searchText(question), known)); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
	if n < leastRoutes {
		t.Errorf("%d questions, want %d", n, leastRoutes)
	}
}

func TestTitleMatch(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, asked, title string
		matches            bool
	}{
		{"case, width and marks", "BREWING with osmanthus！", "Brewing with Osmanthus", true},
		{"Traditional for Simplified", "桂花釀造入門", "桂花酿造入门", true},
		{"without the article", "Road of Leaves", "The Road of Leaves", true},
		{"without the subtitle", "Brewing with Osmanthus", "Brewing with Osmanthus: a first course", true},
		{"the subtitle alone", "一个初学者的第一堂课", "桂花酿造：一个初学者的第一堂课", true},
		{"one of two languages", "Garden law", "花园法 / Garden law", true},
		{"a slip of the keyboard", "Brewing with Osmantus flowers", "Brewing with Osmanthus flowers", true},
		{"a wrong character of many", "如何在自己的花园里酿造桂花酒", "如何在自家的花园里酿造桂花酒", true},
		{"another number", "第七十九次花园会议", "第七十八次花园会议", false},
		{"numbers written otherwise", "花园第13次会议", "花园第十三次会议", true},
		{"another name in a series", "Interview with Anna Reed", "Interview with Nina Reed", false},
		{"a longer title", "第十次花园会议", "第十次花园会议会前会", false},
		{"too short a part", "Tea", "Tea: its history", false},
		{"nothing in common", "Compost", "Brewing with Osmanthus", false},
		{"empty", "", "Brewing with Osmanthus", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := titleMatch(tt.asked, []retrieval.Value{{Text: tt.title}}); got >= nearTitle != tt.matches {
				t.Errorf("%q against %q scores %.2f", tt.asked, tt.title, got)
			}
		})
	}
}

func FuzzRoute(f *testing.F) {
	for _, q := range []string{"Who speaks in “Roots”?", "「根」與『葉』在哪裡？", "When's \"a\" \"b\"?", "İ在Hall B有哪些议程", "ﬃ 2031年13月", "Will 是谁"} {
		f.Add(q)
	}
	known := retrieval.Known{Rooms: []string{"Hall B", "厅"}, Tracks: []string{"厨房 / Kitchen"}, Conferences: []string{"Garden Days 2031"}}
	f.Fuzz(func(t *testing.T, question string) {
		r := routeOf(question, known)
		for _, title := range r.titles {
			if !strings.Contains(question, title) {
				t.Errorf("%q is quoted from %q", title, question)
			}
		}
		if !strings.Contains(question, strings.TrimRight(r.subject, ".")) {
			t.Errorf("%q is taken out of %q", r.subject, question)
		}
	})
}
