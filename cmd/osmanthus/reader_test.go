package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/google/go-cmp/cmp"

	"osmanthus/ingest"
	"osmanthus/ingest/source"
)

func TestLimitFlagsDefaults(t *testing.T) {
	t.Parallel()
	var cli commands
	parser, err := kong.New(&cli, kong.Vars{"version": ""})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := parser.Parse([]string{"ingest", "x"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(source.Limits{}.WithDefaults(), cli.Ingest.limits()); diff != "" {
		t.Errorf("(-source +flags):\n%s", diff)
	}
}

// What organisers have is taken in by the processes that read, found again, and a bad file costs only itself.
func TestIngestReadsInItsOwnProcesses(t *testing.T) {
	t.Parallel()
	env := onTestParts(t)
	folder := filepath.Join(t.TempDir(), "docs")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"speakers.csv": "Name,Title,Organisation\nA. Lee,Secretary,The Lighthouse Foundation\n",
		"broken.pdf":   "%PDF-1.7\nnothing follows",
		"good.md":      "# The hall\n\nThe seminar is held in the hall on the sixth floor.\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stdout, _, err := env.osmanthus(t, "ingest", "--json", folder)
	if err == nil {
		t.Error("no exit status for the file that failed")
	}
	var summary ingest.Summary
	if err := json.Unmarshal([]byte(stdout), &summary); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	if summary.Added != 2 || len(summary.Failed) != 1 || summary.Failed[0].Code != source.Damaged {
		t.Errorf("got %s", stdout)
	}
	stdout, _, err = env.osmanthus(t, "search", "--json", "Which organisation is A. Lee of?")
	if err != nil {
		t.Fatal(err)
	}
	if want := "Name: A. Lee · Title: Secretary · Organisation: The Lighthouse Foundation"; !strings.Contains(stdout, want) {
		t.Errorf("%q is not in %s", want, stdout)
	}
}
