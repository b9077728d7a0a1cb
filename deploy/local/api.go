package local

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxBody   = 8 << 20 // bytes of a request
	maxInputs = 2048    // texts of a request, as OpenAI has it
)

// The header and value by which passages go to the questions' worker: for the few that somebody waits for.
const (
	PriorityHeader      = "X-Priority"
	PriorityInteractive = "interactive"
)

// api is the part of OpenAI's HTTP interface that has to do with embeddings.
type api struct {
	key                 string
	questions, passages *pool
	log                 *slog.Logger
}

func (a *api) handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/embeddings", a.embeddings)
	mux.HandleFunc("GET /v1/models", a.models)
	mux.HandleFunc("GET /v1/models/{model}", a.model)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		writeError(w, http.StatusNotFound, "invalid_request_error", "unknown_url", "", "No such address: "+r.Method+" "+r.URL.Path)
	})
	guarded := a.guard(mux)
	outer := http.NewServeMux()
	outer.Handle("/", guarded)
	outer.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		writeJSON(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	return outer
}

// guard asks for the key, compared by hashes so that neither its length nor its beginning shows in the time it takes.
func (a *api) guard(next http.Handler) http.Handler {
	if a.key == "" {
		return next
	}
	want := sha256.Sum256([]byte(a.key))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		scheme, key, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		got := sha256.Sum256([]byte(strings.TrimSpace(key)))
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			writeError(w, http.StatusUnauthorized, "invalid_request_error", "invalid_api_key", "", "The key is missing or wrong.")
			return
		}
		next.ServeHTTP(w, r)
	})
}

type modelObject struct {
	ID      string `json:"id"`
	Object  string `json:"object"`
	Created int64  `json:"created"`
	OwnedBy string `json:"owned_by"`
}

func theModel() modelObject {
	return modelObject{ID: EmbeddingModel, Object: "model", OwnedBy: "osmanthus"}
}

func (a *api) models(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{"object": "list", "data": []modelObject{theModel()}})
}

func (a *api) model(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("model") != EmbeddingModel {
		modelNotFound(w, r.PathValue("model"))
		return
	}
	writeJSON(w, http.StatusOK, theModel())
}

func modelNotFound(w http.ResponseWriter, name string) {
	writeError(w, http.StatusNotFound, "invalid_request_error", "model_not_found", "model", fmt.Sprintf("The model %q does not exist here; %q does.", name, EmbeddingModel))
}

// An embeddingsRequest is the body of POST /v1/embeddings. What it does not name is ignored, as OpenAI's clients differ.
type embeddingsRequest struct {
	Input          json.RawMessage `json:"input"`
	Model          string          `json:"model"`
	EncodingFormat string          `json:"encoding_format"`
	Dimensions     *int            `json:"dimensions"`
}

type embeddingObject struct {
	Object    string `json:"object"`
	Index     int    `json:"index"`
	Embedding any    `json:"embedding"` // []float32, or base64 of little-endian float32
}

type usage struct {
	PromptTokens int `json:"prompt_tokens"`
	TotalTokens  int `json:"total_tokens"`
}

type embeddingsResponse struct {
	Object string            `json:"object"`
	Data   []embeddingObject `json:"data"`
	Model  string            `json:"model"`
	Usage  usage             `json:"usage"`
}

