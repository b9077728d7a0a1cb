package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	"osmanthus/bot"
	"osmanthus/bot/chat"
	"osmanthus/deploy/local"
	"osmanthus/prompts"
	"osmanthus/retrieval"
	"osmanthus/retrieval/embed"
	"osmanthus/retrieval/lang"
	"osmanthus/retrieval/pgstore"
	"osmanthus/retrieval/rerank"
)

// needs says which parts a command wants.
type needs struct {
	database bool
	embedder bool
	anySpace bool   // the model need not be the one that the documents are embedded with
	batch    bool   // no person waits for this process's embeddings
	schema   string // of the database; empty: the default one
	migrate  bool   // even where the settings do not ask for it
}

// batchConns is how many connections a process that takes documents in has, besides the one that shows it is alive: enough
// that commits overlap. The private Postgres, with its 60, has room for four such processes and a server.
const batchConns = 8

// An app is the opened parts. Close it.
type app struct {
	*program
	parts       *local.Parts // nil where nothing is embedded
	databaseURL string
	store       *pgstore.Store
	embedding   embed.Config
	embedder    *embed.Client
	reranker    *rerank.Client   // nil where the search's own order stands
	model       *chat.Client     // nil where answers quote
	dictionary  *lang.Dictionary // nil where there is none
	spacing     sync.Mutex       // guards space once documents are taken in
	space       retrieval.Space
}

