package lang

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// numeralDigits are the digits of Chinese numerals, the formal ones of cheques too (after Simplify).
var numeralDigits = map[rune]int64{
	'零': 0, '〇': 0, '一': 1, '二': 2, '两': 2, '三': 3, '四': 4, '五': 5, '六': 6, '七': 7, '八': 8, '九': 9,
	'壹': 1, '贰': 2, '叁': 3, '肆': 4, '伍': 5, '陆': 6, '柒': 7, '捌': 8, '玖': 9,
}

var numeralUnits = map[rune]int64{'十': 10, '拾': 10, '百': 100, '佰': 100, '千': 1000, '仟': 1000}

var numeralMyriads = map[rune]int64{'万': 1e4, '亿': 1e8}

// maxNumeral is the most bytes a numeral is read to, far beyond any number that is spoken.
const maxNumeral = 72

// parseNumeral reads the numeral s begins with: 一百二十, 两千零五, 三亿五千万, 十六, 二〇二三, and as they are spoken 一百二 for 120
// and 两万五 for 25000. length is 0 if there is none.
func parseNumeral(s string) (value string, length int) {
	if value, length = digitNumeral(s); length > 0 {
		return value, length
	}
	var n unitNumeral
	n.unit, n.myriad = maxUnit, maxMyriad
	for i, r := range s {
		if i >= maxNumeral || !n.take(r) {
			break
		}
		length = i + utf8.RuneLen(r)
	}
	if length == 0 {
		return "", 0
	}
	return strconv.FormatInt(n.value(), 10), length
}

// digitNumeral reads digits that stand for themselves, as in a year; a lone digit before a unit is none.
func digitNumeral(s string) (value string, length int) {
	var plain []byte
	for i, r := range s {
		d, ok := numeralDigits[r]
		if !ok {
			if (numeralUnits[r] > 0 || numeralMyriads[r] > 0) && len(plain) <= 1 {
				return "", 0
			}
			break
		}
		if i >= maxNumeral {
			break
		}
		plain = append(plain, byte('0'+d))
		length = i + utf8.RuneLen(r)
	}
	return string(plain), length
}

const (
	maxUnit   = 10_000
	maxMyriad = 1_000_000_000_000
)

// A unitNumeral is a numeral with units, as far as it was read.
type unitNumeral struct {
	total, section int64 // of whole 万 and 亿, and below
	digit          int64 // read, but its unit not yet
	unit, myriad   int64 // the last of each; the next must be smaller
	zero, started  bool
}

func (n *unitNumeral) take(r rune) bool {
	if d, ok := numeralDigits[r]; ok {
		switch {
		case n.digit > 0, d == 0 && !n.started:
			return false
		case d == 0:
			n.zero = true
		}
		n.digit, n.started = d, true
		return true
	}
	if u := numeralUnits[r]; u > 0 {
		if n.digit == 0 && u == 10 && (!n.started || n.section > 0 || n.zero) {
			n.digit = 1 // 十六, 一百十六
		}
		if n.digit == 0 || u >= n.unit {
			return false
		}
		n.section += n.digit * u
		n.digit, n.unit, n.zero, n.started = 0, u, false, true
		return true
	}
	u := numeralMyriads[r]
	if u == 0 || !n.started || u >= n.myriad || n.section+n.digit == 0 && n.myriad > u {
		return false
	}
	n.total, n.section = n.total+(n.section+n.digit)*u, 0
	n.digit, n.unit, n.myriad, n.zero = 0, maxUnit, u, false
	return true
}

func (n *unitNumeral) value() int64 {
	last := n.digit
	if last > 0 && !n.zero {
		switch {
		case n.section > 0 && n.unit >= 100: // 一百二
			last *= n.unit / 10
		case n.section == 0 && n.total > 0: // 两万五
			last *= n.myriad / 10
		}
	}
	return n.total + n.section + last
}

