package bot

import (
	"regexp"
	"strings"

	"osmanthus/bot/locale"
	"osmanthus/retrieval/lang"
)

// Traditional is Answer.Script where the answer's own words are in Traditional characters.
const Traditional = "hant"

// A question may say in which language it wants its answer. Only an order to answer counts: that something was said or
// written in English is no wish. Patterns are matched against folded text (lower case, Simplified).
var wishes = []struct {
	lang    lang.Lang
	script  script
	pattern *regexp.Regexp
}{
	{lang.English, "", englishWish("english")},
	{lang.Chinese, "", englishWish("(?:mandarin )?chinese|mandarin|putonghua")},
	{lang.Chinese, "hans", englishWish("simplified(?: chinese)?")},
	{lang.Chinese, Traditional, englishWish("traditional(?: chinese)?")},
	{lang.English, "", chineseWish("英文|英语")},
	{lang.Chinese, "", chineseWish("中文|汉语|普通话|华语")},
	{lang.Chinese, "hans", chineseWish("简体中文|简体字?")},
	{lang.Chinese, Traditional, chineseWish("[繁正]体中文|[繁正]体字?")},
}

// A script is how Chinese is written: "hans", Traditional, or as the question is.
type script string

// englishWish matches "(please) answer (me) in X", "in X, please" and a question that begins or ends with "in X" set
// apart.
func englishWish(names string) *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[.!?;,:(]\s*|\b(?:please|pls|kindly|can you|could you|would you|and)\s+)` +
		`(?:answer|reply|respond|explain|summari[sz]e|write|tell me|say)(?: (?:me|it|this|that|back|the question))* in (?:` + names + `)\b` +
		`|\bplease[^.!?]{0,60} in (?:` + names + `)\s*[.!?)]*$` +
		`|\bin (?:` + names + `),? (?:please|pls)\b` +
		`|^\s*\(?in (?:` + names + `)\)?\s*[:,]` +
		`|[.!?,;(]\s*in (?:` + names + `)\s*[.!?)]*$`)
}

// chineseWish matches 请用英文回答, 用英文说, (英文回答) and the like at the beginning of a clause.
func chineseWish(names string) *regexp.Regexp {
	return regexp.MustCompile(`(?:^|[\s,.;:!?()。,、;:!?「」“”]|请你?您?|麻烦你?您?|能否|可否|可以|能不能|能)` +
		`[用以]?(?:` + names + `)(?:来|进行|给我)?(?:回答|回复|答复|作答|解答|解释|说明|介绍|总结|概括|告诉|答|说|写)` +
		`|[\s,.;:!?()。、]用(?:` + names + `)[\s.!?)。]*$` +
		`|(?:回答|回复|答复|作答)(?:我|时|的时候|的语言)?请?用(?:` + names + `)`)
}

// AnswerLang returns the language to answer q in: the one its text asks for, else q.Lang, else the text's own.
func AnswerLang(q Question) lang.Lang {
	found := wish(q.Text)
	switch {
	case found != "":
		return found
	case q.Lang.Valid():
		return q.Lang
	}
	return lang.Detect(q.Text)
}

// WordsFor returns the printer in the language and script in which q is to be answered.
func WordsFor(c *locale.Catalog, q Question) locale.Printer {
	l := AnswerLang(q)
	if scriptOf(q, l) == Traditional {
		return c.Traditional()
	}
	return c.For(l)
}

// scriptOf returns Traditional where a question that is answered in l asks for that, or is itself written so.
func scriptOf(q Question, l lang.Lang) string {
	_, wished := wishOf(q.Text)
	if l == lang.Chinese && (wished == Traditional || wished == "" && lang.Traditional(q.Text)) {
		return Traditional
	}
	return ""
}

// wish returns the language that the text asks for; empty where it does not.
func wish(text string) lang.Lang {
	found, _ := wishOf(text)
	return found
}

// wishOf returns the language that the text asks for, and the script; empty where it does not.
func wishOf(text string) (lang.Lang, script) {
	folded := lang.Fold(text)
	found, in, at := lang.Lang(""), script(""), -1
	for _, w := range wishes {
		for _, m := range w.pattern.FindAllStringIndex(folded, -1) {
			if m[1] > at || m[1] == at && w.script != "" { // the last word counts
				found, in, at = w.lang, w.script, m[1]
			}
		}
	}
	return found, in
}

// clauseEnd ends a clause; a full stop only where a sentence may end.
var clauseEnd = regexp.MustCompile(`[。！？!?；;，,：:（）()\n]|\.(?:\s|$)`)

// searchText returns what a question looks for: the question without the clauses that only say in which language to
// answer, which would be searched for like the rest. Where nothing else is left, the whole.
func searchText(text string) string {
	if wish(text) == "" {
		return text
	}
	var rest strings.Builder
	start, before := 0, ""
	for _, m := range append(clauseEnd.FindAllStringIndex(text, -1), []int{len(text), len(text)}) {
		clause, end := text[start:m[0]], text[m[0]:m[1]]
		if wish(before+clause+end) == "" {
			rest.WriteString(clause + end)
		}
		start, before = m[1], end
	}
	if len(lang.Terms(rest.String())) == 0 {
		return text
	}
	return strings.TrimSpace(rest.String())
}
