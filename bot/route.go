package bot

import (
	"regexp"
	"slices"
	"strings"

	"osmanthus/retrieval"
)

// A lookup is a kind of question that rows answer.
type lookup string

// The kinds of look-up.
const (
	noLookup   lookup = "none"
	speakersOf lookup = "speakers_of" // who speaks in a session, who took part in a meeting
	whenIs     lookup = "when"        // of a session, a meeting, or a person's sessions
	whereIs    lookup = "where"
	whenWhere  lookup = "when_where"
	sessionsOf lookup = "sessions_of" // of a person
	meetingsOf lookup = "meetings_of" // of a person
	whoIs      lookup = "who_is"
	listOf     lookup = "list" // sessions of a room, day, track, time or topic
)

// A route is what a question asks for, as its words say it.
type route struct {
	kind     lookup
	titles   []string // quoted, the outermost first
	subject  string   // what is left of the question: a person's name or a title without quotation marks
	certain  bool     // subject stands where nothing but a person's name can
	sole     bool     // nothing else is left of the question
	meetings bool     // a list of these alone
	topic    string   // what sessions of a list are about
	rooms    []string // as the rows write them
	tracks   []string
	events   []string // conferences, as the rows write them
	foreign  string   // a room, or a conference of another year, that the rows do not have
	rest     string   // the question without what was quoted and what the other fields say
	when     timeSlot
}

