package bot

import (
	"hash/fnv"

	"osmanthus/retrieval/lang"
)

// leakedWords is how long a run of the instructions' own words must be to count as repeated: longer than anything an
// answer says by chance. A Chinese character counts as a word.
const leakedWords = 16

// A leakDetector finds in a growing text a run of words of the system prompt. There is one for each answer that streams,
// so it keeps hashes of the runs, and of the text only what a run may yet begin in.
type leakDetector struct {
	runs map[uint64]bool
	text string
	seen int // bytes of text looked at
}

func newLeakDetector(system string) *leakDetector {
	d := &leakDetector{runs: map[uint64]bool{}}
	words := lang.Words(system)
	for i := 0; i+leakedWords <= len(words); i++ {
		d.runs[runHash(words[i:i+leakedWords])] = true
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
	d.text = d.text[max(0, d.seen-leakWindow):]
	words := lang.Words(d.text)
	d.seen = len(d.text)
	for i := 0; i+leakedWords <= len(words); i++ {
		if d.runs[runHash(words[i:i+leakedWords])] {
			return true
		}
	}
	return false
}

// leakWindow is how far back, in bytes, a run may have begun before the last look.
const leakWindow = 512

func runHash(words []string) uint64 {
	h := fnv.New64a()
	for _, w := range words {
		h.Write(append([]byte(w), 0))
	}
	return h.Sum64()
}