// open starts what the settings do not name elsewhere and connects to all that n asks for.
func (p *program) open(ctx context.Context, n needs) (_ *app, err error) {
	a := &app{program: p}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.Close())
		}
	}()
	if err := a.startParts(ctx, n); err != nil {
		return nil, err
	}
	a.openDictionary(ctx)
	if n.database {
		if err := a.openStore(ctx, n); err != nil {
			return nil, err
		}
	}
	if n.embedder {
		if err := a.openEmbedder(ctx, n); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// openSearch opens what answers questions.
func (p *program) openSearch(ctx context.Context) (*app, searcher, error) {
	a, err := p.open(ctx, needs{database: true, embedder: true})
	if err != nil {
		return nil, nil, err
	}
	searcher, err := a.searcher()
	if err != nil {
		return nil, nil, errors.Join(err, a.Close())
	}
	return a, searcher, nil
}

// Close lets go of everything; the embedded parts stop when nobody else uses them.
func (a *app) Close() error {
	if a.model != nil {
		a.model.Close()
	}
	if a.reranker != nil {
		a.reranker.Close()
	}
	if a.embedder != nil {
		a.embedder.Close()
	}
	if a.store != nil {
		a.store.Close()
	}
	if a.parts != nil {
		return a.parts.Close()
	}
	return nil
}

func (a *app) startParts(ctx context.Context, n needs) error {
	options := local.Options{
		Home:     a.config.Home,
		Log:      a.log,
		Postgres: n.database && a.config.DatabaseURL == "",
		Embedder: n.embedder && a.config.EmbeddingBaseURL == "",
		Build:    lang.BuildSeminarDictionary,
	}
	if !options.Postgres && !options.Embedder {
		return nil
	}
	var err error
	if options.Executable, err = os.Executable(); err != nil {
		return fmt.Errorf("find the program's own file: %w", err)
	}
	a.parts, err = local.Start(ctx, options)
	return err
}

// openDictionary goes on without one: only the dictionary arm is missing then, and doctor says so. One that is missing,
// damaged or of an older form is built from its part, where that has been fetched.
func (a *app) openDictionary(ctx context.Context) {
	path := local.DictionaryPath(a.config.Home)
	dictionary, err := lang.OpenDictionary(path)
	if errors.Is(err, lang.ErrDictionary) || errors.Is(err, fs.ErrNotExist) {
		if err = local.BuildDictionary(ctx, a.config.Home, lang.BuildSeminarDictionary, a.log); err == nil {
			dictionary, err = lang.OpenDictionary(path)
		}
	}
	if err != nil {
		a.log.Warn("no dictionary, questions cross languages by meaning only", "path", path, "error", err)
		return
	}
	a.dictionary = dictionary
}

func (a *app) openStore(ctx context.Context, n needs) error {
	a.databaseURL = string(a.config.DatabaseURL)
	migrate := a.config.Migrate || n.migrate
	if a.databaseURL == "" {
		a.databaseURL, migrate = a.parts.DatabaseURL(), true
	}
	if migrate {
		if err := pgstore.Migrate(ctx, a.databaseURL, n.schema, a.log); err != nil {
			return err
		}
	}
	options := pgstore.Options{Schema: n.schema, Log: a.log}
	if n.batch {
		options.MaxConns = batchConns
	}
	store, err := pgstore.Open(ctx, a.databaseURL, options)
	if err == nil {
		a.store = store
		err = store.CheckSchema(ctx)
	}
	if errors.Is(err, pgstore.ErrSchemaOld) {
		return fmt.Errorf("%w: run `osmanthus migrate`, or set OSMANTHUS_MIGRATE=true", err)
	}
	return err
}

func (a *app) openEmbedder(ctx context.Context, n needs) error {
	config := embed.Config{
		BaseURL: a.config.EmbeddingBaseURL,
		Key:     string(a.config.EmbeddingAPIKey),
		Model:   a.config.EmbeddingModel,
	}
	if config.BaseURL == "" {
		config.BaseURL, config.Key, config.Model = a.parts.EmbeddingURL(), a.parts.EmbeddingKey(), local.EmbeddingModel
		if !n.batch {
			// Sentences to quote are embedded as passages are, but someone waits for them.
			config.Header = http.Header{local.PriorityHeader: {local.PriorityInteractive}}
		}
	}
	a.embedding = config
	embedder, err := embed.New(config, a.log)
	if err != nil {
		return err
	}
	a.embedder = embedder
	if a.store == nil || n.anySpace {
		return nil
	}
	a.space, err = retrieval.OpenSpace(ctx, a.store, embedder)
	return err
}

// A searcher is the search with or without a reranker.
type searcher interface {
	bot.Searcher
	bot.Weigher
}

// searcher returns the search, with the reranker where one is set.
func (a *app) searcher() (searcher, error) {
	searcher, err := retrieval.NewSearcher(a.store, a.space, a.store, a.embedder, a.dictionary, a.log, time.Now)
	if err != nil || a.config.RerankBaseURL == "" {
		return searcher, err
	}
	if a.reranker, err = a.openReranker(); err != nil {
		return nil, err
	}
	return retrieval.NewReranking(searcher, a.reranker, a.log)
}

func (a *app) openReranker() (*rerank.Client, error) {
	return rerank.New(rerank.Config{BaseURL: a.config.RerankBaseURL, Key: string(a.config.RerankAPIKey), Model: a.config.RerankModel})
}

// patientEmbedder is the embedder for work that nobody waits for: at the local one, questions go before it.
func (a *app) patientEmbedder() (*embed.Client, error) {
	config := a.embedding
	config.Header = nil
	return embed.New(config, a.log)
}

// assistant wires the bot; observe is told of each answer and may be nil.
func (a *app) assistant(s searcher, observe func(bot.Record)) (*bot.Assistant, error) {
	set, err := prompts.New()
	if err != nil {
		return nil, err
	}
	config := bot.Config{
		Searcher: s, Prompts: set, Catalog: a.catalog, Answers: a.store, Facts: a.store, Conversations: a.store,
		Curated: retrieval.NewCurator(a.store, a.space, a.embedder), Corpus: a.store, Documents: a.store, Weigher: s,
		Dictionary: a.dictionary, Clock: time.Now, Log: a.log,
		Contact: a.config.Contact, Observe: observe,
	}
	if a.config.ChatModel != "" {
		if config.Model, err = a.cappedModel(); err != nil {
			return nil, err
		}
	}
	return bot.New(config)
}

// cappedModel is the chat model within what it may take a day.
func (a *app) cappedModel() (bot.Model, error) {
	model, err := a.openModel()
	if err != nil {
		return nil, err
	}
	return bot.WithAllowance(model, bot.Allowance{
		PerDay: a.config.DailyTokens, PerClient: a.config.ClientTokens,
		CostPerDay: a.config.DailyCost, PromptPrice: a.config.PromptPrice, TextPrice: a.config.TextPrice,
	}, a.store, time.Now), nil
}

func (a *app) openModel() (*chat.Client, error) {
	if a.model != nil {
		return a.model, nil
	}
	model, err := chat.New(chat.Config{
		BaseURL: a.config.OpenAIBaseURL, Key: string(a.config.OpenAIAPIKey), Model: a.config.ChatModel,
	}, a.log)
	if err != nil {
		return nil, err
	}
	a.model = model
	return model, nil
}

// publicOnly is what a person who has not said who they are may see.
func publicOnly() []retrieval.Audience { return []retrieval.Audience{retrieval.Public} }

// everyone is what the person at the terminal may see: who can run the program can read the database.
func everyone() []retrieval.Audience { return []retrieval.Audience{retrieval.Public, retrieval.Staff} }

// language is the terminal's language, from the usual environment variables.
func (p *program) language() lang.Lang {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := p.getenv(name); v != "" {
			if strings.HasPrefix(v, "zh") {
				return lang.Chinese
			}
			return lang.English
		}
	}
	return lang.English
}
