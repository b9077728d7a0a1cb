package lang_test

import (
	"testing"

	"osmanthus/retrieval/lang"
)

func TestDetect(t *testing.T) {
	t.Parallel()
	tests := []struct {
		question string
		want     lang.Lang
	}{
		{"What did 王教授 say about 向量数据库?", lang.English},
		{"who is 吕振亚", lang.English},
		{"黄浩明 title", lang.English},
		{"GDP是什么", lang.Chinese},
		{"CCF 几点开始", lang.Chinese},
		{"YANG Haobo 是谁", lang.Chinese},
		{"Ms Wang讲了什么", lang.Chinese},
		{"Where is the seminar?", lang.English},
		{"研讨会在哪里举行？", lang.Chinese},
		{"Who speaks after Ms Wang?", lang.English},
		{"黄浩明现在是什么职务？", lang.Chinese},
		{"who is LV Zhenya", lang.English},
		{"给我一份300字的摘要", lang.Chinese},
		{"quotes on data governance", lang.English},
		{"Who moderated the round table?", lang.English},
		{"OpenAI 的 GPT-4 在会上怎么说？", lang.Chinese},
		{"summary of 《数据治理白皮书》", lang.English},
		{"《The State of AI》讲了什么", lang.Chinese},
		{"How do you say 数据治理 in English?", lang.English},
		{"数据治理 in English 怎么说", lang.Chinese},
		{"when does 圆桌论坛 start", lang.English},
		{"WHO 的代表是谁", lang.Chinese},
		{"IT 部门有几个人", lang.Chinese},
		{"title of 黄浩明", lang.English},
		{"黄浩明's title?", lang.English},
		{"Is 王女士 a speaker?", lang.English},
		{"Professor Wang 的报告题目", lang.Chinese},
		{"speaker 名单", lang.Chinese},
		{"Agenda 在哪里看", lang.Chinese},
		{"RAG pipeline 介绍", lang.Chinese},
		{"pgvector 和 HNSW 的区别", lang.Chinese},
		{"AI", lang.English},
		{"agenda", lang.English},
		{"议程", lang.Chinese},
		{"？", lang.Chinese},
		{"?", lang.English},
		{"", lang.English},
		{"杨浩勃 email", lang.English},
		{"杨浩勃 CV please", lang.English},
		{"杨浩勃 简介", lang.Chinese},
		{"YANG Haobo 简介", lang.Chinese},
		{"contact for 王秘书长", lang.English},
		{"Wi-Fi 密码", lang.Chinese},
		{"Zoom 链接", lang.Chinese},
		{"Tell me about 吕振亚", lang.English},
		{"Which session covers 向量数据库 and RAG?", lang.English},
		{"向量数据库和RAG在哪一场讲", lang.Chinese},
		{"誰主持圓桌論壇？", lang.Chinese},
		{"YANG Haobo 講了什麼", lang.Chinese},
		{"What time does 上午 session begin?", lang.English},
		{"9月16日 agenda 有哪些", lang.Chinese},
		{"September 16 agenda", lang.English},
		{"3点谁讲", lang.Chinese},
		{"List all speakers from 北京大学", lang.English},
		{"北京大学的 speakers 有哪些", lang.Chinese},
		{"总结 Dr. Li 的 talk", lang.Chinese},
		{"Translate “研讨会” into English", lang.English},
		{"把 \"Welcome to Beijing\" 翻译成中文", lang.Chinese},
		{"does 黄浩明 work at 北京大学?", lang.English},
		{"Thank you 用中文怎么说", lang.Chinese},
		{"can you compare 张三 and 李四?", lang.English},
		{"Haobo Yang什么时候发言", lang.Chinese},
		{"你好 means what?", lang.English},
		{"请用English回答", lang.Chinese},
		{"where's 报告厅", lang.English},
		{"Mr. Huang 是做什么的？", lang.Chinese},
		{"Who founded 中国发展研究基金会?", lang.English},
		{"Kubernetes", lang.English},
		{"¿Dónde está?", lang.English},
		{"こんにちは", lang.English},
		{"王教授", lang.Chinese},
		{"2023年", lang.Chinese},
		{"2023", lang.English},
	}
	for _, tt := range tests {
		t.Run(tt.question, func(t *testing.T) {
			t.Parallel()
			if got := lang.Detect(tt.question); got != tt.want {
				t.Errorf("Detect = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestHanShare(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in  string
		low, high float64
	}{
		{"empty", "", 0, 0},
		{"no letters", "2023-09-16 👍", 0, 0},
		{"English", "Where is the seminar?", 0, 0},
		{"Chinese", "研讨会在哪里？2023", 1, 1},
		{"Traditional", "研討會在哪裡？", 1, 1},
		{"English with Chinese words", "What did 王教授 say about 向量数据库?", 0.3, 0.49},
		{"Chinese with English words", "OpenAI 的 GPT-4 在会上怎么说？", 0.51, 0.8},
		{"address does not count", "见 https://example.org/a/long/path/to/some/page 一文", 1, 1},
		{"address alone", "https://example.org", 0, 0},
		{"kana is not Han", "カタカナ", 0, 0},
		{"one English word", "会议 agenda", 0.4, 0.6},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := lang.HanShare(tt.in); got < tt.low || got > tt.high {
				t.Errorf("HanShare = %.3f, want %.2f to %.2f", got, tt.low, tt.high)
			}
		})
	}
}

func TestDetectText(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, in string
		want     lang.Lang
	}{
		{"Chinese with product names", "使用 Kubernetes 與 Prometheus 將常見的監控指標收集起來，再由 Grafana 顯示。", lang.Chinese},
		{"English with names in Han", "The round table was moderated by WANG Min (王敏), and LI Lei (李雷) gave the first talk of the day.", lang.English},
		{"empty", "", lang.English},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := lang.DetectText(tt.in); got != tt.want {
				t.Errorf("DetectText = %s, want %s", got, tt.want)
			}
		})
	}
}
