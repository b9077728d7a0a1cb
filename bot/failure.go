package bot

import (
	"errors"

	"osmanthus/bot/locale"
)

// A Code names a failure for programs; "error." + code is its text's key in the catalogue.
type Code string

// The codes.
const (
	CodeQuestionEmpty Code = "question_empty"
	CodeQuestionLong  Code = "question_long"
	CodeLangUnknown   Code = "lang_unknown"
	CodeModeUnknown   Code = "mode_unknown"
	CodeSearchDown    Code = "search_down" // the documents could not be searched
	CodeStopped       Code = "stopped"     // the asker went away or pressed stop
	CodeInternal      Code = "internal"
)

// ErrTruncated is what a Model returns, wrapped, when the text it streamed is whole but for its end, and so no answer: the limit of
// tokens was reached.
var ErrTruncated = errors.New("text cut at the limit of tokens")

// An Error is a failure that the asker is told of. Its text is for logs; Sentence is for people.
type Error struct {
	Code Code
	Args []any // of the text in the catalogue, names and values
	Err  error // the cause; may be nil
}

// Error is for logs: it never holds the question.
func (e *Error) Error() string {
	if e.Err == nil {
		return string(e.Code)
	}
	return string(e.Code) + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// Retryable reports whether the same question may succeed later.
func (e *Error) Retryable() bool {
	return e.Code == CodeSearchDown || e.Code == CodeInternal || e.Code == CodeStopped
}

// Sentence is what the asker reads.
func (e *Error) Sentence(p locale.Printer) string { return p.T("error."+string(e.Code), e.Args...) }

// A Failure is the data of an error event and of the API's error body.
type Failure struct {
	Code      Code   `json:"code"`
	Message   string `json:"message"` // in the asker's language
	Retryable bool   `json:"retryable"`
}

// FailureOf tells an error of Ask in the printer's language; what is not an Error becomes CodeInternal.
func FailureOf(err error, p locale.Printer) Failure {
	var e *Error
	if !errors.As(err, &e) {
		e = &Error{Code: CodeInternal, Err: err}
	}
	return Failure{Code: e.Code, Message: e.Sentence(p), Retryable: e.Retryable()}
}
