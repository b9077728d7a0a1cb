package main

import (
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"net"
	"net/http"
	"sync"
	"time"
)

const (
	dimensions = 384 // of the default model
	variants   = 256 // different vectors: making them must not be what is measured
)

// An embedder is an OpenAI-compatible endpoint that takes a set time for a passage, one request after the other, as a
// single device does; no time where there is none.
type embedder struct {
	server  *http.Server
	address string
	vectors [variants]string
	raw     [variants][]float32
	each    time.Duration
	device  sync.Mutex

	mu    sync.Mutex
	open  int
	first time.Time
	since time.Time
	last  time.Time
	busy  time.Duration
	texts int
}

func newEmbedder(each time.Duration) (*embedder, error) {
	e := &embedder{each: each}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range e.vectors {
		b := make([]byte, 4*dimensions)
		for d := range dimensions {
			x := float32(r.NormFloat64())
			e.raw[i] = append(e.raw[i], x)
			binary.LittleEndian.PutUint32(b[4*d:], math.Float32bits(x))
		}
		e.vectors[i] = base64.StdEncoding.EncodeToString(b)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	e.address = "http://" + listener.Addr().String() + "/v1"
	e.server = &http.Server{Handler: http.HandlerFunc(e.serve), ReadHeaderTimeout: time.Second}
	go e.server.Serve(listener)
	return e, nil
}

func (e *embedder) serve(w http.ResponseWriter, r *http.Request) {
	var request struct{ Input []string }
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	e.begin(len(request.Input))
	if e.each > 0 {
		e.device.Lock()
		time.Sleep(e.each * time.Duration(len(request.Input)))
		e.device.Unlock()
	}
	type row struct {
		Object    string `json:"object"`
		Index     int    `json:"index"`
		Embedding string `json:"embedding"`
	}
	rows := make([]row, len(request.Input))
	for i, text := range request.Input {
		h := fnv.New32a()
		h.Write([]byte(text))
		rows[i] = row{"embedding", i, e.vectors[h.Sum32()%variants]}
	}
	e.end()
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(map[string]any{"object": "list", "model": "bench", "data": rows})
}

func (e *embedder) begin(texts int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	if e.first.IsZero() {
		e.first = now
	}
	if e.open == 0 {
		e.since = now
	}
	e.open++
	e.texts += texts
}

func (e *embedder) end() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.open--
	e.last = time.Now()
	if e.open == 0 {
		e.busy += e.last.Sub(e.since)
	}
}

// reset begins the measuring anew.
func (e *embedder) reset() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.first, e.busy, e.texts = time.Time{}, 0, 0
}

// share is how much of the time between the first request and the last was spent on one.
func (e *embedder) share() float64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	if span := e.last.Sub(e.first); span > 0 {
		return float64(e.busy) / float64(span)
	}
	return 0
}
