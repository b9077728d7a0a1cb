package lang

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Figures returns what s says in numbers, each once: numbers as they stand ("40"), and the normal forms that Terms adds
// ("d:2023-09-16", "t:09:30", "1500000").
func Figures(s string) []string {
	var out []string
	for _, t := range Terms(s) {
		if isFigure(t) && !slices.Contains(out, t) {
			out = append(out, t)
		}
	}
	return out
}

func isFigure(term string) bool {
	if len(term) > 2 && term[1] == ':' {
		return true
	}
	return strings.IndexFunc(term, func(r rune) bool { return r != '.' && !unicode.IsDigit(r) }) < 0
}

// FiguresMissing returns the figures of claim that source does not hold, in whatever way either writes them: 150万 holds
// of 1.5 million, 3pm of 15:00. A number to ten that claim writes as a word is let be: it may count what source lists.
func FiguresMissing(claim, source string) []string {
	said, there := Figures(claim), map[string]bool{}
	for _, f := range Figures(source) {
		there[f] = true
	}
	plain := Fold(claim)
	var missing []string
	for _, f := range said {
		switch {
		case there[f], dateStands(f, there), strings.HasPrefix(f, "y:") && there[f[2:]]:
		case figureParts(f) == nil && explained(f, said, there):
		case small10(f) && !strings.Contains(plain, f):
		default:
			missing = append(missing, f)
		}
	}
	return missing
}

// dateStands reports whether a source gives a whole date in two places: the year in a heading, day and month in a line.
func dateStands(f string, there map[string]bool) bool {
	year, day, ok := strings.Cut(strings.TrimPrefix(f, "d:"), "-")
	return ok && strings.HasPrefix(f, "d:") && len(year) == 4 && there["y:"+year] && there["d:"+day]
}

// explained reports whether the bare number f is a part of a date, a time or an amount of claim that stands in source.
func explained(f string, said []string, there map[string]bool) bool {
	number, err := strconv.ParseFloat(f, 64)
	if err != nil {
		return false
	}
	for _, s := range said {
		if s == f || !there[s] && !dateStands(s, there) {
			continue
		}
		parts := figureParts(s)
		for _, p := range parts {
			if p == number || strings.HasPrefix(s, "t:") && p == number+12 {
				return true
			}
		}
		if parts == nil && scaled(number, s) {
			return true
		}
	}
	return false
}

// figureParts are the numbers of a normal form; nil of a bare number.
func figureParts(f string) []float64 {
	if len(f) < 2 || f[1] != ':' {
		return nil
	}
	parts := []float64{}
	for _, p := range strings.FieldsFunc(f[2:], func(r rune) bool { return r == '-' || r == ':' }) {
		if n, err := strconv.ParseFloat(p, 64); err == nil {
			parts = append(parts, n)
		}
	}
	return parts
}

// scaled reports whether amount is number times a power of ten from 100 on, as in 150万.
func scaled(number float64, amount string) bool {
	whole, err := strconv.ParseFloat(amount, 64)
	if err != nil || number == 0 {
		return false
	}
	for scale := 100.0; scale <= 1e12; scale *= 10 {
		if number*scale == whole {
			return true
		}
	}
	return false
}

func small10(f string) bool {
	n, err := strconv.Atoi(f)
	return err == nil && n <= 10
}

// SurnameOnly reports whether the name is a surname with a form of address, which many people share.
func (p PersonName) SurnameOnly() bool { return p.surnameOnly() }
