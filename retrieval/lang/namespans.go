package lang

import (
	"cmp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// A NameSpan is a range of a text that is likely a person's name, with the form of address beside it.
type NameSpan struct {
	Span
	Sure float64 // 0…1
}

// maxNameText is the longest text that is searched for names, in bytes: a document far longer than any passage.
const maxNameText = 1 << 20

// longAsking is the longest text that is looked at as a question, in bytes.
const longAsking = 400

// leastSure is below what a run of characters is not called a name at all.
const leastSure = 0.4

// NamesIn returns the likely names of persons in running text or a question, in order, none overlapping another. What
// it finds is a guess by surnames, capitals and the words around; Dictionary.NamesIn knows more words that are none.
func NamesIn(text string) []NameSpan { return (*Dictionary)(nil).NamesIn(text) }

// NamesIn is NamesIn without the words of the dictionary: 高科技 is no person called Gao.
func (d *Dictionary) NamesIn(text string) []NameSpan {
	if len(text) > maxNameText {
		text = text[:runeFloor(text, maxNameText)]
	}
	spans := d.hanNames(text)
	spans = append(spans, latinNames(text)...)
	spans = append(spans, labelledNames(text)...)
	if len(text) <= longAsking && strings.ContainsAny(text, "?？谁誰Ww") {
		spans = append(spans, askedNames(text)...)
	}
	return apartSpans(spans)
}

// apartSpans keeps of overlapping spans the surer one, of equally sure ones the longer.
func apartSpans(spans []NameSpan) []NameSpan {
	slices.SortStableFunc(spans, func(a, b NameSpan) int {
		return cmp.Or(cmp.Compare(b.Sure, a.Sure), cmp.Compare(b.End-b.Start, a.End-a.Start), cmp.Compare(a.Start, b.Start))
	})
	var out []NameSpan
	for _, s := range spans {
		if !slices.ContainsFunc(out, func(o NameSpan) bool { return s.Start < o.End && o.Start < s.End }) {
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b NameSpan) int { return cmp.Compare(a.Start, b.Start) })
	return out
}

// A hanRun is a run of Han in a text: its characters in Simplified, and where each starts.
type hanRun struct {
	rs     []rune
	at     []int // one more than rs: the end of the last
	words  []int // of each character: the length of the dictionary's word that starts there, 0 inside one
	inside []bool
}

func (r hanRun) text(from, to int) string { return string(r.rs[from:to]) }

// hanNames finds names written in Han.
func (d *Dictionary) hanNames(text string) []NameSpan {
	if !hasHan(text) {
		return nil
	}
	var spans []NameSpan
	simple := simplified()
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if !isHan(r) {
			i += n
			continue
		}
		var run hanRun
		for i < len(text) {
			r, n := utf8.DecodeRuneInString(text[i:])
			if !isHan(r) && !(middleDot(r) && hanAt(text[i+n:])) {
				break
			}
			if to, ok := simple[r]; ok {
				r = to
			}
			run.rs, run.at = append(run.rs, r), append(run.at, i)
			i += n
		}
		run.at = append(run.at, i)
		d.cutRun(&run)
		spans = run.names(spans)
	}
	return spans
}

func hanAt(s string) bool {
	r, _ := utf8.DecodeRuneInString(s)
	return isHan(r)
}

// cutRun marks where words of the dictionary cross: inside[i] is whether a longer word goes on over the border before i.
func (d *Dictionary) cutRun(run *hanRun) {
	if d == nil {
		return
	}
	run.inside = make([]bool, len(run.rs)+1)
	run.words = make([]int, len(run.rs)+1)
	pos := 0
	starts := map[int]int{}
	folded := string(run.rs)
	for i, r := range run.rs {
		starts[pos] = i
		pos += utf8.RuneLen(r)
	}
	for _, w := range d.cut(folded) {
		from, ok := starts[w.start]
		if !ok {
			continue
		}
		n := utf8.RuneCountInString(w.text)
		run.words[from] = n
		for k := 1; k < n && from+k < len(run.inside); k++ {
			run.inside[from+k] = true
		}
	}
}

// names appends the names in a run.
func (run hanRun) names(spans []NameSpan) []NameSpan {
	for i := 0; i < len(run.rs); {
		if n, sure := run.dotted(i); n > 0 {
			spans = append(spans, NameSpan{Span{run.at[i], run.at[i+n]}, sure})
			i += n
			continue
		}
		n, sure := run.nameAt(i)
		if n == 0 {
			i++
			continue
		}
		// A name that starts one character on may be the surer one: 和王一凡 has no He Wangyi.
		if i+1 < len(run.rs) {
			if m, other := run.nameAt(i + 1); m > 0 && other > sure {
				i++
				continue
			}
		}
		spans = append(spans, NameSpan{Span{run.at[i], run.at[i+n]}, sure})
		i += n
	}
	return spans
}

