package bot

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// A followUp is a question read after others.
type followUp struct {
	whole   string // the question as it can stand alone
	follows bool   // it does not stand alone as it was asked
	sure    bool   // whole says what was meant, as far as rules can tell
}

// The words that point back, in folded text.
var (
	personPronoun = regexp.MustCompile(`他们|她们|[他她](?:本人)?|[这那该](?:一)?(?:位|个|名)?(?:讲者|演讲者|主讲人|讲师|嘉宾|主持人|人|老师|专家|学者|教授|先生|女士)|` +
		`\b(?:he|she|him|her|his|hers|they|them|their|theirs)\b|\b(?:this|that) (?:speaker|presenter|person|lecturer|guest|moderator|panell?ist|man|woman|professor)\b`)
	// notPronoun are words that hold the characters of one.
	notPronoun    = regexp.MustCompile(`其他|其它|他人|吉他|他乡|他国|利他`)
	manyPeople    = regexp.MustCompile(`^(?:他们|她们|they|them|their|theirs)$`)
	possessive    = regexp.MustCompile(`^(?:his|their|theirs|hers)$`)
	sessionWord   = `演讲|讲座|分享|报告|议程|访谈|对谈|课程|课|工作坊|环节`
	sessionMeant  = regexp.MustCompile(`[这那该](?:一)?(?:场|个|堂|节|篇|项)?(?:` + sessionWord + `)|[这那]一?场(?:会议)?|它|\b(?:this|that) (?:one|talk|session|presentation|lecture|workshop|interview|conversation|panel|keynote)\b|\bthe (?:talk|session|presentation|lecture|workshop|interview|panel)\b|\b(?:it|its)\b`)
	describedHere = regexp.MustCompile(`^\s*(?:about|on|by|of|that|which|in|at|called|titled|named|where|with|from)\b`)
	// emptyIt is an "it" that stands for nothing.
	emptyIt = regexp.MustCompile(`\b(?:is|was) it (?:possible|true|allowed|ok|okay|necessary|free|raining|safe|correct|worth)\b|\bit(?:'s| is| was) (?:possible|true|said|raining)\b|\bwhat time is it\b|\bhow is it (?:that|possible)\b`)
	// afterHer follows "her" where that is whom, not whose.
	afterHer = regexp.MustCompile(`^\s*(?:[?.!,;:]|$|(?:in|at|on|about|after|before|and|or|with|for|from|to|again|speak|say|there|then|when|where|too|also|next|now|today|tomorrow)\b)`)
	// leading are words that tie a question to the one before and say nothing themselves.
	leading  = regexp.MustCompile(`^(?:\s*(?:and|so|but|then|ok|okay|also|well|oh|那么|那|还有|然后|另外|以及|请问|好的|好)(?:[\s,，。、]+|\b|$))+`)
	leadHan  = regexp.MustCompile(`^(?:那么|那|然后|另外|请问|好的|还有)[,，]?`)
	whatOf   = regexp.MustCompile(`^\s*(?:(?:and|so|but|ok|okay|then)[,\s]+)?(?:what|how) about (.{1,80}?)\s*[?？.!]*\s*$|^\s*and (?:for |on |in |at )?(.{1,60}?)\s*[?？.!]*\s*$|^\s*(?:那么?)?(.{1,40}?)呢\s*[?？。!！]*\s*$`)
	moreOf   = regexp.MustCompile(`^\s*(?:(?:and|please|can you|could you)\s+)*(?:tell me more|say more|more|more details?|more please|go on|anything else|what else|elaborate|give me more details?)(?: please| about (?:that|this|it))?\s*[?？.!]*\s*$|^\s*(?:请|能)?(?:还有呢|还有吗|然后呢|详细(?:说说|介绍|一点|点)?(?:一下)?|继续|再(?:多)?说(?:一)?点|说详细(?:一)?点|多说(?:一)?点|更多|展开说说|还有什么|还有别的吗)[吧吗呢]?\s*[?？。!！]*\s*$`)
	elseOf   = regexp.MustCompile(`^\s*(?:and )?who else\b[^?]{0,20}\?*\s*$|^\s*(?:那)?还有谁[^?？]{0,6}[?？]*\s*$|^\s*还有(?:哪些|别的|其他)人[^?？]{0,4}[?？]*\s*$`)
	whyOf    = regexp.MustCompile(`^\s*(?:(?:and|but) )?(?:why|how|how come|why not|how so|why is that|how much|how many|how long)\s*[?？.!]*\s*$|^\s*(?:那)?(?:为什么|为何|怎么会|怎么做到的?|如何|多少人?|多少钱|多久|几个人?|有多少人?)呢?\s*[?？]*\s*$`)
	asksWho  = regexp.MustCompile(`谁|哪(?:一)?[位个]|\bwho(?:'s|m)?\b|\bwhose\b`)
	quoteAny = regexp.MustCompile(`「[^」]*」|《[^》]*》|“[^”]*”|"[^"]*"`)
)

