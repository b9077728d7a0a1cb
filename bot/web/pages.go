package web

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"strings"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/retrieval/lang"
)

//go:embed templates/*.tmpl
var templates embed.FS

// pages are the templates and what they refer to. They hold nothing of a language: its words are data of each page.
type pages struct {
	templates *template.Template
	assets    *assets
}

func newPages() (*pages, error) {
	a, err := newAssets()
	if err != nil {
		return nil, err
	}
	t, err := template.New("").Funcs(template.FuncMap{"asset": a.address, "path": publicPath, "dict": dict, "person": personURL}).ParseFS(templates, "templates/*.tmpl")
	if err != nil {
		return nil, fmt.Errorf("read templates: %w", err)
	}
	return &pages{templates: t, assets: a}, nil
}

// publicPath is where a browser finds a path of this server.
func publicPath(path string) string { return path }

// dict gives a template that others use several things at once: names and values in turn.
func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, errors.New("dict needs a value for each name")
	}
	m := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict needs a name, not %v", pairs[i])
		}
		m[name] = pairs[i+1]
	}
	return m, nil
}

// A frame is what every page has around its content.
type frame struct {
	Words    locale.Printer
	Tag      string // of the page's language
	Title    string
	Switches []languageSwitch
}

// A languageSwitch leads to the same page in another language, or tells that this is the one.
type languageSwitch struct {
	Tag     string
	Name    string
	URL     string
	Current bool
}

func (s *server) frame(r *http.Request, title string) frame {
	words := s.Catalog.For(negotiate(r))
	f := frame{Words: words, Tag: tag(words.Lang(), ""), Title: words.T("web.title")}
	if title != "" {
		f.Title = title + " · " + f.Title
	}
	for _, l := range []lang.Lang{lang.Chinese, lang.English} {
		values := r.URL.Query()
		values.Set("lang", string(l))
		name := words.T("web.lang.en")
		if l == lang.Chinese {
			name = words.T("web.lang.zh")
		}
		path := r.URL.EscapedPath()
		if strings.HasPrefix(path, "//") {
			path = "/" // it would name another host
		}
		f.Switches = append(f.Switches, languageSwitch{Tag: tag(l, ""), Name: name, URL: path + "?" + values.Encode(), Current: l == words.Lang()})
	}
	return f
}

// A chatPage is the data of the template "chat".
type chatPage struct {
	frame
	Suggestions  []string
	Event        string
	Conversation string            // that the form goes on with
	Question     string            // in the box
	Turn         *turn             // asked by the form
	Failure      *failure          // of that
	Script       map[string]string // the words the script needs
}

// A turn is a question with its answer, as the page shows them.
type turn struct {
	Question    string
	QuestionTag string
	Answer      bot.Answer
	Tag         string
	Text        []node
	Citations   []shownCitation
}

type shownCitation struct {
	bot.Citation
	Tag      string
	QuoteTag string
}

func turnOf(question string, a bot.Answer) *turn {
	cites := map[int]cited{}
	shown := make([]shownCitation, len(a.Citations))
	for i, c := range a.Citations {
		cites[c.N] = cited{Title: c.Title, URL: c.URL}
		shown[i] = shownCitation{Citation: c, Tag: tag(lang.DetectText(c.Title), c.Title), QuoteTag: tag(c.Lang, c.Quote)}
	}
	near := map[string]string{}
	for _, n := range a.Nearest {
		near[n.Title] = n.URL
	}
	text := parseMarkdown(a.Text, cites)
	linkItems(text, near)
	return &turn{
		Question: question, QuestionTag: tag(lang.Detect(question), question),
		Answer: a, Tag: answerTag(a), Text: text, Citations: shown,
	}
}

// answerTag is the tag of an answer's own words.
func answerTag(a bot.Answer) string {
	if a.Script == bot.Traditional {
		return "zh-Hant"
	}
	return tag(a.Lang, "")
}

func (s *server) chat(r *http.Request) chatPage {
	p := chatPage{frame: s.frame(r, ""), Event: r.URL.Query().Get("event")}
	p.Script = p.Words.Prefix("web.chat.")
	p.Suggestions = s.Suggestions[p.Words.Lang()]
	if len(p.Suggestions) == 0 {
		p.Suggestions = []string{p.Words.T("web.suggestion.1"), p.Words.T("web.suggestion.2"), p.Words.T("web.suggestion.3")}
	}
	return p
}