// What speaks for a name, added up. A common surname with two usual characters that stands alone between commas comes
// to 0.85, the same in the middle of a sentence without any sign around it to 0.55.
const (
	sureSurname      = 0.25
	sureRare         = 0.10 // a surname that is more often another word
	sureCompound     = 0.35
	sureGiven        = 0.15 // each character that given names are made of
	doubtGiven       = 0.10 // each other one, taken off
	doubtPeople      = 0.40 // a character after it that peoples and places have, taken off
	sureBorder       = 0.15 // an end of a clause, on either side
	sureTitle        = 0.40 // a form of address after it
	sureBefore       = 0.25 // a role before it
	sureVerb         = 0.15 // a verb or particle after it that persons have
	sureSurnameAlone = 0.80
)

// nameAt returns the length of the name that starts at i, with its form of address, and how sure that is; 0 for none.
func (run hanRun) nameAt(i int) (length int, sure float64) {
	surname, base := run.surnameAt(i)
	if surname == 0 {
		return 0, 0
	}
	if len(run.inside) > 0 && run.inside[i] {
		base -= 2 * doubtGiven // the word before goes on
	}
	before := 0.0
	switch {
	case i == 0:
		before = sureBorder
	case run.roleBefore(i):
		before = sureBefore
	case strings.ContainsRune(beforeNames, run.rs[i-1]):
		before = sureBorder
	}
	people := false
	for given := 2; given >= 0; given-- {
		end := i + surname + given
		if end > len(run.rs) {
			continue
		}
		title := titleAt(run.rs[end:])
		if given == 0 {
			ordinal := i > 0 && strings.ContainsRune(beforeTerm, run.rs[i-1]) // 最后一任总理
			if title > 0 && !ordinal && !(len(run.words) > i && run.words[i] > surname+title) {
				if s := sureSurnameAlone + base - sureSurname; s >= leastSure && s > sure {
					length, sure = surname+title, s
				}
			}
			continue
		}
		s := base + before
		bad := false
		for _, r := range run.rs[i+surname : end] {
			switch {
			case strings.ContainsRune(notGiven, r) || strings.ContainsRune(functionHan, r) && !strings.ContainsRune(givenThough+givenNumbers, r):
				bad = true
			case middleDot(r):
				bad = true
			case strings.ContainsRune(givenCharacters, r):
				s += sureGiven
			default:
				s -= doubtGiven
			}
		}
		if bad {
			continue
		}
		if given == 1 {
			if people {
				continue
			}
			if surname == 1 && strings.ContainsRune(wordlikeSurnames, run.rs[i]) && (title == 0 && before < sureBefore || before == 0) {
				continue
			}
		}
		if run.otherWord(i, end, title) {
			continue
		}
		switch {
		case title > 0:
			s += sureTitle
		case end == len(run.rs):
			s += sureBorder
		case strings.ContainsRune(afterPeople, run.rs[end]):
			s -= doubtPeople
			people = true
		case verbAt(run.rs[end:]):
			s += sureVerb
		}
		if s >= leastSure && s > sure {
			length, sure = surname+given+title, s
		}
	}
	return length, min(sure, 1)
}

// givenNumbers are numerals and others of functionHan that given names are made of.
const givenNumbers = "一三年月日中可国如有"

// otherWord reports whether the dictionary has a word in the place of a name, or one that goes on after it.
func (run hanRun) otherWord(i, end, title int) bool {
	if len(run.words) == 0 {
		return false
	}
	if title == 0 && end < len(run.inside) && run.inside[end] {
		return true
	}
	return title == 0 && run.words[i] == end-i && end-i >= 2 && !(end-i >= 3 && i == 0 && end == len(run.rs))
}

// surnameAt returns the length of the surname at i and what it says for a name.
func (run hanRun) surnameAt(i int) (length int, sure float64) {
	switch n := surnameLength(run.rs[i:]); {
	case n == 2:
		return 2, sureCompound
	case n == 1 && strings.ContainsRune(wordlikeSurnames, run.rs[i]):
		return 1, (sureSurname + sureRare) / 2
	case n == 1:
		return 1, sureSurname
	case strings.ContainsRune(rareSurnames, run.rs[i]):
		return 1, sureRare
	}
	return 0, 0
}

// titleAt returns the length of the form of address that rs begins with.
func titleAt(rs []rune) int {
	known := spanWords().titles
	for n := min(len(rs), 4); n > 1; n-- {
		if known[string(rs[:n])] {
			return n
		}
	}
	return 0
}

// roleBefore reports whether a role stands before i: 主席王一凡.
func (run hanRun) roleBefore(i int) bool {
	w := spanWords()
	for n := min(i, 4); n > 0; n-- {
		if head := string(run.rs[i-n : i]); w.titles[head] || w.roles[head] {
			return true
		}
	}
	return false
}

