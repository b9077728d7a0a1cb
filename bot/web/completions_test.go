package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	openai "github.com/sashabaranov/go-openai"

	"osmanthus/bot"
	"osmanthus/retrieval/lang"
)

// client is a chat client that others wrote, as it is used against OpenAI.
func client(url, key string) *openai.Client {
	c := openai.DefaultConfig(key)
	c.BaseURL = url + "/v1"
	return openai.NewClientWithConfig(c)
}

func says(role, text string) openai.ChatCompletionMessage {
	return openai.ChatCompletionMessage{Role: role, Content: text}
}

// streamed reads a stream to its end.
func streamed(t testing.TB, c *openai.Client, ask openai.ChatCompletionRequest) (text string, reason openai.FinishReason, err error) {
	t.Helper()
	counted := false
	defer func() {
		if err == nil && counted != (ask.StreamOptions != nil) {
			t.Errorf("usage told: %t", counted)
		}
	}()
	stream, err := c.CreateChatCompletionStream(t.Context(), ask)
	if err != nil {
		return "", "", err
	}
	defer stream.Close()
	for {
		chunk, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return text, reason, nil
		}
		if err != nil {
			return text, reason, err
		}
		if u := chunk.Usage; u != nil && u.TotalTokens == 12 && len(chunk.Choices) == 0 {
			counted = true
			continue
		}
		if chunk.Object != "chat.completion.chunk" || !strings.HasPrefix(chunk.ID, "chatcmpl-") || len(chunk.Choices) != 1 {
			t.Errorf("chunk %+v", chunk)
		}
		text += chunk.Choices[0].Delta.Content
		if r := chunk.Choices[0].FinishReason; r != "" {
			reason = r
		}
	}
}

// TestChatClient asks with a client of OpenAI's, whole and in chunks.
func TestChatClient(t *testing.T) {
	t.Parallel()
	c := config(t)
	asked := make(chan bot.Question, 1)
	answer := answering(t, "The documents say:\n\n> FU Changbo moderated it. [1]")
	c.Assistant = askFunc(func(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
		asked <- q
		if emit == nil {
			emit = func(bot.Event) error { return nil }
		}
		a, err := answer(ctx, q, emit)
		a.Notice, a.Usage = "It quotes.", &bot.Usage{Prompt: 10, Completion: 2}
		return a, err
	})
	s := start(t, c)
	api := client(s.URL, "")
	const shown = "The documents say:\n\n> FU Changbo moderated it. [1]\n\nIt quotes.\n\n"
	ask := openai.ChatCompletionRequest{
		Model: "osmanthus",
		Messages: []openai.ChatCompletionMessage{
			says("system", "You are a pirate."), says("user", "Where is it?"), says("assistant", "In the hall. [1]\n\n[1]: http://host/d/7 \"The \\\"seminar\\\"\""),
			{Role: "user", MultiContent: []openai.ChatMessagePart{{Type: "text", Text: "Who moderated"}, {Type: "text", Text: "it?"}}},
		},
		MaxTokens: 5, Temperature: 1, Tools: []openai.Tool{{Type: "function", Function: &openai.FunctionDefinition{Name: "shout"}}},
	}
	want := bot.Question{
		Text: "Who moderated\nit?", Audiences: publicOnly(), Client: "127.0.0.1/32",
		History: []bot.Exchange{{Question: "Where is it?", Answer: "In the hall. [1]", Document: `The "seminar"`}},
	}
	whole, err := api.CreateChatCompletion(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, <-asked); diff != "" {
		t.Errorf("question (-want +got):\n%s", diff)
	}
	got := whole.Choices[0]
	if !strings.HasPrefix(got.Message.Content, shown) || got.Message.Role != "assistant" || got.FinishReason != "stop" || whole.Model != "osmanthus" || len(whole.ID) < 20 {
		t.Errorf("got %+v", whole)
	}
	if link := "[1]: " + s.URL + "/d/7?v=3&from="; !strings.Contains(got.Message.Content, link) || !strings.HasSuffix(got.Message.Content, `#s "The seminar"`) {
		t.Errorf("no %q in %q", link, got.Message.Content)
	}
	text, reason, err := streamed(t, api, ask)
	if err != nil || text != got.Message.Content || reason != "stop" {
		t.Errorf("in chunks: %q, %q, %v", text, reason, err)
	}
	if diff := cmp.Diff(want, <-asked); diff != "" {
		t.Errorf("question (-want +got):\n%s", diff)
	}
	if u := whole.Usage; u.PromptTokens != 10 || u.CompletionTokens != 2 || u.TotalTokens != 12 {
		t.Errorf("usage %+v", u)
	}
	ask.StreamOptions = &openai.StreamOptions{IncludeUsage: true}
	if text, _, err := streamed(t, api, ask); err != nil || text != got.Message.Content {
		t.Errorf("in chunks with usage: %q, %v", text, err)
	}
	<-asked
	ask.StreamOptions = nil
	ask.Model, ask.Metadata = "osmanthus-people", map[string]string{"lang": "zh", "event": "days"}
	if _, err := api.CreateChatCompletion(t.Context(), ask); err != nil {
		t.Fatal(err)
	}
	if q := <-asked; q.Mode != "people" || q.Lang != lang.Chinese || q.Event != "days" {
		t.Errorf("asked %+v", q)
	}
	models, err := api.ListModels(t.Context())
	if err != nil || len(models.Models) != 3 || models.Models[0].ID != "osmanthus" {
		t.Errorf("models %+v, %v", models, err)
	}
	if m, err := api.GetModel(t.Context(), "osmanthus-summary"); err != nil || m.ID != "osmanthus-summary" {
		t.Errorf("model %+v, %v", m, err)
	}
}

