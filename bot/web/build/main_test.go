package main

import (
	"bytes"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"
)

// What stands in static is what the sources make: run `go generate ./bot/web` after a change.
func TestStaticFilesAreBuilt(t *testing.T) {
	t.Parallel()
	built, err := build("..")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir("../static")
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != len(built) {
		t.Errorf("static holds %d files, the build makes %d", len(entries), len(built))
	}
	for name, want := range built {
		got, err := os.ReadFile(filepath.Join("..", "static", name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("static/%s is not what its sources make: run `go generate ./bot/web`", name)
		}
	}
}

func TestScriptIsSmall(t *testing.T) {
	t.Parallel()
	const limit = 60 << 10
	script, err := os.ReadFile("../static/chat.js")
	if err != nil {
		t.Fatal(err)
	}
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	if _, err := w.Write(script); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if packed.Len() > limit {
		t.Errorf("the script has %d bytes packed, more than %d", packed.Len(), limit)
	}
}

func TestBuildNamesTheFault(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "page"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"chat.ts": "let = ;", "style.css": "body{}"} {
		if err := os.WriteFile(filepath.Join(dir, "page", name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := build(dir); err == nil {
		t.Error("a script that is no script was built")
	}
}
