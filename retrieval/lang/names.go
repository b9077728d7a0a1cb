package lang

import (
	"strings"
	"unicode/utf8"
)

// formsOfAddress follow a name, longer before shorter where one ends in another.
var formsOfAddress = strings.Fields(`副总经理 总经理 副主任 副主席 副教授 副院长 副校长 副部长 副会长 副理事长 副秘书长 董事长 理事长 秘书长 执行长 研究员 工程师
主持人 副总裁 发言人 联合主席 教授 先生 女士 小姐 老师 博士 院长 主任 主席 会长 校长 部长 经理 总裁 总监 同学 同志 医生 医师 律师 院士 讲师 书记 省长
市长 委员 代表 议员 部长 大使 总统 总理 主编 太太 夫人 法师 导师 讲者 嘉宾 处长 局长 司长 科长 所长 组长 队长 店长 站长 社长 台长 馆长 秘书 记者 专员 顾问 总编`)

// personName reports whether a run of Han is likely a Chinese person's name: a surname and one or two characters more,
// or a surname and a form of address.
func personName(run string) bool {
	for _, a := range formsOfAddress {
		if rest, ok := strings.CutSuffix(run, a); ok && rest != "" {
			run = rest
			if len([]rune(run)) <= 2 {
				return surnameLength([]rune(run)) > 0
			}
			break
		}
	}
	rs := []rune(run)
	n := surnameLength(rs)
	if n == 1 && len(rs) == 2 && strings.ContainsRune(wordlikeSurnames, rs[0]) {
		return false
	}
	return n > 0 && len(rs) > n && len(rs) <= n+2
}

// surnameLength returns how many characters of a common surname rs begins with.
func surnameLength(rs []rune) int {
	if len(rs) >= 2 {
		for _, s := range compoundSurnames {
			if string(rs[:2]) == s {
				return 2
			}
		}
	}
	if len(rs) > 0 && strings.ContainsRune(commonSurnames, rs[0]) {
		return 1
	}
	return 0
}

var compoundSurnames = strings.Fields("欧阳 司马 上官 诸葛 司徒 东方 独孤 南宫 夏侯 皇甫 尉迟 公孙 慕容 令狐 宇文 长孙 端木 百里 申屠 轩辕 万俟 澹台 呼延 钟离 西门 闻人 赫连 拓跋 完颜 公羊 鲜于 左丘 叶赫")

// commonSurnames are the most frequent surnames, which cover nearly all bearers.
const commonSurnames = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖萧田董袁潘蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付傅方白邹孟熊秦邱丘江尹薛闫阎段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔汤温康施文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂苗谷盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶牟艾尤阳穆农司卓古吉缪简车芦麦褚娄窦戚岑景党宫费卜冷晏席卫米柏宗瞿桂佟臧闵苟邬边卞姬师仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明佘池查麻苑迟邝"

// rareSurnames are others, which are more often something else: they count only where a name is expected.
const rareSurnames = "连洗冼习晋应鄢栗亢修哈那撒员逄芮储靖糜松井仝阚幸衣战鞠贝茅冀郗解朴区乐谌屠晁逯郇隗尧藏展招植劳利练容钮桓庾暨蒯诸焉仉昝訾邸睢银闾璩"

// wordlikeSurnames are those that begin many words of two characters (方案, 高级); with one character they are no name.
const wordlikeSurnames = "简周马林何曾程段雷史武温康施齐章符纪毕谷曲管房屈农景宫席宗余华陈戴汤庄张单何任程毛孙兰夏方高安文万路车商白金石温常包明查费米蓝古平海卫盛边游党"

// notGiven are characters that follow a surname in a sentence but do not make a given name.
const notGiven = "我你他她它您说过着则才更要让像某第任去来每何封行业内期周仍只使正再很大著受加置住次"

// names gives each likely Chinese person's name a group of its given name in pinyin, as English writes it: 杨浩勃 gives
// haobo. The surname needs none, its gloss is its pinyin. A name is a common surname with one or two characters that are
// in no longer word; more such characters in a row are a foreign name by its sound. Where there are two, given holds the
// bytes at which they start: what they mean as words is not meant, and would count as words that were not found.
func (d *Dictionary) names(words []cutWord) (groups [][]string, given map[int]bool) {
	given = map[int]bool{}
	for i := 0; i < len(words); i++ {
		rs := []rune(words[i].text)
		if surnameLength(rs) != len(rs) || i > 0 && d.syllable(words, i-1, words[i].start) != "" {
			continue
		}
		var pinyin strings.Builder
		end, j := words[i].start+len(words[i].text), i+1
		for ; j < len(words); j++ {
			syllable := d.syllable(words, j, words[j].start+len(words[j].text))
			if words[j].start != end || syllable == "" {
				break
			}
			pinyin.WriteString(syllable)
			end += len(words[j].text)
		}
		if n := j - i - 1; n == 2 || n == 1 && !strings.ContainsRune(wordlikeSurnames, rs[0]) {
			groups = append(groups, []string{term(pinyin.String())})
			if n == 2 {
				given[words[i+1].start], given[words[i+2].start] = true, true
			}
		}
		i = j - 1
	}
	return groups, given
}

// headwordName gives a person who has an entry of their own, whose glosses explain and do not translate, the groups of
// surname and given name in pinyin: 马化腾 gives ma and huateng. Without them a question about someone who is in no
// document would look as if all its words had been found.
func (d *Dictionary) headwordName(w cutWord) [][]string {
	rs := []rune(w.text)
	n := surnameLength(rs)
	_, readings, _ := d.entry(w.place)
	if n == 0 || len(rs) <= n || len(rs) > n+2 || len(readings) == 0 || len(readings[0]) != len(rs) {
		return nil
	}
	syllables := make([]string, len(rs))
	for i, r := range readings[0] {
		syllables[i] = strings.ToLower(strings.TrimRight(r, "12345"))
	}
	return [][]string{{term(strings.Join(syllables[:n], ""))}, {term(strings.Join(syllables[n:], ""))}}
}

// givenThough are function characters that given names are made of all the same.
const givenThough = "一之可如若亦"

// syllable returns the pinyin of the word at i without its tone, if it is a single character that may stand in a given
// name and ends at byte end.
func (d *Dictionary) syllable(words []cutWord, i, end int) string {
	w := words[i]
	if w.start+len(w.text) != end || utf8.RuneCountInString(w.text) != 1 || functionWord(w.text) && !strings.Contains(givenThough, w.text) || strings.Contains(notGiven, w.text) {
		return ""
	}
	_, readings, _ := d.entry(w.place)
	if len(readings) == 0 || len(readings[0]) != 1 {
		return ""
	}
	return strings.TrimRight(readings[0][0], "12345")
}
