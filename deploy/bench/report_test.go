package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"osmanthus/retrieval"
)

func sample() ([]figures, []peer) {
	f := figures{
		Passages: 100_000, Cores: 2, Model: "m", RowsPerSecond: 2000, IndexSeconds: 20, P50: 20, P95: 40, ServeMB: 90,
		Hits:    []retrieval.PairResult{{QueryLang: "zh", DocumentLang: "en", Hit5: 0.995}},
		Load:    loaded{8, 50, 20, 19},
		Filters: []filtered{{"100 %", "", figure{5, 9, 0.99, 0}}, {"1 %", "date", figure{5, 9, 1, 0}}},
	}
	return []figures{f}, []peer{{Name: "other 1.0", Passages: 100_000, Hit5: map[string]float64{"enzh": 0.1}}}
}

// TestTablesAreTables: every row of a table has its head's cells, the same in both languages, and the figures are in.
func TestTablesAreTables(t *testing.T) {
	t.Parallel()
	shape := func(words words) []int {
		sizes, peers := sample()
		text := tables(words, sizes, peers)
		for _, want := range []string{"100,000", "0.0 / 0.0 / 99.5 / 0.0", "0.0 / 0.0 / 0.0 / 10.0", "50 (20 + 19)", "other 1.0"} {
			if !strings.Contains(text, want) {
				t.Errorf("%q is not in the tables:\n%s", want, text)
			}
		}
		if strings.Contains(text, "%!") {
			t.Errorf("a figure has no place:\n%s", text)
		}
		var cells []int
		inside := 0
		for line := range strings.Lines(text) {
			if !strings.HasPrefix(line, "|") {
				inside = 0
				continue
			}
			n := strings.Count(line, "|")
			if inside != 0 && n != inside {
				t.Errorf("%d borders where the head has %d: %s", n, inside, line)
			}
			inside = n
			cells = append(cells, n)
		}
		return cells
	}
	en, zh := shape(english()), shape(chinese())
	if len(en) != len(zh) || len(en) != 11 {
		t.Errorf("%d and %d rows", len(en), len(zh))
	}
}

func TestReadmesHaveThePlace(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"README.md", "README.zh.md"} {
		content, err := os.ReadFile(filepath.Join("..", "..", name))
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := replace(path, "measured\n"); err != nil {
			t.Error(err)
		}
		if got, _ := os.ReadFile(path); !strings.Contains(string(got), "<!-- bench -->\nmeasured\n<!-- /bench -->") {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}
