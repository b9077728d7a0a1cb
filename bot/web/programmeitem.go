package web

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/retrieval"
)

// The states of an item by the clock.
const (
	itemNow  = "now"
	itemNext = "next"
	itemOver = "over"
)

// An item is one session of the programme.
type item struct {
	ID       int64
	Titles   []tagged
	Day      string
	Begins   time.Time // zero where no time is given
	When     string
	Zone     string // empty where the document does not say
	Machine  string // begins, for machines: with its zone where that is known
	State    string
	Room     []tagged
	Track    []tagged
	Speakers []speakerLink
	Source   string // address of the sentence
	Document tagged // its title
	AsOf     string
	Calendar string
	roomKey  string
}

type speakerLink struct {
	tagged
	URL string // empty of a part that somebody plays
}

// items are sessions as the page shows them; the rows of one session in two languages are one item.
func (s *server) items(words locale.Printer, sessions []retrieval.Session) []item {
	var out []item
	for _, group := range inBothLanguages(bot.Distinct(sessions)) {
		lead := group[0]
		for _, session := range group {
			if session.Lang == words.Lang() {
				lead = session
				break
			}
		}
		out = append(out, s.item(words, lead, group))
	}
	return out
}

// inBothLanguages puts sessions together that two documents give which are each other's versions in two languages: those
// that begin and end at the same times, in the order in which each document has them.
func inBothLanguages(sessions []retrieval.Session) [][]retrieval.Session {
	var out [][]retrieval.Session
	for _, s := range sessions {
		at := slices.IndexFunc(out, func(group []retrieval.Session) bool {
			o := group[0]
			return !s.Begins.IsZero() && len(group) == 1 && o.Document != s.Document && o.Event == s.Event && o.Lang != s.Lang &&
				(o.Parallel != "" && o.Parallel == s.Source || s.Parallel != "" && s.Parallel == o.Source) &&
				o.Begins.Equal(s.Begins) && o.Ends.Equal(s.Ends)
		})
		if at < 0 {
			out = append(out, []retrieval.Session{s})
		} else {
			out[at] = append(out[at], s)
		}
	}
	return out
}

func (s *server) item(words locale.Printer, lead retrieval.Session, group []retrieval.Session) item {
	public := bot.SessionOf(lead)
	it := item{
		ID: lead.ID, Begins: lead.Begins, Source: public.URL, Document: tagOf(lead.Title), State: state(lead, s.Now()),
		Calendar: calendarURL("", "", lead.ID), roomKey: retrieval.Key(lead.Room.Text),
	}
	var titles, rooms, tracks []tagged
	for _, session := range group {
		for _, t := range session.Titles {
			titles = withRuns(titles, t.Text)
		}
		rooms, tracks = withRuns(rooms, session.Room.Text), withRuns(tracks, session.Track.Text)
	}
	it.Titles, it.Room, it.Track = inOrder(titles, words.Lang()), inOrder(rooms, words.Lang()), inOrder(tracks, words.Lang())
	if retrieval.Key(lead.Title) == retrieval.Key(lead.Titles[0].Text) {
		it.Document = tagged{}
	}
	for _, sp := range lead.Speakers {
		if slices.ContainsFunc(it.Speakers, func(o speakerLink) bool { return o.Text == sp.Text }) {
			continue
		}
		link := speakerLink{tagged: tagOf(sp.Text)}
		if !sp.Played && retrieval.Key(sp.Text) != "" {
			link.URL = personURL(sp.Text)
		}
		it.Speakers = append(it.Speakers, link)
	}
	if !lead.Day.IsZero() {
		it.Day = dayText(words, lead.Day)
	}
	// A document of the day itself, or one named like its only session, need not be named again.
	if !lead.Date.IsZero() && !lead.Date.Equal(lead.Day) {
		it.AsOf = dateText(words, lead.Date)
	}
	switch {
	case !lead.Begins.IsZero():
		it.When = clockText(words, lead.Begins, lead.Ends)
		it.Machine = lead.Begins.Format("2006-01-02T15:04")
		if lead.Zoned {
			it.Zone, it.Machine = zoneText(lead.Begins), lead.Begins.Format(time.RFC3339)
		}
	case lead.Day.IsZero():
		it.When = lead.When.Text
	}
	return it
}

// withRuns adds what a text says in each of its languages and is not there yet.
func withRuns(runs []tagged, text string) []tagged {
	for _, r := range taggedRuns(text) {
		if !slices.ContainsFunc(runs, func(o tagged) bool { return retrieval.Key(o.Text) == retrieval.Key(r.Text) }) {
			runs = append(runs, r)
		}
	}
	return runs
}

// anywhere is how long after a time of day in UTC it has passed in every zone.
const anywhere = 12 * time.Hour

func state(session retrieval.Session, now time.Time) string {
	ends := session.Ends
	if ends.IsZero() {
		ends = session.Begins
	}
	switch {
	case session.Begins.IsZero():
		return ""
	case !session.Zoned:
		if ends.Add(anywhere).Before(now) {
			return itemOver
		}
		return ""
	case !ends.After(now):
		return itemOver
	case !session.Begins.After(now):
		return itemNow
	}
	return ""
}

// grouped parts items by their rooms, in the order of the rooms' names, or leaves them in that of their times.
func grouped(items []item, byRoom bool, words locale.Printer) []itemGroup {
	if len(items) == 0 {
		return nil
	}
	if !byRoom {
		return []itemGroup{{Items: items}}
	}
	var out []itemGroup
	var keys []string
	for _, it := range items {
		i := slices.Index(keys, it.roomKey)
		if i < 0 {
			heading := tagged{Text: words.T("web.programme.no_room")}
			if len(it.Room) > 0 {
				heading = it.Room[0]
			}
			keys, out = append(keys, it.roomKey), append(out, itemGroup{Heading: heading})
			i = len(out) - 1
		}
		out[i].Items = append(out[i].Items, it)
	}
	slices.SortStableFunc(out, func(a, b itemGroup) int {
		return cmp.Or(cmp.Compare(a.Items[0].roomKey, b.Items[0].roomKey), strings.Compare(a.Heading.Text, b.Heading.Text))
	})
	return out
}
