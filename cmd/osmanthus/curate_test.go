package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"osmanthus/bot"
)

// checkCurated writes, lists, gives and removes answers of the organisers.
func checkCurated(t *testing.T, env environment) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "answer.md")
	if err := os.WriteFile(file, []byte("Bicycles stand behind the **hall**.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	command := func(args ...string) string {
		stdout, stderr, err := env.osmanthus(t, args...)
		if err != nil {
			t.Fatalf("%v: %v\n%s", args, err, stderr)
		}
		return stdout
	}
	ask := func(question string) (a bot.Answer) {
		if err := json.Unmarshal([]byte(command("ask", "--json", question)), &a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	const question = "Where can I leave my bicycle?"
	if a := ask(question); a.GeneratedBy == bot.GeneratedByOrganisers {
		t.Fatalf("before it is written: %+v", a)
	}
	kept := command("curate", question, "--answer", file, "--source", "The janitor", "--until", time.Now().Format(time.DateOnly))
	command("curate", "Where can I leave my umbrella?", "--answer", file, "--until", "2020-01-01")
	if list := command("curate", "list"); !strings.Contains(list, question) || strings.Contains(list, "umbrella") {
		t.Errorf("listed: %s", list)
	}
	for question, given := range map[string]bool{question: true, "where can i leave my BICYCLE": true, "Where can I leave my umbrella?": false, "When can I leave my bicycle?": false} {
		a := ask(question)
		if (a.GeneratedBy == bot.GeneratedByOrganisers) != given || given && (!strings.Contains(a.Text, "Bicycles stand behind the **hall**.") || !strings.Contains(a.Text, "Source: The janitor")) {
			t.Errorf("%s: %+v", question, a)
		}
	}
	id := strings.TrimFunc(kept, func(r rune) bool { return r < '0' || r > '9' })
	command("curate", "remove", id)
	if a := ask(question); a.GeneratedBy == bot.GeneratedByOrganisers {
		t.Errorf("after it was removed: %+v", a)
	}
	for _, args := range [][]string{
		{"curate", "remove", id}, {"curate", "?!", "--answer", file}, {"curate", question, "--answer", file + "x"}, {"curate", question, "--answer", "-"},
	} {
		if _, _, err := env.osmanthus(t, args...); err == nil {
			t.Errorf("%v is taken", args)
		}
	}
}
