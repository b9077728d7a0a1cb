package lang

import "github.com/clipperhouse/uax29/v2/graphemes"

// GraphemeFloor returns the last border between characters, as a reader counts them, at or before byte n of s; at
// least the end of the first one, so that cutting there always gets on.
func GraphemeFloor(s string, n int) int {
	it := graphemes.FromString(s)
	end := 0
	for it.Next() {
		if it.End() > n && end > 0 {
			break
		}
		end = it.End()
		if end >= n {
			break
		}
	}
	return end
}