const (
	// longestBare is how many characters a question may have that is completed though it has no word that points back.
	longestBare = 60
	// bareWords and bareHan are how many words, or characters of Chinese, a question may have that says only what it asks
	// for; a longer one has a subject, be it as common a word as "venue".
	bareWords = 5
	bareHan   = 10
)

// followUpOf reads a question after the turns before it, the oldest first. Without any it stands alone.
func followUpOf(question string, turns []turn) followUp {
	f := followUp{whole: question, sure: true}
	if len(turns) == 0 {
		return f
	}
	text := newAligned(question)
	l := lang.Detect(question)
	named := ownNames(question)
	if at := pronoun(text); at != nil && !named {
		return replacePerson(question, text, at, turns, l)
	}
	titled := quoteAny.MatchString(text.flat)
	if at := pointsAtSession(text); at != nil && !titled {
		return replaceSession(question, text, at, turns, l)
	}
	if utf8.RuneCountInString(question) > longestBare {
		return f
	}
	last := turns[len(turns)-1]
	switch {
	case moreOf.MatchString(text.flat):
		return moreAbout(turns, l)
	case elseOf.MatchString(text.flat), whyOf.MatchString(text.flat):
		if elseOf.MatchString(text.flat) && asksWho.MatchString(flat(last.Whole)) {
			return followUp{whole: last.Whole, follows: true, sure: true} // it names everybody
		}
		return beside(question, last)
	case named || titled:
		return insteadOf(question, text, turns)
	}
	if bare := bareQuestion(text); bare {
		return completed(question, text, turns, l)
	}
	return insteadOf(question, text, turns)
}

// likelyName is how sure the finder of names must be that a question names somebody: two capitalised words are enough,
// the name of a place or club is not.
const likelyName = 0.6

// ownNames reports whether the question itself names somebody whom its pronouns may mean.
func ownNames(question string) bool { return len(questionNames(question)) > 0 }

// questionNames are the people that a question names, as it writes them.
func questionNames(question string) []string {
	var out []string
	for _, n := range (*lang.Dictionary)(nil).QuestionNames(question) {
		name := question[n.Start:n.End]
		written := strings.ContainsFunc(name, func(r rune) bool { return unicode.IsUpper(r) || unicode.Is(unicode.Han, r) })
		if written && n.Sure >= likelyName && !personPronoun.MatchString(flat(name)) {
			out = append(out, name)
		}
	}
	return out
}

// pronoun finds the first word that points at a person.
func pronoun(text *aligned) []int {
	masked := notPronoun.ReplaceAllStringFunc(text.flat, func(w string) string { return strings.Repeat(" ", len(w)) })
	return personPronoun.FindStringIndex(masked)
}

// pointsAtSession finds the first word that points at a session and does not itself say which.
func pointsAtSession(text *aligned) []int {
	for _, m := range sessionMeant.FindAllStringIndex(text.flat, 4) {
		word := text.flat[m[0]:m[1]]
		switch {
		case (word == "it" || word == "its") && emptyIt.MatchString(text.flat):
		case strings.HasPrefix(word, "the ") && describedHere.MatchString(text.flat[m[1]:]):
		case strings.HasSuffix(strings.TrimSpace(text.flat[:m[0]]), "的"): // 关于堆肥的那场演讲
		default:
			return m
		}
	}
	return nil
}

