// Package fetch gets pages and files of the public web, and the addresses a sitemap lists, without ever reaching into
// this machine or its network: the address that a name resolves to is looked at when the connection is made, on every
// hop. It fetches what it is told and nothing that a document names. It must not import the store.
package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/time/rate"

	"osmanthus/ingest/source"
)

// The defaults of Options.
const (
	DefaultTime      = time.Minute
	DefaultInterval  = time.Second
	DefaultRedirects = 3
	DefaultAddresses = 1000
	DefaultAgent     = "osmanthus (documents of a seminar)"
)

const (
	// headerBytes bounds what a server may say before its answer.
	headerBytes = 64 << 10
	connectTime = 10 * time.Second
	// robotsTime is how long a robots.txt counts: no longer than a day, as RFC 9309 asks.
	robotsTime = 24 * time.Hour
)

// Options of a Client. The zero value asks the public web politely.
type Options struct {
	Ports     []uint16         // nil: 80 and 443
	Allow     []netip.Prefix   // ranges that are fetched from though they are blocked, such as an intranet's
	Bytes     int64            // of an answer; 0: source.DefaultBytes
	Time      time.Duration    // of a request with its redirects; 0: DefaultTime
	Redirects int              // 0: DefaultRedirects
	Interval  time.Duration    // between two requests to a host; 0: DefaultInterval
	Addresses int              // of a sitemap with all it leads to; 0: DefaultAddresses
	Agent     string           // empty: DefaultAgent
	Resolver  *net.Resolver    // nil: the system's
	Now       func() time.Time // nil: time.Now
}

// A Client fetches. It is safe for concurrent use.
type Client struct {
	options Options
	http    *http.Client

	mu     sync.Mutex
	hosts  map[string]*rate.Limiter
	robots map[string]*rules
}

// Validators are what a server gave to ask later whether a page has changed.
type Validators struct {
	ETag         string
	LastModified string
}

// A File is what an address serves.
type File struct {
	Source     string // its identity: the canonical address
	Name       string // a file's name for it, whose extension hints at its format
	Content    []byte
	Validators Validators
	Unchanged  bool // the server says that it is as it was; then there is no content
}

