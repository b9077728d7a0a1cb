package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
)

// TestEmbeddingIsAgreedOn: a token that one process of an installation gave is taken by another, and by none of another
// installation.
func TestEmbeddingIsAgreedOn(t *testing.T) {
	t.Parallel()
	env := withFakeEmbedder(t).with("OSMANTHUS_EMBED_ORIGINS", "https://news.example,https://club.example")
	elsewhere := withFakeEmbedder(t).with("OSMANTHUS_EMBED_ORIGINS", "https://news.example")
	ctx, stop := context.WithCancel(t.Context())
	one, two, other := env.serve(t, ctx), env.serve(t, ctx), elsewhere.serve(t, ctx)
	t.Cleanup(func() {
		stop()
		for _, s := range []served{one, two, other} {
			if err := <-s.ended; err != nil {
				t.Error(err)
			}
		}
	})
	client := &http.Client{}
	post := func(s served, path, body string, header map[string]string) (int, string) {
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+s.addr+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for name, value := range header {
			req.Header.Set(name, value)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(text)
	}
	status, text := post(one, "/api/embed", "", map[string]string{"Origin": "https://news.example"})
	var given struct{ Token string }
	if err := json.Unmarshal([]byte(text), &given); err != nil || status != http.StatusOK || given.Token == "" {
		t.Fatalf("got %d %s, %v", status, text, err)
	}
	for name, tt := range map[string]struct {
		s      served
		status int
	}{"the process that gave it": {one, 200}, "another of the installation": {two, 200}, "one of another installation": {other, 401}} {
		status, text := post(tt.s, "/api/ask", `{"question":"Where is the dinner?"}`, map[string]string{"X-Osmanthus-Token": given.Token, "Sec-Fetch-Site": "same-origin"})
		if status != tt.status {
			t.Errorf("%s: %d %s, want %d", name, status, text, tt.status)
		}
	}
}
