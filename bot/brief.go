package bot

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"osmanthus/retrieval/lang"
)

// modeSummary is Question.Mode where a summary is asked for.
const modeSummary = "summary"

const (
	// leastSummary and mostSummary bound the length of a summary: words in English, characters in Chinese.
	leastSummary, mostSummary = 100, 1000
	// summaryWords and summaryHan are the lengths where none is asked for: a minute's reading in either language.
	summaryWords, summaryHan = 250, 400
)

// A brief is what a request for a summary asks for.
type brief struct {
	subject   string // of what, as the question writes it; empty: of all
	length    int    // 0: not said
	bySpeaker bool
}

var (
	// asksSummary is matched against folded text. What was summed up in a session, or by whom, is no request for one.
	asksSummary = regexp.MustCompile(`摘要|总结|概括|概述|概要|综述|小结|梗概|(?:主要|核心|关键)?(?:内容)?要点|归纳|提炼|` +
		`\bsummar(?:y|ies|i[sz]e|i[sz]es|i[sz]ing)\b|\bkey (?:points|takeaways|messages|facts)\b|\bmain points\b|\boverview of\b|\brecap\b|\bthe gist\b|\bsum up\b|\btl;?dr\b`)
	// asksOtherwise marks questions about summaries, not for one.
	asksOtherwise = regexp.MustCompile(`谁|何时|什么时候|几点|哪里|在哪|何处|是否|有没有|总结(?:发言|讲话|报告|陈词|致辞|会|过|了|说)|\b(?:who|whom|whose|when|where|which|why)\b`)
	// asksLength is a length asked for; a Chinese one may be a numeral.
	asksLength   = regexp.MustCompile(`(\d{2,5}|[一二两三四五六七八九十百千]{2,7})\s*-?(?:个)?(?:字|汉字|词|words?\b|characters?\b|chars?\b)(?:左右|以内|上下)?`)
	asksSpeakers = regexp.MustCompile(`(?:按|分|依|各|每[一]?[位个名])(?:照|别)?(?:位|个|名)?(?:发言人|讲者|嘉宾|演讲者|发言者|人物|人)(?:的|分别|分)?|\b(?:by|per|of each|for each|from each) (?:speakers?|persons?|person)\b`)
	// filler is what else such a request is made of; general are words for all there is, where nothing else is named.
	filler = regexp.MustCompile(`请|列出|列举|给我|帮我|帮忙|替我|为我|我想要|我要|想要|需要|[写做来]?一[份个段篇下]|简短|简要|简单|详细|主要|核心|关键|内容|全文|关于|有关|用?中文|用?英文|用?英语|` +
		`^[把将对]|(?:^|[\s,，。])[请写做来用把将对份篇段的和]+(?:[\s,，。]|$)|的(?:[\s,，。]|$)|` +
		`\b(?:please|pls|can you|could you|would you|give|write|make|provide|tell|show|list|me|us|a|an|the|of|in|into|on|about|for|with|from|at|to|short|brief|quick|concise|detailed|whole|entire|full|all|this|these|that|it|its|` +
		`what|are|is|were|was|and|up|around|words?|english|chinese)\b`)
	general = regexp.MustCompile(`(?:本次|这次|此次|这场|本场|整个|整场|全部|所有|这份|这篇|该)?(?:研讨会|会议|活动|论坛|大会|座谈会|资料|文件|文档|材料)(?:上|中|里)?|` +
		`\b(?:documents?|materials?|seminar|event|conference|meeting|symposium|forum|everything)\b`)
)

// briefOf reads a request for a summary and reports whether the question is one.
func briefOf(question string) (brief, bool) {
	text := newAligned(question)
	quoted := text.takeQuotes()
	asked := text.flat
	if !asksSummary.MatchString(asked) || asksOtherwise.MatchString(asked) {
		return brief{subject: strings.TrimSpace(question)}, false
	}
	var b brief
	if m := asksLength.FindStringSubmatch(asked); m != nil {
		if f := lang.Figures(m[1]); len(f) > 0 {
			n, err := strconv.Atoi(f[len(f)-1])
			if err == nil {
				b.length = min(max(n, leastSummary), mostSummary)
			}
		}
	}
	b.bySpeaker = asksSpeakers.MatchString(asked)
	if len(quoted) > 0 {
		b.subject = quoted[0]
		return b, true
	}
	for _, pattern := range []*regexp.Regexp{asksLength, asksSpeakers, asksSummary, filler, filler} { // twice: what stood beside a word may stand alone then
		for _, m := range pattern.FindAllStringIndex(text.flat, -1) {
			text.blank(m[0], m[1], ' ')
		}
	}
	left := strings.TrimFunc(text.flat, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(lang.Terms(general.ReplaceAllString(left, " "))) > 0 {
		from := strings.Index(text.flat, left)
		b.subject = text.original(from, from+len(left))
	}
	return b, true
}

// lengthIn returns the length to write in l.
func (b brief) lengthIn(l lang.Lang) int {
	switch {
	case b.length > 0:
		return b.length
	case l == lang.Chinese:
		return summaryHan
	}
	return summaryWords
}
