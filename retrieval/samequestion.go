package retrieval

import (
	"regexp"
	"slices"
	"strings"

	"osmanthus/retrieval/lang"
)

// How similar the centred vectors of two questions must be, in one language and across two, for the questions to mean the
// same where they also ask for the same kind of thing and agree in numbers and names. Chosen on testdata/paraphrases.jsonl
// with multilingual-e5-small: of its 96 wordings of 24 questions 32 are put with their like and none with another. That is
// enough to count by and too little to answer by.
const (
	sameQuestion       = 0.65
	sameQuestionAcross = 0.55
)

// questionFigures are what two questions must share to mean the same, however near their vectors are: a model puts "when
// does it begin" and "where does it take place" of one event closer together than most paraphrases.
type questionFigures struct {
	lang    lang.Lang
	asked   string
	order   []string // which of several: the next, another
	numbers []string
	names   []string
}

// askedFor are the kinds of thing that a question may ask for, in folded text; the first that fits counts.
var askedFor = []struct {
	kind    string
	pattern *regexp.Regexp
}{
	{"price", regexp.MustCompile(`多少钱|费用|票价|入场费|收费|免费|价格|\bhow much\b|\b(?:price|cost|costs|fee|free)\b`)},
	{"number", regexp.MustCompile(`多少|几(?:个|位|人|场|次|名)|人数|\bhow many\b|\bnumber of\b`)},
	{"end", regexp.MustCompile(`(?:几点|什么时候|何时|几时).{0,4}(?:结束|散会|完)|\bwhen\b.*\b(?:end|ends|over|finish|close)\b|\bwhat time\b.*\b(?:end|ends|over|finish|close)\b`)},
	{"when", regexp.MustCompile(`几点|什么时候|何时|几时|哪(?:一)?天|日期|什么时间|几号|几月|哪(?:一)?年|\bwhen\b|\b(?:what|which) (?:time|day|date|year)\b|\bthe date\b`)},
	{"where", regexp.MustCompile(`哪里|哪儿|何处|什么地方|地点|哪(?:个|间)?(?:房间|教室|会场|厅)|\bwhere\b|\bvenue of\b|\b(?:what|which) (?:room|hall|place|city|country)\b`)},
	{"why", regexp.MustCompile(`为什么|为何|\bwhy\b`)},
	{"who", regexp.MustCompile(`谁|哪(?:一)?位|哪个(?:机构|组织|单位|公司|人)|\bwho(?:m|se)?\b|\bwhich (?:organi[sz]ation|company|institution|person)\b`)},
}

func figuresOf(question string) questionFigures {
	folded := lang.Fold(question)
	f := questionFigures{lang: lang.Detect(question), numbers: figures.FindAllString(folded, -1)}
	for _, o := range orders {
		if o.pattern.MatchString(folded) {
			f.order = append(f.order, o.kind)
		}
	}
	for _, a := range askedFor {
		if a.pattern.MatchString(folded) {
			f.asked = a.kind
			break
		}
	}
	slices.Sort(f.numbers)
	for _, n := range (*lang.Dictionary)(nil).QuestionNames(question) {
		name := question[n.Start:n.End]
		if n.Sure >= sureOfHanName || n.Sure >= sureOfName && strings.ToLower(name) != name {
			f.names = append(f.names, name)
		}
	}
	return f
}

// orders are words of which one of several is meant; they change what is asked and hardly a vector.
var orders = []struct {
	kind    string
	pattern *regexp.Regexp
}{
	{"next", regexp.MustCompile(`下(?:一)?[次届场个位]|\bnext\b`)},
	{"other", regexp.MustCompile(`另|其他|其它|还有|\b(?:an)?other\b|\belse\b`)},
	{"first", regexp.MustCompile(`首先|最先|最早|第一|\b(?:first|earliest)\b`)},
	{"last", regexp.MustCompile(`最后|最晚|\b(?:last|latest|final)\b`)},
	{"before", regexp.MustCompile(`之前|以前|上(?:一)?[次届场个位]|曾|\b(?:before|previous|previously|prior)\b`)},
	{"after", regexp.MustCompile(`之后|以后|\bafter\b`)},
	{"not", regexp.MustCompile(`不|没|非|无法|\b(?:not|never|without|except|instead)\b|n['’]t\b`)},
}

var figures = regexp.MustCompile(`\d+(?:[.:]\d+)*`)

// How sure the finder of names must be that a question names somebody: two capitalised words are enough, words of Chinese
// that merely stand where a name might are not.
const (
	sureOfName    = 0.6
	sureOfHanName = 0.7
)

// agrees reports whether two questions ask for the same kind of thing with the same numbers, and do not name different
// people.
func (f questionFigures) agrees(g questionFigures) bool {
	if f.asked != g.asked || !slices.Equal(f.order, g.order) || !slices.Equal(f.numbers, g.numbers) {
		return false
	}
	// Where only one seems to name somebody, a word may have been taken for a name.
	return len(f.names) == 0 || len(g.names) == 0 || slices.ContainsFunc(f.names, func(a string) bool {
		return slices.ContainsFunc(g.names, func(b string) bool { return lang.MatchNames(a, b) >= lang.SameName })
	})
}
