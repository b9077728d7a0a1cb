package main

import (
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
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
	if diff := cmp.Diff(source.Limits{}.WithDefaults(), cli.Ingest.Take.limits()); diff != "" {
		t.Errorf("(-source +flags):\n%s", diff)
	}
}

// A page given by address is taken in where its range is allowed, and found; without that, it is refused.
func TestIngestAddress(t *testing.T) {
	t.Parallel()
	env := onTestParts(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = io.WriteString(w, "<html><head><title>The harbour walk</title></head><body><main><p>The guests walk along the harbour at six.</p></main></body></html>")
	}))
	t.Cleanup(server.Close)
	page := server.URL + "/programme/walk"
	stdout, _, err := env.osmanthus(t, "ingest", "--json", page)
	if err == nil || !strings.Contains(stdout, `"bad_address"`) && !strings.Contains(stdout, `"blocked"`) {
		t.Errorf("got %v, %s", err, stdout)
	}
	_, port, err := net.SplitHostPort(strings.TrimPrefix(server.URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	env = env.with("OSMANTHUS_FETCH_PORTS", "80,"+port, "OSMANTHUS_FETCH_ALLOW", "127.0.0.0/8")
	if stdout, stderr, err := env.osmanthus(t, "ingest", "--json", page); err != nil {
		t.Fatalf("%v: %s%s", err, stdout, stderr)
	}
	stdout, _, err = env.osmanthus(t, "search", "--json", "When do the guests walk along the harbour?")
	if err != nil || !strings.Contains(stdout, "The guests walk along the harbour at six.") || !strings.Contains(stdout, "The harbour walk") {
		t.Errorf("got %v, %s", err, stdout)
	}
}

// What organisers have is taken in by the processes that read, found again, and a bad file costs only itself.
func TestIngestReadsInItsOwnProcesses(t *testing.T) {
	t.Parallel()
	// Where pdfium was not compiled before, the race detector's own memory is more than the default allows.
	env := onTestParts(t).with("OSMANTHUS_MAX_MEMORY", strconv.Itoa(3<<30))
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
