package bot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// Weigher finds the sentences that stand for a text.
type Weigher interface {
	// Central returns sentences of hits in order, each with how central it is to them all.
	Central(ctx context.Context, hits []retrieval.Hit) ([]retrieval.Quote, error)
}

// summaryAsked reads the question and reports whether it asks for a summary.
func (r *request) summaryAsked() (brief, bool) {
	if r.config.Documents == nil || r.config.Weigher == nil {
		return brief{}, false
	}
	b, asked := briefOf(r.query.Text)
	if c := r.question.Choice; c != nil && c.Length > 0 {
		b.length = min(max(c.Length, leastSummary), mostSummary)
	}
	return b, asked || r.question.Mode == modeSummary
}

// summarise answers a request for a summary.
func (r *request) summarise(ctx context.Context, b brief) error {
	documents, found, err := r.chosen(ctx, b)
	if err != nil || !found {
		return searchDown(err)
	}
	hits, err := r.cover(ctx, documents)
	if err != nil {
		return searchDown(err)
	}
	r.record.Hits = len(hits)
	quotes, err := r.config.Weigher.Central(ctx, hits)
	if err != nil {
		return searchDown(err)
	}
	if len(quotes) == 0 {
		r.answer.Coverage = nil
		return r.refuse(nil)
	}
	if r.config.Model != nil {
		if done, err := r.digest(ctx, b, hits, quotes); done || err != nil {
			return err
		}
	}
	return r.extract(ctx, b, hits, quotes)
}

func searchDown(err error) error {
	if err == nil || stopped(err) {
		return err
	}
	return &Error{Code: CodeSearchDown, Err: err}
}

const (
	// likeAnother is the share of a sentence's terms from which one already taken says the same.
	likeAnother = 0.5
	// leadBonus is what the first sentence of a section or turn counts more, as a share of the best score: people say
	// first what they will speak of.
	leadBonus = 0.15
	// summarySessions is how many sessions a summary names with time and place; of more the points say enough.
	summarySessions = 3
)

// A section is a part of a document under one heading: of a transcript, what one speaker says in all.
type section struct {
	document int64
	heading  string // innermost
	speaker  bool
	quotes   []retrieval.Quote
}

// extract makes a summary of the documents' own sentences: when, where and who from the rows, then the most central
// sentences under their headings or speakers, as many as the length allows.
func (r *request) extract(ctx context.Context, b brief, hits []retrieval.Hit, quotes []retrieval.Quote) error {
	t := telling{kind: KindSummary}
	length := b.lengthIn(r.answer.Lang)
	t.say(r.words.T(r.summaryFrame(hits), "length", length))
	if err := r.tellRows(ctx, &t, hits); err != nil {
		return searchDown(err)
	}
	spent := 0
	for _, line := range t.lines[1:] {
		spent += units(line)
	}
	sections := sectionsOf(hits, quotes)
	picked := pick(sections, length-spent, len(r.answer.Coverage.Used))
	document := int64(0)
	for _, s := range picked {
		if s.document != document && len(r.answer.Coverage.Used) > 1 {
			document = s.document
			title := hits[s.quotes[0].Hit].Title
			t.say("**" + Escape(oneLine(title)) + "**")
		}
		var said []string
		for _, q := range s.quotes {
			h := hits[q.Hit]
			mark := t.mark(retrieval.Place{Version: h.Version, Start: q.Start, End: q.End})
			said = append(said, Escape(oneLine(q.Text))+" "+mark)
		}
		line := strings.Join(said, " … ")
		if s.heading != "" {
			line = r.words.T("answer.summary.point", "heading", Escape(oneLine(s.heading)), "text", line)
		}
		t.say("- " + line)
	}
	t.say(r.answer.Coverage.told(r.words))
	handled, err := r.tell(ctx, t)
	if err == nil && !handled {
		err = &Error{Code: CodeSearchDown, Err: fmt.Errorf("documents changed while they were summarised")}
	}
	return err
}

// summaryFrame chooses the sentence above by whether the documents are in the asker's language.
func (r *request) summaryFrame(hits []retrieval.Hit) string {
	foreign := 0
	for _, h := range hits {
		if h.Lang != r.answer.Lang {
			foreign++
		}
	}
	switch foreign {
	case 0:
		return "answer.summary.same"
	case len(hits):
		return "answer.summary.foreign"
	}
	return "answer.summary.mixed"
}

