package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"osmanthus/retrieval"
)

// figures are what one size gave.
type figures struct {
	Passages, Cores int
	Model           string
	RowsPerSecond   float64
	RefreshSeconds  float64
	IndexSeconds    float64
	Hits            []retrieval.PairResult
	P50, P95        float64
	Load            loaded
	Filters         []filtered
	ServeMB         float64
}

type filtered struct {
	Share, Name string
	figure
}

// A peer is what bench/peers.py prints.
type peer struct {
	Name          string  `json:"name"`
	Passages      int     `json:"passages"`
	RowsPerSecond float64 `json:"rows_per_second"`
	IndexSeconds  float64 `json:"index_seconds"`
	P50           float64
	P95           float64
	RSS           float64            `json:"rss_mb"`
	Hit5          map[string]float64 `json:"hit5"`
}

func (f figures) write(home string) error {
	content, err := json.MarshalIndent(f, "", " ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(home, fmt.Sprintf("bench-%d.json", f.Passages)), content, 0o644)
}

func readAll[T any](pattern string) ([]T, error) {
	paths, err := filepath.Glob(pattern)
	if err != nil {
		return nil, err
	}
	var all []T
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		var one T
		if err := json.Unmarshal(content, &one); err != nil {
			return nil, fmt.Errorf("read %s (remove it): %w", path, err)
		}
		all = append(all, one)
	}
	return all, nil
}

func writeTables(home string, readmes []string) error {
	sizes, err := readAll[figures](filepath.Join(home, "bench-[0-9]*.json"))
	if err != nil {
		return err
	}
	slices.SortFunc(sizes, func(a, b figures) int { return a.Passages - b.Passages })
	peers, err := readAll[peer](filepath.Join(home, "bench-peer-*.json"))
	if err != nil {
		return err
	}
	for _, path := range readmes {
		words := english()
		if strings.Contains(path, ".zh.") {
			words = chinese()
		}
		if err := replace(path, tables(words, sizes, peers)); err != nil {
			return err
		}
	}
	return nil
}

func tables(words words, sizes []figures, peers []peer) string {
	var b strings.Builder
	fmt.Fprintf(&b, words.sizes, sizes[0].Cores, sizes[0].Model)
	for _, f := range sizes {
		fmt.Fprintf(&b, "| %s | %.0f / %.0f | %.3f | %s | %.0f (%.0f + %.0f) | %.0f | %.0f | %.0f |\n", thousands(f.Passages), f.P50, f.P95,
			f.Filters[0].Recall, hits(ours(f)), f.Load.PerSecond, f.Load.OwnMS, f.Load.RestMS, f.ServeMB, f.RowsPerSecond, f.IndexSeconds)
	}
	fmt.Fprintf(&b, words.filters, filteredQuestions)
	for _, f := range sizes {
		for _, x := range f.Filters {
			fmt.Fprintf(&b, "| %s | %s | %s | %.3f | %d | %.0f / %.0f |\n", thousands(f.Passages), words.filter[x.Name], x.Share, x.Recall, x.Missing, x.P50, x.P95)
		}
	}
	if len(peers) > 0 {
		b.WriteString(words.peers)
		for _, f := range sizes {
			if f.Passages == peers[0].Passages {
				fmt.Fprintf(&b, "| Osmanthus | %.0f | %.0f | %.0f / %.0f | %.0f | %s |\n", f.RowsPerSecond, f.IndexSeconds, f.P50, f.P95, f.ServeMB, hits(ours(f)))
			}
		}
		for _, p := range peers {
			fmt.Fprintf(&b, "| %s | %.0f | %.0f | %.0f / %.0f | %.0f | %s |\n", p.Name, p.RowsPerSecond, p.IndexSeconds, p.P50, p.P95, p.RSS, hits(p.Hit5))
		}
		b.WriteString(words.note)
	}
	return b.String()
}

func ours(f figures) map[string]float64 {
	hit5 := make(map[string]float64)
	for _, r := range f.Hits {
		hit5[string(r.QueryLang)+string(r.DocumentLang)] = r.Hit5
	}
	return hit5
}

// hits lists zh→zh, en→en, zh→en, en→zh.
func hits(hit5 map[string]float64) string {
	var cells []string
	for _, pair := range []string{"zhzh", "enen", "zhen", "enzh"} {
		cells = append(cells, strconv.FormatFloat(100*hit5[pair], 'f', 1, 64))
	}
	return strings.Join(cells, " / ")
}

