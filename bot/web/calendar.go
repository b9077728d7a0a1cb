package web

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"osmanthus/bot"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// calendar answers GET /programme.ics: the programme, or one session, as an iCalendar file (RFC 5545).
func (s *server) calendar(w http.ResponseWriter, r *http.Request) error {
	values := r.URL.Query()
	filter, err := s.eventFilter(values)
	if err != nil {
		return err
	}
	asked, err := day(values, "day")
	if err != nil {
		return err
	}
	id, err := number(values, "session", 0, 1, math.MaxInt64)
	if err != nil {
		return err
	}
	q := retrieval.SessionQuery{Filter: filter, Kind: retrieval.Talk, Limit: maxProgramme}
	if id > 0 {
		q.IDs = []int64{id}
	}
	if !asked.IsZero() {
		q.Days = []string{asked.Format(time.DateOnly)}
	}
	found, err := s.Facts.Sessions(r.Context(), q)
	if err != nil {
		return &fault{kind: faultSearchDown, err: err}
	}
	if id > 0 {
		if len(found) == 0 {
			return retrieval.ErrNotFound
		}
		// The others of its document are needed to number those of one title.
		found, err = s.Facts.Sessions(r.Context(), retrieval.SessionQuery{Filter: filter, Kind: retrieval.Talk, Documents: []int64{found[0].Document}, Limit: maxProgramme})
		if err != nil {
			return &fault{kind: faultSearchDown, err: err}
		}
	}
	words := visitOf(r).words
	file := calendarFile{at: s.Now(), host: s.hostOf(r), link: s.base.link, name: words.T("web.programme.title")}
	seen := map[string]int{}
	for _, group := range inBothLanguages(bot.Distinct(found)) {
		file.add(group, s.item(words, group[0], group), seen, words.T("web.programme.calendar_source"), id == 0 || holdsSession(group, id))
	}
	w.Header().Set("Content-Disposition", `attachment; filename="programme.ics"`)
	w.Header().Set("Cache-Control", "private, no-cache")
	return writeBody(w, http.StatusOK, "text/calendar; charset=utf-8", []byte(file.text()))
}

// A calendarFile is an iCalendar object under way. Times are in UTC where the documents say in which zone they are, and
// "floating" (RFC 5545, 3.3.5) where they do not: a reader's calendar shows them as they are written.
type calendarFile struct {
	at    time.Time
	host  string
	link  func(path string) string // what makes a path one that a browser finds
	name  string
	lines []string
}

const (
	calendarUTC   = "20060102T150405Z"
	calendarLocal = "20060102T150405"
	calendarDay   = "20060102"
)

func holdsSession(group []retrieval.Session, id int64) bool {
	return slices.ContainsFunc(group, func(s retrieval.Session) bool { return s.ID == id })
}

// add counts one event and writes it where it is wanted. What has no day cannot stand in a calendar.
func (c *calendarFile) add(group []retrieval.Session, it item, seen map[string]int, source string, wanted bool) {
	session := group[0]
	// The id must stay the same when the document is taken in anew, so that a calendar brings its entry up to date: it is
	// made of where the session stands and its title, and of its number among those of one title.
	identity := session.Event + "\x00" + session.Source + "\x00" + retrieval.Key(session.Titles[0].Text)
	seen[identity]++
	if !wanted {
		return
	}
	var times []string
	switch {
	case !session.Begins.IsZero() && session.Zoned:
		times = append(times, "DTSTART:"+session.Begins.UTC().Format(calendarUTC))
		if session.Ends.After(session.Begins) {
			times = append(times, "DTEND:"+session.Ends.UTC().Format(calendarUTC))
		}
	case !session.Begins.IsZero():
		times = append(times, "DTSTART:"+session.Begins.Format(calendarLocal))
		if session.Ends.After(session.Begins) {
			times = append(times, "DTEND:"+session.Ends.Format(calendarLocal))
		}
	case !session.Day.IsZero():
		times = append(times, "DTSTART;VALUE=DATE:"+session.Day.Format(calendarDay))
	default:
		return
	}
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s\x00%d", identity, seen[identity])))
	c.lines = append(c.lines, "BEGIN:VEVENT", "UID:"+hex.EncodeToString(sum[:16])+"@osmanthus", "DTSTAMP:"+c.at.UTC().Format(calendarUTC))
	c.lines = append(c.lines, times...)
	c.lines = append(c.lines, "SUMMARY:"+calendarText(joinTagged(it.Titles, " / ")))
	if room := joinTagged(it.Room, " / "); room != "" {
		c.lines = append(c.lines, "LOCATION:"+calendarText(room))
	}
	var about []string
	var names []string
	for _, sp := range it.Speakers {
		names = append(names, sp.Text)
	}
	if len(names) > 0 {
		about = append(about, strings.Join(names, ", "))
	}
	if track := joinTagged(it.Track, " / "); track != "" {
		about = append(about, track)
	}
	about = append(about, source+" "+session.Title)
	c.lines = append(c.lines, "DESCRIPTION:"+calendarText(strings.Join(about, "\n")))
	if c.host != "" {
		c.lines = append(c.lines, "URL:"+c.host+c.link(it.Source))
	}
	c.lines = append(c.lines, "END:VEVENT")
}

func joinTagged(runs []tagged, between string) string {
	var texts []string
	for _, r := range runs {
		texts = append(texts, r.Text)
	}
	return strings.Join(texts, between)
}

func (c *calendarFile) text() string {
	var b strings.Builder
	head := []string{"BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Osmanthus//Programme//EN", "CALSCALE:GREGORIAN", "X-WR-CALNAME:" + calendarText(c.name)}
	for _, line := range append(append(head, c.lines...), "END:VCALENDAR") {
		foldLine(&b, line)
	}
	return b.String()
}

// calendarText writes a value of type TEXT (RFC 5545, 3.3.11).
func calendarText(s string) string {
	return strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`, "\r", `\n`).Replace(lang.Clean(s))
}

// foldedAt is how many octets a line may have without its end (RFC 5545, 3.1).
const foldedAt = 75

// foldLine writes a line in pieces of at most foldedAt octets, none of which tears a character.
func foldLine(b *strings.Builder, line string) {
	room := foldedAt
	for len(line) > room {
		cut := room
		for cut > 0 && !utf8.RuneStart(line[cut]) {
			cut--
		}
		b.WriteString(line[:cut] + "\r\n ")
		line, room = line[cut:], foldedAt-1 // the space counts
	}
	b.WriteString(line + "\r\n")
}

// hostOf is the scheme and host where the server is found, for files that leave the browser: its public address, or those
// under which the client asked. A proxy in front is believed where it is one of the trusted ones.
func (s *server) hostOf(r *http.Request) string {
	at := s.address(r)
	for _, c := range strings.TrimPrefix(strings.TrimPrefix(at, "http://"), "https://") {
		if c != '.' && c != '-' && c != ':' && c != '[' && c != ']' && (c < '0' || c > '9') && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') {
			return ""
		}
	}
	return at
}
