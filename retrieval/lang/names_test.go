package lang

import (
	"bufio"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// tsv reads a table of testdata, comments left out.
func tsv(t testing.TB, file string, columns int) [][]string {
	t.Helper()
	f, err := os.Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var rows [][]string
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "#") {
			continue
		}
		fields := strings.Split(lines.Text(), "\t")
		if len(fields) != columns {
			t.Fatalf("%s: want %d columns: %q", file, columns, lines.Text())
		}
		rows = append(rows, fields)
	}
	return rows
}

// plausible returns n made-up names, the same each time: in Han, in pinyin, in Wade-Giles and Western ones.
func plausible(n int) []string {
	const surname = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈"
	const given = "伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚桂英华玉萍红建文国志家宇子浩然欣怡雨泽晨轩嘉思佳俊慧荣振学德龙海燕春梅兰凤云飞鹏辉斌波宁东南西北山川光耀宗祥瑞安康乐天一凡可心"
	first := strings.Fields("James Mary Robert Linda Michael Susan David Karen Thomas Nancy Peter Laura Simon Helen Oscar Paula Victor Nora Felix Irene")
	last := strings.Fields("Smith Johnson Brown Miller Davis Wilson Moore Taylor Anderson White Harris Martin Clark Lewis Walker Young Allen Wright Scott Hill Green Baker")
	s, g := []rune(surname), []rune(given)
	state := uint32(1)
	pick := func(n int) int {
		state = state*1664525 + 1013904223
		return int(state>>8) % n
	}
	names := make([]string, 0, n)
	for i := range n {
		han := []rune{s[pick(len(s))], g[pick(len(g))]}
		if i%5 != 0 {
			han = append(han, g[pick(len(g))])
		}
		p := make([]string, len(han))
		for k, r := range han {
			p[k] = pinyinOf(r)[0]
		}
		switch i % 4 {
		case 0, 1:
			names = append(names, string(han))
		case 2:
			names = append(names, p[0]+" "+strings.Join(p[1:], ""))
		case 3:
			if i%8 == 3 {
				names = append(names, first[pick(len(first))]+" "+last[pick(len(last))])
				continue
			}
			for k := range p {
				p[k] = wade(p[k])
			}
			names = append(names, p[0]+" "+strings.Join(p[1:], "-"))
		}
	}
	return names
}

// TestNamePairs looks every writing of testdata/names.tsv up among all people of the file and made-up ones.
func TestNamePairs(t *testing.T) {
	t.Parallel()
	const (
		needed      = 0.99
		distractors = 4000
		leastPairs  = 200
	)
	rows := tsv(t, "names.tsv", 3)
	if len(rows) < leastPairs {
		t.Fatalf("%d pairs, want %d", len(rows), leastPairs)
	}
	var people []string
	for _, r := range rows {
		if !slices.Contains(people, r[1]) {
			people = append(people, r[1])
		}
	}
	known := len(people)
	all := append(slices.Clone(people), plausible(distractors)...)
	index := NewNameIndex(all)
	type tally struct{ right, same, all int }
	classes := map[string]*tally{}
	var order []string
	total := tally{}
	for _, r := range rows {
		query, person, class := r[0], r[1], r[2]
		target := slices.Index(people, person)
		first := NameMatch{Place: -1}
		score := 0.0
		for _, m := range index.Find(query) {
			if first.Place < 0 && (m.Place < known || !index.Homophones(m.Place, target)) {
				first = m // a made-up name that reads the same is no mistake
			}
			if m.Place == target {
				score = m.Score
			}
		}
		of := classes[class]
		if of == nil {
			of = &tally{}
			classes[class] = of
			order = append(order, class)
		}
		of.all++
		total.all++
		switch first.Place {
		case target:
			of.right++
			total.right++
		case -1:
			t.Logf("%s: %s → nobody, want %s (MatchNames %.2f, keys %v | %v)", class, query, person, MatchNames(query, person), NameKeys(query), NameKeys(person))
		default:
			t.Logf("%s: %s → %s (%.2f), want %s (%.2f)", class, query, all[first.Place], first.Score, person, score)
		}
		if score >= SameName {
			of.same++
			total.same++
		} else if class != "misspelt" && class != "initials" {
			t.Logf("%s: MatchNames(%s, %s) is %.3f, below SameName", class, query, person, score)
		}
	}
	for _, class := range order {
		of := classes[class]
		t.Logf("%-10s %3d pairs: right person first %5.1f %%, at least SameName %5.1f %%", class, of.all, 100*float64(of.right)/float64(of.all), 100*float64(of.same)/float64(of.all))
	}
	share := float64(total.right) / float64(total.all)
	t.Logf("%-10s %3d pairs: right person first %5.1f %%, at least SameName %5.1f %%", "all", total.all, 100*share, 100*float64(total.same)/float64(total.all))
	if share < needed {
		t.Errorf("right person first in %.3f of %d pairs, want %.2f", share, total.all, needed)
	}
}

func TestOtherPeople(t *testing.T) {
	t.Parallel()
	for _, r := range tsv(t, "others.tsv", 2) {
		t.Run(fmt.Sprintf("%s is not %s", r[0], r[1]), func(t *testing.T) {
			t.Parallel()
			if got := MatchNames(r[0], r[1]); got >= SameName {
				t.Errorf("MatchNames is %.3f, want below %.2f", got, SameName)
			}
			if a, b := MatchNames(r[0], r[1]), MatchNames(r[1], r[0]); a != b {
				t.Errorf("MatchNames is %.3f and %.3f the other way round", a, b)
			}
		})
	}
}
