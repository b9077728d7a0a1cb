package lang

import (
	"cmp"
	"slices"
	"strings"
)

// A NameIndex finds names among many in memory, by their keys, and orders them by likeness.
type NameIndex struct {
	names []PersonName
	byKey map[string][]int
}

// A NameMatch is a name found.
type NameMatch struct {
	Place int // in the list the index was made of
	Score float64
}

// NewNameIndex takes a list of names in.
func NewNameIndex(names []string) *NameIndex {
	x := &NameIndex{names: make([]PersonName, len(names)), byKey: map[string][]int{}}
	for i, n := range names {
		x.names[i] = ParseName(n)
		for _, k := range x.names[i].Keys() {
			x.byKey[k] = append(x.byKey[k], i)
		}
	}
	return x
}

// Find returns the names that share a key with the one asked for, the likest first.
func (x *NameIndex) Find(name string) []NameMatch {
	p := ParseName(name)
	seen := map[int]bool{}
	var found []NameMatch
	for _, k := range p.Keys() {
		for _, i := range x.byKey[k] {
			if !seen[i] {
				seen[i] = true
				found = append(found, NameMatch{i, p.Match(x.names[i])})
			}
		}
	}
	slices.SortFunc(found, func(a, b NameMatch) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.Place, b.Place))
	})
	return found
}

// Homophones reports whether two names of the index are read alike in Mandarin or Cantonese, so that no spelling in
// Latin letters can tell them apart.
func (x *NameIndex) Homophones(a, b int) bool {
	of := x.names[b].Keys()
	return slices.ContainsFunc(x.names[a].Keys(), func(k string) bool {
		return (k[0] == 'w' || k[0] == 'c') && slices.Contains(of, k)
	})
}

// Pinyin writes a Chinese name as English does, surname first: 杨浩勃 gives Yang Haobo, 吕秀莲 gives Lü Xiulian. A name
// that has no Chinese characters, or none that are read, gives "".
func Pinyin(name string) string {
	return romanised(name, "", func(p string) string { return strings.Replace(p, "v", "ü", 1) })
}

// WadeGiles writes a Chinese name as Taiwan's passports do: 杨浩勃 gives Yang Hao-po.
func WadeGiles(name string) string { return romanised(name, "-", wade) }

func romanised(name, join string, write func(string) string) string {
	for _, f := range ParseName(name).forms {
		if f.surname == 0 || len(f.han) == f.surname || len(f.han) > f.surname+2 {
			continue
		}
		var surname, given []string
		for _, of := range surnameReadingsOf(f.han[:f.surname]) {
			if len(of) == 0 {
				return ""
			}
			surname = append(surname, write(of[0]))
		}
		for _, r := range f.han[f.surname:] {
			of := pinyinOf(r)
			if len(of) == 0 {
				return ""
			}
			given = append(given, write(of[0]))
		}
		between := join
		if join == "" && len(given) == 2 && strings.ContainsAny(given[1][:1], "aeo") {
			between = "'"
		}
		if f.surname == 2 && surnameLength(f.han) == 1 { // of a married name: two surnames
			surname[1] = titled(surname[1])
			return titled(strings.Join(surname, " ")) + " " + titled(strings.Join(given, between))
		}
		return titled(strings.Join(surname, join)) + " " + titled(strings.Join(given, between))
	}
	return ""
}

func titled(s string) string {
	for i, r := range s {
		return strings.ToUpper(string(r)) + s[i+len(string(r)):]
	}
	return s
}
