package lang

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxName is the longest name that is looked at, in bytes; the longest person's name is far shorter.
const maxName = 200

// A personForm is one writing of a person's name. "徐湘芸 Hsu Hsiang-Yun" has two.
type personForm struct {
	han      []rune // Simplified, without forms of address and middle dots; nil of a Latin one
	surname  int    // characters of han; 0 where there is only a part of a name
	last     []rune // what follows the last middle dot of a foreign name (弗拉基米尔·普京)
	words    []nameWord
	honoured bool // a form of address or a title was taken off
}

// A nameWord is a word of a Latin name: folded, without accents and tone digits.
type nameWord struct {
	text  string
	parts []string // text cut at hyphens, apostrophes and where capitals are inside; one where there are none
	dash  bool     // a hyphen was inside, which pinyin does not use and the other systems do
}

func (w nameWord) initial() bool { return len(w.text) == 1 }

// A PersonName is a name taken apart, to be compared with many others.
type PersonName struct {
	forms  []personForm
	folded string // all letters and digits in order, for handles
	mixed  bool   // written in both scripts
}

// ParseName takes a person's name apart. Of a longer text only the first 200 bytes are looked at.
func ParseName(name string) PersonName {
	if len(name) > maxName {
		name = name[:runeFloor(name, maxName)]
	}
	name = unaccent(norm.NFKC.String(Clean(name)))
	name = strings.ReplaceAll(strings.ReplaceAll(name, "u:", "v"), "U:", "v")
	var p PersonName
	var folded strings.Builder
	rs := []rune(name)
	for i := 0; i < len(rs); {
		switch {
		case isHan(rs[i]):
			j := i
			for j < len(rs) && (isHan(rs[j]) || middleDot(rs[j]) && j+1 < len(rs) && isHan(rs[j+1])) {
				j++
			}
			if f := hanForm(rs[i:j]); len(f.han) > 0 {
				p.forms = append(p.forms, f)
			}
			i = j
		case unicode.IsLetter(rs[i]) || unicode.IsDigit(rs[i]):
			j := i
			for j < len(rs) && !isHan(rs[j]) && !strings.ContainsRune("()[]{}/|;:<>\"“”", rs[j]) {
				j++
			}
			if f := latinForm(string(rs[i:j])); len(f.words) > 0 {
				p.forms = append(p.forms, f)
			}
			i = j
		default:
			i++
		}
	}
	for _, f := range p.forms {
		p.mixed = p.mixed || len(f.han) > 0 != (len(p.forms[0].han) > 0)
		folded.WriteString(string(f.han))
		for _, w := range f.words {
			folded.WriteString(w.text)
		}
	}
	p.folded = folded.String()
	return p
}

func middleDot(r rune) bool { return strings.ContainsRune("·•‧・．∙⋅", r) }

// hanForm makes a form of a run of Han, middle dots inside.
func hanForm(run []rune) personForm {
	s := Simplify(string(run))
	var f personForm
	for changed := true; changed; {
		changed = false
		for _, a := range formsOfAddress {
			if rest, ok := strings.CutSuffix(s, a); ok && rest != "" {
				s, f.honoured, changed = rest, true, true
				break
			}
		}
	}
	for _, a := range formsOfAddress {
		rest, ok := strings.CutPrefix(s, a)
		if rs := []rune(rest); ok && len(rs) >= 2 && surnameLength(rs) > 0 {
			s, f.honoured = rest, true
			break
		}
	}
	if i := strings.LastIndexFunc(s, middleDot); i >= 0 {
		f.last = []rune(strings.TrimLeftFunc(s[i:], middleDot))
		f.han = []rune(strings.Map(func(r rune) rune {
			if middleDot(r) {
				return -1
			}
			return r
		}, s))
		return f
	}
	f.han = []rune(s)
	f.surname = hanSurname(f.han, f.honoured)
	return f
}

// hanSurname returns how many characters of a name are its surname: a married name in Hong Kong has two surnames
// (林郑月娥), a surname that is not in the lists has one.
func hanSurname(rs []rune, honoured bool) int {
	n := surnameLength(rs)
	switch {
	case len(rs) == 1:
		if honoured {
			return 1
		}
		return 0
	case len(rs) == 4 && n == 1 && surnameLength(rs[1:]) > 0:
		return 2
	case len(rs) == n:
		return n
	case len(rs) > 4:
		return 0
	}
	return max(n, 1)
}

