// Package lang owns what the program knows of Chinese and English text: which language it is, how it is folded
// for matching, how it is cut into terms and sentences, the names of people in it, and the bilingual dictionary. The
// same functions serve ingest and query, so both sides always agree. It is pure: no database, no network, nothing of
// this module imported.
package lang

// Lang is the code of a language the program speaks.
type Lang string

// The two languages. Text in another script than Han is treated as English: it is cut at white space and punctuation.
const (
	English Lang = "en"
	Chinese Lang = "zh"
)

// Other returns the other of the two languages.
func (l Lang) Other() Lang {
	if l == Chinese {
		return English
	}
	return Chinese
}

// Valid reports whether l is one of the two languages.
func (l Lang) Valid() bool { return l == English || l == Chinese }

// A Span is a range of bytes in a text, Start inclusive, End exclusive, both on character borders.
type Span struct {
	Start int `json:"start"`
	End   int `json:"end"`
}
