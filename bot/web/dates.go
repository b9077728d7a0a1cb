package web

import (
	"fmt"
	"strings"
	"time"

	"osmanthus/bot/locale"
	"osmanthus/retrieval/lang"
)

// dayText writes a day the way the reader's language does.
func dayText(words locale.Printer, t time.Time) string {
	return words.T("web.date.day", "year", t.Year(), "month", monthText(words, t), "day", t.Day(), "weekday", words.T(fmt.Sprintf("web.date.weekday.%d", int(t.Weekday()))))
}

// dateText is dayText without the weekday, for the dates of documents.
func dateText(words locale.Printer, t time.Time) string {
	return words.T("web.date.date", "year", t.Year(), "month", monthText(words, t), "day", t.Day())
}

func monthText(words locale.Printer, t time.Time) string {
	return words.T(fmt.Sprintf("web.date.month.%d", int(t.Month())))
}

// clockText is a time of day, or the time between two; the second says its day where that is another.
func clockText(words locale.Printer, begins, ends time.Time) string {
	text := begins.Format("15:04")
	if ends.IsZero() || !ends.After(begins) {
		return text
	}
	if begins.Format(time.DateOnly) == ends.Format(time.DateOnly) {
		return text + "–" + ends.Format("15:04")
	}
	return text + " – " + dateText(words, ends) + " " + ends.Format("15:04")
}

// zoneText names a zone by its distance from UTC, which both languages read: UTC+8, UTC-3:30.
func zoneText(t time.Time) string {
	_, offset := t.Zone()
	if offset == 0 {
		return "UTC"
	}
	sign := "+"
	if offset < 0 {
		sign, offset = "-", -offset
	}
	text := fmt.Sprintf("UTC%s%d", sign, offset/3600)
	if m := offset % 3600 / 60; m > 0 {
		text += fmt.Sprintf(":%02d", m)
	}
	return text
}

// A tagged is a run of text with the tag of its language.
type tagged struct {
	Text string
	Tag  string
}

// taggedRuns are the languages of a text that documents give in both: "开放硬件 / Open Hardware".
func taggedRuns(text string) []tagged {
	var out []tagged
	for _, part := range strings.Split(text, " / ") {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, tagOf(part))
		}
	}
	return out
}

// tagOf is a text in its own language.
func tagOf(text string) tagged { return tagged{text, tag(lang.DetectText(text), text)} }

// inOrder puts what is in the page's language first.
func inOrder(runs []tagged, l lang.Lang) []tagged {
	var own, others []tagged
	for _, r := range runs {
		if strings.HasPrefix(r.Tag, string(l)) {
			own = append(own, r)
		} else {
			others = append(others, r)
		}
	}
	return append(own, others...)
}
