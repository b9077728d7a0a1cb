package source

import (
	"slices"
	"strconv"
	"strings"
)

// shownRanges is how many ranges are named; more would not be read.
const shownRanges = 12

// Ranges names pages or lines as people do: 1–3, 7.
func Ranges(numbers []int) string {
	numbers = slices.Clone(numbers)
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	var parts []string
	for i := 0; i < len(numbers); {
		j := i
		for j+1 < len(numbers) && numbers[j+1] == numbers[j]+1 {
			j++
		}
		if len(parts) == shownRanges {
			parts = append(parts, "…")
			break
		}
		part := strconv.Itoa(numbers[i])
		if j > i {
			part += "–" + strconv.Itoa(numbers[j])
		}
		parts = append(parts, part)
		i = j + 1
	}
	return strings.Join(parts, ", ")
}
