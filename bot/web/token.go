package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"
)

const (
	// tokenTime is how long a token is taken: a page that is left open renews it, a copied one is soon of no use.
	tokenTime = 10 * time.Minute
	// renewTime is how long after it was given a token may be changed for a new one: a page left open over a day's talks.
	renewTime = 24 * time.Hour
	// longestToken is more than that of the longest name of a host.
	longestToken = 512
)

var (
	errToken        = errors.New("token is not ours")
	errTokenExpired = errors.New("token has expired")
)

// tokens are given to the embedded chat: for one website, for a while. All processes with the secret take them.
type tokens struct {
	secret []byte
	now    func() time.Time
}

// give returns a token of a website, and when it expires.
func (t tokens) give(site string) (string, time.Time) {
	given := t.now()
	body := base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(given.Unix(), 10) + " " + site))
	return body + "." + base64.RawURLEncoding.EncodeToString(t.mac(body)), given.Add(tokenTime)
}

// mac binds what it is for, so that the secret may sign other things elsewhere.
func (t tokens) mac(body string) []byte {
	h := hmac.New(sha256.New, t.secret)
	h.Write([]byte("embed " + body))
	return h.Sum(nil)
}

// site returns the website that a token not older than age was given to. Its errors are errToken and, with the website,
// errTokenExpired.
func (t tokens) site(token string, age time.Duration) (string, error) {
	body, sum, found := strings.Cut(token, ".")
	if !found || len(token) > longestToken {
		return "", errToken
	}
	mac, err := base64.RawURLEncoding.DecodeString(sum)
	if err != nil || !hmac.Equal(mac, t.mac(body)) {
		return "", errToken
	}
	raw, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil {
		return "", errToken
	}
	seconds, site, found := strings.Cut(string(raw), " ")
	given, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil || !found {
		return "", errToken
	}
	if t.now().After(time.Unix(given, 0).Add(age)) {
		return site, errTokenExpired
	}
	return site, nil
}
