package bot

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// aligned is a question folded character by character (width, case, Traditional to Simplified), so that what is found
// in it can be given back as it was written. What has been understood is blanked.
type aligned struct {
	written string
	flat    string
	at      []int // of each byte of flat, and of its end, the byte of written
}

const (
	quoteMark = "\x01" // stands where something was quoted
	taken     = '\x02' // stands where something was understood
)

func newAligned(s string) *aligned {
	a := &aligned{written: s}
	var b strings.Builder
	for i, r := range s {
		folded := flatRune(r)
		b.WriteString(folded)
		for range len(folded) {
			a.at = append(a.at, i)
		}
	}
	a.flat, a.at = b.String(), append(a.at, len(s))
	return a
}

func flatRune(r rune) string {
	if folded := width.LookupRune(r).Folded(); folded != 0 {
		r = folded
	}
	return lang.Simplify(string(unicode.ToLower(r)))
}

func flat(s string) string { return newAligned(s).flat }

// original is what flat[from:to] was written as.
func (a *aligned) original(from, to int) string {
	return strings.TrimSpace(a.written[a.at[from]:a.at[to]])
}

// blank takes flat[from:to] out.
func (a *aligned) blank(from, to int, mark byte) {
	a.flat = a.flat[:from] + string(mark) + strings.Repeat(" ", max(0, to-from-1)) + a.flat[to:]
}

// quotes are the marks that set a title apart, each with its closing one.
var quotes = map[rune]rune{'「': '」', '『': '』', '“': '”', '《': '》', '〈': '〉', '"': '"', '„': '“', '«': '»', '‘': '’', '\'': '\''}

// takeQuotes returns what stands in quotation marks. Of marks within marks the outermost count.
func (a *aligned) takeQuotes() []string {
	var out []string
	for i := 0; i < len(a.flat); {
		r, size := utf8.DecodeRuneInString(a.flat[i:])
		shut, opens := quotes[r]
		if !opens {
			i += size
			continue
		}
		end := a.closing(i, r, shut)
		if end < 0 {
			i += size
			continue
		}
		shutSize := utf8.RuneLen(shut)
		if inner := a.original(i+size, end); inner != "" {
			out = append(out, inner)
		}
		a.blank(i, end+shutSize, quoteMark[0])
		i = end + shutSize
	}
	return out
}

// closing finds the mark that closes the one at i, -1 where there is none.
func (a *aligned) closing(i int, opened, shut rune) int {
	after := a.flat[i+utf8.RuneLen(opened):]
	base := i + utf8.RuneLen(opened)
	if opened != shut && opened != '‘' {
		depth := 1
		for j, r := range after {
			switch r {
			case shut:
				if depth--; depth == 0 {
					return base + j
				}
			case opened:
				depth++
			}
		}
		return -1
	}
	if opened == '\'' || opened == '‘' { // an apostrophe, unless it begins a word
		before, _ := utf8.DecodeLastRuneInString(a.flat[:i])
		if i > 0 && (unicode.IsLetter(before) || unicode.IsDigit(before)) {
			return -1
		}
		for j, r := range after {
			next, _ := utf8.DecodeRuneInString(after[j+utf8.RuneLen(r):])
			if r == shut && !unicode.IsLetter(next) && !unicode.IsDigit(next) {
				return base + j
			}
		}
		return -1
	}
	// Straight marks look alike: with an even number within, the last one closes.
	last := -1
	for j, r := range after {
		if r != shut {
			continue
		}
		next, _ := utf8.DecodeRuneInString(after[j+1:])
		if last < 0 || !unicode.IsLetter(next) && strings.Count(after[:j], string(shut))%2 == 0 {
			last = j
		}
		if !unicode.IsLetter(next) && strings.Count(after[:j], string(shut))%2 == 0 {
			break
		}
	}
	if last < 0 {
		return -1
	}
	return base + last
}

// longestGap is how many characters that are no letters or figures may part two of a name: "TR 412-1" for TR4121.
const longestGap = 3

// find returns where a name of the rows stands in the question, whatever its spaces and marks, not within a longer word
// or number; -1 where it does not.
func (a *aligned) find(name string) (from, to int) {
	var key []rune
	for _, r := range flat(name) {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			key = append(key, r)
		}
	}
	if len(key) == 0 {
		return -1, -1
	}
	for from := 0; from < len(a.flat); {
		i := strings.IndexRune(a.flat[from:], key[0])
		if i < 0 {
			break
		}
		from += i
		if to := matchesFrom(a.flat, from, key); to > 0 && bordered(a.flat, from, to) {
			return from, to
		}
		from += utf8.RuneLen(key[0])
	}
	return -1, -1
}

