package lang

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// askedFrames are the places where a question names a person.
var askedFrames = sync.OnceValue(func() []*regexp.Regexp {
	const name = `([\p{L}\p{M}\p{N}'’.·_-]+(?: {1,2}[\p{L}\p{M}\p{N}'’.·_-]+){0,3}?)`
	frames := []string{
		`(?i)\bwho(?:'s| is| was) ` + name + `\s*(?:[?,.;？]|$| in | at | and )`,
		`(?i)\b(?:hear|meet|introduce|about) ` + name + `\s*(?:[?？]|$| at | in )`,
		`(?i)\b(?:does|did|has|will) ` + name + ` (?:give|speak|talk|say|said|take|present|work|think|mean|host|do|attend|join|teach|study|write)\b`,
		`(?i)\b(?:given|presented|written|hosted|led|founded|talks?|sessions?|speech) by ` + name + `\s*(?:[?,.;？]|$| at | in )`,
		`(?:^|[，。！？；\s]|请问|請問|我想听|我想聽|介绍|介紹|想找|认识|認識)` + name + `\s*(?:是谁|是誰|是什么人|是什麼人|在 ?\p{Latin}+ ?\d* ?(?:主讲|主講|的)|主讲|主講|参加|參加|出席|讲了|講了|说了|說了|说过|說過|现在|現在|的职务|的職務|担任|擔任|的演讲|的演講|的议程|的議程|谈|談)`,
		`(?:谁是|誰是|何人是)\s*` + name + `\s*(?:[?？。]|$)`,
	}
	out := make([]*regexp.Regexp, len(frames))
	for i, f := range frames {
		out[i] = regexp.MustCompile(f)
	}
	return out
})

// askedNames finds what a question asks for as a person: "Who is Kiang?", 竹子是谁. It takes nicknames and handles that
// nothing else tells from a word.
func askedNames(text string) []NameSpan {
	var spans []NameSpan
	for _, frame := range askedFrames() {
		for _, m := range frame.FindAllStringSubmatchIndex(text, 4) {
			name := text[m[2]:m[3]]
			if plainWords(name) {
				continue
			}
			spans = append(spans, NameSpan{Span{m[2], m[3]}, sureAsked})
		}
	}
	return spans
}

// plainWords reports whether all that is asked about are words of the language: the chairman, 主席, 他.
func plainWords(s string) bool {
	if !hasHan(s) {
		words := strings.Fields(strings.ToLower(s))
		if noNames[words[0]] || stopWord(words[0]) {
			return true
		}
		if !strings.ContainsFunc(s, unicode.IsLetter) {
			return true
		}
		capitals, lower := 0, 0
		for _, w := range strings.Fields(s) {
			switch first, _ := utf8.DecodeRuneInString(w); {
			case unicode.IsUpper(first):
				capitals++
			case unicode.IsLower(first) && !particles[w]:
				lower++
			}
		}
		digit := strings.ContainsFunc(s, unicode.IsDigit)
		return lower > 0 && (capitals > 0 || !digit && len(words) > 1)
	}
	const leastHan, mostHan = 2, 8
	n, function := 0, false
	for _, r := range s {
		if isHan(r) {
			n++
			function = function || strings.ContainsRune(functionHan+notGiven, r) && !strings.ContainsRune(givenThough+givenNumbers, r)
		}
	}
	if n > mostHan || function && n > leastHan || n < leastHan && n == utf8.RuneCountInString(s) {
		return true
	}
	simple := Simplify(s)
	for _, a := range formsOfAddress {
		if rest, ok := strings.CutSuffix(simple, a); ok && surnameLength([]rune(rest)) == 0 {
			return true // 新主席
		}
	}
	return functionWord(simple) || slices.ContainsFunc(chineseAsking, func(w string) bool { return strings.Contains(simple, w) }) ||
		strings.ContainsAny(simple, "我你他她它们这那的")
}

// labels begin a line that lists people: "Speakers / 講者: Kiang, 王一凡". Simplified, lower case.
var labels = strings.Fields(`speaker speakers host hosts moderator moderators panelist panelists panellists author authors presenter
presenters guest guests participants attendees 讲者 主讲人 主讲 主持人 主持 嘉宾 与会者 出席者 出席 作者 讲师 发言人`)

// mostLabel is the longest label with what stands beside it, in bytes.
const mostLabel = 60

// labelledNames finds what stands in such lines, whatever it looks like.
func labelledNames(text string) []NameSpan {
	var spans []NameSpan
	for at := 0; at < len(text); {
		end := len(text)
		if n := strings.IndexByte(text[at:], '\n'); n >= 0 {
			end = at + n
		}
		line := text[at:end]
		head := line[:runeFloor(line+" ", min(len(line), mostLabel))]
		if n := strings.IndexAny(head, ":："); n > 0 && labelled(head[:n]) {
			_, size := utf8.DecodeRuneInString(head[n:])
			spans = listedNames(spans, text, at+n+size, end)
		}
		at = end + 1
	}
	return spans
}

// labelled reports whether what stands before a colon has one of the labels as a word.
func labelled(head string) bool {
	for _, w := range strings.FieldsFunc(strings.ToLower(Simplify(head)), func(r rune) bool { return !unicode.IsLetter(r) }) {
		if slices.Contains(labels, w) {
			return true
		}
	}
	return false
}

// listedNames appends the items of a list.
func listedNames(spans []NameSpan, text string, start, end int) []NameSpan {
	for start < end {
		item := end
		if n := strings.IndexAny(text[start:end], ",，、;；/|"); n >= 0 {
			item = start + n
		}
		if s, ok := trimmedItem(text, start, item); ok && likeName(text[s.Start:s.End]) {
			spans = append(spans, NameSpan{s, sureAsked})
		}
		if item == end {
			break
		}
		_, size := utf8.DecodeRuneInString(text[item:])
		start = item + size
	}
	return spans
}

// trimmedItem takes white space and marks off both ends.
func trimmedItem(text string, start, end int) (Span, bool) {
	mark := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }
	s := strings.TrimLeftFunc(text[start:end], mark)
	start = end - len(s)
	s = strings.TrimRightFunc(s, mark)
	return Span{start, start + len(s)}, s != ""
}

// likeName reports whether a listed item is short enough to be a name and no clause.
func likeName(s string) bool {
	const mostHan, mostWords, most = 8, 5, 60
	if len(s) > most || plainWords(s) {
		return false
	}
	han := 0
	for _, r := range s {
		if isHan(r) {
			han++
		}
	}
	return han <= mostHan && len(strings.Fields(s)) <= mostWords
}
