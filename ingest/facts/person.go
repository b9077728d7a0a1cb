package facts

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"osmanthus/ingest/source"
	"osmanthus/retrieval/lang"
)

// maxName bounds a name, in characters; what is longer is a sentence.
const maxName = 60

var (
	// degrees follow a name after a comma and are no second name.
	degrees = regexp.MustCompile(`(?i)^(?:ph\.?\s?d\.?|m\.?d\.?|j\.?d\.?|dr\.?|jr\.?|sr\.?|m\.?b\.?a\.?|m\.?s\.?c?\.?|esq\.?|cfa|cpa|i{2,3})$`)
	// address is what is set before a name out of courtesy.
	address = regexp.MustCompile(`^(?i:mr|mrs|ms|miss|dr|prof|professor|sir|madam|dame|hon)\b\.?\s+`)
	// hanAddress is what is set behind one.
	hanAddress = regexp.MustCompile(`\s*(?:先生|女士|小姐|老师|老師|教授|博士|同学|同學)$`)
	brackets   = regexp.MustCompile(`[(（\[【]([^()（）\[\]【】]*)[)）\]】]`)
	masked     = regexp.MustCompile(`^\[[^\]]*\]$`) // stands where an address was taken out
)

// separators part the names of a list, but for those in brackets.
const separators = ",，、;；/／&"

// parts cuts a list of names: spans into s.
func parts(s string) []lang.Span {
	var out []lang.Span
	depth, start := 0, 0
	cut := func(end, next int) {
		if p := trimmed(s, start, end); p.Start < p.End {
			out = append(out, p)
		}
		start = next
	}
	for i, r := range s {
		switch {
		case strings.ContainsRune("(（[【", r):
			depth++
		case strings.ContainsRune(")）]】", r):
			depth = max(0, depth-1)
		case depth == 0 && strings.ContainsRune("/／", r) && oneInTwoScripts(s[start:i], s[i+len(string(r)):]):
		case depth == 0 && strings.ContainsRune(separators, r):
			cut(i, i+len(string(r)))
		case depth == 0 && strings.HasPrefix(s[i:], " and ") && i >= start:
			cut(i, i+len(" and "))
		}
	}
	cut(len(s), len(s))
	return out
}

// oneInTwoScripts reports whether "范愷祐 / Kyo Fan" is one name in two writings.
func oneInTwoScripts(before, after string) bool {
	if i := strings.IndexAny(after, separators); i >= 0 {
		after = after[:i]
	}
	return hasHan(before) != hasHan(after) && strings.TrimSpace(before) != "" && strings.TrimSpace(after) != ""
}

// speakers reads a list of people, some of whom may be followed by their positions: "YANG Haobo, Deputy Director,
// Shenzhen Civil Affairs Bureau".
func (r *reader) speakers(v Value) []Speaker {
	var out []Speaker
	last := -1
	for _, p := range parts(r.text(v.Span)) {
		span := shifted(p, v.Start)
		text := oneLine(r.text(span))
		switch {
		case degrees.MatchString(text) && last >= 0 && len(out) > 0:
			out[len(out)-1].Value = r.value(covering(out[len(out)-1].Span, span))
			continue
		case last >= 0 && isPosition(text):
			title, organisation := splitTitle(text)
			r.addTitle(last, Title{Span: lang.Span{Start: v.Start, End: v.End}, Title: title, Organisation: organisation})
			continue
		case last >= 0 && isOrganisation(text):
			if titles := r.facts.People[last].Titles; len(titles) > 0 && titles[len(titles)-1].Organisation == "" {
				titles[len(titles)-1].Organisation = text
				continue
			}
		}
		if i, ok := r.person(span); ok {
			last = i
			out = append(out, Speaker{Value: r.value(span), Person: i})
		}
	}
	return out
}

