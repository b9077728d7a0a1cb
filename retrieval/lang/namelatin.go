package lang

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A latinToken is a word of Latin letters in a text.
type latinToken struct {
	Span
	text    string
	capital bool // begins with a capital
	joined  bool // only a space, or the dot of an initial or title and a space, is between it and the one before
}

func (t latinToken) upper() bool {
	letters := 0
	for _, r := range t.text {
		if unicode.IsLower(r) {
			return false
		}
		if unicode.IsUpper(r) {
			letters++
		}
	}
	return letters > 1
}

func (t latinToken) folded() string { return strings.ToLower(t.text) }

// latinTokens cuts the Latin words of a text. Hyphens and apostrophes inside belong to a word, digits do too.
func latinTokens(text string) []latinToken {
	var out []latinToken
	last := 0
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !latinLetter(r) {
			i += n
			continue
		}
		start := i
		for i < len(text) {
			r, n := utf8.DecodeRuneInString(text[i:])
			if !latinLetter(r) && !(r >= '0' && r <= '9') && !unicode.IsMark(r) {
				if !apostrophe(r) && !dash(r) || i+n >= len(text) {
					break
				}
				if next, _ := utf8.DecodeRuneInString(text[i+n:]); !latinLetter(next) {
					break
				}
			}
			i += n
		}
		if n := possessive(text[start:i]); n > 0 {
			i -= n
		}
		t := latinToken{Span: Span{start, i}, text: text[start:i]}
		first, _ := utf8.DecodeRuneInString(t.text)
		t.capital = unicode.IsUpper(first)
		if k := len(out); k > 0 {
			gap := text[last:start]
			abbreviated := len(out[k-1].text) == 1 || latinTitles[out[k-1].folded()]
			t.joined = gap == " " || gap == "  " || gap == "\u00a0" || abbreviated && (gap == ". " || gap == ".")
		}
		out = append(out, t)
		last = i
	}
	return out
}

// possessive returns the length of the 's a word ends in.
func possessive(word string) int {
	for _, end := range []string{"'s", "’s", "'S", "’S"} {
		if strings.HasSuffix(word, end) && len(word) > len(end) {
			return len(end)
		}
	}
	return 0
}

func latinLetter(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r > 0x7F && unicode.Is(unicode.Latin, r)
}

// noNames are words that begin with a capital at the start of a sentence or in a title, and end a name.
var noNames = wordSet(`the a an of in on at to for from by with and or but as is are was were be been it its this that these those he she they
we you i my your our their his her what who whom whose when where why which how do does did can could will would should may might
not no yes if then so there here all any each every some one two three first second new old more most please tell give show
monday tuesday wednesday thursday friday saturday sunday january february march april june july august september october
november december university institute college school academy foundation association committee council society company
corporation inc ltd group center centre department ministry bureau office bank court church museum hospital government party
congress parliament conference forum summit seminar workshop session meeting report project program programme system open source
software development sustainable management director-general executive chief officer vice deputy senior junior associate
assistant board member founder co-founder head manager engineer editor author speaker host moderator interviewer secretary-general
north south east west united states kingdom republic people's china chinese taiwan hong kong macau beijing shanghai singapore
english american british european asia asian africa europe america international national global world social public digital
technology science data web api ai it ceo cto cfo coo vp hr un eu us uk usa question answer introduction overview chapter part
section table figure appendix day days time year today hello thanks thank dear best regards during between after before since while although however also
both many several such under over within without through against among because until unless despite like about into onto upon
hurricane storm street road lake mount mountain island islands beach ocean sea bay valley park heights hall library press
journal magazine news times award prize act law treaty war battle empire dynasty age ages century god saint holy bible
download slide site service security design architecture framework platform driver linux apple google microsoft github`)

// particles stand inside Western names in lower case.
var particles = wordSet("van von der den de la le del di da dos bin ibn al el ter ten du")

// titleToken reports whether a word is a title before a name: in lower case only those that are nothing else.
func titleToken(t latinToken) bool {
	w := t.folded()
	return latinTitles[w] && (t.capital || w == "mr" || w == "dr" || w == "prof")
}

// What speaks for a name in Latin letters.
const (
	sureChinese  = 0.9  // a Chinese surname and given name
	sureCaps     = 0.92 // a surname in capitals
	sureAfterTtl = 0.9  // a title before it
	sureInitials = 0.75 // with an initial
	sureWestern  = 0.5  // two or three words with capitals
	sureLower    = 0.6  // a Chinese name without capitals
	sureAsked    = 0.6  // where a question asks for a person
)

