package bot

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

const (
	// surelyNamed is from how sure a name is that a claim is held to it: below, lang.NamesIn takes capitalised words for one.
	surelyNamed = 0.5
	// sameName is from when a name of a claim is one of its source: 傅昌波 and FU Changbo reach 1, two who share a surname
	// and a syllable stay below 0.75.
	sameName = 0.8
	// sameSurname is enough of a claim's bare surname: 王教授 and Wang Xiaoming reach 0.53.
	sameSurname = 0.5
	// quotedWords and quotedHan are from how many words or characters the text between quotation marks is somebody's
	// words; shorter ones are titles and terms.
	quotedWords, quotedHan = 5, 8
)

// A statement is a sentence of a model's text with the numbers of the sources it rests on.
type statement struct {
	text  string // as it stands, white space before it and numbers included
	cites []int
}

// leadingMarks are numbers that stand after the full stop of the sentence they belong to.
var leadingMarks = regexp.MustCompile(`^\s*(?:\[\d{1,4}\]\s*)+`)

// statements cuts text into its sentences; together they are the text. A sentence without a number rests on those of
// the next that has some in its paragraph.
func statements(text string) []statement {
	var out []statement
	at := 0
	for _, s := range lang.Sentences(text) {
		start, end := s.Start, s.End
		if m := leadingMarks.FindString(text[start:end]); m != "" && len(out) > 0 && !strings.Contains(text[at:start], "\n") {
			out[len(out)-1].text += text[at : start+len(m)]
			at = start + len(m)
		}
		if strings.TrimSpace(text[at:end]) != "" {
			out = append(out, statement{text: text[at:end]})
		}
		at = end
	}
	if rest := text[at:]; rest != "" && len(out) > 0 {
		out[len(out)-1].text += rest
	}
	for i := range out {
		out[i].cites = numbersIn(out[i].text)
	}
	for i := len(out) - 2; i >= 0; i-- {
		if len(out[i].cites) == 0 && !strings.Contains(strings.TrimLeft(out[i+1].text, " "), "\n") {
			out[i].cites = out[i+1].cites
		}
	}
	return out
}

// A verifier holds a model's sentences to the passages they cite: the names, numbers, dates and quotations of each must
// stand there, in whichever language.
type verifier struct {
	dict    *lang.Dictionary // may be nil: fewer words are known to be no names
	sources map[int]*sourceText
}

// A sourceText is a passage, read when first needed.
type sourceText struct {
	text     string // with title and headings
	squeezed string
	names    []lang.PersonName
	gloss    map[string]bool
	sounds   []string
	read     bool
}

// newVerifier numbers hits from 1.
func newVerifier(dict *lang.Dictionary, hits []retrieval.Hit) *verifier {
	v := &verifier{dict: dict, sources: map[int]*sourceText{}}
	for i, h := range hits {
		v.sources[i+1] = &sourceText{text: strings.Join([]string{h.Title, h.Heading, h.Text}, "\n")}
	}
	return v
}

// faithful returns text without the sentences that say what their passages do not, how many these were, and the
// numbers of the sources that the rest names. They are taken out, not marked: what stands in an answer is repeated, and
// a mark is not repeated with it.
func (v *verifier) faithful(text string) (kept string, removed int, cited []int) {
	all := statements(text)
	var b strings.Builder
	for _, s := range all {
		cites := s.cites
		if len(cites) == 0 {
			for _, o := range all {
				cites = append(cites, o.cites...)
			}
		}
		if !v.stands(s.text, cites) {
			removed++
			if lead := s.text[:len(s.text)-len(strings.TrimLeft(s.text, "\n"))]; b.Len() > 0 {
				b.WriteString(lead) // paragraphs and items stay apart
			}
			continue
		}
		b.WriteString(s.text)
		for _, n := range s.cites {
			if strings.Contains(s.text, citedAs(n)) && !slices.Contains(cited, n) {
				cited = append(cited, n)
			}
		}
	}
	return strings.TrimSpace(blankLines.ReplaceAllString(b.String(), "\n\n")), removed, cited
}

var blankLines = regexp.MustCompile(`\n{3,}`)

// itemNumber begins an item of a numbered list.
var itemNumber = regexp.MustCompile(`(?m)^\s*\d{1,3}[.)、]\s`)