// latinTitles are set aside at either end of a Latin name.
var latinTitles = wordSet(`mr mrs ms miss mx dr prof professor doctor sir madam madame mdm dame lady rev reverend honourable honorable
judge justice president chairman chairwoman director ambassador minister senator mayor governor secretary
premier chancellor capt captain col colonel gen lt sgt`)

// honouredTitles are those of them after which one word alone is a surname.
var honouredTitles = wordSet(`mr mrs ms miss mx dr prof professor doctor madam madame mdm judge justice president chairman chairwoman director
ambassador minister senator mayor governor secretary premier chancellor captain colonel`)

func latinForm(s string) personForm {
	var f personForm
	s = undottedTitles(s)
	fields := strings.FieldsFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r == ',' || r == '.' || r == '，' || r == '、' || r == '。'
	})
	for _, field := range fields {
		if w, ok := newNameWord(field); ok {
			f.words = append(f.words, w)
		}
	}
	for len(f.words) > 1 && latinTitles[f.words[0].text] {
		f.honoured = f.honoured || honouredTitles[f.words[0].text]
		f.words = f.words[1:]
	}
	for len(f.words) > 1 && titleAfter(f.words) {
		f.words = f.words[:len(f.words)-1]
	}
	const maxWords = 6
	f.words = f.words[:min(len(f.words), maxWords)]
	return f
}

// titleAfter reports whether the last word is a title: not Ma, Dean or Chair, which are also names.
func titleAfter(words []nameWord) bool {
	switch last := words[len(words)-1].text; last {
	case "phd", "md", "esq", "jr", "sr", "ii", "iii", "cpa", "mba", "dphil", "msc", "bsc", "professor", "prof", "dr", "mr", "mrs", "ms":
		return true
	}
	return false
}

// undottedTitles joins what is written with dots inside: Ph.D. gives PhD.
func undottedTitles(s string) string {
	for _, t := range [][2]string{{"Ph.D", "PhD"}, {"ph.d", "phd"}, {"PH.D", "PhD"}, {"M.D.", "MD"}, {"D.Phil", "DPhil"}} {
		s = strings.ReplaceAll(s, t[0], t[1])
	}
	return s
}

func newNameWord(field string) (w nameWord, ok bool) {
	var parts []string
	var part []rune
	dashed := false
	flush := func() {
		if len(part) > 0 {
			parts = append(parts, string(part))
		}
		part = part[:0]
	}
	rs := []rune(field)
	for i, r := range rs {
		switch {
		case apostrophe(r) || dash(r):
			dashed = dashed || dash(r) && len(part) > 0
			flush()
			continue
		case !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r):
			continue
		case unicode.IsUpper(r) && i > 0 && unicode.IsLower(rs[i-1]):
			flush()
		case unicode.IsUpper(r) && i > 1 && i+2 < len(rs) && unicode.IsUpper(rs[i-1]) && unicode.IsLower(rs[i+1]):
			flush() // YCKao
		}
		part = append(part, unicode.ToLower(r))
	}
	flush()
	for i, p := range parts {
		parts[i] = foldLetters(p)
	}
	parts = withoutTones(parts)
	if len(parts) == 0 {
		return w, false
	}
	return nameWord{text: strings.Join(parts, ""), parts: parts, dash: dashed && len(parts) > 1}, true
}

