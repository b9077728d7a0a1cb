package facts

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
)

// roles are the English words that end a position, in lower case.
var roles = strings.Fields("director chairman chairwoman chairperson chair president secretary minister officer manager professor engineer founder " +
	"co-founder cofounder initiator moderator host researcher fellow head chief ceo cto cfo coo cio dean editor editor-in-chief partner lecturer " +
	"advocate ambassador commissioner member lead leader developer maintainer consultant analyst scientist author writer journalist reporter curator " +
	"coordinator co-ordinator representative governor mayor senator economist expert advisor adviser architect producer trustee spokesperson " +
	"spokeswoman spokesman specialist teacher student principal provost rector chancellor vice-chancellor vice-president vice-chairman " +
	"deputy-director secretary-general director-general general counsel lawyer attorney physician doctor nurse designer evangelist organizer organiser " +
	"convenor convener strategist supervisor assistant associate administrator superintendent captain chief-of-staff planner owner entrepreneur " +
	"programmer intern contributor facilitator instructor trainer delegate envoy consul counsellor judge justice congressman congresswoman deputy mp " +
	"historian philosopher physicist mathematician biologist chemist linguist translator interpreter librarian archivist investor activist artist photographer filmmaker")

// notAlone are roles that are common words, and count only beside another word of a position.
var notAlone = strings.Fields("general chief host chair lead head member deputy assistant associate principal expert doctor owner justice counsel author student")

func roleWord(w string) bool {
	w = strings.ToLower(strings.Trim(w, ".,;:()"))
	return slices.Contains(roles, w) || slices.Contains(roles, strings.TrimSuffix(w, "s"))
}

// bodies are the words that organisations are called by.
var bodies = regexp.MustCompile(`(?i)\b(?:university|institute|institution|foundation|bureau|department|ministry|association|academy|company|co\.|ltd|limited|inc|corp|corporation|` +
	`laboratory|laboratories|lab|labs|cent(?:er|re)|college|school|society|committee|commission|council|group|federation|union|office|agency|bank|hospital|museum|` +
	`library|studio|press|news|newspaper|network|alliance|organi[sz]ation|gmbh|llc|plc|division|board|court|parliament|congress|government|team|community|project|club|party|holdings|technologies|systems)\b`)

var hanBodies = regexp.MustCompile(`(?:大学|大學|学院|學院|基金会|基金會|委员会|委員會|协会|協會|学会|學會|公司|集团|集團|中心|研究院|研究所|实验室|實驗室|银行|銀行|医院|醫院|法院|联盟|聯盟|促进会|促進會|联合会|聯合會|` +
	`[局部厅廳署院所室馆館处處社司会會组組科署队隊站厂廠]|报社|報社|杂志|雜誌|团队|團隊|社群|工作室)$`)

func isOrganisation(s string) bool {
	if hasHan(s) {
		return len([]rune(s)) >= 3 && hanBodies.MatchString(strings.TrimSpace(s))
	}
	return bodies.MatchString(s)
}

const (
	hanModifier = `(?:常务|常務|执行|執行|名誉|名譽|荣誉|榮譽|副|总|總|首席|高级|高級|资深|資深|代理|前|现任|現任|原|创始|創始|联合|聯合|共同|助理|候任|联席|聯席|第一|特聘|客座|荣休|技术|技術|行政|财务|財務|运营|營運|市场|产品|產品|项目|項目|专案|專案)`
	hanRole     = `(?:局长|局長|部长|部長|处长|處長|司长|司長|厅长|廳長|署长|署長|市长|市長|省长|省長|县长|縣長|区长|區長|镇长|鎮長|村长|村長|州长|主任|主任委员|主任委員|院长|院長|校长|校長|会长|會長|理事长|理事長|秘书长|秘書長|秘书|秘書|` +
		`主席|董事长|董事長|董事|理事|监事|監事|总裁|總裁|总监|總監|总经理|總經理|经理|經理|教授|研究员|研究員|工程师|工程師|创始人|創始人|创办人|創辦人|发起人|發起人|负责人|負責人|合伙人|合夥人|` +
		`总编辑|總編輯|主编|主編|编辑|編輯|社长|社長|政务委员|政務委員|委员|委員|书记|書記|所长|所長|馆长|館長|行长|行長|主持人|顾问|顧問|专家|專家|代表|讲师|講師|科长|科長|组长|組長|队长|隊長|团长|團長|律师|律師|医生|醫生|医师|醫師|记者|記者|` +
		`执行长|執行長|执行官|執行官|财务长|財務長|技术长|技術長|营运长|營運長|发言人|發言人|院士|站长|站長|厂长|廠長|台长|臺長|园长|園長|店长|店長|大使|参事|參事|议员|議員|立委|博士生|博士后|博士後|研究生|设计师|設計師|架构师|架構師|分析师|分析師|科学家|科學家|` +
		`开发者|開發者|维护者|維護者|总干事|總幹事|干事|幹事|干事长|幹事長|主管|经纪人|作家|导演|導演|制片人|老板|总统|總統|总理|總理|副总|部门主管|官员|官員|专员|專員|组织者|組織者|召集人|协调人|協調人|协调员|協調員|志愿者)`
	hanTitle = hanModifier + `*` + hanRole
)

var (
	hanPosition = regexp.MustCompile(`^(.*?)(` + hanTitle + `(?:(?:兼|暨|、|及|和|，兼)` + hanTitle + `)*)$`)
	hanBare     = regexp.MustCompile(`^(?:各|本|该|該|数据|法律|财务|技术|项目|活动|大会|会议|會議|圆桌|圓桌)?` + hanTitle + `$`)
)

// barePosition reports whether a text in Han is a position and nothing more.
func barePosition(s string) bool { return hanBare.MatchString(s) }

