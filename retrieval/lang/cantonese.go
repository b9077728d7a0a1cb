package lang

import (
	"slices"
	"strings"
)

// hongKongSpellings writes a syllable of Jyutping as Hong Kong's documents may: there is no fixed system, but habits
// (Wong, Cheung, Kwok, Ng, Tsui), each initial and final having a few forms. Unlikely pairs do no harm, a spelling
// counts only where it stands in a name.
func hongKongSpellings(j string) []string {
	switch j {
	case "m", "hm", "hng":
		return nil // interjections
	case "ng":
		return []string{"ng"}
	}
	initial, final := splitJyutping(j)
	var out []string
	for _, i := range hongKongInitials(initial) {
		for _, f := range hongKongFinals(initial, final) {
			s := i + f
			if strings.HasPrefix(s, "yy") {
				s = s[1:]
			}
			out = append(out, s)
		}
	}
	return out
}

func splitJyutping(j string) (initial, final string) {
	for _, n := range []string{"ng", "gw", "kw"} {
		if strings.HasPrefix(j, n) && len(j) > len(n) {
			return n, j[len(n):]
		}
	}
	if j != "" && strings.Contains("bpmfdtnlgkhzcsjw", j[:1]) && len(j) > 1 {
		return j[:1], j[1:]
	}
	return "", j
}

func hongKongInitials(initial string) []string {
	switch initial {
	case "b":
		return []string{"p", "b"}
	case "d":
		return []string{"t", "d"}
	case "g":
		return []string{"k", "g"}
	case "gw":
		return []string{"kw", "gw", "ku", "k"}
	case "kw":
		return []string{"kw", "ku", "qu"}
	case "z":
		return []string{"ch", "ts", "j", "dz"}
	case "c":
		return []string{"ch", "ts"}
	case "s":
		return []string{"s", "sh"}
	case "j":
		return []string{"y", ""}
	case "n":
		return []string{"n", "l"}
	case "ng":
		return []string{"ng", ""}
	}
	return []string{initial}
}

func hongKongFinals(initial, final string) []string {
	switch final {
	case "aa":
		return []string{"a", "ah", "ar"}
	case "ai":
		return []string{"ai", "ay"}
	case "au":
		return []string{"au", "ow"}
	case "am":
		return []string{"am", "um", "em"}
	case "an":
		return []string{"an", "un", "en"}
	case "ap":
		return []string{"ap", "up"}
	case "at":
		return []string{"at", "ut"}
	case "ak":
		return []string{"ak", "uk", "ack"}
	case "ang":
		return []string{"ang", "eng", "ung"}
	case "ei":
		return []string{"ei", "i", "ee", "ay"}
	case "e":
		return []string{"e", "eh"}
	case "eng":
		return []string{"eng", "ing", "iang"}
	case "ek":
		return []string{"ek", "ik"}
	case "eoi":
		return []string{"ui", "oi", "uey"}
	case "eon":
		return []string{"un", "on", "en"}
	case "eot":
		return []string{"ut"}
	case "i":
		if strings.Contains("zcs", initial) && initial != "" {
			return []string{"i", "ee", "e", "z", "ze", "y"}
		}
		return []string{"i", "ee", "e"}
	case "iu":
		return []string{"iu", "ew"}
	case "ik":
		return []string{"ik", "ick"}
	case "o":
		return []string{"o", "or", "oh"}
	case "oi":
		return []string{"oi", "oy"}
	case "ou":
		return []string{"o", "ou", "oo", "u", "ow", "ao"}
	case "oe", "oeng", "oek":
		rest := strings.TrimPrefix(final, "oe")
		return []string{"eu" + rest, "oe" + rest, "eo" + rest, "o" + rest, "ou" + rest}
	case "u":
		return []string{"u", "oo"}
	case "ui":
		return []string{"ui", "ooi"}
	case "uk":
		return []string{"uk", "ok"}
	case "un":
		return []string{"un", "oon"}
	case "ut":
		return []string{"ut", "oot"}
	case "yu":
		return []string{"u", "yu", "ue", "ee"}
	case "yun":
		return []string{"uen", "un", "yun", "uan", "yuen"}
	case "yut":
		return []string{"uet", "ut", "yuet"}
	}
	if strings.HasPrefix(final, "aa") {
		return []string{final[1:], final}
	}
	return []string{final}
}

// cantoneseCode folds a syllable of Jyutping so that syllables meet which Hong Kong's spellings do not keep apart.
func cantoneseCode(j string) string {
	initial, final := splitJyutping(j)
	switch initial {
	case "z":
		initial = "c"
	case "d":
		initial = "t"
	case "b":
		initial = "p"
	case "g":
		initial = "k"
	case "gw":
		initial = "kw"
	case "n":
		initial = "l"
	case "ng":
		initial = ""
	case "j":
		initial = "y"
	}
	final = strings.Replace(final, "aa", "a", 1)
	switch final {
	case "ou":
		final = "o"
	case "eon", "yun", "an":
		final = "un"
	case "eot", "yut", "at":
		final = "ut"
	case "ei":
		final = "i"
	case "ang":
		final = "ung"
	case "am":
		final = "um"
	case "ap":
		final = "up"
	case "ak":
		final = "uk"
	case "eoi":
		final = "ui"
	case "yu":
		final = "u"
	}
	return initial + final
}

// cantoneseCodes returns the codes a Hong Kong spelling may have.
func cantoneseCodes(spelling string) []string {
	var out []string
	for _, s := range spellings()[spelling] {
		if s.systems&cantoneseSystem == 0 {
			continue
		}
		if code := cantoneseCode(s.syllable); !slices.Contains(out, code) {
			out = append(out, code)
		}
	}
	return out
}
