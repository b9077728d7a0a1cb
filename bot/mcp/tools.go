package mcp

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/google/jsonschema-go/jsonschema"
	sdk "github.com/modelcontextprotocol/go-sdk/mcp"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/retrieval"
	"osmanthus/retrieval/lang"
)

const (
	hitsGiven     = 8
	maxHits       = 20 // passages of some hundred words each: more would fill the caller's context
	peopleGiven   = 10
	maxPeople     = 50
	sessionsGiven = 50
	maxSessions   = 200
	// maxName bounds, in characters, a name, a title, a room and an event.
	maxName = 200
)

type searchInput struct {
	Query string `json:"query" jsonschema:"What to look for, in Chinese or English; documents of both languages are searched."`
	Event string `json:"event,omitempty" jsonschema:"Only documents of this event."`
	Limit int    `json:"limit,omitempty" jsonschema:"How many passages."`
}

type askInput struct {
	Question     string `json:"question" jsonschema:"The question, in Chinese or English. It is answered in its own language unless lang says otherwise."`
	Lang         string `json:"lang,omitempty" jsonschema:"Language of the answer."`
	Event        string `json:"event,omitempty" jsonschema:"Only documents of this event."`
	Mode         string `json:"mode,omitempty" jsonschema:"answer (the usual), summary of a document, an event or everything, or people for a person's card."`
	Conversation string `json:"conversation,omitempty" jsonschema:"The conversation of an answer before, for a question that follows on it."`
}

type personInput struct {
	Name  string `json:"name" jsonschema:"The name in any script, order or romanisation."`
	Event string `json:"event,omitempty" jsonschema:"Only documents of this event."`
	Limit int    `json:"limit,omitempty" jsonschema:"How many people."`
}

type sessionInput struct {
	Title   string `json:"title,omitempty" jsonschema:"The title or words of it."`
	Speaker string `json:"speaker,omitempty" jsonschema:"A speaker's name, in any script."`
	Room    string `json:"room,omitempty" jsonschema:"The room's whole name."`
	Day     string `json:"day,omitempty" jsonschema:"The day, as YYYY-MM-DD."`
	Now     bool   `json:"now,omitempty" jsonschema:"Only those under way now."`
	Event   string `json:"event,omitempty" jsonschema:"Only documents of this event."`
	Limit   int    `json:"limit,omitempty" jsonschema:"How many sessions."`
}

// addTools adds the four tools.
func (s *Server) addTools() error {
	return errors.Join(
		add(s, "search", "Search the documents", "Find the passages of the seminars' documents that bear on a question, best first, across both languages.", bounds{
			"query": text(1, bot.MaxQuestion), "event": text(0, maxName), "limit": number(hitsGiven, maxHits),
		}, s.search),
		add(s, "ask", "Ask a question", "Answer a question about the seminars from their documents, with numbered sources, or say that they do not tell.", bounds{
			"question": text(1, bot.MaxQuestion), "lang": choice("zh", "en"), "event": text(0, maxName), "mode": choice("answer", "summary", "people"), "conversation": text(0, maxName),
		}, s.ask),
		add(s, "person", "Look a person up", "What the documents say of a person: names in both scripts, positions with document and date, sessions. Contradictions are shown.", bounds{
			"name": text(1, maxName), "event": text(0, maxName), "limit": number(peopleGiven, maxPeople),
		}, s.person),
		add(s, "session", "Look sessions up", "Sessions and meetings by title, speaker, room, day or time, in the order of their times, each with its line in the programme.", bounds{
			"title": text(0, maxName), "speaker": text(0, maxName), "room": text(0, maxName), "day": text(0, len(time.DateOnly)), "event": text(0, maxName), "limit": number(sessionsGiven, maxSessions),
		}, s.session),
	)
}

// bounds are what a field of the input may be, by its name.
type bounds map[string]func(*jsonschema.Schema)

// text is of least to most characters.
func text(least, most int) func(*jsonschema.Schema) {
	return func(f *jsonschema.Schema) { f.MinLength, f.MaxLength = &least, &most }
}

// number is from 1 to most; usual is taken where it is not given.
func number(usual, most int) func(*jsonschema.Schema) {
	return func(f *jsonschema.Schema) {
		low, high := 1.0, float64(most)
		f.Minimum, f.Maximum, f.Default = &low, &high, fmt.Append(nil, usual)
	}
}

func choice(values ...any) func(*jsonschema.Schema) {
	return func(f *jsonschema.Schema) { f.Enum = values }
}

// add adds a tool whose result is text and the same as data. What it returns as an error is told in a sentence.
func add[In, Out any](s *Server, name, title, description string, b bounds, call func(context.Context, In) (string, Out, error)) error {
	schema, err := jsonschema.For[In](nil)
	if err != nil {
		return fmt.Errorf("schema of %s: %w", name, err)
	}
	for field, set := range b {
		if schema.Properties[field] == nil {
			return fmt.Errorf("schema of %s: no field %s", name, field)
		}
		set(schema.Properties[field])
	}
	closed := false
	sdk.AddTool(s.server, &sdk.Tool{
		Name: name, Title: title, Description: description, InputSchema: schema,
		Annotations: &sdk.ToolAnnotations{ReadOnlyHint: true, OpenWorldHint: &closed},
	}, func(ctx context.Context, _ *sdk.CallToolRequest, in In) (*sdk.CallToolResult, Out, error) {
		ctx, cancel := attended(ctx)
		defer cancel()
		said, out, err := guarded(ctx, in, call)
		if err != nil {
			return nil, out, s.told(ctx, name, err)
		}
		return &sdk.CallToolResult{Content: []sdk.Content{&sdk.TextContent{Text: said}}}, out, nil
	})
	return nil
}

// guarded makes an error of a panic.
func guarded[In, Out any](ctx context.Context, in In, call func(context.Context, In) (string, Out, error)) (said string, out Out, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return call(ctx, in)
}

// A failure is an error with the words in which it is told.
type failure struct {
	err   error
	words locale.Printer
}

func (f *failure) Error() string { return f.err.Error() }

func (f *failure) Unwrap() error { return f.err }

// A refusal is the sentence itself.
type refusal string

func (r refusal) Error() string { return string(r) }

// told makes the sentence that the caller gets, and never shows more of an error than its kind.
func (s *Server) told(ctx context.Context, tool string, err error) error {
	if r := refusal(""); errors.As(err, &r) {
		return r
	}
	words := s.Catalog.For(lang.English)
	if f := (*failure)(nil); errors.As(err, &f) {
		words = f.words
	}
	said := bot.FailureOf(err, words)
	if said.Code == bot.CodeInternal || said.Code == bot.CodeSearchDown {
		s.Log.ErrorContext(ctx, "tool failed", "tool", tool, "code", string(said.Code), "error", err)
	} else {
		s.Log.DebugContext(ctx, "tool refused", "tool", tool, "code", string(said.Code))
	}
	return errors.New(said.Message)
}

// filter is what those who call may see.
func (s *Server) filter(event string) retrieval.Filter {
	return retrieval.Filter{Event: event, Audiences: s.Audiences, Now: s.Now()}
}

// words are those of the language that a text is in.
func (s *Server) words(text string) locale.Printer {
	return bot.WordsFor(s.Catalog, bot.Question{Text: text})
}
