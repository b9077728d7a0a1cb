package facts

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"osmanthus/ingest/source"
	"osmanthus/retrieval/lang"
)

var (
	zoneOffset = regexp.MustCompile(`(?i)(?:utc|gmt)\s*([+\-−–])\s*(\d{1,2})(?::?(\d{2}))?|T\d{2}:\d{2}(?::\d{2})?([+\-])(\d{2}):?(\d{2})\b|(?:^|[\s(\d])([+])(\d{2}):(\d{2})\b`)
	zoneName   = regexp.MustCompile(`\b(?:Asia|Europe|America|Australia|Pacific|Africa)/[A-Za-z_]+\b`)
	zoneWords  = regexp.MustCompile(`(?i)\b(beijing|shanghai|china standard|taipei|hong kong|singapore|tokyo|japan standard) time\b|(北京|台北|臺北|香港|新加坡|东京|東京)(?:时间|時間)`)
	zoneBare   = regexp.MustCompile(`(?i)\b(?:utc|gmt)\b`)
)

// findZone reads the zone that a text names: UTC+8, +08:00, Asia/Shanghai, Beijing time, 北京时间.
func findZone(s string) (*time.Location, bool) {
	if m := zoneOffset.FindStringSubmatch(s); m != nil {
		sign, hours, minutes := m[1], m[2], m[3]
		for i := 4; hours == ""; i += 3 {
			sign, hours, minutes = m[i], m[i+1], m[i+2]
		}
		h, _ := strconv.Atoi(hours)
		min, _ := strconv.Atoi(minutes)
		if h > 14 || min > 59 {
			return nil, false
		}
		seconds := h*3600 + min*60
		if sign != "+" {
			seconds = -seconds
		}
		return fixedZone(seconds), true
	}
	if name := zoneName.FindString(s); name != "" {
		if z, err := time.LoadLocation(name); err == nil {
			return z, true
		}
	}
	if m := zoneWords.FindStringSubmatch(s); m != nil {
		switch strings.ToLower(m[1] + m[2]) {
		case "tokyo", "japan standard", "东京", "東京":
			return fixedZone(9 * 3600), true
		}
		return fixedZone(8 * 3600), true
	}
	if zoneBare.MatchString(s) {
		return time.UTC, true
	}
	return nil, false
}

// fixedZone names a zone the way people write it: UTC+8, UTC-3:30.
func fixedZone(seconds int) *time.Location {
	sign, n := "+", seconds
	if n < 0 {
		sign, n = "-", -n
	}
	name := "UTC" + sign + strconv.Itoa(n/3600)
	if m := n % 3600 / 60; m > 0 {
		name += ":" + strconv.Itoa(m/10) + strconv.Itoa(m%10)
	}
	return time.FixedZone(name, seconds)
}

// clock finds a time of day: 9:30, 09:30:00, 9.30 am, 3pm, 下午3点半, 15時05分.
var clock = regexp.MustCompile(`(?i)(上午|早上|清晨|凌晨|中午|下午|傍晚|晚上|晚间)?\s*(\d{1,2})(?:[:：](\d{2})(?::\d{2})?|\s*[点點时時](?:钟|鐘)?(半|[一1]刻|\d{1,2}\s*分?)?|\.(\d{2}))?(?:\s*([ap])\.?m\b\.?)?`)

// bareStart is the beginning of a time whose end alone says which half of the day it is: "2–3:30 pm".
var bareStart = regexp.MustCompile(`(?i)\b(\d{1,2})(\s*[-–—~至到]\s*\d{1,2}(?:[:：]\d{2})?\s*[ap]\.?m\b)`)

// A moment is a time of day in minutes.
type moment struct {
	minute int
	at     lang.Span // where in the text
	half   bool      // a word said which half of the day
}