// latinNames finds names in Latin letters.
func latinNames(text string) []NameSpan {
	tokens := latinTokens(text)
	var spans []NameSpan
	for i := 0; i < len(tokens); {
		t := tokens[i]
		if !t.capital || noNames[t.folded()] && !titleToken(t) {
			i++
			continue
		}
		start, title := i, false
		for i < len(tokens) && titleToken(tokens[i]) && (i == start || tokens[i].joined) {
			title = true
			i++
		}
		first := i
		for i < len(tokens) && (i == first && (i == start || tokens[i].joined) || i > first && tokens[i].joined) {
			w := tokens[i]
			if w.capital && !noNames[w.folded()] && !(titleToken(w) && i > first) {
				i++
				continue
			}
			if i > first && particles[w.folded()] && i+1 < len(tokens) && tokens[i+1].joined && tokens[i+1].capital {
				i++
				continue
			}
			break
		}
		last := i
		for last > first+1 && len(tokens[last-1].text) == 1 {
			last-- // the initial of the next sentence, or of a name that is cut off
		}
		if last == first || len(tokens[last-1].text) == 1 {
			i = max(i, start+1)
			continue
		}
		if sure := sureOf(tokens[first:last], title); sure >= leastSure {
			from := first
			if title {
				from = start
			}
			spans = append(spans, NameSpan{Span{tokens[from].Start, tokens[last-1].End}, sure})
		}
	}
	if len(text) <= longAsking {
		spans = append(spans, lowerNames(tokens)...)
	}
	return spans
}

// sureOf says how sure it is that words with capitals are one person's name.
func sureOf(words []latinToken, title bool) float64 {
	const most = 5
	if len(words) > most {
		return 0
	}
	if title {
		return sureAfterTtl
	}
	if len(words) == 1 {
		return 0
	}
	var f personForm
	initials, caps := false, 0
	for _, w := range words {
		word, ok := newNameWord(w.text)
		if !ok {
			return 0
		}
		f.words = append(f.words, word)
		initials = initials || word.initial()
		if w.upper() {
			caps++
		}
		if headline(word.text) {
			return 0
		}
	}
	for _, r := range f.chineseReadings() {
		if r.listed() && r.sure > wordLeftOut*surnameUnlisted {
			if caps == 1 && len(words) > 1 {
				return sureCaps
			}
			return sureChinese
		}
	}
	switch {
	case initials && len(words) > 1:
		return sureInitials
	case caps == len(words):
		return 0 // a heading, or abbreviations
	case caps > 0 && !(words[0].upper() && len(words) == 2 || words[len(words)-1].upper()):
		return 0
	case len(words) <= 3:
		return sureWestern
	}
	return leastSure
}

// listed reports whether the surname is a listed one and every syllable of the given name is one.
func (r chineseReading) listed() bool {
	if len(surnames().of[strings.Join(r.surname, "")]) == 0 && len(r.surname) == 1 {
		return false
	}
	return !slices.ContainsFunc(r.given, func(g string) bool { _, ok := spellings()[g]; return !ok || len(g) < 2 })
}

// headline reports whether a word is an English noun by its ending, which a title of a talk has and a name has not.
func headline(word string) bool {
	if len(word) < 6 {
		return false
	}
	for _, end := range []string{"tion", "tions", "ment", "ments", "ness", "ity", "ities", "ology", "ics", "ance", "ence", "ware", "work", "works", "able", "ible", "izing", "ising", "tive", "ship", "ism"} {
		if strings.HasSuffix(word, end) {
			return true
		}
	}
	return false
}

// lowerNames finds Chinese names that were typed without capitals, as in "who is yang haobo".
func lowerNames(tokens []latinToken) []NameSpan {
	var spans []NameSpan
	for i := 0; i+1 < len(tokens); i++ {
		for n := min(3, len(tokens)-i); n >= 2; n-- {
			words := tokens[i : i+n]
			if slices.ContainsFunc(words[1:], func(t latinToken) bool { return !t.joined }) ||
				slices.ContainsFunc(words, func(t latinToken) bool { return t.capital || stopWord(t.text) || noNames[t.text] }) {
				continue
			}
			english := 0
			var f personForm
			for _, t := range words {
				if w, ok := newNameWord(t.text); ok {
					f.words = append(f.words, w)
				}
				if englishSyllables[t.text] {
					english++
				}
			}
			if english == n || english > 0 && n == 2 {
				continue
			}
			if slices.ContainsFunc(f.chineseReadings(), func(r chineseReading) bool { return r.listed() && r.sure == 1 && r.mandarin() }) {
				spans = append(spans, NameSpan{Span{words[0].Start, words[n-1].End}, sureLower})
				i += n - 1
				break
			}
		}
	}
	return spans
}

// mandarin reports whether all syllables are pinyin or Wade-Giles; Hong Kong's spellings meet too many English words.
func (r chineseReading) mandarin() bool {
	return !slices.ContainsFunc(r.given, func(g string) bool {
		return !slices.ContainsFunc(spellings()[g], func(s spelt) bool { return s.systems&(pinyinSystem|wadeSystem) != 0 })
	})
}

// englishSyllables are English words that are syllables of Chinese as well.
var englishSyllables = wordSet(`long song men man sun lane can ban pan fan tan sang rang hang bang gang pin bin sin win tie die lie pie sue due cue lung hung sing
king wing ring ping ding link wrong young ran run fun gun bun pen hen ten den yen men hay pay lay bay may say way ray wan wed low how now cow bow sow tow
row tai chi chai mai hue due die pie lee he me she so to do go no lo ho ma pa la ha mu sui tube lie bar car far ton kin shun chin chow chew chop sum gum hum cup
up nut hut but put lap map tap cat hat sat mat fat bat lit hit sit kit fit bit ban shy change range dance sense hinge machine gene hope home come same name
date time life side site line mine fine wine tune june lake make take bake cake more core sure pure we us pose nose close chose lose mode code node rule role hole pole
sale male tale pale gate late rate hate fate base case lane pane bone tone zone cone open even man-made here there were`)
