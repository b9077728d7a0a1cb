package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fake prints what `osmanthus eval` would.
const fake = `#!/bin/sh
case "$*" in
*"retrieval"*) echo '{"space":"e5","results":[{"query_lang":"zh","document_lang":"en","queries":8,"hit1":0.875,"hit5":1}],"search_ms":{"p50":3.2,"p95":9.8},"embed_ms":{"p50":11,"p95":20}}' ;;
*"summaries"*) echo '{"lang":"en","meetings":8,"units":251.4,"names":0.5,"figures":0.25,"stems":0.3,"named":4,"figured":2}' ;;
*"answers"*) echo '{"results":[{"type":"question","lang":"zh","queries":8,"right":0.75,"wrongly_refused":0.125,"cited":0.875},{"type":"when","lang":"zh","queries":2,"right":1,"cited":1}],"refusals":[{"lang":"zh","queries":4,"refused":1}]}' ;;
*"names"*) echo '{"people":182,"results":[{"class":"pinyin","queries":57,"first":1},{"class":"all","queries":949,"first":0.9989}]}' ;;
esac
`

// TestSummaryTable: sets of transcripts, where there are any, have a table of their own.
func TestSummaryTable(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	binary, readme := filepath.Join(dir, "osmanthus"), filepath.Join(dir, "README.md")
	for path, content := range map[string]string{binary: fake, readme: "<!-- eval -->\n<!-- /eval -->\n", filepath.Join(dir, "qmsum", "meetings.jsonl"): ""} {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(binary, dir, t.TempDir(), []string{readme}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(readme)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(got); !strings.HasSuffix(text, "|\n| QMSum | en | 8 | 251 | 30.0 | 50.0 (4) | 25.0 (2) |\n<!-- /eval -->\n") || strings.Contains(text, "%!") {
		t.Errorf("got %s", text)
	}
}

func TestTables(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	binary, english, chinese := filepath.Join(dir, "osmanthus"), filepath.Join(dir, "README.md"), filepath.Join(dir, "README.zh.md")
	if err := os.WriteFile(binary, []byte(fake), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "coscup"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "coscup", "sessions.jsonl"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{english, chinese} {
		if err := os.WriteFile(path, []byte("before\n<!-- eval -->\nold\n<!-- /eval -->\nafter\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := run(binary, dir, t.TempDir(), []string{english, chinese}); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(english)
	if err != nil {
		t.Fatal(err)
	}
	row := " – | – | 87.5 / 100.0 (8) | – |\n"
	want := "before\n<!-- eval -->\n" +
		"Passages found, hit@1 / hit@5 in % (questions), by language of question → document, with e5:\n\n" +
		"| set | pool | zh→zh | en→en | zh→en | en→zh |\n|---|---|---|---|---|---|\n" +
		"| examples/eval | split |" + row + "| examples/eval | en |" + row + "| examples/eval | zh |" + row +
		"\nSearch p50 / p95 and embedding p50 / p95 on the first of these: 3 / 10 ms, 11 / 20 ms.\n\n" +
		"Questions asked with no chat model, so that answers quote (in %):\n\n" +
		"| set | language | questions | gold answer in the answer | right document cited | answered when it could | refused when it should (questions) |\n|---|---|---|---|---|---|---|\n" +
		"| examples/eval | zh | 8 | 75.0 | 87.5 | 87.5 | 100.0 (4) |\n" +
		"| examples/eval when | zh | 2 | 100.0 | 100.0 | 100.0 | – |\n" +
		"\nPeople looked up by other writings of their names (the other script, pinyin, other spellings, orders, capitals, one\n" +
		"letter wrong), right person first in %:\n\n| set | people | look-ups | right person first |\n|---|---|---|---|\n" +
		"| COSCUP | 182 | 949 | 99.9 |\n" +
		"<!-- /eval -->\nafter\n"
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	other, err := os.ReadFile(chinese)
	if err != nil {
		t.Fatal(err)
	}
	if text := string(other); !strings.Contains(text, "检索命中率") || strings.Contains(text, "%!") || !strings.Contains(text, row) {
		t.Errorf("in Chinese: %s", text)
	}
	if err := run(binary, dir, t.TempDir(), []string{binary}); err == nil {
		t.Error("a file without marks was taken")
	}
}
