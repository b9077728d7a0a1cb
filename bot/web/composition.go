package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"osmanthus/bot"
)

// A completion is what a chat client is sent: an object, or one chunk of a stream.
type completion struct {
	ID      string             `json:"id"`
	Object  string             `json:"object"`
	Created int64              `json:"created"` // seconds since 1970
	Model   string             `json:"model"`
	Choices []completionChoice `json:"choices"`
	Usage   *usage             `json:"usage,omitempty"` // absent where the model's server does not count
}

// A usage is what an answer's texts took, of all prompts that made it; quotes take nothing.
type usage struct {
	PromptTokens     int `json:"prompt_tokens"`
	CompletionTokens int `json:"completion_tokens"`
	TotalTokens      int `json:"total_tokens"`
}

func usageOf(a bot.Answer) *usage {
	if a.Usage == nil {
		return nil
	}
	return &usage{a.Usage.Prompt, a.Usage.Completion, a.Usage.Prompt + a.Usage.Completion}
}

type completionChoice struct {
	Index        int                `json:"index"`
	Message      *completionMessage `json:"message,omitempty"` // of an object
	Delta        *completionDelta   `json:"delta,omitempty"`   // of a chunk
	Logprobs     *struct{}          `json:"logprobs"`          // none
	FinishReason *string            `json:"finish_reason"`     // null but in the last chunk
}

// finished is the only reason to end: an answer that was cut off is none.
func finished() *string {
	reason := "stop"
	return &reason
}

type completionMessage struct {
	Role    string  `json:"role"`
	Content string  `json:"content"`
	Refusal *string `json:"refusal"` // always null: that the documents do not say it is in Kind
	sourced
}

type completionDelta struct {
	Role    string  `json:"role,omitempty"`
	Content *string `json:"content,omitempty"`
	*sourced
}

// sourced is what a message has beside its text.
type sourced struct {
	Annotations []annotation   `json:"annotations"`
	Citations   []bot.Citation `json:"citations"`
	Kind        bot.Kind       `json:"kind"`
	Answer      string         `json:"answer"` // its id, for /a/{id} and /api/feedback
}

// An annotation says what one [n] of the text stands for.
type annotation struct {
	Type        string      `json:"type"`
	URLCitation urlCitation `json:"url_citation"`
}

type urlCitation struct {
	StartIndex int    `json:"start_index"` // of the text's characters (code points), the first is 0
	EndIndex   int    `json:"end_index"`   // after the last one
	URL        string `json:"url"`
	Title      string `json:"title"`
}

func completionID(r *http.Request) string { return "chatcmpl-" + visitOf(r).id }

// A composition is an answer as a chat client shows it.
type composition struct {
	text string
	sourced
}

func (c composition) message() *completionMessage {
	return &completionMessage{Role: "assistant", Content: c.text, sourced: c.sourced}
}

// composed makes the text of an answer for a client that may know nothing but Markdown: its notice stands at its end,
// and what each [n] is, in the form that makes a link of it. address is where links lead to.
func composed(a bot.Answer, address string) composition {
	c := composition{text: apart(a.Text), sourced: sourced{Annotations: []annotation{}, Citations: []bot.Citation{}, Kind: a.Kind, Answer: a.ID}}
	byNumber := map[int]bot.Citation{}
	for _, cited := range a.Citations {
		cited.URL = address + cited.URL
		c.Citations = append(c.Citations, cited)
		byNumber[cited.N] = cited
	}
	characters, counted := 0, 0
	for _, m := range mark.FindAllStringSubmatchIndex(c.text, -1) {
		n, _ := strconv.Atoi(c.text[m[2]:m[3]])
		cited, ok := byNumber[n]
		if !ok {
			continue
		}
		characters += utf8.RuneCountInString(c.text[counted:m[0]])
		counted = m[0]
		c.Annotations = append(c.Annotations, annotation{Type: "url_citation", URLCitation: urlCitation{
			StartIndex: characters, EndIndex: characters + m[1] - m[0], URL: cited.URL, Title: cited.Title,
		}})
	}
	if a.Notice != "" {
		c.text += "\n\n" + a.Notice
	}
	for i, cited := range c.Citations {
		if i == 0 {
			c.text += "\n"
		}
		c.text += "\n" + definition(cited)
	}
	return c
}

var (
	// mark is the number of a source. One that a document has in its text is escaped.
	mark = regexp.MustCompile(`\[(\d{1,4})\]`)
	// tied is a number with what would make something else of it in Markdown: [1][2] is one link.
	tied = regexp.MustCompile(`(\[\d{1,4}\])([\[(:])`)
	// defined is a definition, with its title.
	defined = regexp.MustCompile(`(?m)^\[\d{1,4}\]: \S+ "(.*)"$`)
)

// apart keeps the numbers of sources from being one with what follows.
func apart(text string) string {
	for { // of [1][2][3], one look finds every other place
		parted := tied.ReplaceAllString(text, "$1 $2")
		if parted == text {
			return text
		}
		text = parted
	}
}

// definition makes a link of [n] wherever Markdown is shown, and is a line of a list of sources where it is not.
func definition(c bot.Citation) string {
	title := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ", "\r", " ").Replace(c.Title)
	return fmt.Sprintf(`[%d]: %s "%s"`, c.N, c.URL, title)
}

// A chatMessage is one of a client's messages.
type chatMessage struct {
	Role    string      `json:"role"`
	Content messageText `json:"content"`
}

// messageText is a message's text: a string, or parts of which those of other kinds than text are left out.
type messageText string

// UnmarshalJSON reads either form.
func (t *messageText) UnmarshalJSON(raw []byte) error {
	var text *string
	if json.Unmarshal(raw, &text) == nil {
		if text != nil {
			*t = messageText(*text)
		}
		return nil
	}
	var parts []struct {
		Text string `json:"text"`
	}
	if err := json.Unmarshal(raw, &parts); err != nil {
		return err
	}
	var texts []string
	for _, p := range parts {
		if p.Text != "" {
			texts = append(texts, p.Text)
		}
	}
	*t = messageText(strings.Join(texts, "\n"))
	return nil
}

// transcript takes messages apart: the question is the last that the user wrote. The history is never nil.
func transcript(messages []chatMessage) (question string, history []bot.Exchange) {
	history = []bot.Exchange{}
	for _, m := range messages {
		switch last := len(history) - 1; {
		case m.Role == "user":
			history = append(history, bot.Exchange{Question: string(m.Content)})
		case m.Role == "assistant" && last >= 0:
			history[last].Answer += string(m.Content)
		}
	}
	if len(history) == 0 {
		return "", history
	}
	question, history = history[len(history)-1].Question, history[:len(history)-1]
	for i := range history {
		history[i].Answer, history[i].Document = undefined(history[i].Answer)
	}
	return question, history
}

// undefined takes the definitions out of an answer of ours; where all are of one document, it returns that one's title.
func undefined(answer string) (text, document string) {
	titles := defined.FindAllStringSubmatch(answer, -1)
	for i, t := range titles {
		if document = t[1]; i > 0 && document != titles[0][1] {
			document = ""
			break
		}
	}
	return strings.TrimSpace(defined.ReplaceAllString(answer, "")), bot.Plain(document)
}