// holds gives a person of a list the positions and organisations beside the name.
func (r *reader) holds(name lang.Span, positions, organisations []Value) {
	for _, sp := range r.speakers(r.value(name)) {
		r.give(sp.Person, name, positions, organisations)
	}
}

// give adds positions to a person. One organisation beside one position belongs to it; a position may hold its own.
func (r *reader) give(person int, name lang.Span, positions, organisations []Value) {
	said := false
	for _, p := range positions {
		for _, part := range semicolons(p.Text) {
			title, organisation := splitTitle(part)
			switch {
			case unsaid.MatchString(part):
				continue
			case title == "" && isOrganisation(part):
				organisation = part
			case title == "":
				title = part
			}
			if organisation == "" && len(organisations) > 0 {
				organisation = organisations[0].Text
			}
			said = true
			r.addTitle(person, Title{Span: covering(name, p.Span), Title: title, Organisation: organisation})
		}
	}
	if said {
		return
	}
	for _, o := range organisations {
		r.addTitle(person, Title{Span: covering(name, o.Span), Organisation: o.Text})
	}
}

// unsaid is what tables write where nothing is known.
var unsaid = regexp.MustCompile(`(?i)^(?:not (?:stated|given|known|available|specified)|n/?a|none|unknown|tb[acd]|[-–—/?]+|未注明|未知|不详|不詳|无|無|待定|略)(?:$|[\s(（,，])`)

