package main

import (
	"errors"
	"fmt"
	"os"
	"strings"
)

// figures are what one run measured, times in milliseconds.
type figures struct {
	Cores      int
	Load       float64 // of the machine before
	Page       spread
	FirstEvent spread
	Paint      spread
	Streams    []streamed
}

// words are those of a table.
type words struct{ intro, page, first, paint, head, beside string }

func english() words {
	return words{
		intro: "Made by `make bench-web`, on %d cores that also ran the fake chat model, the embedder and the readers: the real `serve`, a model that writes 30 tokens a second to each.\n\n",
		page:  "First byte of the page p50 / p95: %.1f / %.1f ms. ", first: "First byte of an answer's stream p50 / p95: %.1f / %.1f ms. ",
		paint:  "Largest paint on 4G (9 Mbit/s, 170 ms) with a processor slowed down %d times: %.0f ms (the slowest of %d: %.0f).",
		head:   "\n\n| answers streaming at once | first byte p95 ms | added to the model's gaps p50 / p99 ms | longest gap ms | gaps over 5 s | broken | not stored | memory of `serve` MB | load |\n|---|---|---|---|---|---|---|---|---|\n",
		beside: "%d, beside %d readers that take nothing",
	}
}

func chinese() words {
	return words{
		intro: "由 `make bench-web` 生成：%d 个核心，同时运行假模型、嵌入服务和读者；真实的 `serve`，模型对每个回答每秒写 30 个词元。\n\n",
		page:  "页面首字节 p50 / p95：%.1f / %.1f 毫秒。", first: "回答流首字节 p50 / p95：%.1f / %.1f 毫秒。",
		paint:  "4G（9 Mbit/s、170 毫秒）、处理器放慢 %d 倍时的最大内容绘制：%.0f 毫秒（%d 次中最慢 %.0f）。",
		head:   "\n\n| 同时输出的回答 | 首字节 p95 毫秒 | 比模型间隔多出 p50 / p99 毫秒 | 最长间隔 毫秒 | 超过 5 秒的间隔 | 中断 | 未存下 | `serve` 内存 MB | 负载 |\n|---|---|---|---|---|---|---|---|---|\n",
		beside: "%d，另有 %d 个不读取的连接",
	}
}

func (f figures) table(w words) string {
	var b strings.Builder
	fmt.Fprintf(&b, w.intro, f.Cores)
	fmt.Fprintf(&b, w.page, f.Page.P50, f.Page.P95)
	fmt.Fprintf(&b, w.first, f.FirstEvent.P50, f.FirstEvent.P95)
	if f.Paint.Max > 0 {
		fmt.Fprintf(&b, w.paint, slower, f.Paint.P50, paints, f.Paint.Max)
	}
	b.WriteString(w.head)
	for _, s := range f.Streams {
		name := fmt.Sprint(s.Streams)
		if s.Stalled > 0 {
			name = fmt.Sprintf(w.beside, s.Streams, s.Stalled)
		}
		fmt.Fprintf(&b, "| %s | %.1f | %.1f / %.1f | %.0f | %d | %d | %d | %.0f | %.1f |\n", name, s.FirstByte.P95, s.Added.P50, s.Added.P99, s.Gap.Max, s.Long, s.Broken, s.Unkept, s.MemoryMB, s.Load)
	}
	return b.String()
}

const opens, closes = "<!-- webbench -->\n", "<!-- /webbench -->"

// write puts the table between the marks of a file.
func (f figures) write(path string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, begun := strings.Cut(string(content), opens)
	_, after, ended := strings.Cut(rest, closes)
	if !begun || !ended {
		return errors.New(path + " has no marks for the table")
	}
	w := english()
	if strings.Contains(path, ".zh.") {
		w = chinese()
	}
	return os.WriteFile(path, []byte(before+opens+f.table(w)+closes+after), 0o644)
}
