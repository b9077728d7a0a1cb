package lang

import (
	"strings"
	"sync"
)

// bothScripts are characters that Simplified writing took over from Traditional, where they still stand for something else:
// 皇后, 公里, 台灣. They say nothing of the script.
const bothScripts = "后里面台干谷系范丑冬几了征余板表斗松曲舍郁致制准折朴云才千秋困借卷夸蒙霉宁仆签术只志游占向回据胡须家凶伙咸托沈淀栗采同布并布克升弦症周杰痴厘麻炮群秘峰岩床灶线吊村砖奸碍"

// simplifiedOnly are the characters that Traditional text does not have.
var simplifiedOnly = sync.OnceValue(func() map[rune]bool {
	table := simplified()
	only := make(map[rune]bool, len(table))
	for _, to := range table {
		if table[to] == 0 && !strings.ContainsRune(bothScripts, to) {
			only[to] = true
		}
	}
	return only
})

// Traditional reports whether a text is written in Traditional Chinese characters: more of its characters are of Traditional
// writing alone than of Simplified alone. A text whose characters are the same in both is not.
func Traditional(s string) bool {
	if !hasHan(s) {
		return false
	}
	table, only, balance := simplified(), simplifiedOnly(), 0
	for _, r := range s {
		if _, ok := table[r]; ok && r >= 0x3400 {
			balance++
		} else if only[r] {
			balance--
		}
	}
	return balance > 0
}
