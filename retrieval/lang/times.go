package lang

import "fmt"

// clock reads 9:00, 09:00:30, 9 a.m., 9:30 pm, 9.30 am, 9 o'clock, noon, midnight, and 上午9:00.
func clock(fs []figure, i int, out *[]string) int {
	switch {
	case is(fs, i, "noon"):
		addTime(out, 12, 0, anyHalf)
		return 1
	case is(fs, i, "midnight"):
		addTime(out, 0, 0, anyHalf)
		return 1
	}
	if fs[i].kind != digits {
		return 0
	}
	h, m, j := fs[i].n, 0, i+1
	stated := false
	switch {
	case h < 0: // 9.30
		var rest int
		if n, err := fmt.Sscanf(fs[i].text, "%d.%2d", &h, &rest); n != 2 || err != nil || rest > 59 {
			return 0
		}
		m = rest
	case glued(fs, i+1) && is(fs, i+1, ":") && glued(fs, i+2) && whole(fs, i+2, 0, 59) && len(fs[i+2].text) == 2:
		m, j, stated = fs[i+2].n, i+3, true
		if glued(fs, j) && is(fs, j, ":") && whole(fs, j+1, 0, 59) {
			j += 2
		}
	}
	if h < 0 || h > 24 {
		return 0
	}
	half := halfBefore(fs, i)
	switch {
	case is(fs, j, "am"):
		half, stated = forenoon, true
		j++
	case is(fs, j, "pm"):
		half, stated = afternoon, true
		j++
	case is(fs, j, "oclock"):
		stated = true
		j++
	}
	if !stated {
		return 0
	}
	addTime(out, h, m, half)
	return j - i
}

// hanTime reads 上午九点, 9点半, 下午三时三十分, 九点一刻.
func hanTime(fs []figure, i int, out *[]string) int {
	if is(fs, i, "正") && is(fs, i+1, "午") {
		addTime(out, 12, 0, anyHalf)
		return 2
	}
	if is(fs, i, "午") && is(fs, i+1, "夜") {
		addTime(out, 0, 0, anyHalf)
		return 2
	}
	if !whole(fs, i, 0, 24) || !is(fs, i+1, "点", "时") || !glued(fs, i+1) {
		return 0
	}
	half := halfBefore(fs, i)
	h, m, j := fs[i].n, 0, i+2
	switch {
	case is(fs, j, "半"):
		m = 30
		j++
	case whole(fs, j, 1, 3) && is(fs, j+1, "刻"):
		m = 15 * fs[j].n
		j += 2
	case whole(fs, j, 0, 59) && glued(fs, j):
		if fs[i+1].text == "点" && half == anyHalf && fs[j].n < 10 && !is(fs, j+1, "分") {
			return 0 // 六点五 is 6.5
		}
		m = fs[j].n
		j++
		if is(fs, j, "分") {
			j++
		}
	case h == 1 && half == anyHalf && fs[i].kind == numeral && !is(fs, j, "钟", "整"):
		return 0 // 一点 is "a little"
	}
	addTime(out, h, m, half)
	return j - i
}

type dayHalf byte

const (
	anyHalf dayHalf = iota
	forenoon
	afternoon
)

// halfBefore looks for the Chinese word for a part of the day right before i.
func halfBefore(fs []figure, i int) dayHalf {
	switch {
	case is(fs, i-2, "上", "早", "凌", "清") && is(fs, i-1, "午", "上", "晨"), is(fs, i-1, "早"):
		return forenoon
	case is(fs, i-2, "下", "午", "中", "傍", "晚", "夜") && is(fs, i-1, "午", "后", "晚", "上", "间", "里"), is(fs, i-1, "晚"):
		return afternoon
	}
	return anyHalf
}

// latestEarly is the last hour that, without a word for the half of the day, may as well mean the afternoon.
const latestEarly = 6

func addTime(out *[]string, h, m int, half dayHalf) {
	switch {
	case half == forenoon && h == 12:
		h = 0
	case half == afternoon && h >= 1 && h < 12:
		h += 12
	}
	if h == 24 {
		h = 0
	}
	*out = append(*out, fmt.Sprintf("t:%02d:%02d", h, m))
	if half == anyHalf && h >= 1 && h <= latestEarly {
		*out = append(*out, fmt.Sprintf("t:%02d:%02d", h+12, m))
	}
}

var weekdays = map[string]int{"monday": 1, "tuesday": 2, "wednesday": 3, "thursday": 4, "friday": 5, "saturday": 6, "sunday": 7}

// weekday reads Saturday, 星期六, 礼拜天, 周日.
func weekday(fs []figure, i int, out *[]string) int {
	if fs[i].kind == word {
		if d := weekdays[fs[i].text]; d > 0 {
			*out = append(*out, fmt.Sprintf("w:%d", d))
			return 1
		}
		return 0
	}
	j := i
	switch {
	case is(fs, i, "星") && is(fs, i+1, "期"), is(fs, i, "礼") && is(fs, i+1, "拜"):
		j += 2
	case is(fs, i, "周"):
		j++
	default:
		return 0
	}
	switch {
	case whole(fs, j, 1, 6) && fs[j].kind == numeral && fs[j].runes == 1:
		*out = append(*out, fmt.Sprintf("w:%d", fs[j].n))
	case is(fs, j, "日", "天"):
		*out = append(*out, "w:7")
	default:
		return 0
	}
	return j - i + 1
}
