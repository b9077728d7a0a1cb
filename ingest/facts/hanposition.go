package facts

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"osmanthus/retrieval/lang"
)

var (
	// hanBefore is what a position ends with that stands right before a name: organisation, position, more of both.
	hanBefore = regexp.MustCompile(`([^，,。；;：:！!？?（(）)「」『』“”"\s]*?)(` + hanTitle + `(?:(?:兼|暨)` + hanTitle + `)*)$`)
	// hanSubject is what of a sentence may stand before an organisation and is no part of it.
	hanSubject = regexp.MustCompile(`^.*(?:由|与|與|和|及|以及|跟|同|是|为|為|请|請|邀请|邀請|到|了|对|對|向|在|让|讓|被|把|据|據|会上|會上|其中|包括|随后|隨後|接着|接著|最后|最後|当天|當天|今天|日前|主讲人|主講人|嘉宾|嘉賓|来自|來自|有|时|時)`)
	// hanHolds is in every sentence that says a position; looking for names in the others would be in vain.
	hanHolds = regexp.MustCompile(hanRole)
	// hanCalled is a name with a position right behind it.
	hanCalled = regexp.MustCompile(`^(.+?)(` + hanTitle + `)$`)
	// hanLoose ends what cannot be part of an organisation's name.
	hanLoose = regexp.MustCompile(`^.*(?:[我你他她您们們是的了这這那着著]|现在|現在|首任|前任|现任|現任|即将|即將|卸任|上任|担任|擔任|如果|但)`)
	// hanAfter is a position behind a name: 杨浩勃，深圳市民政局副局长; 杨浩勃（…）; 杨浩勃是…; 杨浩勃担任….
	hanAfter = regexp.MustCompile(`^(?:，|,|（|\(|\s*(?:现任|現任|时任|時任|现为|現為|担任|擔任|任|是|为|為|系|出任)\s*)([^，,。；;：:！!？?（(）)「」『』“”"\s]{2,40})(?:[，,。；;）)！!？?]|$)`)
)

// hanSure is how sure the finder of names must be of one in running text before a position is hung on it, and
// besideBody what will do where an organisation stands before the position: then there must be somebody who holds it.
const (
	hanSure    = 0.7
	besideBody = 0.5
)

// chinesePositions reads one sentence.
func (r *reader) chinesePositions(sentence lang.Span) {
	s := r.text(sentence)
	if !hanHolds.MatchString(s) {
		return
	}
	for _, found := range r.names(s) {
		name := found.Span
		if found.Sure < besideBody || !hasHan(s[name.Start:name.End]) {
			continue
		}
		if m := hanCalled.FindStringSubmatchIndex(s[name.Start:name.End]); m != nil { // 梁建文專員
			title := s[name.Start+m[4] : name.Start+m[5]]
			whole := shifted(name, sentence.Start)
			if name.End = name.Start + m[3]; !r.soleName(s[name.Start:name.End]) {
				continue // a surname, or the end of a longer word
			}
			if i, ok := r.person(shifted(name, sentence.Start)); ok {
				r.addTitle(i, Title{Span: whole, Title: title})
			}
		}
		r.hanBeforeName(s, name, found.Sure, sentence.Start)
		if found.Sure >= hanSure {
			r.hanAfterName(s, name, sentence.Start)
		}
	}
}

// hanBeforeName reads 深圳市民政局副局长杨浩勃, and of a row joined by 、 every position.
func (r *reader) hanBeforeName(s string, name lang.Span, sure float64, base int) {
	end := name.Start
	for {
		m := hanBefore.FindStringSubmatchIndex(s[:end])
		if m == nil {
			return
		}
		start, organisation := m[2], s[m[2]:m[3]]
		more := false
		if i := strings.LastIndex(organisation, "、"); i >= 0 {
			start += i + len("、")
			organisation = organisation[i+len("、"):]
			more = hanPosition.MatchString(s[:start-len("、")])
		}
		if cut := hanSubject.FindString(organisation); cut != "" && !isOrganisation(organisation[:len(cut)]) {
			start += len(cut)
			organisation = organisation[len(cut):]
			more = false
		}
		if cut := hanLoose.FindString(organisation); cut != "" {
			start += len(cut)
			organisation = organisation[len(cut):]
			more = false
		}
		if organisation != "" && utf8.RuneCountInString(organisation) < 2 {
			organisation = ""
		}
		if sure < hanSure && !isOrganisation(organisation) {
			return
		}
		if i, ok := r.person(shifted(name, base)); ok {
			r.addTitle(i, Title{Span: lang.Span{Start: base + start, End: base + name.End}, Title: s[m[4]:m[5]], Organisation: organisation})
		}
		if !more {
			return
		}
		end = start - len("、")
	}
}

func (r *reader) hanAfterName(s string, name lang.Span, base int) {
	m := hanAfter.FindStringSubmatchIndex(s[name.End:])
	if m == nil {
		return
	}
	from, to := name.End+m[2], name.End+m[3]
	for _, part := range strings.Split(s[from:to], "、") {
		if title, organisation := splitTitle(part); title != "" && !hanLoose.MatchString(organisation) {
			if i, ok := r.person(shifted(name, base)); ok {
				r.addTitle(i, Title{Span: lang.Span{Start: base + name.Start, End: base + to}, Title: title, Organisation: organisation})
			}
		}
	}
}

// soleName reports whether all of a text is a name.
func (r *reader) soleName(s string) bool {
	found := r.names(s)
	return len(found) == 1 && found[0].Span == lang.Span{Start: 0, End: len(s)} && found[0].Sure >= besideBody
}
