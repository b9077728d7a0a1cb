package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"osmanthus/retrieval/lang"
)

const (
	// dimensions are the default model's: vectors take their room.
	dimensions = 384
	// used are those that are not always zero: enough that few words share one.
	used = 128
)

// tokenTime is the time between two tokens of the model: 30 a second.
const tokenTime = time.Second / 30

// sentence is what the model writes again and again, a token an element; a document says it.
func sentence() []string {
	return []string{"傅", "昌波", "主持", "了", "圆桌", "讨论", " [1]", "。"}
}

// fakes are the chat model and the embedder.
type fakes struct {
	address string // to /v1
	server  *http.Server

	mu    sync.Mutex
	texts map[int]*script
}

// A script is what the model writes for one question, and when it wrote it.
type script struct {
	tokens int           // how many
	each   time.Duration // 0: at once

	mu   sync.Mutex
	sent []sentToken
}

type sentToken struct {
	end int // of the text so far, in bytes
	at  time.Time
}

func newFakes() (*fakes, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	f := &fakes{address: "http://" + listener.Addr().String() + "/v1", texts: map[int]*script{}}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/embeddings", f.embed)
	mux.HandleFunc("POST /v1/chat/completions", f.write)
	f.server = &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go f.server.Serve(listener)
	return f, nil
}

func (f *fakes) Close() { f.server.Close() }

// question makes the n-th question, which the model will answer by the script.
func (f *fakes) question(n int, s *script) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.texts[n] = s
	return "怎样主持圆桌讨论" + inMarks(n)
}

// sentAt is when the token was written that a text of so many bytes ends in.
func (s *script) sentAt(end int) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	low, high := 0, len(s.sent)
	for low < high {
		if middle := (low + high) / 2; s.sent[middle].end < end {
			low = middle + 1
		} else {
			high = middle
		}
	}
	if low == len(s.sent) {
		return time.Time{}, false
	}
	return s.sent[low].at, true
}

// embed gives vectors that know nothing but shared words.
func (f *fakes) embed(w http.ResponseWriter, r *http.Request) {
	var request struct{ Input []string }
	if err := json.NewDecoder(r.Body).Decode(&request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	type datum struct {
		Index     int       `json:"index"`
		Embedding []float32 `json:"embedding"`
	}
	var reply struct {
		Data []datum `json:"data"`
	}
	for i, text := range request.Input {
		v := make([]float32, dimensions)
		v[0] = 1
		for _, term := range lang.Terms(strings.TrimPrefix(strings.TrimPrefix(text, "query: "), "passage: ")) {
			h := fnv.New32a()
			h.Write([]byte(term))
			v[h.Sum32()%used]++
		}
		reply.Data = append(reply.Data, datum{i, v})
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(reply)
}

// inMarks writes a number in question and exclamation marks, which a search does not look at: all questions find the same.
func inMarks(n int) string {
	return strings.NewReplacer("0", "？", "1", "！").Replace(fmt.Sprintf("%016b", n))
}

// asked finds a question's number in a prompt.
var asked = regexp.MustCompile(`讨论([？！]{16})`)

// write streams the text of the question that the prompt holds.
func (f *fakes) write(w http.ResponseWriter, r *http.Request) {
	s, err := f.scriptOf(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	control := http.NewResponseController(w)
	words := sentence()
	var tick <-chan time.Time
	if s.each > 0 {
		ticker := time.NewTicker(s.each)
		defer ticker.Stop()
		tick = ticker.C
	}
	end := 0
	for i := range s.tokens {
		if tick != nil {
			select {
			case <-tick:
			case <-r.Context().Done():
				return
			}
		}
		word := words[i%len(words)]
		end += len(word)
		s.mu.Lock()
		s.sent = append(s.sent, sentToken{end, time.Now()})
		s.mu.Unlock()
		if _, err := fmt.Fprintf(w, "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":%q}}]}\n\n", word); err != nil {
			return
		}
		if err := control.Flush(); err != nil {
			return
		}
	}
	fmt.Fprint(w, "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n")
}

func (f *fakes) scriptOf(body io.Reader) (*script, error) {
	raw, err := io.ReadAll(body)
	if err != nil {
		return nil, err
	}
	found := asked.FindSubmatch(raw)
	if found == nil {
		return nil, errors.New("a prompt without a question of ours")
	}
	n, err := strconv.ParseInt(strings.NewReplacer("？", "0", "！", "1").Replace(string(found[1])), 2, 32)
	if err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if s, ok := f.texts[int(n)]; ok {
		return s, nil
	}
	return nil, fmt.Errorf("question %d was not asked", n)
}
