package source

import (
	"bufio"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// claimsJSON goes by what the text begins with; a text that begins so and is no JSON is a text.
func claimsJSON(text string, hinted bool) bool {
	text = strings.TrimSpace(text)
	return (strings.HasPrefix(text, "{") || strings.HasPrefix(text, "[")) && (hinted || scheduleWords(text)) && json.Valid([]byte(firstValue(text)))
}

// scheduleWords reports whether the text begins as a schedule does, where its name says nothing.
func scheduleWords(text string) bool {
	head := text[:min(len(text), sampled)]
	return strings.Contains(head, `"title"`) && (strings.Contains(head, `"speakers"`) || strings.Contains(head, `"persons"`) || strings.Contains(head, `"start"`))
}

// firstValue is the text, or its first line where each line is a value.
func firstValue(text string) string {
	if first, rest, ok := strings.Cut(text, "\n"); ok && strings.HasPrefix(strings.TrimSpace(rest), "{") && json.Valid([]byte(first)) {
		return first
	}
	return text
}

// An object is a JSON object.
type object = map[string]any

// readJSON reads schedules: the export of pretalx and of those that took its form, lists of sessions as JSON lines or as
// an array, and the sessions.json of OPass. Other JSON is no document.
func readJSON(b *builder, text string) error {
	text = strings.TrimSpace(text)
	if jsonDepth(text) > b.limits.Depth {
		return &Fault{Code: TooNested, Limit: int64(b.limits.Depth)}
	}
	var values []any
	if firstValue(text) != text {
		lines := bufio.NewScanner(strings.NewReader(text))
		lines.Buffer(nil, len(text)+1)
		for n := 1; lines.Scan(); n++ {
			if strings.TrimSpace(lines.Text()) == "" {
				continue
			}
			var v any
			if err := json.Unmarshal(lines.Bytes(), &v); err != nil {
				return &Fault{Code: Damaged, Detail: fmt.Sprintf("JSON, line %d", n), Err: err}
			}
			values = append(values, v)
		}
	} else {
		var v any
		if err := json.Unmarshal([]byte(text), &v); err != nil {
			return &Fault{Code: Damaged, Detail: "JSON", Err: err}
		}
		values, _ = v.([]any)
		if o, ok := v.(object); ok {
			title, sessions := scheduleOf(o)
			if len(sessions) == 0 {
				return &Fault{Code: Unsupported, Detail: "application/json"}
			}
			return b.schedule(title, sessions)
		}
	}
	var sessions []session
	for _, v := range values {
		if o, ok := v.(object); ok && isSession(o) {
			sessions = append(sessions, sessionOf(o, lookups{}))
		}
	}
	if 2*len(sessions) <= len(values) {
		return &Fault{Code: Unsupported, Detail: "application/json"}
	}
	return b.schedule("", sessions)
}

func isSession(o object) bool {
	_, timed := o["start"]
	_, spoken := o["speakers"]
	_, persons := o["persons"]
	_, slot := o["slot"]
	return len(titlesOf(o)) > 0 && (timed || spoken || persons || slot)
}

// lookups resolve what a session names by id.
type lookups struct{ speakers, rooms, kinds map[string]object }

// scheduleOf finds the sessions of an object that holds a schedule.
func scheduleOf(o object) (title string, sessions []session) {
	if schedule, ok := o["schedule"].(object); ok {
		conference, _ := schedule["conference"].(object)
		title = strings.Join(localised(conference["title"]), " / ")
		for _, d := range list(conference["days"]) {
			day, _ := d.(object)
			rooms, _ := day["rooms"].(object)
			for _, room := range sortedKeys(rooms) {
				for _, e := range list(rooms[room]) {
					if entry, ok := e.(object); ok && len(titlesOf(entry)) > 0 {
						s := sessionOf(entry, lookups{})
						if len(s.room) == 0 {
							s.room = []string{room}
						}
						sessions = append(sessions, s)
					}
				}
			}
		}
		return title, sessions
	}
	l := lookups{byID(o["speakers"]), byID(o["rooms"]), byID(o["session_types"])}
	for _, key := range []string{"sessions", "talks", "events", "results"} {
		for _, e := range list(o[key]) {
			if entry, ok := e.(object); ok && isSession(entry) {
				sessions = append(sessions, sessionOf(entry, l))
			}
		}
	}
	return strings.Join(localised(o["title"]), " / "), sessions
}

func sessionOf(o object, l lookups) session {
	s := session{
		titles: titlesOf(o), track: localised(o["track"]), language: wordsOf(o["language"]), kind: namedBy(o["type"], l.kinds),
		room: namedBy(o["room"], l.rooms), link: wordsOf(o["url"]),
	}
	if s.link == "" {
		s.link = wordsOf(o["uri"])
	}
	if subtitle := wordsOf(o["subtitle"]); subtitle != "" && len(s.titles) == 1 {
		s.texts = append(s.texts, subtitle)
	}
	start, end := wordsOf(o["start"]), wordsOf(o["end"])
	if slot, ok := o["slot"].(object); ok {
		start, end = wordsOf(slot["start"]), wordsOf(slot["end"])
		if len(s.room) == 0 {
			s.room = localised(slot["room"])
		}
	}
	if date := wordsOf(o["date"]); date != "" { // of pretalx: the start is a time of day then
		start = date
	}
	var known bool
	if t, hasOffset, ok := readTimestamp(start); ok {
		s.start, known = t, hasOffset
	}
	if t, _, ok := readTimestamp(end); ok {
		s.end = t
	} else if d, ok := duration(wordsOf(o["duration"])); ok && !s.start.IsZero() {
		s.end = s.start.Add(d)
	}
	if !known {
		s.zone = "-"
	}
	for _, key := range []string{"abstract", "description"} {
		s.texts = append(s.texts, localised(o[key])...)
	}
	for _, language := range []string{"zh", "en"} {
		if inner, ok := o[language].(object); ok {
			s.texts = append(s.texts, localised(inner["description"])...)
		}
	}
	s.texts = distinct(s.texts)
	speakers := list(o["speakers"])
	if speakers == nil {
		speakers = list(o["persons"])
	}
	for _, v := range speakers {
		person, ok := v.(object)
		if !ok {
			if person = l.speakers[wordsOf(v)]; person == nil {
				if name := wordsOf(v); name != "" {
					s.speakers = append(s.speakers, speaker{names: []string{name}})
				}
				continue
			}
		}
		if p := speakerOf(person); len(p.names) > 0 {
			s.speakers = append(s.speakers, p)
		}
	}
	return s
}

func speakerOf(o object) speaker {
	var p speaker
	for _, key := range []string{"name", "public_name"} {
		if len(p.names) == 0 {
			p.names = localised(o[key])
		}
	}
	for _, key := range []string{"biography", "bio"} {
		p.bios = append(p.bios, localised(o[key])...)
	}
	for _, language := range []string{"zh", "en"} {
		if inner, ok := o[language].(object); ok {
			p.names = append(p.names, localised(inner["name"])...)
			p.bios = append(p.bios, localised(inner["bio"])...)
		}
	}
	p.names, p.bios = distinct(p.names), distinct(p.bios)
	return p
}

// titlesOf are a session's titles in each language.
func titlesOf(o object) []string {
	titles := localised(o["title"])
	for _, language := range []string{"zh", "en"} {
		if inner, ok := o[language].(object); ok {
			titles = append(titles, localised(inner["title"])...)
		}
	}
	return distinct(titles)
}

// namedBy is what a value names by itself or by an id.
func namedBy(v any, byID map[string]object) []string {
	if o, ok := byID[wordsOf(v)]; ok {
		return localised(o)
	}
	return localised(v)
}

// localised are the words of a value: a text, or one in each language, Chinese first, each once.
func localised(v any) []string {
	switch v := v.(type) {
	case string, float64:
		if s := wordsOf(v); s != "" {
			return []string{s}
		}
	case object:
		if name, ok := v["name"]; ok {
			return localised(name)
		}
		keys := sortedKeys(v)
		slices.SortStableFunc(keys, func(a, b string) int { return languageRank(a) - languageRank(b) })
		var all []string
		for _, k := range keys {
			if languageRank(k) == 9 && (len(k) > 3 || k == "id") {
				continue // no language
			}
			if inner, ok := v[k].(object); ok {
				all = append(all, localised(inner["name"])...)
				continue
			}
			all = append(all, wordsOf(v[k]))
		}
		return distinct(all)
	}
	return nil
}

func languageRank(key string) int {
	switch languageOf(key) {
	case "zh":
		return 0
	case "en":
		return 1
	}
	return 9
}

func distinct(all []string) []string {
	var out []string
	for _, s := range all {
		if s = strings.TrimSpace(s); s != "" && !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func wordsOf(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case float64:
		return strconv.FormatFloat(v, 'f', -1, 64)
	}
	return ""
}

func list(v any) []any {
	l, _ := v.([]any)
	return l
}

func byID(v any) map[string]object {
	found := map[string]object{}
	for _, e := range list(v) {
		if o, ok := e.(object); ok {
			found[wordsOf(o["id"])] = o
		}
	}
	return found
}

func sortedKeys(o object) []string {
	keys := make([]string, 0, len(o))
	for k := range o {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// duration reads hours and minutes, 01:30, or minutes.
func duration(s string) (time.Duration, bool) {
	h, m, ok := strings.Cut(s, ":")
	if !ok {
		h, m = "0", s
	}
	hours, err1 := strconv.Atoi(h)
	minutes, err2 := strconv.Atoi(m)
	if err1 != nil || err2 != nil || hours < 0 || minutes < 0 || hours > 1000 || minutes > 10_000 {
		return 0, false
	}
	return time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute, true
}

// jsonDepth is how deep a text's brackets go, strings apart.
func jsonDepth(text string) int {
	deepest, depth := 0, 0
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			depth++
			deepest = max(deepest, depth)
		case c == '}' || c == ']':
			depth--
		}
	}
	return deepest
}
