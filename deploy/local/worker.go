package local

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"runtime"
)

// The worker's wire, little-endian. The parent first sends one byte, the niceness. The worker answers each request in
// turn, and itself first, with a greeting of status 0 and no vector.
//
//	request:  kind uint8 (0 passage, 1 query), length uint32, text
//	response: status uint8 (0 good, 1 failed), tokens uint32, length uint32, then that many bytes:
//	          float32 values, or what went wrong
const (
	kindPassage = 0
	kindQuery   = 1

	statusGood   = 0
	statusFailed = 1

	// maxFrame is the most bytes of a frame: far above what clean lets through.
	maxFrame = 1 << 20
)

// RunEmbedWorker is the hidden command local-embed-worker: it loads the engine of home and embeds what comes on
// standard input, one text at a time, until the input ends.
func RunEmbedWorker(ctx context.Context, home string, stdin io.Reader, stdout io.Writer) error {
	// The engine's threads and the priority both belong to one thread. It is never given back.
	runtime.LockOSThread()
	l, err := openLayout(home)
	if err != nil {
		return err
	}
	p, err := findPart(embedderPart)
	if err != nil {
		return err
	}
	in, out := bufio.NewReader(stdin), bufio.NewWriter(stdout)
	nice, err := in.ReadByte()
	if err != nil {
		return fmt.Errorf("read the priority: %w", err)
	}
	if nice > 0 {
		if err := setNice(int(nice)); err != nil {
			return fmt.Errorf("lower the priority: %w", err)
		}
	}
	engine, err := loadEngine(filepath.Join(l.parts(), p.folder()))
	if err == nil {
		_, _, err = engine.embed("osmanthus", true) // reads the model in
	}
	if err != nil {
		return errors.Join(err, writeResponse(out, statusFailed, 0, []byte(err.Error())))
	}
	if err := writeResponse(out, statusGood, 0, nil); err != nil {
		return err
	}
	for ctx.Err() == nil {
		kind, text, err := readRequest(in)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		vector, tokens, err := engine.embed(text, kind == kindQuery)
		if err != nil {
			err = writeResponse(out, statusFailed, 0, []byte(err.Error()))
		} else {
			err = writeResponse(out, statusGood, tokens, packVector(vector))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func writeRequest(w io.Writer, kind byte, text string) error {
	frame := make([]byte, 0, 5+len(text))
	frame = append(frame, kind)
	frame = binary.LittleEndian.AppendUint32(frame, uint32(len(text)))
	frame = append(frame, text...)
	_, err := w.Write(frame)
	return err
}

// readRequest gives io.EOF only between two requests.
func readRequest(r io.Reader) (kind byte, text string, err error) {
	var head [5]byte
	if _, err := io.ReadFull(r, head[:1]); err != nil {
		return 0, "", err
	}
	body := func() error {
		if _, err := io.ReadFull(r, head[1:]); err != nil {
			return err
		}
		size := binary.LittleEndian.Uint32(head[1:])
		if size > maxFrame {
			return fmt.Errorf("a text of %d bytes", size)
		}
		b := make([]byte, size)
		_, err := io.ReadFull(r, b)
		text = string(b)
		return err
	}
	if err := body(); err != nil {
		return 0, "", fmt.Errorf("read a request: %w", noEOF(err))
	}
	return head[0], text, nil
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

func writeResponse(w *bufio.Writer, status byte, tokens int, body []byte) error {
	head := make([]byte, 0, 9)
	head = append(head, status)
	head = binary.LittleEndian.AppendUint32(head, uint32(tokens))
	head = binary.LittleEndian.AppendUint32(head, uint32(len(body)))
	_, err1 := w.Write(head)
	_, err2 := w.Write(body)
	if err := errors.Join(err1, err2, w.Flush()); err != nil {
		return fmt.Errorf("write a response: %w", err)
	}
	return nil
}

func readResponse(r io.Reader) (status byte, tokens int, body []byte, err error) {
	var head [9]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return 0, 0, nil, fmt.Errorf("read a response: %w", err)
	}
	size := binary.LittleEndian.Uint32(head[5:])
	if size > maxFrame {
		return 0, 0, nil, fmt.Errorf("read a response: %d bytes", size)
	}
	body = make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return 0, 0, nil, fmt.Errorf("read a response: %w", noEOF(err))
	}
	return head[0], int(binary.LittleEndian.Uint32(head[1:])), body, nil
}

// packVector is the wire's form, which is also that of the encoding_format base64.
func packVector(vector []float32) []byte {
	b := make([]byte, 0, 4*len(vector))
	for _, x := range vector {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
	}
	return b
}

// unpackVector refuses what is not a vector of length 1 and the model's size.
func unpackVector(b []byte) ([]float32, error) {
	if len(b) != 4*Dimensions {
		return nil, fmt.Errorf("the engine gave %d bytes, not %d values", len(b), Dimensions)
	}
	vector := make([]float32, Dimensions)
	sum := 0.0
	for i := range vector {
		vector[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		sum += float64(vector[i]) * float64(vector[i])
	}
	// False for NaN and infinities too.
	if !(sum > 0.98 && sum < 1.02) {
		return nil, fmt.Errorf("the engine gave a vector of length %.3g, not 1", math.Sqrt(sum))
	}
	return vector, nil
}
