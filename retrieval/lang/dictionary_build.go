package lang

import (
	"bufio"
	"bytes"
	_ "embed"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxGloss is the most words of a gloss that is taken: a longer one explains rather than translates.
const maxGloss = 4

// glossary holds entries of our own.
//
//go:embed glossary.txt
var glossary string

// BuildSeminarDictionary is BuildDictionary with our own entries after those of r.
func BuildSeminarDictionary(r io.Reader, w io.Writer) error {
	return BuildDictionary(io.MultiReader(r, strings.NewReader("\n"+glossary)), w)
}

// BuildDictionary reads CC-CEDICT's plain text and writes the compact form that OpenDictionary loads. A line that is not
// an entry is passed over; no entry at all is an error.
func BuildDictionary(r io.Reader, w io.Writer) error {
	entries := map[string]*draftEntry{}
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 0, 64<<10), 1<<20)
	stemmer := stemMemo{}
	for lines.Scan() {
		m := cedictLine.FindStringSubmatch(strings.TrimRight(lines.Text(), "\r"))
		if m == nil {
			continue
		}
		stems, surname := glossStems(m[4], stemmer)
		targets := references(m[4])
		reading := syllables(m[3])
		for _, form := range distinct(Fold(m[2]), Fold(m[1])) {
			if utf8.RuneCountInString(form) > maxWord || !hasHan(form) {
				continue
			}
			e := entries[form]
			if e == nil {
				e = &draftEntry{}
				entries[form] = e
			}
			e.add(stems, reading, surname)
			e.targets = append(e.targets, targets...)
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read the dictionary's text: %w", err)
	}
	if len(entries) == 0 {
		return fmt.Errorf("read the dictionary's text: no entry found")
	}
	resolve(entries)
	if _, err := w.Write(encodeDictionary(entries)); err != nil {
		return fmt.Errorf("write dictionary: %w", err)
	}
	return nil
}

// Traditional, Simplified, [pin1 yin1], /glosses/.
var cedictLine = regexp.MustCompile(`^([^#\s]\S*) (\S+) \[([^\]]*)\] /(.*)/`)

type draftEntry struct {
	stems    []string
	readings [][]string
	surname  bool
	targets  []string // headwords that this one is a variant or an abbreviation of
}

func (e *draftEntry) add(stems []string, reading []string, surname bool) {
	for _, s := range stems {
		if !slices.Contains(e.stems, s) {
			e.stems = append(e.stems, s)
		}
	}
	e.surname = e.surname || surname
	same := func(r []string) bool { return slices.Equal(r, reading) }
	if slices.ContainsFunc(e.readings, same) {
		return
	}
	if surname { // CC-CEDICT lists a surname before the common word
		e.readings = append(e.readings, reading)
		return
	}
	e.readings = append(e.readings, reading)
}

var reference = regexp.MustCompile(`(?:variant of|abbr\. for|abbr\. of|same as|also written|equivalent to|[Ss]ee(?: also)?) ([^\s|\[,;)/]+)(?:\|([^\s|\[,;)/]+))?`)

// references returns the headwords that glosses point to: "variant of 裡|里[li3]", "abbr. for 北京大學|北京大学".
func references(glosses string) []string {
	var out []string
	for _, m := range reference.FindAllStringSubmatch(glosses, -1) {
		target := m[2]
		if target == "" {
			target = m[1]
		}
		if hasHan(target) {
			out = append(out, Fold(target))
		}
	}
	return out
}

// resolve gives each entry without stems of its own those of the entries it points to, one step far.
func resolve(entries map[string]*draftEntry) {
	own := make(map[string][]string, len(entries))
	for w, e := range entries {
		own[w] = e.stems
	}
	for w, e := range entries {
		if len(e.stems) > 0 {
			continue
		}
		for _, target := range e.targets {
			if target == w {
				continue
			}
			for _, s := range own[target] {
				if !slices.Contains(e.stems, s) {
					e.stems = append(slices.Clip(e.stems), s)
				}
			}
		}
	}
}

// stemMemo keeps stems while one dictionary is built.
type stemMemo map[string]string