// matchesFrom returns where the characters of key end that stand in s from a byte on, 0 where they do not.
func matchesFrom(s string, from int, key []rune) int {
	gap, k := 0, 0
	for i, r := range s[from:] {
		switch {
		case r == key[k]:
			if k, gap = k+1, 0; k == len(key) {
				return from + i + utf8.RuneLen(r)
			}
		case unicode.IsLetter(r) || unicode.IsDigit(r) || gap == longestGap || r == taken || r == rune(quoteMark[0]):
			return 0
		default:
			gap++
		}
	}
	return 0
}

// bordered reports whether s[from:to] does not begin or end within a Latin word or a number.
func bordered(s string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(s[:from])
	first, _ := utf8.DecodeRuneInString(s[from:])
	last, _ := utf8.DecodeLastRuneInString(s[:to])
	after, _ := utf8.DecodeRuneInString(s[to:])
	return !(from > 0 && spelt(before) && spelt(first)) && !(to < len(s) && spelt(last) && spelt(after))
}

// spelt reports whether r is a character of a word written in letters, or of a number.
func spelt(r rune) bool {
	return unicode.IsDigit(r) || unicode.IsLetter(r) && !unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana)
}

// takeKnown returns which of the names stand in the question, the longest first, as the rows write them. A name in two
// languages is known by either.
func (a *aligned) takeKnown(names []string) []string {
	var out []string
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, func(x, y string) int { return cmp.Compare(len(y), len(x)) })
	for _, name := range sorted {
		for _, part := range append([]string{name}, strings.Split(name, " / ")...) {
			if utf8.RuneCountInString(part) < 2 {
				continue
			}
			if from, to := a.find(part); from >= 0 {
				a.blank(from, to, byte(taken))
				out = append(out, name)
				break
			}
		}
	}
	return out
}

var yearEnd = regexp.MustCompile(`\s*(?:19|20)\d{2}\s*年?$|^\s*(?:19|20)\d{2}\s*年?\s*`)

// takeEvents returns the conferences that the question names, and where it names one of another year than there are,
// what it says.
func (a *aligned) takeEvents(conferences []string) (events []string, foreign string) {
	if events = a.takeKnown(conferences); len(events) > 0 {
		return events, ""
	}
	for _, c := range conferences {
		base := strings.TrimSpace(yearEnd.ReplaceAllString(c, ""))
		if base == "" || base == c {
			continue
		}
		from, to := a.find(base)
		if from < 0 {
			continue
		}
		if year := anyYear.FindStringIndex(a.flat[to:]); year != nil {
			foreign = a.original(from, to+year[1])
			to += year[1]
		}
		a.blank(from, to, byte(taken))
		return nil, foreign
	}
	return nil, ""
}

var anyYear = regexp.MustCompile(`^\s*(?:19|20)\d{2}`)

