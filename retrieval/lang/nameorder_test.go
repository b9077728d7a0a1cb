package lang

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStrokes(t *testing.T) {
	t.Parallel()
	for r, want := range map[rune]int{'一': 1, '丁': 2, '王': 4, '李': 7, '杨': 7, '楊': 13, '黄': 11, '曾': 12, '龙': 5, '龍': 16, 'A': 0, '〇': 0} {
		if got := Strokes(r); got != want {
			t.Errorf("%c has %d strokes, want %d", r, got, want)
		}
	}
}

func TestOrderOf(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, letter, pinyin string
		strokes              int
	}{
		{"杨浩勃", "Y", "yang hao bo", 7},
		{"曾国藩", "Z", "zeng guo fan", 12},
		{"單雄信", "S", "shan xiong xin", 12},
		{"欧阳修", "O", "ou yang xiu", 8},
		{"YANG Haobo", "Y", "yang haobo", 0},
		{"Haobo YANG", "Y", "yang haobo", 0},
		{"Haobo Yang", "Y", "yang hao bo", 0},
		{"Ada Lovelace", "A", "ada lovelace", 0},
		{"Émile Zola", "E", "emile zola", 0},
		{"杨浩勃 (Yang Haobo)", "Y", "yang hao bo", 7},
		{"42", OtherLetter, "42", 0},
		{"", OtherLetter, "", 0},
	} {
		got := OrderOf(tt.name)
		if got.Letter != tt.letter || got.Pinyin != tt.pinyin || got.Strokes != tt.strokes {
			t.Errorf("%s: %+v, want %s %q %d", tt.name, got, tt.letter, tt.pinyin, tt.strokes)
		}
	}
}

func TestNamesInOrder(t *testing.T) {
	t.Parallel()
	names := strings.Fields("42 龙云 王一帆 Zoe 杨浩勃 丁一 傅昌波 LV 王凡 黄浩明")
	for _, tt := range []struct {
		name  string
		order func(a, b NameOrder) int
		want  string
	}{
		{"pinyin", NameOrder.ByPinyin, "丁一 傅昌波 黄浩明 龙云 LV 王凡 王一帆 杨浩勃 Zoe 42"},
		{"strokes", NameOrder.ByStrokes, "丁一 王一帆 王凡 龙云 杨浩勃 黄浩明 傅昌波 42 LV Zoe"},
	} {
		got := slices.SortedFunc(slices.Values(names), func(a, b string) int { return tt.order(OrderOf(a), OrderOf(b)) })
		if diff := cmp.Diff(strings.Fields(tt.want), got); diff != "" {
			t.Errorf("by %s (-want +got):\n%s", tt.name, diff)
		}
	}
}
