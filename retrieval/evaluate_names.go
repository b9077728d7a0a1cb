package retrieval

import (
	"encoding/json"
	"slices"
	"strings"

	"osmanthus/retrieval/lang"
)

// A NameRow is a line of a file of names. Either it says which person a writing means (Query, Person, Class), or it
// holds a list of people (Speakers, each a name or an object with a name, which may be in both languages), who are then
// looked up by other writings of their own name.
type NameRow struct {
	Query    string          `json:"query"`
	Person   string          `json:"person"`
	Class    string          `json:"class"`
	Speakers json.RawMessage `json:"speakers"`
}

// A NameResult counts the look-ups of one class.
type NameResult struct {
	Class     string  `json:"class"`
	Queries   int     `json:"queries"`
	First     float64 `json:"first"`     // share in which the right person came first, alone or with people whose name reads the same
	SameName  float64 `json:"same_name"` // share in which the right person's score reached lang.SameName
	Homophone float64 `json:"homophone"` // share in which somebody's name that reads the same stood beside the right one
}

// A NameEvaluation is what was measured on one file.
type NameEvaluation struct {
	Set     string       `json:"set"`
	People  int          `json:"people"`
	Results []NameResult `json:"results"` // the last is of all classes
	Missed  []NameMiss   `json:"missed"`
}

// A NameMiss is a look-up in which somebody else came first.
type NameMiss struct {
	Query string `json:"query"`
	Want  string `json:"want"`
	Got   string `json:"got"` // empty: nobody
}

// EvaluateNames looks up every name of the rows among all the people in them.
func EvaluateNames(rows []NameRow) NameEvaluation {
	var people []string
	place := map[string]int{}
	person := func(name string) int {
		i, known := place[name]
		if !known {
			i = len(people)
			place[name] = i
			people = append(people, name)
		}
		return i
	}
	type lookup struct {
		query, class string
		want         int
	}
	var lookups []lookup
	for _, row := range rows {
		if row.Query != "" && row.Person != "" {
			lookups = append(lookups, lookup{row.Query, row.Class, person(row.Person)})
		}
		for _, names := range speakerNames(row.Speakers) {
			before := len(people)
			i := person(names[0])
			if i < before {
				continue
			}
			for _, other := range names[1:] {
				lookups = append(lookups, lookup{other, "other language", i})
			}
			for _, w := range writings(names[0]) {
				lookups = append(lookups, lookup{w.text, w.class, i})
			}
		}
	}
	index := lang.NewNameIndex(people)
	e := NameEvaluation{People: len(people)}
	var all NameResult
	all.Class = "all"
	for _, l := range lookups {
		at := slices.IndexFunc(e.Results, func(r NameResult) bool { return r.Class == l.class })
		if at < 0 {
			at = len(e.Results)
			e.Results = append(e.Results, NameResult{Class: l.class})
		}
		first, same, homophone := judge(index, l.query, l.want)
		for _, r := range []*NameResult{&e.Results[at], &all} {
			r.Queries++
			r.First += first
			r.SameName += same
			r.Homophone += homophone
		}
		if first == 0 {
			miss := NameMiss{Query: l.query, Want: people[l.want]}
			if found := index.Find(l.query); len(found) > 0 {
				miss.Got = people[found[0].Place]
			}
			e.Missed = append(e.Missed, miss)
		}
	}
	e.Results = append(e.Results, all)
	for i := range e.Results {
		if n := float64(e.Results[i].Queries); n > 0 {
			e.Results[i].First /= n
			e.Results[i].SameName /= n
			e.Results[i].Homophone /= n
		}
	}
	return e
}

// judge looks one name up.
func judge(index *lang.NameIndex, query string, want int) (first, same, homophone float64) {
	found := index.Find(query)
	at := slices.IndexFunc(found, func(m lang.NameMatch) bool { return m.Place == want })
	if at < 0 {
		return 0, 0, 0
	}
	if found[at].Score >= lang.SameName {
		same = 1
	}
	first = 1
	for _, m := range found {
		if m.Place == want || m.Score < found[at].Score {
			continue
		}
		if !index.Homophones(m.Place, want) {
			return 0, same, homophone
		}
		homophone = 1
	}
	return first, same, homophone
}

// speakerNames reads a list of people: each one's names, no two the same.
func speakerNames(raw json.RawMessage) [][]string {
	var people []json.RawMessage
	if json.Unmarshal(raw, &people) != nil {
		return nil
	}
	var out [][]string
	for _, p := range people {
		var name string
		if json.Unmarshal(p, &name) != nil {
			var object struct {
				Name json.RawMessage `json:"name"`
			}
			var both struct{ Zh, En string }
			switch {
			case json.Unmarshal(p, &object) != nil:
				continue
			case json.Unmarshal(object.Name, &name) == nil:
			case json.Unmarshal(object.Name, &both) == nil && both.Zh != "":
				out = append(out, slices.Compact([]string{both.Zh, both.En}))
				continue
			}
		}
		if name != "" {
			out = append(out, []string{name})
		}
	}
	return out
}

type writing struct{ class, text string }

// writings makes other writings of a name: what people type who saw it in another document, or heard it.
func writings(name string) []writing {
	var out []writing
	add := func(class, text string) {
		if text != "" && text != name {
			out = append(out, writing{class, text})
		}
	}
	add("as written", name+" ")
	add("capitals", strings.ToUpper(name))
	add("lower case", strings.ToLower(name))
	add("other script", lang.Simplify(name))
	add("pinyin", lang.Pinyin(name))
	add("wade", lang.WadeGiles(name))
	if p := strings.Fields(lang.Pinyin(name)); len(p) == 2 {
		add("pinyin, given name first", p[1]+" "+p[0])
	}
	if words := strings.Fields(name); len(words) == 2 && !strings.ContainsFunc(name, func(r rune) bool { return r > 0x2E80 }) {
		add("order", words[1]+" "+words[0])
		add("together", words[0]+words[1])
		add("title", "Dr. "+name)
		add("misspelt", misspelt(name))
	}
	if !strings.ContainsFunc(name, func(r rune) bool { return r < 0x2E80 }) {
		add("title", name+"老師")
	}
	return out
}

// misspelt changes two letters about inside the longest word, if it is long enough to be known again.
func misspelt(name string) string {
	const least = 6
	words := strings.Fields(name)
	longest := 0
	for i, w := range words {
		if len(w) > len(words[longest]) {
			longest = i
		}
	}
	w := []byte(words[longest])
	if len(w) < least || strings.ContainsFunc(words[longest], func(r rune) bool { return r > 0x7F }) {
		return ""
	}
	w[3], w[4] = w[4], w[3]
	words[longest] = string(w)
	return strings.Join(words, " ")
}