func semicolons(s string) []string {
	var out []string
	for _, p := range strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == '；' }) {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

func covering(a, b lang.Span) lang.Span {
	return lang.Span{Start: min(a.Start, b.Start), End: max(a.End, b.End)}
}

func (r *reader) addTitle(person int, t Title) {
	p := &r.facts.People[person]
	if p.Generic || t.Title == "" && t.Organisation == "" {
		return
	}
	for _, old := range p.Titles {
		if lang.Fold(old.Title) == lang.Fold(t.Title) && (lang.Fold(old.Organisation) == lang.Fold(t.Organisation) || t.Organisation == "") {
			return
		}
	}
	p.Titles = append(p.Titles, t)
}

// person returns the index of the person whose name stands at a span, added if new.
func (r *reader) person(span lang.Span) (int, bool) {
	v := r.value(span)
	if m := address.FindString(v.Text); m != "" && len(m) < len(v.Text) {
		v.Start += strings.Index(r.text(v.Span), strings.TrimSpace(m)) + len(strings.TrimSpace(m))
		v = r.value(v.Span)
	}
	if m := hanAddress.FindString(v.Text); m != "" && len([]rune(v.Text))-len([]rune(m)) >= 2 {
		v.End -= len(m)
		v = r.value(v.Span)
	}
	if at := strings.LastIndexAny(v.Text, ":："); at > 0 && at < len(v.Text)-len("：") { // 科長：邱俊雄
		v.End = v.Start + len(r.text(v.Span))
		_, size := firstRune(v.Text[at:])
		v.Start += strings.LastIndexAny(r.text(v.Span), ":：") + size
		v = r.value(v.Span)
	}
	v.Text = strings.TrimRight(v.Text, " :：")
	if !isName(v.Text) {
		return 0, false
	}
	key := lang.Fold(v.Text)
	if i, ok := r.people[key]; ok {
		return i, true
	}
	p := Person{Value: v, Forms: forms(v.Text), Generic: masked.MatchString(v.Text) || genericName(v.Text)}
	r.facts.People = append(r.facts.People, p)
	r.people[key] = len(r.facts.People) - 1
	return len(r.facts.People) - 1, true
}

// isName reports whether a text may name somebody at all.
func isName(s string) bool {
	return s != "" && lang.Graphemes(s) <= maxName && strings.ContainsFunc(s, unicode.IsLetter) && !strings.ContainsAny(s, "。！？!?\"“”「」") &&
		!strings.Contains(s, "://") && len(strings.Fields(s)) <= 8
}

// forms are a name and what of it may stand alone: outside and inside of brackets, the Han and the Latin part.
func forms(name string) []string {
	out := []string{name}
	add := func(s string) {
		if s = strings.Trim(oneLine(s), " ,，·"); s != "" && !slices.Contains(out, s) && strings.ContainsFunc(s, unicode.IsLetter) {
			out = append(out, s)
		}
	}
	for _, part := range strings.FieldsFunc(name, func(r rune) bool { return r == '/' || r == '／' }) {
		add(part)
	}
	for _, m := range brackets.FindAllStringSubmatch(name, -1) {
		add(brackets.ReplaceAllString(name, " "))
		add(m[1])
	}
	for _, s := range slices.Clone(out) {
		han, latin := scripts(s)
		if len([]rune(han)) >= 2 {
			add(han)
		}
		if len([]rune(latin)) >= 2 && len([]rune(han)) >= 2 {
			add(latin)
		}
	}
	return out
}

// parts people play, folded: not names, though they stand where names do.
var playedParts = strings.Fields("interviewer interviewee interpreter moderator host question questioner answer audience participant participants speaker chair " +
	"chairman narrator translator reporter journalist q a all everyone staff tbd tba tbc none unknown various n/a guest guests panel volunteers volunteer " +
	"问 答 提问 回答 提问者 采访者 访问者 受访者 主席 主持人 主持 记者 众人 全体 所有人 观众 听众 与会者 与会人员 司仪 翻译 口译 主秘 志愿者 志工 待定 未定 无 " +
	"自由参加 全体人员 工作人员 嘉宾 讲者 讲师 来宾 学生 同学 老师")

// genericName reports whether a text is a part that somebody plays: one of the list, with a number or an article or
// not, or a bare position.
func genericName(name string) bool {
	folded := strings.TrimPrefix(strings.TrimPrefix(lang.Fold(name), "the "), "an ")
	folded = strings.TrimSpace(strings.TrimRightFunc(folded, func(r rune) bool { return unicode.IsDigit(r) || unicode.IsSpace(r) || r == '#' }))
	if slices.Contains(playedParts, folded) {
		return true
	}
	if hasHan(name) {
		return barePosition(name)
	}
	words := strings.Fields(name)
	last := strings.ToLower(words[len(words)-1])
	return len(words) > 1 && roleWord(last) && !latinName.MatchString(name) || len(words) == 1 && roleWord(last)
}

// speakerHeadings takes headings that introduce a speaker, and the section below each as what the document says about
// the person.
func (r *reader) speakerHeadings() {
	for i, b := range r.doc.Blocks {
		if b.Kind != source.Heading {
			continue
		}
		span := lang.Span{Start: b.Start, End: b.End}
		f, at := labelled(r.text(span))
		if f != speakerField && f != aboutField && f != nameField {
			continue
		}
		end := b.End
		for _, below := range r.doc.Blocks[i+1:] {
			if below.Kind == source.Heading && below.Level <= b.Level {
				break
			}
			end = below.End
		}
		found := r.speakers(r.value(shifted(at, b.Start)))
		for _, sp := range found {
			p := &r.facts.People[sp.Person]
			if p.About.Start == p.About.End && end > b.End && len(found) == 1 {
				p.About = r.opening(b.End, end)
			}
		}
	}
}

const (
	// aboutSentences and aboutBytes bound what is kept of the section about a person: it is quoted whole.
	aboutSentences = 3
	aboutBytes     = 600
)

// opening is the first sentences between two places.
func (r *reader) opening(from, to int) lang.Span {
	section := trimmed(r.doc.Text, from, to)
	out := lang.Span{}
	for i, s := range lang.Sentences(r.text(section)) {
		if i > 0 && (i == aboutSentences || s.End > aboutBytes) {
			break
		}
		if i == 0 {
			out.Start = section.Start + s.Start
		}
		out.End = section.Start + s.End
	}
	return out
}
