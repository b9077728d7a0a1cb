package bot

import (
	"strings"
	"testing"

	"osmanthus/retrieval/lang"
)

func TestAnswerLang(t *testing.T) {
	t.Parallel()
	const en, zh, none = lang.English, lang.Chinese, lang.Lang("")
	for _, tt := range []struct {
		text string
		set  lang.Lang
		want lang.Lang
	}{
		{"Where is the seminar?", none, en},
		{"研讨会在哪里举行？", none, zh},
		{"研討會在哪裡舉行？", none, zh},
		{"What did 王教授 say about 向量数据库?", none, en},
		{"RAG 是什么？", none, zh},
		{"Where is the seminar?", zh, zh},
		{"研讨会在哪里举行？", en, en},
		// A wish in the text comes before the setting.
		{"Where is the seminar? Please answer in Chinese.", en, zh},
		{"Please reply in Mandarin: who spoke first", none, zh},
		{"Who spoke first? In Chinese, please.", en, zh},
		{"Who spoke first (in Chinese)", en, zh},
		{"In Chinese: who spoke first?", none, zh},
		{"Can you explain it in Simplified Chinese?", none, zh},
		{"Please tell me who spoke first in Chinese", none, zh},
		{"Answer me in English. 谁先发言？", none, en},
		{"谁先发言？请用英文回答。", none, en},
		{"誰先發言？請用英文回答", zh, en},
		{"用英语回答：谁先发言", none, en},
		{"谁先发言？（英文回答）", none, en},
		{"请您以英文答复，谁先发言？", zh, en},
		{"Who spoke first? 请用中文回答", en, zh},
		{"谁先发言，用英文", none, en},
		{"能用英文介绍一下第一位发言人吗？", none, en},
		// The last wish counts.
		{"请用英文回答。不，请用中文回答。谁先发言？", none, zh},
		// That something is in a language is no wish.
		{"Which report is written in Chinese?", none, en},
		{"Was the talk given in Chinese?", none, en},
		{"Who will answer questions in Chinese at the desk?", none, en},
		{"Who spoke in Chinese", none, en},
		{"谁用英文发言？", none, zh},
		{"哪份报告是用英文写的？", none, zh},
		{"英文版报告在哪里？", none, zh},
		{"有没有英文介绍材料？", none, zh},
		{"主持人的英文名字是什么？", none, zh},
	} {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			if got := AnswerLang(Question{Text: tt.text, Lang: tt.set}); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestSearchText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ text, want string }{
		{"Who spoke at 09:00 (room 2.1)?", "Who spoke at 09:00 (room 2.1)?"},
		{"Where is the hall? Please answer in Chinese.", "Where is the hall?"},
		{"Answer me in English. 谁先发言？", "谁先发言？"},
		{"谁先发言？请用英文回答。", "谁先发言？"},
		{"誰先發言，用英文", "誰先發言，"},
		{"用英语回答：谁先发言", "谁先发言"},
		{"In Chinese: who spoke first?", "who spoke first?"},
		{"能用英文介绍一下第一位发言人吗？", "能用英文介绍一下第一位发言人吗？"},
		{"请用英文回答", "请用英文回答"},
	} {
		t.Run(tt.text, func(t *testing.T) {
			t.Parallel()
			if got := searchText(tt.text); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestScript(t *testing.T) {
	t.Parallel()
	a := newAssistant(t, Config{})
	for _, tt := range []struct {
		name     string
		question Question
		script   string
		holds    string
	}{
		{"Traditional asked", Question{Text: "飛行員是誰？"}, Traditional, "現有資料中沒有相關內容"},
		{"Simplified asked", Question{Text: "飞行员是谁？"}, "", "现有资料中没有相关内容"},
		{"Traditional wished for", Question{Text: "飞行员是谁？请用繁体中文回答。"}, Traditional, "現有資料中沒有相關內容"},
		{"in Traditional", Question{Text: "飛行員是誰？請用正體字回答。"}, Traditional, "現有資料中沒有相關內容"},
		{"Simplified wished for", Question{Text: "飛行員是誰？請用簡體中文回答。"}, "", "现有资料中没有相关内容"},
		{"wished for in English", Question{Text: "Who is the pilot? Please answer in Traditional Chinese."}, Traditional, "現有資料中沒有相關內容"},
		{"Chinese wished for in English", Question{Text: "Who is the pilot? Please answer in Chinese."}, "", "现有资料中没有相关内容"},
		{"English wished for in Traditional", Question{Text: "飛行員是誰？請用英文回答。"}, "", "not in the documents"},
		{"the interface is English", Question{Text: "飛行員是誰？", Lang: lang.English}, "", "not in the documents"},
		{"the interface is Chinese", Question{Text: "飛行員是誰？", Lang: lang.Chinese}, Traditional, "現有資料中沒有相關內容"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := a.Ask(t.Context(), tt.question, nil)
			if err != nil || got.Script != tt.script || !strings.Contains(got.Text, tt.holds) {
				t.Errorf("script %q: %q, %v", got.Script, got.Text, err)
			}
			if got.Lang != WordsFor(a.config.Catalog, tt.question).Lang() {
				t.Errorf("lang %s", got.Lang)
			}
		})
	}
}
