package facts

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"osmanthus/ingest/source"
	"osmanthus/retrieval/lang"
)

// appositions reads positions from running text: "YANG Haobo, Deputy Director of the Shenzhen Civil Affairs Bureau",
// 深圳市民政局副局长杨浩勃.
func (r *reader) appositions() {
	for _, b := range r.doc.Blocks {
		switch b.Kind {
		case source.Paragraph, source.Item, source.Quote:
		default:
			continue
		}
		block := lang.Span{Start: b.Start, End: b.End}
		before := lang.Span{}
		for _, s := range lang.Sentences(r.text(block)) {
			s = shifted(s, b.Start)
			r.englishPositions(s)
			r.chinesePositions(s)
			r.pronounPosition(before, s)
			before = s
		}
	}
}

var (
	asTitle = regexp.MustCompile(`(?:^|[.,;:!?]\s+|\s)[Aa]s\s+(?:the\s+|an?\s+)?([^,;:.!?]{3,120}),\s*$`)
	// introduces is what may stand between a name and the position.
	introduces = regexp.MustCompile(`^(?:,\s+(?:as\s+)?(?:the\s+|an?\s+|our\s+|its\s+|former\s+|currently\s+|then\s+)*|` +
		`\s+(?:is|was|serves\s+as|served\s+as|works\s+as|worked\s+as|has\s+been|became)\s+(?:now\s+|currently\s+|also\s+)?(?:the\s+|an?\s+|our\s+)?|\s*[(（]\s*(?:the\s+)?)`)
)

// englishPositions reads one sentence.
func (r *reader) englishPositions(sentence lang.Span) {
	s := r.text(sentence)
	for _, m := range latinName.FindAllStringIndex(s, -1) {
		from, to, ok := properName(s[m[0]:m[1]])
		if !ok {
			continue
		}
		name := lang.Span{Start: m[0] + from, End: m[0] + to}
		r.positionsAfter(s, name, sentence.Start)
		r.positionBefore(s, name, m[0], sentence.Start)
	}
}

// pronoun begins a sentence that goes on about the person whom the sentence before began with.
var pronoun = regexp.MustCompile(`^(?:He|She)\s+(?:is|was|serves\s+as|works\s+as)\s+(?:now\s+|currently\s+|also\s+)?(?:the\s+|an?\s+)?`)

// pronounPosition reads "She is Vice Chairman of …" after a sentence that begins with her name.
func (r *reader) pronounPosition(before, sentence lang.Span) {
	s := r.text(sentence)
	m := pronoun.FindString(s)
	if m == "" || before.Start == before.End {
		return
	}
	subject := r.text(before)
	at := latinName.FindStringIndex(subject)
	if at == nil {
		return
	}
	from, to, ok := properName(subject[at[0]:at[1]])
	if !ok || strings.TrimSpace(address.ReplaceAllString(subject[:at[0]+from], "")) != "" {
		return
	}
	title, organisation, n := titleAt(s[len(m):], true)
	if n == 0 {
		return
	}
	if i, ok := r.person(lang.Span{Start: before.Start + at[0] + from, End: before.Start + at[0] + to}); ok {
		r.addTitle(i, Title{Span: lang.Span{Start: before.Start, End: sentence.Start + len(m) + n}, Title: title, Organisation: organisation})
	}
}

// positionsAfter reads "NAME, TITLE of ORGANISATION and TITLE of ORGANISATION".
func (r *reader) positionsAfter(s string, name lang.Span, base int) {
	at := name.End
	m := introduces.FindString(s[at:])
	if m == "" {
		return
	}
	at += len(m)
	article := strings.Contains(m, "a ") || strings.Contains(m, "an ") || strings.Contains(m, "the ") || strings.Contains(m, "as ") || strings.Contains(m, "our ")
	for {
		title, organisation, n := titleAt(s[at:], article)
		if n == 0 {
			return
		}
		at += n
		if i, ok := r.person(shifted(name, base)); ok {
			r.addTitle(i, Title{Span: lang.Span{Start: base + name.Start, End: base + at}, Title: title, Organisation: organisation})
		}
		next := nextTitle.FindString(s[at:])
		if next == "" {
			return
		}
		at += len(next)
	}
}

var nextTitle = regexp.MustCompile(`^(?:,?\s+and\s+|,\s+|;\s+)(?:the\s+|an?\s+)?`)

// positionBefore reads "As the TITLE of ORGANISATION, NAME" and "Deputy Director YANG Haobo".
func (r *reader) positionBefore(s string, name lang.Span, matched, base int) {
	before := s[:name.Start]
	if m := asTitle.FindStringSubmatchIndex(before); m != nil {
		text := before[m[2]:m[3]]
		if end := titleEnd(text); end > 0 {
			organisation := ""
			if j := joiners.FindString(text[end:]); j != "" {
				organisation = strings.TrimSpace(text[end+len(j):])
			}
			if i, ok := r.person(shifted(name, base)); ok {
				r.addTitle(i, Title{Span: lang.Span{Start: base + m[2], End: base + name.End}, Title: text[:end], Organisation: organisation})
			}
		}
		return
	}
	// The words before the name that latinName took along, or that stand capitalised right before it.
	words := strings.Fields(before)
	first := len(words)
	for first > 0 && len(words)-first < titleWords {
		w := words[first-1]
		if c := []rune(w)[0]; !unicode.IsUpper(c) || strings.ContainsAny(w, ".,;:!?()\"") {
			break
		}
		first--
	}
	for ; first < len(words); first++ {
		title := strings.Join(words[first:], " ")
		if roleWord(words[len(words)-1]) && !notName(words[first]) && len(words)-first > 0 {
			if settled(title, len(title)) == 0 {
				return
			}
			if i, ok := r.person(shifted(name, base)); ok {
				start := strings.LastIndex(before, words[first])
				r.addTitle(i, Title{Span: lang.Span{Start: base + start, End: base + name.End}, Title: title})
			}
			return
		}
	}
}

