package lang

import (
	"strings"
	"unicode/utf8"

	"github.com/kljensen/snowball/english"
)

// Terms returns what a text is found by within its own language, in order and with repeats: English stems without the
// stop words, numbers, and each run of Han as overlapping pairs of characters (a run of one as that character). After
// these come the normal forms of its numbers, dates and times, which are the same however they were written:
// "d:2023-09-16", "d:09-16", "y:2023", "m:09", "t:09:00", "120"; see forms.
func Terms(s string) []string {
	lexemes := lex(unaccent(Fold(s)))
	return append(terms(lexemes), forms(lexemes)...)
}

// Words returns the words of s in order, folded but not stemmed, stop words kept: Latin words and numbers whole, Han and
// kana character by character.
func Words(s string) []string {
	var words []string
	for _, l := range lex(unaccent(Fold(s))) {
		switch l.kind {
		case wordLexeme, numberLexeme:
			words = append(words, l.text)
		case hanLexeme, runLexeme:
			for _, r := range l.text {
				words = append(words, string(r))
			}
		}
	}
	return words
}

func terms(lexemes []lexeme) []string {
	out := make([]string, 0, len(lexemes))
	for i := 0; i < len(lexemes); i++ {
		switch l := lexemes[i]; l.kind {
		case wordLexeme, numberLexeme:
			end := latinEnd(lexemes, i)
			out = latinTerms(out, lexemes[i:end])
			i = end - 1
		case hanLexeme, runLexeme:
			out = pairs(out, l.text)
		}
	}
	return out
}

// latinEnd returns where the words and numbers end that touch one another from i on.
func latinEnd(lexemes []lexeme, i int) int {
	end := i + 1
	for end < len(lexemes) && lexemes[end].kind <= numberLexeme && lexemes[end].start == lexemes[end-1].end {
		end++
	}
	return end
}

// latinTerms appends the terms of words and numbers that touch. "gpt4" is also gpt and 4, because it is written
// "GPT-4" as well; "16th" is not taken apart, its number is one of the forms.
func latinTerms(out []string, parts []lexeme) []string {
	if len(parts) == 1 {
		if t := term(parts[0].text); t != "" {
			out = append(out, t)
		}
		return out
	}
	var whole strings.Builder
	for _, p := range parts {
		whole.WriteString(p.text)
	}
	out = append(out, term(whole.String()))
	if parts[0].kind == wordLexeme {
		for _, p := range parts {
			if t := term(p.text); t != "" {
				out = append(out, t)
			}
		}
	}
	return out
}

// term returns a word's stem, or "" for a stop word.
func term(word string) string {
	if stopWord(word) {
		return ""
	}
	if len(word) > maxStemmed {
		return word[:runeFloor(word, maxStemmed)]
	}
	for i := range len(word) {
		if c := word[i]; c < 'a' || c > 'z' {
			return word
		}
	}
	return english.Stem(word, true)
}

// maxStemmed is the longest word, in bytes, that is stemmed; what is longer is no word and is cut to this length, so
// that a line of base64 does not become a term of its whole length.
const maxStemmed = 64

func runeFloor(s string, i int) int {
	for i > 0 && !utf8.RuneStart(s[i]) {
		i--
	}
	return i
}

// pairs appends the overlapping pairs of a run's characters, or the one character there is.
func pairs(out []string, run string) []string {
	_, first := utf8.DecodeRuneInString(run)
	if first == len(run) {
		return append(out, run)
	}
	for i, j := 0, first; j < len(run); {
		_, n := utf8.DecodeRuneInString(run[j:])
		out = append(out, run[i:j+n])
		i, j = j, j+n
	}
	return out
}

// stopWords are English words that carry no meaning of their own in a question or a gloss, and the words by which a
// dictionary speaks of its entries (variant, old, see, abbr).
var stopWords = wordSet(`a an the of to in on for and or by with at from as is are was were be been it its this that these
those what which who whom when where how why do does did sb sth etc e g i cl variant old see also abbr used esp usu lit fig
one's one into not no has have had can will would about than then there their he she they his her them you your we our
eg ie dont doesnt didnt isnt arent wasnt werent hasnt havent hadnt cant couldnt wont wouldnt shouldnt ones`)

func wordSet(words string) map[string]bool {
	set := map[string]bool{}
	for _, w := range strings.Fields(words) {
		set[w] = true
	}
	return set
}

func stopWord(w string) bool { return stopWords[w] }
