package web

import (
	"time"

	"osmanthus/bot"
	"osmanthus/bot/locale"
)

// What the pages beside the chat are rehearsed with: every part of each, once.

func rehearsedItem() item {
	runs := []tagged{{"1", "en"}, {"2", "zh-Hans"}}
	return item{ID: 1, Titles: runs, Day: "1", Begins: time.Unix(0, 0), When: "1", Zone: "1", Machine: "1", State: itemNow, Room: runs, Track: runs, Speakers: []speakerLink{{tagged: runs[0], URL: "/"}, {tagged: runs[1]}}, AsOf: "1"}
}

func rehearsedProgramme(f frame) programmePage {
	items := []item{rehearsedItem(), {}}
	choices := []choice{{Name: "1", Tag: "en", Count: 1, Current: true}}
	return programmePage{frame: f, Events: choices, Days: choices, Ways: choices, Day: "1", Now: items, Next: items, Groups: []itemGroup{{Heading: tagged{Text: "1"}, Items: items}}, More: true}
}

func rehearsedPeople(f frame) peoplePage {
	choices, runs := []choice{{Name: "1"}}, []tagged{{"1", "en"}, {"2", "zh-Hans"}}
	q := quotation{tagged: runs[0], Document: runs[1], Page: 1, Date: "1"}
	card := personCard{Names: runs, Pinyin: "1", Conflict: true, Positions: []shownPosition{{runs[0], []quotation{q}}}, About: []quotation{q}, Sessions: []item{rehearsedItem()}, Said: []quotation{q}}
	return peoplePage{
		frame: f, Events: choices, Event: "1", Ways: choices, Index: choices, Found: []personCard{card, {Names: runs}}, Count: 1, More: true,
		Groups: []nameGroup{{Heading: "1", Anchor: "1", People: []indexedPerson{{Names: runs, Titles: "1"}}}},
	}
}

func rehearsedKit(f frame) kitPage {
	run := tagged{"1", "en"}
	fact := []pressFact{{tagged: run}}
	q := []quotation{{tagged: run, Page: 1, Speaker: []tagged{run}, Reported: true}}
	return kitPage{frame: f, Kit: pressKit{
		Words: locale.Printer{}, Titles: []tagged{run}, Others: 1, Held: q, Dates: fact, Places: fact, People: []pressPerson{{Name: run, Positions: []tagged{run}}}, Quotes: q, Numbers: q,
		Summary: []paragraph{{styleItem, []stretch{{Text: "1", Tag: "en", Bold: true}}}, {styleQuote, []stretch{{Text: "1", Path: "/"}}}},
		Answer:  bot.Answer{Notice: "1"}, Sources: []pressSource{{run, []pressCite{{1, "/"}}}},
	}}
}
