package lang

import (
	"slices"
	"strings"
	"sync"
)

// surnameReadings are surnames that are read otherwise than the character usually is (曾 is zēng, not céng), or in two
// ways by different families. Compounds are here whole where one of their characters is (尉迟 is yùchí). Sources are the
// notes "surname" of the Xiandai Hanyu Cidian.
const surnameReadings = `
曾 zeng; 单 shan; 仇 qiu; 解 xie; 查 zha; 朴 piao pu; 区 ou; 乐 yue le; 任 ren; 华 hua; 宁 ning; 翟 zhai di; 冼 xian
覃 qin tan; 缪 miao; 繁 po; 召 shao; 员 yun yuan; 黑 he hei; 秘 bi; 折 she; 种 chong; 那 na; 撒 sa; 谌 chen shen; 盖 ge gai
葛 ge; 盛 sheng; 燕 yan; 应 ying; 纪 ji; 过 guo; 洗 xian; 隗 wei kui; 祭 zhai ji; 郗 xi chi; 柏 bai bo; 薄 bo; 卜 bu; 尉 wei
长 zhang; 宓 mi fu; 幺 yao; 句 gou; 能 nai; 牟 mu mou; 佴 nai; 仝 tong; 降 jiang; 行 xing heng; 台 tai; 陆 lu; 都 du; 叶 ye
沈 shen; 贾 jia; 曲 qu; 石 shi; 车 che ju; 洪 hong; 尹 yin; 哈 ha; 强 qiang jiang; 重 chong; 费 fei bi; 适 kuo; 逄 pang
逯 lu; 郇 xun huan; 阚 kan; 褚 chu; 瞿 qu; 佘 she; 岳 yue; 肖 xiao; 要 yao; 晁 chao; 谷 gu; 干 gan; 于 yu; 钟 zhong
吕 lv; 闾 lv; 阎 yan; 闫 yan; 蔚 yu; 藏 zang; 麻 ma; 占 zhan; 圈 juan; 中 zhong; 令 ling; 亓 qi; 相 xiang; 卡 ka; 柴 chai
俞 yu; 喻 yu; 邸 di; 睢 sui; 靳 jin; 郝 hao; 芮 rui; 邬 wu; 臧 zang; 訾 zi; 郏 jia; 弋 yi; 郄 qie xi; 鲍 bao; 卓 zhuo
尉迟 yuchi; 万俟 moqi; 长孙 zhangsun; 澹台 tantai; 单于 chanyu; 令狐 linghu; 独孤 dugu; 欧阳 ouyang; 司徒 situ; 夏侯 xiahou
`

// surnameSpellings are Latin spellings of surnames that no system here gives: English habits (Lee, Young), older systems
// (Shyu, Horng are Gwoyeu Romatzyh), and the southern languages as families from Taiwan, Hong Kong, Macau, Malaysia and
// Singapore write theirs (Hokkien Tan for 陈, Lim for 林, Goh for 吴; Hakka Chin, Vong).
const surnameSpellings = `
李 lee lei ly; 王 wong ong bong heng; 张 cheung teo teoh tiong chong jang tjong; 刘 lau low lew liew law lieu; 陈 chan tan chin chern
杨 yeung young yeo yong ieong yeoh; 黄 wong ng ooi oei wee hwang vong bong uy; 赵 chiu chew jao teo; 吴 ng goh woo eng ung go; 周 chow chau chew jou joe
徐 tsui chui shyu shu sheu chee choi syu zee; 孙 suen soon sng sun; 马 mah beh; 朱 chu choo chee gee; 胡 woo foo ow oh; 郭 kwok quo kwek quek quah kok
何 ho hoe hor; 高 ko koh kou; 林 lam lim lum; 罗 lo law loh; 郑 cheng cheang tay tee teh jeng chang; 梁 leung leong neo leang niu; 谢 tse chia shieh cheah sia che der
宋 sung soong; 唐 tong tng; 许 hui koh khaw khor shu shyu sheu khoh hee hoi; 韩 hon; 冯 fung fong pang; 邓 tang teng; 曹 tso cho chow; 彭 pang phang
曾 tsang chan tsen tzeng chang chen; 萧 siu shiau siew seow siao shiao sieu siau; 肖 siu shiau siew hsiao; 田 tin chan; 董 tung toong tang; 潘 poon phua phoon pun pua
袁 yuen wan; 蔡 choi chua choy chai tsay tsoi toy tsai; 余 yee ee yue; 叶 yip ip yap yapp; 程 ching thia; 苏 so soh soo; 魏 ngai goi gwee; 吕 lui leu lyu loo loi lv
丁 ting teng; 沈 sum shum sim sam sheen shern; 任 yam yum; 姚 yiu yeo yeoh; 卢 lo loo loh lou; 姜 keung kiang geung keong; 崔 chui tsui choi; 钟 chung cheong chong
谭 tam tham tang; 陆 luk look loke lok; 汪 wong; 范 fan hum fam; 石 shek chioh seah; 廖 liu liaw liew leo leow; 韦 wai; 方 fong png hong pung; 白 pak peh bai; 邹 chow chau tsou
熊 hung; 秦 chun; 邱 yau khoo kew hew chiou chyou qiu yow; 江 kong kang; 薛 sit see sih shiue; 阎 yim giam; 严 yim giam; 侯 hau how hor; 龙 lung loong; 史 sze see; 陶 to
黎 lai; 顾 koo ; 龚 kung kiong; 邵 shiu siu shaw zau; 万 man; 钱 chin chien tsien zee; 施 sze see si sy; 洪 hung ang horng; 温 wan woon boon; 庄 chong chng cheng juang chuang; 翁 yung ang eng
颜 ngan gan; 倪 ngai geh; 柯 or kua quah kwa o; 梅 mui moy; 霍 fok; 甄 yan yun; 麦 mak; 简 kan jean gan; 戴 tai tye tay; 卓 cheuk toh cheok jwo; 区 au ow; 欧 au ow
伍 ng eng; 关 kwan; 甘 kam gan; 岑 sum shum; 利 lee; 文 man; 莫 mok mock; 尹 wan; 容 yung; 古 koo; 连 lin lien; 游 yau yow; 詹 chim tsim jim; 赖 lai; 骆 lok; 康 hong
夏 ha har shia; 蓝 lam nam; 尤 yau yew; 巫 mo moo boo; 饶 yiu; 涂 to twu; 阮 yuen nguyen; 官 koon kwan; 葛 kot; 金 kam kim; 傅 foo poh fu; 包 pao bau pow; 祝 chuk
蒋 tseung cheung tsiang chiong; 雷 lui loy louie; 毛 mo; 鲍 pau pow; 屈 wat; 冼 sin sinn; 招 chiu jew; 劳 lo; 邝 kwong fong; 殷 yan; 乔 kiu; 查 cha; 池 chi; 凌 ling
欧阳 auyeung auyong owyang auyang owyong aoyang; 司徒 szeto seto soohoo; 诸葛 chukot chuko; 司马 szema ssuma; 上官 sheungkoon shangkuan; 尉迟 wattchi yuchih; 皇甫 wongpo huangfu
`

