package sandbox

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"osmanthus/ingest/source"
)

// TestMain is also the child: its reader of PDFs does what the "PDF" says.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "read-file" {
		if err := Serve(os.Stdin, os.Stdout, source.Reader{PDF: badReader{}}, os.Exit); err != nil {
			os.Stderr.WriteString(err.Error())
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

type badReader struct{}

func (badReader) Pages(b []byte, _ source.Limits) (string, []source.Page, error) {
	switch strings.TrimSpace(strings.TrimPrefix(string(b), "%PDF-")) {
	case "hang":
		select {}
	case "loop":
		for i := 0; ; i++ {
			_ = i
		}
	case "swell":
		var held [][]byte
		for {
			block := make([]byte, 16<<20)
			for i := range block {
				block[i] = byte(i)
			}
			held = append(held, block)
			if len(held) > 1000 { // 16 GB: the limit does not hold
				os.Exit(0)
			}
		}
	case "panic":
		panic("a parser's mistake")
	case "panic elsewhere":
		go func() { panic("a parser's mistake in another goroutine") }()
		select {}
	case "exit":
		os.Exit(3)
	case "environment":
		line := source.Line{Segments: []source.Segment{{Text: "environment: " + strings.Join(os.Environ(), " ")}}, Size: 10, Top: 500, Bottom: 490}
		return "", []source.Page{{Height: 800, Lines: []source.Line{line}}}, nil
	}
	return "", nil, errors.New("unknown")
}

func newPool(t *testing.T, children int, memory int64) *Pool {
	t.Helper()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p, err := New(Options{Executable: executable, Arguments: []string{"read-file"}, Environment: []string{"KEPT=1"}, Children: children, Memory: memory, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p
}

// Each bad document costs itself, and the same pool reads the next.
func TestRead(t *testing.T) {
	t.Parallel()
	// The race detector's own memory is part of the process's.
	const memory = 700 << 20
	p := newPool(t, 1, memory)
	for _, tt := range []struct {
		name, content string
		limits        source.Limits
		want          source.Fault
		crash         bool // the detail is the runtime's
	}{
		{"hangs", "%PDF-hang", source.Limits{Time: time.Second}, source.Fault{Code: source.TooSlow, Limit: 1}, false},
		{"never gives the processor back", "%PDF-loop", source.Limits{Time: time.Second}, source.Fault{Code: source.TooSlow, Limit: 1}, false},
		{"swells", "%PDF-swell", source.Limits{}, source.Fault{Code: source.TooMuchMemory, Limit: memory}, false},
		{"panics", "%PDF-panic", source.Limits{}, source.Fault{Code: source.ReaderEnded, Detail: "panic"}, false},
		{"panics in another goroutine", "%PDF-panic elsewhere", source.Limits{}, source.Fault{Code: source.ReaderEnded}, true},
		{"leaves", "%PDF-exit", source.Limits{}, source.Fault{Code: source.ReaderEnded, Detail: "killed"}, false},
		{"is too large", "12345678901", source.Limits{Bytes: 10}, source.Fault{Code: source.TooLarge, Limit: 10}, false},
		{"is empty", "", source.Limits{}, source.Fault{Code: source.Empty}, false},
	} {
		_, err := p.Read(t.Context(), "a.pdf", []byte(tt.content), tt.limits)
		var got *source.Fault
		if !errors.As(err, &got) {
			t.Errorf("%s: got %v, want a fault", tt.name, err)
			continue
		}
		if got.Err = nil; tt.crash {
			if !strings.Contains(got.Detail, "a parser's mistake in another goroutine") {
				t.Errorf("%s: detail %q", tt.name, got.Detail)
			}
			got.Detail = ""
		}
		if diff := cmp.Diff(tt.want, *got); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", tt.name, diff)
		}
		want, err := source.Read("a.md", []byte("# Title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n会议\u200b。\n"), source.Limits{})
		if err != nil {
			t.Fatal(err)
		}
		doc, err := p.Read(t.Context(), "a.md", []byte("# Title\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n会议\u200b。\n"), source.Limits{})
		if err != nil {
			t.Fatalf("after one that %s: %v", tt.name, err)
		}
		if diff := cmp.Diff(want, doc); diff != "" {
			t.Errorf("after one that %s: (-in process +in the sandbox):\n%s", tt.name, diff)
		}
	}
}

func TestChildHasNoSecrets(t *testing.T) {
	t.Setenv("OPENAI_API_KEY", "secret-in-the-environment")
	d, err := newPool(t, 1, 0).Read(t.Context(), "a.pdf", []byte("%PDF-environment"), source.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(d.Text, "secret") || !strings.Contains(d.Text, "KEPT=1") {
		t.Errorf("the child sees %q", d.Text)
	}
}

func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	p := newPool(t, 2, 0)
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			content := "A sentence that is read."
			if i%10 == 9 {
				content = "%PDF-exit"
			}
			d, err := p.Read(t.Context(), "a.txt", []byte(content), source.Limits{})
			if i%10 == 9 {
				var f *source.Fault
				if !errors.As(err, &f) || f.Code != source.ReaderEnded {
					t.Errorf("got %v", err)
				}
				return
			}
			if err != nil || d.Text != content {
				t.Errorf("got %q, %v", d.Text, err)
			}
		})
	}
	all.Wait()
}

func TestCancelled(t *testing.T) {
	t.Parallel()
	p := newPool(t, 1, 0)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := p.Read(ctx, "a.pdf", []byte("%PDF-hang"), source.Limits{})
		done <- err
	}()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if _, err := p.Read(t.Context(), "a.txt", []byte("A sentence."), source.Limits{}); err != nil {
		t.Error(err)
	}
}

// A parent that ends in the middle of a document takes the child with it, even one that hangs.
func TestParentGone(t *testing.T) {
	t.Parallel()
	executable, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), executable, "read-file")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stdout, cmd.Env = io.Discard, []string{}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, err := range []error{writeJSON(&b, hello{}), writeJSON(&b, request{Name: "a.pdf"}), writeFrame(&b, []byte("%PDF-loop"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if _, err := in.Write(b.Bytes()); err != nil {
		t.Fatal(err)
	}
	in.Close()
	if err := cmd.Wait(); err != nil && cmd.ProcessState.ExitCode() != 1 { // 0: the end came first
		t.Error(err)
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	if _, err := New(Options{Log: slog.New(slog.DiscardHandler)}); err == nil {
		t.Error("a pool without a program")
	}
}
