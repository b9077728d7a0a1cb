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
	raw    string // folded as it stands, white space and full stops left out
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
	p.raw = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '.' {
			return ' '
		}
		return r
	}, Simplify(strings.ToLower(name)))
	p.raw = strings.Join(strings.Fields(p.raw), " ")
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
	return ownLetters.Replace(s)
}

var ownLetters = strings.NewReplacer("ß", "ss", "ø", "o", "æ", "ae", "œ", "oe", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "ı", "i")

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
			if i == 0 || len(splitSyllables(rest[:i], 1)) == 0 || i+1 < len(rest) && rest[i+1] >= '0' && rest[i+1] <= '9' {
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
