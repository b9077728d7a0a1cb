"""Measures what a user would otherwise write, on the corpus that deploy/bench exports: langchain-postgres and
llama-index-vector-stores-postgres with an HNSW index and their own hybrid search, as their documentation sets it up.

    python bench/peers.py langchain|llamaindex FOLDER DATABASE_URL

prints one JSON object. Questions come with their vectors, so that the embedding of a question is in nobody's time."""
import array, json, math, os, resource, sys, time, uuid
from urllib.parse import urlparse

name, folder, url = sys.argv[1:4]
K, ASKED_MS, BATCH = 10, 200, 1000
rows = [json.loads(line) for line in open(os.path.join(folder, "corpus.jsonl"), encoding="utf-8")]
questions = [json.loads(line) for line in open(os.path.join(folder, "questions.jsonl"), encoding="utf-8")]


def vectors(path, n):
    data = array.array("f")
    with open(os.path.join(folder, path), "rb") as f:
        data.frombytes(f.read())
    dim = len(data) // n
    return [data[i * dim:(i + 1) * dim].tolist() for i in range(n)], dim


asked, dim = vectors("questions.f32", len(questions))
by_text = {q["text"]: v for q, v in zip(questions, asked)}
at = urlparse(url)
table = "peer_" + name


def batches():
    """Yields texts, vectors and row numbers, reading the vectors as they are needed."""
    with open(os.path.join(folder, "corpus.f32"), "rb") as f:
        for start in range(0, len(rows), BATCH):
            part = rows[start:start + BATCH]
            data = array.array("f")
            data.frombytes(f.read(4 * dim * len(part)))
            yield part, [data[i * dim:(i + 1) * dim].tolist() for i in range(len(part))]


if name == "langchain":
    from langchain_core.embeddings import Embeddings
    from langchain_postgres import PGEngine, PGVectorStore
    from langchain_postgres.v2.hybrid_search_config import HybridSearchConfig, reciprocal_rank_fusion
    from langchain_postgres.v2.indexes import HNSWIndex

    class Given(Embeddings):
        def embed_documents(self, texts):
            raise NotImplementedError

        def embed_query(self, text):
            return by_text[text]

    engine = PGEngine.from_connection_string(url=f"postgresql+psycopg://{at.netloc}{at.path}")
    config = lambda: HybridSearchConfig(tsv_column="content_tsv", tsv_lang="pg_catalog.english", fusion_function=reciprocal_rank_fusion)
    engine.init_vectorstore_table(table_name=table, vector_size=dim, overwrite_existing=True, hybrid_search_config=config())
    store = PGVectorStore.create_sync(engine, Given(), table, hybrid_search_config=config())

    def add(part, embedded):
        store.add_embeddings([r["text"] for r in part], embedded, metadatas=[{"source": r["source"]} for r in part],
                             ids=[str(uuid.uuid4()) for _ in part])

    def index():
        store.apply_vector_index(HNSWIndex())

    def search(question):
        # A configuration of its own: the store's keeps the words of the first question for all later ones.
        found = store.similarity_search(question["text"], k=K, hybrid_search_config=config())
        return [d.metadata["source"] for d in found]
else:
    from llama_index.core.schema import TextNode
    from llama_index.core.vector_stores.types import VectorStoreQuery, VectorStoreQueryMode
    from llama_index.vector_stores.postgres import PGVectorStore

    store = PGVectorStore.from_params(
        host=at.hostname, port=str(at.port), database=at.path.lstrip("/"), user=at.username, password=at.password,
        table_name=table, embed_dim=dim, hybrid_search=True, text_search_config="english",
        hnsw_kwargs={"hnsw_m": 16, "hnsw_ef_construction": 64, "hnsw_ef_search": 40})

    def add(part, embedded):
        store.add([TextNode(text=r["text"], embedding=v, metadata={"source": r["source"]}) for r, v in zip(part, embedded)])

    def index():  # it makes its index before the rows come
        pass

    def search(question):
        found = store.query(VectorStoreQuery(
            query_embedding=by_text[question["text"]], query_str=question["text"], similarity_top_k=K, mode=VectorStoreQueryMode.HYBRID))
        best = sorted(zip(found.nodes, found.similarities), key=lambda pair: -(pair[1] or 0))
        return [node.metadata["source"] for node, _ in best]

took = 0.0
for n, (part, embedded) in enumerate(batches()):
    start = time.monotonic()
    add(part, embedded)
    took += time.monotonic() - start
    if n % 20 == 19:
        print(f"  {name}: {(n + 1) * BATCH} passages, {(n + 1) * BATCH / took:.0f} rows/s", file=sys.stderr)
start = time.monotonic()
index()
indexing = time.monotonic() - start
times, hits = [], {}
for n, q in enumerate(questions):
    start = time.monotonic()
    found = search(q)
    times.append(time.monotonic() - start)
    ranking = list(dict.fromkeys(found))[:5]
    pair = hits.setdefault(q["lang"] + q["document_lang"], [0, 0])
    pair[0] += any(s in ranking for s in q["relevant"])
    pair[1] += 1
times.sort()
at_share = lambda share: 1000 * times[math.ceil(share * len(times)) - 1]
version = {"langchain": "langchain-postgres", "llamaindex": "llama-index-vector-stores-postgres"}[name]
from importlib.metadata import version as installed
print(json.dumps({
    "name": f"{version} {installed(version)}", "passages": len(rows), "rows_per_second": len(rows) / took, "index_seconds": indexing,
    "p50": at_share(0.5), "p95": at_share(0.95), "rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "hit5": {pair: h / n for pair, (h, n) in hits.items()}}))
