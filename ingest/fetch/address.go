package fetch

import (
	"bytes"
	"cmp"
	"mime"
	"net/http"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"osmanthus/ingest/source"
)

// IsAddress reports whether what was given in place of a path is an address of the web, or looks like one of another kind.
func IsAddress(s string) bool { return strings.Contains(s, "://") }

// parse understands an address and refuses what may not be asked for.
func (c *Client) parse(address string) (*url.URL, error) {
	at, err := url.Parse(strings.TrimSpace(address))
	if err != nil {
		return nil, &source.Fault{Code: source.BadAddress, Detail: "address", Err: err}
	}
	return c.check(at)
}

// numeric are hosts that some resolvers read as IPv4 addresses in decimal, octal or hexadecimal figures.
var numeric = regexp.MustCompile(`(?i)^(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+))*\.?$`)

// check refuses schemes, ports, names and passwords that have no business in a public address.
func (c *Client) check(at *url.URL) (*url.URL, error) {
	bad := func(why string) (*url.URL, error) { return nil, &source.Fault{Code: source.BadAddress, Detail: why} }
	if at.Scheme != "http" && at.Scheme != "https" {
		return nil, &source.Fault{Code: source.URLUnsupported}
	}
	host := strings.TrimSuffix(strings.ToLower(at.Hostname()), ".")
	switch {
	case at.User != nil:
		return bad("user")
	case host == "":
		return bad("host")
	case host == "localhost" || strings.HasSuffix(host, ".localhost"):
		if len(c.options.Allow) == 0 {
			return nil, &source.Fault{Code: source.Blocked, Detail: host}
		}
	}
	port := at.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[at.Scheme]
	}
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil {
		return bad("port " + port)
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		if err := c.permit(netip.AddrPortFrom(ip, uint16(n))); err != nil {
			return nil, err
		}
	} else if numeric.MatchString(host) {
		return bad(host)
	}
	if !slices.Contains(c.options.Ports, uint16(n)) {
		return bad("port " + port)
	}
	return at, nil
}

// blocked are the ranges that do not belong to the public web (the IANA registries of special-purpose addresses).
var blocked = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"),
	netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("169.254.0.0/16"), netip.MustParsePrefix("172.16.0.0/12"),
	netip.MustParsePrefix("192.0.0.0/24"), netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"),
	netip.MustParsePrefix("192.168.0.0/16"), netip.MustParsePrefix("198.18.0.0/15"), netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("224.0.0.0/3"),
	// Of IPv6, 2000::/3 is given out; of it these are not, or lead to IPv4 addresses unseen.
	netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("3fff::/20"),
}

var global6 = netip.MustParsePrefix("2000::/3")

// permit says whether an address may be connected to.
func (c *Client) permit(at netip.AddrPort) error {
	ip := at.Addr().Unmap().WithZone("")
	if slices.ContainsFunc(c.options.Allow, func(p netip.Prefix) bool { return p.Contains(ip) }) && slices.Contains(c.options.Ports, at.Port()) {
		return nil
	}
	if !ip.Is4() && !global6.Contains(ip) || slices.ContainsFunc(blocked, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return &source.Fault{Code: source.Blocked, Detail: ip.String()}
	}
	if !slices.Contains(c.options.Ports, at.Port()) {
		return &source.Fault{Code: source.BadAddress, Detail: "port " + strconv.Itoa(int(at.Port()))}
	}
	return nil
}

// tracking are parameters that do not change what is served.
var tracking = regexp.MustCompile(`^(?:utm_.*|fbclid|gclid|spm)$`)

// identity is an address in one form.
func identity(at *url.URL) string {
	u := *at
	u.Host = strings.TrimSuffix(strings.ToLower(u.Host), ".")
	for scheme, port := range map[string]string{"http": ":80", "https": ":443"} {
		if u.Scheme == scheme {
			u.Host = strings.TrimSuffix(u.Host, port)
		}
	}
	u.Fragment, u.RawFragment, u.User = "", "", nil
	if u.RawQuery != "" {
		var kept []string
		for _, pair := range strings.Split(u.RawQuery, "&") {
			if name, _, _ := strings.Cut(pair, "="); pair != "" && !tracking.MatchString(name) {
				kept = append(kept, pair)
			}
		}
		u.RawQuery = strings.Join(kept, "&")
	}
	if u.Path == "" {
		u.Path = "/"
	}
	u.ForceQuery = false
	return u.String()
}

// headBytes is how far a page's head is looked at.
const headBytes = 256 << 10

// canonical is the address that a page says is its own. It is believed of the same host only, and not where it is the
// host's front page: many sites say that of every page.
func canonical(page []byte, at *url.URL) string {
	z := html.NewTokenizer(bytes.NewReader(page[:min(len(page), headBytes)]))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return identity(at)
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			if t.DataAtom == atom.Body {
				return identity(at)
			}
			if t.DataAtom != atom.Link {
				continue
			}
			attrs := map[string]string{}
			for _, a := range t.Attr {
				attrs[a.Key] = a.Val
			}
			if !slices.Contains(strings.Fields(strings.ToLower(attrs["rel"])), "canonical") {
				continue
			}
			to, err := at.Parse(strings.TrimSpace(attrs["href"]))
			if err != nil || to.Scheme != "http" && to.Scheme != "https" || bareHost(to) != bareHost(at) ||
				strings.Trim(to.Path, "/") == "" && to.RawQuery == "" && strings.Trim(at.Path, "/") != "" {
				return identity(at)
			}
			return identity(to)
		}
	}
}

func bareHost(u *url.URL) string { return strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.") }

func mediaType(r *http.Response) string {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// extensions hint at formats of text; the others are told by their content.
var extensions = map[string]string{
	"text/html": ".html", "application/xhtml+xml": ".html", "text/markdown": ".md", "text/csv": ".csv",
	"text/tab-separated-values": ".tsv", "text/calendar": ".ics", "application/json": ".json", "text/plain": ".txt",
}

// acceptable are the media types of documents, and what servers say of any file.
func acceptable(kind string) bool {
	switch kind {
	case "", "application/octet-stream", "application/pdf", "application/json", "application/xhtml+xml", "application/x-ndjson", "application/jsonl",
		"application/vnd.ms-excel", "application/download", "application/force-download", "binary/octet-stream":
		return true
	}
	return strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "application/vnd.openxmlformats-officedocument.")
}

// fileName is a name for what an address serves.
func fileName(at *url.URL, kind string) string {
	base := path.Base(at.Path)
	if base == "/" || base == "." {
		base = at.Hostname()
		return base + cmp.Or(extensions[kind], ".html")
	}
	hint := extensions[kind]
	if source.Known(base) && (hint == "" || kind == "text/plain") {
		return base
	}
	return strings.TrimSuffix(base, path.Ext(base)) + cmp.Or(hint, path.Ext(base))
}
