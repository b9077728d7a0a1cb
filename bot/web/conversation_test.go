package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"osmanthus/bot"
)

// forgetful is a store of conversations.
type forgetful func(id string) error

func (f forgetful) DeleteConversation(_ context.Context, id string) error { return f(id) }

func TestForgetConversation(t *testing.T) {
	t.Parallel()
	c := config(t)
	forgotten := make(chan string, 1)
	c.Conversations = forgetful(func(id string) error {
		if id == "broken" {
			return errors.New("down")
		}
		forgotten <- id
		return nil
	})
	s := start(t, c)
	if res := (request{method: "DELETE", path: "/api/conversations/held"}).send(t, s); res.StatusCode != http.StatusNoContent || <-forgotten != "held" {
		t.Errorf("got %d", res.StatusCode)
	}
	if res := (request{method: "DELETE", path: "/api/conversations/broken"}).send(t, s); res.StatusCode != http.StatusInternalServerError {
		t.Errorf("of a store that is down: %d", res.StatusCode)
	}
}

// A page without a script goes on with its conversation too.
func TestFormGoesOnWithItsConversation(t *testing.T) {
	t.Parallel()
	c := config(t)
	asked := make(chan string, 1)
	answer := answering(t, "It is.")
	c.Assistant = askFunc(func(ctx context.Context, q bot.Question, emit func(bot.Event) error) (bot.Answer, error) {
		asked <- q.Conversation
		a, err := answer(ctx, q, emit)
		a.Conversation = `next"<`
		return a, err
	})
	s := start(t, c)
	form := url.Values{"question": {"And when?"}, "conversation": {"held"}}.Encode()
	res := request{method: "POST", path: "/", body: form, header: http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}}.send(t, s)
	page, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if got := <-asked; got != "held" || !strings.Contains(string(page), `name="conversation" value="next&#34;&lt;"`) {
		t.Errorf("asked with %q:\n%s", got, page)
	}
}