func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// The words around the tables.
type words struct {
	sizes, filters, peers, note string
	filter                      map[string]string
}

func english() words {
	return words{
		sizes: "Made by `make bench` and `make bench-million`, on %d cores, with the embedded Postgres, without the time of the embedding " +
			"(%s). Real passages, the split pool of the sets above, stand among synthetic ones: real sentences of other sets in random " +
			"order, with vectors mixed from real ones. hit@5 is XQuAD's, zh→zh / en→en / zh→en / en→zh. Searches a second are of one " +
			"process asked by 8 clients, and in brackets what limits them: milliseconds of processor time a search takes in our process " +
			"and in the database.\n\n" +
			"| passages | search p50 / p95 ms | recall@10 of the vector index | hit@5 | searches/s (own + database ms) | memory of `serve` MB | ingest rows/s | vector index s |\n|---|---|---|---|---|---|---|---|\n",
		filters: "\nUnder a filter, against looking at all (%d questions each): recall@10 in each language, questions that got fewer passages than there are, time of the dense arms.\n\n" +
			"| passages | filter | share | recall@10 | too few | p50 / p95 ms |\n|---|---|---|---|---|---|\n",
		filter: map[string]string{"": "none", "event": "event", "kind": "kind", "date": "date", "audience": "audience"},
		peers: "\nThe same corpus, vectors and database through what one would otherwise write ([bench/peers.py](bench/peers.py)), with its HNSW index and hybrid search:\n\n" +
			"| | ingest rows/s | index s | search p50 / p95 ms | memory MB | hit@5 |\n|---|---|---|---|---|---|\n",
		note: "\nOurs is the memory of the whole server; theirs holds the corpus's texts besides. llama-index builds its index while rows come. " +
			"A search of ours asks four arms in two languages and scores the words of what they find; a faster one above asks less.\n",
	}
}

func chinese() words {
	return words{
		sizes: "由 `make bench` 与 `make bench-million` 生成：%d 个核心，内置 Postgres，不含嵌入时间（%s）。真实段落（上面各测试集的 split 文档池）" +
			"混在合成段落之中：合成段落由其他测试集的真实句子随机组成，向量由真实向量混合而成。hit@5 为 XQuAD，依次为 中→中 / 英→英 / 中→英 / 英→中。" +
			"每秒检索数为 8 个客户端同时问一个进程所得，括号内为瓶颈所在：每次检索在本进程与数据库中所用的处理器毫秒数。\n\n" +
			"| 段落数 | 检索 p50 / p95 毫秒 | 向量索引 recall@10 | hit@5 | 每秒检索（本进程 + 数据库 毫秒） | `serve` 内存 MB | 每秒导入行数 | 建向量索引 秒 |\n|---|---|---|---|---|---|---|---|\n",
		filters: "\n加筛选条件时与逐一比较的对照（每项 %d 个问题）：各语言的 recall@10、所得段落少于应有的问题数、向量检索的耗时。\n\n" +
			"| 段落数 | 条件 | 占比 | recall@10 | 过少 | p50 / p95 毫秒 |\n|---|---|---|---|---|---|\n",
		filter: map[string]string{"": "无", "event": "活动", "kind": "类型", "date": "日期", "audience": "读者"},
		peers: "\n同样的语料、向量与数据库，用通常的做法（[bench/peers.py](bench/peers.py)），带 HNSW 索引与它自己的混合检索：\n\n" +
			"| | 每秒导入行数 | 建索引 秒 | 检索 p50 / p95 毫秒 | 内存 MB | hit@5 |\n|---|---|---|---|---|---|\n",
		note: "\n我们的内存是整个服务的；它们的还包括语料文本。llama-index 一边写入一边建索引。我们的一次检索在两种语言里查四路，并为所得逐一计算词语得分；上面更快的查得更少。\n",
	}
}

// replace puts text between the marks of a file.
func replace(path, text string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, begun := strings.Cut(string(content), "<!-- bench -->\n")
	_, after, ended := strings.Cut(rest, "<!-- /bench -->")
	if !begun || !ended {
		return errors.New(path + " has no marks for the tables")
	}
	return os.WriteFile(path, []byte(before+"<!-- bench -->\n"+text+"<!-- /bench -->"+after), 0o644)
}
