package bot

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// A timeSlot is what a question says of when.
type timeSlot struct {
	days      []string // "2023-07-30"
	monthDays []string // "07-30", of any year
	year      int      // 0: none named without a day
	month     int      // 1 to 12; 0: none named without a day
	weekday   int      // 1 Monday to 7 Sunday; 0: none named
	offset    *int     // days from today
	nth       int      // the how manieth day of the event, -1 the last; 0: none named
	part      dayPart
	now, next bool
}

// A dayPart is the part of a day that a question names, in hours.
type dayPart struct{ from, to int }

func (t timeSlot) given() bool {
	return t.dated() || t.offset != nil || t.nth != 0 || t.part != dayPart{} || t.now || t.next
}

// dated reports whether the slot names a day that can be told without knowing today.
func (t timeSlot) dated() bool {
	return len(t.days)+len(t.monthDays) > 0 || t.weekday > 0 || t.year > 0 || t.month > 0
}

var (
	writtenDate = regexp.MustCompile(`(?:19|20)\d{2}\s*[-/.年]\s*\d{1,2}\s*[-/.月]\s*\d{1,2}\s*[日号]?|\d{1,2}\s*月\s*\d{1,2}\s*[日号]|` +
		`\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.? \d{1,2}(?:st|nd|rd|th)?(?:,? (?:19|20)\d{2})?\b|` +
		`\b\d{1,2}(?:st|nd|rd|th)?(?: of)? (?:jan|feb|mar|apr|may|jun|jul|aug|sep|sept|oct|nov|dec)[a-z]*\.?(?:,? (?:19|20)\d{2})?\b|` +
		`(?:星期|礼拜)[一二三四五六日天]|周[一二三四五六日]|\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b`)
	relativeDay = []struct {
		pattern *regexp.Regexp
		offset  int
	}{
		{regexp.MustCompile(`大后天`), 3},
		{regexp.MustCompile(`后天|\bday after tomorrow\b`), 2},
		{regexp.MustCompile(`明天|明日|明早|明晚|\btomorrow\b`), 1},
		{regexp.MustCompile(`昨天|昨日|\byesterday\b`), -1},
		{regexp.MustCompile(`今天|今日|今晚|今早|\b(?:today|tonight|this (?:morning|afternoon|evening))\b`), 0},
	}
	partOfDay = []struct {
		pattern *regexp.Regexp
		part    dayPart
	}{
		{regexp.MustCompile(`上午|早上|明早|今早|\bmornings?\b`), dayPart{0, 12}},
		{regexp.MustCompile(`下午|\bafternoons?\b`), dayPart{12, 18}},
		{regexp.MustCompile(`晚上|今晚|明晚|\b(?:evenings?|tonight|night)\b`), dayPart{18, 24}},
	}
	nowWords  = regexp.MustCompile(`现在|此刻|目前|正在|当前|\b(?:right now|now|currently|at the moment|at present|going on|ongoing)\b`)
	nextWords = regexp.MustCompile(`下一(?:场|个|节|项|位)|接下来|稍后|马上(?:要|就)|待会|\bnext\b|\bcoming up\b|\bupcoming\b|\bup next\b`)
)

// takeTime reads the days and times of a question.
func (a *aligned) takeTime() timeSlot {
	var t timeSlot
	dates := writtenDate.FindAllStringIndex(a.flat, -1)
	for _, m := range dates {
		for _, term := range lang.Terms(a.flat[m[0]:m[1]]) {
			switch {
			case strings.HasPrefix(term, "d:") && len(term) == len("d:2006-01-02"):
				t.days = append(t.days, term[2:])
			case strings.HasPrefix(term, "d:") && len(term) == len("d:01-02"):
				t.monthDays = append(t.monthDays, term[2:])
			case strings.HasPrefix(term, "w:"):
				t.weekday = int(term[2] - '0')
			}
		}
	}
	if len(t.days) > 0 {
		t.monthDays = nil // of the same dates
	}
	for _, m := range dates {
		a.blank(m[0], m[1], byte(taken))
	}
	t.year, t.month = a.takeMonth()
	for _, d := range relativeDay {
		if m := d.pattern.FindStringIndex(a.flat); m != nil {
			t.offset = &d.offset
			break
		}
	}
	for _, p := range partOfDay {
		if p.pattern.MatchString(a.flat) {
			t.part = p.part
			break
		}
	}
	if m := nthDay.FindStringSubmatchIndex(a.flat); m != nil {
		t.nth = nthOf(a.flat[m[0]:m[1]])
		a.blank(m[0], m[1], byte(taken))
	}
	t.now, t.next = nowWords.MatchString(a.flat), nextWords.MatchString(a.flat)
	patterns := []*regexp.Regexp{nextWords}
	for _, d := range relativeDay {
		patterns = append(patterns, d.pattern)
	}
	for _, p := range partOfDay {
		patterns = append(patterns, p.pattern)
	}
	for _, p := range patterns {
		for _, m := range p.FindAllStringIndex(a.flat, -1) {
			if p != nextWords {
				a.blank(m[0], m[1], byte(taken))
			}
		}
	}
	return t
}

