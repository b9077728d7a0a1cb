package main

import (
	"encoding/json"
	"hash/fnv"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// otherModel serves embeddings of 16 dimensions: a direction a text.
func otherModel(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct{ Input []string }
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			t.Error(err)
		}
		type item struct {
			Object    string    `json:"object"`
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		}
		var data []item
		for i, text := range request.Input {
			h := fnv.New64a()
			h.Write([]byte(text))
			random := rand.New(rand.NewPCG(h.Sum64(), 1))
			vector := make([]float32, 16)
			for j := range vector {
				vector[j] = float32(random.NormFloat64())
			}
			data = append(data, item{"embedding", i, vector})
		}
		w.Header().Set("Content-Type", "application/json")
		json.NewEncoder(w).Encode(map[string]any{"object": "list", "data": data, "model": "other"})
	}))
	t.Cleanup(server.Close)
	return server.URL + "/v1"
}

// TestChangeOfTheEmbeddingModel goes the whole way that a person goes.
func TestChangeOfTheEmbeddingModel(t *testing.T) {
	t.Parallel()
	old := onTestParts(t)
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "hall.md"), []byte("# Hall\n\nThe seminar is held in the Osmanthus Hall.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	fresh := old.with("EMBEDDING_BASE_URL", otherModel(t), "EMBEDDING_MODEL", "other", "EMBEDDING_API_KEY", "")
	const another = "The documents are embedded with another model"
	steps := []struct {
		name string
		env  environment
		args []string
		want string // in what is written, or in the error
	}{
		{"before anything", old, []string{"spaces"}, "There is no space yet"},
		{"ingest", old, []string{"ingest", folder}, ""},
		{"search with another model", fresh, []string{"search", "hall"}, another},
		{"ingest with another model", fresh, []string{"ingest", folder}, another},
		{"build the old one", old, []string{"spaces", "build"}, "is the active model already"},
		{"build", fresh, []string{"spaces", "build"}, "1 passages embedded with other"},
		{"build again", fresh, []string{"spaces", "build"}, "0 passages embedded with other"},
		{"search before the switch", fresh, []string{"search", "hall"}, another},
		{"list", old, []string{"spaces"}, "other: being built, 1 vectors, 0 passages without one"},
		{"switch", fresh, []string{"spaces", "switch"}, "other is the active model now"},
		{"search", fresh, []string{"search", "hall"}, "Osmanthus Hall"},
		{"search with the old one", old, []string{"search", "hall"}, "Osmanthus Hall"},
		{"drop the active one", fresh, []string{"spaces", "drop", "2"}, "This space is the active one"},
		{"drop none", fresh, []string{"spaces", "drop", "99"}, "There is no space 99"},
		{"back to the old one", old, []string{"spaces", "switch"}, "is the active model now"},
		{"drop", old, []string{"spaces", "drop", "2"}, "Space 2 is removed"},
		{"search after all", old, []string{"search", "hall"}, "Osmanthus Hall"},
	}
	for _, step := range steps {
		out, errs, err := step.env.osmanthus(t, step.args...)
		said := out + errs
		if err != nil {
			said += err.Error()
		}
		if !strings.Contains(said, step.want) {
			t.Fatalf("%s: %q, want %q in it", step.name, said, step.want)
		}
	}
}