// people returns whom a pronoun may mean: of the last turn that names anybody, those whom it was about, or those whom it
// told where it was asked who.
func peopleMeant(turns []turn) [][]string {
	for i := len(turns) - 1; i >= 0; i-- {
		t := turns[i]
		switch {
		case len(t.Told) > 0 && (len(t.About) == 0 || asksWho.MatchString(flat(t.Whole))):
			return t.Told
		case len(t.About) > 0:
			return t.About
		}
	}
	return nil
}

// sessionMeantBy returns the session that the last turn with any told of, where it is one.
func sessionMeantBy(turns []turn) []string {
	for i := len(turns) - 1; i >= 0; i-- {
		switch len(turns[i].Sessions) {
		case 0:
			continue
		case 1:
			return turns[i].Sessions[0]
		}
		return nil
	}
	return nil
}

// inLang is a name or title in the language of the question where there is one.
func inLang(names []string, l lang.Lang) string {
	for _, n := range names {
		if lang.DetectText(n) == l {
			return n
		}
	}
	return names[0]
}

func replacePerson(question string, text *aligned, at []int, turns []turn, l lang.Lang) followUp {
	people := peopleMeant(turns)
	word := text.flat[at[0]:at[1]]
	if len(people) == 0 || len(people) > 1 && !manyPeople.MatchString(word) {
		return followUp{whole: question, follows: true} // a wrong name is worse than none
	}
	names := make([]string, len(people))
	for i, p := range people {
		names[i] = inLang(p, l)
	}
	separator := ", "
	if l == lang.Chinese {
		separator = "、"
	}
	name := strings.Join(names, separator)
	if possessive.MatchString(word) || word == "her" && !afterHer.MatchString(text.flat[at[1]:]) {
		name += "'s"
	}
	whole := substitute(question, text, at[0], at[1], name)
	return followUp{whole: whole, follows: true, sure: len(people) == 1 || len(people) <= 3}
}

func replaceSession(question string, text *aligned, at []int, turns []turn, l lang.Lang) followUp {
	title := sessionMeantBy(turns)
	if title == nil {
		if last := turns[len(turns)-1]; last.Document != "" && len(last.Sessions) == 0 {
			// A document's title is not set in quotation marks: these ask for a session of that title.
			return followUp{whole: strings.TrimSpace(question + " " + last.Document), follows: true}
		}
		return followUp{whole: question, follows: true}
	}
	with := quoted(inLang(title, l), l)
	if text.flat[at[0]:at[1]] == "its" {
		with += "'s"
	}
	return followUp{whole: substitute(question, text, at[0], at[1], with), follows: true, sure: true}
}

// substitute writes words in the place of text.flat[from:to].
func substitute(question string, text *aligned, from, to int, words string) string {
	before, after := question[:text.at[from]], question[text.at[to]:]
	if r, _ := utf8.DecodeLastRuneInString(before); before != "" && spelt(r) && !strings.HasSuffix(before, " ") {
		before += " "
	}
	if r, _ := utf8.DecodeRuneInString(after); unicode.IsLetter(r) || unicode.IsDigit(r) {
		if last, _ := utf8.DecodeLastRuneInString(words); spelt(last) {
			words += " "
		}
	}
	return strings.TrimSpace(leadHan.ReplaceAllString(before+words+after, ""))
}

// quoted sets a title in the quotation marks of a language.
func quoted(title string, l lang.Lang) string {
	if l == lang.Chinese {
		return "「" + title + "」"
	}
	return "“" + title + "”"
}

// bareQuestion reports whether a question is nothing but what it asks for: 几点开始, "and in which room?"
func bareQuestion(text *aligned) bool {
	copied := *text
	if copied.takeTime().given() {
		return false
	}
	switch kindAsked(text) {
	case whenIs, whereIs, whenWhere, speakersOf:
	default:
		return false
	}
	asked := leadHan.ReplaceAllString(leading.ReplaceAllString(text.flat, ""), "")
	if len(strings.Fields(asked)) > bareWords || utf8.RuneCountInString(strings.Trim(asked, "?？ ")) > bareHan && strings.ContainsFunc(asked, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return false
	}
	rest := fillers.ReplaceAllString(asked, " ")
	return !strings.ContainsFunc(rest, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) })
}

func kindAsked(text *aligned) lookup {
	r := route{}
	return r.kindOf(text.flat)
}

