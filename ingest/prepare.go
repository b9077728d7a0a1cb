package ingest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"path"
	"strings"
	"time"

	"osmanthus/ingest/facts"
	"osmanthus/ingest/source"
	"osmanthus/retrieval"
)

// prepare reads and splits one file, unless it has not changed.
func (r *run) prepare(ctx context.Context, f file) *document {
	d := &document{file: f}
	content, err := r.content(ctx, f)
	if err != nil {
		if ctx.Err() != nil {
			return d // the run has ended: not reached
		}
		d.err = err
		return d
	}
	hash := r.hash(content)
	old, known := r.hashes[f.source]
	if bytes.Equal(old, hash) {
		d.status = Unchanged
		return d
	}
	doc, err := r.options.Reader.Read(ctx, f.source, content, r.options.Limits)
	if err != nil {
		if ctx.Err() != nil {
			return d // the run has ended: not reached
		}
		d.err = err
		return d
	}
	if d.known = known; doc.Meta == nil {
		doc.Meta = map[string]string{}
	}
	d.version = Version{Source: f.source, Event: r.options.Event, Hash: hash, Document: doc}
	r.describe(&d.version)
	d.version.Facts = facts.Extract(d.version.Document, facts.Options{Zone: r.options.Zone, Names: r.options.Names})
	d.drafts = Split(doc)
	d.left = len(d.drafts)
	d.version.Passages = make([]retrieval.IndexedPassage, d.left)
	if d.left == 0 {
		d.err = &source.Fault{Code: source.NoText}
	}
	return d
}

func (r *run) content(ctx context.Context, f file) ([]byte, error) {
	if f.address != "" {
		return r.options.Fetcher.Fetch(ctx, f.address, r.options.Limits)
	}
	return f.read(r.options.Limits)
}

// hash is a document's content hash: what it says, how it is read, and what the options say of it.
func (r *run) hash(content []byte) []byte {
	h := sha256.New()
	fmt.Fprintf(h, "%d\x00%q%q%q%q\x00", PipelineVersion, r.options.Event, r.options.Kind, r.options.Audience, r.options.Fingerprint)
	h.Write(content)
	return h.Sum(nil)
}

// describe fills in what the options and the document's front matter say together. Where the two differ on the
// audience, the fewer people see it; what is not understood is for staff only.
func (r *run) describe(v *Version) {
	meta := maps.Clone(v.Document.Meta)
	v.Document.Meta = meta
	warn := func(key string) { v.Document.Warnings = append(v.Document.Warnings, key) }
	if v.Kind = strings.ToLower(meta["kind"]); v.Kind == "" {
		v.Kind = r.options.Kind
	}
	if e := meta["event"]; e != "" && r.options.Event != "" && e != r.options.Event {
		warn(source.WarnEvent)
	}
	v.Audience = retrieval.Public
	if r.options.Audience != "" {
		v.Audience = r.options.Audience
	}
	switch retrieval.Audience(strings.ToLower(meta["audience"])) {
	case "", retrieval.Public:
	case retrieval.Staff:
		v.Audience = retrieval.Staff
	default:
		v.Audience = retrieval.Staff
		warn(source.WarnAudience)
	}
	if e := meta["embargo"]; e != "" {
		t, ok := parseTime(e, r.options.Zone)
		if v.Embargo = t; !ok {
			v.Audience = retrieval.Staff
			warn(source.WarnEmbargo)
		}
	}
	if p := meta["parallel"]; p != "" { // is written as a path beside the document's own
		meta["parallel"] = path.Join(path.Dir(v.Source), p)
	}
}

func parseTime(s string, zone *time.Location) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04Z07:00", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
