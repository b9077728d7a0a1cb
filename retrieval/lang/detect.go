package lang

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// HanShare returns the share of Han in the letters of s, 0…1; 0 where there are none. A Latin word weighs less than its
// letters, because a Chinese word has one or two characters where an English one has five: one and a third a letter, at
// most as much as its letters. Addresses (https://…) belong to no language and do not count.
func HanShare(s string) float64 {
	var han, other float64
	letters := 0
	word := func() {
		other += min(float64(letters), 1+float64(letters)/3)
		letters = 0
	}
	for i := 0; i < len(s); {
		if strings.HasPrefix(s[i:], "http") {
			i += addressLength(s[i:])
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		i += n
		switch {
		case n == 0:
		case isHan(r):
			word()
			han++
		case unbroken(r):
			word()
			other++
		case unicode.IsLetter(r):
			letters++
		case unicode.IsMark(r) || apostrophe(r):
		default:
			word()
		}
	}
	word()
	if han == 0 {
		return 0
	}
	return han / (han + other)
}

// addressLength returns the length of the web address s begins with, 0 if it begins with none.
func addressLength(s string) int {
	if !strings.HasPrefix(s, "http://") && !strings.HasPrefix(s, "https://") {
		return 0
	}
	end := strings.IndexFunc(s, func(r rune) bool { return r > 0x7F || unicode.IsSpace(r) || strings.ContainsRune("()<>[]\"'", r) })
	if end < 0 {
		return len(s)
	}
	return end
}

// chineseText is the share of Han from which a text is Chinese: abstracts of technical talks are down to 0.4, English
// text that names people and places in Han stays well below.
const chineseText = 0.4

// DetectText returns the language of a passage or document: that of most of its words.
func DetectText(s string) Lang {
	if HanShare(s) >= chineseText {
		return Chinese
	}
	return English
}

// Detect returns the language in which a question was asked, whatever names and terms of the other language it holds.
// Grammar decides: a word such as "what" or 什么 says more than the names around it; titles in quotation marks are left
// out where anything else is left. Without grammar, Han other than a person's name makes the question Chinese.
func Detect(s string) Lang {
	if len(s) > longQuestion {
		return DetectText(s)
	}
	if rest := unquote(s); strings.ContainsFunc(rest, unicode.IsLetter) {
		s = rest
	}
	if !hasHan(s) {
		if !strings.ContainsFunc(s, unicode.IsLetter) && strings.ContainsAny(s, "？。，！、") {
			return Chinese
		}
		return English
	}
	if !strings.ContainsFunc(s, func(r rune) bool { return unicode.IsLetter(r) && !isHan(r) }) {
		return Chinese
	}
	en, zh := englishGrammar(s), chineseGrammar(Simplify(s))
	switch {
	case en > zh:
		return English
	case zh > en:
		return Chinese
	case en > 0:
		return DetectText(s)
	}
	if content(s) {
		return Chinese
	}
	return English
}

// longQuestion is from how many bytes a question is taken as a text, by what most of it is.
const longQuestion = 2000

var quotationMarks = [][2]string{{"《", "》"}, {"「", "」"}, {"『", "』"}, {"“", "”"}, {`"`, `"`}}

// unquote takes out what stands in 《》, 「」, “” and "".
func unquote(s string) string {
	for _, q := range quotationMarks {
		for {
			i := strings.Index(s, q[0])
			if i < 0 {
				break
			}
			n := strings.Index(s[i+len(q[0]):], q[1])
			if n < 0 {
				break
			}
			s = s[:i] + " " + s[i+len(q[0])+n+len(q[1]):]
		}
	}
	return s
}

// askingWords weigh more than other grammar: they carry the question.
const askingWeight = 2

var (
	englishAsking      = wordSet("what who whom whose when where which why how is are was were does did do can could will would should tell list show give explain summarize summarise describe compare find translate please")
	englishGrammatical = wordSet("the a an of in on at for to from by with about and or as it its this that these those he she they his her their him them i me my we our you your has have had been be there any all not")
	chineseAsking      = strings.Fields("什么 甚么 谁 哪 吗 呢 怎么 怎样 如何 为何 为什么 几点 几个 几位 几时 几号 几月 多少 多久 多大 多长 是否 介绍 请 是不是 有没有 何时 何地 何人 总结 概括 列出 解释 说明 告诉 翻译 比较 讲讲 说说 谈谈 找 给我")
	chineseGrammatical = strings.Fields("的 了 是 在 和 与 对 有 我 你 他 她 们 这 那 吧 也 都 就 从 到 把 被 关于 以及 讲 说 谈 做 用 会 能 要")
)

func englishGrammar(s string) int {
	score := 0
	for _, w := range latinWords(s) {
		if len(w) > 1 && strings.ToUpper(w) == w {
			continue // WHO, IT: an abbreviation
		}
		switch w = strings.ToLower(w); {
		case englishAsking[w]:
			score += askingWeight
		case englishGrammatical[w]:
			score++
		}
	}
	return score
}

func chineseGrammar(s string) int {
	score := 0
	for _, w := range chineseAsking {
		score += askingWeight * strings.Count(s, w)
	}
	for _, w := range chineseGrammatical {
		score += strings.Count(s, w)
	}
	return score
}

func latinWords(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return !unicode.IsLetter(r) || isHan(r) })
}

// content reports whether s holds Han that is more than a person's name with a form of address.
func content(s string) bool {
	for run := range strings.FieldsFuncSeq(Simplify(s), func(r rune) bool { return !isHan(r) && r != '·' }) {
		if !personName(run) {
			return true
		}
	}
	return false
}