// foldLetters writes in ASCII the Latin letters that unaccent leaves, because they are letters of their own.
func foldLetters(s string) string {
	if plainASCII(s) {
		return s
	}
	return strings.NewReplacer("ß", "ss", "ø", "o", "æ", "ae", "œ", "oe", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i").Replace(s)
}

func dash(r rune) bool { return r == '-' || r >= 0x2010 && r <= 0x2015 || r == 0x2212 || r == '_' }

// withoutTones takes tone digits off: hao4bo2 gives hao and bo. A word keeps its digits where what is before one is no
// syllable (tico88612).
func withoutTones(parts []string) []string {
	var out []string
	for _, p := range parts {
		if !strings.ContainsAny(p, "012345") {
			out = append(out, p)
			continue
		}
		var cut []string
		rest := p
		for rest != "" {
			i := strings.IndexAny(rest, "0123456789")
			if i < 0 {
				i = len(rest)
			}
			if len(splitSyllables(rest[:i], 1)) == 0 || i+1 < len(rest) && rest[i+1] >= '0' && rest[i+1] <= '9' {
				cut = nil
				break
			}
			cut = append(cut, rest[:i])
			rest = rest[min(i+1, len(rest)):]
		}
		if cut == nil {
			cut = []string{p}
		}
		out = append(out, cut...)
	}
	return out
}

// A chineseReading takes a Latin name as a Chinese one.
type chineseReading struct {
	surname []string // spellings: one, or two of a married name or a compound that is written apart
	given   []string // spellings of syllables, single letters, or of one what is no syllable (Ying-jeou)
	sure    float64  // 1, less for what had to be assumed
}

// What an assumption costs. The products stay above SameName unless two are made.
const (
	surnameUnlisted = 0.95 // a surname that is in no list
	wordLeftOut     = 0.96 // an English given name before or after the Chinese one
	oneWord         = 0.93 // surname and given name written together
)

// maxReadings bounds the readings of one name.
const maxReadings = 24

// chineseReadings lists the ways in which a Latin form is a Chinese name: either order, each cut into syllables.
func (f personForm) chineseReadings() []chineseReading {
	var out []chineseReading
	words := f.words
	out = readWords(out, words, 1)
	if n := len(words); n >= 3 && len(out) == 0 {
		if !words[0].initial() {
			out = readWords(out, words[1:], wordLeftOut)
		}
		if !words[n-1].initial() {
			out = readWords(out, words[:n-1], wordLeftOut)
		}
	}
	if len(words) == 1 {
		for _, s := range wordSplits(words[0], 4) {
			for n := 1; n <= 2 && n < len(s); n++ {
				if len(s)-n > 2 || len(s)-n < 1 {
					continue
				}
				if sure, ok := surnameSpelling(strings.Join(s[:n], "")); ok && sure == 1 && len(s[0]) > 1 {
					out = append(out, chineseReading{[]string{strings.Join(s[:n], "")}, s[n:], oneWord})
				}
			}
		}
	}
	return out[:min(len(out), maxReadings)]
}

func readWords(out []chineseReading, words []nameWord, sure float64) []chineseReading {
	n := len(words)
	if n < 2 {
		return out
	}
	try := func(surname, given []nameWord) {
		if len(given) == 0 {
			return
		}
		spelling := ""
		for _, w := range surname {
			spelling += w.text
		}
		of, ok := surnameSpelling(spelling)
		names := []string{spelling}
		if len(surname) == 2 && !(ok && of == 1 && len(surnames().of[spelling]) > 0) {
			a, okA := surnameSpelling(surname[0].text)
			b, okB := surnameSpelling(surname[1].text)
			if !okA || !okB || a < 1 || b < 1 {
				return
			}
			names, of, ok = []string{surname[0].text, surname[1].text}, 1, true
		}
		if !ok {
			return
		}
		for _, g := range givenSplits(given) {
			out = append(out, chineseReading{names, g, sure * of})
		}
	}
	try(words[:1], words[1:])
	try(words[n-1:], words[:n-1])
	if n >= 3 {
		try(words[:2], words[2:])
		try(words[n-2:], words[:n-2])
	}
	return out
}

// surnameSpelling reports whether a spelling may be a Chinese surname, and how sure that is.
func surnameSpelling(s string) (sure float64, ok bool) {
	if len(surnames().of[s]) > 0 {
		return 1, true
	}
	if _, ok := spellings()[s]; ok && len(s) > 1 {
		return surnameUnlisted, true
	}
	return 0, false
}

// givenSplits cuts the words of a given name into one or two syllables, or letters where they are initials.
func givenSplits(words []nameWord) [][]string {
	switch len(words) {
	case 1:
		splits := wordSplits(words[0], 2)
		if w := words[0].text; len(splits) == 0 && len(w) <= 2 {
			splits = append(splits, strings.Split(w, ""))
		}
		return splits
	case 2:
		a, b := words[0].text, words[1].text
		if mayBeSyllables(a, b) || words[0].initial() && words[1].initial() {
			return [][]string{{a, b}}
		}
	}
	return nil
}

// wordSplits cuts a word into syllables at its marks, or in every way where it has none.
func wordSplits(w nameWord, most int) [][]string {
	if len(w.parts) > 1 && len(w.parts) <= most && mayBeSyllables(w.parts...) {
		return [][]string{w.parts}
	}
	return splitSyllables(w.text, most)
}

// mayBeSyllables reports whether at least one of what may be syllables by their length is one.
func mayBeSyllables(parts ...string) bool {
	known := false
	for _, p := range parts {
		_, ok := spellings()[p]
		known = known || ok
		if len(p) < 2 && !ok || len(p) > longestSpelling {
			return false
		}
	}
	return known
}
