package local

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// The most code points of a text that reach the engine, which averages windows of 510 tokens: a question fills one or
// two of them, a passage sixteen at most, so that no text keeps a worker for more than some seconds nor takes more than
// some 150 MB. The counts bound the engine's memory, so they are of code points and not of characters.
const (
	maxQuery   = 2000
	maxPassage = 8000
)

// The prefixes of e5's own convention; the engine puts them back.
const (
	queryPrefix   = "query: "
	passagePrefix = "passage: "
)

// A text is one input made fit for the engine.
type text struct {
	query bool
	body  string
}

// clean takes the prefix off an input and makes the rest safe: valid UTF-8 in NFKC (whose long expansions, such as that
// of U+FDFA, would otherwise overflow the engine's buffer), no control characters (it stops at the first NUL), not too
// long. An input of nothing else gives an empty body.
func clean(input string) text {
	var t text
	limit := maxPassage
	if rest, ok := strings.CutPrefix(input, queryPrefix); ok {
		t.query, input, limit = true, rest, maxQuery
	} else {
		input = strings.TrimPrefix(input, passagePrefix)
	}
	// Before NFKC, which expands eighteenfold at most, to bound its work; and after it.
	s := norm.NFKC.String(strings.ToValidUTF8(cut(input, 2*limit), "\uFFFD"))
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t', r == '\n', r == '\v', r == '\f', r == '\r', r == '\u0085':
			return ' '
		case unicode.IsControl(r):
			return -1
		}
		return r
	}, s)
	t.body = strings.TrimSpace(cut(strings.TrimSpace(s), limit))
	return t
}

// cut keeps the first n code points.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	count := 0
	for i := range s {
		if count == n {
			return s[:i]
		}
		count++
	}
	return s
}
