package sandbox

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"osmanthus/ingest/source"
)

// The wire: frames of a length (uint32, little-endian) and as many bytes. The parent first sends a hello, then for each
// document a request and the document's bytes; the child answers each with an answer. All but the bytes are JSON.
type (
	hello struct {
		Memory int64 `json:"memory"`
	}
	request struct {
		Name   string        `json:"name"`
		Limits source.Limits `json:"limits"`
	}
	answer struct {
		Document source.Document `json:"document"`
		Fault    *fault          `json:"fault,omitempty"`
		Error    string          `json:"error,omitempty"` // of the reader, not of the document
	}
	fault struct {
		Code   source.FaultCode `json:"code"`
		Limit  int64            `json:"limit"`
		Detail string           `json:"detail"`
		Err    string           `json:"err"`
	}
)

// maxFrame keeps a child that has gone wrong from filling its parent.
const maxFrame = 1 << 30

func (a answer) result() (source.Document, error) {
	switch {
	case a.Fault != nil:
		f := &source.Fault{Code: a.Fault.Code, Limit: a.Fault.Limit, Detail: a.Fault.Detail}
		if a.Fault.Err != "" {
			f.Err = errors.New(a.Fault.Err)
		}
		return source.Document{}, f
	case a.Error != "":
		return source.Document{}, fmt.Errorf("read: %s", a.Error)
	}
	return a.Document, nil
}

func answerOf(doc source.Document, err error) answer {
	var f *source.Fault
	switch {
	case err == nil:
		return answer{Document: doc}
	case errors.As(err, &f):
		out := &fault{Code: f.Code, Limit: f.Limit, Detail: f.Detail}
		if f.Err != nil {
			out.Err = f.Err.Error()
		}
		return answer{Fault: out}
	}
	return answer{Error: err.Error()}
}

func writeFrame(w io.Writer, b []byte) error {
	if len(b) > maxFrame {
		return fmt.Errorf("a frame of %d bytes", len(b))
	}
	var head [4]byte
	binary.LittleEndian.PutUint32(head[:], uint32(len(b)))
	if _, err := w.Write(head[:]); err != nil {
		return err
	}
	_, err := w.Write(b)
	return err
}

func writeJSON(w io.Writer, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return err
	}
	return writeFrame(w, b)
}

func readFrame(r io.Reader) ([]byte, error) {
	var head [4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(head[:])
	if size > maxFrame {
		return nil, fmt.Errorf("a frame of %d bytes", size)
	}
	b := make([]byte, size)
	if _, err := io.ReadFull(r, b); err != nil {
		return nil, err
	}
	return b, nil
}

func readJSON(r io.Reader, v any) error {
	b, err := readFrame(r)
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}
