package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers/gorillamux"
	"github.com/google/go-cmp/cmp"

	"osmanthus/bot"
	"osmanthus/ingest/source"
	"osmanthus/retrieval"
)

var asJSON = http.Header{"Content-Type": {"application/json"}}

// TestAPI holds every route's answer against the description that is served.
func TestAPI(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Embedding = Embedding{Origins: []string{listed}, Secret: secretOfTests()}
	c.Limits.PerMinute = -1 // there are more cases than one client may ask at once
	c.MCP = []Door{{[]string{"k"}, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"jsonrpc":"2.0","id":1,"result":{}}`))
	})}}
	s := start(t, c)
	loader := openapi3.NewLoader()
	described, err := io.ReadAll(request{path: "/openapi.json"}.send(t, s).Body)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := loader.LoadFromData(described)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(loader.Context); err != nil {
		t.Fatal(err)
	}
	doc.Servers = openapi3.Servers{{URL: s.URL}}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	long, err := json.Marshal(map[string]string{"question": strings.Repeat("很长的问题", 20000)})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name   string
		req    request
		status int
		holds  string // of the body
	}{
		{"a question", request{method: "POST", path: "/api/ask", body: `{"question":"Who moderated?"}`, header: asJSON}, 200, `"kind":"answer"`},
		{"in a language", request{method: "POST", path: "/api/ask", body: `{"question":"Who moderated?","lang":"zh"}`, header: asJSON}, 200, `"lang":"zh"`},
		{"a summary", request{method: "POST", path: "/api/ask", body: `{"question":"Summarise it","mode":"summary"}`, header: asJSON}, 200, `"reason":"limit"`},
		{"from a newer client", request{method: "POST", path: "/api/ask", body: `{"question":"谁主持？","colour":1}`, header: asJSON}, 200, `"lang":"zh"`},
		{"no JSON", request{method: "POST", path: "/api/ask", body: `{"question"`, header: asJSON}, 400, `"body"`},
		{"no question", request{method: "POST", path: "/api/ask", body: `[]`, header: asJSON}, 400, `"body"`},
		{"64 KB", request{method: "POST", path: "/api/ask", body: string(long), header: asJSON}, 413, `"too_large"`},
		{"from another website", request{method: "POST", path: "/api/ask", body: `{"question":"x"}`, header: http.Header{"Sec-Fetch-Site": {"cross-site"}, "Content-Type": {"application/json"}}}, 403, `"cross_origin"`},
		{"GET ask", request{path: "/api/ask"}, 405, `"method"`},
		{"a search", request{path: "/api/search?q=round+table"}, 200, `"url":"/d/7?v=3`},
		{"a search of nothing", request{path: "/api/search?q=%3F%21"}, 400, `"question_empty"`},
		{"too many hits", request{path: "/api/search?q=x&limit=51"}, 400, `"parameter"`},
		{"a language nobody speaks here", request{path: "/api/search?q=x&lang=fr"}, 400, `"lang_unknown"`},
		{"a day that is none", request{path: "/api/search?q=x&from=2026-02-30"}, 400, `"parameter"`},
		{"days that are some", request{path: "/api/documents?from=2026-02-01&to=2026-02-28&limit=1"}, 200, `"next":7`},
		{"the documents", request{path: "/api/documents?limit=1"}, 200, `"next":7`},
		{"the last of them", request{path: "/api/documents?after=9"}, 200, `"documents":[]`},
		{"one document", request{path: "/api/documents/7"}, 200, `"current":true`},
		{"an earlier version", request{path: "/api/documents/7?version=2"}, 200, `"current":false`},
		{"no such document", request{path: "/api/documents/8"}, 404, `"not_found"`},
		{"no such version", request{path: "/api/documents/7?version=9"}, 404, `"not_found"`},
		{"an id that is none", request{path: "/api/documents/seven"}, 404, `"not_found"`},
		{"a person", request{path: "/api/people?q=%E4%BB%98%E9%95%BF%E6%B3%A2"}, 200, `"url":"/d/7?v=3\u0026from=12\u0026to=60#s"`},
		{"nobody", request{path: "/api/people?q=Nobody+Known"}, 200, `"people":[],"more":false`},
		{"everybody", request{path: "/api/people?limit=1"}, 200, `"names":["FU Changbo"]`},
		{"too many people", request{path: "/api/people?limit=101"}, 400, `"parameter"`},
		{"a name of marks", request{path: "/api/people?q=%3F"}, 400, `"question_empty"`},
		{"the sessions", request{path: "/api/sessions?limit=1"}, 200, `"more":true`},
		{"a session by its title", request{path: "/api/sessions?q=KEYNOTE"}, 200, `{"sessions":[{"titles":["Keynote"]`},
		{"by room and day", request{path: "/api/sessions?room=hall+b&day=2026-05-01"}, 200, `"begins":"2026-05-01T12:00:00+08:00"`},
		{"by speaker", request{path: "/api/sessions?speaker=Changbo+Fu"}, 200, `"speakers":["FU Changbo"]`},
		{"nobody's", request{path: "/api/sessions?speaker=Nobody+Known"}, 200, `"sessions":[]`},
		{"under way", request{path: "/api/sessions?now=2026-05-01T05:30:00Z"}, 200, `{"sessions":[{"titles":["Keynote"]`},
		{"under way by the clock", request{path: "/api/sessions?now=true"}, 200, `"sessions":[]`},
		{"a day that is none", request{path: "/api/sessions?day=tomorrow"}, 400, `"parameter"`},
		{"a time that is none", request{path: "/api/sessions?now=soon"}, 400, `"parameter"`},
		{"of another event", request{path: "/api/sessions?event=elsewhere"}, 200, `"sessions":[]`},
		{"an answer given", request{path: "/api/answers/a1"}, 200, `"question":"And where?","understood":"Where is it?"`},
		{"one that is not for strangers", request{path: "/api/answers/hidden"}, 404, `"not_found"`},
		{"an id too long to be one", request{path: "/api/answers/" + strings.Repeat("a", 65)}, 404, `"not_found"`},
		{"feedback", request{method: "POST", path: "/api/feedback", body: `{"answer":"a1","value":"down","reason":"The hall is another."}`, header: asJSON}, 204, ""},
		{"of no answer", request{method: "POST", path: "/api/feedback", body: `{"answer":"a2","value":"up"}`, header: asJSON}, 404, `"not_found"`},
		{"neither up nor down", request{method: "POST", path: "/api/feedback", body: `{"answer":"a1","value":"meh"}`, header: asJSON}, 400, `"field"`},
		{"a reason too long", request{method: "POST", path: "/api/feedback", body: `{"answer":"a1","value":"up","reason":"` + strings.Repeat("长", 1001) + `"}`, header: asJSON}, 400, `"field"`},
		{"feedback that is none", request{method: "POST", path: "/api/feedback", body: `up`, header: asJSON}, 400, `"body"`},
		{"a conversation forgotten", request{method: "DELETE", path: "/api/conversations/c1"}, 204, ""},
		{"forgotten by another website", request{method: "DELETE", path: "/api/conversations/c1", header: http.Header{"Sec-Fetch-Site": {"cross-site"}}}, 403, `"cross_origin"`},
		{"a token for a listed website", request{method: "POST", path: "/api/embed", header: http.Header{"Origin": {listed}}}, 200, `"site":"` + listed + `"`},
		{"a token for nobody", request{method: "POST", path: "/api/embed", body: "{}", header: asJSON}, 401, `"token"`},
		{"a chat completion", request{method: "POST", path: "/v1/chat/completions", body: `{"model":"osmanthus","messages":[{"role":"user","content":"Who?"}]}`, header: asJSON}, 200, `"annotations":[{"type":"url_citation"`},
		{"a summary as one", request{method: "POST", path: "/v1/chat/completions", body: `{"model":"osmanthus-summary","messages":[{"role":"user","content":[{"type":"text","text":"Sum up"}]}]}`, header: asJSON}, 200, `"finish_reason":"stop"`},
		{"a completion of no JSON", request{method: "POST", path: "/v1/chat/completions", body: `x`, header: asJSON}, 400, `"code":"body"`},
		{"a completion for another website", request{method: "POST", path: "/v1/chat/completions", body: `{}`, header: http.Header{"Sec-Fetch-Site": {"cross-site"}, "Content-Type": {"application/json"}}}, 403, `"code":"cross_origin"`},
		{"the models", request{path: "/v1/models"}, 200, `"id":"osmanthus-people"`},
		{"a model", request{path: "/v1/models/osmanthus"}, 200, `"object":"model"`},
		{"a model of others", request{path: "/v1/models/gpt"}, 404, `"code":"model_not_found"`},
		{"no such route of theirs", request{path: "/v1/embeddings"}, 404, `"type":"invalid_request_error"`},
		{"the Model Context Protocol", request{method: "POST", path: "/mcp", body: `{}`, header: http.Header{"Authorization": {"Bearer k"}}}, 200, `"jsonrpc"`},
		{"without a token", request{method: "POST", path: "/mcp", body: `{}`, header: asJSON}, 401, `"invalid_api_key"`},
		{"alive", request{path: "/healthz"}, 200, `"ok"`},
		{"ready", request{path: "/readyz"}, 200, `"ready"`},
		{"figures", request{path: "/metrics"}, 200, "osmanthus_http_requests_total"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			res := tt.req.send(t, s)
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			if res.StatusCode != tt.status || !strings.Contains(string(body), tt.holds) {
				t.Errorf("got %d %s, want %d with %s", res.StatusCode, body, tt.status, tt.holds)
			}
			if res.Header.Get("X-Request-ID") == "" {
				t.Error("no request id")
			}
			route, parameters, err := router.FindRoute(res.Request)
			if err != nil {
				return // of no described method or id
			}
			input := &openapi3filter.RequestValidationInput{Request: res.Request, PathParams: parameters, Route: route}
			err = openapi3filter.ValidateResponse(t.Context(), &openapi3filter.ResponseValidationInput{
				RequestValidationInput: input, Status: res.StatusCode, Header: res.Header, Body: io.NopCloser(bytes.NewReader(body)),
				Options: &openapi3filter.Options{ExcludeResponseBody: route.Path == "/metrics"},
			})
			if err != nil {
				t.Errorf("not as described: %v", err)
			}
		})
	}
}

