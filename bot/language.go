package bot

import (
	"regexp"
	"strings"

	"osmanthus/retrieval/lang"
)

// A question may say in which language it wants its answer. Only an order to answer counts: that something was said or
// written in English is no wish. Patterns are matched against folded text (lower case, Simplified).
var wishes = []struct {
	lang    lang.Lang
	pattern *regexp.Regexp
}{
	{lang.English, englishWish("english")},
	{lang.Chinese, englishWish("(?:simplified |mandarin )?chinese|mandarin|putonghua")},
	{lang.English, chineseWish("英文|英语")},
	{lang.Chinese, chineseWish("简体中文|中文|汉语|普通话|华语")},
}

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

// wish returns the language that the text asks for; empty where it does not.
func wish(text string) lang.Lang {
	folded := lang.Fold(text)
	found, at := lang.Lang(""), -1
	for _, w := range wishes {
		for _, m := range w.pattern.FindAllStringIndex(folded, -1) {
			if m[1] > at { // the last word counts
				found, at = w.lang, m[1]
			}
		}
	}
	return found
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
