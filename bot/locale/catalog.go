// Package locale owns every word the program shows to a person: two flat catalogues of texts, one a language, with the
// same keys, and of what answers a question the Chinese texts in Traditional characters besides. It must not import anything of this module but retrieval/lang.
package locale

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"osmanthus/retrieval/lang"
)

//go:embed en.json zh.json zh-Hant.json
var files embed.FS

// A Catalog holds the texts of both languages. It never changes after New and is safe for concurrent use.
type Catalog struct {
	texts       map[lang.Lang]map[string]string
	traditional map[string]string // of Chinese; the rest is read in Simplified
}

// New reads the embedded catalogues.
func New() (*Catalog, error) {
	c := &Catalog{texts: map[lang.Lang]map[string]string{}}
	for _, l := range []lang.Lang{lang.English, lang.Chinese} {
		texts, err := read(string(l) + ".json")
		if err != nil {
			return nil, err
		}
		c.texts[l] = texts
	}
	hant, err := read("zh-Hant.json")
	if err != nil {
		return nil, err
	}
	c.traditional = maps.Clone(c.texts[lang.Chinese])
	maps.Copy(c.traditional, hant)
	return c, nil
}

func read(name string) (map[string]string, error) {
	raw, err := files.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read catalogue: %w", err)
	}
	texts := map[string]string{}
	if err := json.Unmarshal(raw, &texts); err != nil {
		return nil, fmt.Errorf("read catalogue %s: %w", name, err)
	}
	return texts, nil
}

// Traditional returns the printer of Chinese in Traditional characters.
func (c *Catalog) Traditional() Printer { return Printer{lang: lang.Chinese, texts: c.traditional} }

// For returns the printer of a language; English for one the program does not speak.
func (c *Catalog) For(l lang.Lang) Printer {
	if !l.Valid() {
		l = lang.English
	}
	return Printer{lang: l, texts: c.texts[l]}
}

// A Printer gives texts in one language. It belongs to one request: pass it as data.
type Printer struct {
	lang  lang.Lang
	texts map[string]string
}

// Lang is the printer's language.
func (p Printer) Lang() lang.Lang { return p.lang }

// T returns the text of a key with {name} placeholders filled from args, which alternate names and values. Where a
// text depends on a number, the catalogue has key.one and key.other, chosen by the argument named "count". A key that
// does not exist is returned as it is: a reader sees a strange word rather than nothing, and the tests find it first.
func (p Printer) T(key string, args ...any) string {
	text, ok := p.texts[key]
	if !ok {
		text, ok = p.texts[key+plural(p.lang, args)]
	}
	if !ok {
		return key
	}
	if len(args) == 0 {
		return text
	}
	pairs := make([]string, 0, len(args))
	for i := 0; i+1 < len(args); i += 2 {
		pairs = append(pairs, fmt.Sprintf("{%v}", args[i]), fmt.Sprint(args[i+1]))
	}
	return strings.NewReplacer(pairs...).Replace(text)
}

// Prefix returns all texts whose keys begin with prefix, for a page that fills them in itself.
func (p Printer) Prefix(prefix string) map[string]string {
	texts := maps.Clone(p.texts)
	maps.DeleteFunc(texts, func(key, _ string) bool { return !strings.HasPrefix(key, prefix) })
	return texts
}

// plural is the ending of the key: Chinese has one form.
func plural(l lang.Lang, args []any) string {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == "count" && fmt.Sprint(args[i+1]) == "1" && l == lang.English {
			return ".one"
		}
	}
	return ".other"
}
