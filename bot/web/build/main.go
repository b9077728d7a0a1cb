// Command build makes the page's static files from its TypeScript and styles, with esbuild as a library: no Node, no
// packages. What it writes is committed, so that `go build` alone makes the program; a test holds the two together.
// It must not import anything of this module.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	dir := "bot/web"
	if len(os.Args) > 1 {
		dir = os.Args[1]
	}
	if err := write(dir); err != nil {
		fmt.Fprintln(os.Stderr, "build:", err)
		os.Exit(1)
	}
}

// write builds dir/page into dir/static.
func write(dir string) error {
	files, err := build(dir)
	if err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, "static", name), content, 0o644); err != nil {
			return fmt.Errorf("write %s: %w", name, err)
		}
	}
	return nil
}

// build returns the built files by name.
func build(dir string) (map[string][]byte, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fmt.Errorf("find %s: %w", dir, err)
	}
	result := api.Build(api.BuildOptions{
		AbsWorkingDir:     dir,
		EntryPoints:       []string{"page/chat.ts", "page/pages.ts", "page/style.css", "page/pages.css", "page/embed.ts", "page/frame.ts", "page/embed.css"},
		Outdir:            "static",
		Bundle:            true,
		Format:            api.FormatIIFE,
		Target:            api.ES2022,
		Charset:           api.CharsetUTF8,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		MinifySyntax:      true,
		LegalComments:     api.LegalCommentsNone,
		LogLevel:          api.LogLevelSilent,
	})
	var failures []error
	for _, m := range append(result.Errors, result.Warnings...) {
		at := ""
		if m.Location != nil {
			at = fmt.Sprintf("%s:%d: ", m.Location.File, m.Location.Line)
		}
		failures = append(failures, errors.New(at+m.Text))
	}
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	files := map[string][]byte{}
	for _, f := range result.OutputFiles {
		files[filepath.Base(f.Path)] = f.Contents
	}
	icon, err := os.ReadFile(filepath.Join(dir, "page", "icon.svg"))
	if err != nil {
		return nil, fmt.Errorf("read icon: %w", err)
	}
	files["icon.svg"] = icon
	return files, nil
}