// The words that ask for something, in folded text. \x01 stands for what was quoted.
var (
	asksSpeaker = regexp.MustCompile(`讲者|演讲者|主讲|讲师|演讲人|报告人|发表人|分享者|分享人|嘉宾|主持人|讲员|与谈人|(?:由|是)?谁(?:来|在|会|要|将)*(?:讲|演讲|分享|报告|发表|主持|带|演示|授课|上台)|由谁|哪(?:一)?(?:位|几位)(?:老师|专家|人|来|讲|主持|演讲|分享|报告|发表)|什么人(?:来)?(?:讲|主持|演讲|分享|报告)|` +
		`\b(?:speakers?|presenters?|lecturers?|panell?ists?|moderators?|instructors?)\b|\bby whom\b|\bwhose (?:talk|session|presentation|lecture|workshop)\b|` +
		`\bwho(?:'s| is| are| was| were|'ll| will| will be)? (?:\w+ )?(?:speak|speaks|spoke|speaking|present|presents|presented|presenting|give|gives|gave|giving|deliver|delivers|delivered|delivering|host|hosts|hosted|hosting|moderate|moderates|moderated|moderating|run|runs|ran|running|lead|leads|led|leading|teach|teaches|taught|teaching|talk|talks|talked|talking)\b`)
	asksParticipants = regexp.MustCompile(`(?:哪些|哪几(?:个|位)|有(?:哪些|什么)?|什么|谁|几(?:个|位))(?:人|与会者|来宾|参与者)?(?:有)?(?:[^,，。？?]{0,6})(?:发言|发过言|说话|说过话|讲话|参加|参与|出席|与会|在场|对话|对谈|受访)|发言人|发言者|与会者|参加者|参与者|出席者|出席人员|参会人员|与会人员|受访者|` +
		`\bwho (?:all )?(?:spoke|talked|took part|participated|attended|was present|were present|joined|was there|were there|was interviewed|were interviewed|was in|were in|appears?|appeared)\b|` +
		`\b(?:participants?|attendees?|interviewees?)\b|\b(?:which|what) people\b|\bpeople (?:who )?(?:spoke|took part|attended|joined)\b|\bwho (?:is|are|was|were) (?:the )?(?:people|participants?|attendees?)\b`)
	asksWhen = regexp.MustCompile(`什么时候|什么时间|啥时候|何时|几点|几时|哪(?:一)?(?:天|日|年)|几月几|几号|日期|时间(?:是|为|在|呢|安排|$|[?？,，、和与及])|的时间|时段|星期几|周几|礼拜几|多久开始|` +
		`\bwhen\b|\b(?:what|which) (?:time|day|date)\b|\b(?:start|starting|begin(?:ning)?|end|ending) time\b|\bwhat's the (?:time|date)\b|\b(?:time|date|day) (?:of|for|and)\b|\btime slot\b|\bhow late\b|\bhow early\b`)
	asksWhere = regexp.MustCompile(`哪里|哪儿|何处|什么地方|啥地方|[在去到]哪(?:$|[?？,，。、\s])|哪一?(?:间|处)|地点|哪一?个?(?:教室|会议室|房间|厅|会场|场地|地方|地点)|什么(?:教室|会议室|房间|会场|场地)|(?:教室|会议室|房间|会场)(?:号|是|在|为)|几号(?:教室|会议室|房间)|` +
		`\bwhere\b|\b(?:which|what) (?:\w+ )?(?:room|hall|venue|classroom|place|location|auditorium|building|floor)\b|\b(?:room|hall|venue|location|place) (?:of|for|and)\b|\broom number\b|\bwhat's the (?:room|venue)\b|\bvenue\b`)
	whichOf = `哪些|哪几(?:场|个|次|篇|项)|哪(?:一)?(?:场|个|次)|有什么|有啥|什么|所有|全部|列出|列举|都有|几场|多少(?:场|个)|有没有|` +
		`which|what|what's|whats|list|show|all|any|every|how many|are there|tell me|give me|find`
	sessionWords = `议程|场次|演讲|讲座|讲题|题目|分享|报告|议题|课程|课|工作坊|环节|节目|活动|安排|日程|专题|主题演讲|场|` +
		`sessions?|session\(s\)|talks?|everything|anything|presentations?|lectures?|workshops?|speech|speeches|keynotes?|programmes?|programs?|events?|agenda|schedule|tutorials?|panels?|things|on`
	meetingWords = `会议|会|访谈|采访|访问|专访|对谈|座谈|座谈会|会谈|来访|谈话|逐字稿|纪录|记录|对话|拜会|` +
		`meetings?|interviews?|conversations?|transcripts?|dialogues?|discussions?|visits?`
	asksSessions = regexp.MustCompile(`(?:` + hanWords(whichOf) + `)[^。？?]{0,20}(?:` + hanWords(sessionWords) + `)|(?:` + hanWords(sessionWords) + `)[^。？?]{0,6}(?:有哪些|有什么|是什么|是哪|列表|清单|一览)|哪(?:几|些|一)?场|(?:讲|分享|演讲|报告)(?:了|的)?(?:是)?(?:什么|哪些|啥)|的(?:` + hanWords(sessionWords) + `)\s*$|` +
		`\b(?:talks?|sessions?|presentations?|lectures?|workshops?) (?:by|of|from)\b|\b(?:talks|sessions|presentations|lectures)\W*$|` +
		`\bwhat (?:is|are|was|were|will|does|did)\b.{1,50}\b(?:presenting|present|giving|give|deliver|delivering|speaking (?:on|about|at)|talking about|speak (?:on|about|at))\b|` +
		`\b(?:` + latinWords(whichOf) + `)\b[^.?]{0,60}(?:\b(?:` + latinWords(sessionWords) + `)(?:\W|$))`)
	asksMeetings = regexp.MustCompile(`(?:` + hanWords(whichOf) + `)[^。？?]{0,12}(?:` + hanWords(meetingWords) + `)|` +
		`\b(?:` + latinWords(whichOf) + `)\b[^.?]{0,40}\b(?:` + latinWords(meetingWords) + `)\b`)
	speaks = regexp.MustCompile(`主讲|演讲|分享|发表|报告|主持|讲(?:了|过|的|哪|什么|课|授|\s*$|\s*[?？])|授课|(?:给|做|作|带)(?:了|过)?(?:哪|什么|几)|` +
		`\b(?:give|gives|gave|giving|given|present|presents|presented|presenting|speak|speaks|spoke|speaking|deliver|delivers|delivered|host|hosts|hosted|teach|teaches|teaching|lead|leads|leading|run|runs|running|hold|holds|do|does|did|doing|by|talking)\b`)
	took = regexp.MustCompile(`参加|参与|出席|受访|接受|露面|出现|与会|列席|谈过|见过|` +
		`\b(?:give|gave|given|has|conduct|conducts|conducted|take part|took part|taken part|participate|participated|attend|attended|join|joined|appear|appeared|involved|speak in|spoke in|spoken in|been in|been to|interviewed|present at|had|have|hold|held|in)\b`)
	asksPerson = regexp.MustCompile(`是谁|是什么人|是哪(?:一)?位|何许人|谁是|介绍|是做什么的|是干什么的|做什么工作|什么来头|` +
		`(?:公司|单位|机构)是|(?:什么|哪个|哪些|啥)(?:职务|职位|头衔|职称|身份|单位|机构|公司|岗位)|(?:职务|职位|头衔|职称|身份)(?:是|有|为|呢|$|[?？])|担任(?:什么|何|哪)|任职|现任|简历|简介|背景|生平|履历|认识|了解|` +
		`\bwho(?:'s| is|s| was| are)\b|\btell me (?:more )?about\b|\bintroduce\b|\bintroduction (?:to|of)\b|\b(?:title|titles|position|positions|job|role|affiliation|occupation|profession|background|biography|bio|profile|employer)\b|\bwhat does\b.{2,60}\bdo\b|\bknow about\b|\bwork(?:s|ed)? (?:for|at|as)\b|\binformation (?:on|about)\b`)
	wants = regexp.MustCompile(`想(?:要)?(?:去)?听|要听|想去|想参加|去听|听(?:到)?|` + `\b(?:hear|see|listen to|catch|watch|attend|go to|meet)\b`)
	about = regexp.MustCompile(`(?:关于|有关|涉及|谈到|提到|讲到|讨论|聊到)([^?？。,，的]{1,30}?)(?:的|有|是|$|[?？。,，])|(?:与|和|跟)([^?？。,，的]{1,30}?)(?:有关|相关)|` +
		`(?:有没有|有哪些|哪些)(?:是)?(?:讲|谈|介绍)([^?？。,，的]{1,30}?)的|` +
		`\b(?:about|on the (?:topic|subject) of|regarding|concerning|covering|covers?|deals? with|related to|mention(?:s|ing)?)\s+([^?.,]{2,60})`)
)

