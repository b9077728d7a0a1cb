package locale

import (
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"osmanthus/retrieval/lang"
)

// sameInBoth are keys whose text is rightly the same in both languages: names of languages in themselves, and the like.
var sameInBoth = map[string]bool{
	"web.title":   true,
	"web.lang.zh": true,
	"web.lang.en": true,
}

// madeKeys are beginnings of keys that the program puts together.
var madeKeys = []string{"error.", "local.", "web.date.month.", "web.date.weekday.", "web.documents.kind."}

func newCatalog(t *testing.T) *Catalog {
	t.Helper()
	c, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCataloguesSayTheSame(t *testing.T) {
	t.Parallel()
	c := newCatalog(t)
	en, zh := c.texts[lang.English], c.texts[lang.Chinese]
	if diff := cmp.Diff(slices.Sorted(maps.Keys(en)), slices.Sorted(maps.Keys(zh))); diff != "" {
		t.Fatalf("keys differ (-en +zh):\n%s", diff)
	}
	placeholder := regexp.MustCompile(`\{[^}]*\}`)
	named := regexp.MustCompile(`^\{[a-z_]+\}$`)
	for key, text := range en {
		if strings.TrimSpace(text) == "" || strings.TrimSpace(zh[key]) == "" {
			t.Errorf("%s is empty", key)
		}
		if text == zh[key] && !sameInBoth[key] {
			t.Errorf("%s is the same in both languages: %q", key, text)
		}
		inEN, inZH := placeholder.FindAllString(text, -1), placeholder.FindAllString(zh[key], -1)
		slices.Sort(inEN)
		slices.Sort(inZH)
		if diff := cmp.Diff(slices.Compact(inEN), slices.Compact(inZH), emptyIsNil()); diff != "" {
			t.Errorf("placeholders of %s differ (-en +zh):\n%s", key, diff)
		}
		for _, p := range inEN {
			if !named.MatchString(p) {
				t.Errorf("%s has the placeholder %s; write {name}", key, p)
			}
		}
		for ending, other := range map[string]string{".one": ".other", ".other": ".one"} {
			if stem, ok := strings.CutSuffix(key, ending); ok {
				if _, ok := en[stem+other]; !ok {
					t.Errorf("%s has no twin %s", key, stem+other)
				}
			}
		}
	}
}

// What answers a question is there in Traditional characters too, and says the same to the character.
func TestTraditionalSaysTheSame(t *testing.T) {
	t.Parallel()
	hant, err := read("zh-Hant.json")
	if err != nil {
		t.Fatal(err)
	}
	zh := newCatalog(t).texts[lang.Chinese]
	for key, text := range zh {
		if !strings.HasPrefix(key, "answer.") && !strings.HasPrefix(key, "error.") && !strings.HasPrefix(key, "web.error.") {
			if _, ok := hant[key]; ok {
				t.Errorf("%s is never shown in Traditional characters", key)
			}
			continue
		}
		got := strings.NewReplacer("「", "“", "」", "”").Replace(lang.Simplify(hant[key]))
		if got != lang.Simplify(text) {
			t.Errorf("%s: %q is not %q in Traditional characters", key, hant[key], text)
		}
	}
	for key := range hant {
		if _, ok := zh[key]; !ok {
			t.Errorf("%s is in zh-Hant.json alone", key)
		}
	}
	const known = "現有資料中沒有相關內容，因此無法作答，也不便猜測。"
	c := newCatalog(t)
	if got := c.Traditional().T("answer.not_found"); got != known || c.Traditional().Lang() != lang.Chinese {
		t.Errorf("got %q", got)
	}
	if got, want := c.Traditional().T("cli.sources"), c.For(lang.Chinese).T("cli.sources"); got != want {
		t.Errorf("a text without a twin is %q", got)
	}
}

func emptyIsNil() cmp.Option {
	return cmp.FilterValues(func(a, b []string) bool { return len(a) == 0 && len(b) == 0 }, cmp.Ignore())
}

// Chinese texts use the punctuation of Chinese: a half-width mark between or after Han is a slip.
func TestChinesePunctuation(t *testing.T) {
	t.Parallel()
	slip := regexp.MustCompile(`\p{Han}[,;:?!()]|[,;?!(]\p{Han}|\p{Han}\.(?:\s|$)`)
	for key, text := range newCatalog(t).texts[lang.Chinese] {
		if m := slip.FindString(text); m != "" {
			t.Errorf("%s: half-width punctuation %q in %q", key, m, text)
		}
	}
}

func TestFilesAreSorted(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"en.json", "zh.json", "zh-Hant.json"} {
		raw, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(strings.NewReader(string(raw)))
		var keys []string
		for depth, atKey := 0, false; ; {
			token, err := d.Token()
			if err != nil {
				break
			}
			if delim, ok := token.(json.Delim); ok {
				if delim == '{' {
					depth++
				}
				atKey = true
				continue
			}
			if key, ok := token.(string); ok && atKey && depth == 1 {
				keys = append(keys, key)
			}
			atKey = !atKey
		}
		if len(keys) == 0 || !slices.IsSorted(keys) {
			t.Errorf("the keys of %s are not sorted", name)
		}
		if len(keys) != len(slices.Compact(slices.Clone(keys))) {
			t.Errorf("%s has a key twice", name)
		}
	}
}

