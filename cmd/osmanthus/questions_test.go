package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/bot"
	"osmanthus/ingest"
)

const (
	documents = "../../examples/documents"
	questions = "../../examples/questions.jsonl"
)

// A served is a running `osmanthus serve`.
type served struct {
	addr  string
	ended chan error
}

// serve starts the server on a free port and returns when it has said its address.
func (env environment) serve(t testing.TB, ctx context.Context) served {
	t.Helper()
	out, in := io.Pipe()
	var errs bytes.Buffer
	s := served{ended: make(chan error, 1)}
	go func() {
		err := run(ctx, []string{"osmanthus", "serve", "--addr", "127.0.0.1:0"}, func(name string) string { return env[name] }, strings.NewReader(""), in, &errs)
		in.CloseWithError(io.EOF)
		s.ended <- err
	}()
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if _, port, ok := strings.Cut(lines.Text(), "http://localhost:"); ok {
			s.addr = "127.0.0.1:" + port
			go func() {
				for lines.Scan() {
				}
			}()
			return s
		}
	}
	t.Fatalf("serve said no address: %s", errs.String())
	return s
}

// TestQuestions takes the examples in as a new user does and asks every line of the questions file over HTTP.
func TestQuestions(t *testing.T) {
	t.Parallel()
	env := onTestParts(t)
	for _, want := range []ingest.Summary{{Added: 10}, {Unchanged: 10}} { // the second run changes nothing
		stdout, stderr, err := env.osmanthus(t, "ingest", "--prune", "--json", documents)
		if err != nil {
			t.Fatalf("%v\n%s", err, stderr)
		}
		var got ingest.Summary
		if err := json.Unmarshal([]byte(stdout), &got); err != nil {
			t.Fatal(err)
		}
		if got.Added != want.Added || got.Unchanged != want.Unchanged || len(got.Failed) > 0 || (got.Passages == 0) != (want.Added == 0) {
			t.Fatalf("ingest: %s", stdout)
		}
	}
	rows, err := readRows[bot.LookupRow](questions)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) < 24 {
		t.Fatalf("only %d questions", len(rows))
	}
	ctx, stop := context.WithCancel(t.Context())
	s := env.with("OSMANTHUS_PER_MINUTE", "-1").serve(t, ctx)
	t.Cleanup(func() {
		stop()
		if err := <-s.ended; err != nil {
			t.Error(err)
		}
	})
	t.Run("over HTTP", func(t *testing.T) {
		for _, row := range rows {
			t.Run(row.ID, func(t *testing.T) {
				t.Parallel()
				ask := func(ctx context.Context, row bot.LookupRow) (bot.Answer, error) { return post(ctx, s.addr, row.Text) }
				checkLine(t, row, ask)
			})
		}
	})
	t.Run("on the terminal", func(t *testing.T) {
		for _, row := range rows {
			if row.ID != "seminar-place-zh" && row.ID != "seminar-moderator-en" && row.ID != "refuse-hotel-en" {
				continue
			}
			t.Run(row.ID, func(t *testing.T) {
				t.Parallel()
				checkLine(t, row, func(_ context.Context, row bot.LookupRow) (a bot.Answer, err error) {
					stdout, stderr, err := env.osmanthus(t, "ask", "--json", row.Text)
					if err != nil {
						return a, fmt.Errorf("%w: %s", err, stderr)
					}
					return a, json.Unmarshal([]byte(stdout), &a)
				})
			})
		}
	})
	t.Run("what was refused is listed", func(t *testing.T) { checkUnanswered(t, env) })
	t.Run("what the organisers wrote wins", func(t *testing.T) { checkCurated(t, env) })
	t.Run("paraphrases are put together", func(t *testing.T) { checkParaphrases(t, env) })
	t.Run("what is gone from the folder is gone from the answers", func(t *testing.T) {
		folder := t.TempDir() + "/documents"
		if err := copyFolder(folder, documents, "seminar-report.md"); err != nil {
			t.Fatal(err)
		}
		if _, stderr, err := env.osmanthus(t, "ingest", "--prune", folder); err != nil {
			t.Fatalf("%v\n%s", err, stderr)
		}
		a, err := post(t.Context(), s.addr, "How many people took part in the seminar?")
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range a.Citations {
			if strings.Contains(c.Source, "seminar-report") {
				t.Errorf("still cited: %+v", c)
			}
		}
	})
}

// checkLine asks one line and says in full what is wrong with the answer.
func checkLine(t *testing.T, row bot.LookupRow, ask func(context.Context, bot.LookupRow) (bot.Answer, error)) {
	t.Helper()
	var answer bot.Answer
	remember := func(ctx context.Context, row bot.LookupRow) (a bot.Answer, err error) {
		answer, err = ask(ctx, row)
		return answer, err
	}
	lookups, refusals := []bot.LookupRow{row}, []bot.LookupRow(nil)
	want := bot.AnswerEvaluation{Results: []bot.LookupResult{{Type: "question", Lang: row.Lang, Queries: 1, Right: 1, Cited: 1}}, Refusals: []bot.RefusalResult{}}
	if row.Expect == "refuse" {
		lookups, refusals = nil, lookups
		want = bot.AnswerEvaluation{Results: []bot.LookupResult{}, Refusals: []bot.RefusalResult{{Lang: row.Lang, Queries: 1, Refused: 1}}}
	}
	got, err := bot.EvaluateAnswers(t.Context(), remember, lookups, refusals)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" || answer.Lang != row.Lang {
		t.Errorf("%s\nin %s: %s\n(-want +got):\n%s", row.Text, answer.Lang, answer.Text, diff)
	}
}

func post(ctx context.Context, addr, question string) (a bot.Answer, err error) {
	body, err := json.Marshal(map[string]string{"question": question})
	if err != nil {
		return a, err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+"/api/ask", bytes.NewReader(body))
	if err != nil {
		return a, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return a, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		message, _ := io.ReadAll(res.Body)
		return a, fmt.Errorf("%s: %s", res.Status, message)
	}
	return a, json.NewDecoder(res.Body).Decode(&a)
}

// copyFolder copies the files of one folder into a new one, but for one of them.
func copyFolder(to, from, except string) error {
	entries, err := os.ReadDir(from)
	if err != nil {
		return err
	}
	if err := os.Mkdir(to, 0o700); err != nil {
		return err
	}
	for _, e := range entries {
		if e.Name() == except {
			continue
		}
		content, err := os.ReadFile(filepath.Join(from, e.Name()))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(to, e.Name()), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}