// A surnameIndex says how surnames are read and which one a spelling may be.
type surnameIndex struct {
	readings  map[string][]string // pinyin, compounds joined
	spellings map[string][]string // beyond what the systems give
	of        map[string][]string // spelling → surnames: the table's, and all common ones in every system
}

var surnames = sync.OnceValue(func() *surnameIndex {
	x := &surnameIndex{readings: map[string][]string{}, spellings: map[string][]string{}, of: map[string][]string{}}
	tableRows(surnameReadings, func(name string, values []string) { x.readings[name] = values })
	add := func(spelling, name string) {
		if !slices.Contains(x.of[spelling], name) {
			x.of[spelling] = append(x.of[spelling], name)
		}
	}
	tableRows(surnameSpellings, func(name string, values []string) {
		x.spellings[name] = values
		for _, v := range values {
			add(v, name)
		}
	})
	all := slices.Clone(compoundSurnames)
	for _, r := range commonSurnames + rareSurnames {
		all = append(all, string(r))
	}
	byReading, byCantonese := map[string][]string{}, map[string][]string{}
	for _, name := range all {
		rs := []rune(name)
		if len(rs) == 1 {
			for _, p := range x.pinyin(name) {
				byReading[p] = append(byReading[p], name)
			}
			for _, j := range cantoneseOf(rs[0]) {
				byCantonese[j] = append(byCantonese[j], name)
			}
			continue
		}
		for _, s := range compoundSpellings(rs, x.pinyin(name)) {
			add(s, name)
		}
	}
	for spelling, of := range spellings() {
		for _, s := range of {
			from := byReading
			if s.systems == cantoneseSystem {
				from = byCantonese
			}
			for _, name := range from[s.syllable] {
				add(spelling, name)
			}
		}
	}
	return x
})

// tableRows calls row for each entry of a table as above: a name, its values, up to a semicolon or the line's end.
func tableRows(table string, row func(name string, values []string)) {
	for entry := range strings.FieldsFuncSeq(table, func(r rune) bool { return r == ';' || r == '\n' }) {
		if fields := strings.Fields(entry); len(fields) > 1 {
			row(fields[0], fields[1:])
		}
	}
}

// pinyin returns the readings of a surname, a compound's syllables joined.
func (x *surnameIndex) pinyin(name string) []string {
	if of := x.readings[name]; of != nil {
		return of
	}
	rs := []rune(name)
	if len(rs) == 1 {
		return pinyinOf(rs[0])[:min(1, len(pinyinOf(rs[0])))]
	}
	joined := ""
	for _, r := range rs {
		p := pinyinOf(r)
		if len(p) == 0 {
			return nil
		}
		joined += p[0]
	}
	return []string{joined}
}

// compoundSpellings writes a compound surname in pinyin, Wade-Giles and as Hong Kong does.
func compoundSpellings(rs []rune, pinyin []string) []string {
	out := slices.Clone(pinyin)
	joins := []string{""}
	for _, r := range rs {
		var next []string
		of := map[string]bool{}
		for _, p := range pinyinOf(r) {
			of[wade(p)] = true
		}
		for _, j := range cantoneseOf(r) {
			for _, s := range hongKongSpellings(j) {
				of[s] = true
			}
		}
		for _, head := range joins {
			for s := range of {
				next = append(next, head+s)
			}
		}
		joins = next
	}
	return append(out, joins...)
}
