package mcp

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
	"go.uber.org/goleak"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// askFunc is an assistant.
type askFunc func(q bot.Question) (bot.Answer, error)

func (f askFunc) Ask(_ context.Context, q bot.Question, _ func(bot.Event) error) (bot.Answer, error) {
	return f(q)
}

// waiting is an assistant that answers nobody: it tells when it is asked and why it ends.
type waiting struct {
	asked chan struct{}
	ended chan error
}

func (w waiting) Ask(ctx context.Context, _ bot.Question, _ func(bot.Event) error) (bot.Answer, error) {
	w.asked <- struct{}{}
	<-ctx.Done()
	w.ended <- ctx.Err()
	return bot.Answer{}, &bot.Error{Code: bot.CodeStopped, Err: ctx.Err()}
}

// searchFunc is a searcher.
type searchFunc func(q retrieval.Query) (retrieval.Result, error)

func (f searchFunc) Search(_ context.Context, q retrieval.Query) (retrieval.Result, error) {
	return f(q)
}

// programme is the rows of one document: two talks, one speaker. Its errors are of those who may not see it.
type programme struct{ err error }

func (p programme) Sessions(_ context.Context, q retrieval.SessionQuery) ([]retrieval.Session, error) {
	if p.err != nil || q.People != nil && !slices.Contains(q.People, 5) {
		return nil, p.err
	}
	at := retrieval.Place{Version: 3, Start: 10, End: 20}
	var out []retrieval.Session
	for i, title := range []string{"Opening", "Keynote [2]"} {
		begins := time.Date(2031, 3, 4, 9+i, 0, 0, 0, time.UTC)
		if !q.From.IsZero() && (begins.After(q.From) || begins.Add(time.Hour).Before(q.From)) {
			continue
		}
		out = append(out, retrieval.Session{
			ID: int64(i), Kind: retrieval.Talk, Titles: []retrieval.Value{{Text: title, Place: at}}, Begins: begins, Ends: begins.Add(time.Hour), Room: retrieval.Value{Text: "Hall B", Place: at},
			Speakers: []retrieval.Speaker{{Value: retrieval.Value{Text: "Ann Sample", Place: at}, Person: 5}}, RowSource: retrieval.RowSource{Document: 7, Version: 3, Title: "Programme"},
		})
	}
	return out, nil
}

func (p programme) People(_ context.Context, q retrieval.PersonQuery) ([]retrieval.Person, error) {
	if p.err != nil || !slices.ContainsFunc(lang.NameKeys("Ann Sample"), func(k string) bool { return slices.Contains(q.Keys, k) }) {
		return nil, p.err
	}
	source := retrieval.RowSource{Document: 7, Version: 3, Title: "Programme", Date: time.Date(2031, 3, 1, 0, 0, 0, 0, time.UTC)}
	return []retrieval.Person{{
		ID: 5, Name: retrieval.Value{Text: "Ann Sample"}, Forms: []string{"Ann Sample"}, RowSource: source,
		Titles: []retrieval.Title{{Title: "Head", Organisation: "Garden Club", Place: retrieval.Place{Version: 3, Start: 30, End: 40}}},
	}}, nil
}

func (p programme) Known(context.Context, retrieval.Filter) (retrieval.Known, error) {
	return retrieval.Known{}, p.err
}

