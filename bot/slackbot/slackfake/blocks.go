package slackfake

import (
	"encoding/json"
	"unicode/utf8"
)

// Slack's limits, in characters.
const (
	maxText     = 40000
	maxMarkdown = 12000 // of all Markdown of a message together
	maxSection  = 3000
	maxHeader   = 150
	maxAll      = 13200 // of a message's blocks together: more is refused although no single limit is broken
	maxBlocks   = 50
)

type block struct {
	Type     string            `json:"type"`
	Text     json.RawMessage   `json:"text"`
	Elements []json.RawMessage `json:"elements"`
}

type text struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

// checkBlocks refuses what Slack refuses.
func checkBlocks(raw []byte) string {
	if len(raw) == 0 || string(raw) == "null" {
		return ""
	}
	var blocks []block
	if json.Unmarshal(raw, &blocks) != nil {
		return "invalid_blocks_format"
	}
	if len(blocks) > maxBlocks {
		return "invalid_blocks"
	}
	markdown, all := 0, 0
	for _, b := range blocks {
		var t text
		switch b.Type {
		case "markdown":
			if json.Unmarshal(b.Text, &t.Text) != nil || t.Text == "" {
				return "invalid_blocks"
			}
			markdown += utf8.RuneCountInString(t.Text)
		case "section", "header":
			limit := maxSection
			if b.Type == "header" {
				limit = maxHeader
			}
			if json.Unmarshal(b.Text, &t) != nil || t.Text == "" || utf8.RuneCountInString(t.Text) > limit {
				return "invalid_blocks"
			}
		case "context":
			if len(b.Elements) == 0 || len(b.Elements) > 10 {
				return "invalid_blocks"
			}
			for _, e := range b.Elements {
				var one text
				if json.Unmarshal(e, &one) != nil || one.Text == "" || utf8.RuneCountInString(one.Text) > maxSection {
					return "invalid_blocks"
				}
				all += utf8.RuneCountInString(one.Text)
			}
		case "context_actions":
			if code := checkActions(b.Elements); code != "" {
				return code
			}
		case "actions":
			if len(b.Elements) == 0 || len(b.Elements) > 25 {
				return "invalid_blocks"
			}
		case "divider", "input", "rich_text":
		default:
			return "invalid_blocks"
		}
		all += utf8.RuneCountInString(t.Text)
	}
	if markdown > maxMarkdown || all > maxAll {
		return "msg_blocks_too_long"
	}
	return ""
}

func checkActions(elements []json.RawMessage) string {
	if len(elements) == 0 || len(elements) > 5 {
		return "invalid_blocks"
	}
	for _, raw := range elements {
		var e struct {
			Type     string `json:"type"`
			Positive struct {
				Text  text
				Value string
			} `json:"positive_button"`
			Negative struct {
				Text  text
				Value string
			} `json:"negative_button"`
		}
		if json.Unmarshal(raw, &e) != nil || e.Type != "feedback_buttons" {
			return "invalid_blocks"
		}
		for _, t := range []string{e.Positive.Text.Text, e.Negative.Text.Text} {
			if t == "" || utf8.RuneCountInString(t) > 75 {
				return "invalid_blocks"
			}
		}
		if e.Positive.Value == "" || len(e.Positive.Value) > 2000 || e.Negative.Value == "" || len(e.Negative.Value) > 2000 {
			return "invalid_blocks"
		}
	}
	return ""
}
