package lang

import (
	"slices"
	"strings"
)

// SameName is the score from which two writings are very probably one person's name. It was chosen on names_test's
// pairs: all pairs of one person that differ in script, spelling system, order or a letter reach it, none of two people.
const SameName = 0.85

// Scores of what is alike but not the same. Above SameName stand two writings of one name, below it what is worth
// looking at: a homophone, initials, a part of the name.
const (
	scoreJoined      = 0.97 // the same letters, cut or ordered otherwise
	scoreOrder       = 0.99 // the same words in another order
	scoreMiddle      = 0.91 // a middle name left out
	scorePart        = 0.88 // the last part of a foreign name in Han
	scoreHandle      = 0.90 // a nickname beside another writing
	scoreMisspelt    = 0.87 // two letters changed about, or one wrong that makes a syllable of none
	scoreSlip        = 0.82 // another letter wrong in a long word: Thomson may be Thompson
	scoreInitial     = 0.78 // initials that agree
	scoreHomophone   = 0.72 // other characters of the same sound: often one person misheard, as often two people
	scoreOtherLetter = 0.70 // one letter apart, both being names
	scoreSurnames    = 0.80 // both only a surname with a form of address
	scoreSurname     = 0.50 // one only a surname with a form of address
	scoreOtherHan    = 0.55 // one character apart
)

// Scores of one syllable, by the system it is written in. The usual reading in pinyin is 1.
const (
	syllableOther     = 0.97 // pinyin of a reading that is not the usual one
	syllableWade      = 0.98
	syllableTaiwan    = 0.96
	syllableCantonese = 0.96
	syllableInitial   = 0.80
	syllableCross     = 0.88 // Mandarin against Cantonese, by a character that has both readings
	syllableNear      = 0.75 // no syllable, but a letter from one: Loong, jeou
	syllableLike      = 0.50 // another syllable, a letter apart
	syllableNone      = 0.30
)

// MatchNames returns how alike two writings of a person's name are: 1 where they are the same after folding (case,
// width, accents, Traditional, forms of address), at least SameName where they are very probably one person's, in
// whatever scripts, less for what is only similar, 0 for nothing in common.
func MatchNames(a, b string) float64 { return ParseName(a).Match(ParseName(b)) }

// Match is MatchNames of names taken apart.
func (p PersonName) Match(q PersonName) float64 {
	if p.folded == "" || q.folded == "" {
		return 0
	}
	if p.raw == q.raw {
		return 1
	}
	if p.folded == q.folded && len(p.forms) == len(q.forms) && !p.surnameOnly() && !q.surnameOnly() {
		return p.wholeMatch(q)
	}
	if p.folded > q.folded {
		p, q = q, p // so that the order of the two makes no difference
	}
	best, hanBest, han := 0.0, 0.0, false
	for _, f := range p.forms {
		for _, g := range q.forms {
			s := f.match(g)
			if (p.mixed || q.mixed) && s > scoreHandle && len(f.words) == 1 && len(g.words) == 1 && len(f.words[0].text) < minHandle {
				s = scoreHandle
			}
			if len(f.han) > 0 && len(g.han) > 0 {
				han, hanBest = true, max(hanBest, s)
			}
			best = max(best, s)
		}
	}
	if han && hanBest < SameName && best >= SameName {
		// The characters say more than the letters: two people called Wang Yifan.
		best = max(hanBest, scoreHomophone)
	}
	if p.folded == q.folded && !p.surnameOnly() && !q.surnameOnly() {
		best = max(best, scoreJoined)
	}
	return best
}

// surnameOnly reports whether a form is a surname with a form of address, which many people share.
func (f personForm) surnameOnly() bool {
	return f.honoured && (len(f.han) > 0 && f.surname == len(f.han) || len(f.words) == 1)
}

func (p PersonName) surnameOnly() bool { return slices.ContainsFunc(p.forms, personForm.surnameOnly) }

// minHandle is from how many letters one Latin word is a handle that few share.
const minHandle = 5

// wholeMatch is the score of names whose letters are all the same: less than 1 only where they are cut otherwise.
func (p PersonName) wholeMatch(q PersonName) float64 {
	for i, f := range p.forms {
		g := q.forms[i]
		if len(f.words) != len(g.words) {
			return scoreJoined
		}
	}
	return 1
}