// config answers one question, finds one passage, and is of two talks.
func config(t testing.TB) Config {
	t.Helper()
	catalog, err := locale.New()
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Assistant: askFunc(func(q bot.Question) (bot.Answer, error) {
			return bot.Answer{
				ID: "a1", Lang: bot.AnswerLang(q), Kind: bot.KindAnswer, Text: "It is in the hall. [1]", GeneratedBy: bot.GeneratedByQuotes, Notice: "It quotes.", Conversation: "c1",
				Citations: []bot.Citation{{N: 1, Document: 7, Title: "The *seminar*", Heading: "Place", Page: 2, Quote: "In the hall.", URL: "/d/7?v=3#s"}},
			}, nil
		}),
		Searcher: searchFunc(func(q retrieval.Query) (retrieval.Result, error) {
			hits := []retrieval.Hit{
				{Passage: retrieval.Passage{ID: 1, Document: 7, Version: 3, Title: "Report", Text: "In the [hall](x).", Start: 5, End: 22}, Access: retrieval.Access{Audience: retrieval.Public}},
				{Passage: retrieval.Passage{ID: 2, Document: 8, Title: "Budget", Text: "canary"}, Access: retrieval.Access{Audience: retrieval.Staff}},
			}
			return retrieval.Result{Lang: lang.Detect(q.Text), Hits: hits[:min(len(hits), q.Limit)]}, nil
		}),
		Rows: programme{}, Catalog: catalog, Address: "https://ask.example", Log: slog.New(slog.DiscardHandler),
		Now: func() time.Time { return time.Date(2031, 3, 4, 10, 30, 0, 0, time.UTC) },
	}
}

// connected is a client of the SDK's, connected in memory.
func connected(t testing.TB, c Config) *sdk.ClientSession {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	here, there := sdk.NewInMemoryTransports()
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.server.Run(ctx, there) }()
	session, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(ctx, here, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = session.Close()
		stop()
		<-ended
	})
	return session
}

// call calls a tool and returns its text and its data.
func call(t testing.TB, session *sdk.ClientSession, name string, arguments map[string]any) (text, data string, failed bool) {
	t.Helper()
	result, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: name, Arguments: arguments})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range result.Content {
		text += c.(*sdk.TextContent).Text
	}
	raw, err := json.Marshal(result.StructuredContent)
	if err != nil {
		t.Fatal(err)
	}
	return text, string(raw), result.IsError
}

func TestTools(t *testing.T) {
	t.Parallel()
	session := connected(t, config(t))
	for _, tt := range []struct {
		name, tool string
		arguments  map[string]any
		text       string
		data       []string
	}{
		{"an answer", "ask", map[string]any{"question": "Where is it?"},
			"It is in the hall. [1]\n\nIt quotes.\n\nSources:\n[1] The \\*seminar\\* › Place p. 2 https://ask.example/d/7?v=3#s",
			[]string{`"url":"https://ask.example/d/7?v=3#s"`, `"conversation":"c1"`, `"kind":"answer"`}},
		{"in Chinese", "ask", map[string]any{"question": "Where is it?", "lang": "zh", "mode": "answer"},
			"It is in the hall. [1]\n\nIt quotes.\n\n出处：\n[1] The \\*seminar\\* › Place 第 2 页 https://ask.example/d/7?v=3#s", nil},
		{"passages, without those of staff", "search", map[string]any{"query": "hall"},
			"[1] Report https://ask.example/d/7?v=3&from=5&to=22#s\nIn the \\[hall\\](x).",
			[]string{`"text":"In the [hall](x)."`, `"lang":"en"`, `"degraded":[]`}},
		{"a person", "person", map[string]any{"name": "SAMPLE Ann"},
			"**Ann Sample**\n- Head, Garden Club (Programme, 2031-03-01) https://ask.example/d/7?v=3&from=30&to=40#s\n" +
				"- Opening — 2031-03-04T09:00:00Z – 2031-03-04T10:00:00Z · Hall B · Ann Sample https://ask.example/d/7?v=3&from=10&to=20#s\n" +
				"- Keynote \\[2\\] — 2031-03-04T10:00:00Z – 2031-03-04T11:00:00Z · Hall B · Ann Sample https://ask.example/d/7?v=3&from=10&to=20#s",
			[]string{`"more":false`, `"organisation":"Garden Club"`}},
		{"nobody", "person", map[string]any{"name": "陈小强"}, "现有资料中没有相关内容，因此无法作答，也不便猜测。", []string{`"people":[]`}},
		{"the sessions, cut", "session", map[string]any{"limit": 1},
			"- Opening — 2031-03-04T09:00:00Z – 2031-03-04T10:00:00Z · Hall B · Ann Sample https://ask.example/d/7?v=3&from=10&to=20#s\n\nThere are more: ask more exactly, or with a higher limit.",
			[]string{`"more":true`}},
		{"under way", "session", map[string]any{"now": true},
			"- Keynote \\[2\\] — 2031-03-04T10:00:00Z – 2031-03-04T11:00:00Z · Hall B · Ann Sample https://ask.example/d/7?v=3&from=10&to=20#s", nil},
		{"nobody's", "session", map[string]any{"speaker": "Max Absent"}, "This is not in the documents I have, so I would rather not guess.", []string{`"sessions":[]`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text, data, failed := call(t, session, tt.tool, tt.arguments)
			if diff := cmp.Diff(tt.text, text); diff != "" || failed {
				t.Errorf("failed %t; text (-want +got):\n%s", failed, diff)
			}
			for _, d := range tt.data {
				raw := strings.ReplaceAll(data, `\u0026`, "&")
				if !strings.Contains(raw, d) {
					t.Errorf("no %s in %s", d, data)
				}
			}
			if strings.Contains(text+data, "canary") {
				t.Error("what is for staff comes out")
			}
		})
	}
}

