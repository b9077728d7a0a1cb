package main

import (
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"osmanthus/retrieval"
)

// cacheFlag lets the evaluations of one corpus in several pools embed it once. Questions are always embedded, so that
// what is measured of their time is true.
type cacheFlag struct {
	Cache string `type:"path" help:"Folder in which the vectors of passages are kept from one evaluation to the next."`
}

// cached wraps the embedder where the flag is set.
func (c cacheFlag) cached(e retrieval.Embedder) (retrieval.Embedder, func() error, error) {
	if c.Cache == "" {
		return e, func() error { return nil }, nil
	}
	cache, err := openVectorCache(c.Cache, e)
	if err != nil {
		return nil, nil, fmt.Errorf("open the cache of vectors in %s: %w", c.Cache, err)
	}
	return cache, cache.file.Close, nil
}

// A vectorCache remembers a model's vectors of passages in a file: records of a text's SHA-256, the number of
// dimensions (uint16) and these (float32), little-endian. A record that was cut off is written over.
type vectorCache struct {
	retrieval.Embedder
	mu    sync.Mutex
	file  *os.File
	known map[[sha256.Size]byte][]float32
}

func openVectorCache(folder string, e retrieval.Embedder) (*vectorCache, error) {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, err
	}
	name := strings.Map(func(r rune) rune {
		if r == '/' || r == os.PathSeparator || r == ':' {
			return '_'
		}
		return r
	}, e.Model())
	file, err := os.OpenFile(filepath.Join(folder, name+".vectors"), os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	c := &vectorCache{Embedder: e, file: file, known: make(map[[sha256.Size]byte][]float32)}
	whole, err := c.load()
	if err == nil {
		_, err = file.Seek(whole, io.SeekStart)
	}
	if err != nil {
		return nil, errors.Join(err, file.Close())
	}
	return c, nil
}

// load reads the records and returns where the last whole one ends.
func (c *vectorCache) load() (whole int64, err error) {
	in := bufio.NewReaderSize(c.file, 1<<20)
	for {
		var key [sha256.Size]byte
		var dim uint16
		if _, err := io.ReadFull(in, key[:]); err != nil {
			return whole, unlessEnded(err)
		}
		if err := binary.Read(in, binary.LittleEndian, &dim); err != nil {
			return whole, unlessEnded(err)
		}
		vector := make([]float32, dim)
		if err := binary.Read(in, binary.LittleEndian, vector); err != nil {
			return whole, unlessEnded(err)
		}
		c.known[key] = vector
		whole += int64(len(key)) + 2 + 4*int64(dim)
	}
}

func unlessEnded(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return nil
	}
	return err
}

// EmbedPassages embeds what is not known yet.
func (c *vectorCache) EmbedPassages(ctx context.Context, texts []string) ([][]float32, error) {
	vectors := make([][]float32, len(texts))
	var missing []string
	var places []int
	c.mu.Lock()
	for i, t := range texts {
		if vectors[i] = c.known[sha256.Sum256([]byte(t))]; vectors[i] == nil {
			missing, places = append(missing, t), append(places, i)
		}
	}
	c.mu.Unlock()
	if len(missing) == 0 {
		return vectors, nil
	}
	fresh, err := c.Embedder.EmbedPassages(ctx, missing)
	if err != nil {
		return nil, err
	}
	if len(fresh) != len(missing) {
		return nil, fmt.Errorf("%d vectors for %d passages", len(fresh), len(missing))
	}
	for n, i := range places {
		vectors[i] = fresh[n]
	}
	return vectors, c.keep(missing, fresh)
}

func (c *vectorCache) keep(texts []string, vectors [][]float32) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	var records []byte
	for i, t := range texts {
		key := sha256.Sum256([]byte(t))
		c.known[key] = vectors[i]
		records = append(records, key[:]...)
		records = binary.LittleEndian.AppendUint16(records, uint16(len(vectors[i])))
		records, _ = binary.Append(records, binary.LittleEndian, vectors[i]) // floats always can be
	}
	if _, err := c.file.Write(records); err != nil {
		return fmt.Errorf("keep vectors: %w", err)
	}
	return nil
}