func TestFailuresAreToldInTheirLanguage(t *testing.T) {
	t.Parallel()
	down := errors.New("dial tcp 10.1.2.3:5432: secret detail")
	c := config(t)
	c.Assistant = askFunc(func(context.Context, bot.Question, func(bot.Event) error) (bot.Answer, error) {
		return bot.Answer{}, &bot.Error{Code: bot.CodeSearchDown, Err: down}
	})
	c.Library = failing{shelf{}, down}
	c.Health = pingFunc(func(context.Context) error { return down })
	s := start(t, c)
	for _, tt := range []struct {
		name   string
		req    request
		status int
		want   string
	}{
		{"asked in Chinese", request{method: "POST", path: "/api/ask", body: `{"question":"在哪里？"}`}, 503, "暂时无法检索资料"},
		{"asked in English by a Chinese browser", request{method: "POST", path: "/api/ask", body: `{"question":"Where?"}`, header: http.Header{"Accept-Language": {"zh-CN"}}}, 503, "The documents cannot be searched"},
		{"a page for a Chinese browser", request{path: "/d/7", header: http.Header{"Accept-Language": {"zh-TW,zh;q=0.9,en;q=0.8"}}}, 500, "系统出现问题"},
		{"a page for an English one", request{path: "/d/7", header: http.Header{"Accept-Language": {"fr, en;q=0.5"}}}, 500, "Something went wrong on our side"},
		{"not ready", request{path: "/readyz"}, 503, "not ready yet"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			res := tt.req.send(t, s)
			body, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			id := res.Header.Get("X-Request-ID")
			if res.StatusCode != tt.status || !strings.Contains(string(body), tt.want) || !strings.Contains(string(body), id) {
				t.Errorf("got %d %s, want %d with %q and the id %s", res.StatusCode, body, tt.status, tt.want, id)
			}
			if strings.Contains(string(body), "secret") {
				t.Errorf("internals shown: %s", body)
			}
		})
	}
}

// failing is a library that cannot be read.
type failing struct {
	shelf
	err error
}

func (f failing) Document(context.Context, retrieval.Filter, int64, int64) (d retrieval.Document, text string, blocks []source.Block, err error) {
	return d, "", nil, f.err
}

func TestLimits(t *testing.T) {
	t.Parallel()
	c := config(t)
	c.Limits = Limits{PerMinute: 1, Burst: 2}
	c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}
	s := start(t, c)
	statuses := func(client string) []int {
		var got []int
		for range 3 {
			got = append(got, request{path: "/api/search?q=hall", header: http.Header{"X-Forwarded-For": {client}}}.send(t, s).StatusCode)
		}
		return got
	}
	want := []int{200, 200, 429}
	for _, client := range []string{"203.0.113.1", "203.0.113.2", "6.6.6.6, 203.0.113.3", "2001:db8::1"} {
		if diff := cmp.Diff(want, statuses(client)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", client, diff)
		}
	}
	if got := statuses("2001:db8::2"); got[0] != 429 {
		t.Errorf("another address of the same /64 got %v, want no new allowance", got)
	}
	if got := statuses("7.7.7.7, 203.0.113.3"); got[0] != 429 {
		t.Errorf("an address that the client made up bought it %v", got)
	}
}