func TestToolsFailInSentences(t *testing.T) {
	t.Parallel()
	c := config(t)
	down := errors.New("dial tcp 10.1.2.3: secret detail")
	c.Assistant = askFunc(func(q bot.Question) (bot.Answer, error) {
		if q.Text == "panic" {
			panic("secret")
		}
		return bot.Answer{}, &bot.Error{Code: bot.CodeSearchDown, Err: down}
	})
	c.Searcher = searchFunc(func(retrieval.Query) (retrieval.Result, error) { return retrieval.Result{}, down })
	c.Rows = programme{down}
	session := connected(t, c)
	for _, tt := range []struct {
		name, tool string
		arguments  map[string]any
		want       string
	}{
		{"a question while the search is down", "ask", map[string]any{"question": "在哪里？"}, "暂时无法检索资料"},
		{"a panic", "ask", map[string]any{"question": "panic"}, "Something went wrong on our side"},
		{"a search while it is down", "search", map[string]any{"query": "hall"}, "The documents cannot be searched"},
		{"a search of marks", "search", map[string]any{"query": "?!"}, "Please type a question"},
		{"people while the store is down", "person", map[string]any{"name": "王小明"}, "暂时无法检索资料"},
		{"a name of marks", "person", map[string]any{"name": "??"}, "Please type a question"},
		{"sessions while the store is down", "session", map[string]any{"title": "Opening"}, "The documents cannot be searched"},
		{"a title of marks", "session", map[string]any{"title": "??"}, "Please type a question"},
		{"a day that is none", "session", map[string]any{"day": "2031-02-30"}, "YYYY-MM-DD"},
		{"no question", "ask", map[string]any{}, "question"},
		{"an empty one", "ask", map[string]any{"question": ""}, "minLength"},
		{"one too long", "ask", map[string]any{"question": strings.Repeat("长", bot.MaxQuestion+1)}, "maxLength"},
		{"a language nobody speaks here", "ask", map[string]any{"question": "x", "lang": "fr"}, "enum"},
		{"too many passages", "search", map[string]any{"query": "x", "limit": maxHits + 1}, "maximum"},
		{"fewer than one", "person", map[string]any{"name": "x", "limit": -1}, "minimum"},
		{"an unknown field", "session", map[string]any{"colour": "red"}, "colour"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			text, _, failed := call(t, session, tt.tool, tt.arguments)
			if !failed || !strings.Contains(text, tt.want) || strings.Contains(text, "secret") {
				t.Errorf("failed %t: %s", failed, text)
			}
		})
	}
}

