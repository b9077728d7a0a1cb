package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"

	"osmanthus/bot"
	"osmanthus/ingest"
	"osmanthus/ingest/facts"
	"osmanthus/prompts"
	"osmanthus/retrieval"
)

// A secondReader has the chat model read passages for positions.
type secondReader struct {
	model   bot.Model
	prompts *prompts.Set
}

// secondReader is nil where none is wished for.
func (a *app) secondReader() (ingest.SecondReader, error) {
	if !a.config.SecondReader {
		return nil, nil
	}
	model, err := a.cappedModel()
	if err != nil {
		return nil, err
	}
	set, err := prompts.New()
	if err != nil {
		return nil, err
	}
	return secondReader{model, set}, nil
}

// maxReply bounds what is read of a reply, in bytes: far above the most claims that are looked at.
const maxReply = 64 << 10

// Positions asks the model.
func (s secondReader) Positions(ctx context.Context, p retrieval.Passage) ([]facts.Claim, error) {
	system, user, err := s.prompts.Positions(p.Lang, prompts.PositionsRequest{
		Passage: prompts.Passage{Title: p.Title, Heading: p.Heading, Lang: p.Lang, Text: p.Text}, Boundary: rand.Text(),
	})
	if err != nil {
		return nil, fmt.Errorf("make prompt: %w", err)
	}
	var reply strings.Builder
	enough := errors.New("the reply is long enough")
	err = s.model.Stream(ctx, bot.Prompt{System: system, User: user}, func(piece string) error {
		if reply.WriteString(piece); reply.Len() > maxReply {
			return enough
		}
		return nil
	})
	if err != nil && !errors.Is(err, enough) && !errors.Is(err, bot.ErrTruncated) {
		return nil, fmt.Errorf("read a passage for positions: %w", err)
	}
	return facts.ParseClaims(reply.String()), nil
}
