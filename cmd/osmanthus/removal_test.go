package main

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"osmanthus/bot"
	"osmanthus/ingest"
)

// asked is what a running server answers.
func (s served) asked(t testing.TB, question string) bot.Answer {
	t.Helper()
	answer, err := post(t.Context(), s.addr, question)
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// TestWhatIsTakenOutIsNotAnswered: a server that has just answered from a document does so no more right after the document
// was removed, pruned, purged, superseded or closed to the public, and does again when it is back.
func TestWhatIsTakenOutIsNotAnswered(t *testing.T) {
	t.Parallel()
	env := onTestParts(t)
	folder := filepath.Join(t.TempDir(), "docs")
	write := func(name, text string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	remove := func(name string) {
		t.Helper()
		if err := os.Remove(filepath.Join(folder, name)); err != nil {
			t.Fatal(err)
		}
	}
	const question, told = "Which colour do the ushers of the lantern workshop wear?", "saffron"
	document := func(front string) string {
		return front + "# Lantern workshop\n\nThe ushers of the lantern workshop wear saffron sashes. The workshop has nine tables.\n"
	}
	write("other.md", "# Parking\n\nThe car park beside the hall opens at seven in the morning.\n")
	take := func(args ...string) ingest.Summary {
		t.Helper()
		stdout, stderr, err := env.osmanthus(t, append([]string{"ingest", "--json", "--prune"}, append(args, folder)...)...)
		if err != nil {
			t.Fatalf("%v %s", err, stderr)
		}
		var s ingest.Summary
		if err := json.Unmarshal([]byte(stdout), &s); err != nil {
			t.Fatal(err)
		}
		return s
	}
	command := func(args ...string) {
		t.Helper()
		if _, stderr, err := env.osmanthus(t, args...); err != nil {
			t.Fatalf("%v: %v %s", args, err, stderr)
		}
	}
	take()
	ctx, stop := context.WithCancel(t.Context())
	server := env.serve(t, ctx)
	t.Cleanup(func() { stop(); <-server.ended })
	var batch string
	for _, tt := range []struct {
		name string
		out  func()
	}{
		{"removed", func() { command("ingest", "remove", "docs/lantern.md") }},
		{"pruned", func() { remove("lantern.md"); take() }},
		{"purged", func() { command("ingest", "purge", "--batch", batch) }},
		{"superseded", func() {
			write("newer.md", "---\nsupersedes: lantern.md\n---\n\n# Lantern notes\n\nNothing is said here of what anyone wears.\n")
			take()
			remove("newer.md")
		}},
		{"made for staff", func() { write("lantern.md", document("---\naudience: staff\n---\n\n")); take() }},
		{"made for friends, which is not understood", func() { write("lantern.md", document("---\naudience: friends\n---\n\n")); take() }},
		{"under embargo", func() { take("--embargo", time.Now().AddDate(1, 0, 0).Format(time.DateOnly)) }},
		{"moved to the staff's folder", func() {
			remove("lantern.md")
			write("staff/lantern.md", document(""))
			take()
			remove("staff/lantern.md")
		}},
	} {
		write("lantern.md", document(""))
		batch = take().Batch
		if a := server.asked(t, question); a.Kind != bot.KindAnswer || !strings.Contains(a.Text, told) {
			t.Fatalf("before it is %s: %s %q", tt.name, a.Kind, a.Text)
		}
		tt.out()
		if a := server.asked(t, question); strings.Contains(a.Text, told) {
			t.Errorf("%s: still answers %q", tt.name, a.Text)
		}
	}
}

// TestReport: what looks wrong is said in the terminal's language and in JSON.
func TestReport(t *testing.T) {
	t.Parallel()
	l := newIngestLab(t)
	folder := filepath.Join(t.TempDir(), "docs")
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	text := "# 年会\n\n" + strings.Repeat("第三届公益数据论坛在北京召开，来自二十个省的代表讨论了数据如何帮助基层组织。会议由主办方主持，下午分组讨论。", 1) +
		"会后参观了展厅，晚上有交流活动，第二天上午发布年度报告，下午闭幕并公布下一届的地点与时间。\n"
	for name, content := range map[string]string{
		"a.md": "---\ndate: 2024-05-01\n---\n\n" + text, "copy of a.md": "---\ndate: 2024-05-02\n---\n\n" + text,
		"notes.md": "---\ndate: 2024-05-03\n---\n\n- Nothing but a list.\n", "one.md": "---\nid: agenda\n---\n\n# One\n\nFirst form.\n",
		"two.md": "---\nid: agenda\n---\n\n# Two\n\nSecond form, which says something else.\n", "broken.md": "", "photo.jpg": "x",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stdout, stderr, err := l.env.with("LANG", "zh_CN.UTF-8").osmanthus(t, "ingest", "--json", folder)
	if err == nil {
		t.Error("a file that failed is no exit status")
	}
	var s ingest.Summary
	if err := json.Unmarshal([]byte(stdout), &s); err != nil {
		t.Fatal(err)
	}
	var codes []string
	for _, w := range s.Warnings {
		codes = append(codes, w.Source+" "+strings.TrimPrefix(w.Code, "ingest.warning.")+" "+w.Detail)
	}
	got := strings.Join(codes, "\n")
	for _, want := range []string{"a.md same docs/", "docs/notes.md no_title", "docs/one.md no_date", "same_id docs/"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if s.Skipped != 1 || s.SkippedReasons["unsupported"] != 1 || len(s.Failed) != 1 || s.Added != 5 {
		t.Errorf("got %s", stdout)
	}
	for _, want := range []string{"的内容几乎相同", "文件没有标题", "没有找到日期", "编号相同"} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no %q in\n%s", want, stderr)
		}
	}
}

// TestScheduleIsRunByOne: what is due is taken in again by one of two workers.
func TestScheduleIsRunByOne(t *testing.T) {
	t.Parallel()
	l := newIngestLab(t)
	folder := corpus(t, 1)
	l.ingest("--every", "1h", "--prune", folder)
	if got := l.status().Schedules; len(got) != 1 || got[0].Places[0] != folder {
		t.Fatalf("schedules: %+v", got)
	}
	if err := os.WriteFile(filepath.Join(folder, "new.md"), []byte("# New\n\nSomething new.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(folder, "zh-3.md")); err != nil {
		t.Fatal(err)
	}
	l.exec(`UPDATE schedules SET due_at = now() - interval '1 minute'`)
	one, two := l.start("ingest", "worker"), l.start("ingest", "worker")
	l.until("it is taken in again", func() bool {
		return l.number(`SELECT count(*) FROM documents WHERE version IS NOT NULL AND source = 'docs/new.md'`) == 1 &&
			l.number(`SELECT count(*) FROM documents WHERE version IS NULL AND source = 'docs/zh-3.md'`) == 1
	})
	one.stop(t)
	two.stop(t)
	if n := l.number(`SELECT count(DISTINCT batch) FROM versions WHERE ingester = 'ingest --every'`); n != 1 {
		t.Errorf("%d batches", n)
	}
	if due := l.number(`SELECT count(*) FROM schedules WHERE due_at > now() + interval '50 minutes' AND last_error = ''`); due != 1 {
		t.Error("it is not put off to the next hour")
	}
	l.ingest("forget", "1")
}

// TestWatch: what changes in a watched folder is taken in.
func TestWatch(t *testing.T) {
	t.Parallel()
	l := newIngestLab(t)
	folder := corpus(t, 1)
	c := l.start("ingest", "--watch", folder)
	l.until("the folder is in", func() bool { return l.number(`SELECT count(*) FROM versions`) == 18 })
	if err := os.WriteFile(filepath.Join(folder, "new.md"), []byte("# New\n\nSomething new.\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l.until("the new file is in", func() bool { return l.number(`SELECT count(*) FROM versions`) == 19 })
	c.stop(t)
}
