package lang

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"
)

// A foreign name is written in Chinese by its sound: Jacksonville is 杰克逊维尔. A dictionary has few of them, so a name
// is compared as it sounds: both writings become a string of classes of sounds, p t k s m n f l h w y and the vowels
// a e i o u, in which what Chinese does not tell apart is the same. r stands for an r after a vowel, which Chinese writes
// as l or not at all.

// latinSounds turns the spelling of a European name into sounds, in this order.
var latinSounds = sync.OnceValue(func() []soundRule {
	var rules []soundRule
	for _, r := range [][2]string{
		{"eaux?$", "o"}, {"ault$", "o"}, {"ois$", "ua"},
		{"sch|tch|sh|t?tz|ts|dg", "s"}, {"ch([lr])", "k$1"}, {"ch", "s"},
		{"ph", "f"}, {"th|dh", "t"}, {"bh", "p"}, {"kh|ck|qu", "k"}, {"gh([aeiou])", "k$1"}, {"gh", ""},
		{"x", "ks"}, {"wh", "w"}, {"^kn", "n"}, {"wr", "l"}, {"ng|gn", "n"}, {"mb$", "m"},
		{"gu([ei])", "k$1"}, {"[cg]([eiy])", "s$1"}, {"j", "s"},
		{"ee|ea|ie$", "i"}, {"oo|ou", "u"}, {"au", "o"},
		{"([aeiou])r([^aeiou]|$)", "${1}R$2"}, {"([^aeiou])es$", "${1}s"}, {"([a-zR])e$", "$1"},
	} {
		rules = append(rules, soundRule{regexp.MustCompile(r[0]), r[1]})
	}
	return rules
})

type soundRule struct {
	pattern *regexp.Regexp
	sounds  string
}

// letterSounds are the classes of what is left after latinSounds.
var letterSounds = strings.NewReplacer(
	"b", "p", "v", "f", "d", "t", "r", "l", "R", "r", "c", "k", "g", "k", "q", "k", "z", "s", "y", "i",
)

// LatinSound is a name in Latin letters as it sounds to Chinese ears; "" where it has no letters.
func LatinSound(name string) string {
	s := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, unaccent(strings.ToLower(name)))
	for _, r := range latinSounds() {
		s = r.pattern.ReplaceAllString(s, r.sounds)
	}
	var b strings.Builder
	for i := range len(s) {
		if i == 0 || s[i] != s[i-1] {
			b.WriteByte(s[i])
		}
	}
	return letterSounds.Replace(b.String())
}

// mute are characters that stand for a consonant alone in foreign names: 克 in 杰克逊 is the k of Jackson.
const mute = "德特克格布夫普弗伯勒斯兹茨什赫尔姆"

// hanInitials are the classes of pinyin's initials.
var hanInitials = map[string]string{
	"b": "p", "p": "p", "m": "m", "f": "f", "d": "t", "t": "t", "n": "n", "l": "l", "g": "k", "k": "k", "h": "h",
	"j": "s", "q": "s", "x": "s", "zh": "s", "ch": "s", "sh": "s", "r": "l", "z": "s", "c": "s", "s": "s", "y": "y", "w": "w",
}

// hanFinals are the vowels of pinyin's finals without their n and ng; a final that is not here stands for itself.
var hanFinals = map[string]string{
	"ei": "e", "ao": "ao", "ou": "o", "uo": "o", "uei": "ui", "ü": "u", "üe": "ue", "v": "u", "ve": "ue",
}

// HanSound is a run of Han as it sounds, by the usual reading of each character; "" where one has none.
func HanSound(run string) string {
	var b strings.Builder
	for _, r := range Simplify(run) {
		readings := pinyinOf(r)
		if len(readings) == 0 {
			return ""
		}
		b.WriteString(hanSound(r, readings[0]))
	}
	return b.String()
}

func hanSound(r rune, syllable string) string {
	if syllable == "er" {
		return "l"
	}
	initial, final := splitInitial(syllable)
	vowels := strings.TrimSuffix(strings.TrimSuffix(final, "g"), "n")
	nasal := ""
	if len(vowels) < len(final) {
		nasal = "n"
	}
	if v, ok := hanFinals[vowels]; ok {
		vowels = v
	}
	sound := hanInitials[initial]
	switch {
	case nasal == "" && strings.ContainsRune(mute, r):
		vowels = ""
	case strings.Contains(" j q x ", " "+initial+" "):
		if len(vowels) > 1 && vowels[0] == 'i' {
			vowels = vowels[1:] // 杰 is je
		}
	case (sound == "s" || initial == "r") && vowels == "i":
		vowels = "" // 斯 is no si, 日 no ri
	case initial == "y" && vowels == "i":
		sound = ""
	}
	return sound + vowels + nasal
}

// SoundAlike says how alike two names sound, 0…1: 1 less the weighted edit distance of their sounds over the mean of
// their weights. Weights and costs of exchange were set by hand. Of 987 transcribed names of CC-CEDICT, SameSound is
// reached by 81 %, and by 0.4 % of names paired at random.
func SoundAlike(a, b string) float64 {
	mean := (SoundWeight(a) + SoundWeight(b)) / 2
	if mean == 0 {
		return 0
	}
	return max(0, 1-soundDistance(a, b)/mean)
}

// SameSound is the likeness from which two sounds are probably one name's.
const SameSound = 0.68

// LeastSound is the weight below which sounds are too short to tell one name from another.
const LeastSound = 1.2

// SoundWeight is how much a name's sounds tell: consonants much, vowels little.
func SoundWeight(sound string) float64 {
	var sum float64
	for i := range len(sound) {
		sum += soundWeight(sound[i])
	}
	return sum
}

