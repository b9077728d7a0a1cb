package bot

import (
	"regexp"
	"strconv"
	"strings"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// A Quotation is what a document has somebody say, to the letter.
type Quotation struct {
	Citation
	Speaker string // as the document writes the name
	// Reported: the words are the document's, about what the speaker said.
	Reported bool
}

const (
	// quotationsEach is how many quotations of one speaker are taken, so that who speaks long does not crowd out the rest.
	quotationsEach = 2
	// shortestTurn and longestTurn bound, in words or characters, a sentence of a transcript that is quoted: shorter ones
	// answer or greet, longer ones are no line for a report.
	shortestTurn, longestTurn = 12, 90
	// besideQuote is how far from a quotation's marks, in bytes, the verb stands that tells whose words they are.
	besideQuote = 80
)

var (
	quotedText = regexp.MustCompile(`“[^“”\n]+”|"[^"\n]+"|「[^「」\n]+」`)
	// saysBefore ends what stands before somebody's words, saysAfter begins what follows them.
	saysBefore = regexp.MustCompile(`(?i)\b(?:said|says|asked|added|stated|noted|explained|stressed|emphasi[sz]ed|remarked|replied|wrote|continued|declared|concluded)(?: that)?[,:]?\s*$|(?:说道?|表示|指出|认为|强调|介绍道?|谈到|提到|呼吁|问道?|写道|回答|总结道?|说过?)[:：，,]?\s*$`)
	saysAfter  = regexp.MustCompile(`(?i)^[\s,.，。]{0,3}(?:[\p{L}.'’-]+\s+){0,4}(?:said|says|asked|added|stated|noted|explained|stressed|emphasi[sz]ed|remarked|replied|wrote|continued|declared|concluded)\b|^[，,。]?\p{Han}{0,8}(?:说|表示|指出|认为|强调)`)
	// reports is in sentences that tell what somebody said.
	reports = regexp.MustCompile(`(?i)\b(?:said|says|stated|noted|explained|stressed|emphasi[sz]ed|pointed out|believes|called for|called on|hopes|asked|proposed|suggested|reported|argued|mentioned|according to)\b|说|表示|指出|认为|强调|介绍|谈到|提到|呼吁|建议|提出|希望|总结`)
)

// Quotations finds what the speakers of whole documents say: the sentences of a transcript, what stands between quotation
// marks beside a verb of saying and a person's name, and the sentences that report what one of the people said. people and
// sessions are the rows of these documents. The order is the documents'.
func Quotations(hits []retrieval.Hit, people []retrieval.Person, sessions []retrieval.Session, limit int) []Quotation {
	q := quoter{counts: map[string]int{}, limit: limit}
	for _, h := range hits {
		if name, speaker := innermost(h.Heading); speaker {
			q.turn(h, lang.Span{End: len(h.Text)}, name)
			continue
		}
		var names []string
		for _, p := range people {
			if p.Document == h.Document && holdsName(h.Text, p.Name.Text) {
				names = append(names, p.Name.Text)
			}
		}
		q.lines(h, names, speaking(sessions, h.Document))
	}
	return q.found
}

// speaking are the names, and the parts such as "Moderator", under which the meetings of a document have people speak.
func speaking(sessions []retrieval.Session, document int64) []string {
	var out []string
	for _, s := range sessions {
		if s.Document == document && s.Kind == retrieval.Meeting {
			out = append(out, speakerNames(s)...)
		}
	}
	return out
}

type quoter struct {
	found  []Quotation
	counts map[string]int // by the speaker's key and whether it is reported
	limit  int
}

func (q *quoter) take(h retrieval.Hit, start, end int, speaker string, reported bool) {
	key := retrieval.Key(speaker) + strconv.FormatBool(reported)
	if len(q.found) == q.limit || q.counts[key] == quotationsEach {
		return
	}
	q.counts[key]++
	q.found = append(q.found, Quotation{Citation: citation(len(q.found)+1, h, h.Start+start, h.Start+end), Speaker: speaker, Reported: reported})
}

// lines parts the turns that a short transcript has within a passage ("Moderator: …") from other text.
func (q *quoter) lines(h retrieval.Hit, names, speakers []string) {
	for at := 0; at < len(h.Text); {
		end := len(h.Text)
		if n := strings.IndexByte(h.Text[at:], '\n'); n >= 0 {
			end = at + n
		}
		line := h.Text[at:end]
		speaker := ""
		for _, name := range speakers {
			if rest, ok := strings.CutPrefix(line, name); ok && (strings.HasPrefix(rest, ":") || strings.HasPrefix(rest, "：")) {
				speaker = name
			}
		}
		switch {
		case speaker != "":
			from := at + strings.IndexAny(line, ":：")
			from += len(h.Text[from:]) - len(strings.TrimLeft(h.Text[from:], ":： "))
			q.turn(h, lang.Span{Start: from, End: end}, speaker)
		case len(names) > 0:
			q.prose(h, lang.Span{Start: at, End: end}, names)
		}
		at = end + 1
	}
}

// turn takes sentences of what one speaker says.
func (q *quoter) turn(h retrieval.Hit, within lang.Span, speaker string) {
	for _, s := range lang.Sentences(h.Text[within.Start:within.End]) {
		from, to := within.Start+s.Start, within.Start+s.End
		text := h.Text[from:to]
		if n := units(text); n >= shortestTurn && n <= longestTurn && !strings.ContainsAny(text, "?？") && !strings.Contains(text, speaker+":") && !strings.Contains(text, speaker+"：") {
			q.take(h, from, to, speaker, false)
		}
	}
}

// prose takes the quotations and reports of a line.
func (q *quoter) prose(h retrieval.Hit, within lang.Span, names []string) {
	for _, s := range lang.Sentences(h.Text[within.Start:within.End]) {
		s = lang.Span{Start: within.Start + s.Start, End: within.Start + s.End}
		text := h.Text[s.Start:s.End]
		speaker := ""
		for _, n := range names {
			if holdsName(text, n) {
				speaker = n
				break
			}
		}
		if speaker == "" {
			continue
		}
		direct := false
		for _, m := range quotedText.FindAllStringIndex(text, -1) {
			words := text[m[0]:m[1]]
			before, after := text[max(0, m[0]-besideQuote):m[0]], text[m[1]:min(len(text), m[1]+besideQuote)]
			if somebodysWords(words) && (saysBefore.MatchString(lang.Simplify(before)) || saysAfter.MatchString(lang.Simplify(after))) && !holdsName(words, speaker) {
				q.take(h, s.Start+m[0], s.Start+m[1], speaker, false)
				direct = true
			}
		}
		if !direct && reports.MatchString(lang.Simplify(strings.ReplaceAll(text, "been said", ""))) {
			q.take(h, s.Start, s.End, speaker, true)
		}
	}
}

// somebodysWords reports whether text between marks is long enough to be more than a title or a term.
func somebodysWords(text string) bool {
	if lang.DetectText(text) == lang.Chinese {
		return units(text) >= quotedHan
	}
	return units(text) >= quotedWords
}

const (
	// leastNumber is from where a number tells a size rather than counts what a sentence lists.
	leastNumber = 10
	// longestNumbered bounds, in words or characters, a sentence that is quoted for its number.
	longestNumbered = 60
	// firstYear and lastYear bound what is taken for a year and no size.
	firstYear, lastYear = 1800, 2100
)

// noSize are numbers that tell no size: dates, times, ordinals.
var noSize = regexp.MustCompile(`(?i)\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[:：]\d{2}|\b(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.? \d{1,2}\b|\b\d{1,2} (?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)|\b\d+(?:st|nd|rd|th)\b|第[\d一二三四五六七八九十百]+|[\d〇零一二三四五六七八九十]+(?:年|月|日|号|點|点|时)`)

// NumberSentences returns up to limit sentences of documents that give a size: a number of ten or more that is no date,
// time or year. Headings, rows and lists are let be.
func NumberSentences(hits []retrieval.Hit, limit int) []Citation {
	var out []Citation
	for _, h := range hits {
		for _, s := range lang.Sentences(h.Text) {
			text := h.Text[s.Start:s.End]
			if len(out) == limit {
				return out
			}
			if units(text) <= longestNumbered && endsSentence(text) && sized(text) {
				out = append(out, citation(len(out)+1, h, h.Start+s.Start, h.Start+s.End))
			}
		}
	}
	return out
}

// sized reports whether a text gives a size.
func sized(text string) bool {
	for _, f := range lang.Figures(noSize.ReplaceAllString(text, " ")) {
		n, err := strconv.ParseFloat(f, 64)
		if err == nil && n >= leastNumber && !(n >= firstYear && n <= lastYear) {
			return true
		}
	}
	return false
}

// held is in sentences that say where something took place.
var held = regexp.MustCompile(`(?i)\b(?:took place|takes place|held|opened) (?:in|at) [^\d]|在[^，。]{2,40}(?:举行|召开|举办|开幕|舉行|召開|舉辦|開幕)`)

// HeldSentences returns up to limit sentences of documents that say where something took place.
func HeldSentences(hits []retrieval.Hit, limit int) []Citation {
	var out []Citation
	for _, h := range hits {
		for _, s := range lang.Sentences(h.Text) {
			if text := h.Text[s.Start:s.End]; len(out) < limit && endsSentence(text) && held.MatchString(text) {
				out = append(out, citation(len(out)+1, h, h.Start+s.Start, h.Start+s.End))
			}
		}
	}
	return out
}

// endsSentence tells a sentence from a heading or a cell.
func endsSentence(text string) bool {
	for _, mark := range []string{".", "!", "。", "！", ".”", "。”", "」"} {
		if strings.HasSuffix(text, mark) {
			return true
		}
	}
	return false
}