func (f personForm) match(g personForm) float64 {
	switch {
	case len(f.han) > 0 && len(g.han) > 0:
		return f.matchHan(g)
	case len(f.han) > 0:
		return f.matchLatin(g)
	case len(g.han) > 0:
		return g.matchLatin(f)
	}
	return f.matchWords(g)
}

func (f personForm) matchHan(g personForm) float64 {
	if slices.Equal(f.han, g.han) {
		if f.surnameOnly() || g.surnameOnly() {
			return scoreSurnames
		}
		return 1
	}
	if len(f.last) > 1 && slices.Equal(f.last, g.han) || len(g.last) > 1 && slices.Equal(g.last, f.han) {
		return scorePart
	}
	if len(f.han) > len(g.han) {
		f, g = g, f
	}
	if f.honoured && f.surname == len(f.han) && len(g.han) > len(f.han) && slices.Equal(f.han, g.han[:len(f.han)]) {
		return scoreSurname
	}
	if len(f.han) != len(g.han) {
		return 0
	}
	differ, sounds := 0, true
	for i := range f.han {
		if f.han[i] != g.han[i] {
			differ++
			sounds = sounds && soundAlike(f.han[i], g.han[i])
		}
	}
	switch {
	case sounds && len(f.han) > 1:
		return scoreHomophone - 0.02*float64(differ-1)
	case differ == 1 && len(f.han) > 2:
		return scoreOtherHan
	}
	return 0
}

func soundAlike(a, b rune) bool {
	of := pinyinOf(b)
	return slices.ContainsFunc(pinyinOf(a), func(p string) bool { return slices.Contains(of, p) })
}

// matchLatin compares a form in Han with a Latin one.
func (f personForm) matchLatin(g personForm) float64 {
	if f.surname == 0 || len(f.han) < 2 || len(f.han) > 4 {
		if len(f.han) == 1 && f.honoured && len(g.words) > 0 {
			return f.matchSurname(g)
		}
		return 0
	}
	surname, given := f.han[:f.surname], f.han[f.surname:]
	if len(given) == 0 {
		if f.honoured || g.honoured {
			return f.matchSurname(g)
		}
		return f.matchPinyin(g)
	}
	best := 0.0
	for _, r := range g.chineseReadings() {
		if len(r.given) != len(given) {
			continue
		}
		for _, s := range []system{mandarinSystems, cantoneseSystem} {
			own := surnameScore(surname, r.surname)
			scores := []float64{own}
			for i, c := range given {
				scores = append(scores, syllableScore(c, r.given[i], s))
			}
			score := r.sure * blend(scores)
			if own < syllableNear {
				score *= otherSurname
			}
			best = max(best, score)
		}
	}
	if len(g.words) == 1 && g.honoured {
		best = max(best, f.matchSurname(g))
	}
	return max(best, f.matchPinyin(g))
}

// otherSurname is what is left of a score where the surname is another.
const otherSurname = 0.5

// blend is the mean drawn towards the least, so that one syllable that is not met decides.
func blend(scores []float64) float64 {
	least, sum := 1.0, 0.0
	for _, s := range scores {
		least = min(least, s)
		sum += s
	}
	return (least + sum/float64(len(scores))) / 2
}

// matchSurname compares a surname that stands with a form of address with all the surname g may have.
func (f personForm) matchSurname(g personForm) float64 {
	surname := f.han[:max(f.surname, 1)]
	for _, w := range []nameWord{g.words[0], g.words[len(g.words)-1]} {
		if surnameScore(surname, []string{w.text}) > syllableNear {
			if len(f.han) == len(surname) && len(g.words) == 1 && f.honoured && g.honoured {
				return scoreSurnames
			}
			return scoreSurname
		}
	}
	return 0
}

