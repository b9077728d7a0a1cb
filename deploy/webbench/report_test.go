package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestSpread(t *testing.T) {
	t.Parallel()
	var times []time.Duration
	for i := 100; i >= 1; i-- {
		times = append(times, time.Duration(i)*time.Millisecond)
	}
	if got, want := spreadOf(times), (spread{P50: 51, P95: 96, P99: 100, Max: 100}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := spreadOf(nil); got != (spread{}) {
		t.Errorf("of nothing: %+v", got)
	}
}

// TestQuestionsAreKnownAgain: the model finds in a prompt which question it answers, and when it wrote what a reader has.
func TestQuestionsAreKnownAgain(t *testing.T) {
	t.Parallel()
	f := &fakes{texts: map[int]*script{}}
	one, other := &script{}, &script{}
	first, second := f.question(1, one), f.question(517, other)
	for question, want := range map[string]*script{first: one, second: other} {
		if got, err := f.scriptOf(strings.NewReader(`{"messages":[{"content":"` + question + `"}]}`)); err != nil || got != want {
			t.Errorf("%s: %v, %v", question, got, err)
		}
	}
	if _, err := f.scriptOf(strings.NewReader("谁主持了圆桌讨论？")); err == nil {
		t.Error("a question of somebody else has a script")
	}
	at := time.Now()
	one.sent = []sentToken{{3, at}, {9, at.Add(time.Second)}, {12, at.Add(2 * time.Second)}}
	for end, want := range map[int]time.Duration{1: 0, 3: 0, 4: time.Second, 9: time.Second, 12: 2 * time.Second} {
		if got, ok := one.sentAt(end); !ok || got.Sub(at) != want {
			t.Errorf("a text of %d bytes was sent %v after, %t; want %v", end, got.Sub(at), ok, want)
		}
	}
	if _, ok := one.sentAt(13); ok {
		t.Error("what was never written was sent")
	}
}

func TestTableIsWrittenBetweenItsMarks(t *testing.T) {
	t.Parallel()
	f := figures{Cores: 2, Page: spread{P50: 1, P95: 2}, Streams: []streamed{{Streams: 500}, {Streams: 100, Stalled: 1000}}}
	for name, want := range map[string]string{"README.md": "| 100, beside 1000 readers that take nothing |", "README.zh.md": "| 100，另有 1000 个不读取的连接 |"} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, []byte("before\n"+opens+"old\n"+closes+"\nafter\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := f.write(path); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := string(got)
		if !strings.HasPrefix(text, "before\n"+opens) || !strings.HasSuffix(text, closes+"\nafter\n") || !strings.Contains(text, want) || strings.Contains(text, "old") {
			t.Errorf("%s: %s", name, text)
		}
	}
	bare := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(bare, []byte("no marks"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.write(bare); err == nil {
		t.Error("written into a file without marks")
	}
}