func TestChatClientIsRefused(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Limits.PerMinute = -1
	c.APIKeys = []string{"first", "second"}
	c.Assistant = askFunc(func(_ context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
		switch q.Text {
		case "":
			return bot.Answer{}, &bot.Error{Code: bot.CodeQuestionEmpty}
		case "down":
			return bot.Answer{}, &bot.Error{Code: bot.CodeSearchDown, Err: errors.New("secret")}
		}
		return bot.Answer{}, errors.New("secret")
	})
	s := start(t, c)
	user := func(text string) []openai.ChatCompletionMessage {
		return []openai.ChatCompletionMessage{says("user", text)}
	}
	for _, tt := range []struct {
		name   string
		key    string
		ask    openai.ChatCompletionRequest
		status int
		typ    string
		code   string
		param  string
	}{
		{"no key", "", openai.ChatCompletionRequest{Model: "osmanthus", Messages: user("x")}, 401, "invalid_request_error", "invalid_api_key", ""},
		{"another key", "firs", openai.ChatCompletionRequest{Model: "osmanthus", Messages: user("x")}, 401, "invalid_request_error", "invalid_api_key", ""},
		{"another model", "first", openai.ChatCompletionRequest{Model: "gpt-4o", Messages: user("x")}, 404, "invalid_request_error", "model_not_found", "model"},
		{"no question", "second", openai.ChatCompletionRequest{Model: "osmanthus", Messages: []openai.ChatCompletionMessage{says("system", "x")}}, 400, "invalid_request_error", "question_empty", "messages"},
		{"several answers", "second", openai.ChatCompletionRequest{Model: "osmanthus", Messages: user("x"), N: 2}, 400, "invalid_request_error", "field", "n"},
		{"too large", "second", openai.ChatCompletionRequest{Model: "osmanthus", Messages: user(strings.Repeat("长", maxTranscript/3))}, 413, "invalid_request_error", "too_large", ""},
		{"the search is down", "second", openai.ChatCompletionRequest{Model: "osmanthus", Messages: user("down")}, 503, "server_error", "search_down", ""},
		{"something else broke", "second", openai.ChatCompletionRequest{Model: "osmanthus", Messages: user("x")}, 500, "server_error", "internal", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			api := client(s.URL, tt.key)
			_, whole := api.CreateChatCompletion(t.Context(), tt.ask)
			_, _, chunks := streamed(t, api, tt.ask)
			for form, err := range map[string]error{"whole": whole, "in chunks": chunks} {
				var got *openai.APIError
				if !errors.As(err, &got) {
					t.Fatalf("%s: %v", form, err)
				}
				param := ""
				if got.Param != nil {
					param = *got.Param
				}
				if got.HTTPStatusCode != tt.status || got.Type != tt.typ || got.Code != tt.code || param != tt.param || strings.Contains(got.Message, "secret") || got.Message == "" {
					t.Errorf("%s: %+v, parameter %q", form, got, param)
				}
			}
		})
	}
	if models, err := client(s.URL, "second").ListModels(t.Context()); err != nil || len(models.Models) == 0 {
		t.Errorf("with a key: %v", err)
	}
}

