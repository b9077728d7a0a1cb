// Command evaltable measures with `osmanthus eval` and writes the README's tables, between the lines
// <!-- eval --> and <!-- /eval -->, in English and in Chinese. It runs the binary and imports nothing of this module.
//
// CACHE is a folder for the passages' vectors, so that a corpus is embedded once for all its pools.
//
//	go run ./deploy/evaltable bin/osmanthus ../shared/eval .osmanthus/eval README.md README.zh.md
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if len(os.Args) < 5 {
		fmt.Fprintln(os.Stderr, "usage: evaltable BINARY FOLDER CACHE README…")
		os.Exit(2)
	}
	if err := run(os.Args[1], os.Args[2], os.Args[3], os.Args[4:]); err != nil {
		fmt.Fprintln(os.Stderr, "evaltable:", err)
		os.Exit(1)
	}
}

// A retrievalSet is searched in pools of its corpus.
type retrievalSet struct {
	name, corpus, queries string
	pools                 []string
}

// An answerSet is asked; refusals may be empty.
type answerSet struct{ name, docs, queries, refusals string }

// A nameSet is looked up by other writings of its people's names.
type nameSet struct{ name, file string }

const ownSet = "examples/eval"

// nameSets are those of the folder; there are none of our own, whose names are tested in retrieval/lang.
func nameSets(folder string) []nameSet {
	var found []nameSet
	for _, s := range []nameSet{{"COSCUP", "coscup/sessions.jsonl"}, {"transcript", "transcript/docs.jsonl"}} {
		s.file = filepath.Join(folder, filepath.FromSlash(s.file))
		if _, err := os.Stat(s.file); err == nil {
			found = append(found, s)
		}
	}
	return found
}

// sets are those of the folder, or our own small one where there is none.
func sets(folder string) ([]retrievalSet, []answerSet) {
	in := func(parts ...string) string { return filepath.Join(append([]string{folder}, parts...)...) }
	if _, err := os.Stat(in("xquad", "corpus.jsonl")); err != nil {
		return []retrievalSet{{ownSet, ownSet + "/corpus.jsonl", ownSet + "/queries.jsonl", []string{"split", "en", "zh"}}},
			[]answerSet{{ownSet, ownSet + "/corpus.jsonl", ownSet + "/queries.jsonl", ownSet + "/refusal.jsonl"}}
	}
	retrievals := []retrievalSet{
		{"XQuAD", in("xquad", "corpus.jsonl"), in("xquad", "queries.jsonl"), []string{"split", "en", "zh"}},
		{"COSCUP", in("coscup", "corpus_abstracts.jsonl"), in("coscup", "queries_title_to_abstract.jsonl"), []string{"split", "en", "zh"}},
		{"transcript", in("transcript", "corpus_exchanges.jsonl"), in("transcript", "queries_exchanges.jsonl"), []string{"split", "en", "zh"}},
		{"ClapNQ", in("clapnq", "corpus.jsonl"), in("clapnq", "queries.jsonl"), []string{"en"}},
		{"RGB", in("rgb", "corpus.jsonl"), in("rgb", "queries.jsonl"), []string{"zh"}},
	}
	answers := []answerSet{
		{"XQuAD", in("xquad", "corpus.jsonl"), in("xquad", "queries.jsonl"), in("xquad", "refusal.jsonl")},
		{"COSCUP", in("coscup", "docs"), in("coscup", "queries.jsonl"), in("coscup", "refusal.jsonl")},
		{"transcript", in("transcript", "docs"), in("transcript", "queries_lookup.jsonl"), in("transcript", "refusal.jsonl")},
	}
	return slices.DeleteFunc(retrievals, func(s retrievalSet) bool { return missing(s.queries) }),
		slices.DeleteFunc(answers, func(s answerSet) bool { return missing(s.queries) })
}

// missing reports whether the folder lacks a set: a part of the sets is measured from a folder of that part.
func missing(file string) bool {
	_, err := os.Stat(file)
	return err != nil
}

// summarySample is how many transcripts of each set are summarised: embedding them takes a minute a set.
const summarySample = "4"

