package local

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"runtime"
	"strconv"
	"time"
)

// What the embedder serves.
const (
	EmbeddingModel = "multilingual-e5-small"
	Dimensions     = 384
)

// EmbedderOptions is what ServeEmbedder is given.
type EmbedderOptions struct {
	Home       string
	Executable string // our own program: run as `local-embed-worker --home HOME`
	Addr       string // host:port to listen on
	Key        string // bearer key; empty: none is asked for
	Log        *slog.Logger
}

// ServeEmbedder serves /v1/embeddings alone until ctx is cancelled: for a container of its own.
func ServeEmbedder(ctx context.Context, o EmbedderOptions) error {
	if err := checkPlatform(); err != nil {
		return err
	}
	if err := checkProcessor(); err != nil {
		return err
	}
	l, err := openLayout(o.Home)
	if err != nil {
		return err
	}
	if _, err := l.install(ctx, embedderPart, l.parts(), o.Log); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", o.Addr)
	if err != nil {
		return fault(CodePort, err, "reason", err.Error())
	}
	spawn := newSpawner()
	defer spawn.close()
	e, err := startEmbedder(ctx, l, o.Executable, listener, o.Key, spawn, o.Log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	o.Log.Info("serving embeddings", "addr", listener.Addr().String())
	<-ctx.Done()
	e.stop()
	return nil
}

// An embedder is the HTTP server with its workers.
type embedder struct {
	listener net.Listener
	server   *http.Server
	served   chan struct{}
	api      *api
}

// questionShare of the processors' threads answer questions; passages get the same number at a lower priority, so a
// question that comes during an ingest takes the processors from it.
func threads() int { return min(runtime.NumCPU(), 4) }

// niceness of the passages' workers: their weight against a question's is 1 to 70.
const niceness = 19

// startEmbedder starts the workers and serves on listener.
func startEmbedder(
	ctx context.Context, l *layout, executable string, listener net.Listener, key string, spawn *spawner, log *slog.Logger,
) (*embedder, error) {
	questions := workerOptions{executable: executable, home: l.home, environment: engineThreads(threads())}
	passages := workerOptions{executable: executable, home: l.home, nice: niceness, environment: engineThreads(threads())}
	a := &api{key: key, log: log}
	var err error
	if a.questions, err = startPool(ctx, "questions", 1, questions, spawn, log); err != nil {
		return nil, err
	}
	if a.passages, err = startPool(ctx, "passages", 1, passages, spawn, log); err != nil {
		a.questions.close()
		return nil, err
	}
	e := &embedder{listener: listener, api: a, served: make(chan struct{}), server: &http.Server{
		Handler:           a.handler(),
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       time.Minute,
		IdleTimeout:       10 * time.Minute,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}}
	go func() {
		defer close(e.served)
		if err := e.server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			log.Error("the embedder's server ended", "error", err)
		}
	}()
	return e, nil
}

// engineThreads are the settings of the engine's threads: they sleep rather than spin while they wait for each other,
// for a spinning thread keeps a processor from the one it waits for.
func engineThreads(n int) []string {
	return []string{"OMP_NUM_THREADS=" + strconv.Itoa(n), "OMP_DYNAMIC=false", "OMP_WAIT_POLICY=passive", "GOMP_SPINCOUNT=0"}
}

func startPool(ctx context.Context, name string, size int, o workerOptions, spawn *spawner, log *slog.Logger) (*pool, error) {
	var workers []*worker
	for range size {
		w, err := startWorker(ctx, o, spawn)
		if err != nil {
			for _, w := range workers {
				w.close()
			}
			return nil, fault(CodeEmbedder, err, "reason", err.Error())
		}
		workers = append(workers, w)
	}
	return newPool(name, workers, func() (*worker, error) {
		limit, cancel := context.WithTimeout(context.Background(), workerStartLimit)
		defer cancel()
		return startWorker(limit, o, spawn)
	}, log), nil
}

func (e *embedder) port() int {
	address, ok := e.listener.Addr().(*net.TCPAddr)
	if !ok {
		return 0
	}
	return address.Port
}

func (e *embedder) url() string { return "http://" + e.listener.Addr().String() + "/v1" }

// stop ends the server, with a short time for what it is answering, then the workers.
func (e *embedder) stop() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	if err := e.server.Shutdown(ctx); err != nil {
		e.server.Close()
	}
	<-e.served
	e.api.questions.close()
	e.api.passages.close()
}
