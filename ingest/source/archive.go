package source

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"path"
	"strings"
)

// ratioFrom is the size from which an archived file's ratio is looked at: small files may well be even.
const ratioFrom = 1 << 20

// An archive is a zip file whose directory has been found to keep the limits. Archives within it are not opened, so
// there is no nesting to bound.
type archive struct {
	files  map[string]*zip.File
	limits Limits
}

func openArchive(b []byte, limits Limits) (*archive, error) {
	limits = limits.WithDefaults()
	z, err := zip.NewReader(bytes.NewReader(b), int64(len(b)))
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) { // nothing is ever written to a path
		return nil, &Fault{Code: Damaged, Detail: "zip", Err: err}
	}
	if len(z.File) > limits.Entries {
		return nil, &Fault{Code: TooManyEntries, Limit: int64(limits.Entries)}
	}
	a := &archive{files: make(map[string]*zip.File, len(z.File)), limits: limits}
	var total uint64
	for _, f := range z.File {
		size := f.UncompressedSize64
		if total += size; size > uint64(limits.Unzipped) || total > uint64(limits.Unzipped) {
			return nil, &Fault{Code: TooMuchUnzipped, Limit: limits.Unzipped}
		}
		if size > ratioFrom && size/max(f.CompressedSize64, 1) > uint64(limits.Ratio) {
			return nil, &Fault{Code: TooCompressed, Limit: limits.Ratio, Detail: oneLine(path.Base(f.Name))}
		}
		if f.Flags&1 != 0 {
			return nil, &Fault{Code: Encrypted}
		}
		name := strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/")
		if a.files[strings.ToLower(name)] == nil {
			a.files[strings.ToLower(name)] = f
		}
	}
	return a, nil
}

func (a *archive) has(name string) bool { return a.files[strings.ToLower(name)] != nil }

// open opens an archived file. What is read may not be more than the directory says, which the limits allowed: the zip
// reader sees to it.
func (a *archive) open(name string) (io.ReadCloser, error) {
	f := a.files[strings.ToLower(name)]
	if f == nil {
		return nil, &Fault{Code: Damaged, Detail: "no " + oneLine(name)}
	}
	r, err := f.Open()
	if err != nil {
		return nil, &Fault{Code: Damaged, Detail: oneLine(path.Base(name)), Err: err}
	}
	return r, nil
}

// walk calls handle with each element of an archived XML file that want names, with all that is below it. Of a file that
// is not there, nothing.
func (a *archive) walk(name string, want func(element string) bool, handle func(*element) error) error {
	if !a.has(name) {
		return nil
	}
	r, err := a.open(name)
	if err != nil {
		return err
	}
	defer r.Close()
	return walkXML(r, a.limits.Depth, path.Base(name), want, handle)
}

// A relation leads from a part of an office document to another.
type relation struct{ kind, target string }

// relations of a part, by their ids. Targets outside the archive are left out: they are never fetched.
func (a *archive) relations(part string) (map[string]relation, error) {
	found := map[string]relation{}
	dir, base := path.Split(part)
	err := a.walk(dir+"_rels/"+base+".rels", is("Relationship"), func(e *element) error {
		if e.attr("TargetMode") == "External" {
			return nil
		}
		target := e.attr("Target")
		if !strings.HasPrefix(target, "/") {
			target = path.Join("/"+dir, target)
		}
		found[e.attr("Id")] = relation{path.Base(e.attr("Type")), strings.TrimPrefix(path.Clean(target), "/")}
		return nil
	})
	return found, err
}