// summaries are the sets of transcripts with summaries; the small set has none.
func summaries(folder string) []answerSet {
	var out []answerSet
	for _, s := range []answerSet{{name: "QMSum", docs: filepath.Join(folder, "qmsum", "meetings.jsonl")}, {name: "VCSum", docs: filepath.Join(folder, "vcsum", "meetings.jsonl")}} {
		if _, err := os.Stat(s.docs); err == nil {
			out = append(out, s)
		}
	}
	return out
}

// The objects that `osmanthus eval` prints.
type (
	retrievalResult struct {
		Results []struct {
			QueryLang    string `json:"query_lang"`
			DocumentLang string `json:"document_lang"`
			Queries      int
			Hit1, Hit5   float64
		}
		SearchMS struct{ P50, P95 float64 } `json:"search_ms"`
		EmbedMS  struct{ P50, P95 float64 } `json:"embed_ms"`
		Space    string
	}
	summariesResult struct {
		Lang                         string
		Meetings, Named, Figured     int
		Units, Names, Figures, Stems float64
	}
	answersResult struct {
		Results []struct {
			Type, Lang     string
			Queries        int
			Right, Cited   float64
			WronglyRefused float64 `json:"wrongly_refused"`
		}
		Refusals []struct {
			Lang    string
			Queries int
			Refused float64
		}
	}
	namesResult struct {
		People  int
		Results []struct {
			Class   string
			Queries int
			First   float64
		}
	}
)

// allClasses is the class of a name evaluation that sums up the others.
const allClasses = "all"

// plainQuestion is the type of questions of sets that have only one.
const plainQuestion = "question"

func run(binary, folder, cache string, readmes []string) error {
	retrievals, answers := sets(folder)
	var found, asked strings.Builder
	space, speed := "", ""
	for _, s := range retrievals {
		for _, pool := range s.pools {
			var r retrievalResult
			if err := eval(&r, binary, "retrieval", "--corpus", s.corpus, "--queries", s.queries, "--pool", pool, "--cache", cache); err != nil {
				return err
			}
			cells := map[string]string{}
			for _, x := range r.Results {
				cells[x.QueryLang+x.DocumentLang] = fmt.Sprintf("%.1f / %.1f (%d)", 100*x.Hit1, 100*x.Hit5, x.Queries)
			}
			fmt.Fprintf(&found, "| %s | %s |", s.name, pool)
			for _, pair := range []string{"zhzh", "enen", "zhen", "enzh"} {
				if cells[pair] == "" {
					cells[pair] = "–"
				}
				fmt.Fprintf(&found, " %s |", cells[pair])
			}
			found.WriteString("\n")
			if speed == "" {
				space = r.Space
				speed = fmt.Sprintf("%.0f / %.0f ms, %.0f / %.0f ms", r.SearchMS.P50, r.SearchMS.P95, r.EmbedMS.P50, r.EmbedMS.P95)
			}
		}
	}
	for _, s := range answers {
		args := []string{"answers", "--docs", s.docs, "--queries", s.queries, "--refusals", s.refusals, "--cache", cache}
		var r answersResult
		if err := eval(&r, binary, args...); err != nil {
			return err
		}
		told := map[string]bool{} // the refusals of a language, beside its first type
		for _, x := range r.Results {
			refused, name := "–", s.name
			if x.Type != plainQuestion {
				name += " " + x.Type
			}
			for _, y := range r.Refusals {
				if y.Lang == x.Lang && !told[x.Lang] {
					told[x.Lang] = true
					refused = fmt.Sprintf("%.1f (%d)", 100*y.Refused, y.Queries)
				}
			}
			fmt.Fprintf(&asked, "| %s | %s | %d | %.1f | %.1f | %.1f | %s |\n", name, x.Lang, x.Queries, 100*x.Right, 100*x.Cited, 100*(1-x.WronglyRefused), refused)
		}
	}
	var named strings.Builder
	for _, s := range nameSets(folder) {
		var r namesResult
		if err := eval(&r, binary, "names", "--file", s.file); err != nil {
			return err
		}
		for _, x := range r.Results {
			if x.Class == allClasses {
				fmt.Fprintf(&named, "| %s | %d | %d | %.1f |\n", s.name, r.People, x.Queries, 100*x.First)
			}
		}
	}
	var summarised strings.Builder
	for _, s := range summaries(folder) {
		var r summariesResult
		if err := eval(&r, binary, "summaries", "--meetings", s.docs, "--sample", summarySample); err != nil {
			return err
		}
		fmt.Fprintf(&summarised, "| %s | %s | %d | %.0f | %.1f | %.1f (%d) | %.1f (%d) |\n", s.name, r.Lang, r.Meetings, r.Units, 100*r.Stems, 100*r.Names, r.Named, 100*r.Figures, r.Figured)
	}
	for _, path := range readmes {
		words := english()
		if strings.Contains(path, ".zh.") {
			words = chinese()
		}
		text := fmt.Sprintf(words.found, space) + found.String() + fmt.Sprintf(words.speed, speed) + words.asked + asked.String()
		if named.Len() > 0 {
			text += words.named + named.String()
		}
		if summarised.Len() > 0 {
			text += words.summarised + summarised.String()
		}
		if err := replace(path, text); err != nil {
			return err
		}
	}
	return nil
}

