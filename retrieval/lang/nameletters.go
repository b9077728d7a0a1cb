package lang

import (
	"slices"
	"strings"
)

// matchWords compares two Latin forms, as Chinese names and as any names.
func (f personForm) matchWords(g personForm) float64 {
	if f.surnameOnly() || g.surnameOnly() {
		return f.matchSurnames(g)
	}
	mine, others := f.chineseReadings(), g.chineseReadings()
	letters := f.matchLetters(g, anyListed(mine) || anyListed(others))
	if letters >= scoreJoined {
		return letters
	}
	systems := mandarinSystems | cantoneseSystem
	if f.pinyin(mine) && g.pinyin(others) && !initialsIn(f.words) && !initialsIn(g.words) {
		systems = pinyinSystem
	}
	return max(letters, matchReadings(mine, others, systems))
}

// matchSurnames compares two Latin forms of which at least one is a surname with a title.
func (f personForm) matchSurnames(g personForm) float64 {
	if len(f.words) > len(g.words) {
		f, g = g, f
	}
	best := 0.0
	for _, w := range []nameWord{g.words[0], g.words[len(g.words)-1]} {
		if f.words[0].text == w.text {
			best = max(best, scoreSurname)
			if len(g.words) == 1 {
				best = scoreSurnames
			}
		}
	}
	return best
}

// matchReadings compares two Latin forms as Chinese names in different spelling systems: Tsai Ing-wen and Cai Yingwen.
func matchReadings(mine, others []chineseReading, systems system) float64 {
	best := 0.0
	for _, r := range mine {
		for _, o := range others {
			if len(r.given) != len(o.given) {
				continue
			}
			surname := spelledSurnames(r.surname, o.surname, systems)
			scores := []float64{surname}
			for i := range r.given {
				scores = append(scores, spelledAlike(r.given[i], o.given[i], systems))
			}
			score := r.sure * o.sure * blend(scores)
			if surname < syllableNear {
				score *= otherSurname
			}
			best = max(best, score)
		}
	}
	return best
}

func initialsIn(words []nameWord) bool {
	return slices.ContainsFunc(words, nameWord.initial)
}

// pinyin reports whether the whole name can be pinyin. Two that can and differ are two people's: Zhang Wei is not
// Chang Wei, though Chang is Zhang in Wade-Giles, which a hyphen or another syllable of the name would show.
func (f personForm) pinyin(readings []chineseReading) bool {
	return !slices.ContainsFunc(f.words, func(w nameWord) bool { return w.dash }) &&
		slices.ContainsFunc(readings, chineseReading.allPinyin)
}

// allPinyin reports whether all of a name's syllables can be pinyin.
func (r chineseReading) allPinyin() bool {
	return !slices.ContainsFunc(slices.Concat(r.surname, r.given), func(s string) bool {
		return !slices.ContainsFunc(splitSyllables(s, 2), func(syllables []string) bool {
			return !slices.ContainsFunc(syllables, func(s string) bool { return !pinyinSpelling(s) })
		})
	})
}

func pinyinSpelling(s string) bool {
	return slices.ContainsFunc(spellings()[s], func(of spelt) bool { return of.systems&pinyinSystem != 0 })
}

// spelledSurnames compares two spellings of a surname by the surnames that are written so.
func spelledSurnames(a, b []string, systems system) float64 {
	if len(a) != len(b) {
		return syllableNone
	}
	scores := make([]float64, len(a))
	for i := range a {
		scores[i] = spelledAlike(a[i], b[i], systems)
		if scores[i] < syllableTaiwan && systems != pinyinSystem {
			of := surnames().of[b[i]]
			if slices.ContainsFunc(surnames().of[a[i]], func(name string) bool { return slices.Contains(of, name) }) {
				scores[i] = syllableTaiwan
			}
		}
	}
	return blend(scores)
}

// spelledAlike compares two spellings of a syllable in some of the systems.
func spelledAlike(a, b string, systems system) float64 {
	switch {
	case a == b:
		return 1
	case len(a) == 1 || len(b) == 1:
		if a[0] == b[0] {
			return syllableInitial
		}
		return syllableNone
	}
	best := syllableNone
	for _, x := range spellings()[a] {
		for _, y := range spellings()[b] {
			if x.systems&systems == 0 || y.systems&systems == 0 {
				continue
			}
			xCantonese, yCantonese := x.systems == cantoneseSystem, y.systems == cantoneseSystem
			switch {
			case xCantonese == yCantonese && x.syllable == y.syllable:
				best = max(best, syllableTaiwan)
			case xCantonese && !yCantonese && readTogether(y.syllable, x.syllable), yCantonese && !xCantonese && readTogether(x.syllable, y.syllable):
				best = max(best, syllableCross)
			}
		}
	}
	return best
}

// readTogether reports whether a character is read so in Mandarin and in Cantonese.
func readTogether(pinyin, jyutping string) bool { return crossReadings()[pinyin+" "+jyutping] }

