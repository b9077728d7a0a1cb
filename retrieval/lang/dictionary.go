package lang

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"slices"
	"sort"
	"strings"
	"sync"
	"unicode/utf8"
)

// A Dictionary is a Chinese-English dictionary in its compact form, as BuildDictionary writes it. It says the same always
// once it was opened. A nil *Dictionary knows no Chinese word: its methods then give what Latin words there are.
type Dictionary struct {
	words     stringTable // headwords, folded, sorted
	stems     stringTable
	syllables stringTable
	entries   stringTable // of the word at the same place; see appendEntry
	first     map[rune]wordRange
	// foreign remembers which words are transcribed names, by place; see transcribed.
	foreign sync.Map
}

type wordRange struct{ from, to uint32 }

// A stringTable holds many strings in one.
type stringTable struct {
	blob string
	ends []uint32
}

func (t *stringTable) len() int { return len(t.ends) }

func (t *stringTable) at(i int) string {
	if i == 0 {
		return t.blob[:t.ends[0]]
	}
	return t.blob[t.ends[i-1]:t.ends[i]]
}

// ErrDictionary is wrapped by OpenDictionary's error where the file is not a whole dictionary of this version.
var ErrDictionary = errors.New("not a dictionary of this version, or damaged")

// The compact form: magic, CRC-32C of the rest, then four tables (words, stems, syllables, entries), each as its count
// and length in uint32, the strings' end offsets in uint32, the strings. All little-endian.
const dictionaryMagic = "OSMDICT3"

const maxWord = 8 // characters; longer headwords are left out

// OpenDictionary loads the compact form from a file.
func OpenDictionary(path string) (*Dictionary, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("open dictionary: %w", err)
	}
	d, err := parseDictionary(data)
	if err != nil {
		return nil, fmt.Errorf("open dictionary %s: %w", path, err)
	}
	return d, nil
}

func parseDictionary(data []byte) (*Dictionary, error) {
	const head = len(dictionaryMagic) + 4
	if len(data) < head || string(data[:len(dictionaryMagic)]) != dictionaryMagic {
		return nil, ErrDictionary
	}
	if crc32.Checksum(data[head:], crc32.MakeTable(crc32.Castagnoli)) != binary.LittleEndian.Uint32(data[len(dictionaryMagic):]) {
		return nil, ErrDictionary
	}
	d := &Dictionary{first: map[rune]wordRange{}}
	rest := data[head:]
	for _, t := range []*stringTable{&d.words, &d.stems, &d.syllables, &d.entries} {
		var err error
		if rest, err = t.parse(rest); err != nil {
			return nil, err
		}
	}
	if len(rest) != 0 || d.entries.len() != d.words.len() {
		return nil, ErrDictionary
	}
	for i := range d.words.len() {
		r, _ := utf8.DecodeRuneInString(d.words.at(i))
		span, ok := d.first[r]
		if !ok {
			span.from = uint32(i)
		}
		span.to = uint32(i + 1)
		d.first[r] = span
	}
	return d, nil
}

func (t *stringTable) parse(data []byte) (rest []byte, err error) {
	if len(data) < 8 {
		return nil, ErrDictionary
	}
	count, length := uint64(binary.LittleEndian.Uint32(data)), uint64(binary.LittleEndian.Uint32(data[4:]))
	data = data[8:]
	if uint64(len(data)) < 4*count+length {
		return nil, ErrDictionary
	}
	t.ends = make([]uint32, count)
	last := uint32(0)
	for i := range t.ends {
		t.ends[i] = binary.LittleEndian.Uint32(data[4*i:])
		if t.ends[i] < last || uint64(t.ends[i]) > length {
			return nil, ErrDictionary
		}
		last = t.ends[i]
	}
	if uint64(last) != length {
		return nil, ErrDictionary
	}
	data = data[4*count:]
	t.blob = string(data[:length])
	return data[length:], nil
}

// Len returns how many headwords there are.
func (d *Dictionary) Len() int {
	if d == nil {
		return 0
	}
	return d.words.len()
}

// find returns the place of a folded headword.
func (d *Dictionary) find(word string) (int, bool) {
	r, _ := utf8.DecodeRuneInString(word)
	span, ok := d.first[r]
	if !ok {
		return 0, false
	}
	n := int(span.to - span.from)
	i := sort.Search(n, func(i int) bool { return d.words.at(int(span.from)+i) >= word }) + int(span.from)
	return i, i < int(span.to) && d.words.at(i) == word
}

// entry decodes an entry: the stems of its glosses, its readings as syllables, whether it is a surname.
func (d *Dictionary) entry(i int) (stems []string, readings [][]string, surname bool) {
	data := []byte(d.entries.at(i))
	next := func() int {
		v, n := binary.Uvarint(data)
		if n <= 0 {
			data = nil
			return 0
		}
		data = data[n:]
		return int(v)
	}
	flags := next()
	stems = make([]string, flags>>1)
	for k := range stems {
		if id := next(); id < d.stems.len() {
			stems[k] = d.stems.at(id)
		}
	}
	for len(data) > 0 {
		reading := make([]string, next())
		for k := range reading {
			if id := next(); id < d.syllables.len() {
				reading[k] = d.syllables.at(id)
			}
		}
		readings = append(readings, reading)
	}
	return stems, readings, flags&1 == 1
}

// A cutWord is a headword found in a folded text.
type cutWord struct {
	text  string
	place int // in the dictionary
	start int // byte in the text
}

