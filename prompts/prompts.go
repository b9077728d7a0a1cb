// Package prompts owns the texts sent to the chat model: templates, a folder a language. What documents and askers wrote
// goes in as labelled data only. It holds no secret, and must not import anything of this module but retrieval/lang.
package prompts

import (
	"bytes"
	"embed"
	"fmt"
	"regexp"
	"strings"
	"text/template"

	"osmanthus/retrieval/lang"
)

//go:embed en/*.tmpl zh/*.tmpl
var files embed.FS

// NotFound is what the model is told to write where the passages do not answer.
const NotFound = "NOT_IN_DOCUMENTS"

// A Passage is one source as the model sees it.
type Passage struct {
	N       int // what it is cited by
	Title   string
	Heading string    // may be empty
	Date    string    // ISO 8601; may be empty
	Lang    lang.Lang // of Text
	Page    int       // 0: none
	Text    string
}

// An AnswerRequest is all that an answer's prompt is made from.
type AnswerRequest struct {
	Question string
	Passages []Passage
	// Traditional asks for Traditional characters, of an answer in Chinese.
	Traditional bool
	// Boundary marks where data begin and end. It must be new and unguessable each time: text that was written
	// before cannot close a block then.
	Boundary string
}

// A Set holds the parsed templates; it is safe for concurrent use.
type Set struct {
	templates map[lang.Lang]*template.Template
}

// New parses the templates.
func New() (*Set, error) {
	s := &Set{templates: map[lang.Lang]*template.Template{}}
	for _, l := range []lang.Lang{lang.English, lang.Chinese} {
		t, err := template.New(string(l)).Option("missingkey=error").ParseFS(files, string(l)+"/*.tmpl")
		if err != nil {
			return nil, fmt.Errorf("parse prompts of %s: %w", l, err)
		}
		for _, name := range []string{
			"answer.system.tmpl", "answer.user.tmpl", "followup.system.tmpl", "followup.user.tmpl", "summary.system.tmpl", "summary.user.tmpl",
			"positions.system.tmpl", "positions.user.tmpl",
		} {
			if t.Lookup(name) == nil {
				return nil, fmt.Errorf("prompts of %s lack %s", l, name)
			}
		}
		s.templates[l] = t
	}
	return s, nil
}

// boundaryPattern is what a boundary must look like: long enough not to be guessed, nothing that means something.
var boundaryPattern = regexp.MustCompile(`^[0-9a-zA-Z]{12,64}$`)

// Answer renders the prompt for an answer in l.
func (s *Set) Answer(l lang.Lang, r AnswerRequest) (system, user string, err error) {
	return s.render(l, "answer", r.Boundary, struct {
		AnswerRequest
		NotFound string
	}{r.neutral(), NotFound})
}

// A SummaryRequest is all that a step of a summary is made from: notes are taken on passages first, and the summary
// is written from all notes.
type SummaryRequest struct {
	Subject   string
	Length    int // at most, of notes; about, of the summary: words in English, characters in Chinese
	BySpeaker bool
	// Traditional asks for Traditional characters, of a summary in Chinese.
	Traditional bool
	Passages    []Passage
	Notes       string // a model's own, of the first step; empty in that step
	Boundary    string // as in AnswerRequest
}

// Summary renders the prompt for a step of a summary in l.
func (s *Set) Summary(l lang.Lang, r SummaryRequest) (system, user string, err error) {
	r.Passages = neutral(r.Passages, r.Boundary)
	r.Subject, r.Notes = block(r.Subject, r.Boundary), block(r.Notes, r.Boundary)
	return s.render(l, "summary", r.Boundary, r)
}

// render makes the two messages of a prompt.
func (s *Set) render(l lang.Lang, prompt, boundary string, data any) (system, user string, err error) {
	t, ok := s.templates[l]
	if !ok {
		return "", "", fmt.Errorf("no prompts in %q", l)
	}
	if !boundaryPattern.MatchString(boundary) {
		return "", "", fmt.Errorf("boundary of the prompt is not 12 to 64 letters and digits")
	}
	var out [2]bytes.Buffer
	for i, name := range []string{prompt + ".system.tmpl", prompt + ".user.tmpl"} {
		if err := t.ExecuteTemplate(&out[i], name, data); err != nil {
			return "", "", fmt.Errorf("render prompt %s in %s: %w", name, l, err)
		}
	}
	return strings.TrimSpace(out[0].String()), strings.TrimSpace(out[1].String()), nil
}

// neutral returns r with everything that others wrote made unable to pass for a part of the prompt.
func (r AnswerRequest) neutral() AnswerRequest {
	r.Passages = neutral(r.Passages, r.Boundary)
	r.Question = block(r.Question, r.Boundary)
	return r
}

func neutral(passages []Passage, boundary string) []Passage {
	out := make([]Passage, len(passages))
	for i, p := range passages {
		p.Title, p.Heading, p.Date = attribute(p.Title, boundary), attribute(p.Heading, boundary), attribute(p.Date, boundary)
		p.Text = block(p.Text, boundary)
		out[i] = p
	}
	return out
}

// tagPattern matches what looks like one of the prompt's own tags, or like a chat template's control token.
var tagPattern = regexp.MustCompile(`(?i)<(\s*/?\s*(?:passages?|question|answer|last|notes|subject|documents?|system|assistant|user|\|))`)

// block makes text fit to stand between two tags. The random boundary keeps it from closing the block for a program
// that reads closely; a model does not, so look-alikes of tags lose their bracket too.
func block(text, boundary string) string {
	text = strings.ReplaceAll(lang.Clean(text), boundary, "")
	return tagPattern.ReplaceAllString(text, "‹$1")
}

// attribute makes text fit to stand between quotation marks on one line.
func attribute(text, boundary string) string {
	text = strings.Join(strings.Fields(block(text, boundary)), " ")
	return strings.NewReplacer(`"`, "'", "<", "‹", ">", "›").Replace(text)
}
