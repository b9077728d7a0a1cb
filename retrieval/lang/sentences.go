package lang

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// longSentence is from how many characters on a Chinese ；also ends a sentence; below, its halves are read together.
const longSentence = 80

// maxAside is the most bytes that are looked through for the bracket that closes another.
const maxAside = 600

// Sentences returns where the sentences of s stand, in order, without the white space around them; nothing but white
// space is left between them. A line end is a border, so that a heading, an item or a row is a sentence of its own.
// Closing quotation marks and brackets stay with the sentence they close, what stands in brackets with the sentence around
// them; a full stop after an abbreviation, an initial or inside a number, a version or an address ends none.
func Sentences(s string) []Span {
	var out []Span
	start := 0
	emit := func(end int) {
		if from, to := trimmed(s, start, max(start, end)); from < to {
			out = append(out, Span{Start: from, End: to})
		}
		start = max(start, end)
		start += len(s[start:]) - len(strings.TrimLeftFunc(s[start:], unicode.IsSpace))
	}
	long := 0 // characters since start
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		end := i + n
		switch {
		case lineEnd(r):
			emit(i)
		case opensAside(r):
			if shut := closingOf(s, i); shut > 0 {
				from, _ := trimmed(s, start, i+n)
				end = shut
				if from == i && wholeAside(s, i, shut) { // (A sentence of its own.)
					emit(shut)
				}
			}
		case stopMark(r):
			if end = afterStop(s, i); ends(s, start, i, end) {
				emit(end)
			}
		case (r == '；' || r == ';' && hanBeside(s, i)) && long >= longSentence:
			end = afterStop(s, i)
			emit(end)
		}
		if start > i {
			long = 0
		} else {
			long += utf8.RuneCountInString(s[i:end])
		}
		i = max(end, start)
	}
	emit(len(s))
	return out
}

func trimmed(s string, from, to int) (start, end int) {
	part := s[from:to]
	left := len(part) - len(strings.TrimLeftFunc(part, unicode.IsSpace))
	right := len(strings.TrimRightFunc(part, unicode.IsSpace))
	return from + left, from + max(left, right)
}

func lineEnd(r rune) bool { return r == '\n' || r == '\r' || r == 0x2028 || r == 0x2029 }

// stopMark reports whether a sentence may end with r.
func stopMark(r rune) bool { return strings.ContainsRune(".!?。！？｡．…‼⁇⁈⁉‽", r) }

// strongStop reports whether r ends a sentence without a blank after it.
func strongStop(r rune) bool { return strings.ContainsRune("。！？｡", r) }

func closing(r rune) bool {
	return strings.ContainsRune("”’」』）)]】》〉〕»›］｝}〗〞＂＇", r)
}

// asides are the brackets whose inside does not end the sentence around them.
var asides = map[rune]rune{'(': ')', '（': '）', '《': '》', '〈': '〉', '[': ']', '【': '】'}

func opensAside(r rune) bool { return asides[r] != 0 }

// closingOf returns the place after the bracket that closes the one at i on the same line, 0 if none is near.
func closingOf(s string, i int) int {
	open, n := utf8.DecodeRuneInString(s[i:])
	shut, depth := asides[open], 1
	for j, r := range s[i+n : min(len(s), i+n+maxAside)] {
		switch {
		case lineEnd(r):
			return 0
		case r == open:
			depth++
		case r == shut:
			if depth--; depth == 0 {
				return i + n + j + utf8.RuneLen(r)
			}
		}
	}
	return 0
}

// wholeAside reports whether the bracket s[i:shut] holds whole sentences and nothing of another follows.
func wholeAside(s string, i, shut int) bool {
	shutting, n := utf8.DecodeLastRuneInString(s[:shut])
	if strings.ContainsRune("》〉", shutting) { // a title
		return false
	}
	last, _ := utf8.DecodeLastRuneInString(s[i : shut-n])
	if !stopMark(last) {
		return false
	}
	next, known := nextWord(s, shut)
	return !known || unicode.IsUpper(next) || isHan(next)
}

// afterStop returns the end of the marks at i: those that end a sentence, what closes after them, an emoji.
func afterStop(s string, i int) int {
	_, n := utf8.DecodeRuneInString(s[i:])
	i += n
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case stopMark(r), closing(r), pictograph(r), r == 0xFE0F, r == 0x200D:
		case (r == '"' || r == '\'' || r == '*' || r == '_') && !wordAt(s, i+n): // closes here, since no word begins
		default:
			return i
		}
		i += n
	}
	return i
}

func wordAt(s string, i int) bool {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return i < len(s) && (unicode.IsLetter(r) || unicode.IsDigit(r))
}

// ends reports whether the marks s[i:end] end the sentence that began at start.
func ends(s string, start, i, end int) bool {
	if end >= len(s) {
		return true
	}
	marks := s[i:end]
	next, _ := utf8.DecodeRuneInString(s[end:])
	if strings.ContainsRune("，、；：,;:", next) {
		return false
	}
	if strings.ContainsFunc(marks, strongStop) {
		return !saidAfter(s, marks, end)
	}
	if !unicode.IsSpace(next) {
		return endsWithoutBlank(s, start, i, marks, next)
	}
	following, known := nextWord(s, end)
	if !known {
		return true
	}
	if marks[0] == '.' && !strings.HasPrefix(marks, "..") {
		switch abbreviation(s, start, i) {
		case neverEnds:
			return false
		case mayEnd:
			return startsSentence(s, end)
		case endsAtCapital:
			return unicode.IsUpper(following) && !continuesTime(s, end) || isHan(following)
		}
	}
	return !unicode.IsLower(following)
}

// endsWithoutBlank decides where no blank follows the marks: "3.5", "example.org", "Yahoo!'s" and 嗯……好 go on; a mark
// between Han, or before an opening quotation mark, ends.
func endsWithoutBlank(s string, start, i int, marks string, next rune) bool {
	switch {
	case strings.HasPrefix(marks, "…"), strings.HasPrefix(marks, ".."):
		return false
	case marks[0] == '.' && !hanBefore(s, i) && abbreviation(s, start, i) != noAbbreviation:
		return false
	case isHan(next) || strings.ContainsRune("“「『", next):
		return !saidAfter(s, marks, i+len(marks))
	}
	return false
}

// saidAfter reports whether a quotation that asks or calls out is followed by who said it: “去哪里？”他问道。
func saidAfter(s, marks string, end int) bool {
	last, _ := utf8.DecodeLastRuneInString(marks)
	if !strings.ContainsRune("”」』’", last) || strings.Contains(marks, "。") {
		return false
	}
	const near = 8
	n := 0
	for _, r := range s[end:] {
		if n++; n > near || !isHan(r) {
			return false
		}
		if strings.ContainsRune("说說问問道喊答叫", r) {
			return true
		}
	}
	return false
}

func hanBefore(s string, i int) bool {
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return isHan(r)
}

func hanBeside(s string, i int) bool {
	next, _ := utf8.DecodeRuneInString(s[i+1:])
	return hanBefore(s, i) || isHan(next)
}

// maxWordGap is the most bytes looked through for the word before or after a mark.
const maxWordGap = 80

// nextWord returns the first letter or digit of what follows on the line; known is false if there is none.
func nextWord(s string, i int) (r rune, known bool) {
	for _, r := range s[i:min(len(s), i+maxWordGap)] {
		switch {
		case lineEnd(r):
			return 0, false
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			return r, true
		}
	}
	return 0, false
}
