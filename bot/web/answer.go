package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"osmanthus/bot"
	"osmanthus/retrieval"
)

// Answers are those given before.
type Answers interface {
	// Answer returns an answer as it was given. What does not exist, was given to more audiences than the filter's or
	// made from a document that it does not permit now is retrieval.ErrNotFound.
	Answer(ctx context.Context, f retrieval.Filter, id string) (retrieval.KeptAnswer, error)
}

// longestID is more than any id of an answer has.
const longestID = 64

// An answerBody is what GET /api/answers/{id} gives.
type answerBody struct {
	Question   string     `json:"question"`             // as it was asked
	Understood string     `json:"understood,omitempty"` // as a conversation completed it
	Given      time.Time  `json:"given"`
	Answer     bot.Answer `json:"answer"`
}

// givenAnswer opens the answer that the path names.
func (s *server) givenAnswer(r *http.Request) (answerBody, error) {
	id := r.PathValue("id")
	if s.Answers == nil || len(id) > longestID {
		return answerBody{}, retrieval.ErrNotFound
	}
	kept, err := s.Answers.Answer(r.Context(), retrieval.Filter{Audiences: publicOnly(), Now: s.Now()}, id)
	if err != nil {
		return answerBody{}, fmt.Errorf("open answer: %w", err)
	}
	body := answerBody{Question: kept.Question, Understood: kept.Whole, Given: kept.Given.UTC()}
	if err := json.Unmarshal(kept.JSON, &body.Answer); err != nil {
		return answerBody{}, fmt.Errorf("read answer %s: %w", id, err)
	}
	body.Answer = body.Answer.Linked(s.base.link)
	return body, nil
}

// answerGiven answers GET /api/answers/{id}.
func (s *server) answerGiven(w http.ResponseWriter, r *http.Request) error {
	body, err := s.givenAnswer(r)
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, body)
}

// An answerPage is the data of the template "answer".
type answerPage struct {
	frame
	Turn  *turn
	Given time.Time
	When  string // Given as the page's language writes it
}

// answerPage answers GET /a/{id}: an answer as it was, whose sources open in the versions that it was made from.
func (s *server) answerPage(w http.ResponseWriter, r *http.Request) error {
	body, err := s.givenAnswer(r)
	if err != nil {
		return err
	}
	s.rememberLang(w, r)
	question := body.Question
	if body.Understood != "" {
		question = body.Understood // it must be understood without what came before
	}
	// Whoever has the link may read the answer; a search engine has not been given it.
	w.Header().Set("X-Robots-Tag", "noindex")
	page := answerPage{frame: s.frame(r, question), Turn: turnOf(question, body.Answer), Given: body.Given}
	page.When = body.Given.Format(page.Words.T("web.time"))
	return s.render(w, r, http.StatusOK, "answer", page)
}
