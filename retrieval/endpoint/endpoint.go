// Package endpoint owns what both sides of go-openai, embeddings and chat, do alike with an endpoint: the HTTP client,
// the wait that a server asks for, and what of a server's words may stand in a log. It must not import anything of this
// module but retrieval/lang.
package endpoint

import (
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	openai "github.com/sashabaranov/go-openai"

	"osmanthus/retrieval/lang"
)

// Transport returns the usual transport with a time-out for connecting. It has none for replies: each side has its own.
func Transport(connect time.Duration) http.RoundTripper {
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: connect, KeepAlive: 30 * time.Second}).DialContext,
		TLSHandshakeTimeout: connect,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 16,
		IdleConnTimeout:     90 * time.Second,
	}
}

// Client returns a client that follows no redirect: one would send documents or prompts to a place nobody named.
func Client(transport http.RoundTripper) *http.Client {
	return &http.Client{
		Transport:     transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return errors.New("redirect refused") },
	}
}

// RetryAfter reads the header of that name: seconds or a date; 0 where there is none.
func RetryAfter(header string, now time.Time) time.Duration {
	if header == "" {
		return 0
	}
	if seconds, err := strconv.ParseFloat(strings.TrimSpace(header), 64); err == nil && seconds >= 0 && seconds < 1e6 {
		return time.Duration(seconds * float64(time.Second))
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// maxDetail bounds, in characters, what is kept of a server's own words.
const maxDetail = 200

// Detail is what the server said of an error, fit for a log: one line, without the key.
func Detail(err error, key string) string {
	var api *openai.APIError
	var request *openai.RequestError
	var text string
	switch {
	case errors.As(err, &api):
		text = api.Message
	case errors.As(err, &request):
		text = string(request.Body)
	default:
		text = err.Error()
	}
	if key != "" {
		text = strings.ReplaceAll(text, key, "***")
	}
	return lang.Truncate(strings.Join(strings.Fields(lang.Clean(text)), " "), maxDetail)
}
