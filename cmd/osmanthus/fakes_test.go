package main

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"osmanthus/retrieval/lang"
)

// fakeDimensions is enough that few words share one.
const fakeDimensions = 128

// wordEmbedder serves embeddings that know nothing but shared words, at once.
func wordEmbedder(t testing.TB) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct {
			Input []string `json:"input"`
		}
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
			t.Error(err)
		}
		type datum struct {
			Index     int       `json:"index"`
			Embedding []float32 `json:"embedding"`
		}
		var reply struct {
			Data []datum `json:"data"`
		}
		for i, text := range request.Input {
			v := make([]float32, fakeDimensions)
			v[0] = 1
			for _, term := range lang.Terms(strings.TrimPrefix(strings.TrimPrefix(text, "query: "), "passage: ")) {
				h := fnv.New32a()
				h.Write([]byte(term))
				v[h.Sum32()%fakeDimensions]++
			}
			reply.Data = append(reply.Data, datum{i, v})
		}
		w.Header().Set("Content-Type", "application/json")
		if err := json.NewEncoder(w).Encode(reply); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL + "/v1"
}

// withFakeEmbedder is onTestParts with an embedder that takes no time.
func withFakeEmbedder(t testing.TB) environment {
	t.Helper()
	return onTestParts(t).with("EMBEDDING_BASE_URL", wordEmbedder(t), "EMBEDDING_API_KEY", "", "EMBEDDING_MODEL", "fake-words")
}

// fakeModel serves a chat model that answers each prompt with what reply makes of it.
func fakeModel(t testing.TB, reply func(system, user string) string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var request struct {
			Messages []struct{ Content string } `json:"messages"`
		}
		if err := json.NewDecoder(r.Body).Decode(&request); err != nil || len(request.Messages) != 2 {
			t.Errorf("request of %d messages: %v", len(request.Messages), err)
			return
		}
		w.Header().Set("Content-Type", "text/event-stream")
		for _, piece := range strings.SplitAfter(reply(request.Messages[0].Content, request.Messages[1].Content), " ") {
			text, err := json.Marshal(piece)
			if err != nil {
				t.Error(err)
			}
			fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%s}}]}\n\n", text)
		}
		fmt.Fprint(w, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
	}))
	t.Cleanup(server.Close)
	return server.URL + "/v1"
}