var (
	monthOfYear = regexp.MustCompile(`(?:((?:19|20)\d{2})\s*年)?\s*(\d{1,2}|[一二三四五六七八九十]{1,2})月份?|\b(jan|feb|mar|apr|jun|jul|aug|sep|oct|nov|dec)[a-z]* ((?:19|20)\d{2})\b|\b(may) ((?:19|20)\d{2})\b|\bin (january|february|march|april|may|june|july|august|september|october|november|december)(?:,? ((?:19|20)\d{2}))?\b`)
	bareYear    = regexp.MustCompile(`((?:19|20)\d{2})\s*年|\b(?:in|of|during|for) ((?:19|20)\d{2})\b|^\s*((?:19|20)\d{2}) `)
	monthNames  = strings.Fields("jan feb mar apr may jun jul aug sep oct nov dec")
)

// takeMonth reads a month or year that is named without a day.
func (a *aligned) takeMonth() (year, month int) {
	group := func(m []int, i int) string {
		if m[2*i] < 0 {
			return ""
		}
		return a.flat[m[2*i]:m[2*i+1]]
	}
	if m := monthOfYear.FindStringSubmatchIndex(a.flat); m != nil {
		year, _ = strconv.Atoi(group(m, 1) + group(m, 4) + group(m, 6) + group(m, 8))
		if name := group(m, 3) + group(m, 5) + group(m, 7); name != "" {
			month = slices.Index(monthNames, name[:3]) + 1
		} else if month, _ = strconv.Atoi(group(m, 2)); month == 0 {
			month = hanFigure(group(m, 2))
		}
		if month <= 12 {
			a.blank(m[0], m[1], byte(taken))
			return year, month
		}
		month = 0
	}
	if m := bareYear.FindStringSubmatchIndex(a.flat); m != nil {
		year, _ = strconv.Atoi(group(m, 1) + group(m, 2) + group(m, 3))
		a.blank(m[0], m[1], byte(taken))
	}
	return year, month
}

var nthDay = regexp.MustCompile(`第[一二三四五六七1-7]天|首日|最后一天|\bday (?:[1-7]|one|two|three|four|five)\b|\b(?:first|second|third|fourth|fifth|last|final|opening) day\b`)

// nthOf reads 第二天, day 2, "second day".
func nthOf(s string) int {
	if strings.HasPrefix(s, "最后") || strings.HasPrefix(s, "last") || strings.HasPrefix(s, "final") {
		return -1
	}
	for n, words := range []string{"一1first|one|首日|opening", "二2second|two", "三3third|three", "四4fourth|four", "五5fifth|five", "六6", "七7"} {
		for i, r := range words {
			if i < len("一1") && strings.ContainsRune(s, r) {
				return n + 1
			}
		}
		for _, w := range strings.Split(words[len("一1"):], "|") {
			if w != "" && strings.Contains(s, w) {
				return n + 1
			}
		}
	}
	return -1
}

// ofDay keeps the sessions of the day of the event that the slot names by its number.
func (t timeSlot) ofDay(sessions []retrieval.Session) []retrieval.Session {
	if t.nth == 0 {
		return sessions
	}
	var days []string
	for _, s := range sessions {
		if d := s.Day.Format(time.DateOnly); !s.Day.IsZero() && !slices.Contains(days, d) {
			days = append(days, d)
		}
	}
	slices.Sort(days)
	n := t.nth
	if n < 0 {
		n = len(days)
	}
	if n == 0 || n > len(days) {
		return nil
	}
	return slices.DeleteFunc(sessions, func(s retrieval.Session) bool { return s.Day.Format(time.DateOnly) != days[n-1] })
}

// allows reports whether a session's time is one the slot speaks of, at now.
func (t timeSlot) allows(s retrieval.Session, now time.Time) bool {
	day := s.Day.Format(time.DateOnly)
	zone := time.UTC
	if !s.Begins.IsZero() {
		day, zone = s.Begins.Format(time.DateOnly), s.Begins.Location()
	}
	if (t.dated() || t.offset != nil) && s.Day.IsZero() && s.Begins.IsZero() {
		return false
	}
	if len(t.days) > 0 && !slices.Contains(t.days, day) {
		return false
	}
	if len(t.monthDays) > 0 && !slices.Contains(t.monthDays, day[len("2006-"):]) {
		return false
	}
	if t.year > 0 && s.Day.Year() != t.year || t.month > 0 && int(s.Day.Month()) != t.month {
		return false
	}
	if t.weekday > 0 && (int(s.Day.Weekday())+6)%7+1 != t.weekday {
		return false
	}
	if t.offset != nil && now.In(zone).AddDate(0, 0, *t.offset).Format(time.DateOnly) != day {
		return false
	}
	if t.part != (dayPart{}) && (s.Begins.IsZero() || s.Begins.Hour() < t.part.from || s.Begins.Hour() >= t.part.to) {
		return false
	}
	switch {
	case t.now:
		end := s.Ends
		if end.IsZero() {
			end = s.Begins.Add(time.Hour)
		}
		return !s.Begins.IsZero() && !now.Before(s.Begins) && now.Before(end)
	case t.next:
		return s.Begins.After(now)
	}
	return true
}
