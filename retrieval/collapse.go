package retrieval

import "osmanthus/retrieval/lang"

const (
	// duplicateOverlap is the share of common terms (Jaccard) from which two passages of one language count as the same
	// text: a reprint under another title lies above it, two reports on one event far below.
	duplicateOverlap = 0.9
	// maxShare is the part of a result that one document may fill, so that a long one does not crowd out the rest, and
	// minShare how many of its passages a short result may hold all the same.
	maxShare = 0.3
	minShare = 3
)

// collapse makes one hit of passages that say the same, parallel versions and reprints, and lets no document fill more
// than its share of limit while others wait. hits are best first; what is folded into a hit stands in its Same, and
// passages over the share come last.
func collapse(question lang.Lang, hits []Hit, limit int) []Hit {
	share := max(minShare, int(maxShare*float64(limit)))
	count := make(map[int64]int)
	c := collapser{question: question, terms: make(map[int64]map[string]bool)}
	var over []Hit
	for _, h := range hits {
		switch {
		case len(c.kept) >= limit:
			return c.kept
		case c.fold(h):
		case count[h.Document] >= share:
			over = append(over, h)
		default:
			count[h.Document]++
			c.kept = append(c.kept, h)
		}
	}
	return append(c.kept, over[:min(len(over), limit-len(c.kept))]...)
}

type collapser struct {
	question lang.Lang
	kept     []Hit
	terms    map[int64]map[string]bool // of the passages looked at
}

// fold puts h into the kept hit that says the same and reports whether there is one. Of two languages the question's
// leads: its reader is served by it.
func (c *collapser) fold(h Hit) bool {
	for i := range c.kept {
		k := &c.kept[i]
		if !k.parallelTo(h) && !c.duplicate(*k, h) {
			continue
		}
		if h.Lang == c.question && k.Lang != c.question {
			folded := *k
			folded.Same = nil
			h.Score, h.Same = k.Score, append([]Hit{folded}, k.Same...)
			*k = h
		} else {
			k.Same = append(k.Same, h)
		}
		return true
	}
	return false
}

// parallelTo reports whether two passages stand at the same place of two versions of one document in two languages. The
// place is told by the share of the text that comes before it.
func (h Hit) parallelTo(other Hit) bool {
	if h.Document == other.Document || h.event != other.event ||
		(h.parallel == "" || h.parallel != other.Source) && (other.parallel == "" || other.parallel != h.Source) {
		return false
	}
	if h.length == 0 || other.length == 0 {
		return false
	}
	start, end := float64(h.Start)/float64(h.length), float64(h.End)/float64(h.length)
	middle := float64(other.Start+other.End) / 2 / float64(other.length)
	return start <= middle && middle <= end
}

// duplicate reports whether two passages of different documents hold nearly the same terms.
func (c *collapser) duplicate(a, b Hit) bool {
	if a.Document == b.Document || a.Lang != b.Lang || len(a.Text) > 2*len(b.Text) || len(b.Text) > 2*len(a.Text) {
		return false
	}
	as, bs := c.termsOf(a), c.termsOf(b)
	common := 0
	for t := range as {
		if bs[t] {
			common++
		}
	}
	return common > 0 && float64(common) >= duplicateOverlap*float64(len(as)+len(bs)-common)
}

func (c *collapser) termsOf(h Hit) map[string]bool {
	set, ok := c.terms[h.ID]
	if !ok {
		set = make(map[string]bool)
		for _, t := range lang.Terms(h.Text) {
			set[t] = true
		}
		c.terms[h.ID] = set
	}
	return set
}
