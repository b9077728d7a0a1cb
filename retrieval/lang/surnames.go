package lang

import (
	"slices"
	"strings"
	"sync"
)

// surnameReadings are surnames that are read otherwise than the character mostly is, and what that other reading means;
// where families read theirs in two ways, both. Compounds stand here whole where one of their characters is read so.
// The readings are those of CC-CEDICT's entries "surname …", and of 繁, 员, 种, 黑, 折, 撒 those of dictionaries of surnames.
const surnameReadings = `
曾 zeng — céng is "once"; 单 shan — dān is "single"; 仇 qiu — chóu is "enmity"; 解 xie — jiě is "untie"; 查 zha — chá is "look up"
朴 piao pu — pǔ is "plain", Piáo is Korean Park, Pǔ Chinese; 区 ou — qū is "district"; 乐 yue le — two families
翟 zhai di — two families; 覃 qin tan — two families; 缪 miao — móu is "wind round"; 召 shao — zhào is "summon"
谌 chen shen — two families; 盖 ge gai — gài is "cover"; 隗 wei kui — two families; 祭 zhai ji — jì is "sacrifice"
郗 xi chi — two families; 柏 bai bo — bó in Berlin; 薄 bo — báo is "thin"; 卜 bu — bo in 萝卜; 宓 mi fu — two families
牟 mu mou — two families; 都 du — dōu is "all"; 车 che ju — jū in chess; 强 qiang jiang — jiàng is "stubborn"
费 fei bi — two families; 阚 kan — hǎn is "roar"; 句 gou — jù is "sentence"; 那 na nuo — nà is "that"; 扁 pian — biǎn is "flat"
拓 tuo — tà is "rub"; 番 pan — fān is "foreign"; 炅 gui — jiǒng is "bright"; 角 jue — jiǎo is "horn"; 还 huan — hái is "still"
铫 yao — diào is "pot"; 镡 tan — chán is a pommel; 颉 xie — jié in names; 乜 nie — miē is "what" in the south
繁 po — fán is "many"; 员 yun — yuán is "member"; 种 chong — zhǒng is "kind"; 黑 he — hēi is "black"; 折 she — zhé is "fold"
佴 nai — èr is "assistant"; 郇 xun huan — two families; 郄 qie xi — two families; 尉迟 yuchi — wèi is "officer"
万俟 moqi — wàn is "ten thousand"; 长孙 zhangsun — cháng is "long"; 澹台 tantai — dàn is "calm"; 单于 chanyu — dān is "single"
令狐 linghu — lìng is "order"
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
	written   map[string][]string // the same the other way round
}

var surnames = sync.OnceValue(func() *surnameIndex {
	x := &surnameIndex{readings: map[string][]string{}, spellings: map[string][]string{}, of: map[string][]string{}, written: map[string][]string{}}
	tableRows(surnameReadings, func(name string, values []string) { x.readings[name] = values })
	add := func(spelling, name string) {
		if !slices.Contains(x.of[spelling], name) {
			x.of[spelling] = append(x.of[spelling], name)
			x.written[name] = append(x.written[name], spelling)
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

// tableRows calls row for each entry of a table as above: a name, its values, up to a semicolon or the line's end. What
// follows a dash is for the reader.
func tableRows(table string, row func(name string, values []string)) {
	for entry := range strings.FieldsFuncSeq(table, func(r rune) bool { return r == ';' || r == '\n' }) {
		entry, _, _ = strings.Cut(entry, "—")
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