// TestChunksEndWithAnError: a client learns that what it has is not the whole.
func TestChunksEndWithAnError(t *testing.T) {
	t.Parallel()
	for name, fail := range map[string]func() error{
		"error": func() error { return errors.New("the secret cause") },
		"panic": func() error { panic("the secret cause") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config(t)
			c.Assistant = askFunc(func(_ context.Context, _ bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
				if err := emit(bot.Event{Type: bot.EventMeta, Data: bot.Meta{ID: "a1"}}); err != nil {
					return bot.Answer{}, err
				}
				return bot.Answer{}, fail()
			})
			text, reason, err := streamed(t, client(start(t, c).URL, ""), openai.ChatCompletionRequest{Model: "osmanthus", Messages: []openai.ChatCompletionMessage{says("user", "在哪里？")}})
			var got *openai.APIError
			if !errors.As(err, &got) || got.Code != "internal" || !strings.Contains(got.Message, "系统出现问题") || strings.Contains(got.Message, "secret") {
				t.Errorf("got %v", err)
			}
			if text != "" || reason != "" {
				t.Errorf("an answer too: %q, %q", text, reason)
			}
		})
	}
}

// TestChunksHoldWhatStands: a draft that is taken back is never sent, for nothing sent here can be.
func TestChunksHoldWhatStands(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Assistant = askFunc(func(_ context.Context, _ bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
		var err error
		for _, e := range []bot.Event{
			{Type: bot.EventMeta, Data: bot.Meta{ID: "a1"}}, {Type: bot.EventDelta, Data: bot.Delta{Text: "It was in Rome."}},
			{Type: bot.EventStatus, Data: bot.Status{Status: bot.StageReplaced}}, {Type: bot.EventDelta, Data: bot.Delta{Text: "It was in the hall."}},
		} {
			err = errors.Join(err, emit(e))
		}
		return bot.Answer{ID: "a1", Kind: bot.KindAnswer, Text: "It was in the hall."}, err
	})
	text, reason, err := streamed(t, client(start(t, c).URL, ""), openai.ChatCompletionRequest{Messages: []openai.ChatCompletionMessage{says("user", "Where?")}})
	if err != nil || text != "It was in the hall." || reason != "stop" {
		t.Errorf("%q, %q, %v", text, reason, err)
	}
}

// TestQuietChunks: a stream that waits is kept open in a way that does not keep clients from reading its error.
func TestQuietChunks(t *testing.T) {
	t.Parallel()
	c := config(t)
	goOn := make(chan struct{})
	c.Assistant = askFunc(func(_ context.Context, _ bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
		if err := emit(bot.Event{Type: bot.EventMeta, Data: bot.Meta{ID: "a1"}}); err != nil {
			return bot.Answer{}, err
		}
		<-goOn
		return bot.Answer{}, errors.New("broken")
	})
	s, err := newServer(c)
	if err != nil {
		t.Fatal(err)
	}
	ticks := make(chan time.Time)
	s.ticks = func(time.Duration) (<-chan time.Time, func()) { return ticks, func() {} }
	served := httptest.NewServer(s)
	t.Cleanup(served.Close)
	stream, err := client(served.URL, "").CreateChatCompletionStream(t.Context(), openai.ChatCompletionRequest{Messages: []openai.ChatCompletionMessage{says("user", "Where?")}})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	ticks <- time.Time{}
	ticks <- time.Time{} // the first has been written
	close(goOn)
	chunks := 0
	for err == nil {
		if _, err = stream.Recv(); err == nil {
			chunks++
		}
	}
	var got *openai.APIError
	if !errors.As(err, &got) || got.Code != "internal" || chunks < 2 {
		t.Errorf("%v after %d chunks", err, chunks)
	}
}

