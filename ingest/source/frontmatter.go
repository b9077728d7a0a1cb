package source

import (
	"slices"
	"strings"
)

// metaKeys are the front matter that means something.
var metaKeys = []string{"title", "lang", "date", "event", "kind", "audience", "embargo", "parallel", "id", "canonical", "supersedes", "zone"}

// frontMatterLines is how far the closing mark is looked for.
const frontMatterLines = 100

// frontMatter takes "key: value" lines between two lines of "---" off the start of a text. It is the part of YAML that
// people write by hand; where a line is anything else, the text has no front matter but begins with a rule.
func (b *builder) frontMatter(text string) (rest string) {
	first, rest, found := strings.Cut(text, "\n")
	if !found || strings.TrimRight(first, " \t") != "---" {
		return text
	}
	meta := map[string]string{}
	for range frontMatterLines {
		var line string
		line, rest, found = strings.Cut(rest, "\n")
		trimmed := strings.TrimSpace(line)
		switch {
		case trimmed == "---" || trimmed == "...":
			b.takeMeta(meta)
			return rest
		case !found:
			return text
		case trimmed == "" || strings.HasPrefix(trimmed, "#"):
			continue
		case line[0] == ' ' || line[0] == '\t' || strings.HasPrefix(trimmed, "- "):
			continue // the inside of a list or of a nested value, of a key that means nothing here
		}
		key, value, ok := strings.Cut(trimmed, ":")
		if !ok || strings.ContainsAny(key, " \t。，") {
			return text
		}
		if key = strings.ToLower(key); slices.Contains(metaKeys, key) {
			if value = unquote(strings.TrimSpace(value)); value != "" {
				meta[key] = oneLine(b.clean(value))
			}
		}
	}
	return text
}

func (b *builder) takeMeta(meta map[string]string) {
	if len(meta) == 0 {
		return
	}
	b.meta = meta
	b.titles[titleFrontMatter] = meta["title"]
	b.date.stated = stamp(meta["date"])
}

func unquote(s string) string {
	if len(s) >= 2 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return strings.ReplaceAll(s[1:len(s)-1], `\"`, `"`)
	}
	if before, _, ok := strings.Cut(s, " #"); ok {
		return strings.TrimSpace(before)
	}
	return s
}
