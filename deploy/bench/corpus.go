package main

import (
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	"osmanthus/ingest"
	"osmanthus/ingest/source"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// The corpus is made of real documents, embedded for real, whose questions are asked; and of synthetic ones, which fill
// it up. A synthetic passage is a run of real sentences of other sets, drawn at random in one language, with a made-up
// name, so that its words are as frequent as in real text; its vector is described at mixer.

// A set is real text whose questions are asked, or none.
type set struct{ event, corpus, queries string }

// realSets are searched in the split pool, as a real archive has it.
func realSets(folder string) []set {
	in := func(parts ...string) string { return filepath.Join(append([]string{folder}, parts...)...) }
	if _, err := os.Stat(in("xquad", "corpus.jsonl")); err != nil {
		return []set{{"own", "examples/eval/corpus.jsonl", "examples/eval/queries.jsonl"}}
	}
	return []set{
		{"xquad", in("xquad", "corpus.jsonl"), in("xquad", "queries.jsonl")},
		{"coscup", in("coscup", "corpus_abstracts.jsonl"), in("coscup", "queries_title_to_abstract.jsonl")},
		{"transcript", in("transcript", "corpus_exchanges.jsonl"), in("transcript", "queries_exchanges.jsonl")},
	}
}

// fillers are the sets whose sentences fill the corpus: none whose questions are asked, for they would answer them.
func fillers(folder string) []string {
	paths := []string{filepath.Join(folder, "rgb", "corpus.jsonl"), filepath.Join(folder, "clapnq", "corpus.jsonl")}
	for _, path := range paths {
		if _, err := os.Stat(path); err != nil {
			return []string{"examples/eval/corpus.jsonl"}
		}
	}
	return paths
}

func readRows[T any](path string) ([]T, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := retrieval.ReadRows[T](f)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return rows, nil
}

// A realCorpus is the documents of the real sets, ready to be indexed, and their questions.
type realCorpus struct {
	rows      []retrieval.CorpusRow
	documents []ingest.Version // without passages
	drafts    [][]retrieval.Draft
	queries   []retrieval.QueryRow // of the first set
}

func readReal(folder string) (realCorpus, error) {
	var c realCorpus
	for i, s := range realSets(folder) {
		rows, err := readRows[retrieval.CorpusRow](s.corpus)
		if err != nil {
			return c, err
		}
		if rows, err = retrieval.PoolSplit.Select(rows); err != nil {
			return c, err
		}
		c.rows = append(c.rows, rows...)
		for _, row := range rows {
			doc := source.Document{
				Title: row.Title, Lang: row.Lang, Text: row.Text,
				Blocks: []source.Block{{Kind: source.Paragraph, Start: 0, End: len(row.Text)}},
			}
			c.documents = append(c.documents, ingest.Version{
				Source: row.ID, Event: s.event, Kind: "real", Audience: retrieval.Public, Hash: []byte(row.ID), Document: doc,
			})
			c.drafts = append(c.drafts, ingest.Split(doc))
		}
		if i == 0 {
			if c.queries, err = readRows[retrieval.QueryRow](s.queries); err != nil {
				return c, err
			}
		}
	}
	return c, nil
}

const (
	passagesADocument = 10
	passageBytes      = 700 // about 200 tokens of the embedder in either language
	filler            = "filler"
	dateRange         = 10_000 // days over which the fillers' dates are spread, so that one day is 0.01 % of them
)

// firstDate is the earliest of the fillers' dates.
func firstDate() time.Time { return time.Date(1995, 1, 1, 0, 0, 0, 0, time.UTC) }

// A generator makes synthetic documents. The same seed gives the same ones.
type generator struct {
	sentences map[lang.Lang][]string
}

func newGenerator(folder string) (*generator, error) {
	g := &generator{sentences: make(map[lang.Lang][]string)}
	for _, path := range fillers(folder) {
		rows, err := readRows[retrieval.CorpusRow](path)
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			for _, span := range lang.Sentences(row.Text) {
				if s := strings.TrimSpace(row.Text[span.Start:span.End]); len(s) >= 40 && len(s) <= 400 {
					g.sentences[row.Lang] = append(g.sentences[row.Lang], s)
				}
			}
		}
	}
	for _, l := range []lang.Lang{lang.English, lang.Chinese} {
		if len(g.sentences[l]) == 0 {
			return nil, errors.New("no sentences to fill the corpus with")
		}
	}
	return g, nil
}

// document makes the n-th document of the fillers: every tenth is for staff, one in 10, 100 and 1,000 is of an event and
// of a kind of that share.
func (g *generator) document(n int) (ingest.Version, []retrieval.Draft) {
	r := rand.New(rand.NewPCG(uint64(n), 20260101))
	l := lang.English
	if r.IntN(2) == 0 {
		l = lang.Chinese
	}
	v := ingest.Version{
		Source: fmt.Sprintf("%s-%d", filler, n), Event: share(r), Kind: share(r), Audience: retrieval.Public, Hash: []byte{byte(n), byte(n >> 8), byte(n >> 16)},
	}
	if r.IntN(10) == 0 {
		v.Audience = retrieval.Staff
	}
	name := invented(r)
	var text strings.Builder
	var drafts []retrieval.Draft
	for range passagesADocument {
		start := text.Len()
		for text.Len()-start < passageBytes {
			text.WriteString(g.sentences[l][r.IntN(len(g.sentences[l]))])
			text.WriteString(" ")
		}
		text.WriteString(invented(r))
		drafts = append(drafts, retrieval.Draft{
			Passage: retrieval.Passage{Ordinal: len(drafts), Lang: l, Text: text.String()[start:], Start: start, End: text.Len()}, Context: name,
		})
		text.WriteString("\n\n")
	}
	v.Document = source.Document{
		Title: name, Lang: l, Text: text.String(), Date: firstDate().AddDate(0, 0, r.IntN(dateRange)),
		Blocks: []source.Block{{Kind: source.Paragraph, Start: 0, End: text.Len()}},
	}
	return v, drafts
}

// share names an event or kind by the share of the documents that have it.
func share(r *rand.Rand) string {
	switch n := r.IntN(1000); {
	case n < 1:
		return "0.1%"
	case n < 11:
		return "1%"
	case n < 111:
		return "10%"
	}
	return "rest"
}

// invented is a word that hardly another document has, as names and numbers are.
func invented(r *rand.Rand) string {
	const syllables = "ka ri to mo ne su la vi do pe ga nu shi ra be lo"
	parts := strings.Fields(syllables)
	var b strings.Builder
	for range 4 {
		b.WriteString(parts[r.IntN(len(parts))])
	}
	return b.String()
}

// exists says whether a file is there.
func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

func keyOf(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}
