package lang

// Hints returns words, as Words gives them, of which a text holds at least one where it holds the name in any writing:
// the name's own words, its surname in Han and every spelling of it. They tell most texts that need no closer look; a
// surname that is misspelt together with the given name is missed.
func (p PersonName) Hints() map[string]bool {
	hints := map[string]bool{}
	for _, f := range p.forms {
		if len(f.han) > 0 {
			hints[string(f.han[:1])] = true
			if len(f.last) > 0 {
				hints[string(f.last[:1])] = true
			}
			if f.surname > 0 && f.surname <= len(f.han) {
				surnameHints(hints, string(f.han[:f.surname]))
			}
			continue
		}
		for _, w := range f.words {
			hints[w.text] = true
			for _, name := range surnames().of[w.text] {
				surnameHints(hints, name)
			}
			for _, part := range w.parts {
				if len(part) > 1 {
					hints[part] = true
				}
			}
		}
		for _, r := range f.chineseReadings() {
			for _, s := range r.surname {
				for _, name := range surnames().of[s] {
					surnameHints(hints, name)
				}
			}
		}
	}
	return hints
}

// surnameHints adds a surname, its characters and what spells any of them.
func surnameHints(hints map[string]bool, name string) {
	for _, s := range surnames().written[name] {
		hints[s] = true
	}
	for i, r := range []rune(name) {
		if i == 0 {
			hints[string(r)] = true
		}
		for _, p := range pinyinOf(r) {
			for _, s := range mandarinSpellings(p) {
				hints[s] = true
			}
		}
		for _, j := range cantoneseOf(r) {
			for _, s := range hongKongSpellings(j) {
				hints[s] = true
			}
		}
	}
}

// Crosses reports whether the name can be met in another writing than its own: not so a foreign name in Han by its sound
// (弗拉基米尔·普京), which no rule here writes in Latin letters.
func (p PersonName) Crosses() bool {
	for _, f := range p.forms {
		if len(f.last) == 0 && (len(f.words) > 0 || f.surname > 0) {
			return true
		}
	}
	return false
}
