package source

import (
	"regexp"
	"strings"
	"time"
)

var calendarStart = regexp.MustCompile(`(?i)\A\s*BEGIN:VCALENDAR\b`)

func claimsCalendar(text string, _ bool) bool {
	return calendarStart.MatchString(text[:min(len(text), 256)])
}

// A property is a line of a calendar: NAME;PARAM=value:value (RFC 5545, 3.1).
type property struct {
	name   string
	params map[string]string
	value  string
}

// maxCalendarLine is the longest line that is looked at, folds undone.
const maxCalendarLine = 1 << 20

// readCalendar reads the events of an iCalendar file.
func readCalendar(b *builder, text string) error {
	text = strings.NewReplacer("\n ", "", "\n\t", "").Replace(text)
	var title, zone string
	var events []calendarEvent
	var event map[string][]property
	nested := 0 // within parts of an event, such as alarms
	for line := range strings.SplitSeq(text, "\n") {
		p, ok := parseProperty(strings.TrimRight(line, " "))
		if !ok {
			continue
		}
		switch {
		case p.name == "BEGIN" && strings.EqualFold(p.value, "VEVENT"):
			event, nested = map[string][]property{}, 0
		case p.name == "END" && strings.EqualFold(p.value, "VEVENT"):
			if event != nil {
				events = append(events, eventOf(event, zone))
			}
			event = nil
		case p.name == "BEGIN" && event != nil:
			nested++
		case p.name == "END" && event != nil:
			nested--
		case event != nil && nested == 0:
			event[p.name] = append(event[p.name], p)
		case p.name == "X-WR-CALNAME":
			title = unescapeText(p.value)
		case p.name == "X-WR-TIMEZONE":
			zone = p.value
		}
	}
	return b.schedule(title, b.layOut(events))
}

func parseProperty(line string) (property, bool) {
	if len(line) > maxCalendarLine {
		line = strings.ToValidUTF8(line[:maxCalendarLine], "")
	}
	// The value begins after the first colon outside quotation marks.
	quoted, colon := false, -1
	for i := 0; i < len(line) && colon < 0; i++ {
		switch line[i] {
		case '"':
			quoted = !quoted
		case ':':
			if !quoted {
				colon = i
			}
		}
	}
	if colon <= 0 {
		return property{}, false
	}
	head := strings.Split(line[:colon], ";")
	p := property{name: strings.ToUpper(strings.TrimSpace(head[0])), params: map[string]string{}, value: line[colon+1:]}
	for _, param := range head[1:] {
		if key, value, ok := strings.Cut(param, "="); ok {
			p.params[strings.ToUpper(key)] = strings.Trim(value, `"`)
		}
	}
	return p, true
}

func unescapeText(s string) string {
	return strings.TrimSpace(strings.NewReplacer(`\\`, `\`, `\n`, "\n", `\N`, "\n", `\;`, ";", `\,`, ",").Replace(s))
}

func eventOf(event map[string][]property, zone string) calendarEvent {
	one := func(name string) string {
		if p := event[name]; len(p) > 0 {
			return unescapeText(p[0].value)
		}
		return ""
	}
	s := session{repeats: one("RRULE"), link: one("URL"), organiser: organiser(event["ORGANIZER"])}
	for _, p := range event["SUMMARY"] { // one in each language
		s.titles = distinct(append(s.titles, unescapeText(p.value)))
	}
	if room := one("LOCATION"); room != "" {
		s.room = []string{room}
	}
	for _, p := range event["CATEGORIES"] {
		s.track = distinct(append(s.track, unescapeText(p.value)))
	}
	for _, p := range event["DESCRIPTION"] {
		s.texts = distinct(append(s.texts, unescapeText(p.value)))
	}
	if status := one("STATUS"); strings.EqualFold(status, "CANCELLED") || strings.EqualFold(status, "TENTATIVE") {
		s.status = status
	}
	if p := event["DTSTART"]; len(p) > 0 {
		s.start, s.zone, s.day = calendarTime(p[0], zone)
	}
	if p := event["DTEND"]; len(p) > 0 {
		s.end, _, _ = calendarTime(p[0], zone)
		if s.day && s.end.After(s.start) {
			s.end = s.end.AddDate(0, 0, -1) // the end of whole days is the day after
		}
	} else if d, ok := calendarDuration(one("DURATION")); ok && !s.start.IsZero() {
		s.end = s.start.Add(d)
	}
	e := calendarEvent{session: s, uid: one("UID"), rule: one("RRULE"), also: calendarTimes(event["RDATE"], zone), except: calendarTimes(event["EXDATE"], zone)}
	if at := calendarTimes(event["RECURRENCE-ID"], zone); len(at) > 0 {
		e.instead = at[0]
	}
	return e
}

func organiser(p []property) string {
	if len(p) == 0 {
		return ""
	}
	if name := p[0].params["CN"]; name != "" {
		return name
	}
	value := p[0].value
	if len(value) > 7 && strings.EqualFold(value[:7], "mailto:") {
		return value[7:]
	}
	return value
}

// calendarTime reads a time in its zone, that of the calendar where it is in UTC. A zone that the system does not know is
// named as the file names it; zone is "-" for a time that goes by the clock of the place.
func calendarTime(p property, calendar string) (t time.Time, zone string, day bool) {
	value := strings.TrimSpace(p.value)
	if t, err := time.Parse("20060102", value); err == nil {
		return t, "-", true
	}
	if t, err := time.Parse("20060102T150405Z", value); err == nil {
		if place, err := time.LoadLocation(calendar); err == nil && calendar != "" && calendar != "Local" {
			return t.In(place), "", false
		}
		return t, "", false
	}
	name := p.params["TZID"]
	if place, err := time.LoadLocation(name); err == nil && name != "" && name != "Local" {
		if t, err := time.ParseInLocation("20060102T150405", value, place); err == nil {
			return t, "", false
		}
	}
	t, err := time.Parse("20060102T150405", value)
	if err != nil {
		return time.Time{}, "", false
	}
	if name == "" {
		name = "-"
	}
	return t, name, false
}

var durationForm = regexp.MustCompile(`^\+?P(?:(\d{1,3})W)?(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:(\d{1,6})S)?)?$`)

func calendarDuration(s string) (time.Duration, bool) {
	m := durationForm.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	var d time.Duration
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour, time.Hour, time.Minute, time.Second} {
		n := 0
		for _, c := range m[i+1] {
			n = 10*n + int(c-'0')
		}
		d += time.Duration(n) * unit
	}
	return d, true
}