func hanWords(words string) string {
	return alternatives(words, func(w string) bool { return w[0] >= 0x80 })
}

func latinWords(words string) string {
	return alternatives(words, func(w string) bool { return w[0] < 0x80 })
}

func alternatives(words string, keep func(string) bool) string {
	var out []string
	for _, w := range strings.Split(words, "|") {
		if w != "" && keep(w) {
			out = append(out, w)
		}
	}
	return strings.Join(out, "|")
}

// routeOf reads a question. known are the rooms, tracks and conferences that the rows have.
func routeOf(question string, known retrieval.Known) route {
	text := newAligned(question)
	var r route
	r.titles = text.takeQuotes()
	r.events, r.foreign = text.takeEvents(known.Conferences)
	r.when = text.takeTime()
	quoted := len(r.titles) > 0
	for _, m := range thisOne.FindAllStringIndex(text.flat, -1) {
		text.blank(m[0], m[1], byte(taken))
	}
	asked := text.flat
	r.rest = text.rest()
	r.rooms = text.takeKnown(known.Rooms)
	if len(r.rooms) == 0 && r.foreign == "" && len(known.Rooms) > 0 {
		r.foreign = roomNumber.FindString(r.rest)
	}
	if !quoted || trackWord.MatchString(asked) {
		r.tracks = text.takeKnown(known.Tracks)
	}
	r.kind = r.kindOf(asked)
	if r.kind == noLookup {
		return r
	}
	if r.kind != listOf && !trackWord.MatchString(asked) {
		r.tracks = nil // words that a title may have too
	}
	if m := about.FindStringSubmatchIndex(text.flat); m != nil && r.kind == listOf {
		for g := 1; g <= 4; g++ {
			if m[2*g] >= 0 {
				r.topic = text.original(m[2*g], m[2*g+1])
			}
		}
	}
	r.subject, r.certain = text.subject(r.kind)
	r.sole = len(text.chunks()) == 1
	if r.kind == listOf && r.topic == "" && len(r.titles)+len(r.rooms)+len(r.tracks) == 0 && speaks.MatchString(asked) && looksLikeName(r.subject) {
		r.kind = sessionsOf
		r.subject, r.certain = text.subject(r.kind)
	}
	if quoted && r.kind == listOf && trackWord.MatchString(asked) {
		r.tracks = append(slices.Clone(r.titles), r.tracks...)
	}
	return r
}

var (
	trackWord = regexp.MustCompile(`议程轨|轨|专场|分论坛|论坛|分会场|系列|单元|\b(?:track|tracks|stream|streams|strand|forum|series)\b`)
	// thisOne speaks of whom the question has named, and asks for nobody else.
	thisOne = regexp.MustCompile(`[这那]一?位?(?:讲者|演讲者|讲师|嘉宾|主持人|人|老师|专家|学者)|\b(?:this|that) (?:speaker|presenter|person|lecturer|guest|moderator|panell?ist|man|woman)\b`)
	// roomNumber is what can only be a room: TR 412-1, 301室.
	roomNumber = regexp.MustCompile(`\b[A-Z]{1,3} ?\d{3,4}(?:-\d)?\b|\d{3,4}(?:室|教室|會議室|会议室|号房|號房)|(?i:\broom [A-Z]?\d{1,4}[A-Z]?\b)`)
	// reported asks what somebody said, which is in no row.
	reported = regexp.MustCompile(`说|认为|提到|表示|怎么看|看法|观点|指出|强调|` +
		`\b(?:say|says|said|think|thinks|thought|mention|mentions|mentioned|opinion|view|views|argue|argues|argued|believe|believes|believed|explain|explains|explained|according)\b`)
	// order asks for what comes before or after something, which rows by title or name do not tell.
	order = regexp.MustCompile(`之后|之前|以后|以前|接着|最后|第一个|首先|\b(?:after|before|last|first|following|preceding|previous)\b`)
)

