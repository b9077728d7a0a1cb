package retrieval

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"osmanthus/retrieval/lang"
)

const (
	// nameWeight is what meeting the rarest name adds to a score, in the units of the other arms. It must outweigh what a
	// part of the name says that is written alike in another one's (Chen), which the words' arm takes for a rare word. Of
	// 0, 0.9, 1.5, 2.2 and 3, hit@1 on 308 look-ups of COSCUP's speakers was 0.47, 0.70, 0.81, 0.89 and 0.92, and on 98
	// that spell in pinyin a name the documents have in Han 0.25, 0.38, 0.52, 0.78 and 0.96.
	nameWeight = 3
	// leastName is the likeness from which a passage's name counts as met: a homophone or initials are worth a look,
	// another person of the same surname is not.
	leastName = 0.7
	// leastSureName is how sure a question's name must be to be looked for; passages are searched for all there is. Two
	// words with capitals, which are as often a place, are not sure enough: they can be met in their own script only, and
	// cost XQuAD's questions two points of hit@1 across languages.
	leastSureName = 0.6
	// maxQuestionNames and maxPassageNames bound the work.
	maxQuestionNames = 6
	maxPassageNames  = 64
	// maxNameTerms bounds the keys that are looked for in a language: the rarest ones stay. A name has about ten.
	maxNameTerms = 32
	// plainName is the weight of a name that is in no list of names and whose words are stop words or nowhere.
	plainName = 0.2
)

// nameKeys returns the distinct keys of the names in a passage's indexed text, sorted.
func nameKeys(dict *lang.Dictionary, text string) []string {
	var keys []string
	spans := dict.NamesIn(text)
	for _, s := range spans[:min(len(spans), maxPassageNames)] {
		keys = append(keys, lang.NameKeys(text[s.Start:s.End])...)
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// A nameQuery is what a question asks by the names of people.
type nameQuery struct {
	dict  *lang.Dictionary
	names []questionName
}

type questionName struct {
	text   string
	folded string // to be found as it is written
	hints  map[string]bool
	parsed lang.PersonName
	keys   []string
	weight float64 // 0…1: how much meeting it says, by how rare it is
}

// newNameQuery finds the names in a question.
func newNameQuery(dict *lang.Dictionary, question string) nameQuery {
	q := nameQuery{dict: dict}
	for _, s := range dict.QuestionNames(question) {
		if s.Sure < leastSureName || len(q.names) == maxQuestionNames {
			continue
		}
		text := question[s.Start:s.End]
		parsed := lang.ParseName(text)
		if !parsed.Crosses() {
			continue // the words' arm sees it, and the other language's passages could not be met
		}
		q.names = append(q.names, questionName{
			text: text, folded: padded(text), parsed: parsed, hints: parsed.Hints(), keys: parsed.Keys(), weight: 1,
		})
	}
	return q
}

// keys lists all names' keys, for the corpus's figures.
func (q nameQuery) keys() []string {
	var keys []string
	for _, n := range q.names {
		keys = append(keys, n.keys...)
	}
	return keys
}

// texts are the names as the question writes them.
func (q nameQuery) texts() []string {
	var texts []string
	for _, n := range q.names {
		texts = append(texts, n.text)
	}
	return texts
}

// weigh sets the names' weights by the corpus's figures and returns one query for each language that has passages. A
// name's frequency is that of its rarest key that any passage holds; a key that none holds says nothing.
func (q nameQuery) weigh(stats Stats) []LexicalQuery {
	var queries []LexicalQuery
	most := 0.0
	for _, l := range []lang.Lang{lang.English, lang.Chinese} {
		key := FieldKey{FieldNames, l}
		n := float64(stats.Fields[key].Passages)
		if n == 0 {
			continue
		}
		most = max(most, math.Log(1+n))
		lq := LexicalQuery{Field: FieldNames, Lang: l}
		for _, name := range q.names {
			for _, k := range name.keys {
				if df := float64(stats.Documents[TermKey{key, k}]); df > 0 && !contained(lq.Terms, k) {
					lq.Terms = append(lq.Terms, WeightedTerm{k, math.Log(1 + n/df)})
				}
			}
		}
		slices.SortStableFunc(lq.Terms, func(a, b WeightedTerm) int { return cmp.Compare(b.Weight, a.Weight) })
		lq.Terms = lq.Terms[:min(len(lq.Terms), maxNameTerms)]
		if len(lq.Terms) > 0 {
			queries = append(queries, lq)
		}
	}
	for i, name := range q.names {
		rarest := 0.0
		for _, lq := range queries {
			for _, t := range lq.Terms {
				if slices.Contains(name.keys, t.Term) {
					rarest = max(rarest, t.Weight)
				}
			}
		}
		switch {
		case rarest > 0 && most > 0:
			q.names[i].weight = min(1, rarest/most)
		default:
			q.names[i].weight = plainWeight(name.text, stats)
		}
	}
	return queries
}

// plainWeight weighs a name that ingest took for a word, such as a nickname, by its rarest word.
func plainWeight(name string, stats Stats) float64 {
	weight := plainName
	for _, l := range []lang.Lang{lang.English, lang.Chinese} {
		key := FieldKey{FieldTerms, l}
		n := float64(stats.Fields[key].Passages)
		for _, t := range lang.Terms(name) {
			if df := float64(stats.Documents[TermKey{key, t}]); df > 0 {
				weight = max(weight, math.Log(1+n/df)/math.Log(1+n))
			}
		}
	}
	return weight
}

func contained(terms []WeightedTerm, term string) bool {
	return slices.ContainsFunc(terms, func(t WeightedTerm) bool { return t.Term == term })
}

// score adds to a hit what its passage's names say: nameWeight times the mean over the question's names of how well each
// is met, a name that many passages hold counting less. A passage without the names loses nothing.
func (q nameQuery) score(h *Hit, context string) {
	if len(q.names) == 0 {
		return
	}
	text := indexedText(context, h.Text)
	words := lang.Words(text)
	folded := " " + strings.Join(words, " ") + " "
	var found []lang.PersonName
	searched := false
	var met, weighed float64
	for _, n := range q.names {
		best := 0.0
		if strings.Contains(folded, n.folded) {
			best = 1
		} else if slices.ContainsFunc(words, func(w string) bool { return n.hints[w] }) {
			if !searched {
				spans := q.dict.NamesIn(text)
				for _, s := range spans[:min(len(spans), maxPassageNames)] {
					found = append(found, lang.ParseName(text[s.Start:s.End]))
				}
				searched = true
			}
			for _, f := range found {
				best = max(best, n.parsed.Match(f))
			}
		}
		if best >= leastName {
			met += best
			weighed += best * n.weight
		}
	}
	if met == 0 {
		return
	}
	h.Names = met / float64(len(q.names))
	h.Score += nameWeight * weighed / float64(len(q.names))
	h.Arms = append(h.Arms, ArmNames)
}

// padded writes a text as its words with spaces between and around, so that a name is found only as whole words.
func padded(text string) string { return " " + strings.Join(lang.Words(text), " ") + " " }