// wordSets are the lists of words around names, to be looked up whole.
type wordSets struct{ titles, roles, verbs map[string]bool }

var spanWords = sync.OnceValue(func() wordSets {
	set := func(words []string) map[string]bool { return wordSet(strings.Join(words, " ")) }
	return wordSets{titles: set(formsOfAddress), roles: set(rolesBefore), verbs: set(verbsAfter)}
})

var rolesBefore = strings.Fields("作者 主讲 讲员 创始人 创办人 负责人 发起人 成员 学者 专家 作家 导演 演员 歌手 画家 诗人 科学家 企业家 请问 关于 介绍 邀请 感谢 谢谢 想听 采访 访问 我叫 我是 名叫 请到 有请 由")

// afterPeople follow the name of a people, a creed or a place: 胡格诺派. beforeTerm stand before a term of office.
const (
	afterPeople = "派族教州岛语系省县国战"
	beforeTerm  = "一二三四五六七八九十首前现历新上下本每"
)

// beforeNames are characters after which a name may start; verbsAfter may follow one.
const beforeNames = "和与及跟同对向由请让问是叫的、给为被找听"

var verbsAfter = strings.Fields(`是 在 说 曾 任 于 的 现 为 表示 认为 指出 介绍 和 与 及 等 担 讲 谈 提 也 都 将 目前 哪 什么 负责 出席 来自 毕业 获 做 发表 参加 主讲 主持 有 对 从 以 就 不 又 还 当 到 写 教 出生 生于 强调 分享 加入 创办 领导 带领 代表 回答 问 想 会 如何 怎么 谁 了 跟 身为 任职 服务 今 去 宣布 接受 告诉`)

func verbAt(rs []rune) bool {
	verbs := spanWords().verbs
	return verbs[string(rs[:1])] || len(rs) > 1 && verbs[string(rs[:2])]
}

// givenCharacters are the characters of which most given names of the last hundred years are made.
const givenCharacters = `伟芳娜敏静丽强磊军洋勇艳杰涛明超秀霞平刚桂英华玉萍红建文国志家宇子浩然欣怡雨泽晨轩嘉思佳俊慧荣振学德龙海燕春梅兰凤云飞鹏辉斌波宁东南西北
山川光耀宗祥瑞安康乐天一凡可心益帆晓小林森木立生成永新民義义仁礼智信忠孝廉恩宏鸿弘洪红峰锋丰风枫凌玲琳琪琦琴瑶瑜瑾珊珍珠璐璇莉莲莹菲萱蓉蕾薇蓓芬芸芝茜若苏诗雅雯雪霖露霄震雷电
晶晖昊昌旭日星辰月阳旺春夏秋冬青清江河湖源泉润泓涵淑淇渊浩瀚澜波涛潇洁沛沁沐汉江湘浦达远道进运通迪逸选邦郁郎锐铭鑫钧钢铁银锦镇长开阔闻闽阁陆陵陶隆雄集良艺苗茂荫萌葆蓝蔚
世丙业东丹久之乔亚亦京亮人仕仲任伊伍伦伯佑何余作佩依侃侠俐俪倩健偉傑儒允元兆先克兵其典养冠冬冰净凯凡利前力功加助劲勃勋勤化千升卓博卫卿原厚友双发叔君吉同名向启吟周和咏品哲唯善喜
喻四圣坚坤培基堂塘墨士壮复夕多大太夫奇奎奕奥好如妍妙妮姗姝娅娇娟娥婉婕婧婵婷媛嫣孔存季孟学宇守安宜宝实宣容宽宾富寒寅寿尔尚尤居展岚岩岳岗峥峻崇嵘嵩巍州工巧帅师希常干广庆庭康廷
弦张彤彦彩彪影征彰律微徽志忆念怀怡恒恬恺悦悟情惟惠意慈慕懿戈成才扬承抗拓挺捷掌敬敏敦斐斯方施旋时昀昂昆昕昭昶晋晏晟景晴智暄暖曦曼朋朔朗望未末本术朱权李材村杨松枝枚柏染柔
柯柱柳标栋树校根格桃桐桢桦梁梓梦棋棠楚楠楷榕樱欢正武毅民永汀汶沅治法波泰洋津洛浪润淼深添渝湛满滔滢潮濂炎炜炫炳烁烈烨焕焱煌煜熙熠燊爱爽牧猛玄玖玫环玺珂珏珑珠班琛琨琬琰瑄瑛瑞瑱璟璧甜甫用由甲申男
畅登白皓皎盈益盛真睿知石硕磐祎祐祖祥禄福禧禹秉秋科程稷穆穗穹空立章竣童端竹笑笙筠筱箫简米粤精素紫繁红纪纯绍经维绮绪绵缨罗美羽翔翠翰耕耘聪肇育胜胤腾自臣至舒航良色节芃芊芋芙芦芮芷花苑苒苓范茗荃荔荷莎菁菊萧葵蒙蔓薪藝蘅虎虹虞蝶融行衡裕西言誉讯诚语读诺谊谦谨谷豪贝贞贤贵贺赋赞赫超越跃路轶载辅辛辰
迅迎近连迁述逊途逢遇道遥邑邱郅部郡都鄂采金钊钰铃铎锡锟键镇镕长门闯阅阳际陈隽雁雍雪雯霁霏霓霜靖韬韵韶音顺须领颂颖颢风香馥馨骁骄骏骐高魁鲁鸣鸥鹃鹤鹿麒麟黎默鼎齐龄龙民凱鉴燕睦蓁娣嫦姿姣媚嬿姮佶佺仪佐亭享京以令刘勉匡华叶吾嘗堃婍宸寧屏岑峯崧幸廉弢彬徐恭悠慎撰攀敖斗旻昇晗暉曜書朵杏杭栩森椿榆歆毓氏汐沂沄泠洳浚浠润涓涵淳渟湉溪滟漪灏灵炅焯煊燃玥玮珈珉珩珮珺琅琍琳瑀璋璞璨甄皇盼磬祈祺秦竞笛筝粟紘纬绎缘羿翎聿舜舟艾芯苇茵莘莞萦蒂蒨蕙蕴薏藤衍袁褒覃觉诏谕谧豫轲辕辙迦邵郝鄢酉釗铠锴镜阡陌隐雨霈青靓靜韦韻项飒飞驰骅骋鲲鹄鹰黛`