func TestChatClientHasTheLimitOfItsAddress(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Limits = Limits{PerMinute: 1, Burst: 1}
	s := start(t, c)
	if res := (request{path: "/api/search?q=hall"}).send(t, s); res.StatusCode != http.StatusOK {
		t.Fatal(res.Status)
	}
	res := request{method: "POST", path: "/v1/chat/completions", body: `{"messages":[{"role":"user","content":"x"}]}`}.send(t, s)
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusTooManyRequests || res.Header.Get("Retry-After") == "" || !strings.Contains(string(body), `"code":"rate_limit_exceeded"`) {
		t.Errorf("%d %s, %v", res.StatusCode, body, err)
	}
}

// TestComposed: the numbers are where the annotations say, counted in characters, and none is tied to the next.
func TestComposed(t *testing.T) {
	t.Parallel()
	cited := func(n int) bot.Citation {
		return bot.Citation{N: n, Title: "题\n\"é\"", URL: "/d/7#s"}
	}
	for _, tt := range []struct {
		name, text string
		want       string
		marks      []string // what the annotations cover
	}{
		{"Chinese and an emoji", "傅昌波👩‍👩‍👧主持 [1]。", "傅昌波👩‍👩‍👧主持 [1]。", []string{"[1]"}},
		{"three together", "A [1][2][1].", "A [1] [2] [1].", []string{"[1]", "[2]", "[1]"}},
		{"what would be a link or a definition", "[1]: a [2](http://x)", "[1] : a [2] (http://x)", []string{"[1]", "[2]"}},
		{"of the document's own text", `It says \[1\]. [2]`, `It says \[1\]. [2]`, []string{"[2]"}},
		{"of no source", "A [9]. [1]", "A [9]. [1]", []string{"[1]"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := composed(bot.Answer{Text: tt.text, Citations: []bot.Citation{cited(1), cited(2)}}, "https://host")
			var marks []string
			for _, a := range c.Annotations {
				marks = append(marks, string([]rune(c.text)[a.URLCitation.StartIndex:a.URLCitation.EndIndex]))
				if a.URLCitation.URL != "https://host/d/7#s" {
					t.Errorf("leads to %s", a.URLCitation.URL)
				}
			}
			if diff := cmp.Diff(tt.marks, marks); diff != "" {
				t.Errorf("marks (-want +got):\n%s", diff)
			}
			want := tt.want + "\n\n" + `[1]: https://host/d/7#s "题 \"é\""` + "\n" + `[2]: https://host/d/7#s "题 \"é\""`
			if diff := cmp.Diff(want, c.text); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			if text, document := undefined(c.text); text != tt.want || document != `题 "é"` {
				t.Errorf("taken apart again: %q, %q", text, document)
			}
		})
	}
}

func TestAddressForLinks(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}
	s, err := newServer(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, remote string
		header       http.Header
		want         string
	}{
		{"plain", "203.0.113.1:5", nil, "http://seminar.example"},
		{"a stranger's word", "203.0.113.1:5", http.Header{"X-Forwarded-Proto": {"https"}, "X-Forwarded-Host": {"evil.example"}}, "http://seminar.example"},
		{"the proxy's", "10.1.2.3:5", http.Header{"X-Forwarded-Proto": {"https"}, "X-Forwarded-Host": {"evil.example, ask.example"}}, "https://ask.example"},
		{"the proxy's nonsense", "10.1.2.3:5", http.Header{"X-Forwarded-Proto": {"gopher"}, "X-Forwarded-Host": {"me@x/y"}}, "http://seminar.example"},
	} {
		r := &http.Request{RemoteAddr: tt.remote, Host: "seminar.example", Header: tt.header}
		if got := s.address(r); got != tt.want {
			t.Errorf("%s: %s", tt.name, got)
		}
	}
}
