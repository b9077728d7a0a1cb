package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"osmanthus/bot"
	"osmanthus/bot/locale"
	"osmanthus/bot/slackbot"
	"osmanthus/deploy/local"
	"osmanthus/retrieval/lang"
)

// doctorCommand checks everything the program depends on.
type doctorCommand struct{}

// checkTime bounds one check.
const checkTime = 90 * time.Second

// A check looks at one part: it says what it found, or fails with what is wrong and how to mend it.
type check struct {
	name string
	run  func(context.Context) (string, error)
}

// Run checks part after part. It fails where one does, but looks at all of them first.
func (c *doctorCommand) Run(ctx context.Context, p *program) (err error) {
	a := &app{program: p}
	defer func() { err = errors.Join(err, a.Close()) }()
	words := p.catalog.For(p.language())
	failed := 0
	for _, check := range a.checks(words) {
		limited, cancel := context.WithTimeout(ctx, checkTime)
		found, err := check.run(limited)
		cancel()
		mark := "✓"
		if err != nil {
			failed++
			mark, found = "✗", p.explain(err).Error()
		}
		fmt.Fprintf(p.stdout, "%s %s: %s\n", mark, check.name, found)
	}
	if failed > 0 {
		return exitError(1)
	}
	return nil
}

func (a *app) checks(words locale.Printer) []check {
	return []check{
		{words.T("doctor.parts"), func(ctx context.Context) (string, error) {
			if err := a.startParts(ctx, needs{database: true, embedder: true}); err != nil {
				return "", err
			}
			if a.parts == nil {
				return words.T("doctor.parts.none"), nil
			}
			return a.config.Home, nil
		}},
		{words.T("doctor.database"), func(ctx context.Context) (string, error) {
			if a.config.DatabaseURL == "" && a.parts == nil {
				return "", errors.New(words.T("doctor.needs_parts"))
			}
			if err := a.openStore(ctx, needs{}); err != nil {
				return "", err
			}
			facts, err := a.store.Facts(ctx)
			if err != nil {
				return "", err
			}
			return fmt.Sprintf("PostgreSQL %s, pgvector %s, %s", facts.Server, facts.Vector, facts.Locale), nil
		}},
		{words.T("doctor.documents"), func(ctx context.Context) (string, error) {
			if a.store == nil {
				return "", errors.New(words.T("doctor.needs_database"))
			}
			counts, err := a.store.Counts(ctx)
			if err != nil {
				return "", err
			}
			if counts.Documents == 0 {
				return words.T("doctor.documents.none"), nil
			}
			return words.T("doctor.documents.figures", "documents", counts.Documents, "en", counts.Passages["en"], "zh", counts.Passages["zh"],
				"models", strings.Join(counts.Spaces, ", ")), nil
		}},
		{words.T("doctor.embedder"), func(ctx context.Context) (string, error) {
			if a.config.EmbeddingBaseURL == "" && a.parts == nil {
				return "", errors.New(words.T("doctor.needs_parts"))
			}
			if err := a.openEmbedder(ctx, needs{}); err != nil {
				return "", err
			}
			start := time.Now()
			vectors, err := a.embedder.EmbedQueries(ctx, []string{"桂花 osmanthus"})
			if err != nil {
				return "", err
			}
			return words.T("doctor.embedder.figures", "model", a.embedder.Model(), "dimensions", len(vectors[0]),
				"milliseconds", strconv.FormatInt(time.Since(start).Milliseconds(), 10)), nil
		}},
		{words.T("doctor.dictionary"), func(ctx context.Context) (string, error) {
			a.openDictionary(ctx)
			path := local.DictionaryPath(a.config.Home)
			dictionary, err := lang.OpenDictionary(path)
			switch {
			case errors.Is(err, os.ErrNotExist):
				return "", errors.New(words.T("doctor.dictionary.missing", "path", path))
			case err != nil:
				return "", errors.New(words.T("doctor.dictionary.damaged", "path", path))
			}
			return words.T("doctor.dictionary.figures", "words", dictionary.Len()), nil
		}},
		{words.T("doctor.reranker"), func(ctx context.Context) (string, error) {
			if a.config.RerankBaseURL == "" {
				return words.T("doctor.reranker.none"), nil
			}
			reranker, err := a.openReranker()
			if err != nil {
				return "", err
			}
			defer reranker.Close()
			start := time.Now()
			if _, err := reranker.Rerank(ctx, "1 + 1 = ?", []string{"1 + 1 = 2", "桂花"}); err != nil {
				return "", err
			}
			return words.T("doctor.reranker.figures", "milliseconds", strconv.FormatInt(time.Since(start).Milliseconds(), 10)), nil
		}},
		{words.T("doctor.slack"), func(ctx context.Context) (string, error) {
			if a.config.SlackBotToken == "" {
				return words.T("doctor.slack.none"), nil
			}
			workspace, err := slackbot.Check(ctx, a.slackConfig(), words)
			if err != nil {
				return "", err
			}
			return words.T("doctor.slack.figures", "workspace", workspace), nil
		}},
		{words.T("doctor.model"), func(ctx context.Context) (string, error) {
			if a.config.ChatModel == "" {
				return words.T("doctor.model.none"), nil
			}
			model, err := a.openModel()
			if err != nil {
				return "", err
			}
			start := time.Now()
			prompt := bot.Prompt{User: "1 + 1 = ?"}
			if err := model.Stream(ctx, prompt, func(string) error { return nil }); err != nil && !errors.Is(err, bot.ErrTruncated) {
				return "", err
			}
			return words.T("doctor.model.figures", "model", model.Name(), "milliseconds", strconv.FormatInt(time.Since(start).Milliseconds(), 10)), nil
		}},
	}
}