// soundWeight is what leaving a sound out costs: what transcriptions leave out easily, little.
func soundWeight(c byte) float64 {
	switch c {
	case 'a', 'e', 'i', 'o', 'u':
		return 0.15
	case 'r':
		return 0.2
	case 'h', 'y':
		return 0.25
	case 'w':
		return 0.3
	case 'l', 'n':
		return 0.6
	case 's', 't', 'k':
		return 0.75
	case 'p':
		return 0.85
	}
	return 0.9
}

// lastConsonant is what part of its weight a consonant at the end costs: Chinese drops it half of the time.
const lastConsonant = 0.5

// exchangeCosts are those of sounds that stand for each other in transcriptions.
var exchangeCosts = map[string]float64{
	"fw": 0.35, "hk": 0.45, "st": 0.6, "mn": 0.35, "ln": 0.8, "fh": 0.4, "hw": 0.5, "sy": 0.4, "hs": 0.7, "fp": 0.5,
	"pw": 0.6, "ks": 0.8, "ly": 0.8, "lt": 1.2, "lr": 0.05, "uw": 0.1, "iy": 0.1, "ow": 0.2, "ey": 0.2,
}

const (
	vowelExchange = 0.15
	otherExchange = 1.4
	// mixedExchange, of a vowel for a consonant, is never cheaper than leaving out both.
	mixedExchange = 9
)

func exchangeCost(a, b byte) float64 {
	if a == b {
		return 0
	}
	if a > b {
		a, b = b, a
	}
	if cost, ok := exchangeCosts[string([]byte{a, b})]; ok {
		return cost
	}
	switch va, vb := strings.IndexByte("aeiou", a) >= 0, strings.IndexByte("aeiou", b) >= 0; {
	case va && vb:
		return vowelExchange
	case va || vb:
		return mixedExchange
	}
	return otherExchange
}

// soundDistance is the edit distance (Levenshtein) with the weights above.
func soundDistance(a, b string) float64 {
	leave := func(s string, i int) float64 {
		w := soundWeight(s[i])
		if i == len(s)-1 && strings.IndexByte("aeiou", s[i]) < 0 {
			w *= lastConsonant
		}
		return w
	}
	row := make([]float64, len(b)+1)
	for j := range len(b) {
		row[j+1] = row[j] + leave(b, j)
	}
	for i := range len(a) {
		diagonal, cost := row[0], leave(a, i)
		row[0] += cost
		for j := range len(b) {
			best := min(row[j+1]+cost, row[j]+leave(b, j), diagonal+exchangeCost(a[i], b[j]))
			diagonal, row[j+1] = row[j+1], best
		}
	}
	return row[len(b)]
}

const (
	maxForeignRun = 14 // characters; what is longer is no name
	maxSoundName  = 7  // characters of a transcribed name
)

// notForeign are characters of grammar that names are not transcribed with; others, such as 里 and 多, are.
const notForeign = "的了是在和与或也就都而但被把将对从到为于其这那哪什谁何个年有没不会能及并且还又"

// ForeignSounds returns how the parts of s sound that may be foreign names in Chinese: a list for each run of characters
// that are in no longer word of the dictionary, or in one that sounds like its own translation; in it two to seven of
// the characters at a time, since where a name begins and ends is not known.
func (d *Dictionary) ForeignSounds(s string) [][]string {
	s = Fold(s)
	var sounds [][]string
	var run []rune
	end := 0
	flush := func() {
		if len(run) >= 2 && len(run) <= maxForeignRun {
			if of := windowSounds(run); len(of) > 0 {
				sounds = append(sounds, of)
			}
		}
		run = run[:0]
	}
	for _, w := range d.cut(s) {
		foreign := utf8.RuneCountInString(w.text) == 1 && !strings.Contains(notForeign, w.text) || d.transcribed(w)
		if w.start != end || !foreign {
			flush()
		}
		if end = w.start + len(w.text); foreign {
			run = append(run, []rune(w.text)...)
		}
	}
	flush()
	return sounds
}

// transcribed reports whether one of a word's translations sounds as the word does.
func (d *Dictionary) transcribed(w cutWord) bool {
	if n := utf8.RuneCountInString(w.text); n < 2 || n > maxSoundName {
		return false
	}
	if known, ok := d.foreign.Load(w.place); ok {
		return known.(bool)
	}
	transcribed := d.soundsLikeItsStems(w)
	d.foreign.Store(w.place, transcribed)
	return transcribed
}

func (d *Dictionary) soundsLikeItsStems(w cutWord) bool {
	sound := HanSound(w.text)
	if SoundWeight(sound) < LeastSound {
		return false
	}
	stems, _, _ := d.entry(w.place)
	for _, stem := range stems {
		if SoundAlike(sound, LatinSound(stem)) >= SameSound {
			return true
		}
	}
	return false
}

func windowSounds(run []rune) []string {
	var sounds []string
	for i := range run {
		for j := i + 2; j <= min(len(run), i+maxSoundName); j++ {
			if sound := HanSound(string(run[i:j])); SoundWeight(sound) >= LeastSound {
				sounds = append(sounds, sound)
			}
		}
	}
	return sounds
}

// capitalised is a word that may be a name.
var capitalised = regexp.MustCompile(`\b\p{Lu}[\p{L}\p{M}]{3,}`)

// LatinSounds returns the capitalised words of s that may be names, folded, each with how it sounds.
func LatinSounds(s string) map[string]string {
	sounds := make(map[string]string)
	for _, word := range capitalised.FindAllString(s, -1) {
		folded := Fold(word)
		if stopWord(folded) {
			continue
		}
		if sound := LatinSound(folded); SoundWeight(sound) >= LeastSound {
			sounds[folded] = sound
		}
	}
	return sounds
}
