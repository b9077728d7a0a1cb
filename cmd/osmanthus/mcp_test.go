package main

import (
	"maps"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	sdk "github.com/modelcontextprotocol/go-sdk/mcp"
)

// bearer adds a token to every request.
type bearer string

func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+string(b))
	return http.DefaultTransport.RoundTrip(r)
}

// connect connects a client of the protocol's own SDK.
func connect(t testing.TB, transport sdk.Transport) *sdk.ClientSession {
	t.Helper()
	session, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), transport, nil)
	if err != nil {
		t.Fatal(err)
	}
	return session
}

// said is what a tool's result says.
func said(t testing.TB, session *sdk.ClientSession, tool string, arguments map[string]any) string {
	t.Helper()
	result, err := session.CallTool(t.Context(), &sdk.CallToolParams{Name: tool, Arguments: arguments})
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, c := range result.Content {
		text.WriteString(c.(*sdk.TextContent).Text)
	}
	if result.IsError || result.StructuredContent == nil {
		t.Errorf("%s %v: %s", tool, arguments, text.String())
	}
	return text.String()
}

// TestModelContextProtocol: the four tools in both languages, over the true binary's input and output and over HTTP; what
// is for staff comes out only where staff asked for it.
func TestModelContextProtocol(t *testing.T) {
	t.Parallel()
	documents := gardenDocuments()
	documents["secret.md"] = "---\naudience: staff\n---\n" + documents["secret.md"]
	env := withFakeEmbedder(t).with("OSMANTHUS_MCP_TOKEN", "guest-1", "OSMANTHUS_MCP_STAFF_TOKEN", "staff-1")
	s, _ := env.serveFolder(t, documents)
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	stdio := func(arguments ...string) *sdk.CommandTransport {
		command := exec.Command(binary, append([]string{"mcp"}, arguments...)...)
		command.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir(), "OSMANTHUS_BASE_URL=http://" + s.addr}
		for _, name := range slices.Sorted(maps.Keys(env)) {
			command.Env = append(command.Env, name+"="+env[name])
		}
		return &sdk.CommandTransport{Command: command, TerminateDuration: time.Minute} // it ends with its input, however slow the machine
	}
	overHTTP := func(token string) *sdk.StreamableClientTransport {
		return &sdk.StreamableClientTransport{Endpoint: "http://" + s.addr + "/mcp", HTTPClient: &http.Client{Transport: bearer(token)}}
	}
	for _, tt := range []struct {
		name      string
		transport sdk.Transport
		staff     bool
	}{
		{"stdio", stdio(), false},
		{"stdio for staff", stdio("--audience", "staff"), true},
		{"HTTP", overHTTP("guest-1"), false},
		{"HTTP for staff", overHTTP("staff-1"), true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			session := connect(t, tt.transport)
			for _, c := range []struct {
				tool      string
				arguments map[string]any
				want      string
			}{
				{"ask", map[string]any{"question": "Where is “Living Soil”?"}, "Greenhouse"},
				{"ask", map[string]any{"question": "「堆肥的学问」谁讲的？"}, "王小明"},
				{"person", map[string]any{"name": "SAMPLE Ann"}, "Garden Club"},
				{"person", map[string]any{"name": "王小明"}, "修剪果树"},
				{"session", map[string]any{"room": "Hall B", "day": "2031-03-05"}, "堆肥的学问"},
				{"search", map[string]any{"query": "Who grows osmanthus?"}, "Ann Sample grows osmanthus."},
			} {
				text := said(t, session, c.tool, c.arguments)
				if !strings.Contains(text, c.want) || !strings.Contains(text, " http://"+s.addr+"/d/") {
					t.Errorf("%s %v: no %q or no link in %s", c.tool, c.arguments, c.want, text)
				}
			}
			for tool, arguments := range map[string]map[string]any{
				"ask": {"question": "Who speaks in “Closed Meeting of Roots”?"}, "session": {"title": "Closed Meeting of Roots"},
				"person": {"name": "Secret Person"}, "search": {"query": "Closed Meeting of Roots Secret Person"},
			} {
				if text := said(t, session, tool, arguments); strings.Contains(text, "Secret Person") != tt.staff {
					t.Errorf("%s: %s", tool, text)
				}
			}
			if err := session.Close(); err != nil {
				t.Errorf("the end: %v", err)
			}
		})
	}
	if session, err := sdk.NewClient(&sdk.Implementation{Name: "test", Version: "1"}, nil).Connect(t.Context(), overHTTP("guest-2"), nil); err == nil {
		session.Close()
		t.Error("another token opens it")
	}
}
