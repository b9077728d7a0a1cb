package bot

import "testing"

func TestBriefOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		question string
		want     brief
		ok       bool
	}{
		{"给我一份300字的摘要", brief{length: 300}, true},
		{"请总结一下本次研讨会", brief{}, true},
		{"用五百字概括《公益数据报告》", brief{subject: "公益数据报告", length: 500}, true},
		{"写一篇关于开放数据的综述，20字", brief{subject: "开放数据", length: 100}, true},
		{"按发言人列出圆桌讨论的要点", brief{subject: "圆桌讨论", bySpeaker: true}, true},
		{"請用3000字總結全部資料", brief{length: 1000}, true},
		{"谁做了总结发言？", brief{}, false},
		{"总结发言讲了什么", brief{}, false},
		{"摘要由谁撰写？", brief{}, false},
		{"圆桌讨论在哪里举行？", brief{}, false},
		{"summarise the seminar in 200 words", brief{length: 200}, true},
		{"Give me a 150-word summary of the seminar report", brief{subject: "seminar report", length: 150}, true},
		{"Key points of “Open Data” by speaker", brief{subject: "Open Data", bySpeaker: true}, true},
		{"What are the main points of the village library interview?", brief{subject: "village library interview"}, true},
		{"用200字总结研讨会报告", brief{subject: "研讨会报告", length: 200}, true},
		{"总结用户报告", brief{subject: "用户报告"}, true},
		{"把未来教育做一个简短的概括", brief{subject: "未来教育"}, true},
		{"请用英文总结本次研讨会", brief{}, true},
		{"Please summarize everything", brief{}, true},
		{"Who wrote the summary?", brief{}, false},
		{"Where is the closing summary session?", brief{}, false},
		{"Who moderated the round table?", brief{}, false},
	} {
		t.Run(tt.question, func(t *testing.T) {
			t.Parallel()
			got, ok := briefOf(tt.question)
			if ok != tt.ok || ok && got != tt.want {
				t.Errorf("got %+v and %t, want %+v and %t", got, ok, tt.want, tt.ok)
			}
		})
	}
}
