package ingest

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"osmanthus/ingest/source"
	"osmanthus/retrieval"
)

// task says of a file what its job needs.
func (r *run) task(f file, content []byte) Task {
	o := r.options
	audience, digest := o.audience(f), sha256.Sum256(content)
	_, offset := r.now().In(o.Zone).Zone()
	return Task{
		Event: o.Event, Source: f.source, Size: int64(len(content)), Kind: o.Kind, Audience: audience, Embargo: o.Embargo, Limits: o.Limits,
		Zone:   Zone{o.Zone.String(), offset},
		Hash:   hash(o, audience, digest[:]),
		Origin: Origin{Batch: r.summary.Batch, Ingester: o.Ingester, Pipeline: PipelineVersion, Model: r.model},
	}
}

// audience is who may see a file before it has been read.
func (o Options) audience(f file) retrieval.Audience {
	switch {
	case staffFolder(f.source):
		return retrieval.Staff
	case o.Audience == "":
		return retrieval.Public
	}
	return o.Audience
}

// hash is a document's content hash: what it says, by the digest of its bytes, how it is read, and what the options say
// of it.
func hash(o Options, audience retrieval.Audience, digest []byte) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%d\x00%q%q%q%q", PipelineVersion, o.Event, o.Kind, audience, o.fingerprint)
	if !o.Embargo.IsZero() {
		fmt.Fprintf(h, "%d", o.Embargo.Unix())
	}
	h.Write([]byte{0})
	h.Write(digest)
	return h.Sum(nil)
}

// staffFolder reports whether a file lies in a folder named for the staff; an address is what it is to the world.
func staffFolder(name string) bool {
	if strings.Contains(name, "://") {
		return false
	}
	folders := strings.Split(strings.ToLower(path.Dir(name)), "/")
	return slices.ContainsFunc(folders, func(folder string) bool { return folder == "staff" || folder == "_staff" || folder == "内部" })
}

// describe fills in what the task and the document's front matter say together. Where they differ on the audience or on
// the embargo, the fewer people see it and the later; what is not understood is for staff only.
func describe(v *Version, task Task, zone *time.Location) {
	meta := maps.Clone(v.Document.Meta)
	if meta == nil {
		meta = map[string]string{}
	}
	v.Document.Meta = meta
	warn := func(key string) { v.Document.Warnings = append(v.Document.Warnings, key) }
	if v.Kind = strings.ToLower(meta["kind"]); v.Kind == "" {
		v.Kind = task.Kind
	}
	if e := meta["event"]; e != "" && task.Event != "" && e != task.Event {
		warn(source.WarnEvent)
	}
	v.Audience = task.Audience
	switch retrieval.Audience(strings.ToLower(meta["audience"])) {
	case "", retrieval.Public:
	case retrieval.Staff:
		v.Audience = retrieval.Staff
	default:
		v.Audience = retrieval.Staff
		warn(source.WarnAudience)
	}
	if v.Audience != retrieval.Public {
		v.Audience = retrieval.Staff // whatever a task says that is not understood
	}
	v.Embargo = task.Embargo
	if e := meta["embargo"]; e != "" {
		t, ok := ParseTime(e, zone)
		if !ok {
			v.Audience = retrieval.Staff
			warn(source.WarnEmbargo)
		} else if t.After(v.Embargo) {
			v.Embargo = t
		}
	}
	if p := meta["parallel"]; p != "" {
		meta["parallel"] = beside(v.Source, p)
	}
	if s := meta["supersedes"]; s != "" {
		if v.Supersedes = beside(v.Source, s); v.Supersedes == v.Source || !ofOneHost(v.Source, v.Supersedes) {
			v.Supersedes = ""
		}
	}
	if v.Canonical = meta["id"]; v.Canonical == "" && ofOneHost(v.Source, meta["canonical"]) && !frontPage(meta["canonical"]) {
		v.Canonical = meta["canonical"]
	}
}

// ofOneHost reports whether a page names an address of its own host: a site may not speak for another. A file may name
// anything.
func ofOneHost(own, named string) bool {
	if !strings.Contains(own, "://") {
		return true
	}
	a, errA := url.Parse(own)
	b, errB := url.Parse(named)
	return errA == nil && errB == nil && strings.EqualFold(strings.TrimPrefix(a.Hostname(), "www."), strings.TrimPrefix(b.Hostname(), "www."))
}

// frontPage reports whether an address is a host's front page. Many sites say of every page that it is that one, so it is
// no page's identity.
func frontPage(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.Host != "" && strings.Trim(u.Path, "/") == "" && u.RawQuery == ""
}

// beside is the source that a document names as a path beside its own; an address stands for itself.
func beside(own, named string) string {
	if strings.Contains(named, "://") {
		return named
	}
	return path.Join(path.Dir(own), named)
}

// ParseTime reads a time of an embargo; zone is that of one that names none.
func ParseTime(s string, zone *time.Location) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// doubts are what looks wrong with a document that could be read, as catalogue keys.
func doubts(d source.Document) []string {
	var keys []string
	if d.Date.IsZero() {
		keys = append(keys, source.WarnNoDate)
	}
	if d.Untitled {
		keys = append(keys, source.WarnNoTitle)
	}
	return keys
}
