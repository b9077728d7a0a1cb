package source

import (
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
)

// An element is an XML element with all below it, names without their spaces.
type element struct {
	name  string
	attrs []xml.Attr
	kids  []*element
	text  string // character data directly below
}

func (e *element) attr(name string) string {
	for _, a := range e.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// kid returns the first child of a name, nil where there is none.
func (e *element) kid(name string) *element {
	if e == nil {
		return nil
	}
	for _, k := range e.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

// value is the val attribute of a child, as <w:pStyle w:val="Heading1"/> has it.
func (e *element) value(name string) (string, bool) {
	k := e.kid(name)
	if k == nil {
		return "", false
	}
	return k.attr("val"), true
}

// on reports whether a child switches something on.
func (e *element) on(name string) bool {
	v, ok := e.value(name)
	return ok && v != "0" && v != "false" && v != "off"
}

// is makes a want of names.
func is(names ...string) func(string) bool {
	return func(name string) bool { return slices.Contains(names, name) }
}

// walkXML reads XML and calls handle with each element that want names, with all below it; such an element within
// another is part of that one. Entities that the file defines are not known to the decoder, so none can multiply.
func walkXML(r io.Reader, depth int, file string, want func(string) bool, handle func(*element) error) error {
	d := xml.NewDecoder(r)
	var open []*element // of the element that is wanted
	level := 0
	for {
		token, err := d.RawToken()
		if errors.Is(err, io.EOF) {
			if level > 0 {
				return &Fault{Code: Damaged, Detail: file, Err: io.ErrUnexpectedEOF}
			}
			return nil
		}
		if err != nil {
			return &Fault{Code: Damaged, Detail: file, Err: err}
		}
		switch t := token.(type) {
		case xml.StartElement:
			if level++; level > depth {
				return &Fault{Code: TooNested, Limit: int64(depth)}
			}
			if len(open) == 0 && !want(t.Name.Local) {
				continue
			}
			e := &element{name: t.Name.Local, attrs: slices.Clone(t.Attr)}
			if len(open) > 0 {
				above := open[len(open)-1]
				above.kids = append(above.kids, e)
			}
			open = append(open, e)
		case xml.EndElement:
			level--
			if len(open) == 0 {
				continue
			}
			e := open[len(open)-1]
			if open = open[:len(open)-1]; len(open) == 0 {
				if err := handle(e); err != nil {
					return err
				}
			}
		case xml.CharData:
			if len(open) > 0 {
				e := open[len(open)-1]
				if e.text == "" {
					e.text = string(t)
				} else {
					e.text += string(t)
				}
			}
		}
	}
}

// rootOf calls handle with the outermost element, without what is below it.
func rootOf(r io.Reader, handle func(*element)) error {
	d := xml.NewDecoder(r)
	for {
		token, err := d.RawToken()
		if err != nil {
			return &Fault{Code: Damaged, Detail: "XML", Err: err}
		}
		if t, ok := token.(xml.StartElement); ok {
			handle(&element{name: t.Name.Local, attrs: slices.Clone(t.Attr)})
			return nil
		}
	}
}

// allText is all character data at and below an element, in order of elements.
func (e *element) allText() string {
	var b strings.Builder
	var walk func(*element)
	walk = func(e *element) {
		b.WriteString(e.text)
		for _, k := range e.kids {
			walk(k)
		}
	}
	walk(e)
	return b.String()
}