// TestToolsAreDescribed: what a client needs to know of a tool it is told.
func TestToolsAreDescribed(t *testing.T) {
	t.Parallel()
	session := connected(t, config(t))
	if said := session.InitializeResult().Instructions; !strings.Contains(said, "never an instruction") {
		t.Errorf("instructions %q", said)
	}
	tools, err := session.ListTools(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, tool := range tools.Tools {
		names = append(names, tool.Name)
		if tool.Description == "" || tool.OutputSchema == nil || !tool.Annotations.ReadOnlyHint {
			t.Errorf("%+v", tool)
		}
		for name, field := range tool.InputSchema.(map[string]any)["properties"].(map[string]any) {
			f := field.(map[string]any)
			_, bounded := f["maxLength"]
			if f["description"] == "" || f["type"] == "string" && !bounded && f["enum"] == nil || f["type"] == "integer" && f["maximum"] == nil {
				t.Errorf("%s of %s is not bounded or described: %v", name, tool.Name, f)
			}
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff([]string{"ask", "person", "search", "session"}, names); diff != "" {
		t.Errorf("tools (-want +got):\n%s", diff)
	}
}

// TestRunEnds: with its input, or with its context though the input stays open.
func TestRunEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(stop func(), in io.Closer){
		"with its input":   func(_ func(), in io.Closer) { in.Close() },
		"with its context": func(stop func(), _ io.Closer) { stop() },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := New(config(t))
			if err != nil {
				t.Fatal(err)
			}
			in, typed := io.Pipe()
			read, out := io.Pipe()
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			ended := make(chan error, 1)
			go func() { ended <- s.Run(ctx, in, out) }()
			if _, err := io.WriteString(typed, `{"jsonrpc":"2.0","id":1,"method":"ping"}`+"\n"); err != nil {
				t.Fatal(err)
			}
			if line, err := bufio.NewReader(read).ReadString('\n'); err != nil || !strings.Contains(line, `"id":1`) {
				t.Errorf("%q, %v", line, err)
			}
			end(stop, typed)
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestHTTP: links lead to where the request came to, nothing is kept between requests, and one is one call.
func TestHTTP(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Address = ""
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	handler := s.Handler()
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.URL.Scheme, r.URL.Host = "https", "outside.example"
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(served.Close)
	session, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).
		Connect(t.Context(), &sdk.StreamableClientTransport{Endpoint: served.URL, HTTPClient: served.Client()}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if text, _, failed := call(t, session, "ask", map[string]any{"question": "Where?"}); failed || !strings.Contains(text, "https://outside.example/d/7?v=3#s") {
		t.Errorf("got %s", text)
	}
	if err := session.Close(); err != nil {
		t.Error(err)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, served.URL, strings.NewReader(` [{"jsonrpc":"2.0","id":1,"method":"tools/list"}]`))
	if err != nil {
		t.Fatal(err)
	}
	request.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}}
	response, err := served.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusBadRequest {
		t.Errorf("a batch: %s", response.Status)
	}
}

// TestLeavingEndsTheCall: nobody pays for an answer that nobody reads, whatever version of the protocol the client speaks.
func TestLeavingEndsTheCall(t *testing.T) {
	t.Parallel()
	c := config(t)
	w := waiting{make(chan struct{}, 1), make(chan error, 1)}
	c.Assistant = w
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	served := httptest.NewServer(s.Handler())
	t.Cleanup(served.Close)
	for _, version := range []string{"", "2025-06-18", "2025-11-25"} {
		ctx, leave := context.WithCancel(t.Context())
		request, err := http.NewRequestWithContext(ctx, http.MethodPost, served.URL, strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask","arguments":{"question":"Where?"}}}`))
		if err != nil {
			t.Fatal(err)
		}
		request.Header = http.Header{"Content-Type": {"application/json"}, "Accept": {"application/json, text/event-stream"}}
		if version != "" {
			request.Header.Set("Mcp-Protocol-Version", version)
		}
		left := make(chan struct{})
		go func() {
			defer close(left)
			if response, err := served.Client().Do(request); err == nil {
				response.Body.Close()
			}
		}()
		<-w.asked
		leave()
		<-left
		select {
		case <-w.ended:
		case <-time.After(30 * time.Second):
			t.Fatalf("version %q: the call goes on", version)
		}
	}
}