// tellRows says when and where the sessions of the documents were, and who spoke, where there are few of them.
func (r *request) tellRows(ctx context.Context, t *telling, hits []retrieval.Hit) error {
	if r.config.Facts == nil {
		return nil
	}
	var documents []int64
	for _, c := range r.answer.Coverage.Used {
		documents = append(documents, c.Document)
	}
	sessions, err := r.config.Facts.Sessions(ctx, retrieval.SessionQuery{Filter: r.query.Filter, Documents: documents, Limit: summarySessions + 1})
	if err != nil || len(sessions) > summarySessions {
		return err
	}
	for _, s := range sessions {
		var places []retrieval.Place
		facts := []string{}
		add := func(key, value string, at retrieval.Place) {
			if value != "" {
				facts = append(facts, r.words.T(key, "value", Escape(oneLine(value))))
				places = append(places, at)
			}
		}
		add("answer.summary.when", whenText(s), whenPlace(s))
		add("answer.summary.where", s.Room.Text, s.Room.Place)
		if names := speakerNames(s); len(names) > 0 {
			add("answer.summary.who", strings.Join(names, r.words.T("answer.summary.comma")), s.Speakers[0].Place)
		}
		if len(facts) == 0 {
			continue
		}
		title := r.words.T("answer.summary.title", "title", Escape(oneLine(s.Titles[0].Text)))
		t.say("- " + r.words.T("answer.summary.point", "heading", title, "text", strings.Join(facts, r.words.T("answer.summary.semicolon"))+" "+t.mark(places...)))
	}
	return nil
}

// sectionsOf groups the sentences by what stands above them.
func sectionsOf(hits []retrieval.Hit, quotes []retrieval.Quote) []section {
	var out []section
	best := 0.0
	for _, q := range quotes {
		best = max(best, q.Score)
	}
	last := "\x00"
	for _, q := range quotes {
		h := hits[q.Hit]
		name, speaker := innermost(h.Heading)
		if !speaker && retrieval.Key(name) == retrieval.Key(h.Title) {
			name = ""
		}
		if place := fmt.Sprint(h.Document, h.Heading); place != last {
			last = place
			q.Score += leadBonus * best
		}
		i := slices.IndexFunc(out, func(s section) bool {
			return s.document == h.Document && s.heading == name && s.speaker == speaker
		})
		if i < 0 {
			out = append(out, section{document: h.Document, heading: name, speaker: speaker})
			i = len(out) - 1
		}
		out[i].quotes = append(out[i].quotes, q)
	}
	return out
}

// innermost is the last of the headings above a passage, and reports whether it names who speaks there.
func innermost(heading string) (name string, speaker bool) {
	if i := strings.LastIndex(heading, " › "); i >= 0 {
		heading = heading[i+len(" › "):]
	}
	name, speaker = strings.CutSuffix(strings.TrimRight(heading, " *"), ":")
	if !speaker {
		name, speaker = strings.CutSuffix(name, "：")
	}
	return strings.Trim(name, " *"), speaker
}

// pick keeps the most central sentences within a length, none that says what another does: first the best of each
// document, then of each speaker or section, then whatever is best.
func pick(sections []section, length, documents int) []section {
	type candidate struct {
		retrieval.Quote
		section, turn int // turn: how many of its section are better
	}
	var all []candidate
	for i, s := range sections {
		ranked := slices.Clone(s.quotes)
		slices.SortStableFunc(ranked, func(a, b retrieval.Quote) int { return cmp.Compare(b.Score, a.Score) })
		for turn, q := range ranked {
			all = append(all, candidate{q, i, min(turn, 1)})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(a.turn, b.turn), cmp.Compare(b.Score, a.Score))
	})
	taken := make([][]retrieval.Quote, len(sections))
	begun := map[int64]bool{}
	var said []map[string]bool
	spent := 0
	try := func(c candidate) {
		terms := map[string]bool{}
		for _, t := range lang.Terms(c.Text) {
			terms[t] = true
		}
		n := units(c.Text)
		if spent > 0 && spent+n > length || slices.ContainsFunc(said, func(o map[string]bool) bool { return overlap(terms, o) > likeAnother }) {
			return
		}
		spent += n
		said = append(said, terms)
		taken[c.section] = append(taken[c.section], c.Quote)
	}
	for _, c := range all {
		if document := sections[c.section].document; documents > 1 && !begun[document] {
			begun[document] = true
			try(c)
		}
	}
	for _, c := range all {
		if !slices.ContainsFunc(taken[c.section], func(q retrieval.Quote) bool { return q == c.Quote }) {
			try(c)
		}
	}
	var out []section
	for i, s := range sections {
		if s.quotes = taken[i]; len(s.quotes) > 0 {
			slices.SortFunc(s.quotes, func(a, b retrieval.Quote) int {
				return cmp.Or(cmp.Compare(a.Hit, b.Hit), cmp.Compare(a.Start, b.Start))
			})
			out = append(out, s)
		}
	}
	return out
}

// overlap is the share of a's terms that b holds.
func overlap(a, b map[string]bool) float64 {
	shared := 0
	for t := range a {
		if b[t] {
			shared++
		}
	}
	return float64(shared) / float64(max(1, len(a)))
}

// units is a text's length as a summary's is asked for: English words, Chinese characters.
func units(text string) int { return len(lang.Words(marks.ReplaceAllString(text, " "))) }