// New returns a client.
func New(o Options) *Client {
	if o.Ports == nil {
		o.Ports = []uint16{80, 443}
	}
	if o.Bytes <= 0 {
		o.Bytes = source.DefaultBytes
	}
	if o.Time <= 0 {
		o.Time = DefaultTime
	}
	if o.Redirects <= 0 {
		o.Redirects = DefaultRedirects
	}
	if o.Interval <= 0 {
		o.Interval = DefaultInterval
	}
	if o.Addresses <= 0 {
		o.Addresses = DefaultAddresses
	}
	if o.Agent == "" {
		o.Agent = DefaultAgent
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	c := &Client{options: o, hosts: map[string]*rate.Limiter{}, robots: map[string]*rules{}}
	dialer := &net.Dialer{Timeout: connectTime, Resolver: o.Resolver, Control: c.control}
	c.http = &http.Client{
		CheckRedirect: c.checkRedirect,
		Transport: &http.Transport{
			Proxy:                  nil, // a proxy would resolve names itself, unseen
			DialContext:            dialer.DialContext,
			TLSHandshakeTimeout:    connectTime,
			ResponseHeaderTimeout:  o.Time,
			MaxResponseHeaderBytes: headerBytes,
			MaxIdleConnsPerHost:    1,
			IdleConnTimeout:        connectTime,
			ForceAttemptHTTP2:      true,
		},
	}
	return c
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// control is called with the address that is about to be connected to, after names were resolved.
func (c *Client) control(network, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || network != "tcp4" && network != "tcp6" {
		return &source.Fault{Code: source.BadAddress, Detail: address}
	}
	return c.permit(at)
}

// checkRedirect looks at each hop as at the first address.
func (c *Client) checkRedirect(request *http.Request, via []*http.Request) error {
	if len(via) > c.options.Redirects {
		return &source.Fault{Code: source.TooManyRedirects, Limit: int64(c.options.Redirects)}
	}
	request.Header.Del("Referer")
	_, err := c.check(request.URL)
	return err
}

// Get fetches an address. known makes the request conditional. An error is a *source.Fault, unless ctx has ended.
func (c *Client) Get(ctx context.Context, address string, known Validators) (File, error) {
	at, err := c.parse(address)
	if err != nil {
		return File{}, err
	}
	response, content, err := c.get(ctx, at, known, acceptable)
	if err != nil {
		return File{}, err
	}
	final := response.Request.URL
	file := File{
		Source: identity(final), Content: content,
		Validators: Validators{ETag: response.Header.Get("ETag"), LastModified: response.Header.Get("Last-Modified")},
	}
	if response.StatusCode == http.StatusNotModified {
		file.Unchanged = true
		return file, nil
	}
	kind := mediaType(response)
	if kind == "text/html" || kind == "application/xhtml+xml" {
		file.Source = canonical(content, final)
	}
	file.Name = fileName(final, kind)
	return file, nil
}

// Pages returns the addresses of the documents at an address: its own, or those that it lists where it is named as a
// sitemap is.
func (c *Client) Pages(ctx context.Context, address string) ([]string, error) {
	if IsSitemap(address) {
		return c.Sitemap(ctx, address)
	}
	at, err := c.parse(address)
	if err != nil {
		return nil, err
	}
	return []string{identity(at)}, nil
}

// Fetch returns what is at an address, of at most limits.Bytes, and the server's validators as one text, empty where it
// gave none. known are those of an earlier answer, or empty: where the server says that nothing has changed, there is no
// content and known is returned.
func (c *Client) Fetch(ctx context.Context, address, known string, limits source.Limits) ([]byte, string, error) {
	file, err := c.Get(ctx, address, validators(known))
	switch {
	case err != nil:
		return nil, "", err
	case file.Unchanged:
		return nil, known, nil
	case int64(len(file.Content)) > limits.MaxBytes():
		return nil, "", &source.Fault{Code: source.TooLarge, Limit: limits.MaxBytes()}
	}
	return file.Content, file.Validators.text(), nil
}

// text puts validators into one text: a header's value holds no line feed, so one keeps them apart.
func (v Validators) text() string {
	if v == (Validators{}) {
		return ""
	}
	return v.ETag + "\n" + v.LastModified
}

func validators(text string) Validators {
	tag, modified, _ := strings.Cut(text, "\n")
	return Validators{ETag: tag, LastModified: modified}
}

// get asks politely and reads the answer within the limits. accept judges its media type.
func (c *Client) get(ctx context.Context, at *url.URL, known Validators, accept func(string) bool) (*http.Response, []byte, error) {
	if err := c.limiter(at.Host).Wait(ctx); err != nil {
		return nil, nil, fmt.Errorf("fetch: %w", err)
	}
	timed, cancel := context.WithTimeout(ctx, c.options.Time)
	defer cancel()
	request, err := http.NewRequestWithContext(timed, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, nil, &source.Fault{Code: source.BadAddress, Detail: "address", Err: err}
	}
	request.Header.Set("User-Agent", c.options.Agent)
	request.Header.Set("Accept", "text/html,application/xhtml+xml,application/pdf,text/*;q=0.9,*/*;q=0.5")
	if known.ETag != "" {
		request.Header.Set("If-None-Match", known.ETag)
	}
	if known.LastModified != "" {
		request.Header.Set("If-Modified-Since", known.LastModified)
	}
	response, err := c.http.Do(request)
	if err != nil {
		return nil, nil, c.fault(ctx, timed, err)
	}
	defer response.Body.Close()
	switch {
	case response.StatusCode == http.StatusNotModified && known != (Validators{}):
		return response, nil, nil
	case response.StatusCode != http.StatusOK:
		return nil, nil, &source.Fault{Code: source.HTTPStatus, Detail: fmt.Sprint(response.StatusCode)}
	case response.ContentLength > c.options.Bytes:
		return nil, nil, &source.Fault{Code: source.TooLarge, Limit: c.options.Bytes}
	}
	if kind := mediaType(response); !accept(kind) {
		return nil, nil, &source.Fault{Code: source.WrongType, Detail: kind}
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, c.options.Bytes+1))
	if err != nil {
		return nil, nil, c.fault(ctx, timed, err)
	}
	if int64(len(content)) > c.options.Bytes {
		return nil, nil, &source.Fault{Code: source.TooLarge, Limit: c.options.Bytes}
	}
	return response, content, nil
}

// fault makes of what went wrong on the way a fault that says what a person can do about.
func (c *Client) fault(ctx, timed context.Context, err error) error {
	var fault *source.Fault
	var dns *net.DNSError
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("fetch: %w", ctx.Err())
	case errors.As(err, &fault):
		return fault
	case timed.Err() != nil:
		return &source.Fault{Code: source.FetchTooSlow, Limit: int64(max(c.options.Time.Seconds(), 1)), Err: err}
	case errors.As(err, &dns):
		return &source.Fault{Code: source.Unreachable, Detail: "no such host", Err: err}
	}
	reason := err
	var urlErr *url.Error
	if errors.As(err, &urlErr) {
		reason = urlErr.Err
	}
	return &source.Fault{Code: source.Unreachable, Detail: strings.TrimSpace(reason.Error()), Err: err}
}

// limiter keeps requests to a host apart.
func (c *Client) limiter(host string) *rate.Limiter {
	c.mu.Lock()
	defer c.mu.Unlock()
	l := c.hosts[host]
	if l == nil {
		l = rate.NewLimiter(rate.Every(c.options.Interval), 1)
		c.hosts[host] = l
	}
	return l
}
