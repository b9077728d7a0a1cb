package source

import (
	"bufio"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const pretalx = `{"$schema": "https://c3voc.de/schedule/schema.json", "schedule": {"version": "1", "conference": {"acronym": "demo", "title": "Seminar on data", "time_zone_name": "Asia/Taipei",
"days": [{"index": 1, "date": "2023-07-29", "rooms": {"Hall B": [
{"id": 2, "date": "2023-07-29T10:30:00+08:00", "start": "10:30", "duration": "01:00", "room": "Hall B", "title": "数据治理", "track": {"zh": "公益", "en": "Philanthropy"}, "type": "Panel", "language": "zh-hans", "abstract": "第一段。\n\n第二段，见[此页](https://example.org)。", "description": null, "persons": [{"id": 1, "public_name": "某甲", "biography": "研究员。"}, {"name": "A. Lee", "biography": null}]}],
"Hall A": [{"id": 1, "date": "2023-07-29T09:00:00+08:00", "start": "09:00", "duration": "00:30", "title": "Opening", "subtitle": "Words of welcome", "persons": [], "url": "https://example.org/1"}]}}]}}}`

const sessionLines = `{"id": "a", "track": {"zh": "社群", "en": "Community"}, "start": "2023-07-29T14:40:00+08:00", "end": "2023-07-30T00:10:00+08:00", "room": "TR 411", "language": "中文", "title": {"en": "Sound", "zh": "聲響"}, "description": {"zh": "說明。", "en": "About."}, "speakers": [{"id": "x", "name": {"zh": "王芳", "en": "WANG Fang"}, "bio": {"zh": "講者。", "en": "講者。"}}]}
{"id": "b", "start": "2023-07-29T09:00:00", "title": {"en": "Early", "zh": "Early"}, "speakers": []}
`

const calendar = "BEGIN:VCALENDAR\r\nX-WR-CALNAME:Seminar\\, spring\r\nX-WR-TIMEZONE:Asia/Shanghai\r\nBEGIN:VTIMEZONE\r\nTZID:Asia/Shanghai\r\nEND:VTIMEZONE\r\n" +
	"BEGIN:VEVENT\r\nSUMMARY:Round table: data\r\nDTSTART;TZID=Asia/Shanghai:20230916T143000\r\nDURATION:PT1H30M\r\nLOCATION:Osmanthus Hall\\; 6th floor\r\nORGANIZER;CN=\"The Office: main\":mailto:office@example.org\r\n" +
	"DESCRIPTION:A line that is\r\n  folded.\\nAnother.\r\nBEGIN:VALARM\r\nDESCRIPTION:Reminder\r\nEND:VALARM\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nSUMMARY:开幕\r\nDTSTART:20230916T010000Z\r\nDTEND:20230916T013000Z\r\nSTATUS:CANCELLED\r\nRRULE:FREQ=DAILY;COUNT=2\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nSUMMARY:Visit\r\nDTSTART;VALUE=DATE:20230917\r\nDTEND;VALUE=DATE:20230919\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nSUMMARY:Elsewhere\r\nDTSTART;TZID=Office Time:20230920T090000\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"

func TestSchedules(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file, content, title string
		want                       []shown
	}{
		{"pretalx", "schedule.json", pretalx, "Seminar on data", []shown{
			{Heading, 1, "Seminar on data", nil},
			{Heading, 2, "Opening", nil},
			{Item, 1, "Time / 时间: 2023-07-29 09:00–09:30 (UTC+8)", nil}, {Item, 1, "Room / 会议室: Hall A", nil}, {Item, 1, "Link / 链接: https://example.org/1", nil},
			{Paragraph, 0, "Words of welcome", nil},
			{Heading, 2, "数据治理", nil},
			{Item, 1, "Track / 议程轨: 公益 / Philanthropy", nil}, {Item, 1, "Time / 时间: 2023-07-29 10:30–11:30 (UTC+8)", nil}, {Item, 1, "Room / 会议室: Hall B", nil},
			{Item, 1, "Type / 类型: Panel", nil}, {Item, 1, "Language / 语言: zh-hans", nil}, {Item, 1, "Speakers / 讲者: 某甲, A. Lee", nil},
			{Paragraph, 0, "第一段。", nil}, {Paragraph, 0, "第二段，见此页。", nil},
			{Heading, 3, "Speaker / 讲者: 某甲", nil}, {Paragraph, 0, "研究员。", nil},
		}},
		{"sessions as JSON lines, in both languages", "sessions.jsonl", sessionLines, "sessions", []shown{
			{Heading, 2, "Early", nil}, {Item, 1, "Time / 时间: 2023-07-29 09:00", nil},
			{Heading, 2, "聲響", nil},
			{Item, 1, "Title / 标题: 聲響", nil}, {Item, 1, "Title / 标题: Sound", nil}, {Item, 1, "Track / 议程轨: 社群 / Community", nil},
			{Item, 1, "Time / 时间: 2023-07-29 14:40 – 2023-07-30 00:10 (UTC+8)", nil}, {Item, 1, "Room / 会议室: TR 411", nil}, {Item, 1, "Language / 语言: 中文", nil},
			{Item, 1, "Speakers / 讲者: 王芳 (WANG Fang)", nil},
			{Paragraph, 0, "說明。", nil}, {Paragraph, 0, "About.", nil},
			{Heading, 3, "Speaker / 讲者: 王芳 (WANG Fang)", nil}, {Paragraph, 0, "講者。", nil},
		}},
		{"sessions that name speakers and rooms by id", "session.json", `{"sessions": [{"id": "a", "type": "t", "room": "r", "start": "2023-07-29T09:00:00+05:30", "zh": {"title": "开幕", "description": "欢迎。"}, "en": {"title": "Opening", "description": "Welcome."}, "speakers": ["p", "Q"]}],
"speakers": [{"id": "p", "zh": {"name": "王芳", "bio": ""}, "en": {"name": "WANG Fang", "bio": ""}}], "rooms": [{"id": "r", "zh": {"name": "三号厅"}, "en": {"name": "Hall 3"}}], "session_types": [{"id": "t", "zh": {"name": "演讲"}, "en": {"name": "Talk"}}]}`, "session", []shown{
			{Heading, 2, "开幕", nil}, {Item, 1, "Title / 标题: 开幕", nil}, {Item, 1, "Title / 标题: Opening", nil},
			{Item, 1, "Time / 时间: 2023-07-29 09:00 (UTC+5:30)", nil}, {Item, 1, "Room / 会议室: 三号厅 / Hall 3", nil}, {Item, 1, "Type / 类型: 演讲 / Talk", nil},
			{Item, 1, "Speakers / 讲者: 王芳 (WANG Fang), Q", nil}, {Paragraph, 0, "欢迎。", nil}, {Paragraph, 0, "Welcome.", nil},
		}},
		{"a calendar that calls itself text", "a.txt", calendar, "Seminar, spring", []shown{
			{Heading, 1, "Seminar, spring", nil},
			{Heading, 2, "开幕", nil}, {Item, 1, "Time / 时间: 2023-09-16 09:00–09:30 (UTC+8)", nil}, {Item, 1, "Status / 状态: CANCELLED", nil},
			{Heading, 2, "Round table: data", nil}, {Item, 1, "Time / 时间: 2023-09-16 14:30–16:00 (UTC+8)", nil}, {Item, 1, "Room / 会议室: Osmanthus Hall; 6th floor", nil},
			{Item, 1, "Organiser / 主办方: The Office: main", nil}, {Paragraph, 0, "A line that is folded. Another.", nil},
			{Heading, 2, "Visit", nil}, {Item, 1, "Time / 时间: 2023-09-17 – 2023-09-18", nil},
			{Heading, 2, "开幕", nil}, {Item, 1, "Time / 时间: 2023-09-17 09:00–09:30 (UTC+8)", nil}, {Item, 1, "Status / 状态: CANCELLED", nil},
			{Heading, 2, "Elsewhere", nil}, {Item, 1, "Time / 时间: 2023-09-20 09:00 (Office Time)", nil},
		}},
		{"text in brackets is text", "a.txt", "[Applause] Thank you.\n", "a", []shown{{Paragraph, 0, "[Applause] Thank you.", nil}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := Read(tt.file, []byte(tt.content), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if d.Title != tt.title {
				t.Errorf("title %q, want %q", d.Title, tt.title)
			}
			if diff := cmp.Diff(tt.want, show(t, d)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// An event that repeats is an entry for each time it takes place.
func TestRepeatedEvents(t *testing.T) {
	t.Parallel()
	const zoned = "DTSTART;TZID=America/New_York:20261028T180000\nDURATION:PT1H\n"
	for _, tt := range []struct {
		name, events string
		want         []string // times and rules
		warnings     []string
	}{
		{"weekly over a change of the clock, one left out, one moved, one added",
			"UID:a\n" + zoned + "RRULE:FREQ=WEEKLY;COUNT=4\nEXDATE;TZID=America/New_York:20261104T180000\nRDATE;TZID=America/New_York:20261201T120000\nEND:VEVENT\n" +
				"BEGIN:VEVENT\nUID:a\nSUMMARY:Reading\nRECURRENCE-ID;TZID=America/New_York:20261111T180000\nDTSTART;TZID=America/New_York:20261112T190000\n",
			[]string{"2026-10-28 18:00–19:00 (UTC-4)", "2026-11-12 19:00 (UTC-5)", "2026-11-18 18:00–19:00 (UTC-5)", "2026-12-01 12:00–13:00 (UTC-5)"}, nil},
		{"until a day, that day too", zoned + "RRULE:FREQ=DAILY;UNTIL=20261030\n",
			[]string{"2026-10-28 18:00–19:00 (UTC-4)", "2026-10-29 18:00–19:00 (UTC-4)", "2026-10-30 18:00–19:00 (UTC-4)"}, nil},
		{"whole days", "DTSTART;VALUE=DATE:20260301\nDTEND;VALUE=DATE:20260303\nRRULE:FREQ=MONTHLY;BYDAY=1SU;COUNT=2\n",
			[]string{"2026-03-01 – 2026-03-02", "2026-04-05 – 2026-04-06"}, nil},
		{"the first day counts whatever the rule", "DTSTART:20260303T090000\nRRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=1\n",
			[]string{"2026-03-03 09:00", "2026-03-09 09:00"}, nil},
		{"a rule that is none", "DTSTART:20260303T090000\nRRULE:FREQ=NEVER\n", []string{"2026-03-03 09:00", "FREQ=NEVER"}, nil},
		{"every minute", "DTSTART:20260303T090000\nRRULE:FREQ=MINUTELY\n", []string{"2026-03-03 09:00", "FREQ=MINUTELY"}, nil},
		{"a day that never comes", "DTSTART:20260303T090000\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\n", []string{"2026-03-03 09:00"}, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			d, err := Read("a.ics", []byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Reading\n"+tt.events+"END:VEVENT\nEND:VCALENDAR\n"), Limits{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, timesOf(t, d)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.warnings, d.Warnings); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
	d, err := Read("a.ics", []byte("BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:Reading\nDTSTART:20260101T090000\nRRULE:FREQ=WEEKLY\nEND:VEVENT\nEND:VCALENDAR\n"), Limits{})
	if err != nil {
		t.Fatal(err)
	}
	times := timesOf(t, d)
	if len(times) != maxOccurrences+1 || times[0] != "2026-01-01 09:00" || times[maxOccurrences] != "FREQ=WEEKLY" || d.Details[WarnRepeats] != "Reading" {
		t.Errorf("got %d times, %v, details %v", len(times), times, d.Details)
	}
}

// timesOf lists the times of a schedule's entries and the rules by which they repeat.
func timesOf(t *testing.T, d Document) []string {
	t.Helper()
	var times []string
	for _, s := range show(t, d) {
		for _, label := range []string{labelTime, labelRepeats} {
			if value, ok := strings.CutPrefix(s.Text, label+": "); ok {
				times = append(times, value)
			}
		}
	}
	return times
}

func TestScheduleFaults(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, file, content string
		want                Fault
	}{
		{"JSON that is no schedule", "package.json", `{"name": "x", "version": "1"}`, Fault{Code: Unsupported, Detail: "application/json"}},
		{"an array of numbers", "a.json", `[1, 2, 3]`, Fault{Code: Unsupported, Detail: "application/json"}},
		{"a line that is broken", "a.jsonl", sessionLines + "{\"title\": \n", Fault{Code: Damaged, Detail: "JSON, line 3"}},
		{"too deep", "a.json", `{"sessions": ` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + `}`, Fault{Code: TooNested, Limit: DefaultDepth}},
		{"a calendar of nothing", "a.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n", Fault{Code: NoText}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Read(tt.file, []byte(tt.content), Limits{})
			var got *Fault
			if !errors.As(err, &got) {
				t.Fatalf("got %v, want a fault", err)
			}
			got.Err = nil
			if diff := cmp.Diff(tt.want, *got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// Where the evaluation's schedule lies beside the tree, none of its sessions and speakers is lost.
func TestScheduleOfTheEvaluation(t *testing.T) {
	t.Parallel()
	content, err := os.ReadFile("../../../shared/eval/coscup/sessions.jsonl")
	if err != nil {
		t.Skip("no evaluation sets beside the tree")
	}
	d, err := Read("sessions.jsonl", content, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	check(t, d)
	headings := map[string]int{}
	for _, b := range d.Blocks {
		if b.Kind == Heading && b.Level == 2 {
			headings[d.Text[b.Start:b.End]]++
		}
	}
	lines := bufio.NewScanner(strings.NewReader(string(content)))
	lines.Buffer(nil, 1<<20)
	n := 0
	for lines.Scan() {
		var s struct {
			Title    struct{ Zh, En string }
			Room     string
			Speakers []struct{ Name struct{ Zh, En string } }
		}
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			t.Fatal(err)
		}
		n++
		for _, want := range []string{s.Title.Zh, s.Title.En} {
			if !strings.Contains(d.Text, oneLine((&builder{}).clean(want))) {
				t.Errorf("no title %q", want)
			}
		}
		for _, p := range s.Speakers {
			if !strings.Contains(d.Text, oneLine((&builder{}).clean(p.Name.Zh))) {
				t.Errorf("no speaker %q", p.Name.Zh)
			}
		}
	}
	total := 0
	for _, count := range headings {
		total += count
	}
	if total != n {
		t.Errorf("%d sections for %d sessions", total, n)
	}
}