func notName(w string) bool {
	w = strings.ToLower(w)
	for _, n := range []string{"the", "a", "an", "as", "in", "on", "at", "during", "finally", "when", "and", "our", "his", "her", "for", "by", "with", "from"} {
		if w == n {
			return true
		}
	}
	return false
}

// titleAt reads a position with its organisation at the beginning of s, and returns how many bytes they take. Words of
// a position are capitalised, but after an article.
func titleAt(s string, article bool) (title, organisation string, n int) {
	clause := s
	if i := strings.IndexAny(s, ",;:()"); i >= 0 {
		clause = s[:i]
	}
	end := titleEnd(clause)
	if end == 0 {
		return "", "", 0
	}
	title = clause[:end]
	if rest := strings.TrimPrefix(clause[end:], " "); slices.Contains(notAlone, strings.ToLower(title)) && rest != clause[end:] {
		if c, _ := firstRune(rest); unicode.IsUpper(c) {
			return "", "", 0 // "Chief Gardener": more of a position than is known here
		}
	}
	for _, w := range strings.Fields(title) {
		if c := []rune(w)[0]; unicode.IsLower(c) && !article && w != "and" && !(roleWord(w) && len(strings.Fields(title)) <= 2) {
			return "", "", 0
		}
	}
	n = end
	m := joiners.FindString(s[end:])
	if m == "" || strings.HasPrefix(strings.TrimSpace(m), ",") && !isOrganisation(organisationRun(s[end+len(m):])) {
		return title, "", n
	}
	at := end + len(m)
	organisation = organisationRun(s[at:])
	if organisation == "" {
		if organisation = lowerRun(s[at:]); organisation == "" || strings.HasPrefix(strings.TrimSpace(m), ",") {
			return title, "", n
		}
	}
	return title, organisation, at + len(organisation)
}

// organisationRun is the name of a body at the beginning of s: capitalised words with what joins them, brackets and
// "Co., Ltd." included; it ends before an "and" that a position follows.
func organisationRun(s string) string {
	end := 0
	for i := 0; i < len(s); {
		n := strings.IndexAny(s[i:], " ,;:.!?()（）")
		if n < 0 {
			n = len(s) - i
		}
		word := s[i : i+n]
		switch {
		case word == "":
			if i < len(s) && s[i] == '(' && end > 0 {
				if shut := strings.IndexByte(s[i:], ')'); shut > 0 && shut < maxAside {
					return s[:i+shut+1]
				}
			}
			return s[:end]
		case word == "and" || word == "&":
			if end == 0 || anotherTitle(s[i+n:]) {
				return s[:end]
			}
		case joins(word):
			if end == 0 && word != "the" {
				return ""
			}
		default:
			if c, _ := firstRune(word); !unicode.IsUpper(c) && !unicode.IsDigit(c) && !hanRune(c) {
				return s[:end]
			}
			end = i + n
		}
		i += n
		switch rest := s[i:]; {
		case strings.HasPrefix(rest, "., Ltd."), strings.HasPrefix(rest, "., Inc."):
			return s[:i+len("., Ltd.")]
		case strings.HasPrefix(rest, ", Ltd."), strings.HasPrefix(rest, ", Inc."), strings.HasPrefix(rest, ", LLC."):
			return s[:i+len(", Ltd.")]
		case strings.HasPrefix(rest, " "):
			i++
		default:
			return s[:end]
		}
	}
	return s[:end]
}

// maxAside bounds brackets that belong to an organisation's name, in bytes.
const maxAside = 80

func joins(w string) bool {
	switch w {
	case "of", "the", "for", "on", "in", "de", "du", "la", "des", "at", "to":
		return true
	}
	return false
}

// anotherTitle reports whether a position begins here, which then is no part of the organisation before it.
func anotherTitle(s string) bool {
	s = strings.TrimSpace(s)
	s = strings.TrimPrefix(s, "the ")
	clause := s
	if i := strings.IndexAny(s, ",;:()"); i >= 0 {
		clause = s[:i]
	}
	end := titleEnd(clause)
	return end > 0 && joiners.MatchString(s[end:])
}

// lowerRun is what follows "of" where it is not a proper name: some words up to the next mark.
func lowerRun(s string) string {
	end := strings.IndexAny(s, ",;:.!?()")
	if end < 0 {
		end = len(s)
	}
	if len(strings.Fields(s[:end])) > 8 {
		return ""
	}
	return strings.TrimSpace(s[:end])
}
