package bot

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"osmanthus/bot/locale"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// An Exchange is a question asked before and its answer, as an asker gives them who holds the conversation.
type Exchange struct {
	Question string
	Answer   string // Markdown, as it was given
	Document string // the title of the only document that it cites; may be empty
}

// exchangeLength is how much of an answer is read for what it names, in characters: as much as its longest list has.
const exchangeLength = 4000

var (
	// listedTitle is the title that a line of a list begins with.
	listedTitle = regexp.MustCompile(`(?m)^- (.+?) (?:— |\[\d)`)
	// boldStart is whom a card is of.
	boldStart = regexp.MustCompile(`(?m)^\*\*(.+?)\*\*`)
)

// retold makes turns of what the asker gives of the conversation. It is the asker's own word, so it names things and
// proves nothing: a title counts where the asker may see a session of it.
func (r *request) retold(ctx context.Context) []turn {
	past := r.question.History
	past = slices.Clone(past[max(0, len(past)-maxTurns):])
	named := make([][]string, len(past)) // titles that the exchange may be about
	var all []string
	for i := range past {
		e := &past[i]
		e.Question = strings.TrimSpace(lang.Clean(lang.Truncate(e.Question, MaxQuestion)))
		e.Answer = Plain(lang.Clean(lang.Truncate(e.Answer, exchangeLength)))
		named[i] = titlesNamed(*e)
		all = append(all, named[i]...)
	}
	sessions, err := r.sessionsCalled(ctx, all)
	if err != nil {
		r.config.Log.WarnContext(ctx, "sessions of the conversation not read", "id", r.answer.ID, "error", err)
	}
	var turns []turn
	for i, e := range past {
		if e.Question != "" {
			turns = append(turns, turnOf(e, r.config.Catalog, turns, called(sessions, named[i])))
		}
	}
	return turns
}

// turnOf reads an exchange that follows on turns and whose answer tells of sessions.
func turnOf(e Exchange, catalog *locale.Catalog, before []turn, sessions []retrieval.Session) turn {
	t := turn{
		Asked: e.Question, Whole: followUpOf(e.Question, before).whole, Lang: lang.Detect(e.Question),
		Answer: lang.Truncate(e.Answer, turnAnswer),
	}
	for _, m := range boldStart.FindAllStringSubmatch(e.Answer, turnNames) {
		if ownNames(m[1]) {
			t.About = addPerson(t.About, m[1])
		}
	}
	card := len(t.About) > 0
	if !card {
		for _, name := range questionNames(t.Whole) {
			t.About = addPerson(t.About, name)
		}
	}
	if e.Answer == "" || refuses(catalog, e.Answer) {
		return t // what a refusal names is not what was asked about
	}
	t.Document = e.Document
	for _, s := range sessions {
		titles := SessionOf(s).Titles
		if len(t.Sessions) < turnNames && !slices.ContainsFunc(t.Sessions, func(o []string) bool { return o[0] == titles[0] }) {
			t.Sessions = append(t.Sessions, titles)
		}
	}
	tell := func(name string) {
		if !known(t.About, []string{name}) {
			t.Told = addPerson(t.Told, name)
		}
	}
	switch {
	case len(t.Sessions) == 1:
		for _, name := range speakerNames(sessions[0]) {
			tell(name)
		}
	case len(t.Sessions) == 0 && !card:
		for _, n := range lang.NamesIn(e.Answer) {
			if n.Sure >= sureName {
				tell(e.Answer[n.Start:n.End])
			}
		}
	}
	return t
}

// refuses reports whether a text begins as a refusal does, in any language.
func refuses(c *locale.Catalog, text string) bool {
	return slices.ContainsFunc([]locale.Printer{c.For(lang.English), c.For(lang.Chinese), c.Traditional()}, func(p locale.Printer) bool {
		return strings.HasPrefix(text, p.T("answer.not_found"))
	})
}

// titlesNamed returns what stands in quotation marks in an exchange, or begins a line of a list in its answer.
func titlesNamed(e Exchange) []string {
	var out []string
	add := func(title string) {
		if title = strings.TrimSpace(strings.Trim(title, `"“”「」《》`)); title != "" && !slices.Contains(out, title) {
			out = append(out, title)
		}
	}
	for _, text := range []string{e.Question, e.Answer} {
		for _, title := range quoteAny.FindAllString(text, turnNames) {
			add(title)
		}
	}
	for _, m := range listedTitle.FindAllStringSubmatch(e.Answer, turnNames) {
		add(m[1])
	}
	return out
}

// sessionsCalled returns the sessions with one of the titles.
func (r *request) sessionsCalled(ctx context.Context, titles []string) ([]retrieval.Session, error) {
	var keys []string
	for _, t := range titles {
		keys = append(keys, retrieval.Keys(t)...)
	}
	if r.config.Facts == nil || len(keys) == 0 {
		return nil, nil
	}
	return r.config.Facts.Sessions(ctx, retrieval.SessionQuery{Filter: r.query.Filter, Titles: keys, Limit: maxTurns * turnNames})
}

// called keeps the sessions with one of the titles.
func called(sessions []retrieval.Session, titles []string) []retrieval.Session {
	var out []retrieval.Session
	for _, s := range sessions {
		if slices.ContainsFunc(s.Titles, func(own retrieval.Value) bool {
			return slices.ContainsFunc(titles, func(t string) bool {
				return slices.ContainsFunc(retrieval.Keys(t), func(k string) bool { return slices.Contains(retrieval.Keys(own.Text), k) })
			})
		}) {
			out = append(out, s)
		}
	}
	return out
}