// fillers are the words of questions, which no name or title is looked for in.
var fillers = regexp.MustCompile(`请问一下|请问|请根据|根据|资料|文档|文件|告诉我|帮我|查一下|查询|我想知道|想知道|我想(?:要)?(?:去)?听(?:听)?|我要听|想(?:去|要)?听|我想(?:去|要)?参加|我想|我要|想去|要在|` +
	`什么时候|什么时间|什么地方|哪一?(?:间|个|场|位|天|次|些)|哪些|哪几(?:场|个|次|位)|哪里|哪儿|何时|何处|几点|几时|几场|多少场|是哪|是谁|是什么人|谁是|是什么|有什么|有哪些|有没有|有|什么|谁|` +
	`教室|会议室|房间|会场|地点|时间|日期|地方|议程轨|轨|专场|` +
	`主题演讲|主讲人?|演讲者?|演讲|讲者|讲师|讲座|讲题|讲课|讲|分享|发表|报告|主持|嘉宾|议程|场次|题目|议题|课程|工作坊|环节|活动|场|` +
	`参加过?|参与过?|出席过?|接受过?|受访|发言|会议|访谈|采访|访问|专访|对谈|座谈|会谈|对话|或者?|和|与|及|以及|` +
	`关于|有关|担任|任职|现任|从事|接下来|下一|正在|这位|这个|这场|由|位|里面?|者|几号|圆桌|那场|那位|一下|一共|总共|所有|全部|列出|介绍|简介|职务|职位|头衔|身份|单位|背景|老师|教授|先生|女士|小姐|博士|` +
	`举行|举办|进行|开始|结束|安排|现在|目前|要|去|到|在|的|了|过|吗|呢|吧|啊|是|会|将|为|就|都|还|也|你|您|我|他|她|它|哪|` +
	`\b(?:please|could you|can you|would you|tell me|show me|give me|find me|let me know|i(?:'d| would)? (?:want|like|love|wish) to (?:know|hear|see|attend|catch|watch|listen to|meet|go to)|i want to|i'd like to|i am|i'm|looking for|` +
	`according to|from the documents|in the documents|the documents|documents|who's|what's|when's|where's|who|whom|whose|which|what|when|where|how|many|` +
	`is|are|was|were|be|been|being|does|do|did|done|has|have|had|shall|should|can|could|would|may|might|` +
	`(?:where|when|who) will|will (?:be|speak|give|present|talk|start|begin|take|host|deliver)|` +
	`the|a|an|this|that|these|those|of|in|on|at|for|by|and|or|with|from|to|into|about|during|his|her|their|its|my|me|i|you|we|they|he|she|it|there|here|` +
	`sessions?|session\(s\)|talks?|presentations?|lectures?|workshops?|speech|speeches|keynotes?|speakers?|presenters?|lecturers?|moderators?|panell?ists?|` +
	`give|gives|gave|giving|given|present|presents|presented|presenting|speak|speaks|spoke|spoken|speaking|deliver|delivers|delivered|host|hosts|hosted|hosting|teach|teaches|lead|leads|run|runs|talk|talking|scheduled|hear|` +
	`take part|took part|taken part|taking part|participate|participates|participated|attend|attended|attends|join|joined|appear|appeared|involved|interviewed|conduct|conducts|conducted|` +
	`meetings?|interviews?|conversations?|transcripts?|dialogues?|discussions?|events?|all|any|every|other|list|show|` +
	`rooms?|hall|venue|classroom|place|location|time|day|date|start|starts|starting|begin|begins|held|hold|take place|takes place|took place|happen|happens|` +
	`introduce|introduction|speaker|title|position|role|job|affiliation|background|biography|bio|profile|know|tell|find|more|exactly|` +
	`now|right now|right|happening|going on|currently|next|upcoming|people|persons?|participants?|attendees?|guests?|short|brief|quick|little|name|names|organi[sz]ation|company|employer|works?|working|tracks?|stream|strand|series|belongs?|will|programmes?|programs?|agenda|schedule|everything|anything|moderates?|moderated|mr|mrs|ms|dr|prof|professor|miss)\b\.?|\(s\)|'s\b|’s\b`)

// rest is the question without what has been taken, as it was written; words that were parted by what was taken are
// parted by "\x02".
func (a *aligned) rest() string {
	var b strings.Builder
	for i := 0; i < len(a.flat); {
		r, size := utf8.DecodeRuneInString(a.flat[i:])
		switch {
		case r == taken || a.flat[i] == quoteMark[0]:
			b.WriteRune(taken)
			for i += size; i < len(a.flat) && a.flat[i] == ' '; i++ {
			}
			continue
		case i > 0 && a.at[i] == a.at[i-1]:
		default:
			_, n := utf8.DecodeRuneInString(a.written[a.at[i]:])
			b.WriteString(a.written[a.at[i] : a.at[i]+n])
		}
		i += size
	}
	return b.String()
}

// chunks are the runs of the question that no filler and nothing taken is in, as they were written.
func (a *aligned) chunks() []string {
	var out []string
	for _, c := range a.leftovers() {
		out = append(out, c.text)
	}
	return out
}

// A leftover is a chunk with the byte of flat where it starts.
type leftover struct {
	text string
	at   int
}