// clocks returns the times of day in s, in order.
func clocks(s string) []moment {
	var out []moment
	for _, m := range clock.FindAllStringSubmatchIndex(s, -1) {
		group := func(i int) string {
			if m[2*i] < 0 {
				return ""
			}
			return s[m[2*i]:m[2*i+1]]
		}
		half, minutes, han, dotted, ap := group(1), group(3), group(4), group(5), strings.ToLower(group(6))
		hanClock := strings.ContainsAny(s[m[4]:m[1]], "点點时時")
		if minutes == "" && !hanClock && ap == "" {
			continue // a number
		}
		if m[4] > 0 && (s[m[4]-1] == '.' || s[m[4]-1] == ':' || s[m[4]-1] >= '0' && s[m[4]-1] <= '9') {
			continue
		}
		hour, _ := strconv.Atoi(group(2))
		n := 0
		switch {
		case minutes != "":
			n, _ = strconv.Atoi(minutes)
		case dotted != "":
			n, _ = strconv.Atoi(dotted)
		case han == "半":
			n = 30
		case strings.HasSuffix(han, "刻"):
			n = 15
		case han != "":
			n, _ = strconv.Atoi(strings.TrimRight(han, " 分"))
		}
		if hour > 24 || n > 59 {
			continue
		}
		switch {
		case ap == "p" && hour < 12, hour < 12 && strings.ContainsAny(half, "下傍晚") && half != "":
			hour += 12
		case ap == "a" && hour == 12, hour == 12 && half != "" && strings.ContainsAny(half, "凌清早"):
			hour = 0
		}
		out = append(out, moment{hour*60 + n, lang.Span{Start: m[0], End: m[1]}, half != "" || ap != ""})
	}
	return out
}

// between is what may stand between the two ends of a time.
var between = regexp.MustCompile(`^\s*(?:[-–—~〜～至到−]+|to|until|and|till)\s*$`)

// A span of time as a text gives it.
type timeSpan struct {
	day        time.Time
	from, to   int // minutes of the day; -1 where not given
	zone       *time.Location
	zoneStated bool
}

// readTime reads "2023-07-29 14:40–15:40 (UTC+8)" and the like in both languages.
func readTime(s string) timeSpan {
	t := timeSpan{from: -1, to: -1}
	if z, ok := findZone(s); ok {
		t.zone, t.zoneStated = z, true
		if m := zoneOffset.FindStringSubmatchIndex(s); m != nil { // +08:00 is no time of day
			sign := max(m[2], m[8], m[14])
			s = s[:sign] + strings.Repeat(" ", m[1]-sign) + s[m[1]:]
		}
	}
	if day, _, ok := source.FindDate(strings.Replace(s, "T", " ", 1)); ok {
		t.day = day
	}
	s = bareStart.ReplaceAllString(strings.Replace(s, "T", " ", 1), "$1:00$2")
	found := clocks(s)
	if len(found) == 0 {
		return t
	}
	t.from = found[0].minute
	if len(found) > 1 {
		gap := s[found[0].at.End:found[1].at.Start]
		if _, _, dated := source.FindDate(gap); between.MatchString(gap) || dated || strings.ContainsAny(gap, "-–—~〜～至到") {
			t.to = found[1].minute
			if !found[0].half && found[1].half && t.from < 12*60 && t.to >= 12*60 && t.from+12*60 <= t.to {
				t.from += 12 * 60 // 2–3:30 pm
			}
			if found[0].half && !found[1].half && t.to < t.from && t.to+12*60 >= t.from {
				t.to += 12 * 60 // 下午2点至3点半
			}
		}
	}
	return t
}

// setTime fills in a session's time. day stands in for a day that t does not give.
func (r *reader) setTime(s *Session, t timeSpan, day time.Time) {
	if s.Day = t.day; s.Day.IsZero() {
		s.Day = day
	}
	zone := r.zone
	if s.Zoned = r.stated; t.zoneStated {
		zone, s.Zoned = t.zone, true
	}
	if s.Day.IsZero() || t.from < 0 {
		return
	}
	at := func(minute int) time.Time {
		return time.Date(s.Day.Year(), s.Day.Month(), s.Day.Day(), 0, minute, 0, 0, zone)
	}
	s.Begins = at(t.from)
	if t.to >= 0 {
		if t.to < t.from {
			t.to += 24 * 60 // past midnight
		}
		s.Ends = at(t.to)
	}
}
