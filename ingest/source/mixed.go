package source

import (
	"bytes"
	"regexp"
	"strings"
	"unicode/utf8"
)

// mixedLines decodes a text whose lines are partly UTF-8 and partly of an older encoding, as files have that were put
// together by hand, and returns the numbers of the older lines; nil where the text is not such a one. In one encoding the
// lines of the other would be garbage without a word of warning.
func mixedLines(b []byte) (text string, older []int) {
	if utf8.Valid(b) || bytes.IndexByte(b, 0) >= 0 || bytes.HasPrefix(b, []byte("\xFF\xFE")) || bytes.HasPrefix(b, []byte("\xFE\xFF")) {
		return "", nil
	}
	modern := 0
	var out strings.Builder
	n := 0
	for line := range bytes.Lines(b) {
		n++
		if utf8.Valid(line) {
			if threes(line) >= 2 {
				modern++
			}
			out.Write(line)
			continue
		}
		if threes(line) >= 2 && !old(line) {
			out.WriteString(strings.ToValidUTF8(string(line), "\uFFFD")) // one byte is broken, as a cut leaves it
			modern++
			continue
		}
		e := legacy(line)
		if e == nil {
			return "", nil
		}
		decoded, err := e.NewDecoder().Bytes(line)
		if err != nil {
			return "", nil
		}
		out.Write(decoded)
		older = append(older, n)
	}
	if modern == 0 || len(older) == 0 {
		return "", nil
	}
	return out.String(), older
}

// threes counts sequences of three bytes and more, which text of the older Chinese encodings has hardly ever by chance.
func threes(line []byte) int {
	n := 0
	for len(line) > 0 {
		_, size := utf8.DecodeRune(line)
		if size >= 3 {
			n++
		}
		line = line[size:]
	}
	return n
}

// old reports whether more of a line is broken as UTF-8 than is whole.
func old(line []byte) bool {
	whole, broken := utf8Parts(line)
	return broken > whole
}

// mojibake is text that was decoded wrongly before it came here: the replacement character's bytes taken for GBK, what
// debuggers fill memory with, UTF-8 taken for Latin-1.
var mojibake = regexp.MustCompile(`锟斤拷|烫烫烫|屯屯屯|ï»¿|â€[\x{80}-\x{BF}œ™“”˜]|Ã[\x{80}-\x{BF}]{1,2}[^\x{80}-\x{FF}]|[äåæçèé][\x{80}-\x{BF}–—‘’“”„…†‡ˆ‰Š‹ŒŽ•˜™š›œžŸ€ƒ‚]{2}`)

// mojibakeLines are the numbers of the lines that hold such text; a single find may be chance or a quotation.
func mojibakeLines(text string) []int {
	var found []int
	n, finds := 0, 0
	for line := range strings.Lines(text) {
		n++
		if m := len(mojibake.FindAllStringIndex(line, -1)); m > 0 {
			finds += m
			found = append(found, n)
		}
	}
	if finds < 2 {
		return nil
	}
	return found
}