// completed gives a bare question what it is asked of: the session of the last turn, the person it was about, or the last
// question as a whole.
func completed(question string, text *aligned, turns []turn, l lang.Lang) followUp {
	last := turns[len(turns)-1]
	bare := strings.TrimRight(strings.TrimSpace(question), "?？。.!！ ")
	if l == lang.Chinese {
		bare = leadHan.ReplaceAllString(bare, "")
	}
	ask := func(of string) followUp {
		if l == lang.Chinese {
			return followUp{whole: of + bare + "？", follows: true, sure: true}
		}
		return followUp{whole: bare + ": " + of + "?", follows: true, sure: true}
	}
	if len(last.Sessions) == 1 {
		return ask(quoted(inLang(last.Sessions[0], l), l))
	}
	if kindAsked(text) != speakersOf && len(last.About) == 1 {
		name := inLang(last.About[0], l)
		if l == lang.Chinese {
			return ask(name + "的演讲")
		}
		return ask(name + "'s talk")
	}
	if title := sessionMeantBy(turns); title != nil && len(last.Sessions) == 0 && last.Document == "" {
		return ask(quoted(inLang(title, l), l))
	}
	if kindAsked(text) == speakersOf && kindAsked(newAligned(last.Whole)) != speakersOf {
		return followUp{whole: question, sure: true} // of the whole event
	}
	return beside(question, last)
}

// beside puts a question beside the one before, for what neither says alone.
func beside(question string, last turn) followUp {
	return followUp{whole: strings.TrimSpace(last.Whole + " " + question), follows: true}
}

// moreAbout asks for more of what the last turn was about.
func moreAbout(turns []turn, l lang.Lang) followUp {
	last := turns[len(turns)-1]
	of := ""
	switch {
	case len(last.Sessions) == 1:
		of = quoted(inLang(last.Sessions[0], l), l)
	case len(last.About) == 1:
		of = inLang(last.About[0], l)
	default:
		return followUp{whole: last.Whole, follows: true}
	}
	if l == lang.Chinese {
		return followUp{whole: "介绍一下" + of, follows: true, sure: true}
	}
	return followUp{whole: "Tell me about " + of, follows: true, sure: true}
}

// insteadOf asks the last question of something else: "What about Ann Sample?", 「那明天呢？」.
func insteadOf(question string, text *aligned, turns []turn) followUp {
	alone := followUp{whole: question, sure: true}
	m := whatOf.FindStringSubmatchIndex(text.flat)
	if m == nil {
		return alone
	}
	of := ""
	for g := 1; g <= 3; g++ {
		if m[2*g] >= 0 {
			of = text.original(m[2*g], m[2*g+1])
		}
	}
	of = strings.TrimSpace(leadHan.ReplaceAllString(of, ""))
	last := turns[len(turns)-1]
	whole := newAligned(last.Whole)
	put := func(from, to int) followUp {
		return followUp{whole: substitute(last.Whole, whole, from, to, of), follows: true, sure: true}
	}
	if from, to := timeIn(last.Whole); to > from {
		if f, t := timeIn(of); t > f {
			return put(from, to)
		}
	}
	if m := quoteAny.FindStringIndex(whole.flat); m != nil && !ownNames(of) {
		if !quoteAny.MatchString(of) {
			of = quoted(of, lang.Detect(last.Whole))
		}
		return put(m[0], m[1])
	}
	if ownNames(of) || looksLikeName(of) {
		for _, p := range last.About {
			for _, n := range p {
				if from, to := whole.find(n); from >= 0 {
					return put(from, to)
				}
			}
		}
	}
	if strings.HasPrefix(strings.TrimSpace(text.flat), "and ") && retrieval.Key(of) != "" && len(strings.Fields(of)) > 6 {
		return alone // a sentence of its own
	}
	return beside(of, last)
}

// timeIn finds the words for a day or time.
func timeIn(s string) (from, to int) {
	text := newAligned(s)
	before := text.flat
	if !text.takeTime().given() {
		return 0, 0
	}
	from = strings.IndexByte(text.flat, byte(taken))
	for i := len(before) - 1; i > from; i-- {
		if before[i] != text.flat[i] {
			return from, i + 1
		}
	}
	return from, from
}
