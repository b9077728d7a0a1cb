package facts

import (
	"bufio"
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"osmanthus/ingest/source"
)

// shared is a folder of real texts beside the checkout. Where it is, these tests measure on it.
const shared = "../../../shared"

func sharedFile(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(shared, filepath.FromSlash(name)))
	if os.IsNotExist(err) {
		t.Skip("not beside this checkout: " + name)
	}
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// leastRight is the share of a real programme's sessions that must come out with speakers, time and room right.
const leastRight = 0.95

func TestRealProgramme(t *testing.T) {
	t.Parallel()
	type row struct {
		ID, Start, End, Room string
		Title                map[string]string
		Speakers             []struct{ Name map[string]string }
	}
	right, all := 0, 0
	lines := bufio.NewScanner(bytes.NewReader(sharedFile(t, "eval/coscup/sessions.jsonl")))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var want row
		if err := json.Unmarshal(lines.Bytes(), &want); err != nil {
			t.Fatal(err)
		}
		all++
		f := Extract(read(t, want.ID+".md", string(sharedFile(t, "eval/coscup/docs/"+want.ID+".md"))), Options{})
		if len(f.Sessions) != 1 {
			t.Logf("%s: %d sessions", want.ID, len(f.Sessions))
			continue
		}
		s := f.Sessions[0]
		var speakers, titles []string
		for _, sp := range s.Speakers {
			speakers = append(speakers, sp.Text)
		}
		for _, v := range s.Titles {
			titles = append(titles, v.Text)
		}
		ok := s.Begins.Format(time.RFC3339) == want.Start && s.Ends.Format(time.RFC3339) == want.End && s.Room.Text == want.Room &&
			len(speakers) == len(want.Speakers)
		for _, sp := range want.Speakers {
			ok = ok && slices.Contains(speakers, oneLine(sp.Name["zh"]))
		}
		for _, title := range want.Title {
			ok = ok && slices.Contains(titles, oneLine(title))
		}
		if !ok {
			t.Logf("%s: %q %v %v %q %q", want.ID, titles, s.Begins, s.Ends, s.Room.Text, speakers)
			continue
		}
		right++
	}
	t.Logf("%d of %d right", right, all)
	if float64(right) < leastRight*float64(all) {
		t.Errorf("%d of %d sessions right", right, all)
	}
}

func TestRealReport(t *testing.T) {
	t.Parallel()
	doc, err := source.Read("report-en.txt", sharedFile(t, "seed/report-en.txt"), source.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	lines := personLines(Extract(doc, Options{}))
	for _, line := range lines {
		if !strings.Contains(line, " | ") {
			t.Errorf("no position: %s", line)
		}
	}
	if len(lines) != 11 {
		t.Errorf("%d people, want 11:\n%s", len(lines), strings.Join(lines, "\n"))
	}
}
