package web

import (
	"strconv"
	"strings"
	"unicode"

	"osmanthus/bot"
	"osmanthus/bot/locale"
)

// A paper is a text to be taken away: as Markdown or in a word processor. Both are made of the same paragraphs.
type paper struct {
	paragraphs []paragraph
}

// The styles of a paragraph.
const (
	styleTitle   = "Title"
	styleHeading = "Heading1"
	styleBody    = "BodyText"
	styleQuote   = "Quote"
	styleItem    = "ListBullet"
	styleNote    = "Note"
)

type paragraph struct {
	Style string
	Runs  []stretch
}

// A stretch is a run of text in one form.
type stretch struct {
	Text string
	Tag  string // of its language; empty: not said
	Bold bool
	Path string // of ours; empty: no link
	url  string // the same, absolute; empty where we do not know our own name
}

// Number is the number of a source without the brackets it has in print.
func (s stretch) Number() string { return strings.Trim(s.Text, "[]") }

func (p *paper) add(style string, runs ...stretch) {
	if len(runs) > 0 {
		p.paragraphs = append(p.paragraphs, paragraph{style, runs})
	}
}

// paper writes a kit in the summary's language.
func (k pressKit) paper() paper {
	var p paper
	t := func(key string, args ...any) stretch { return stretch{Text: k.Words.T(key, args...), Tag: k.Tag} }
	var titles []stretch
	for i, title := range k.Titles {
		if i > 0 {
			titles = append(titles, t("answer.summary.comma"))
		}
		titles = append(titles, stretch{Text: title.Text, Tag: title.Tag})
	}
	if k.Others > 0 {
		titles = append(titles, t("answer.summary.others", "count", k.Others))
	}
	p.add(styleTitle, t("web.press.title"))
	p.add(styleBody, titles...)
	p.add(styleHeading, t("web.press.summary"))
	p.paragraphs = append(p.paragraphs, k.Summary...)
	p.add(styleNote, stretch{Text: k.made(k.Words), Tag: k.Tag})
	if len(k.Dates)+len(k.Places)+len(k.People) > 0 {
		p.add(styleHeading, t("web.press.facts"))
	}
	for _, of := range []struct {
		key   string
		facts []pressFact
	}{{"web.press.dates", k.Dates}, {"web.press.places", k.Places}} {
		for _, f := range of.facts {
			label := t(of.key)
			label.Bold, label.Text = true, label.Text+k.Words.T("web.press.colon")
			p.add(styleItem, label, stretch{Text: f.Text + " ", Tag: f.Tag}, k.source(f.Document, f.URL))
		}
	}
	for _, q := range k.Held {
		label := t("web.press.places")
		label.Bold, label.Text = true, label.Text+k.Words.T("web.press.colon")
		p.add(styleItem, label, stretch{Text: q.Text + " ", Tag: q.Tag}, k.source(q.Document, q.URL))
	}
	for _, person := range k.People {
		runs := []stretch{{Text: person.Name.Text, Tag: person.Name.Tag, Bold: true}, {Text: k.Words.T("web.press.colon"), Tag: k.Tag}}
		for i, position := range person.Positions {
			if i > 0 {
				runs = append(runs, t("answer.summary.semicolon"))
			}
			runs = append(runs, stretch{Text: position.Text, Tag: position.Tag})
		}
		p.add(styleItem, append(runs, stretch{Text: " "}, k.source(person.Document, person.Source))...)
	}
	k.quotePaper(&p, "web.press.numbers", k.Numbers)
	k.quotePaper(&p, "web.press.quotations", k.Quotes)
	if len(k.Sources) > 0 {
		p.add(styleHeading, t("web.chat.sources"))
	}
	for _, source := range k.Sources {
		runs := []stretch{{Text: source.Title.Text + " ", Tag: source.Title.Tag}}
		for _, c := range source.Cites {
			runs = append(runs, stretch{Text: "[" + strconv.Itoa(c.N) + "]", url: k.absolute(c.URL)})
		}
		p.add(styleItem, runs...)
	}
	return p
}

func (k pressKit) quotePaper(p *paper, heading string, quotes []quotation) {
	if len(quotes) == 0 {
		return
	}
	p.add(styleHeading, stretch{Text: k.Words.T(heading), Tag: k.Tag})
	k.quotesIn(p, quotes)
}

func (k pressKit) quotesIn(p *paper, quotes []quotation) {
	for _, q := range quotes {
		p.add(styleQuote, stretch{Text: q.Text, Tag: q.Tag})
		var by []stretch
		for _, s := range q.Speaker {
			by = append(by, stretch{Text: s.Text, Tag: s.Tag, Bold: true}, stretch{Text: " "})
			if q.Reported {
				by = append(by, stretch{Text: k.Words.T("web.press.reported") + " ", Tag: k.Tag})
			}
		}
		p.add(styleNote, append(by, k.source(q.Document, q.URL))...)
	}
}

