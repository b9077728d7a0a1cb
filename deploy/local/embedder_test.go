package local

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	openai "github.com/sashabaranov/go-openai"
)

func cosine(a, b []float32) float64 {
	sum := 0.0
	for i := range a {
		sum += float64(a[i]) * float64(b[i])
	}
	return sum
}

func TestEmbeddings(t *testing.T) {
	t.Parallel()
	p := start(t, Options{Home: newHome(t), Embedder: true})

	t.Run("meaning", func(t *testing.T) {
		list := embedTexts(t, p, `["query: 研讨会在哪里举行？","passage: 研討會將於九月在北京的國家圖書館舉行。","passage: A recipe for osmanthus cake 🌼 needs rice flour and sugar.","研讨会将于九月在北京的国家图书馆举行。"]`, nil)
		if len(list.Data) != 4 || list.Model != EmbeddingModel || list.Object != "list" {
			t.Fatalf("got %d vectors of %s", len(list.Data), list.Model)
		}
		for i, d := range list.Data {
			if d.Index != i || d.Object != "embedding" || len(d.Embedding) != Dimensions || math.Abs(cosine(d.Embedding, d.Embedding)-1) > 1e-3 {
				t.Errorf("vector %d: index %d, %d values, length² %f", i, d.Index, len(d.Embedding), cosine(d.Embedding, d.Embedding))
			}
		}
		q := list.Data[0].Embedding
		if right, wrong := cosine(q, list.Data[1].Embedding), cosine(q, list.Data[2].Embedding); right < wrong+0.05 {
			t.Errorf("the right passage is at %.3f, the wrong one at %.3f", right, wrong)
		}
		if list.Usage.PromptTokens < 40 || list.Usage.PromptTokens > 120 || list.Usage.TotalTokens != list.Usage.PromptTokens {
			t.Errorf("usage is %+v", list.Usage)
		}
	})
	t.Run("a prefix is only a sign", func(t *testing.T) {
		list := embedTexts(t, p, `["passage: 桂花","桂花","query: 桂花"]`, nil)
		if cosine(list.Data[0].Embedding, list.Data[1].Embedding) < 0.9999 {
			t.Error("a passage with its prefix differs from one without")
		}
		if cosine(list.Data[0].Embedding, list.Data[2].Embedding) > 0.999 {
			t.Error("a question is embedded as a passage")
		}
	})
	t.Run("priority changes nothing but the worker", func(t *testing.T) {
		a := embedTexts(t, p, `"passage: 桂花"`, nil)
		b := embedTexts(t, p, `"passage: 桂花"`, http.Header{PriorityHeader: {PriorityInteractive}})
		if diff := cmp.Diff(a, b); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("base64 is the same vector", func(t *testing.T) {
		status, content := post(t, p, `{"input":"桂花","encoding_format":"base64"}`, nil)
		var list struct{ Data []struct{ Embedding string } }
		if err := json.Unmarshal(content, &list); err != nil || status != http.StatusOK || len(list.Data) != 1 {
			t.Fatalf("status %d: %s", status, content)
		}
		packed, err := base64.StdEncoding.DecodeString(list.Data[0].Embedding)
		if err != nil {
			t.Fatal(err)
		}
		vector, err := unpackVector(packed)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(embedTexts(t, p, `"桂花"`, nil).Data[0].Embedding, vector); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("what overflows the engine without NFKC", func(t *testing.T) {
		for range 5 {
			embedTexts(t, p, `["`+strings.Repeat("\uFDFA", 20)+`","query: `+strings.Repeat("\uFDFA", 3000)+`"]`, nil)
		}
	})
	t.Run("text after a zero counts", func(t *testing.T) {
		list := embedTexts(t, p, `["passage: 研讨会\u0000在北京举行","passage: 研讨会在北京举行","passage: 研讨会"]`, nil)
		if cosine(list.Data[0].Embedding, list.Data[1].Embedding) < 0.9999 {
			t.Error("the text after the zero is lost")
		}
	})
	t.Run("long texts", func(t *testing.T) {
		embedTexts(t, p, `["query: `+strings.Repeat("研讨会 seminar 🌼 ", 20000)+`"]`, nil)
	})
	t.Run("go-openai", func(t *testing.T) {
		config := openai.DefaultConfig(p.EmbeddingKey())
		config.BaseURL = p.EmbeddingURL()
		c := openai.NewClientWithConfig(config)
		for _, format := range []openai.EmbeddingEncodingFormat{"", openai.EmbeddingEncodingFormatFloat, openai.EmbeddingEncodingFormatBase64} {
			answer, err := c.CreateEmbeddings(t.Context(), openai.EmbeddingRequestStrings{Input: []string{"桂花", "query: osmanthus"}, Model: EmbeddingModel, EncodingFormat: format})
			if err != nil || len(answer.Data) != 2 || len(answer.Data[1].Embedding) != Dimensions {
				t.Errorf("format %q: %v, %d vectors", format, err, len(answer.Data))
			}
		}
		models, err := c.ListModels(t.Context())
		if err != nil || len(models.Models) != 1 || models.Models[0].ID != EmbeddingModel {
			t.Errorf("got %+v, %v", models, err)
		}
		_, err = c.CreateEmbeddings(t.Context(), openai.EmbeddingRequestTokens{Input: [][]int{{1, 2}}, Model: EmbeddingModel})
		var refused *openai.APIError
		if !asError(err, &refused) || refused.HTTPStatusCode != http.StatusBadRequest || refused.Param == nil || *refused.Param != "input" {
			t.Errorf("got %v", err)
		}
	})
}

func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	p := start(t, Options{Home: newHome(t), Embedder: true})
	many := `["` + strings.Repeat(`a","`, maxInputs) + `a"]`
	for _, c := range []struct {
		name, body string
		header     http.Header
		status     int
		code       string
	}{
		{"no JSON", `{`, nil, 400, ""},
		{"no input", `{"model":"multilingual-e5-small"}`, nil, 400, ""},
		{"null", `{"input":null}`, nil, 400, ""},
		{"empty text", `{"input":""}`, nil, 400, ""},
		{"empty list", `{"input":[]}`, nil, 400, ""},
		{"empty text in a list", `{"input":["a",""]}`, nil, 400, ""},
		{"a prefix alone", `{"input":"query: "}`, nil, 400, ""},
		{"control characters alone", `{"input":"\u0000\u0001 \n"}`, nil, 400, ""},
		{"tokens", `{"input":[1,2]}`, nil, 400, ""},
		{"lists of tokens", `{"input":[[1,2]]}`, nil, 400, ""},
		{"a number", `{"input":1}`, nil, 400, ""},
		{"too many", `{"input":` + many + `}`, nil, 400, ""},
		{"unknown form", `{"input":"a","encoding_format":"int8"}`, nil, 400, ""},
		{"other dimensions", `{"input":"a","dimensions":256}`, nil, 400, ""},
		{"other model", `{"input":"a","model":"text-embedding-3-small"}`, nil, 404, "model_not_found"},
		{"too long", `{"input":"` + strings.Repeat("a", maxBody) + `"}`, nil, 413, "request_too_large"},
		{"no key", `{"input":"a"}`, http.Header{"Authorization": nil}, 401, "invalid_api_key"},
		{"wrong key", `{"input":"a"}`, http.Header{"Authorization": {"Bearer x"}}, 401, "invalid_api_key"},
	} {
		t.Run(c.name, func(t *testing.T) {
			status, content := post(t, p, c.body, c.header)
			var list embeddingList
			if err := json.Unmarshal(content, &list); err != nil || list.Error == nil {
				t.Fatalf("status %d: %s", status, content)
			}
			code := ""
			if list.Error.Code != nil {
				code = *list.Error.Code
			}
			if status != c.status || code != c.code || list.Error.Message == "" || list.Error.Type != "invalid_request_error" {
				t.Errorf("status %d: %s", status, content)
			}
		})
	}
}

// A worker that is killed in the middle of a request costs its caller nothing but time.
func TestKilledWorker(t *testing.T) {
	t.Parallel()
	home := newHome(t)
	p := start(t, Options{Home: home, Embedder: true})
	input := `["` + strings.Repeat(`研讨会将于九月在北京的国家图书馆举行。","`, 40) + `a"]`
	want := embedTexts(t, p, input, nil)
	before := workers(t, home)
	if len(before) != 2 {
		t.Fatalf("workers: %v", before)
	}
	var got embeddingList
	var wait sync.WaitGroup
	wait.Go(func() { got = embedTexts(t, p, input, nil) })
	for pid := range before {
		busy := cpuTicks(t, pid)
		// The passages' worker is killed when it is at work; the other one while it is idle.
		if niceOf(t, pid) {
			eventually(t, "the worker is at work", func() bool { return cpuTicks(t, pid) > busy })
		}
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	wait.Wait()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	embedTexts(t, p, `"query: 桂花"`, nil)
	for pid := range workers(t, home) {
		if before[pid] {
			t.Errorf("worker %d was not killed", pid)
		}
	}
}

// A worker that dies at every text gives 503, not a hanging request.
func TestWorkerThatAlwaysDies(t *testing.T) {
	t.Parallel()
	spawn := newSpawner()
	defer spawn.close()
	home := newHome(t)
	good := func() (*worker, error) {
		return startWorker(t.Context(), workerOptions{executable: executable(), home: home}, spawn)
	}
	first, err := good()
	if err != nil {
		t.Fatal(err)
	}
	first.in.Close() // it ends as if it had crashed
	fails := func() (*worker, error) { return nil, fmt.Errorf("no more workers") }
	p := newPool("test", []*worker{first}, fails, testLog(t.Output()))
	defer p.close()
	j := &job{ctx: context.Background(), text: text{body: "a"}, done: make(chan embedded, 1)}
	p.embed(j)
	if e := <-j.done; e.err != errUnavailable {
		t.Errorf("got %+v", e)
	}
}

func TestUnpackVector(t *testing.T) {
	t.Parallel()
	unit := make([]float32, Dimensions)
	unit[3] = 1
	with := func(i int, x float32) []float32 {
		v := append([]float32(nil), unit...)
		v[i] = x
		return v
	}
	for name, c := range map[string]struct {
		vector []float32
		good   bool
	}{
		"unit":      {unit, true},
		"NaN":       {with(0, float32(math.NaN())), false},
		"infinite":  {with(0, float32(math.Inf(1))), false},
		"zero":      {make([]float32, Dimensions), false},
		"too long":  {with(0, 1), false},
		"too short": {unit[:100], false},
		"more":      {append(append([]float32(nil), unit...), 0), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := unpackVector(packVector(c.vector))
			if (err == nil) != c.good {
				t.Fatalf("got %v", err)
			}
			if c.good && !cmp.Equal(got, c.vector) {
				t.Error(cmp.Diff(c.vector, got))
			}
		})
	}
}

func TestClean(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, input string
		want        text
	}{
		{"question", "query: 研讨会在哪里？", text{true, "研讨会在哪里?"}},
		{"passage", "passage: 研討會", text{false, "研討會"}},
		{"no prefix", "研讨会 seminar", text{false, "研讨会 seminar"}},
		{"only the first prefix", "query: passage: x", text{true, "passage: x"}},
		{"another case is no prefix", "Query: x", text{false, "Query: x"}},
		{"full width", "ＡＢＣ １２３", text{false, "ABC 123"}},
		{"ligature of eighteen", "\uFDFA", text{false, "صلى الله عليه وسلم"}},
		{"control characters", "a\x00b\x07c\td\r\ne\u0085f", text{false, "abc d  e f"}},
		{"invalid bytes", "a\xff\xfeb", text{false, "a\uFFFDb"}},
		{"emoji", "🌼👩🏽‍🏫", text{false, "🌼👩🏽‍🏫"}},
		{"nothing left", " \x00\n", text{false, ""}},
		{"long question", "query: " + strings.Repeat("花", maxQuery+1), text{true, strings.Repeat("花", maxQuery)}},
		{"long passage", strings.Repeat("🌼", maxPassage+1), text{false, strings.Repeat("🌼", maxPassage)}},
		{"long after NFKC", strings.Repeat("\uFDFA", maxPassage), text{false, strings.TrimSpace(cut(strings.Repeat("صلى الله عليه وسلم", maxPassage), maxPassage))}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := clean(c.input); got != c.want {
				t.Errorf("got query %v, %.80q", got.query, got.body)
			}
		})
	}
}
