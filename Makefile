# Every target's line of help stands after ##.
OSMANTHUS_HOME ?= $(CURDIR)/.osmanthus
export OSMANTHUS_HOME
BIN := bin/osmanthus
ADDR ?= :8080
EVAL ?= ../shared/eval

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: preflight
preflight:
	@sh deploy/preflight.sh

.PHONY: setup
setup: preflight ## fetch the embedded parts, pinned and hash-checked, into .osmanthus
	@sh deploy/local/fetch.sh

.PHONY: build
build: preflight ## build bin/osmanthus
	@CGO_ENABLED=0 go build -trimpath -o $(BIN) ./cmd/osmanthus

.PHONY: run
run: setup build ## set up, take in examples/, serve the web chat
	@$(BIN) ingest --prune examples/documents
	@exec $(BIN) serve --addr $(ADDR)

.PHONY: test
test: setup build ## install what the tests need and run them all
	@sh deploy/testdeps.sh
	@$(BIN) local-exec -- go test -race -timeout 20m $(TESTFLAGS) ./...

.PHONY: test-older
test-older: setup ## the store's tests on an older PostgreSQL
	@sh deploy/olderpostgres.sh

.PHONY: lint
lint: ## formatting, vet, import walls
	@test -z "$$(gofmt -l .)" || { echo "gofmt these:"; gofmt -l .; exit 1; }
	@go vet ./...

.PHONY: fuzz
fuzz: ## each fuzz target for FUZZTIME (default 60s)
	@sh deploy/fuzz.sh $(or $(FUZZTIME),60s)

.PHONY: eval
eval: setup build ## measure retrieval and write the README's table (../shared/eval where it exists, else examples/eval)
	@go run ./deploy/evaltable $(BIN) $(EVAL) $(OSMANTHUS_HOME)/eval README.md README.zh.md

.PHONY: bench-ingest
bench-ingest: setup build ## measure ingest on a private Postgres and a fake embedder: a table, and JSON on stdout (SCALE=0.1: a tenth)
	@go build -o bin/ingestbench ./deploy/ingestbench
	@bin/ingestbench $(BIN) .osmanthus/parts $(or $(SCALE),1)

.PHONY: bench-web
bench-web: setup build ## measure pages and many streams at once, and write the README's table (Chromium as for the tests)
	@go build -o bin/webbench ./deploy/webbench
	@$(BIN) local-exec -- bin/webbench $(BIN) README.md README.zh.md

.PHONY: screenshots
screenshots: setup build ## take the README's pictures anew, on the examples
	@sh deploy/testdeps.sh
	@go run ./deploy/screenshots $(BIN) deploy/screenshots

VENV := $(OSMANTHUS_HOME)/bench-venv
$(VENV)/ready: bench/requirements.txt
	@python3 -m venv $(VENV) && $(VENV)/bin/pip install --quiet --disable-pip-version-check -r bench/requirements.txt && touch $@

.PHONY: bench
bench: setup build $(VENV)/ready ## measure searching 100,000 passages, ours and others', and write the README's table
	@$(BIN) local-exec -- go run ./deploy/bench -peers $(VENV)/bin/python $(BIN) $(EVAL) README.md README.zh.md

.PHONY: bench-million
bench-million: setup build ## the same with 1,000,000, without the others
	@$(BIN) local-exec -- go run ./deploy/bench -passages 1000000 $(BIN) $(EVAL) README.md README.zh.md

.PHONY: clean
clean: ## remove what was built; data and parts stay in .osmanthus
	@rm -rf bin