// made says who wrote the summary and when.
func (k pressKit) made(words locale.Printer) string {
	by := words.T("web.chat.by_quotes")
	if k.Answer.GeneratedBy != bot.GeneratedByQuotes {
		by = words.T("web.chat.by_model", "model", k.Answer.GeneratedBy)
	}
	return words.T("web.press.made", "by", by, "date", dateText(words, k.Given.UTC()))
}

// Single reports whether the kit is of one document, which need not be named again at each of its sentences.
func (k pressKit) Single() bool { return len(k.Titles)+k.Others == 1 }

func (k pressKit) source(document tagged, url string) stretch {
	if k.Single() {
		return stretch{Text: k.Words.T("web.browse.source"), Tag: k.Tag, url: k.absolute(k.link(url))}
	}
	return stretch{Text: k.Words.T("web.press.source", "title", document.Text), Tag: document.Tag, url: k.absolute(k.link(url))}
}

// absolute makes an address of ours one that leads here from elsewhere; empty where we do not know our own name.
func (k pressKit) absolute(path string) string {
	if k.host == "" || !strings.HasPrefix(path, "/") {
		return ""
	}
	return k.host + path
}

// summaryParagraphs are an answer's text. What it quotes in the other language is said to be in it.
func summaryParagraphs(nodes []node, host, tag string) []paragraph {
	var p paper
	for _, n := range nodes {
		switch n.Kind {
		case "ul", "ol":
			for _, item := range n.Children {
				p.add(styleItem, inlineRuns(item.Children, host, tag, false)...)
			}
		case "quote":
			for _, inner := range n.Children {
				p.add(styleQuote, inlineRuns(inner.Children, host, tag, false)...)
			}
		case "pre":
			p.add(styleBody, stretch{Text: n.Text, Tag: tag})
		case "hr":
		default:
			p.add(styleBody, inlineRuns(n.Children, host, tag, n.Kind == "h")...)
		}
	}
	return p.paragraphs
}

func inlineRuns(nodes []node, host, tag string, bold bool) []stretch {
	var out []stretch
	for _, n := range nodes {
		switch n.Kind {
		case "br":
			out = append(out, stretch{Text: "\n"})
		case "cite":
			r := stretch{Text: "[" + n.Text + "]"}
			if strings.HasPrefix(n.URL, "/") {
				if r.Path = n.URL; host != "" {
					r.url = host + n.URL
				}
			}
			out = append(out, r)
		case "strong":
			out = append(out, inlineRuns(n.Children, host, tag, true)...)
		case "em", "link":
			out = append(out, inlineRuns(n.Children, host, tag, bold)...)
		default:
			out = append(out, stretch{Text: n.Text, Tag: languageTag(n.Text, tag), Bold: bold})
		}
	}
	return out
}

// foreignLetters is from how many letters on a run says of itself in which language it is; a shorter one is a name or a
// mark among the words around it.
const foreignLetters = 12

// languageTag is the tag of a run among words of another: own, unless it is surely in the other language.
func languageTag(text, own string) string {
	letters := 0
	for _, r := range text {
		if unicode.IsLetter(r) {
			letters++
		}
	}
	found := tagOf(text).Tag
	if letters < foreignLetters || found == own || strings.HasPrefix(found, "zh") && strings.HasPrefix(own, "zh") && letters < 3*foreignLetters {
		return own
	}
	return found
}

// markdown writes the paper as CommonMark: the documents' own words cannot become marks in it.
func (p paper) markdown() string {
	var b strings.Builder
	last := ""
	for _, g := range p.paragraphs {
		if b.Len() > 0 {
			b.WriteString("\n")
			if g.Style != styleItem || last != styleItem {
				b.WriteString("\n")
			}
		}
		last = g.Style
		prefix := map[string]string{styleTitle: "# ", styleHeading: "## ", styleQuote: "> ", styleItem: "- "}[g.Style]
		b.WriteString(prefix)
		for _, r := range g.Runs {
			text := bot.Escape(r.Text)
			if g.Style == styleQuote {
				text = strings.ReplaceAll(text, "\n", "\n> ")
			} else {
				text = strings.ReplaceAll(text, "\n", " ")
			}
			// Escape takes indents away, which are the space between two runs here.
			if strings.HasPrefix(r.Text, " ") {
				text = " " + text
			}
			switch trimmed := strings.TrimSpace(text); {
			case trimmed == "":
				b.WriteString(" ")
			case r.url != "":
				b.WriteString("[" + text + "](" + r.url + ")")
			case r.Bold:
				b.WriteString("**" + strings.TrimRight(text, " ") + "**" + strings.Repeat(" ", len(text)-len(strings.TrimRight(text, " "))))
			default:
				b.WriteString(text)
			}
		}
	}
	return b.String() + "\n"
}