// soundCharacters are those by which the sound of foreign names is written.
const soundCharacters = `阿埃艾爱安奥巴白班邦鲍贝本比彼宾波伯勃博布查察达戴丹道德登邓迪蒂丁杜敦多俄厄恩尔法凡范菲费芬丰佛弗福夫富盖甘冈高戈哥格根古圭哈海汉豪赫黑亨洪胡华怀惠霍基吉加贾简杰金京卡凯坎康考柯科克肯孔库夸奎昆拉腊莱赖兰朗劳勒雷蕾里理利莉立丽连林琳龙卢鲁露伦罗洛吕马麦迈曼芒毛梅门蒙米密明缪摩莫默姆穆纳娜南内尼妮宁纽农努诺欧帕潘庞佩蓬皮平珀普奇钱乔琼丘热仁日荣茹儒瑞若撒萨塞赛桑瑟森沙莎山尚舍申圣施什史士舒朔思斯丝松苏索塔泰坦汤唐陶特滕廷通图托脱瓦万旺威韦维魏温文沃乌武西希锡夏香肖谢辛欣雄休修许雅亚延扬耶叶伊易因英尤于约扎泽曾詹章张哲珍治朱兹佐茨恰丹昂茜婭娅玛薇琪黛姬莎蔓温蕾丝吕芙菈`

// dotted returns the length of a foreign name with a middle dot that starts at i (弗拉基米尔·普京); 0 for none.
func (run hanRun) dotted(i int) (length int, sure float64) {
	const longest = 24
	if i > 0 && strings.ContainsRune(soundCharacters, run.rs[i-1]) || middleDot(run.rs[i]) {
		return 0, 0
	}
	dots, j := 0, i
	for j < len(run.rs) && j-i < longest && (middleDot(run.rs[j]) || strings.ContainsRune(soundCharacters, run.rs[j])) {
		if middleDot(run.rs[j]) {
			dots++
		}
		j++
	}
	if dots == 0 || j == i+1 {
		return 0, 0
	}
	return j - i, sureChinese
}

// QuestionNames returns the names that a question asks by. Those inside a longer quotation do not count: it is a title,
// which is looked for as it stands.
func (d *Dictionary) QuestionNames(question string) []NameSpan {
	var out []NameSpan
	quoted := quotations(question)
	for _, s := range d.NamesIn(question) {
		if !slices.ContainsFunc(quoted, func(q Span) bool {
			return s.Start >= q.Start && s.End <= q.End && 2*(s.End-s.Start) < q.End-q.Start
		}) {
			out = append(out, s)
		}
	}
	return out
}

// quotations returns what stands in quotation marks.
func quotations(s string) []Span {
	var out []Span
	for _, q := range quotationMarks {
		for i := 0; ; {
			from := strings.Index(s[i:], q[0])
			if from < 0 {
				break
			}
			from += i + len(q[0])
			n := strings.Index(s[from:], q[1])
			if n < 0 {
				break
			}
			out = append(out, Span{from, from + n})
			i = from + n + len(q[1])
		}
	}
	return out
}
