package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"osmanthus/bot/locale"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// Coverage says what a summary was made of.
type Coverage struct {
	Used    []Covered `json:"used"`
	Skipped []Covered `json:"skipped"`
}

// A Covered is a document of a summary, or one left out of it.
type Covered struct {
	Document int64     `json:"document"`
	Title    string    `json:"title"`
	Lang     lang.Lang `json:"lang"`
	URL      string    `json:"url"`
	Reason   string    `json:"reason,omitempty"` // why it was left out: one of the Skipped constants
}

// The reasons in Covered.Reason.
const (
	SkippedParallel = "parallel" // the other language's version of one that is used
	SkippedLimit    = "limit"    // a summary takes no more documents or passages
	SkippedEmpty    = "empty"    // no passage of it may be seen any more
)

// Documents gives documents whole.
type Documents interface {
	// Documents returns up to limit current documents with ids above after, by id.
	Documents(ctx context.Context, f retrieval.Filter, after int64, limit int) ([]retrieval.Document, error)
	// Whole returns the first limit passages of documents in their order.
	Whole(ctx context.Context, f retrieval.Filter, documents []int64, limit int) ([]retrieval.Hit, error)
}

const (
	// listed is how many documents are looked at for one whose title the question names.
	listed     = 2000
	listedPage = 200
	// maxCovered and maxCoveredPassages bound what one summary goes through: an afternoon's documents, and no more than
	// maxNotes steps of a model.
	maxCovered         = 40
	maxCoveredPassages = 250
	// maxDocumentPassages is from when a document is too long even alone: a book of several hundred pages.
	maxDocumentPassages = 2000
	// toldTitles is how many titles a summary names of those it covers or leaves out; Coverage has them all.
	toldTitles = 12
	// titleLetters is how long a key must be to count as named where it stands in the question.
	titleLetters = 4
)

// chosen returns the documents to summarise, and false where the question names something that none of them is about.
func (r *request) chosen(ctx context.Context, b brief) ([]retrieval.Document, bool, error) {
	choice := r.question.Choice
	if choice != nil && len(choice.Documents) > 0 {
		return r.asked(ctx, choice.Documents)
	}
	all, err := r.allDocuments(ctx)
	if err != nil {
		return nil, false, err
	}
	if b.subject == "" || choice != nil {
		return all, true, nil
	}
	subject := retrieval.Key(b.subject)
	if named := namedDocuments(subject, retrieval.Key(r.query.Text), all); len(named) > 0 {
		return named, true, nil
	}
	if titled := titledWith(b.subject, all); len(titled) > 0 {
		return titled, true, nil
	}
	query := r.query
	query.Text, query.Lang = b.subject, lang.Detect(b.subject)
	result, err := r.config.Searcher.Search(ctx, query)
	if err != nil {
		return nil, false, err
	}
	result.Hits = r.permitted(ctx, result.Hits)
	judged, err := r.config.Searcher.Judge(ctx, query, result)
	if err != nil {
		return nil, false, err
	}
	if judged.Answerable() {
		best := result.Hits[judged.Quotes[0].Hit].Document
		for _, d := range all {
			if d.ID == best {
				return []retrieval.Document{d}, true, nil
			}
		}
	}
	if r.question.Mode == modeSummary && !asksSummary.MatchString(flat(r.question.Text)) {
		return all, true, nil // it was the mode that asked, so the words need not name anything
	}
	return nil, false, r.refuse(result.Hits)
}

// asked returns the documents of these ids, and refuses where the asker may see none of them.
func (r *request) asked(ctx context.Context, ids []int64) ([]retrieval.Document, bool, error) {
	var found []retrieval.Document
	for _, id := range ids[:min(len(ids), maxCovered)] {
		one, err := r.config.Documents.Documents(ctx, r.query.Filter, id-1, 1)
		if err != nil {
			return nil, false, err
		}
		for _, d := range one {
			if d.ID == id && r.query.Filter.Permits(retrieval.Access{Audience: d.Audience, Embargo: d.Embargo}) {
				found = append(found, d)
			}
		}
	}
	if len(found) == 0 {
		return nil, false, r.refuse(nil)
	}
	return found, true, nil
}

func (r *request) allDocuments(ctx context.Context) ([]retrieval.Document, error) {
	var all []retrieval.Document
	after := int64(0)
	for len(all) < listed {
		page, err := r.config.Documents.Documents(ctx, r.query.Filter, after, listedPage)
		if err != nil {
			return nil, err
		}
		for _, d := range page {
			if r.query.Filter.Permits(retrieval.Access{Audience: d.Audience, Embargo: d.Embargo}) {
				all = append(all, d)
			}
		}
		if len(page) < listedPage {
			break
		}
		after = page[len(page)-1].ID
	}
	return all, nil
}

// titleWords is how many words of a subject a title must hold, all of them, to be meant by it: "the seminar report" means
// the report, not the seminar's agenda, though the agenda says more of the seminar.
const titleWords = 2

