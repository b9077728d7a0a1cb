package local

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func connect(t testing.TB, address string) (bool, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		return false, err
	}
	return true, conn.Close(ctx)
}

// postmaster is the process id of a home's server.
func postmaster(t testing.TB, home string) int {
	t.Helper()
	l := &layout{home: home}
	where, err := l.placePostgres("")
	if err != nil {
		t.Fatal(err)
	}
	return (&cluster{place: where}).recordedPID()
}

func hostOf(t testing.TB, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

func listenUntilEnd(t testing.TB, address string) {
	t.Helper()
	listener, err := net.Listen("tcp4", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
}

// An embeddingList is the answer of /v1/embeddings.
type embeddingList struct {
	Object string
	Model  string
	Data   []struct {
		Object    string
		Index     int
		Embedding []float32
	}
	Usage usage
	Error *errorObject
}

// post sends a body to /v1/embeddings and gives status and answer.
func post(t testing.TB, p *Parts, body string, header http.Header) (int, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, p.EmbeddingURL()+"/embeddings", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Authorization", "Bearer "+p.EmbeddingKey())
	for name, values := range header {
		request.Header[name] = values
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, content
}

// embedTexts embeds a JSON string or list of strings.
func embedTexts(t testing.TB, p *Parts, input string, header http.Header) embeddingList {
	t.Helper()
	status, content := post(t, p, `{"model":"multilingual-e5-small","input":`+input+`}`, header)
	if status != http.StatusOK {
		t.Fatalf("status %d: %s", status, content)
	}
	var list embeddingList
	if err := json.Unmarshal(content, &list); err != nil {
		t.Fatal(err)
	}
	return list
}

// workers lists the embedding workers of a home folder: pid and whether it is the one for passages.
func workers(t testing.TB, home string) map[int]bool {
	t.Helper()
	found := map[int]bool{}
	for pid, command := range processesOf(home) {
		if strings.Contains(command, "local-embed-worker") {
			found[pid] = true
		}
	}
	return found
}

func executable() string { return os.Args[0] }

func asError[T error](err error, target *T) bool { return errors.As(err, target) }

// statFields are the fields of /proc/pid/stat after the program's name: field n of the manual is at n-3.
func statFields(t testing.TB, pid int) []string {
	t.Helper()
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := cutLast(stat, []byte(") "))
	return strings.Fields(string(after))
}

// cpuTicks is the time a process has run, in hundredths of a second.
func cpuTicks(t testing.TB, pid int) int {
	t.Helper()
	ticks, err := strconv.Atoi(statFields(t, pid)[14-3])
	if err != nil {
		t.Fatal(err)
	}
	return ticks
}

// niceOf reports whether any thread of a process runs at a lower priority: the passages' worker does.
func niceOf(t testing.TB, pid int) bool {
	t.Helper()
	tasks, err := filepath.Glob("/proc/" + strconv.Itoa(pid) + "/task/*/stat")
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		stat, err := os.ReadFile(task)
		if err != nil {
			continue // a thread that has ended
		}
		_, after, _ := cutLast(stat, []byte(") "))
		if fields := strings.Fields(string(after)); len(fields) > 19-3 && fields[19-3] == strconv.Itoa(niceness) {
			return true
		}
	}
	return false
}
