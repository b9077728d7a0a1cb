package lang

import "testing"

func TestTraditional(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"誰主持了圓桌討論？":    true,
		"谁主持了圆桌讨论？":    false,
		"研討會在哪裡舉行？":    true,
		"研讨会在哪里举行？":    false,
		"後天幾點開始？":      true,
		"后天几点开始？":      false,
		"台灣的講者是誰？":     true,
		"皇后是谁？":        false,
		"王教授":          false,
		"他在哪？":         false,
		"他說了什麼？":       true,
		"他说了什么？":       false,
		"李小紅是谁？在哪个房间？": false, // a name keeps its characters
		"「開放硬體」这场演讲在什么时候？谁讲的？":          false,
		"What did 陳教授 say about 向量資料庫？": true,
		"What did 王教授 say about 向量数据库？": false,
		"Where is the seminar?":         false,
		"":                              false,
		"邊個主持圓桌會議？":                     true,
		"東京で":                           true,
		"几千公里以外的台面只是干净":                 false,
	} {
		if got := Traditional(text); got != want {
			t.Errorf("Traditional(%q) = %t", text, got)
		}
	}
}