// matchLetters compares the words of two Latin forms as letters. Of Chinese names a wrong letter is a slip where it
// leaves no syllable.
func (f personForm) matchLetters(g personForm, chinese bool) float64 {
	a, b := texts(f.words), texts(g.words)
	if slices.Equal(a, b) {
		return 1
	}
	sortedA, sortedB := slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	if slices.Equal(sortedA, sortedB) {
		return scoreOrder
	}
	joined := strings.Join(b, "")
	for i := range a {
		if strings.Join(slices.Concat(a[i:], a[:i]), "") == joined {
			return scoreJoined
		}
	}
	if len(a) == 1 || len(b) == 1 {
		return oneWordScore(a, b, chinese)
	}
	best := 0.0
	for _, turned := range [][]string{b, slices.Concat(b[1:], b[:1]), slices.Concat(b[len(b)-1:], b[:len(b)-1])} {
		best = max(best, alignWords(a, turned, chinese))
	}
	return best
}

func texts(words []nameWord) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = w.text
	}
	return out
}

// oneWordScore compares names of which one is a single word: a misspelt handle, or a part of the other.
func oneWordScore(a, b []string, chinese bool) float64 {
	if len(a) == 1 && len(b) == 1 {
		return min(wordScore(a[0], b[0], chinese), scoreSlip)
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	if slices.Contains(b, a[0]) {
		return scoreSurname
	}
	if letterApart(a[0], strings.Join(b, "")) && len(a[0]) >= longWord {
		return scoreOtherLetter
	}
	return 0
}

// alignWords compares two names of two words and more, first with first and last with last.
func alignWords(a, b []string, chinese bool) float64 {
	first, last := wordScore(a[0], b[0], chinese), wordScore(a[len(a)-1], b[len(b)-1], chinese)
	if first == 0 || last == 0 {
		return 0
	}
	score := min(first, last)
	if first < 1 && last < 1 {
		score = first * last
	}
	middleA, middleB := a[1:len(a)-1], b[1:len(b)-1]
	switch {
	case len(middleA) == 0 && len(middleB) == 0:
	case len(middleA) == 0 || len(middleB) == 0:
		score *= scoreMiddle
	default:
		if len(middleA) != len(middleB) {
			score *= scoreMiddle
		}
		for i := range min(len(middleA), len(middleB)) {
			switch {
			case middleA[i] == middleB[i]:
			case middleA[i][0] == middleB[i][0] && (len(middleA[i]) == 1 || len(middleB[i]) == 1):
				score *= scoreMiddle
			default:
				score = min(score*wordScore(middleA[i], middleB[i], chinese), scoreOtherLetter)
			}
		}
	}
	return score
}

// turned reports whether two words of one length differ in more than one place, being letterApart.
func turned(a, b string) bool {
	differ := 0
	for i := range a {
		if a[i] != b[i] {
			differ++
		}
	}
	return differ > 1
}

// longWord is from how many letters one wrong letter is more likely a slip than another name (Jon, John; Li Ming, Li Ning).
const longWord = 6

// wordScore compares two words of a name.
func wordScore(a, b string, chinese bool) float64 {
	switch {
	case a == b:
		return 1
	case len(a) == 1 || len(b) == 1:
		if a[0] == b[0] {
			return scoreInitial
		}
		return 0
	case joinsUmlaut(a, b):
		return scoreJoined
	case !letterApart(a, b):
		return 0
	case chinese && syllabic(a) && syllabic(b):
		return scoreOtherLetter
	case chinese && syllabic(a) != syllabic(b) && min(len(a), len(b)) >= 4, len(a) == len(b) && len(a) >= longWord && turned(a, b):
		return scoreMisspelt
	case min(len(a), len(b)) >= longWord:
		return scoreSlip
	}
	return scoreOtherLetter
}

// joinsUmlaut reports whether two words differ only in how they write an umlaut: Muller and Mueller.
func joinsUmlaut(a, b string) bool {
	return umlauts.Replace(a) == umlauts.Replace(b) && !syllabic(a)
}

var umlauts = strings.NewReplacer("ae", "a", "oe", "o", "ue", "u")

// syllabic reports whether a word is one or two Chinese syllables in pinyin or Wade-Giles, as a given name is.
func syllabic(word string) bool {
	return slices.ContainsFunc(splitSyllables(word, 2), func(syllables []string) bool {
		return !slices.ContainsFunc(syllables, func(s string) bool {
			return !slices.ContainsFunc(spellings()[s], func(of spelt) bool { return of.systems&mandarinSystems != 0 })
		})
	})
}

// letterApart reports whether one letter put in, left out or changed, or two neighbours changed about, make b of a
// (Damerau 1964).
func letterApart(a, b string) bool {
	x, y := []rune(a), []rune(b)
	if len(x) > len(y) {
		x, y = y, x
	}
	if len(y)-len(x) > 1 {
		return false
	}
	i := 0
	for i < len(x) && x[i] == y[i] {
		i++
	}
	if len(x) < len(y) {
		return slices.Equal(x[i:], y[i+1:])
	}
	if i == len(x) || slices.Equal(x[i+1:], y[i+1:]) {
		return true
	}
	return i+1 < len(x) && x[i] == y[i+1] && x[i+1] == y[i] && slices.Equal(x[i+2:], y[i+2:])
}
