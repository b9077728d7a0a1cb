package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"osmanthus/retrieval"
)

// checkParaphrases groups paraphrases, written for this: each line is one question in two wordings a language. With the
// true embedder those that are put together mean the same, but for few.
func checkParaphrases(t *testing.T, env environment) {
	t.Helper()
	p := &program{getenv: func(name string) string { return env[name] }, stdout: io.Discard, stderr: io.Discard, log: slog.New(slog.DiscardHandler)}
	p.config.DatabaseURL, p.config.Migrate, p.config.Home = Secret(env["DATABASE_URL"]), true, env["OSMANTHUS_HOME"]
	p.config.EmbeddingBaseURL, p.config.EmbeddingAPIKey, p.config.EmbeddingModel = env["EMBEDDING_BASE_URL"], Secret(env["EMBEDDING_API_KEY"]), env["EMBEDDING_MODEL"]
	a, err := p.open(t.Context(), needs{database: true, embedder: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	raw, err := os.ReadFile("../../retrieval/testdata/paraphrases.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var questions []retrieval.UnansweredQuestion
	meaning := map[string]int{}
	for line := range strings.Lines(string(raw)) {
		var row struct{ EN, ZH []string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		n := len(meaning)
		for _, text := range append(row.EN, row.ZH...) {
			meaning[text] = n
			questions = append(questions, retrieval.UnansweredQuestion{Answer: text, Text: text, Asked: time.Unix(int64(len(questions)), 0), Refused: true})
		}
	}
	groups, err := retrieval.GroupQuestions(t.Context(), a.space, a.embedder, questions)
	if err != nil {
		t.Fatal(err)
	}
	right, wrong := 0, 0
	for _, g := range groups {
		for _, w := range g.Wordings {
			if meaning[w] == meaning[g.Text] {
				right++
			} else {
				wrong++
				t.Logf("taken for one: %s = %s", g.Text, w)
			}
		}
	}
	t.Logf("%d wordings, %d put with their like, %d put wrong", len(questions), right, wrong)
	if wrong > 2 || right < 20 {
		t.Errorf("%d put with their like, %d put wrong", right, wrong)
	}
}

// checkUnanswered lists what the questions before have left unanswered.
func checkUnanswered(t *testing.T, env environment) {
	t.Helper()
	stdout, stderr, err := env.osmanthus(t, "unanswered", "--json")
	if err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	var out unansweredOutput
	if err := json.Unmarshal([]byte(stdout), &out); err != nil {
		t.Fatal(err)
	}
	refused := 0
	for _, g := range out.Questions {
		if g.Count < max(g.Refused, g.Down, g.Uncited) || g.Answer == "" || g.Last.IsZero() {
			t.Errorf("counted wrong: %+v", g)
		}
		refused += g.Refused
	}
	if refused == 0 {
		t.Errorf("no refused question: %s", stdout)
	}
	if stdout, _, err := env.osmanthus(t, "unanswered"); err != nil || !strings.Contains(stdout, out.Questions[0].Text) || !strings.HasPrefix(stdout, "asked") {
		t.Errorf("on the terminal: %s, %v", stdout, err)
	}
	if _, _, err := env.osmanthus(t, "unanswered", "--days", "0"); err == nil {
		t.Error("no days are taken")
	}
}
