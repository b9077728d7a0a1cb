package ingest

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"osmanthus/bot/locale"
	"osmanthus/ingest/source"
	"osmanthus/retrieval/lang"
)

func TestReporter(t *testing.T) {
	t.Parallel()
	catalog, err := locale.New()
	if err != nil {
		t.Fatal(err)
	}
	events := []Progress{
		{Done: 1, Total: 3, Source: "docs/a.md", Status: Added},
		{Done: 1, Total: 3, Passages: 8},
		{Done: 2, Total: 3, Source: "docs/\x1b[31mb.md", Status: Failed, Fault: &source.Fault{Code: source.TooLarge, Limit: 32 << 20}},
		{Done: 3, Total: 3, Source: "docs/c.md", Status: Unchanged},
	}
	summary := Summary{
		Added: 1, Unchanged: 1, Passages: 8, Seconds: 1.25, Skipped: 2, Unfinished: 1,
		Failed:   []Failure{failure("docs/b.md", events[2].Fault), failure("docs/d.md", errDown)},
		Warnings: []Warning{{Source: "docs/a.md", Code: source.WarnHidden}},
	}
	for _, tt := range []struct {
		lang lang.Lang
		want string
	}{
		{lang.English, "1/3 docs/a.md: added\n2/3 docs/[31mb.md: The file is larger than 32 MB (OSMANTHUS_MAX_BYTES).\n" +
			"Not taken in: docs/b.md. The file is larger than 32 MB (OSMANTHUS_MAX_BYTES).\nNot taken in: docs/d.md. The document could not be stored in the database.\n" +
			"Note on docs/a.md: Invisible characters were removed.\n" +
			"Added 1, updated 0, unchanged 1, removed 0, failed 2, passed over 2; 8 passages in 1.2 s.\nThe run ended early; documents not reached: 1.\n"},
		{lang.Chinese, "1/3 docs/a.md：已收录\n2/3 docs/[31mb.md：文件超过 32 MB（OSMANTHUS_MAX_BYTES）。\n" +
			"未收录：docs/b.md。文件超过 32 MB（OSMANTHUS_MAX_BYTES）。\n未收录：docs/d.md。文档未能存入数据库。\n注意 docs/a.md：已移除不可见字符。\n" +
			"新增 1，更新 0，未变 1，移除 0，失败 2，略过 2；共 8 个段落，用时 1.2 秒。\n运行提前结束，尚未处理的文档：1。\n"},
	} {
		t.Run(string(tt.lang), func(t *testing.T) {
			t.Parallel()
			var out bytes.Buffer
			r := NewReporter(&out, false, catalog.For(tt.lang).T)
			for _, e := range events {
				r.Show(e)
			}
			r.Finish(summary)
			if diff := cmp.Diff(tt.want, out.String()); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	t.Run("bar", func(t *testing.T) {
		t.Parallel()
		var out bytes.Buffer
		r := NewReporter(&out, true, catalog.For(lang.English).T)
		for _, e := range events {
			r.Show(e)
		}
		r.Finish(summary)
		if got := out.String(); !strings.Contains(got, "Taking documents in") || strings.Contains(got, "\x1b[31m") {
			t.Errorf("got %q", got)
		}
	})
}

func TestSummaryJSON(t *testing.T) {
	t.Parallel()
	s := Summary{Added: 1, Passages: 3, Seconds: 2.5, EmbedderBusy: 0.95, Batch: "b1", Failed: []Failure{failure("docs/b.md", &source.Fault{Code: source.Empty})}}
	s.skip(map[string]int{"unsupported": 2})
	s.finish()
	got, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	want := `{"added":1,"changed":0,"unchanged":0,"removed":0,"failed":[{"source":"docs/b.md","code":"empty","reason":"empty"}],"skipped":2,` +
		`"skipped_reasons":{"unsupported":2},"warnings":[],"passages":3,"seconds":2.5,"embedder_busy":0.95,"batch":"b1"}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
