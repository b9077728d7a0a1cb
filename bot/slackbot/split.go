package slackbot

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"osmanthus/retrieval/lang"
)

// split cuts rendered Markdown into parts of at most limit characters (code points, which is what Slack counts): between
// paragraphs where it can, else between lines, sentences, words, or at least between characters as a reader sees them;
// never within a mark, a source's number, emphasis or code. A fence that is cut is closed and opened again.
func split(text string, limit int) []string {
	var parts []string
	for {
		text = strings.Trim(text, "\n")
		if utf8.RuneCountInString(text) <= limit {
			if text != "" || len(parts) == 0 {
				parts = append(parts, text)
			}
			return parts
		}
		cut, fenced := cutAt(text, limit-len(fenceEnd))
		part := strings.TrimRight(text[:cut], " \n")
		rest := strings.TrimLeft(text[cut:], " \n")
		if fenced {
			part, rest = strings.TrimRight(text[:cut], "\n")+fenceEnd, "```\n"+strings.TrimLeft(text[cut:], "\n")
		}
		parts = append(parts, part)
		text = rest
	}
}

const fenceEnd = "\n```"

// cutAt returns where to cut so that at most limit characters stand before it, and whether that is within a fence.
func cutAt(text string, limit int) (int, bool) {
	most := 0 // bytes of limit characters
	for n := 0; n < limit; n++ {
		_, size := utf8.DecodeRuneInString(text[most:])
		most += size
	}
	best, rank := 0, 0
	fenced, bestFenced, opened := false, false, false // opened: the line before began a fence
	lineStart := 0
	for lineStart < most {
		lineEnd := strings.IndexByte(text[lineStart:], '\n')
		if lineEnd < 0 {
			lineEnd = len(text)
		} else {
			lineEnd += lineStart
		}
		line := text[lineStart:lineEnd]
		isFence := slackFence.MatchString(line)
		if lineStart > 0 && !isFence && !opened { // behind what begins a fence, nothing would be cut off
			at := 4 // between lines
			if !fenced && strings.HasSuffix(text[:lineStart], "\n\n") {
				at = 5 // between paragraphs
			}
			if fenced {
				at = 2
			}
			// A cut that leaves most of the room unused is worth less than a worse one that does not.
			if at >= rank || lineStart > best*2 {
				best, rank, bestFenced = lineStart, at, fenced
			}
		}
		if opened = isFence && !fenced; isFence {
			fenced = !fenced
		} else if lineEnd > most && !fenced {
			if at, r := cutLine(line, most-lineStart); at > 0 && (r > rank || best < most/2) {
				best, rank, bestFenced = lineStart+at, r, false
			}
		}
		lineStart = lineEnd + 1
	}
	if best == 0 { // one word, or one line of code, longer than a part
		best, bestFenced = lang.GraphemeFloor(text, most), fenced
		if best > most { // a single character longer than the limit
			best = most
		}
	}
	return best, bestFenced
}

// cutLine returns the best place to cut a line of Markdown at or before byte most, with its rank.
func cutLine(line string, most int) (cut, rank int) {
	floor := lang.GraphemeFloor(line, most)
	if floor > most {
		return 0, 0
	}
	bold, italic, code, bracket := false, false, false, false
	grapheme := 0
	for i := 0; i < floor; {
		r, size := utf8.DecodeRuneInString(line[i:])
		switch {
		case r == '\\' && i+size < floor:
			i += size
			_, size = utf8.DecodeRuneInString(line[i:])
		case r == '`':
			code = !code
		case code:
		case strings.HasPrefix(line[i:], "**"):
			bold, size = !bold, 2
		case r == '*':
			italic = !italic
		case r == '[':
			bracket = true
		case r == ']':
			bracket = false
		}
		i += size
		if i > floor || bold || italic || code || bracket {
			continue
		}
		switch next, _ := utf8.DecodeRuneInString(line[i:]); {
		case strings.ContainsRune("。！？；", r) || strings.ContainsRune(".!?;", r) && unicode.IsSpace(next):
			if next != '[' { // the source's number belongs to the sentence
				cut, rank = i, 3
			}
		case unicode.IsSpace(r) && rank < 3:
			cut, rank = i, 2
		case unicode.Is(unicode.Han, r) && unicode.Is(unicode.Han, next) && rank < 2:
			grapheme = i
		}
	}
	if rank > 0 && cut > floor/2 {
		return cut, rank
	}
	if grapheme > cut {
		return grapheme, 1
	}
	return cut, rank
}

// settled returns how many bytes of raw behind sent can be shown for good: whole lines, and of the last one what no mark
// is open in. Of a fence, nothing before it ends.
func settled(raw string, sent int) int {
	added := raw[sent:]
	at, safe, fenced := 0, 0, false
	for {
		end := strings.IndexByte(added[at:], '\n')
		if end < 0 {
			break
		}
		if slackFence.MatchString(added[at : at+end]) {
			fenced = !fenced
		}
		if at += end + 1; !fenced {
			safe = at
		}
	}
	line := added[at:]
	if fenced || slackFence.MatchString(line) || lineMarker.FindString(line) == line {
		return safe
	}
	cut, rank := cutLine(line, len(line))
	if rank < 2 {
		return safe
	}
	return at + cut
}

// renderFrom renders a piece that begins within a line where mid is set.
func renderFrom(piece string, mid bool) string {
	if !mid {
		return render(piece)
	}
	first, rest, more := strings.Cut(piece, "\n")
	var out strings.Builder
	renderInline(&out, first, 0)
	if more {
		out.WriteString("\n" + render(rest))
	}
	return out.String()
}