func (a *aligned) leftovers() []leftover {
	left := []byte(a.flat)
	for _, m := range fillers.FindAllStringIndex(a.flat, -1) {
		from := m[0]
		if n := a.calledSo(m[0], m[1]); n > 0 {
			if from += n; from == m[1] {
				continue
			}
		}
		for i := from; i < m[1]; i++ {
			left[i] = ' '
		}
		left[from] = byte(taken)
	}
	var out []leftover
	start := -1
	flush := func(end int) {
		if start >= 0 {
			if s := strings.TrimFunc(a.written[a.at[start]:a.at[end]], func(r rune) bool {
				return !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != ')' && r != '）' && r != '(' && r != '（' && r != '.'
			}); strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
				out = append(out, leftover{strings.TrimRight(strings.TrimSpace(s), "."), start})
			}
		}
		start = -1
	}
	for i := 0; i < len(left); {
		r, size := utf8.DecodeRune(left[i:])
		switch {
		case r == taken || left[i] == quoteMark[0] || strings.ContainsRune("?？,，。!！;；:：、\n", r) && !(r == ',' && unclosed(string(left[max(0, start):i]))):
			flush(i)
		case start < 0 && !unicode.IsSpace(r):
			start = i
		}
		i += size
	}
	flush(len(left))
	return out
}

// calledSo returns how many bytes of a filler are a name here: Will, with a capital in the middle of a sentence.
func (a *aligned) calledSo(from, to int) int {
	word, _, _ := strings.Cut(a.flat[from:to], " ")
	if word != "will" && word != "may" || a.written[a.at[from]] >= 'a' {
		return 0
	}
	begins := from == 0 || strings.HasSuffix(strings.TrimRight(a.flat[:from], " "), ".")
	if begins && !strings.ContainsFunc(a.flat, func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
		return 0
	}
	return len(word)
}

// unclosed reports whether a bracket stands open at the end of s.
func unclosed(s string) bool { return strings.Count(s, "(") > strings.Count(s, ")") }

// strayShare is how much of a title's length what else is left of a question may have: more, and the title's words
// stand in the question by chance ("Open Source" in one about open source hardware).
const strayShare = 3

// littleBut reports whether little is left of the question without flat[from:to].
func (a *aligned) littleBut(from, to int) bool {
	without := &aligned{written: a.written, flat: a.flat, at: a.at}
	without.blank(from, to, byte(taken))
	stray := 0
	for _, c := range without.chunks() {
		stray += len(retrieval.Key(c))
	}
	return stray*strayShare <= to-from
}

// subject is the longest chunk: a name or a title that the question does not set apart. certain is true where only a
// person's name can stand there.
func (a *aligned) subject(kind lookup) (subject string, certain bool) {
	chunks := a.leftovers()
	thing := false // "the committee", not "Committee"
	for _, c := range chunks {
		if utf8.RuneCountInString(c.text) > utf8.RuneCountInString(subject) {
			subject, thing = c.text, articled.MatchString(a.flat[:c.at])
		}
	}
	switch kind {
	case sessionsOf, meetingsOf:
		return subject, subject != "" && !thing
	case whoIs:
		return subject, looksLikeName(subject) && !thing && len(chunks) == 1 && (isWho.MatchString(a.flat) || len(lang.NamesIn(subject)) > 0)
	case whenWhere, whenIs, whereIs:
		return subject, looksLikeName(subject) && !thing && (wants.MatchString(a.flat) || speaks.MatchString(a.flat))
	}
	return subject, false
}

var (
	// articled ends what stands before a thing.
	articled = regexp.MustCompile(`\b(?:the|an?|our|your|their|its|this|that|these|those|some|any|all) +$|[这那]一?[个位场些]?$`)
	// isWho asks for nothing but a person, where "introduce" may ask for a thing.
	isWho         = regexp.MustCompile(`是谁|谁是|是什么人|何许人|是哪一?位|职务|职位|头衔|职称|\bwho(?:'s| is| was|s)\b`)
	latinNameLike = regexp.MustCompile(`^\p{Lu}?[\p{L}\p{N}.'’@_-]*(?:[ ,(（]+\p{Lu}[\p{L}\p{N}.'’)）,-]*){0,4}$`)
	officeEnd     = regexp.MustCompile(`(?:长|主任|经理|主席|总裁|教授|冠军|作者|老板|书记|代表|委员|负责人|创始人|发起人|者|人|员|家|师|手|们|方|公司|基金会|协会|大学|学院)$`)
)

// looksLikeName reports whether a text has the form of a person's name.
func looksLikeName(s string) bool {
	n := utf8.RuneCountInString(s)
	if n < 2 || n > 48 {
		return false
	}
	hans := 0
	for _, r := range s {
		if unicode.Is(unicode.Han, r) {
			hans++
		}
	}
	if hans == 0 {
		return latinNameLike.MatchString(s)
	}
	return (hans <= 4 || hans < n && hans <= 6) && !strings.ContainsAny(s, "的了是在") && (hans < n || !officeEnd.MatchString(flat(s)))
}
