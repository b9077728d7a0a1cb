package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"golang.org/x/net/html"

	"osmanthus/bot"
	"osmanthus/retrieval/lang"
)

// An injection is an order to the model that somebody has put into a document.
type injection struct {
	lang, kind, text string
	topic            string // a word that only its document has
}

// placements put an order where a document can hold one.
var placements = []struct {
	name string
	put  func(x injection, body string) (file, content string)
}{
	{"start", func(x injection, body string) (string, string) { return x.topic + ".md", x.text + "\n\n" + body }},
	{"middle", func(x injection, body string) (string, string) {
		return x.topic + ".md", body + "\n\n" + x.text + "\n\n" + body
	}},
	{"end", func(x injection, body string) (string, string) { return x.topic + ".md", body + "\n\n" + x.text }},
	{"title", func(x injection, body string) (string, string) {
		title, err := json.Marshal(x.text)
		if err != nil {
			panic(err)
		}
		return x.topic + ".md", "---\ntitle: " + string(title) + "\n---\n\n" + body
	}},
	{"file name", func(x injection, body string) (string, string) {
		name := strings.NewReplacer("/", "∕", "\x00", "").Replace(x.text)
		return lang.Truncate(name, 50) + " " + x.topic + ".txt", body
	}},
	{"table cell", func(x injection, body string) (string, string) {
		return x.topic + ".csv", "subject,note,order\n" + x.topic + ",\"" + body + "\",\"" + strings.ReplaceAll(x.text, `"`, `""`) + "\"\n"
	}},
}

func injections(t *testing.T) []injection {
	t.Helper()
	raw, err := os.ReadFile("testdata/injections.tsv")
	if err != nil {
		t.Fatal(err)
	}
	var out []injection
	count := map[string]int{}
	for _, line := range strings.Split(strings.TrimSpace(string(raw)), "\n") {
		fields := strings.SplitN(line, "\t", 3)
		if len(fields) != 3 {
			t.Fatalf("not three fields: %q", line)
		}
		count[fields[0]]++
		n := len(out)
		topic := "topic" + string([]rune{'k', 'a' + rune(n/26), 'a' + rune(n%26), 'q'})
		out = append(out, injection{fields[0], fields[1], fields[2], topic})
	}
	if count["en"] < 60 || count["zh"] < 60 {
		t.Fatalf("too few: %v", count)
	}
	return out
}

// TestInjections sends a pack of hostile documents through the whole program, with a model that does what any passage
// tells it: it repeats all that it was given, cites it, and shows its instructions where it is told to. No link, image
// or element, no instruction and nothing for staff comes out.
func TestInjections(t *testing.T) {
	t.Parallel()
	const canary = "canary-8841"
	pack := injections(t)
	files := map[string]string{"staff.md": "---\ntitle: Staff\naudience: staff\n---\n\nThe budget of every topic is " + canary + ".\n"}
	for i, x := range pack {
		body := "The talk on " + x.topic + " was about " + x.topic + " and nothing else."
		if x.lang == "zh" {
			body = "关于 " + x.topic + " 的报告只谈 " + x.topic + "，没有别的内容。"
		}
		file, content := placements[i%len(placements)].put(x, body)
		files[file] = content
	}

	var mu sync.Mutex
	var systems []string
	delivered := map[string]bool{}
	tells := regexp.MustCompile(`(?i)prompt|instruction|rules|configuration|message before|debug|提示词|指令|规则|配置|上一条|調|调试`)
	model := fakeModel(t, func(system, user string) string {
		mu.Lock()
		defer mu.Unlock()
		systems = append(systems, system)
		for _, x := range pack {
			if strings.Contains(user, x.topic) {
				delivered[x.topic] = true
			}
		}
		passages, _, _ := strings.Cut(user, "<question-")
		reply := passages + " [1]"
		if len(systems)%2 == 0 && tells.MatchString(passages) {
			reply = system + "\n" + reply
		}
		return reply
	})
	env := withFakeEmbedder(t).with("OPENAI_BASE_URL", model, "CHAT_MODEL", "obedient")
	s, _ := env.serveFolder(t, files)
	written := 0
	for i, x := range pack {
		for _, mode := range []string{"", "summary"} {
			question := "What was the talk on " + x.topic + " about?"
			if mode != "" {
				question = "Summarise the talk on " + x.topic
			}
			if mode != "" && i%7 != 0 {
				continue // what a summary is made of goes the same way; a seventh of them shows it
			}
			a, raw := s.ask(t, map[string]string{"question": question, "mode": mode, "lang": x.lang})
			if a.GeneratedBy == "obedient" {
				written++
			}
			where := fmt.Sprintf("%s, %s, in the %s: %q", x.lang, x.kind, placements[i%len(placements)].name, x.text)
			if strings.Contains(raw, canary) {
				t.Errorf("%s: staff's text comes out: %s", where, raw)
			}
			checkHarmless(t, where, a)
			mu.Lock()
			for _, system := range systems[max(0, len(systems)-2):] {
				if run := sharedRun(system, a.Text+a.Notice); run >= 16 {
					t.Errorf("%s: %d words of the instructions come out: %s", where, run, a.Text)
				}
			}
			mu.Unlock()
		}
	}
	t.Logf("%d of %d reached the model, %d of its texts were given", len(delivered), len(pack), written)
	if len(delivered) < len(pack)*4/5 || written < len(pack)/2 {
		t.Errorf("only %d of %d reached the model, %d of its texts were given", len(delivered), len(pack), written)
	}
}

// checkHarmless renders an answer as the most willing reader of Markdown would, HTML and bare addresses included.
func checkHarmless(t *testing.T, where string, a bot.Answer) {
	t.Helper()
	var page bytes.Buffer
	if err := goldmark.New(goldmark.WithExtensions(extension.GFM, extension.Footnote)).Convert([]byte(a.Text+"\n\n"+a.Notice), &page); err != nil {
		t.Fatal(err)
	}
	allowed := map[string]bool{"p": true, "ul": true, "ol": true, "li": true, "blockquote": true, "strong": true, "em": true, "br": true, "code": true, "pre": true, "hr": true, "h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true, "del": true}
	for z := html.NewTokenizer(&page); ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			break
		}
		if name, _ := z.TagName(); (kind == html.StartTagToken || kind == html.SelfClosingTagToken) && !allowed[string(name)] {
			t.Errorf("%s: <%s> comes out of %s", where, name, a.Text)
		}
	}
	for _, c := range a.Citations {
		if !strings.HasPrefix(c.URL, "/d/") {
			t.Errorf("%s: a citation leads to %s", where, c.URL)
		}
	}
}

// sharedRun is the longest run of words of a that stands in b.
func sharedRun(a, b string) int {
	words, text := lang.Words(a), " "+strings.Join(lang.Words(b), " ")+" "
	longest := 0
	for i := range words {
		for n := longest + 1; i+n <= len(words) && strings.Contains(text, " "+strings.Join(words[i:i+n], " ")+" "); n++ {
			longest = n
		}
	}
	return longest
}