var (
	inGo       = regexp.MustCompile(`\.T\(\s*"([^"]+)"`)
	keyLike    = regexp.MustCompile("[\"'`]((?:answer|error|ask|web|ingest|local|cli)\\.[a-z0-9_]+(?:\\.[a-z0-9_]+)*)[\"'`]")
	inTemplate = regexp.MustCompile("(?:\\bT|\\bt)\\s+[\"`]([^\"`]+)[\"`]")
	inScript   = regexp.MustCompile("\\bt\\(\\s*[\"'`]([^\"'`$]+)[\"'`]")
	prefixed   = regexp.MustCompile(`\.Prefix\(\s*"([^"]+)"`)
)

// TestKeysAreUsed walks the module's sources: each key named there must exist, each key that exists must be named.
func TestKeysAreUsed(t *testing.T) {
	t.Parallel()
	texts := newCatalog(t).texts[lang.English]
	used := map[string]bool{}
	var shipped []string // prefixes that a page gets whole
	root := filepath.Join("..", "..")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "testdata" || name == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		var patterns []*regexp.Regexp
		switch filepath.Ext(path) {
		case ".go":
			if strings.HasSuffix(path, "_test.go") {
				return nil
			}
			patterns = []*regexp.Regexp{inGo, keyLike}
		case ".tmpl", ".html", ".gohtml":
			patterns = []*regexp.Regexp{inTemplate, keyLike}
		case ".ts":
			patterns = []*regexp.Regexp{inScript, keyLike}
		default:
			return nil
		}
		source, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, p := range patterns {
			for _, m := range p.FindAllStringSubmatch(string(source), -1) {
				key := m[1]
				if !strings.Contains(key, ".") || strings.HasSuffix(key, ".") || strings.HasSuffix(key, ".tmpl") {
					continue // a prefix, completed at run time: see madeKeys; or a file's name
				}
				if _, ok := texts[key]; !ok && !used[key] {
					if _, ok = texts[key+".other"]; !ok {
						t.Errorf("%s names the key %q, which no catalogue has", path, key)
					}
				}
				used[key], used[key+".one"], used[key+".other"] = true, true, true
			}
		}
		for _, m := range prefixed.FindAllStringSubmatch(string(source), -1) {
			shipped = append(shipped, m[1])
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for key := range texts {
		made := slices.ContainsFunc(madeKeys, func(p string) bool { return strings.HasPrefix(key, p) })
		if !used[key] && !made {
			t.Errorf("nothing uses the key %s (prefixes given to pages: %v)", key, shipped)
		}
	}
}

func TestPrinter(t *testing.T) {
	t.Parallel()
	c := &Catalog{texts: map[lang.Lang]map[string]string{
		lang.English: {"plain": "Hello", "filled": "{a} of {b}, {a}", "files.one": "{count} file", "files.other": "{count} files"},
		lang.Chinese: {"plain": "您好", "filled": "{b}之{a}，{a}", "files.one": "一份", "files.other": "{count} 份文件"},
	}}
	for _, tt := range []struct {
		name string
		lang lang.Lang
		key  string
		args []any
		want string
	}{
		{"plain English", lang.English, "plain", nil, "Hello"},
		{"plain Chinese", lang.Chinese, "plain", nil, "您好"},
		{"a language not spoken", "fr", "plain", nil, "Hello"},
		{"filled twice", lang.English, "filled", []any{"a", 1, "b", "two"}, "1 of two, 1"},
		{"braces in a value stay", lang.Chinese, "filled", []any{"a", "{b}", "b", "书"}, "书之{b}，{b}"},
		{"one", lang.English, "files", []any{"count", 1}, "1 file"},
		{"many", lang.English, "files", []any{"count", 3}, "3 files"},
		{"none", lang.English, "files", []any{"count", 0}, "0 files"},
		{"Chinese has one form", lang.Chinese, "files", []any{"count", int64(1)}, "1 份文件"},
		{"a missing key shows", lang.English, "no.such", nil, "no.such"},
		{"a value without a name", lang.English, "filled", []any{"a"}, "{a} of {b}, {a}"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := c.For(tt.lang).T(tt.key, tt.args...); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	want := map[string]string{"files.one": "{count} file", "files.other": "{count} files"}
	if diff := cmp.Diff(want, c.For(lang.English).Prefix("files.")); diff != "" {
		t.Errorf("Prefix (-want +got):\n%s", diff)
	}
	if got := len(c.texts[lang.English]); got != 4 {
		t.Errorf("Prefix changed the catalogue: %d texts left", got)
	}
}

func TestBothLanguagesAtOnce(t *testing.T) {
	t.Parallel()
	c := newCatalog(t)
	want := map[lang.Lang]string{lang.English: c.For(lang.English).T("answer.not_found"), lang.Chinese: c.For(lang.Chinese).T("answer.not_found")}
	var wg sync.WaitGroup
	for i := range 16 {
		l := lang.English
		if i%2 == 1 {
			l = lang.Chinese
		}
		wg.Go(func() {
			for range 200 {
				if got := c.For(l).T("answer.not_found"); got != want[l] {
					t.Errorf("%s: got %q", l, got)
				}
			}
		})
	}
	wg.Wait()
}
