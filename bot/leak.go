package bot

import "osmanthus/retrieval/lang"

// leakedWords is how long a run of the instructions' own words must be to count as repeated: longer than anything an
// answer says by chance. A Chinese character counts as a word.
const leakedWords = 16

// A leakDetector finds in a growing text a run of words of the system prompt.
type leakDetector struct {
	runs map[string]bool
	text string
	seen int // bytes of text looked at
}

func newLeakDetector(system string) *leakDetector {
	d := &leakDetector{runs: map[string]bool{}}
	words := lang.Words(system)
	for i := 0; i+leakedWords <= len(words); i++ {
		d.runs[join(words[i:i+leakedWords])] = true
	}
	return d
}

// leakStep is how much new text, in bytes, is worth another look.
const leakStep = 64

// write adds a piece and reports whether the text repeats the instructions. It may see that leakStep bytes late.
func (d *leakDetector) write(piece string) bool {
	d.text += piece
	if len(d.text)-d.seen < leakStep {
		return false
	}
	return d.check()
}

// check looks at what was added since the last look.
func (d *leakDetector) check() bool {
	words := lang.Words(d.text[max(0, d.seen-leakWindow):])
	d.seen = len(d.text)
	for i := 0; i+leakedWords <= len(words); i++ {
		if d.runs[join(words[i:i+leakedWords])] {
			return true
		}
	}
	return false
}

// leakWindow is how far back, in bytes, a run may have begun before the last look.
const leakWindow = 512

func join(words []string) string {
	var b []byte
	for _, w := range words {
		b = append(append(b, w...), 0)
	}
	return string(b)
}