// amount reads a number that is not in plain digits, or has a word for its size behind it: 一百二十, 1.2万, 3 million,
// twenty-five, 三位 (a lone numeral counts only where a counter or 第 shows that it is a number).
func amount(fs []figure, i int, out *[]string) int {
	if fs[i].kind == word {
		return spoken(fs, i, out)
	}
	if fs[i].kind == mark {
		return 0
	}
	value, j := fs[i].text, i+1
	if fs[i].kind == numeral && is(fs, j, "点") && j+1 < len(fs) && fs[j+1].kind == numeral && fs[j+1].runes == len(fs[j+1].text) && !fs[j+1].units {
		value += "." + fs[j+1].text // 六点五
		j += 2
	}
	exponent := 0
	for j < len(fs) && fs[j].kind >= word {
		e := magnitude(fs[j].text)
		if e == 0 || fs[i].kind == numeral && fs[j].kind == mark && !strings.Contains(value, ".") {
			break
		}
		exponent += e
		j++
	}
	switch {
	case exponent > 0:
		v, ok := shift(value, exponent)
		if exponent == 8 && whole(fs, j, 1, 9999) && glued(fs, j) && is(fs, j+1, "万") { // 3亿5000万
			if high, err := strconv.ParseInt(v, 10, 64); err == nil {
				v = strconv.FormatInt(high+int64(fs[j].n)*1e4, 10)
				j += 2
			}
		}
		if ok {
			*out = append(*out, v)
		}
	case strings.Contains(value, ".") && fs[i].kind == numeral:
		*out = append(*out, value)
	case fs[i].kind == digits:
		if next := ordinal(fs, j); next > j {
			*out = append(*out, value)
			return next - i
		}
		if trimmed := strings.TrimLeft(value, "0"); trimmed != value && trimmed != "" && trimmed[0] != '.' {
			*out = append(*out, trimmed)
		}
	case counts(fs, i):
		*out = append(*out, value)
	}
	return j - i
}

// counts reports whether the Han numeral at i is meant as a number: 三 alone is part of many words, 十分 is "very", 三四
// "three or four".
func counts(fs []figure, i int) bool {
	switch f := fs[i]; {
	case f.n == 1:
		return false
	case f.runes == 1:
		return is(fs, i-1, "第", "之") || is(fs, i+1, counters...) && !(f.n == 10 && is(fs, i+1, "分"))
	case f.runes == 2:
		return f.units
	}
	return true
}

var counters = strings.Fields("个 名 人 位 年 月 日 号 天 次 场 家 项 种 条 届 期 章 节 卷 楼 层 岁 元 块 倍 成 周 本 篇 张 款 类 组 队 座 所 支 辆 艘 架 部 级 度 米 公 英 小 分 秒 大")

// magnitude returns the power of ten a word multiplies by, 0 if it is no such word.
func magnitude(s string) int {
	switch s {
	case "百", "hundred":
		return 2
	case "千", "thousand":
		return 3
	case "万":
		return 4
	case "million", "mn":
		return 6
	case "亿":
		return 8
	case "billion", "bn":
		return 9
	case "trillion", "tn":
		return 12
	}
	return 0
}

// shift moves the point of a decimal number to the right.
func shift(value string, places int) (string, bool) {
	before, after, _ := strings.Cut(value, ".")
	if strings.Contains(after, ".") || len(before)+places > 30 {
		return "", false
	}
	if len(after) <= places {
		before, after = before+after+strings.Repeat("0", places-len(after)), ""
	} else {
		before, after = before+after[:places], after[places:]
	}
	before = strings.TrimLeft(before, "0")
	if before == "" {
		before = "0"
	}
	if after = strings.TrimRight(after, "0"); after != "" {
		before += "." + after
	}
	return before, true
}

var spokenNumbers = map[string]int64{
	"one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9, "ten": 10, "eleven": 11, "twelve": 12,
	"thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16, "seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20,
	"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90,
	"third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12,
	"thirteenth": 13, "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18, "nineteenth": 19, "twentieth": 20,
}

// spoken reads a number in English words: three hundred and twenty-five thousand. "One" alone is no number.
func spoken(fs []figure, i int, out *[]string) int {
	var total, section int64
	j := i
	last := int64(0)
loop:
	for ; j < len(fs); j++ {
		n, small := spokenNumbers[fs[j].text]
		switch e := magnitude(fs[j].text); {
		case fs[j].kind != word && !(fs[j].text == "-" && last >= 20 && last < 100):
			break loop
		case fs[j].text == "-" && j+1 < len(fs) && spokenNumbers[fs[j+1].text] > 0 && spokenNumbers[fs[j+1].text] < 10:
		case small && (last == 0 || last >= 100 || last >= 20 && last < 100 && n < 10):
			section += n
			last = n
		case e == 2 && last > 0 && last < 100:
			section *= 100
			last = 100
		case e > 2 && last > 0:
			total += section * pow10(e)
			section = 0
			last = 1000
		case fs[j].text == "and" && last >= 100 && j+1 < len(fs) && spokenNumbers[fs[j+1].text] > 0:
		default:
			break loop
		}
		if total > 1e15 {
			break loop
		}
	}
	if v := total + section; v > 1 {
		*out = append(*out, strconv.FormatInt(v, 10))
	}
	return j - i
}

func pow10(e int) int64 {
	n := int64(1)
	for range e {
		n *= 10
	}
	return n
}
