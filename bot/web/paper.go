package web

import (
	"strconv"
	"strings"

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
	style string
	runs  []stretch
}

// A stretch is a run of text in one form.
type stretch struct {
	text string
	tag  string // of its language; empty: not said
	bold bool
	url  string // absolute; empty: no link
}

func (p *paper) add(style string, runs ...stretch) {
	if len(runs) > 0 {
		p.paragraphs = append(p.paragraphs, paragraph{style, runs})
	}
}

// paper writes a kit in the summary's language.
func (k pressKit) paper() paper {
	var p paper
	t := func(key string, args ...any) stretch { return stretch{text: k.Words.T(key, args...), tag: k.Tag} }
	var titles []stretch
	for i, title := range k.Titles {
		if i > 0 {
			titles = append(titles, t("answer.summary.comma"))
		}
		titles = append(titles, stretch{text: title.Text, tag: title.Tag})
	}
	p.add(styleTitle, t("web.press.title"))
	p.add(styleBody, titles...)
	p.add(styleHeading, t("web.press.summary"))
	p.nodes(k.text, k.host, k.Tag)
	p.add(styleNote, stretch{text: k.made(k.Words), tag: k.Tag})
	if len(k.Dates)+len(k.Places)+len(k.People) > 0 {
		p.add(styleHeading, t("web.press.facts"))
	}
	for _, of := range []struct {
		key   string
		facts []pressFact
	}{{"web.press.dates", k.Dates}, {"web.press.places", k.Places}} {
		for _, f := range of.facts {
			label := t(of.key)
			label.bold, label.text = true, label.text+k.Words.T("web.press.colon")
			p.add(styleItem, label, stretch{text: f.Text + " ", tag: f.Tag}, k.source(f.Document, f.URL))
		}
	}
	for _, person := range k.People {
		runs := []stretch{{text: person.Name.Text, tag: person.Name.Tag, bold: true}, {text: k.Words.T("web.press.colon"), tag: k.Tag}}
		for i, position := range person.Positions {
			if i > 0 {
				runs = append(runs, t("answer.summary.semicolon"))
			}
			runs = append(runs, stretch{text: position.Text, tag: position.Tag})
		}
		p.add(styleItem, append(runs, stretch{text: " "}, k.source(person.Document, person.Source))...)
	}
	k.quotePaper(&p, "web.press.numbers", k.Numbers)
	k.quotePaper(&p, "web.press.quotations", k.Quotes)
	if len(k.Answer.Citations) > 0 {
		p.add(styleHeading, t("web.chat.sources"))
	}
	for _, c := range k.Answer.Citations {
		title := tagOf(c.Title)
		p.add(styleItem, stretch{text: "[" + strconv.Itoa(c.N) + "] "}, stretch{text: title.Text, tag: title.Tag, url: k.absolute(c.URL)})
	}
	return p
}

func (k pressKit) quotePaper(p *paper, heading string, quotes []quotation) {
	if len(quotes) == 0 {
		return
	}
	p.add(styleHeading, stretch{text: k.Words.T(heading), tag: k.Tag})
	for _, q := range quotes {
		p.add(styleQuote, stretch{text: q.Text, tag: q.Tag})
		var by []stretch
		for _, s := range q.Speaker {
			by = append(by, stretch{text: s.Text, tag: s.Tag, bold: true}, stretch{text: " "})
			if q.Reported {
				by = append(by, stretch{text: k.Words.T("web.press.reported") + " ", tag: k.Tag})
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

func (k pressKit) source(document tagged, url string) stretch {
	return stretch{text: k.Words.T("web.press.source", "title", document.Text), tag: document.Tag, url: k.absolute(url)}
}

// absolute makes an address of ours one that leads here from elsewhere; empty where we do not know our own name.
func (k pressKit) absolute(path string) string {
	if k.host == "" || !strings.HasPrefix(path, "/") {
		return ""
	}
	return k.host + path
}

// nodes writes an answer's text.
func (p *paper) nodes(nodes []node, host, tag string) {
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
			p.add(styleBody, stretch{text: n.Text, tag: tag})
		case "hr":
		default:
			p.add(styleBody, inlineRuns(n.Children, host, tag, n.Kind == "h")...)
		}
	}
}

func inlineRuns(nodes []node, host, tag string, bold bool) []stretch {
	var out []stretch
	for _, n := range nodes {
		switch n.Kind {
		case "br":
			out = append(out, stretch{text: "\n"})
		case "cite":
			r := stretch{text: "[" + n.Text + "]"}
			if host != "" && strings.HasPrefix(n.URL, "/") {
				r.url = host + n.URL
			}
			out = append(out, r)
		case "strong":
			out = append(out, inlineRuns(n.Children, host, tag, true)...)
		case "em", "link":
			out = append(out, inlineRuns(n.Children, host, tag, bold)...)
		default:
			out = append(out, stretch{text: n.Text, tag: tag, bold: bold})
		}
	}
	return out
}

// markdown writes the paper as CommonMark: the documents' own words cannot become marks in it.
func (p paper) markdown() string {
	var b strings.Builder
	last := ""
	for _, g := range p.paragraphs {
		if b.Len() > 0 {
			b.WriteString("\n")
			if g.style != styleItem || last != styleItem {
				b.WriteString("\n")
			}
		}
		last = g.style
		prefix := map[string]string{styleTitle: "# ", styleHeading: "## ", styleQuote: "> ", styleItem: "- "}[g.style]
		b.WriteString(prefix)
		for _, r := range g.runs {
			text := bot.Escape(r.text)
			if g.style == styleQuote {
				text = strings.ReplaceAll(text, "\n", "\n> ")
			} else {
				text = strings.ReplaceAll(text, "\n", " ")
			}
			// Escape takes indents away, which are the space between two runs here.
			if strings.HasPrefix(r.text, " ") {
				text = " " + text
			}
			switch trimmed := strings.TrimSpace(text); {
			case trimmed == "":
				b.WriteString(" ")
			case r.url != "":
				b.WriteString("[" + text + "](" + r.url + ")")
			case r.bold:
				b.WriteString("**" + strings.TrimRight(text, " ") + "**" + strings.Repeat(" ", len(text)-len(strings.TrimRight(text, " "))))
			default:
				b.WriteString(text)
			}
		}
	}
	return b.String() + "\n"
}