// kindOf decides by what is asked for; the most particular first.
func (r *route) kindOf(s string) lookup {
	quoted := strings.Contains(s, quoteMark)
	when, where := asksWhen.MatchString(s), asksWhere.MatchString(s)
	sessions, meetings := asksSessions.MatchString(s), asksMeetings.MatchString(s)
	switch {
	case quoted && sessions && trackWord.MatchString(s) && !when && !where:
		return listOf
	case quoted && (asksSpeaker.MatchString(s) || asksParticipants.MatchString(s)):
		return speakersOf
	case quoted && when && where:
		return whenWhere
	case quoted && when:
		return whenIs
	case quoted && where:
		return whereIs
	case quoted && asksPerson.MatchString(s):
		return whoIs
	case quoted, order.MatchString(s) && !r.when.next, reported.MatchString(s):
		return noLookup
	case r.when.now || r.when.next:
		if asksPerson.MatchString(s) && !sessions && !asksSpeaker.MatchString(s) {
			return whoIs // 现在是什么职务
		}
		return listOf
	case when && where:
		return whenWhere
	case meetings && took.MatchString(s) && !speaksOnly(s) && !when && !where:
		return meetingsOf
	case (sessions || anyList.MatchString(s)) && (len(r.rooms) > 0 || len(r.tracks) > 0) && !when, sessions && r.foreign != "" && !speaks.MatchString(s):
		return listOf
	case sessions && about.MatchString(s) && !when && !where:
		return listOf
	case sessions && (speaks.MatchString(s) || theirs.MatchString(s)) && !when && !where && !bareList.MatchString(s):
		return sessionsOf
	case sessions && r.when.given() && !where:
		return listOf
	case meetings && r.when.given() && !when && !where:
		r.meetings = !sessions
		return listOf
	case sessions && !when && !where && bareList.MatchString(s):
		return listOf
	case when:
		return whenIs
	case where:
		return whereIs
	case asksSpeaker.MatchString(s) || asksParticipants.MatchString(s):
		return speakersOf
	case asksPerson.MatchString(s):
		return whoIs
	}
	return noLookup
}

// theirs names sessions after somebody: "talks by", "… sessions".
var theirs = regexp.MustCompile(`的(?:` + hanWords(sessionWords) + `)\s*$|\b(?:talks?|sessions?|presentations?|lectures?|workshops?) (?:by|of|from)\b|\b(?:talks|sessions|presentations|lectures)\W*$`)

// sessionNoun is in a question about where or when somebody speaks: "Where is her talk?"
var sessionNoun = regexp.MustCompile(`演讲|讲座|报告|分享|议程|场次|\b(?:talks?|sessions?|presentations?|lectures?|speech|keynote|workshops?)\b`)

// anyList asks for a list of whatever there is.
var anyList = regexp.MustCompile(`有哪些|有什么|列出|\b(?:what's on|list|show)\b`)

// bareList asks for sessions and for nobody's: 有哪些议程, "list all sessions".
var bareList = regexp.MustCompile(`^\s*(?:请)?(?:问)?(?:一共|总共|今年|全部|所有|都)?(?:有哪些|有什么|有几场|列出|列举)(?:所有|全部)?(?:的)?(?:` + hanWords(sessionWords) + `)|(?:在|有)\s*(?:有)?哪些(?:` + hanWords(sessionWords) + `)|` +
	`\b(?:are there|take place|takes place|taking place|are (?:held|scheduled|planned|on)|is on|happening|going on|list|show)\b`)

var presents = regexp.MustCompile(`主讲|演讲|\b(?:give|gives|gave|present|presents|presented)\b`)

// speaksOnly reports whether a question is about what somebody presents rather than takes part in.
func speaksOnly(s string) bool {
	return presents.MatchString(s) && !strings.Contains(s, "参") && !strings.Contains(s, "interview")
}