// isPosition reports whether a text is a position, with or without an organisation: what ends a list's name, not another
// name.
func isPosition(s string) bool {
	title, _ := splitTitle(s)
	return title != ""
}

// joiners tie a position to its organisation.
var joiners = regexp.MustCompile(`^(?:\s*[,，@]\s*|\s+(?:of|at|for|in|with|from|@)\s+)(?:the\s+)?`)

// splitTitle parts a position from its organisation: "Deputy Director, Shenzhen Civil Affairs Bureau",
// 深圳市民政局副局长. title is empty where the text is none.
func splitTitle(s string) (title, organisation string) {
	s = strings.TrimSpace(s)
	if hasHan(s) {
		if m := hanPosition.FindStringSubmatch(s); m != nil {
			return m[2], strings.Trim(m[1], " ，,、的")
		}
		return "", ""
	}
	end := titleEnd(s)
	if end == 0 {
		return "", ""
	}
	title, rest := s[:end], s[end:]
	m := joiners.FindString(rest)
	if m == "" {
		if strings.TrimSpace(rest) != "" {
			return "", "" // a sentence
		}
		return title, ""
	}
	organisation = strings.TrimSpace(rest[len(m):])
	if strings.Contains(m, "of") { // Professor of Economics, Peking University
		if field, body, ok := strings.Cut(organisation, ", "); ok && isOrganisation(body) && !isOrganisation(field) {
			return title + m + field, body
		}
	}
	return title, organisation
}

// titleWords is how many words may stand before the word that makes a position.
const titleWords = 5

// titleEnd returns how many bytes at the beginning of s are a position: some words and a role, more roles after it, also
// joined by "and". 0 where there is none.
func titleEnd(s string) int {
	end, words := 0, 0
	for i := 0; i < len(s); {
		n := strings.IndexAny(s[i:], " ,;()@")
		word := s[i:]
		if n >= 0 {
			word = s[i : i+n]
		}
		if word == "" {
			break
		}
		lower := strings.ToLower(word)
		switch {
		case roleWord(word):
			end, words = i+len(word), 0
		case end > 0 && (lower == "and" || lower == "&"):
			words = 1
		case end > 0 && words == 0, stopsTitle(lower):
			return settled(s, end)
		default:
			if words++; words > titleWords {
				return settled(s, end)
			}
		}
		if i += len(word); i >= len(s) || s[i] != ' ' {
			break
		}
		i++
	}
	return settled(s, end)
}

// settled refuses a position of one word that is a common one.
func settled(s string, end int) int {
	if end > 0 && !strings.Contains(s[:end], " ") && slices.Contains(notAlone, strings.ToLower(s[:end])) && len(s) == end {
		return 0
	}
	return end
}

func stopsTitle(word string) bool {
	return slices.Contains(strings.Fields("who which that said says is was were are has had he she they it and or but of at for in on with by to as from not when where also will can"), word)
}

// latinName finds a name in Latin letters: YANG Haobo, Audrey Tang, Koan-Sin Tan, J. Casey Hammond.
var latinName = regexp.MustCompile(`\p{Lu}{2,}(?:-\p{Lu}{2,})?\s\p{Lu}\p{Ll}+(?:[-’']\p{Lu}?\p{Ll}+)?|` +
	`\p{Lu}(?:\.|[\p{Ll}’']+(?:-?\p{Lu}?\p{Ll}+)*)(?:\s(?:\p{Lu}\.|de|der|den|van|von|la|le|bin|al|del|di|\p{Lu}[\p{L}’']+(?:-\p{L}+)*)){1,3}`)

// notNames are words that begin sentences or belong to things; no name holds one.
var notNames = strings.Fields("the a an this that these those in on at as during finally since when how what where why which who after before while but and or if " +
	"so for from with without by he she it they we i you his her its their our your there here however moreover subsequently meanwhile also " +
	"january february march april may june july august september october november december monday tuesday wednesday thursday friday saturday sunday " +
	"general party congress committee university institute foundation bureau department ministry association academy company laboratory center centre college " +
	"school society commission council group federation union office agency bank hospital museum library city province district national international united " +
	"north south east west new republic people's conference forum seminar session hall room street road day artificial intelligence red cross open source " +
	"comrade chinese china english american japanese european asian central high-quality hi hello thank dear no yes")

// properName trims a match of latinName to what may be a name: no role, no body, no common word. ok is false where
// nothing is left.
func properName(s string) (start, end int, ok bool) {
	words := strings.Fields(s)
	offset := 0
	for len(words) > 0 && (strings.ToLower(words[len(words)-1]) == words[len(words)-1]) {
		words = words[:len(words)-1] // a particle with nothing after it
	}
	for len(words) > 0 {
		w := strings.ToLower(words[0])
		if w == "i'm" || w == "i’m" || w == "it's" || w == "it’s" || w == "that's" || w == "that’s" {
			offset += len(words[0]) + 1
			words = words[1:]
			continue
		}
		if !slices.Contains(notNames, w) && !roleWord(w) && !address.MatchString(words[0]+" ") && !strings.EqualFold(w, "deputy") && w != "vice" {
			break
		}
		offset += len(words[0]) + 1
		words = words[1:]
	}
	if len(words) < 2 {
		return 0, 0, false
	}
	for _, w := range words {
		l := strings.ToLower(w)
		if slices.Contains(notNames, l) && l != "may" && l != "new" || bodies.MatchString(w) {
			return 0, 0, false
		}
		if roleWord(w) && len(w) > 3 && unicode.IsUpper([]rune(w)[0]) {
			return 0, 0, false
		}
	}
	name := strings.Join(words, " ")
	for _, s := range []string{"'s", "’s", "'", "’"} {
		name = strings.TrimSuffix(name, s)
	}
	return offset, offset + len(name), true
}
