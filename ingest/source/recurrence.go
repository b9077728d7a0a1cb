package source

import (
	"regexp"
	"strings"
	"time"

	"github.com/teambition/rrule-go"
)

const (
	// maxOccurrences is how often an event that repeats is written: a weekly series of a year and a few more.
	maxOccurrences = 60
	// maxLaidOut bounds the entries of a calendar that repetitions make.
	maxLaidOut = 10_000
)

// A calendarEvent is a VEVENT before its repetitions are laid out.
type calendarEvent struct {
	session
	uid          string
	instead      time.Time // the occurrence of the series uid that this event replaces
	rule         string
	also, except []time.Time
}

// occurrenceKey names an occurrence of a series.
type occurrenceKey struct {
	uid string
	at  int64 // Unix seconds
}

// layOut writes each occurrence of the events that repeat as an entry of its own (RFC 5545, 3.8.5), up to
// maxOccurrences of an event: a question asks for the next one, not for the rule. A rule that is not understood stays
// as the file states it.
func (b *builder) layOut(events []calendarEvent) []session {
	replaced := map[occurrenceKey]bool{}
	for _, e := range events {
		if e.uid != "" && !e.instead.IsZero() {
			replaced[occurrenceKey{e.uid, e.instead.Unix()}] = true
		}
	}
	sessions := make([]session, 0, len(events))
	room := maxLaidOut
	for _, e := range events {
		set, ok := e.series()
		if !ok {
			sessions = append(sessions, e.session)
			continue
		}
		next := set.Iterator()
		written := 0
		for at, more := next(); more; at, more = next() {
			if replaced[occurrenceKey{e.uid, at.Unix()}] {
				continue
			}
			if written == min(maxOccurrences, room) {
				b.warnOf(WarnRepeats, strings.Join(e.titles[:min(1, len(e.titles))], ""))
				if written == 0 {
					sessions = append(sessions, e.session)
				} else {
					sessions[len(sessions)-1].repeats = e.rule
				}
				break
			}
			one := e.session
			one.start, one.repeats = at, ""
			if !e.end.IsZero() {
				one.end = at.Add(e.end.Sub(e.start))
			}
			sessions = append(sessions, one)
			written++
		}
		room -= written
	}
	return sessions
}

// untilDay is an UNTIL without a time.
var untilDay = regexp.MustCompile(`(?i)UNTIL=\d{8}(?:;|$)`)

// series returns the times at which e takes place, where it repeats by days or more.
func (e calendarEvent) series() (*rrule.Set, bool) {
	if e.start.IsZero() || e.rule == "" && len(e.also) == 0 || !e.instead.IsZero() {
		return nil, false
	}
	set := &rrule.Set{}
	if e.rule != "" {
		option, err := rrule.StrToROptionInLocation(e.rule, e.start.Location())
		if err != nil || option.Freq > rrule.DAILY {
			return nil, false
		}
		if untilDay.MatchString(e.rule) && !e.day { // calendars write it, and mean that day too
			option.Until = option.Until.AddDate(0, 0, 1).Add(-time.Second)
		}
		option.Dtstart = e.start
		rule, err := rrule.NewRRule(*option)
		if err != nil {
			return nil, false
		}
		set.RRule(rule)
	}
	set.SetRDates(append([]time.Time{e.start}, e.also...)) // the first is one whatever the rule says
	set.SetExDates(e.except)
	return set, true
}

// calendarTimes reads the times of properties that may hold several each.
func calendarTimes(properties []property, calendar string) []time.Time {
	var times []time.Time
	for _, p := range properties {
		for value := range strings.SplitSeq(p.value, ",") {
			value, _, _ = strings.Cut(value, "/") // of a period, its start
			if t, _, _ := calendarTime(property{params: p.params, value: value}, calendar); !t.IsZero() {
				times = append(times, t)
			}
		}
	}
	return times
}