// titledWith returns the documents whose titles hold every word of the subject, in any order.
func titledWith(subject string, all []retrieval.Document) []retrieval.Document {
	words := lang.Terms(subject)
	if len(words) < titleWords {
		return nil
	}
	var found []retrieval.Document
	for _, d := range all {
		title := lang.Terms(d.Title)
		if !slices.ContainsFunc(words, func(w string) bool { return !slices.Contains(title, w) }) {
			found = append(found, d)
		}
	}
	return found
}

// namedDocuments returns those whose title or event a question names: the whole title stands in it, or its subject, where
// that is longer than a word or two, in the title.
func namedDocuments(subject, question string, all []retrieval.Document) []retrieval.Document {
	var best []retrieval.Document
	length := 0
	for _, d := range all {
		key := retrieval.Key(d.Title)
		n := 0
		switch {
		case len([]rune(key)) >= titleLetters && strings.Contains(question, key):
			n = len(key)
		case len([]rune(subject)) >= titleLetters && strings.Contains(key, subject):
			n = len(subject)
		}
		switch {
		case n == 0 || n < length:
		case n > length:
			best, length = []retrieval.Document{d}, n
		default:
			best = append(best, d)
		}
	}
	if len(best) > 0 {
		return best
	}
	for _, d := range all {
		if key := retrieval.Key(d.Event); len([]rune(key)) >= titleLetters && (strings.Contains(question, key) || strings.Contains(key, subject)) {
			best = append(best, d)
		}
	}
	return best
}

// cover reads the documents' passages, all of them, and notes which documents they are.
func (r *request) cover(ctx context.Context, documents []retrieval.Document) ([]retrieval.Hit, error) {
	slices.SortStableFunc(documents, func(a, b retrieval.Document) int {
		return cmp.Or(a.Date.Compare(b.Date), cmp.Compare(a.ID, b.ID))
	})
	c := &Coverage{Used: []Covered{}, Skipped: []Covered{}}
	r.answer.Coverage = c
	var used []retrieval.Document
	passages := 0
	for _, d := range documents {
		switch {
		case slices.ContainsFunc(documents, func(o retrieval.Document) bool { return r.standsFor(o, d) }):
			c.Skipped = append(c.Skipped, covered(d, SkippedParallel))
		case d.Passages > maxDocumentPassages, len(used) == maxCovered, len(used) > 0 && passages+d.Passages > maxCoveredPassages:
			c.Skipped = append(c.Skipped, covered(d, SkippedLimit))
		default:
			used = append(used, d)
			passages += d.Passages
		}
	}
	ids := make([]int64, len(used))
	for i, d := range used {
		ids[i] = d.ID
	}
	hits, err := r.config.Documents.Whole(ctx, r.query.Filter, ids, max(passages, 1))
	if err != nil {
		return nil, fmt.Errorf("read what to summarise: %w", err)
	}
	hits = r.permitted(ctx, hits)
	for _, d := range used {
		if slices.ContainsFunc(hits, func(h retrieval.Hit) bool { return h.Document == d.ID }) {
			c.Used = append(c.Used, covered(d, ""))
		} else {
			c.Skipped = append(c.Skipped, covered(d, SkippedEmpty))
		}
	}
	return hits, nil
}

// standsFor reports whether o is the version of d that the asker reads more easily.
func (r *request) standsFor(o, d retrieval.Document) bool {
	parallel := o.ID != d.ID && o.Event == d.Event && (o.Parallel == d.Source || d.Parallel == o.Source)
	return parallel && o.Lang == r.answer.Lang && d.Lang != r.answer.Lang
}

func covered(d retrieval.Document, reason string) Covered {
	return Covered{
		Document: d.ID, Title: d.Title, Lang: d.Lang, Reason: reason,
		URL: readerURL(retrieval.Passage{Document: d.ID, Version: d.Version}, 0, 0),
	}
}

// told says what a summary covers, in the asker's language.
func (c Coverage) told(words locale.Printer) string {
	titles := func(of []Covered) string {
		var out []string
		for _, d := range of[:min(len(of), toldTitles)] {
			out = append(out, words.T("answer.summary.title", "title", Escape(oneLine(d.Title))))
		}
		named := strings.Join(out, words.T("answer.summary.comma"))
		if more := len(of) - len(out); more > 0 {
			named += words.T("answer.summary.others", "count", more)
		}
		return named
	}
	lines := []string{words.T("answer.summary.covers", "titles", titles(c.Used))}
	for _, left := range []struct{ reason, key string }{
		{SkippedParallel, "answer.summary.skipped.parallel"},
		{SkippedLimit, "answer.summary.skipped.limit"},
		{SkippedEmpty, "answer.summary.skipped.empty"},
	} {
		var of []Covered
		for _, d := range c.Skipped {
			if d.Reason == left.reason {
				of = append(of, d)
			}
		}
		if len(of) > 0 {
			lines = append(lines, words.T(left.key, "titles", titles(of)))
		}
	}
	return strings.Join(lines, "\n\n")
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }
