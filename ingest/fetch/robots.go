package fetch

import (
	"net/url"
	"strings"
	"time"
)

// rules are what a robots.txt says to programs like ours (RFC 9309).
type rules struct {
	lines []rule
	asked time.Time
}

type rule struct {
	pattern string
	allow   bool
}

// parseRobots takes the groups that name our agent, and where there is none, those for all.
func parseRobots(content []byte, agent string) *rules {
	product, _, _ := strings.Cut(strings.ToLower(agent), " ")
	product, _, _ = strings.Cut(product, "/")
	own, all := &rules{}, &rules{}
	named := false
	var groups []*rules // those that the lines at hand are for
	heads := false      // the last line named an agent
	for line := range strings.Lines(string(content)) {
		line, _, _ = strings.Cut(line, "#")
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		switch strings.ToLower(strings.TrimSpace(key)) {
		case "user-agent":
			if !heads {
				groups = nil
			}
			heads = true
			switch name := strings.ToLower(value); {
			case name == "*":
				groups = append(groups, all)
			case name == product:
				groups, named = append(groups, own), true
			}
		case "allow", "disallow":
			heads = false
			if value == "" {
				continue
			}
			for _, g := range groups {
				g.lines = append(g.lines, rule{value, strings.EqualFold(strings.TrimSpace(key), "allow")})
			}
		default:
			heads = false
		}
	}
	if named {
		return own
	}
	return all
}

// allow: the longest pattern that fits decides; of two as long, the one that allows.
func (r *rules) allow(at *url.URL) bool {
	path := at.EscapedPath()
	if path == "" {
		path = "/"
	}
	if at.RawQuery != "" {
		path += "?" + at.RawQuery
	}
	best, allowed := -1, true
	for _, l := range r.lines {
		if n := len(l.pattern); fits(l.pattern, path) && (n > best || n == best && l.allow) {
			best, allowed = n, l.allow
		}
	}
	return allowed
}

// fits matches a pattern, in which * stands for anything and $ at its end for the address's end, to an address's start.
func fits(pattern, path string) bool {
	pattern, whole := strings.CutSuffix(pattern, "$")
	parts := strings.Split(pattern, "*")
	if !strings.HasPrefix(path, parts[0]) {
		return false
	}
	rest := path[len(parts[0]):]
	for i, part := range parts[1:] {
		if whole && i == len(parts)-2 {
			return strings.HasSuffix(rest, part)
		}
		at := strings.Index(rest, part)
		if at < 0 {
			return false
		}
		rest = rest[at+len(part):]
	}
	return !whole || rest == ""
}
