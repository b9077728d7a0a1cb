package facts

import (
	"regexp"
	"strings"

	"osmanthus/retrieval/lang"
)

// A field is what a label or a column's name announces.
type field byte

const (
	noField field = iota
	timeField
	dateField
	startField
	endField
	roomField
	trackField
	conferenceField
	languageField
	speakerField
	attendeeField // of meetings: who was there
	titleField
	positionField
	organisationField
	nameField
	zoneField
	aboutField
)

// labels are the words that announce a field, folded. A label of several words may stand in any of these; the plural
// with s too.
func labels() map[string]field {
	m := make(map[string]field)
	for f, words := range map[field]string{
		timeField: "time|times|when|date and time|date & time|date/time|schedule|time slot|slot|hours|session time|" +
			"时间|日期时间|日期与时间|日期和时间|时间日期|举行时间|活动时间|会议时间|演讲时间|议程时间|时段|场次时间|举办时间|何时",
		dateField:  "date|day|session date|日期|活动日期|会议日期|举办日期|日子|天",
		startField: "start|starts|start time|starts at|begin|begins|from|开始|开始时间|起始时间|起",
		endField:   "end|ends|end time|ends at|until|to|结束|结束时间|止",
		roomField: "room|rooms|venue|location|place|where|hall|room/venue|meeting room|classroom|stage|auditorium|" +
			"房间|会议室|教室|地点|场地|会场|地址|厅|议程地点|活动地点|会议地点|举办地点|场所|演讲厅|议室|在哪里|位置",
		trackField: "track|stream|strand|session track|room track|forum|sub-forum|programme track|" +
			"议程轨|轨道|专场|分论坛|论坛|单元|主题轨|分会场|议题轨|板块|系列",
		conferenceField: "conference|event|seminar|symposium|congress|summit|conference name|event name|meeting name|" +
			"研讨会|大会|活动|活动名称|会议名称|会议|年会|峰会|研讨会名称",
		languageField: "language|languages|lang|spoken language|session language|语言|演讲语言|议程语言|使用语言|语种",
		speakerField: "speaker|speakers|presenter|presenters|lecturer|lecturers|panelist|panelists|panellist|panellists|moderator|moderators|host|hosts|" +
			"facilitator|facilitators|presented by|by|speaker(s)|instructor|instructors|guest|guests|keynote speaker|discussant|discussants|chair|trainer|trainers|" +
			"讲者|讲师|主讲|主讲人|主讲者|演讲者|演讲人|演讲嘉宾|嘉宾|与谈人|与谈|主持|主持人|报告人|发言人|讲员|分享人|分享者|分享嘉宾|导师|授课老师|发表人|发言嘉宾|对谈人",
		attendeeField: "attendees|attendee|participants|participant|present|in attendance|interviewee|interviewees|interviewer|interviewers|" +
			"出席|出席者|出席人员|出席人|与会|与会者|与会人员|参加人员|参加者|参与者|列席|列席者|列席人员|参会人员|受访者|受访人|采访者|访谈者|主席",
		titleField: "title|session|session title|talk|talk title|topic|subject|part|item|agenda item|programme|program|activity|content|agenda|theme|presentation|lecture|" +
			"议程|主题|题目|标题|讲题|演讲题目|演讲主题|议题|内容|环节|活动内容|议程名称|议程主题|节目|课程|课程名称|项目|事项|名称",
		positionField:     "position|role|job title|positions|post|capacity|title and organisation|title and organization|affiliation and title|title/organisation|title/organization|职务|职位|职称|头衔|身份|单位职务|单位及职务|职务与单位|现职|岗位",
		organisationField: "organisation|organization|affiliation|company|institution|employer|institute|unit|agency|单位|机构|公司|服务单位|所属单位|任职单位|组织|所属机构",
		nameField:         "name|full name|person|names|姓名|名字|人名|人员",
		zoneField:         "time zone|timezone|zone|时区",
		aboutField: "about|about the speaker|about the speakers|about the author|biography|bio|speaker bio|profile|" +
			"关于讲者|讲者介绍|讲者简介|讲师介绍|讲师简介|嘉宾介绍|嘉宾简介|个人简介|主讲人简介|主讲人介绍",
	} {
		for w := range strings.SplitSeq(words, "|") {
			m[w] = f
		}
	}
	return m
}

var fieldOf = labels()

// aside is what stands in brackets within a label: "Title (English)".
var aside = regexp.MustCompile(`\s*[(（\[【][^)）\]】]*[)）\]】]`)

// maxLabel bounds a label, in bytes.
const maxLabel = 64

// labelField returns what a label announces: one word of ours, or several parted by "/" or set side by side in two
// scripts, of which the first that is known counts.
func labelField(label string) field {
	if len(label) > maxLabel {
		return noField
	}
	folded := strings.TrimSpace(aside.ReplaceAllString(lang.Fold(label), ""))
	if f, ok := fieldOf[folded]; ok {
		return f
	}
	for _, part := range strings.FieldsFunc(folded, func(r rune) bool { return strings.ContainsRune("/／|｜·&", r) }) {
		if f, ok := fieldOf[strings.TrimSpace(part)]; ok {
			return f
		}
	}
	if han, latin := scripts(folded); han != "" && latin != "" {
		if f, ok := fieldOf[han]; ok {
			return f
		}
		return fieldOf[latin]
	}
	return noField
}

// scripts parts a text that is one run of Han and one of Latin, in either order; both are empty where it is not.
func scripts(s string) (han, latin string) {
	first, last := -1, -1
	for i, r := range s {
		if hanRune(r) {
			if first < 0 {
				first = i
			}
			last = i + len(string(r))
		}
	}
	if first < 0 || strings.ContainsFunc(s[first:last], latinLetter) {
		return "", ""
	}
	before, after := strings.Trim(s[:first], " ,，·(（)）"), strings.Trim(s[last:], " ,，·(（)）")
	if (before == "") == (after == "") {
		return "", ""
	}
	return s[first:last], before + after
}

// labelled reads "Label: value"; value is where the value stands in line.
func labelled(line string) (f field, value lang.Span) {
	at := strings.IndexAny(line, ":：")
	if at <= 0 {
		return noField, value
	}
	if f = labelField(line[:at]); f == noField {
		return noField, value
	}
	_, size := firstRune(line[at:])
	return f, trimmed(line, at+size, len(line))
}