func (m stemMemo) term(word string) string {
	t, ok := m[word]
	if !ok {
		t = term(word)
		m[word] = t
	}
	return t
}

var (
	bracketed = regexp.MustCompile(`\([^()]*\)|\[[^\]]*\]`)
	surnameOf = regexp.MustCompile(`^surname (\S+)$`)
)

// glossStems returns the distinct stems of an entry's glosses, which are separated by "/".
func glossStems(glosses string, memo stemMemo) (stems []string, surname bool) {
	glosses = bracketed.ReplaceAllString(glosses, "")
	for _, gloss := range strings.FieldsFunc(glosses, func(r rune) bool { return r == '/' || r == ';' }) {
		gloss = strings.TrimSpace(gloss)
		if strings.HasPrefix(gloss, "CL:") {
			continue
		}
		if m := surnameOf.FindStringSubmatch(gloss); m != nil {
			gloss, surname = m[1], true
		}
		var words []string
		for _, l := range lex(unaccent(Fold(gloss))) {
			if l.kind > numberLexeme || len(l.text) < 2 {
				continue
			}
			if t := memo.term(l.text); t != "" {
				words = append(words, t)
			}
		}
		if surname && strings.HasPrefix(gloss, "Lü") { // passports write LV or LYU
			words = append(words, "lv", "lyu")
		}
		if len(words) > maxGloss {
			continue
		}
		for _, w := range words {
			if !slices.Contains(stems, w) {
				stems = append(stems, w)
			}
		}
	}
	return stems, surname
}

// syllables splits "Yang2 Hao4 bo2" into lower-case syllables; ü is written "v", as on keyboards.
func syllables(reading string) []string {
	return strings.Fields(strings.ReplaceAll(strings.ToLower(reading), "u:", "v"))
}

func distinct(a, b string) []string {
	if a == b {
		return []string{a}
	}
	return []string{a, b}
}

func encodeDictionary(entries map[string]*draftEntry) []byte {
	stemIDs, syllableIDs := map[string]int{}, map[string]int{}
	words := slices.Sorted(maps.Keys(entries))
	encoded := make([]string, len(words))
	for i, w := range words {
		encoded[i] = string(appendEntry(nil, entries[w], stemIDs, syllableIDs))
	}
	var body []byte
	for _, table := range [][]string{words, byID(stemIDs), byID(syllableIDs), encoded} {
		body = appendTable(body, table)
	}
	var out bytes.Buffer
	out.WriteString(dictionaryMagic)
	out.Write(binary.LittleEndian.AppendUint32(nil, crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))))
	out.Write(body)
	return out.Bytes()
}

// appendEntry writes an entry as varints: twice the number of stems, plus 1 for a surname; the stems; then each reading as the
// number of its syllables and the syllables. Words of the order of the dictionary share small numbers.
func appendEntry(out []byte, e *draftEntry, stemIDs, syllableIDs map[string]int) []byte {
	flags := uint64(len(e.stems)) << 1
	if e.surname {
		flags |= 1
	}
	out = binary.AppendUvarint(out, flags)
	for _, s := range e.stems {
		out = binary.AppendUvarint(out, number(stemIDs, s))
	}
	for _, r := range e.readings {
		out = binary.AppendUvarint(out, uint64(len(r)))
		for _, s := range r {
			out = binary.AppendUvarint(out, number(syllableIDs, s))
		}
	}
	return out
}

func number(ids map[string]int, s string) uint64 {
	id, ok := ids[s]
	if !ok {
		id = len(ids)
		ids[s] = id
	}
	return uint64(id)
}

func byID(ids map[string]int) []string {
	out := make([]string, len(ids))
	for s, id := range ids {
		out[id] = s
	}
	return out
}

func appendTable(out []byte, table []string) []byte {
	total := 0
	for _, s := range table {
		total += len(s)
	}
	out = binary.LittleEndian.AppendUint32(out, uint32(len(table)))
	out = binary.LittleEndian.AppendUint32(out, uint32(total))
	end := 0
	for _, s := range table {
		end += len(s)
		out = binary.LittleEndian.AppendUint32(out, uint32(end))
	}
	for _, s := range table {
		out = append(out, s...)
	}
	return out
}