// chatPage answers GET /.
func (s *server) chatPage(w http.ResponseWriter, r *http.Request) error {
	rememberLang(w, r)
	return s.render(w, r, http.StatusOK, "chat", s.chat(r))
}

// askPage answers the page's form, sent by a browser that runs no script.
func (s *server) askPage(w http.ResponseWriter, r *http.Request) error {
	if err := r.ParseForm(); err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return err
		}
		return &fault{kind: faultBody, err: fmt.Errorf("read form: %w", err)}
	}
	page := s.chat(r)
	// A suggestion's button sends its question beside that of the box, which may be empty.
	question := ""
	for _, q := range r.PostForm["question"] {
		if strings.TrimSpace(q) != "" {
			question = q
		}
	}
	page.Event, page.Conversation = r.PostForm.Get("event"), r.PostForm.Get("conversation")
	answer, err := s.answer(r, bot.Question{Text: question, Event: page.Event, Conversation: page.Conversation, Audiences: publicOnly()}, nil)
	if err == nil {
		page.Conversation = answer.Conversation
		page.Turn = turnOf(question, answer)
		return s.render(w, r, http.StatusOK, "chat", page)
	}
	status, said, f := tell(err, visitOf(r))
	if status == faultGone.status || f.retryAfter > 0 {
		return err
	}
	if status >= 500 {
		s.Log.ErrorContext(r.Context(), "request failed", "request", said.RequestID, "code", said.Code, "error", err)
	}
	page.Failure, page.Question = &said, question
	return s.render(w, r, status, "chat", page)
}

// A failurePage is the data of the template "failure".
type failurePage struct {
	frame
	Status  int
	Failure failure
}

func (s *server) failurePage(w http.ResponseWriter, r *http.Request, status int, said failure) error {
	f := s.frame(r, "")
	return s.render(w, r, status, "failure", failurePage{frame: f, Status: status, Failure: said})
}

// render sends a page whole or not at all.
func (s *server) render(w http.ResponseWriter, _ *http.Request, status int, name string, data any) error {
	var page bytes.Buffer
	if err := s.pages.templates.ExecuteTemplate(&page, name, data); err != nil {
		return fmt.Errorf("render %s: %w", name, err)
	}
	h := w.Header()
	h.Set("Vary", "Accept-Language, Cookie")
	if h.Get("Cache-Control") == "" {
		h.Set("Cache-Control", "private, no-cache")
	}
	return writeBody(w, status, "text/html; charset=utf-8", page.Bytes())
}

// rehearse renders every page in every language, so that a broken one fails at start.
func (s *server) rehearse() error {
	for _, l := range []lang.Lang{lang.English, lang.Chinese} {
		r, err := http.NewRequest(http.MethodGet, "/?lang="+string(l), nil)
		if err != nil {
			return fmt.Errorf("rehearse pages: %w", err)
		}
		chat := s.chat(r)
		chat.Turn = turnOf("?", bot.Answer{Text: "[1]", Citations: []bot.Citation{{N: 1}}})
		chat.Failure = &failure{}
		segments := []segment{{Text: "1", Marked: true, First: true}}
		for name, data := range map[string]any{
			"chat":    chat,
			"failure": failurePage{frame: chat.frame},
			"answer":  answerPage{frame: chat.frame, Turn: chat.Turn},
			"reader": readerPage{frame: chat.frame, Heading: segments, Cited: true, Old: true, Gone: true, Groups: []group{
				{Kind: "heading", Level: 2, Segments: segments}, {Kind: "paragraph", Segments: segments}, {Kind: "quote", Segments: segments},
				{Kind: "code", Segments: segments}, {Kind: "list", Items: []listItem{{Segments: segments}}},
				{Kind: "table", Header: [][]segment{segments}, Rows: []tableRow{{Cells: [][]segment{segments}}}},
			}},
			"programme": rehearsedProgramme(chat.frame),
			"people":    rehearsedPeople(chat.frame),
			"person":    personPage{frame: chat.frame, Cards: rehearsedPeople(chat.frame).Found},
			"documents": documentsPage{frame: chat.frame, Before: "/", After: "/", Documents: []listedDocument{{Date: "1", Kind: "1"}}},
			"press":     pressPage{frame: chat.frame, Documents: []pressChoice{{ID: 1}}, Lengths: []choice{{Count: 1}}, Failure: &failure{}},
			"kit":       rehearsedKit(chat.frame),
		} {
			if err := s.pages.templates.ExecuteTemplate(io.Discard, name, data); err != nil {
				return fmt.Errorf("rehearse %s: %w", name, err)
			}
		}
	}
	return nil
}
