package web

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// axeScript is axe-core's script, out of the package that deploy/testdeps.sh fetched. Missing, it fails the test.
func axeScript(t *testing.T) string {
	t.Helper()
	home := os.Getenv("OSMANTHUS_HOME")
	if home == "" {
		home = filepath.Join("..", "..", ".osmanthus")
	}
	found, err := filepath.Glob(filepath.Join(home, "testparts", "axe-core-*.tgz"))
	if err != nil || len(found) == 0 {
		t.Fatalf("no axe-core in %s/testparts (make test fetches it): %v", home, err)
	}
	file, err := os.Open(found[len(found)-1])
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	for archive := tar.NewReader(unpacked); ; {
		entry, err := archive.Next()
		if err != nil {
			t.Fatalf("no axe.min.js in %s: %v", file.Name(), err)
		}
		if entry.Name == "package/axe.min.js" {
			script, err := io.ReadAll(archive)
			if err != nil {
				t.Fatal(err)
			}
			return string(script)
		}
	}
}

// theme makes a tab prefer light or dark, and no motion, so that nothing is judged while it moves.
func theme(name string) step {
	return call(emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}})
}

// accessible fails for each rule of axe that the page in the tab breaks, those of good practice included.
func accessible(t *testing.T, ctx context.Context, axe string) {
	t.Helper()
	run(t, ctx, chromedp.Evaluate[chromedp.Void](axe+"\n;void 0"))
	broken := evaluate[string](t, ctx, `axe.run(document, {resultTypes: ["violations"]}).then(r => JSON.stringify(r.violations.map(v =>
		({rule: v.id, help: v.help, nodes: v.nodes.slice(0, 5).map(n => n.html.slice(0, 200) + " — " + n.failureSummary)}))))`)
	var violations []struct {
		Rule, Help string
		Nodes      []string
	}
	if err := json.Unmarshal([]byte(broken), &violations); err != nil {
		t.Fatal(err)
	}
	for _, v := range violations {
		t.Errorf("%s: %s\n%q", v.Rule, v.Help, v.Nodes)
	}
}

// accessibleEverywhere opens a page in both themes, both languages and two widths, lets prepare bring it to the state that is judged
// (nil: as it opens), and fails for every rule of axe that it breaks and where it scrolls sideways.
func accessibleEverywhere(t *testing.T, chromium context.Context, address string, prepare func(t *testing.T, ctx context.Context)) {
	t.Helper()
	axe := axeScript(t)
	for _, language := range []string{"zh-CN", "en"} {
		for _, colours := range []string{"light", "dark"} {
			for _, width := range []int64{320, 1280} {
				t.Run(fmt.Sprintf("%s %s %d", language, colours, width), func(t *testing.T) {
					t.Parallel()
					ctx := tab(t, chromium, width, 900, language)
					run(t, ctx, theme(colours), chromedp.Navigate(address))
					if prepare != nil {
						prepare(t, ctx)
					}
					accessible(t, ctx, axe)
					if over := evaluate[int](t, ctx, `document.documentElement.scrollWidth - innerWidth`); over > 0 {
						t.Errorf("the page is %d pixels wider than the window", over)
					}
				})
			}
		}
	}
}