func (a *api) embeddings(w http.ResponseWriter, r *http.Request) {
	started := time.Now()
	var q embeddingsRequest
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxBody)).Decode(&q); err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			writeError(w, http.StatusRequestEntityTooLarge, "invalid_request_error", "request_too_large", "", fmt.Sprintf("The request is longer than %d bytes.", maxBody))
			return
		}
		badRequest(w, "", "The request is not a JSON object of the right form.")
		return
	}
	if q.Model != "" && q.Model != EmbeddingModel {
		modelNotFound(w, q.Model)
		return
	}
	if q.Dimensions != nil && *q.Dimensions != Dimensions {
		badRequest(w, "dimensions", fmt.Sprintf("This model has %d dimensions and no others.", Dimensions))
		return
	}
	if q.EncodingFormat != "" && q.EncodingFormat != "float" && q.EncodingFormat != "base64" {
		badRequest(w, "encoding_format", "encoding_format must be float or base64.")
		return
	}
	texts, complaint := readInput(q.Input)
	if complaint != "" {
		badRequest(w, "input", complaint)
		return
	}
	results, err := a.embedAll(r.Context(), texts, strings.EqualFold(r.Header.Get(PriorityHeader), PriorityInteractive))
	switch {
	case r.Context().Err() != nil:
		return // nobody listens any more
	case errors.Is(err, errUnavailable):
		w.Header().Set("Retry-After", "1")
		writeError(w, http.StatusServiceUnavailable, "server_error", "unavailable", "", "The embedder is restarting: try again.")
		return
	case err != nil:
		a.log.Error("cannot embed", "error", err)
		writeError(w, http.StatusInternalServerError, "server_error", "engine_failed", "", "The embedder could not embed this text.")
		return
	}
	response := embeddingsResponse{Object: "list", Model: EmbeddingModel, Data: make([]embeddingObject, len(results))}
	for i, result := range results {
		response.Data[i] = embeddingObject{Object: "embedding", Index: i, Embedding: result.vector}
		if q.EncodingFormat == "base64" {
			response.Data[i].Embedding = base64.StdEncoding.EncodeToString(packVector(result.vector))
		}
		response.Usage.PromptTokens += result.tokens
	}
	response.Usage.TotalTokens = response.Usage.PromptTokens
	writeJSON(w, http.StatusOK, response)
	a.log.Debug("embedded", "texts", len(texts), "tokens", response.Usage.TotalTokens, "ms", time.Since(started).Milliseconds())
}

// readInput reads a string or a list of strings; the second result says what is wrong with it.
func readInput(raw json.RawMessage) ([]text, string) {
	var one string
	var list []string
	switch {
	case len(raw) == 0 || string(raw) == "null":
		return nil, "input is missing."
	case json.Unmarshal(raw, &one) == nil:
		list = []string{one}
	case json.Unmarshal(raw, &list) != nil:
		return nil, "input must be a string or a list of strings; lists of tokens are not taken."
	case len(list) == 0:
		return nil, "input is an empty list."
	case len(list) > maxInputs:
		return nil, fmt.Sprintf("input has more than %d texts.", maxInputs)
	}
	texts := make([]text, len(list))
	for i, input := range list {
		if texts[i] = clean(input); texts[i].body == "" {
			return nil, fmt.Sprintf("The text at index %d is empty.", i)
		}
	}
	return texts, ""
}

// embedAll embeds the texts in order; the first error ends it.
func (a *api) embedAll(ctx context.Context, texts []text, interactive bool) ([]embedded, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	jobs := make([]*job, len(texts))
	for i, t := range texts {
		jobs[i] = &job{ctx: ctx, text: t, done: make(chan embedded, 1)}
	}
	hand := func(p *pool, mine func(text) bool) {
		for _, j := range jobs {
			if mine(j.text) {
				p.embed(j)
			}
		}
	}
	quick := func(t text) bool { return t.query || interactive }
	go hand(a.questions, quick)
	go hand(a.passages, func(t text) bool { return !quick(t) })
	results := make([]embedded, len(jobs))
	for i, j := range jobs {
		if results[i] = <-j.done; results[i].err != nil {
			return nil, results[i].err
		}
	}
	return results, nil
}

// An errorObject is OpenAI's form of an error.
type errorObject struct {
	Message string  `json:"message"`
	Type    string  `json:"type"`
	Param   *string `json:"param"`
	Code    *string `json:"code"`
}

func badRequest(w http.ResponseWriter, param, message string) {
	writeError(w, http.StatusBadRequest, "invalid_request_error", "", param, message)
}

func writeError(w http.ResponseWriter, status int, kind, code, param, message string) {
	e := errorObject{Message: message, Type: kind}
	if param != "" {
		e.Param = &param
	}
	if code != "" {
		e.Code = &code
	}
	writeJSON(w, status, map[string]errorObject{"error": e})
}

func writeJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil { // only a value that is no number could do it, and unpackVector lets none through
		status, body = http.StatusInternalServerError, []byte(`{"error":{"message":"The answer could not be written.","type":"server_error","param":null,"code":null}}`)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