// The words around the tables.
type words struct{ found, speed, asked, named, summarised string }

func english() words {
	return words{
		"Passages found, hit@1 / hit@5 in %% (questions), by language of question → document, with %s:\n\n" +
			"| set | pool | zh→zh | en→en | zh→en | en→zh |\n|---|---|---|---|---|---|\n",
		"\nSearch p50 / p95 and embedding p50 / p95 on the first of these: %s.\n\n",
		"Questions asked with no chat model, so that answers quote (in %):\n\n" +
			"| set | language | questions | gold answer in the answer | right document cited | answered when it could | refused when it should (questions) |\n|---|---|---|---|---|---|---|\n",
		"\nPeople looked up by other writings of their names (the other script, pinyin, other spellings, orders, capitals, one\n" +
			"letter wrong), right person first in %:\n\n| set | people | look-ups | right person first |\n|---|---|---|---|\n",
		"\nSummaries of 250 words or characters with no chat model, of the first " + summarySample + " meetings of each set: how much of the summaries that people wrote stands in them, in % (references that have any):\n\n" +
			"| set | language | meetings | length | stems | names | figures |\n|---|---|---|---|---|---|---|\n",
	}
}

func chinese() words {
	return words{
		"检索命中率，hit@1 / hit@5，百分比（括号内为问题数），按“问题语言→文档语言”，嵌入模型 %s：\n\n" +
			"| 测试集 | 文档池 | 中→中 | 英→英 | 中→英 | 英→中 |\n|---|---|---|---|---|---|\n",
		"\n第一行的检索耗时 p50 / p95 与嵌入耗时 p50 / p95：%s。\n\n",
		"不设对话模型、以引文作答时（百分比）：\n\n" +
			"| 测试集 | 语言 | 问题数 | 答案含标准答案 | 引对文档 | 能答则答 | 该拒则拒（问题数） |\n|---|---|---|---|---|---|---|\n",
		"\n用姓名的其他写法查人（另一种文字、拼音、其他拼法、姓名顺序、大小写、错一个字母），排在首位者正确的百分比：\n\n" +
			"| 测试集 | 人数 | 查询数 | 首位正确 |\n|---|---|---|---|\n",
		"\n不设对话模型时的摘要（要求 250 词或字；各集前 " + summarySample + " 场会议）：人工摘要的内容有多少出现在其中，百分比（括号内为含有该项的人工摘要数）：\n\n" +
			"| 测试集 | 语言 | 会议数 | 长度 | 词干 | 人名 | 数字 |\n|---|---|---|---|---|---|---|\n",
	}
}

func eval(into any, binary string, args ...string) error {
	fmt.Fprintln(os.Stderr, "osmanthus eval", strings.Join(args, " "))
	command := exec.Command(binary, append(append([]string{"eval"}, args...), "--json")...)
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, os.Stderr
	if err := command.Run(); err != nil {
		return fmt.Errorf("osmanthus eval %s: %w", strings.Join(args, " "), err)
	}
	return json.Unmarshal(out.Bytes(), into)
}

// replace puts text between the marks of a file.
func replace(path, text string) error {
	content, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	before, rest, begun := strings.Cut(string(content), "<!-- eval -->\n")
	_, after, ended := strings.Cut(rest, "<!-- /eval -->")
	if !begun || !ended {
		return errors.New(path + " has no marks for the tables")
	}
	return os.WriteFile(path, []byte(before+"<!-- eval -->\n"+text+"<!-- /eval -->"+after), 0o644)
}