// matchPinyin compares letters with the pinyin and Wade-Giles of a form in Han: what is misspelt, or cut otherwise.
func (f personForm) matchPinyin(g personForm) float64 {
	best := 0.0
	if len(g.words) > 2 || slices.ContainsFunc(surnameReadingsOf(f.han[:f.surname]), func(of []string) bool { return len(of) == 0 }) {
		return 0
	}
	written := []func(string) string{func(p string) string { return p }, wade}
	for _, write := range written {
		for _, s := range codesOf(surnameReadingsOf(f.han[:f.surname]), write) {
			var readings [][]string
			for _, c := range f.han[f.surname:] {
				of := pinyinOf(c)
				readings = append(readings, of[:min(len(of), 2)])
			}
			given := codesOf(readings, write)
			if given == nil {
				given = []string{""}
			}
			for _, n := range given {
				own := personForm{words: []nameWord{{text: s, parts: []string{s}}}}
				if n != "" {
					own.words = append(own.words, nameWord{text: n, parts: []string{n}})
				}
				best = max(best, min(own.matchLetters(g, true), scoreJoined))
			}
		}
	}
	return best
}

// surnameScore compares a surname with its spelling, in any system: families keep theirs whatever the given name is in.
func surnameScore(surname []rune, spelling []string) float64 {
	x := surnames()
	name := string(surname)
	joined := strings.Join(spelling, "")
	if slices.Contains(x.pinyin(name), joined) {
		return 1
	}
	if slices.Contains(x.spellings[name], joined) {
		return syllableWade
	}
	if len(surname) == 1 {
		if len(spelling) != 1 {
			return syllableNone
		}
		return max(spellingScore(x.pinyin(name), joined), cantoneseScore(cantoneseOf(surname[0]), joined))
	}
	if len(spelling) == 1 {
		if slices.Contains(x.of[joined], name) {
			return syllableWade
		}
		if spelling = cutLike(joined, len(surname)); spelling == nil {
			return syllableNone
		}
	}
	scores := make([]float64, len(surname))
	for i, r := range surname {
		scores[i] = surnameScore([]rune{r}, spelling[i:i+1])
	}
	return blend(scores)
}

func cutLike(word string, n int) []string {
	for _, s := range splitSyllables(word, n) {
		if len(s) == n {
			return s
		}
	}
	return nil
}

// syllableScore compares a character of a given name with a spelling in one family of systems.
func syllableScore(c rune, spelling string, s system) float64 {
	if s == cantoneseSystem {
		return cantoneseScore(cantoneseOf(c), spelling)
	}
	return spellingScore(pinyinOf(c), spelling)
}

func cantoneseScore(readings []string, spelling string) float64 {
	for _, of := range spellings()[spelling] {
		if of.systems == cantoneseSystem && slices.Contains(readings, of.syllable) {
			return syllableCantonese
		}
	}
	if len(spelling) == 1 && slices.ContainsFunc(readings, func(j string) bool {
		return slices.ContainsFunc(hongKongSpellings(j), func(s string) bool { return strings.HasPrefix(s, spelling) })
	}) {
		return syllableInitial
	}
	return nearScore(spelling, readings, hongKongSpellings)
}

// nearScore is the score of a spelling that no reading has: better if it is a letter from one.
func nearScore(spelling string, readings []string, written func(string) []string) float64 {
	if len(spelling) < 2 {
		return syllableNone
	}
	for _, r := range readings {
		for _, s := range written(r) {
			if len(s) > 1 && letterApart(s, spelling) {
				if _, other := spellings()[spelling]; other {
					return syllableLike
				}
				return syllableNear
			}
		}
	}
	return syllableNone
}

// mandarinSpellings writes a syllable of pinyin in every system of Mandarin.
func mandarinSpellings(p string) []string {
	return slices.Concat(pinyinSpellings(p), wadeSpellings(p), taiwanSpellings(p))
}

func spellingScore(readings []string, spelling string) float64 {
	best := syllableNone
	for i, p := range readings {
		usual := 1.0
		if i > 0 {
			usual = syllableOther
		}
		for _, of := range spellings()[spelling] {
			if of.syllable != p || of.systems == cantoneseSystem {
				continue
			}
			switch {
			case of.systems&pinyinSystem != 0:
				best = max(best, usual)
			case of.systems&wadeSystem != 0:
				best = max(best, usual*syllableWade)
			default:
				best = max(best, usual*syllableTaiwan)
			}
		}
		if len(spelling) == 1 && (strings.HasPrefix(p, spelling) || strings.HasPrefix(wade(p), spelling)) {
			best = max(best, syllableInitial)
		}
	}
	if best > syllableNone {
		return best
	}
	return nearScore(spelling, readings, mandarinSpellings)
}
