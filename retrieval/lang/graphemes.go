package lang

import (
	"strings"

	"github.com/clipperhouse/uax29/v2/graphemes"
)

// Graphemes counts the characters of s as a reader sees them: an emoji sequence or a letter with its accents is one.
func Graphemes(s string) int {
	n := 0
	for it := graphemes.FromString(s); it.Next(); {
		n++
	}
	return n
}

// Truncate returns the first limit characters of s as a reader counts them. Where something was cut off, white space
// before the cut goes too and "…" is added, which is not counted.
func Truncate(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	it := graphemes.FromString(s)
	for range max(limit, 0) {
		if !it.Next() {
			return s
		}
	}
	end := it.End()
	if limit <= 0 {
		end = 0
	}
	if end >= len(s) {
		return s
	}
	return strings.TrimSpace(s[:end]) + "…"
}
