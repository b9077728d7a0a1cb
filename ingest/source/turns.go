package source

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"osmanthus/retrieval/lang"
)

// What makes a text a transcript: so many turns, by several speakers who come back, in most of its lines. Chosen so that
// lists of people, records of labelled lines and notes with a few quotations are none.
const (
	leastTurns    = 6
	turnShare     = 0.4 // of the lines, that begin a turn
	comingBack    = 0.6 // of the turns, that are of a speaker with several
	turnWords     = 12  // graphemes of a turn, on average, the least
	speakerLength = 40
	speakerWords  = 6
)

var (
	// turn is a line "[00:01:02] Name (role): words"; the name is the second group.
	turn = regexp.MustCompile(`^((?:[\[(（]?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?[\])）]?[ \t]*[-–—]?[ \t]*)?)([^:：\n。！？!?;；,，"“「]{1,80}?)(?:[ \t]*[\[(（]\d{1,2}:\d{2}(?::\d{2})?[\])）])?[ \t]*(?:：|:(?:[ \t\n]|$|\p{Han}))`)
	// labelled words announce a field, not a speaker.
	fieldLabel = regexp.MustCompile(`(?i)^(?:.*/\s*)?(?:date|time|when|where|room|venue|location|place|address|title|topic|subject|theme|session|track|type|language|speakers?|presenters?|panelists?|participants?|attendees?|present|organi[sz]ers?|note|notes|source|link|url|tel|phone|e-?mail|contact|web(?:site)?|price|fee|keywords?|tags?|abstract|summary|description|status|version|author|by|from|to|cc|re|see|figure|fig|table|step|example` +
		`|日期|时间|時間|地点|地點|地址|会场|會場|会议室|會議室|主题|主題|题目|題目|标题|標題|议题|議題|议程|議程|类型|類型|语言|語言|讲者|講者|主讲人?|主講人?|出席|参会|與會|与会人员|主办方?|主辦方?|承办|协办|备注|備註|来源|來源|链接|鏈接|连结|電話|电话|邮箱|郵箱|联系人?|聯絡人?|费用|費用|关键词|關鍵詞|标签|標籤|摘要|简介|簡介|描述|状态|狀態|版本|作者|图|圖|表|例|注)$`)
)

// turns makes headings of who speaks, where a document is a transcript whose speakers stand before their words, so that
// a turn is a section and each of its passages knows its speaker. The text stays as it is.
func (b *builder) turns() {
	all := b.text.String()
	type start struct{ block, from, colon int } // colon: the byte after it
	var starts []start
	counts := map[string]int{}
	lines, words := 0, 0
	deepest := 0
	for i, block := range b.blocks {
		if block.Kind == Heading {
			deepest = max(deepest, block.Level)
		}
		if block.Kind != Paragraph {
			continue
		}
		for from := block.Start; from < block.End; {
			end := block.End
			if n := strings.IndexByte(all[from:block.End], '\n'); n >= 0 {
				end = from + n
			}
			lines++
			if name, after := speakerOfLine(all[from:end]); name != "" {
				starts = append(starts, start{i, from, from + after})
				counts[name]++
				words += lang.Graphemes(all[from+after : end])
			}
			from = end + 1
		}
	}
	returning, speakers := 0, 0
	for _, n := range counts {
		if n > 1 {
			returning += n
			speakers++
		}
	}
	if returning < leastTurns || speakers < 2 || float64(returning) < comingBack*float64(len(starts)) ||
		float64(len(starts)) < turnShare*float64(lines) || words < turnWords*len(starts) {
		return
	}
	var blocks []Block
	next := 0
	for i, block := range b.blocks {
		from := block.Start
		part := func(kind BlockKind, level, start, end int) {
			for start < end && blankAt(all, start) {
				_, n := utf8.DecodeRuneInString(all[start:])
				start += n
			}
			if text := strings.TrimRightFunc(all[start:end], blank); text != "" {
				blocks = append(blocks, Block{Kind: kind, Level: level, Start: start, End: start + len(text), Page: block.Page})
			}
		}
		split := false
		for ; next < len(starts) && starts[next].block == i; next++ {
			s := starts[next]
			part(Paragraph, 0, from, s.from)
			part(Heading, deepest+1, s.from, s.colon)
			from, split = s.colon, true
		}
		if split {
			part(Paragraph, 0, from, block.End)
		} else {
			blocks = append(blocks, block)
		}
	}
	b.blocks = blocks
}

func blankAt(s string, at int) bool {
	r, _ := utf8.DecodeRuneInString(s[at:])
	return blank(r)
}

// speakerOfLine returns who speaks in a line, and the byte after the colon.
func speakerOfLine(line string) (name string, after int) {
	m := turn.FindStringSubmatchIndex(line)
	if m == nil {
		return "", 0
	}
	name = strings.TrimSpace(line[m[4]:m[5]])
	if !strings.ContainsFunc(name, unicode.IsLetter) || lang.Graphemes(name) > speakerLength || len(strings.Fields(name)) > speakerWords ||
		fieldLabel.MatchString(name) {
		return "", 0
	}
	after = m[1]
	if r, n := utf8.DecodeLastRuneInString(line[:after]); r != ':' && r != '：' {
		after -= n // what follows the colon is the words'
	}
	return strings.ToLower(name), after
}

// speaks reports whether a line begins as a turn does.
func speaks(line string) bool {
	name, _ := speakerOfLine(line)
	return name != ""
}