// stands reports whether everything in a sentence that can be checked stands in one of the passages it rests on, or, of
// several, is shared among them.
func (v *verifier) stands(sentence string, cites []int) bool {
	claim := Plain(itemNumber.ReplaceAllString(marks.ReplaceAllString(sentence, " "), " "))
	var sources []*sourceText
	var all []string
	for _, n := range cites {
		if s := v.sources[n]; s != nil && !slices.Contains(sources, s) {
			s.readBy(v.dict)
			sources, all = append(sources, s), append(all, s.text)
		}
	}
	if len(lang.FiguresMissing(claim, strings.Join(all, "\n"))) > 0 {
		return false
	}
	for _, q := range quotations(claim) {
		if !slices.ContainsFunc(sources, func(s *sourceText) bool { return strings.Contains(s.squeezed, squeezed(q)) }) {
			return false
		}
	}
	for _, span := range v.dict.NamesIn(claim) {
		name := claim[span.Start:span.End]
		if span.Sure >= surelyNamed && !slices.ContainsFunc(sources, func(s *sourceText) bool { return v.holds(s, name) }) {
			return false
		}
	}
	return true
}

func (s *sourceText) readBy(dict *lang.Dictionary) {
	if s.read {
		return
	}
	s.read, s.squeezed, s.gloss = true, squeezed(s.text), map[string]bool{}
	for _, span := range dict.NamesIn(s.text) {
		name := s.text[span.Start:span.End]
		s.names = append(s.names, lang.ParseName(name))
		s.sounds = append(s.sounds, dottedSounds(name)...)
	}
	for _, group := range dict.Groups(s.text) {
		for _, stem := range group {
			s.gloss[stem] = true
		}
	}
	s.sounds = append(s.sounds, slices.Concat(dict.ForeignSounds(s.text)...)...)
	for _, sound := range lang.LatinSounds(s.text) {
		s.sounds = append(s.sounds, sound)
	}
}

// holds reports whether a source names whom or what name names.
func (v *verifier) holds(s *sourceText, name string) bool {
	if strings.Contains(s.squeezed, squeezed(name)) {
		return true
	}
	parsed := lang.ParseName(name)
	enough := sameName
	if parsed.SurnameOnly() {
		enough = sameSurname
	}
	for _, n := range s.names {
		if parsed.Match(n) >= enough {
			return true
		}
	}
	if terms := lang.Terms(name); len(terms) > 0 && !slices.ContainsFunc(terms, func(t string) bool { return !s.gloss[t] }) {
		return true // words of the source in the other language, written with capitals
	}
	var sounds []string
	for _, sound := range lang.LatinSounds(name) {
		sounds = append(sounds, sound)
	}
	if len(sounds) == 0 {
		sounds = dottedSounds(name)
	}
	return soundsLike(sounds, s.sounds)
}

// leastAlike is how alike each part of a name must sound that sounds alike as a whole: half of what one part alone must.
const leastAlike = lang.SameSound / 2

// soundsLike reports whether the parts of a name, taken together, sound like some of others.
func soundsLike(parts, others []string) bool {
	sum := 0.0
	for _, p := range parts {
		best := 0.0
		for _, o := range others {
			best = max(best, lang.SoundAlike(p, o))
		}
		if best < leastAlike {
			return false
		}
		sum += best
	}
	return len(parts) > 0 && sum >= lang.SameSound*float64(len(parts))
}

// dottedSounds is how the parts of a foreign name in Chinese sound, which its middle dots set apart: 弗拉基米尔·普京.
func dottedSounds(name string) []string {
	if !strings.ContainsAny(name, "·・•") {
		return nil
	}
	var sounds []string
	for _, part := range strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) }) {
		sounds = append(sounds, lang.HanSound(part))
	}
	return sounds
}

// quotation is text between quotation marks, but not between 《》, which name works.
var quotation = regexp.MustCompile(`“([^“”]+)”|"([^"]+)"|「([^「」]+)」|『([^『』]+)』`)

// quotations returns what a sentence gives as somebody's words.
func quotations(sentence string) []string {
	var out []string
	for _, m := range quotation.FindAllStringSubmatch(sentence, -1) {
		q := strings.TrimRight(strings.Join(m[1:], ""), " ,.;:!?，。；：！？、…")
		words := lang.Words(q)
		if len(words) >= quotedHan || lang.HanShare(q) < 0.5 && len(words) >= quotedWords {
			out = append(out, q)
		}
	}
	return out
}
