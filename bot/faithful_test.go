package bot

import (
	"strings"
	"testing"

	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

// TestFaithful: what a model says that its passage does not is taken out, in both languages and across them.
func TestFaithful(t *testing.T) {
	t.Parallel()
	hits := []retrieval.Hit{
		passage(1, 1, lang.English, "Report", `FU Changbo moderated the round table on 16 September 2023 at 9:30. He said: "Data must be shared with care by all of us." Forty guests gave 1.5 million yuan.`, 0),
		passage(2, 2, lang.Chinese, "纪要", "杨浩勃教授主持了开幕式，共有一百二十人参加。他说：“公益需要人人参与，也需要制度。”弗拉基米尔·伊万诺夫也发了言。", 0),
	}
	for _, tt := range []struct {
		name, text, want string
		removed          int
	}{
		{"all stands", "FU Changbo moderated the round table [1]. Forty guests came [1].", "FU Changbo moderated the round table [1]. Forty guests came [1].", 0},
		{"another name", "FU Changming moderated the round table [1]. Forty guests came [1].", "Forty guests came [1].", 1},
		{"another number", "FU Changbo moderated the round table [1]. 45 guests came [1].", "FU Changbo moderated the round table [1].", 1},
		{"another date", "It was on 17 September 2023 [1]. Forty guests came [1].", "Forty guests came [1].", 1},
		{"another time", "It began at 10:30 [1]. Forty guests came [1].", "Forty guests came [1].", 1},
		{"right, but of another source", "Forty guests came [2]. FU Changbo moderated [1].", "FU Changbo moderated [1].", 1},
		{"two sources share it", "FU Changbo moderated and 120 people took part [1][2].", "FU Changbo moderated and 120 people took part [1][2].", 0},
		{"a quotation", "He said: “data must be shared with care by all of us” [1].", "He said: “data must be shared with care by all of us” [1].", 0},
		{"a quotation changed", "He said: “Data should be shared with care by all of us” [1]. Forty guests came [1].", "Forty guests came [1].", 1},
		{"a quotation translated as if it were one", "He said: “Charity needs everybody to take part, and rules” [2]. Forty guests came [1].", "Forty guests came [1].", 1},
		{"a quotation with its translation", "He said: “公益需要人人参与，也需要制度” (translation: charity needs everybody, and rules) [2].", "He said: “公益需要人人参与，也需要制度” (translation: charity needs everybody, and rules) [2].", 0},
		{"a term in quotation marks", "It was a “round table” [1].", "It was a “round table” [1].", 0},
		{"numbers after the stop", "FU Changming moderated. [1] Forty guests came. [1]", "Forty guests came. [1]", 1},
		{"a sentence without a number", "FU Changming moderated. Forty guests came [1].", "Forty guests came [1].", 1},
		{"a list", "Points:\n\n1. FU Changbo moderated [1].\n2. FU Changming moderated [1].\n3. Forty guests came [1].", "Points:\n\n1. FU Changbo moderated [1].\n\n3. Forty guests came [1].", 1},

		{"Chinese from English", "傅昌波于2023年9月16日上午九点半主持了圆桌讨论[1]。四十位来宾捐款150万元[1]。", "傅昌波于2023年9月16日上午九点半主持了圆桌讨论[1]。四十位来宾捐款150万元[1]。", 0},
		{"Chinese from English, another name", "李明哲主持了圆桌讨论[1]。来宾共四十位[1]。", "来宾共四十位[1]。", 1},
		{"Chinese from English, another amount", "来宾捐款160万元[1]。来宾共四十位[1]。", "来宾共四十位[1]。", 1},
		{"Chinese from English, another day", "会议于2023年9月18日举行[1]。来宾共四十位[1]。", "来宾共四十位[1]。", 1},
		{"Chinese from Chinese", "杨浩勃主持了开幕式[2]。共120人参加[2]。", "杨浩勃主持了开幕式[2]。共120人参加[2]。", 0},
		{"Chinese, another number", "杨浩勃主持了开幕式[2]。共130人参加[2]。", "杨浩勃主持了开幕式[2]。", 1},
		{"Chinese, a quotation changed", "他说：“公益需要人人参与，更需要制度”[2]。共120人参加[2]。", "共120人参加[2]。", 1},
		{"English from Chinese", "YANG Haobo opened it before 120 people [2]. Vladimir Ivanov spoke too [2].", "YANG Haobo opened it before 120 people [2]. Vladimir Ivanov spoke too [2].", 0},
		{"English from Chinese, another name", "YANG Haoming opened it before 120 people [2]. Vladimir Petrov spoke too [2].", "", 2},
		{"English from Chinese, a bare surname", "Professor Yang opened it [2].", "Professor Yang opened it [2].", 0},
		{"English from Chinese, another surname", "Professor Zhou opened it [2]. There were 120 people [2].", "There were 120 people [2].", 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, removed, _ := newVerifier(nil, hits).faithful(tt.text)
			if got != tt.want || removed != tt.removed {
				t.Errorf("got %q and %d, want %q and %d; statements %+v", got, removed, tt.want, tt.removed, statements(tt.text))
			}
		})
	}
}

func TestStatementsAreTheText(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "One [1].", "One. [1] Two. [2]\n\n- Three [3]\n- 四[4]。五。[5]", "no stop", " [1]"} {
		var b strings.Builder
		for _, s := range statements(text) {
			b.WriteString(s.text)
		}
		if b.String() != text && strings.TrimSpace(text) != "" && text != " [1]" {
			t.Errorf("%q became %q", text, b.String())
		}
	}
}

// TestUnfaithfulModel: what was shown of a false sentence is taken back, counted and said; where nothing is left the
// documents are quoted.
func TestUnfaithfulModel(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, says, question, text, notice string
		unfaithful                         int
		fallback                           string
	}{
		{"one of two", "In the Garden Hall [1]. 900 guests attended [1].", "Where did the seminar take place in the hall?", "In the Garden Hall [1].", "Sentences that their sources do not bear out were left out.", 1, ""},
		{"all", "900 guests attended [1].", "Where did the seminar take place in the hall?", hallQuoted, looseNotice, 1, FallbackUnfaithful},
		{"one of two, Chinese", "研讨会有四十位来宾[1]。九百人参加[1]。", "研讨会举行", "研讨会有四十位来宾[1]。", "出处中查不到依据的句子已删去。", 1, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var record Record
			a := newAssistant(t, Config{Model: &scriptedModel{pieces: []string{tt.says}}, Observe: func(r Record) { record = r }})
			var shown strings.Builder
			got, err := a.Ask(t.Context(), Question{Text: tt.question}, func(e Event) error {
				switch data := e.Data.(type) {
				case Status:
					if data.Status == StageReplaced {
						shown.Reset()
					}
				case Delta:
					shown.WriteString(data.Text)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if got.Text != tt.text || shown.String() != tt.text || got.Notice != tt.notice || record.Unfaithful != tt.unfaithful || record.Fallback != tt.fallback {
				t.Errorf("got %q, shown %q, notice %q, record %+v", got.Text, shown.String(), got.Notice, record)
			}
		})
	}
}
