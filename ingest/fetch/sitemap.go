package fetch

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/xml"
	"errors"
	"io"
	"net/url"
	"strings"

	"osmanthus/ingest/source"
)

const (
	// sitemaps is how many files an index of sitemaps may lead to.
	sitemaps = 50
	// robotsBytes is how much of a robots.txt is read, the least that RFC 9309 asks for.
	robotsBytes = 500 << 10
)

// IsSitemap reports whether an address is named as a sitemap is.
func IsSitemap(address string) bool {
	at, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return false
	}
	name := strings.ToLower(at.Path[strings.LastIndexByte(at.Path, '/')+1:])
	return strings.Contains(name, "sitemap") && (strings.HasSuffix(name, ".xml") || strings.HasSuffix(name, ".xml.gz"))
}

// Sitemap returns the addresses that a sitemap lists, and those of the sitemaps that it lists, once each: those of its
// own host, as far as the host's robots.txt lets programs read them. Where there are more than Options.Addresses, the
// first are returned with a fault of TooManyAddresses.
func (c *Client) Sitemap(ctx context.Context, address string) ([]string, error) {
	at, err := c.parse(address)
	if err != nil {
		return nil, err
	}
	var found []string
	seen := map[string]bool{}
	queue := []*url.URL{at}
	queued := map[string]bool{identity(at): true}
	for n := 0; n < len(queue) && n < sitemaps; n++ {
		if allowed, err := c.allowed(ctx, queue[n]); err != nil || !allowed {
			if err == nil {
				err = &source.Fault{Code: source.Robots}
			}
			return found, err
		}
		_, content, err := c.get(ctx, queue[n], Validators{}, func(kind string) bool {
			return !strings.HasPrefix(kind, "image/") && !strings.HasPrefix(kind, "video/")
		})
		if err != nil {
			return found, err
		}
		pages, more, err := c.locations(content, queue[n])
		if err != nil {
			return found, err
		}
		for _, u := range more {
			if id := identity(u); !queued[id] {
				queued[id] = true
				queue = append(queue, u)
			}
		}
		for _, u := range pages {
			id := identity(u)
			if seen[id] {
				continue
			}
			seen[id] = true
			allowed, err := c.allowed(ctx, u)
			if err != nil {
				return found, err
			}
			if !allowed {
				continue
			}
			if len(found) == c.options.Addresses {
				return found, &source.Fault{Code: source.TooManyAddresses, Limit: int64(c.options.Addresses)}
			}
			found = append(found, id)
		}
	}
	if len(queue) > sitemaps {
		return found, &source.Fault{Code: source.TooManyAddresses, Limit: sitemaps}
	}
	return found, nil
}

// locations reads a sitemap or an index of sitemaps; addresses of other hosts are left out.
func (c *Client) locations(content []byte, at *url.URL) (pages, more []*url.URL, err error) {
	var r io.Reader = bytes.NewReader(content)
	if bytes.HasPrefix(content, []byte{0x1F, 0x8B}) {
		unzipped, err := gzip.NewReader(r)
		if err != nil {
			return nil, nil, &source.Fault{Code: source.Damaged, Detail: "gzip", Err: err}
		}
		r = io.LimitReader(unzipped, c.options.Bytes)
	}
	d := xml.NewDecoder(r)
	var path []string
	var text strings.Builder
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			return pages, more, nil
		}
		if err != nil {
			return pages, more, &source.Fault{Code: source.Damaged, Detail: "sitemap", Err: err}
		}
		switch t := token.(type) {
		case xml.StartElement:
			if path = append(path, t.Name.Local); len(path) > source.DefaultDepth {
				return pages, more, &source.Fault{Code: source.TooNested, Limit: source.DefaultDepth}
			}
			text.Reset()
		case xml.CharData:
			text.Write(t)
		case xml.EndElement:
			if len(path) >= 2 && path[len(path)-1] == "loc" {
				u, err := at.Parse(strings.TrimSpace(text.String()))
				if err == nil && bareHost(u) == bareHost(at) {
					switch path[len(path)-2] {
					case "url":
						pages = append(pages, u)
					case "sitemap":
						more = append(more, u)
					}
				}
			}
			path = path[:max(len(path)-1, 0)]
		}
	}
}

// allowed asks the host's robots.txt, once a day. A host without one allows everything; one that does not answer, nothing.
func (c *Client) allowed(ctx context.Context, at *url.URL) (bool, error) {
	host := at.Scheme + "://" + at.Host
	c.mu.Lock()
	known := c.robots[host]
	c.mu.Unlock()
	if now := c.options.Now(); known == nil || now.Sub(known.asked) > robotsTime {
		u := &url.URL{Scheme: at.Scheme, Host: at.Host, Path: "/robots.txt"}
		if _, err := c.check(u); err != nil {
			return false, err
		}
		_, content, err := c.get(ctx, u, Validators{}, func(string) bool { return true })
		var fault *source.Fault
		switch {
		case err == nil:
			known = parseRobots(content[:min(len(content), robotsBytes)], c.options.Agent)
		case errors.As(err, &fault) && fault.Code == source.HTTPStatus && fault.Detail != "" && fault.Detail[0] == '4' && fault.Detail != "429":
			known = &rules{}
		default:
			return false, err
		}
		known.asked = now
		c.mu.Lock()
		c.robots[host] = known
		c.mu.Unlock()
	}
	return known.allow(at), nil
}
