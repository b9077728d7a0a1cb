// Package osmanthus_test holds the module's import walls.
package osmanthus_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// mayImport lists, for each package, the packages of this module it may import, tests apart.
func mayImport() map[string][]string {
	return map[string][]string{
		"retrieval/lang":                nil,
		"retrieval":                     {"retrieval/lang"},
		"retrieval/endpoint":            {"retrieval/lang"},
		"retrieval/embed":               {"retrieval", "retrieval/endpoint", "retrieval/lang"},
		"retrieval/rerank":              {"retrieval", "retrieval/endpoint"},
		"retrieval/pgstore":             {"retrieval", "retrieval/lang", "ingest", "ingest/facts", "ingest/source"},
		"ingest/source":                 {"retrieval/lang"},
		"ingest/facts":                  {"ingest/source", "retrieval/lang"},
		"ingest/pdf":                    {"ingest/source"},
		"ingest/sandbox":                {"ingest/source"},
		"ingest/fetch":                  {"ingest/source"},
		"ingest":                        {"ingest/facts", "ingest/source", "retrieval", "retrieval/lang"},
		"prompts":                       {"retrieval/lang"},
		"bot/locale":                    {"retrieval/lang"},
		"bot":                           {"prompts", "bot/locale", "retrieval", "retrieval/lang"},
		"bot/chat":                      {"bot", "retrieval/endpoint", "retrieval/lang"},
		"bot/mcp":                       {"bot", "bot/locale", "retrieval", "retrieval/lang"},
		"bot/web":                       {"bot", "bot/locale", "ingest/source", "retrieval", "retrieval/lang"},
		"bot/web/build":                 nil,
		"bot/slackbot":                  {"bot", "bot/locale", "retrieval", "retrieval/lang"},
		"bot/slackbot/slackfake":        nil,
		"deploy/local":                  nil,
		"deploy/evaltable":              nil,
		"deploy/screenshots":            nil,
		"deploy/bench":                  {"ingest", "ingest/source", "retrieval", "retrieval/embed", "retrieval/lang", "retrieval/pgstore"},
		"deploy/ingestbench":            {"ingest", "ingest/source", "retrieval", "retrieval/lang", "retrieval/pgstore"},
		"deploy/webbench":               {"retrieval/lang", "retrieval/pgstore"},
		"cmd/osmanthus":                 {"*"},
		"retrieval/pgstore/pgstoretest": {"retrieval/pgstore"},
	}
}

// onlyIn lists the packages that alone may import a module, tests apart.
func onlyIn() map[string][]string {
	return map[string][]string{
		"github.com/jackc/pgx":                {"retrieval/pgstore", "retrieval/pgstore/pgstoretest"},
		"github.com/pgvector/pgvector-go":     {"retrieval/pgstore"},
		"github.com/sashabaranov/go-openai":   {"retrieval/endpoint", "retrieval/embed", "bot/chat"},
		"github.com/slack-go/slack":           {"bot/slackbot"},
		"github.com/modelcontextprotocol":     {"bot/mcp"},
		"github.com/google/jsonschema-go":     {"bot/mcp"},
		"github.com/gorilla/websocket":        {"bot/slackbot", "bot/slackbot/slackfake"},
		"github.com/pressly/goose":            {"retrieval/pgstore"},
		"github.com/riverqueue/river":         {"retrieval/pgstore"},
		"github.com/ebitengine/purego":        {"deploy/local"},
		"github.com/prometheus/client_golang": {"bot/web", "cmd/osmanthus"},
		"github.com/evanw/esbuild":            {"bot/web/build"},
		"github.com/alecthomas/kong":          {"cmd/osmanthus"},
		"github.com/chromedp/chromedp":        {"deploy/screenshots", "deploy/webbench"},
		"github.com/klippa-app/go-pdfium":     {"ingest/pdf"},
		"github.com/tetratelabs/wazero":       {"ingest/pdf"},
		"github.com/xuri/excelize":            {"ingest/source"},
		"codeberg.org/readeck/go-readability": {"ingest/source"},
	}
}

func TestImportWalls(t *testing.T) {
	t.Parallel()
	allowed, walls := mayImport(), onlyIn()
	seen := 0
	err := fs.WalkDir(os.DirFS("."), ".", func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && file != "." {
			return fs.SkipDir
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		seen++
		pkg := path.Dir(file)
		own, known := allowed[pkg]
		if !known {
			t.Errorf("%s: package %s is not in the list of walls_test.go: say there what it may import", file, pkg)
		}
		content, err := os.ReadFile(filepath.FromSlash(file))
		if err != nil {
			return err
		}
		if pkg != "cmd/osmanthus" && strings.Contains(string(content), "os.Getenv(") {
			t.Errorf("%s reads the environment: only cmd/osmanthus may", file)
		}
		// A client made for all follows redirects anywhere and asks the environment's proxy.
		for _, banned := range []string{"http.DefaultClient", "http.DefaultTransport", "http.Get(", "http.Head(", "http.Post(", "http.PostForm("} {
			if strings.Contains(string(content), banned) {
				t.Errorf("%s uses %s: make a client with limits; of what people name, ingest/fetch has it", file, strings.TrimSuffix(banned, "("))
			}
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, content, parser.ImportsOnly)
		if err != nil {
			return err
		}
		for _, spec := range parsed.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			if inner, ok := strings.CutPrefix(imported, "osmanthus/"); ok {
				if !slices.Contains(own, inner) && !slices.Contains(own, "*") {
					t.Errorf("%s imports %s, which package %s may not", file, imported, pkg)
				}
			}
			for module, packages := range walls {
				if (imported == module || strings.HasPrefix(imported, module+"/")) && !slices.Contains(packages, pkg) {
					t.Errorf("%s imports %s, which belongs in %v only", file, imported, packages)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 20 {
		t.Errorf("only %d files looked at: the walk is broken", seen)
	}
}