// cut finds headwords in a folded text by longest match, none overlapping another.
func (d *Dictionary) cut(s string) []cutWord {
	if d == nil {
		return nil
	}
	var out []cutWord
	afterLatin := false
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		latin := wordRune(r) || r >= '0' && r <= '9'
		if isHan(r) || latin && !afterLatin {
			if place, length := d.longest(s[i:], isHan(r)); length > 0 {
				out = append(out, cutWord{text: s[i : i+length], place: place, start: i})
				i += length
				last, _ := utf8.DecodeLastRuneInString(s[:i])
				afterLatin = !isHan(last)
				continue
			}
		}
		afterLatin = latin
		i += n
	}
	return out
}

// longest returns the longest headword that s begins with. One that ends in the middle of a Latin word does not count,
// nor does one without Han.
func (d *Dictionary) longest(s string, han bool) (place, length int) {
	var ends [maxWord]int
	count, at := 0, 0
	for count < maxWord && at < len(s) {
		r, n := utf8.DecodeRuneInString(s[at:])
		if r == '\n' {
			break
		}
		at += n
		han = han || isHan(r)
		ends[count] = at
		count++
	}
	if !han {
		return 0, 0
	}
	for count--; count >= 0; count-- {
		end := ends[count]
		place, ok := d.find(s[:end])
		if !ok {
			continue
		}
		last, _ := utf8.DecodeLastRuneInString(s[:end])
		next, _ := utf8.DecodeRuneInString(s[end:])
		if wordRune(last) && wordRune(next) {
			continue
		}
		return place, end
	}
	return 0, 0
}

// Cut returns the Chinese words of s, folded, in order: headwords by longest match; what is in no headword is left out.
func (d *Dictionary) Cut(s string) []string {
	var words []string
	for _, w := range d.cut(unaccent(Fold(s))) {
		words = append(words, w.text)
	}
	return words
}

// Groups returns what s is found by in English text, in the terms of Terms: each Chinese word as the distinct stems of
// its English glosses, to be scored as one term (Pirkola 1998, "The Effects of Query Structure and Dictionary Setups in
// Dictionary-Based Cross-Language Information Retrieval"), then Latin words, numbers and the normal forms of dates as
// groups of one. Function characters that stand alone give no group.
func (d *Dictionary) Groups(s string) [][]string {
	s = unaccent(Fold(s))
	words := d.cut(s)
	names, given := d.names(words)
	var groups [][]string
	for _, w := range words {
		if functionWord(w.text) || given[w.start] {
			continue
		}
		if stems, _, _ := d.entry(w.place); len(stems) > 0 {
			groups = append(groups, stems)
			continue
		}
		found := len(groups)
		for _, p := range d.parts(w.text) {
			if stems, _, _ := d.entry(p.place); len(stems) > 0 {
				groups = append(groups, stems)
			}
		}
		if len(groups) == found {
			groups = append(groups, d.headwordName(w)...)
		}
	}
	groups = append(groups, names...)
	lexemes := lex(s)
	single := make([]lexeme, 0, len(lexemes))
	for _, l := range lexemes {
		if l.kind == wordLexeme || l.kind == numberLexeme {
			single = append(single, l)
		}
	}
	for _, t := range append(terms(single), forms(lexemes)...) {
		groups = append(groups, []string{t})
	}
	return groups
}

// Readings returns the pinyin of a word, syllables apart and with tone numbers, the most usual reading first; nil for a
// word that is not in the dictionary.
func (d *Dictionary) Readings(word string) []string {
	if d == nil {
		return nil
	}
	i, ok := d.find(Fold(word))
	if !ok {
		return nil
	}
	_, readings, _ := d.entry(i)
	var out []string
	for _, r := range readings {
		if text := strings.Join(r, " "); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// functionWord reports whether a word carries grammar, or is a single numeral, whose number is a form.
func functionWord(w string) bool {
	r, n := utf8.DecodeRuneInString(w)
	return n == len(w) && strings.ContainsRune(functionHan, r) || functionWords[w]
}

const functionHan = "的了是在和与及或也都就而但被把将对从到为以于之其这那哪什么谁何时多少个年月日一二三四五六七八九十有没不会能可中上下后前里外所及等因此由并且还又"

// functionWords are grammar of more than one character whose glosses would look for words that English uses otherwise.
var functionWords = wordSet(`什么 怎么 如何 为什么 哪些 哪里 哪个 可以 这个 那个 这些 那些 他们 我们 你们 她们 它们 自己 因为 所以 但是 如果
虽然 而且 或者 不是 就是 还是 一个 其中 以及 由于 关于 对于 进行 是否 然后 这样 那样 这种 那种 这里 那里 还有 不会 不能 并且 因此 尽管 然而`)

// parts returns the headwords of two characters and more that a headword is made of. They stand in for a name whose
// glosses all explain rather than translate.
func (d *Dictionary) parts(word string) []cutWord {
	var out []cutWord
	for i := 0; i < len(word); {
		_, step := utf8.DecodeRuneInString(word[i:])
		for end := len(word); end > i+step; {
			if place, ok := d.find(word[i:end]); ok && end-i < len(word) {
				out = append(out, cutWord{text: word[i:end], place: place, start: i})
				step = end - i
				break
			}
			_, n := utf8.DecodeLastRuneInString(word[:end])
			end -= n
		}
		i += step
	}
	return out
}
